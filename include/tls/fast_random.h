// Randomness for those who shake hands tens of thousands of times a second.
#pragma once

#include "tls/environment.h"

namespace tls {

/// system_random() costs a system call each time, half a microsecond: a tenth of a resumed handshake. This one asks the
/// operating system for a key for each 64 KiB: ChaCha20 under it fills a pool of each thread with fast key erasure (the
/// first bytes of each filling are the next key; what was given is wiped), against those who read the memory later.
/// After a fork parent and child go apart: the kernel wipes the child's pool (MADV_WIPEONFORK); where it does not know
/// that, each call asks the operating system.
///
/// It does not see that a running virtual machine was copied: both copies give the same until their pools are used up.
/// Where that is done stay with system_random(), the default.
///
/// Thread-safe; lives as long as the process. For ClientConfig::Builder::random() and the server's.
[[nodiscard]] Random& fast_random() noexcept;

}  // namespace tls
