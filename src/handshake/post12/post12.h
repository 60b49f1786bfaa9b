// After a TLS 1.2 handshake: renegotiation is refused with a warning, or its request ignored, keys stay as they are,
// exporters (RFC 5705).
#pragma once

#include <functional>
#include <memory>

#include "handshake/handshake.h"
#include "handshake/secrets12.h"
#include "handshake/table.h"

namespace tls::handshake::post12 {

/// What outlives the handshake.
struct Survivors {
  const crypto::HashImpl* hash = nullptr;
  SessionSecret main;
  wire::HelloRandom client_random{}, server_random{};
  bool extended_main_secret = false;
  bool is_client = false;
  bool ignore_hello_requests = false;  ///< a client's
  /// Takes the session of this connection from whoever keeps it; empty: nobody does. Must not throw.
  std::function<void()> forget_session = {};
};

[[nodiscard]] std::unique_ptr<PostHandshake> make(Survivors survivors);
/// Those of keys whose handshake is over.
[[nodiscard]] Survivors survivors_of(Keys12&& keys, Role us);
[[nodiscard]] const MachineTable& table();

}  // namespace tls::handshake::post12
