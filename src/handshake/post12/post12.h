// The part of TLS 1.2 after the handshake. A request to renegotiate is refused with a warning or ignored. The keys do
// not change. Keying material can be exported (RFC 5705).
#pragma once

#include <functional>
#include <memory>

#include "handshake/handshake.h"
#include "handshake/secrets12.h"
#include "handshake/table.h"

namespace tls::handshake::post12 {

/// The data that outlives the handshake.
struct Survivors {
  const crypto::HashImpl* hash = nullptr;
  SessionSecret main;
  wire::HelloRandom client_random{}, server_random{};
  bool extended_main_secret = false;
  bool is_client = false;
  bool ignore_hello_requests = false;  ///< of a client
  /// Removes the session of this connection from its store. Empty: no store holds it. Must not throw.
  std::function<void()> forget_session = {};
};

[[nodiscard]] std::unique_ptr<PostHandshake> make(Survivors survivors);
/// Returns the data that survives from the keys of a handshake that is done.
[[nodiscard]] Survivors survivors_of(Keys12&& keys, Role us);
[[nodiscard]] const MachineTable& table();

}  // namespace tls::handshake::post12
