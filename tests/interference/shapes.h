// The shapes that a handshake can have: what interference is tried on.
#pragma once

#include <string_view>

#include "handshake/pair.h"
#include "support/sessions.h"

namespace tls::test {

struct Shape {
  std::string_view name;
  void (*prepare)(World&);
};

inline void quick(World& w) { w.source->answer = credential(KeyKind::ed25519); }
inline void with_retry(World& w) {
  quick(w);
  w.client.groups({NamedGroup::x25519, NamedGroup::secp256r1}).key_shares({NamedGroup::secp256r1});
  w.server.groups({NamedGroup::x25519});
}
inline void with_client_auth(World& w) {
  quick(w);
  w.server.client_auth(ClientAuth::require, w.client_verdict);
  w.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
}
inline void with12(World& w) {
  quick(w);
  w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
  w.server.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
}
/// The next connection resumes: one was made before it.
inline void resumed12(World& w, bool ticket) {
  with12(w);
  const auto stamper = std::make_shared<Stamper>();
  w.client.sessions(std::make_shared<Pocket>()).tickets(ticket);
  if (ticket)
    w.server.tickets(stamper);
  else
    w.server.session_cache(std::make_shared<Drawer>());
  Pair first(w);
  REQUIRE(first.run().connected());
  stamper->renew = true;
}
inline constexpr Shape kShapes[] = {
    {"plain", quick},
    {"no compatibility mode",
     [](World& w) {
       quick(w);
       w.client.compatibility_mode(false);
     }},
    {"HelloRetryRequest", with_retry},
    {"HelloRetryRequest without compatibility mode",
     [](World& w) {
       with_retry(w);
       w.client.compatibility_mode(false);
     }},
    {"client authentication", with_client_auth},
    {"ALPN, record_size_limit, padding, GREASE",
     [](World& w) {
       quick(w);
       w.client.alpn({"h2"}).record_size_limit(128).grease(true).padding({.block = 32});
       w.server.alpn({"h2"}).record_size_limit(200);
     }},
    {"everything",
     [](World& w) {
       with_retry(w);
       w.server.client_auth(ClientAuth::require, w.client_verdict);
       w.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
     }},
    {"TLS 1.2, client authentication",
     [](World& w) {
       with_client_auth(w);
       with12(w);
     }},
    {"TLS 1.2, resumed by session ID", [](World& w) { resumed12(w, false); }},
    {"TLS 1.2, resumed by ticket, with a new ticket", [](World& w) { resumed12(w, true); }},
};

}  // namespace tls::test
