// Every way in which a client's session comes back to a server, with the stores that the stack brings.
#pragma once

#include <array>

#include "handshake/pair.h"
#include "session/client_state.h"
#include "tls/session_cache.h"
#include "tls/ticket_keys.h"

namespace tls::test {

struct Way {
  const char* what;
  ProtocolVersion version;
  Resumption how;
  bool whole;  ///< the session stays with the server, and the chain with it
};
inline constexpr Way kWays[] = {
    {"TLS 1.2, session ID", ProtocolVersion::tls12, Resumption::session_id, true},
    {"TLS 1.2, ticket", ProtocolVersion::tls12, Resumption::ticket, false},
    {"TLS 1.2, ticket that is used once", ProtocolVersion::tls12, Resumption::ticket, true},
    {"TLS 1.3, PSK", ProtocolVersion::tls13, Resumption::psk, false},
    {"TLS 1.3, PSK of a ticket that is used once", ProtocolVersion::tls13, Resumption::psk, true},
};

inline std::shared_ptr<TicketSealer> shared_ticket_keys() {
  std::array<std::uint8_t, 32> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i * 7);
  return *TicketKeys::make(key);
}

/// A client with a certificate, and a server that demands one and resumes in one way.
struct Mutual {
  World world;
  Way way;
  std::shared_ptr<SessionMap> store = std::make_shared<SessionMap>();
  std::shared_ptr<SessionCache> cache = *memory_session_cache({.entries = 100, .shards = 1}, world.random);

  explicit Mutual(const Way& w, CredentialPtr client = credential(KeyKind::ecdsa_p256)) : way(w) {
    world.client.sessions(store).versions(w.version, w.version).credentials(std::make_shared<Source>(client));
    world.server.versions(w.version, w.version).client_auth(ClientAuth::require, world.client_verdict);
    keep_sessions(world.server);
  }
  Mutual(const Mutual&) = delete;
  Mutual& operator=(const Mutual&) = delete;
  void keep_sessions(ServerConfig::Builder& server) const {
    if (way.how == Resumption::session_id)
      server.session_cache(cache);
    else
      server.tickets(way.whole ? single_use_tickets(cache) : shared_ticket_keys());
  }
  std::unique_ptr<Pair> meet(std::string_view name = "example.com") {
    auto pair = std::make_unique<Pair>(world, name);
    pair->run();
    REQUIRE_MESSAGE(pair->connected(), ((pair->client.error ? pair->client.error->message() : "") + " / " +
                                        (pair->server.error ? pair->server.error->message() : "")));
    REQUIRE(pair->client.info.resumed == pair->server.info.resumed);
    return pair;
  }
  /// A first connection, and what its server knows.
  ConnectionInfo first() {
    const auto pair = meet();
    REQUIRE(pair->server.info.resumed == Resumption::none);
    return pair->server.info;
  }
  /// Another one, which resumes or not.
  ConnectionInfo then(bool resumed) {
    const auto pair = meet();
    CHECK(pair->server.info.resumed == (resumed ? way.how : Resumption::none));
    return pair->server.info;
  }
};

}  // namespace tls::test
