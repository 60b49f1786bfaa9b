// The shapes that a handshake can have: what interference is tried on.
#pragma once

#include <string_view>

#include "handshake/world.h"

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
};

}  // namespace tls::test
