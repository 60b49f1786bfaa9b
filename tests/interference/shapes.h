// The shapes that a handshake can have: what interference is tried on.
#pragma once

#include <functional>
#include <string_view>

#include "handshake/pair.h"
#include "support/sessions.h"

namespace tls::test {

/// Where there are records: who gives the server its configuration, and when.
enum class Chosen { before, by_source, by_source_later };

struct Shape {
  std::string_view name;
  void (*prepare)(World&);
  std::string_view early = "";  ///< data that the client sends early, where there are records
  Chosen chosen = Chosen::before;
};

/// A source of one configuration.
struct OneConfig final : ServerConfigSource {
  ServerConfig config;
  bool later;
  std::function<void()> asked;  ///< called first; may throw
  OneConfig(ServerConfig c, bool l) : config(std::move(c)), later(l) {}
  Answer<ServerConfig> choose(const ConfigRequest&) const override {
    if (asked) asked();
    return later ? Answer<ServerConfig>() : Answer<ServerConfig>(config);
  }
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
inline constexpr Clock::Milliseconds kEarlyWindow{10'000};
/// TLS 1.3 likewise; with `early`, early data may be sent.
inline void resumed13(World& w, bool early) {
  w.client.sessions(std::make_shared<Pocket>());
  w.server.tickets(std::make_shared<Stamper>());
  if (early) {
    w.client.early_data(true);
    w.server.early_data(1024, std::make_shared<TokenSet>(w.clock), kEarlyWindow);
  }
  Pair first(w);
  REQUIRE(first.run().connected());
  w.server.new_tickets(0);
}
inline void resumed13_early(World& w) {
  quick(w);
  resumed13(w, true);
}
/// RFC 9846 §4.3.10: after a HelloRetryRequest there is no early data.
inline void resumed13_early_retry(World& w) {
  with_retry(w);
  resumed13(w, true);
}
inline constexpr std::string_view kEarlyText = "GET / HTTP/1.1\r\n\r\n";
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
    {"resumed",
     [](World& w) {
       quick(w);
       resumed13(w, false);
     }},
    {"resumed after HelloRetryRequest",
     [](World& w) {
       with_retry(w);
       resumed13(w, false);
     }},
    {"resumed with early data", resumed13_early, kEarlyText},
    {"a configuration that is chosen, client authentication", with_client_auth, "", Chosen::by_source},
    {"a configuration that is chosen later, resumed with early data", resumed13_early, kEarlyText,
     Chosen::by_source_later},
    {"a configuration that is chosen later, TLS 1.2", with12, "", Chosen::by_source_later},
};

}  // namespace tls::test
