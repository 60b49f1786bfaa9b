// Stores that come with the stack. The one that outlives the process does I/O and is an adapter:
// tls/adapters/session_file.h.
#pragma once

#include <cstddef>
#include <memory>

#include "tls/session.h"

namespace tls {

/// How much a client's store keeps. What is too much goes, the oldest first.
struct ClientSessionLimits {
  std::size_t sessions = 1024;  ///< in all; at least 1
  std::size_t per_key = 4;      ///< of one server name, port and configuration: a TLS 1.3 server may send several
};

/// Keeps a client's sessions in memory, and gives the newest first. Thread-safe.
[[nodiscard]] std::shared_ptr<ClientSessionStore> memory_client_sessions(ClientSessionLimits limits = {});

}  // namespace tls
