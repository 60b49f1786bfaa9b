// libsodium chooses its code by the CPU's features when it is started.
#pragma once

namespace tls::crypto::sodium {

/// Starts libsodium at the first call. Ends the process if it cannot start: it has no randomness then. Thread-safe.
void start() noexcept;

}  // namespace tls::crypto::sodium
