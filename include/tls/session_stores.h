// Client session stores of the stack. The store that outlives the process does I/O and is therefore an adapter:
// tls/adapters/session_file.h.
#pragma once

#include <cstddef>
#include <memory>

#include "tls/session.h"

namespace tls {

/// How many sessions a client's store keeps. It drops the oldest sessions beyond that.
struct ClientSessionLimits {
  std::size_t sessions = 1024;  ///< in total; at least 1
  std::size_t per_key = 4;      ///< for one server name, port and configuration: a TLS 1.3 server may send several
};

/// Makes a store that keeps a client's sessions in memory and returns the newest first. Thread-safe.
[[nodiscard]] std::shared_ptr<ClientSessionStore> memory_client_sessions(ClientSessionLimits limits = {});

}  // namespace tls
