// A fast source of randomness, for programs that make tens of thousands of handshakes per second.
#pragma once

#include "tls/environment.h"

namespace tls {

/// Returns a source that needs few system calls. system_random() makes one for each request, which takes half a
/// microsecond: a tenth of a resumed handshake.
///
/// Each thread has a pool that ChaCha20 fills. The operating system provides a new ChaCha20 key for every 64 KiB. In
/// between, the pool uses fast key erasure against an attacker who reads the memory later: the first bytes of each
/// filling are the next key, and bytes that were handed out are wiped. Requests of more than 248 bytes go to the
/// operating system. After a fork, parent and child produce different bytes, because the kernel wipes the child's pool
/// (MADV_WIPEONFORK). If the kernel does not support that, every request goes to the operating system.
///
/// The source does not detect that a running virtual machine was copied: both copies then produce the same bytes until
/// their pools are used up. Where virtual machines are copied, use system_random(), the default.
///
/// Thread-safe. Lives as long as the process. For the setting random() of ClientConfig::Builder and
/// ServerConfig::Builder.
[[nodiscard]] Random& fast_random() noexcept;

}  // namespace tls
