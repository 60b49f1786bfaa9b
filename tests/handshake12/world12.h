// A World in which both sides have TLS 1.2 alone.
#pragma once

#include <stdexcept>

#include "handshake/pair.h"
#include "session/client_state.h"
#include "session/state.h"

namespace tls::test {

struct World12 : World {
  explicit World12(std::uint64_t seed = 1) : World(seed) {
    client.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
    server.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
  }
  std::shared_ptr<Drawer> drawer = std::make_shared<Drawer>();
  std::shared_ptr<Stamper> stamper = std::make_shared<Stamper>();
  std::shared_ptr<Pocket> pocket = std::make_shared<Pocket>();
  /// Sessions are kept on both sides: by ID, in tickets, or as the client likes it.
  void resume_by(bool ids, bool tickets) {
    client.sessions(pocket).tickets(tickets);
    server.session_cache(ids ? drawer : nullptr).tickets(tickets ? stamper : nullptr);
  }
  /// The session that the client holds for a name.
  const session::ClientState& held(std::string_view name = "example.com") {
    for (const auto& [key, session] : pocket->kept)
      if (key.server_name == name) return session.state();
    FAIL("no session is held");
    throw std::logic_error("unreachable");
  }

  /// The server demands a certificate and the client has one.
  void authenticate_client(KeyKind kind = KeyKind::ed25519, When when = When::now) {
    server.client_auth(ClientAuth::require, client_verdict);
    client.credentials(std::make_shared<Source>(remote_credential(kind, when), when));
  }
};

/// Suites of TLS 1.2 that a key of that kind authenticates.
inline std::vector<CipherSuite> suites_for(KeyKind kind) {
  using enum CipherSuite;
  if (kind == KeyKind::rsa || kind == KeyKind::rsa_pss)
    return {TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256};
  return {TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
          TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
}
inline constexpr NamedGroup kGroups12[] = {NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1};

}  // namespace tls::test
