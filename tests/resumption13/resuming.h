// A world in which sessions are kept, and the connections that pass through it.
#pragma once

#include "handshake/pair.h"
#include "handshake/sessions.h"
#include "tls/connection.h"

namespace tls::test {

struct Resuming {
  World world;
  std::shared_ptr<SessionMap> store = std::make_shared<SessionMap>();
  std::shared_ptr<TicketMap> sealer = std::make_shared<TicketMap>();
  std::shared_ptr<TokenSet> guard = std::make_shared<TokenSet>(world.clock);

  explicit Resuming(std::uint64_t seed = 1) : world(seed) {
    world.client.sessions(store);
    world.server.tickets(sealer);
  }
  /// Two handshakes face to face, up to their end.
  std::unique_ptr<Pair> meet(std::string_view name = "example.com") {
    auto pair = std::make_unique<Pair>(world, name);
    pair->run();
    return pair;
  }
  /// A first connection, for its tickets.
  void first() {
    const auto pair = meet();
    REQUIRE(pair->connected());
    REQUIRE(pair->server.info.resumed == Resumption::none);
    REQUIRE(store->size() > 0);
  }
};

inline void check_resumed(const Pair& p, bool resumed) {
  REQUIRE_MESSAGE(p.connected(), ((p.client.error ? p.client.error->message() : "") + " / " +
                                  (p.server.error ? p.server.error->message() : "")));
  CHECK((p.client.info.resumed == Resumption::psk) == resumed);
  CHECK((p.server.info.resumed == Resumption::psk) == resumed);
  CHECK(p.client.sink.read_secret == p.server.sink.write_secret);
  CHECK(p.client.sink.write_secret == p.server.sink.read_secret);
}

/// One end of a connection with early data: what came, in the order of the types.
struct EarlyEnd {
  Connection* connection = nullptr;
  Output out;
  ByteVector unread, early, data;
  std::optional<ByteVector> rejected;
  std::optional<Error> error;
  bool done = false;
  std::function<OperationResult(const Operation&)> answer;

  void take(Bytes arrived) {
    unread.insert(unread.end(), arrived.begin(), arrived.end());
    for (int i = 0; i < 10000 && !error; ++i) {
      Step step = connection->step(unread, out);
      bool rest = false;
      if (auto* e = std::get_if<Failed>(&step.event)) error = e->error;
      if (auto* e = std::get_if<EarlyData>(&step.event)) early.insert(early.end(), e->bytes.begin(), e->bytes.end());
      if (auto* e = std::get_if<AppData>(&step.event)) data.insert(data.end(), e->bytes.begin(), e->bytes.end());
      if (auto* e = std::get_if<EarlyDataRejected>(&step.event)) {
        CHECK_FALSE(done);
        CHECK_FALSE(rejected);
        CHECK(connection->may_send());
        rejected = e->bytes;
      }
      if (std::holds_alternative<HandshakeDone>(step.event)) done = true;
      if (std::holds_alternative<NeedInput>(step.event)) rest = true;
      unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(step.consumed));
      if (auto* e = std::get_if<Await>(&step.event)) {
        if (!answer) return;
        (void)connection->complete(e->id, answer(*connection->pending()), out);
      }
      if (rest) return;
    }
  }
};

/// Two connections with records between them. The client's first flight can be seen, kept and sent again.
struct EarlyWire {
  Resuming& in;
  std::optional<ClientConnection> client_connection;
  std::optional<ServerConnection> server_connection;
  EarlyEnd client, server;

  explicit EarlyWire(Resuming& r, std::string_view early = "") : in(r) {
    auto started = ClientConnection::start(ConfigAccess::make(r.world.client_settings()), "example.com", client.out);
    REQUIRE(started);
    client_connection.emplace(std::move(*started));
    server_connection.emplace(ServerConnection::start(ConfigAccess::make(r.world.server_settings())));
    client.connection = &*client_connection;
    server.connection = &*server_connection;
    if (!early.empty()) send_early(early);
  }
  std::size_t send_early(std::string_view text) {
    auto taken = client_connection->send_early(as_bytes(text), client.out);
    REQUIRE(taken);
    return *taken;
  }
  ByteVector flight() const { return {client.out.bytes().begin(), client.out.bytes().end()}; }
  bool up() { return carry(client, server); }
  bool down() { return carry(server, client); }
  EarlyWire& run() {
    for (bool moved = true; moved;) {
      moved = up();
      moved |= down();
    }
    return *this;
  }
  [[nodiscard]] bool connected() const { return client.done && server.done && !client.error && !server.error; }

 private:
  static bool carry(EarlyEnd& from, EarlyEnd& to) {
    if (from.out.empty()) return false;
    const ByteVector bytes(from.out.bytes().begin(), from.out.bytes().end());
    from.out.consume(bytes.size());
    to.take(bytes);
    return true;
  }
};

}  // namespace tls::test
