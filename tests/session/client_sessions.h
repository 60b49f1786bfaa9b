// A client's sessions made up for tests.
#pragma once

#include "session/client_state.h"
#include "states.h"

namespace tls::test {

inline ClientSession client_session(unsigned seed, ProtocolVersion version, milliseconds received,
                                    seconds lifetime = hours(2)) {
  auto state = std::make_shared<session::ClientState>();
  state->version = version;
  state->suite = version == ProtocolVersion::tls13 ? CipherSuite::TLS_AES_128_GCM_SHA256
                                                   : CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  state->secret = session::ResumptionKey(some_key(static_cast<std::uint8_t>(seed)));
  state->received = received;
  state->authenticated = received;
  state->lifetime = lifetime;
  state->ticket = {static_cast<std::uint8_t>(seed), 1, 2, 3};
  return ClientSession(std::move(state));
}

/// Which one it is: the `seed` that it was made with.
inline std::uint8_t seed_of(const std::optional<ClientSession>& session) {
  return session ? session->state().ticket.front() : std::uint8_t{0};
}

inline SessionKey session_key(std::string name, std::uint16_t port = 443, std::uint8_t configuration = 0) {
  SessionKey key{std::move(name), port, {}};
  key.configuration.fill(configuration);
  return key;
}

}  // namespace tls::test
