// What becomes of sessions when the configuration is replaced: judged by the new one, whichever way they come.
#include <doctest/doctest.h>

#include "live/service.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/ticket_keys.h"

using namespace tls;
using namespace tls::test;

namespace {

struct Way {
  const char* name;
  ProtocolVersion version;
  bool tickets, early;
  Resumption resumed;
};
constexpr Way kWays[] = {
    {"session ID", ProtocolVersion::tls12, false, false, Resumption::session_id},
    {"ticket", ProtocolVersion::tls12, true, false, Resumption::ticket},
    {"PSK", ProtocolVersion::tls13, true, false, Resumption::psk},
    {"PSK with early data", ProtocolVersion::tls13, true, true, Resumption::psk},
};
constexpr std::string_view kEarly = "early";

/// A service and a client that has a session with it, and resumes it.
struct Known {
  static const Service& service() {
    static const Service one;
    return one;
  }
  const Way& way;
  std::shared_ptr<LiveServerConfig> live;
  std::shared_ptr<Offer> store = std::make_shared<Offer>();
  ClientConfig client;

  explicit Known(const Way& w, ClientAuth auth = ClientAuth::require)
      : way(w),
        live(std::make_shared<LiveServerConfig>(first(auth))),
        client(expect(service()
                          .client_config(w.version, service().client(1))
                          .sessions(store)
                          .tickets(w.tickets)
                          .early_data(w.early)
                          .build(),
                      "a client")) {
    CHECK(meet().server.info().resumed == Resumption::none);
    CHECK(resumes());
  }
  static ServerConfig first(ClientAuth auth) {
    auto builder = ServerConfig::builder();
    std::vector<std::uint8_t> key(32);
    system_random().fill(key);
    service()
        .apply(1, builder)
        .client_auth(auth, auth == ClientAuth::none ? nullptr : service().clients_of({0, 1}))
        .session_cache(expect(memory_session_cache({.entries = 64}), "a cache"))
        .tickets(expect(TicketKeys::make(key), "keys"))
        .early_data(1024, expect(local_replay_guard(), "a guard"));
    return expect(builder.build(), "a server");
  }
  template <class Change>
  void change(Change&& how) {
    REQUIRE(live->update([&](const ServerConfig& now) {
      auto builder = now.rebuild();
      how(builder);
      return builder.build();
    }));
  }
  Meeting meet() { return Meeting::between(client, ServerConnection::start(live), way.early ? kEarly : ""); }
  /// The next connection resumes, with its early data taken where it has some.
  bool resumes() {
    const Meeting m = meet();
    REQUIRE(m.connected());
    if (m.server.info().resumed == Resumption::none) {
      CHECK(m.early_bytes == 0);
      return false;
    }
    CHECK(m.server.info().resumed == way.resumed);
    CHECK(m.early_bytes == (way.early ? kEarly.size() : 0));
    return true;
  }
};

}  // namespace

TEST_CASE("tickets, session IDs and early data outlive a renewed certificate, with its staple, limits and names") {
  for (const Way& way : kWays)
    for (const ClientAuth auth : {ClientAuth::none, ClientAuth::require}) {
      CAPTURE(way.name);
      Known known(way, auth);
      for (std::uint64_t generation = 2; generation < 5; ++generation) {
        known.change([&](auto& builder) { Known::service().apply(generation, builder); });
        CHECK(known.resumes());
      }
    }
}

TEST_CASE("a client whose authority was removed resumes by no way, and is not let in") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Known known(way);
    const auto session = known.store->next;
    REQUIRE(session);
    const ServerConfig before = known.live->current();
    known.change([](auto& b) { b.client_auth(ClientAuth::require, Known::service().clients_of({0})); });
    const Meeting m = known.meet();
    CHECK_FALSE(m.server_done);
    REQUIRE(m.server_error);
    CHECK(m.server_error->code() == Code::unknown_ca);
    CHECK(m.client_error->peer_alert() == Alert::unknown_ca);
    CHECK(m.early_bytes == 0);
    // It was the authority alone that kept it out.
    known.live->replace(before);
    known.store->next = session;
    CHECK(known.resumes());
  }
}

TEST_CASE("another authority beside the old ones, a signature scheme less, and other staples: a full handshake") {
  struct Row {
    const char* name;
    void (*how)(ServerConfig::Builder&);
    ProtocolVersion from = ProtocolVersion::tls12;
  };
  constexpr Row kRows[] = {
      {"one authority less", [](auto& b) { b.client_auth(ClientAuth::require, Known::service().clients_of({1})); }},
      {"a scheme less",
       [](auto& b) {
         b.signature_schemes({SignatureScheme::ecdsa_secp256r1_sha256, SignatureScheme::rsa_pss_rsae_sha256});
       }},
      {"staples are looked at", [](auto& b) { b.client_staples(StaplePolicy::if_present); }},
      {"another service", [](auto& b) { b.session_context("another"); }},
      {"asked for, not required",
       [](auto& b) { b.client_auth(ClientAuth::request, Known::service().clients_of({0, 1})); }},
  };
  for (const Way& way : kWays)
    for (const Row& row : kRows) {
      CAPTURE(way.name);
      CAPTURE(row.name);
      Known known(way);
      known.change(row.how);
      CHECK_FALSE(known.resumes());
      CHECK(known.resumes());  // by a session of the new configuration
    }
}

TEST_CASE("a scheme that a client's key needs is retired: it resumes by no way, and is not let in") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Known known(way);
    known.change(
        [](auto& b) { b.signature_schemes({SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256}); });
    const Meeting m = known.meet();
    CHECK_FALSE(m.server_done);
    CHECK(m.server_error);
    CHECK(m.early_bytes == 0);
  }
}

TEST_CASE("clients that were not asked for certificates are, from the next handshake on") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Known known(way, ClientAuth::none);
    known.change([](auto& b) { b.client_auth(ClientAuth::require, Known::service().clients_of({1})); });
    CHECK_FALSE(known.resumes());
    CHECK(known.resumes());
  }
}
