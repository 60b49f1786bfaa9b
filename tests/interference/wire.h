// Two connections and the wire between them: records are seen, changed, dropped and cut into pieces by a test.
#pragma once

#include <deque>
#include <functional>

#include "interference/shapes.h"
#include "tls/connection.h"

namespace tls::test {

using ByteList = std::vector<std::uint8_t>;

/// How what is sent arrives.
enum class Chunks { whole, one_byte, random };

/// One end: the connection, what it has not read yet, what happened.
struct End {
  Connection* connection = nullptr;
  Output out;
  ByteList unread;
  ByteList data, early;
  std::optional<ByteList> rejected;  ///< early data that came back
  std::optional<Error> error;
  bool done = false, closed = false;
  std::size_t steps = 0;
  std::optional<ServerConfig> chosen;  ///< that a source gives later

  /// Takes all that can be taken of what has arrived.
  void take(World& world) {
    while (!error && !closed) {
      REQUIRE_MESSAGE(++steps < 20000, "a connection that never rests");
      Step step = connection->step(unread, out);
      REQUIRE(step.consumed <= unread.size());
      bool rest = false;
      if (const auto* failed = std::get_if<Failed>(&step.event)) error = failed->error;
      if (const auto* app = std::get_if<AppData>(&step.event))
        data.insert(data.end(), app->bytes.begin(), app->bytes.end());
      if (const auto* first = std::get_if<EarlyData>(&step.event)) {
        REQUIRE_FALSE(done);
        early.insert(early.end(), first->bytes.begin(), first->bytes.end());
      }
      if (const auto* back = std::get_if<EarlyDataRejected>(&step.event)) {
        REQUIRE_FALSE(rejected);
        rejected = back->bytes;
      }
      if (std::holds_alternative<HandshakeDone>(step.event)) done = true;
      if (std::holds_alternative<PeerClosed>(step.event)) closed = true;
      if (std::holds_alternative<NeedInput>(step.event)) rest = true;
      unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(step.consumed));
      if (const auto* await = std::get_if<Await>(&step.event))
        (void)connection->complete(await->id, answer(world), out);
      if (rest) break;
    }
    // Whatever the peer sends, what we hold for it and answer to it is bounded.
    REQUIRE(out.size() < 100000);
  }
  OperationResult answer(World& world) {
    const Operation& operation = *connection->pending();
    if (const auto* sign = std::get_if<SignatureRequest>(&operation))
      return *sign->key->sign(sign->scheme, sign->message, world.random);
    if (std::holds_alternative<CredentialRequest>(operation))
      return Result<CredentialPtr>(credential(KeyKind::ed25519));
    if (std::holds_alternative<ConfigRequest>(operation)) return Result<ServerConfig>(*chosen);
    return Result<ChainAccepted>(ChainAccepted{});
  }
  [[nodiscard]] bool connected() const { return done && !error; }
};

/// Sees the records of one flight before they are delivered.
using Interfere = std::function<void(bool from_client, std::vector<ByteList>& records)>;

class Wire {
 public:
  World world;
  End client, server;

  explicit Wire(const Shape& shape, std::uint64_t seed = 1) : world(seed) {
    shape.prepare(world);
    auto started = ClientConnection::start(ConfigAccess::make(world.client_settings()), "example.com", client.out);
    REQUIRE(started);
    client_ = std::make_unique<ClientConnection>(std::move(*started));
    server.chosen = ConfigAccess::make(world.server_settings());
    server_ = std::make_unique<ServerConnection>(shape.chosen == Chosen::before
                                                     ? ServerConnection::start(*server.chosen)
                                                     : ServerConnection::start(std::make_shared<OneConfig>(
                                                           *server.chosen, shape.chosen == Chosen::by_source_later)));
    if (!shape.early.empty()) REQUIRE(client_->send_early(as_bytes(shape.early), client.out) == shape.early.size());
    client.connection = client_.get();
    server.connection = server_.get();
  }

  /// Carries records to and fro until nobody has anything to say.
  Wire& run(Chunks chunks = Chunks::whole, const Interfere& interfere = {}) {
    SeededRandom cut(99);
    while (!client.out.empty() || !server.out.empty()) {
      carry(client, server, true, chunks, cut, interfere);
      carry(server, client, false, chunks, cut, interfere);
    }
    return *this;
  }
  /// Both ends of the transport go away: whoever is not finished must notice.
  void cut() {
    for (End* end : {&client, &server})
      if (!end->error && !end->closed) {
        const Step step = end->connection->transport_closed();
        const auto* failed = std::get_if<Failed>(&step.event);
        REQUIRE(failed);
        end->error = failed->error;
      }
  }
  [[nodiscard]] bool connected() const { return client.connected() && server.connected(); }

  /// What must hold whatever happened on the way.
  void check_clean() {
    if (client.done && server.done && !client.error && !server.error) check_agreement();
    for (End* end : {&client, &server}) {
      if (!end->error) continue;
      // Failed for good: nothing more comes out, nothing can be sent.
      Output nothing;
      CHECK_FALSE(end->connection->send(as_bytes("x"), nothing));
      CHECK(nothing.empty());
      ByteList none;
      CHECK(std::holds_alternative<Failed>(end->connection->step(none, nothing).event));
      CHECK(nothing.empty());
      const Code code = end->error->code();
      // Only an end that was told so, or cut off, is silent.
      CHECK((end->error->alert().has_value() || code == Code::peer_alert || code == Code::truncated));
      CHECK(code != Code::internal_error);
      CHECK(code != Code::misuse);
    }
  }
  void check_agreement() const {
    const ConnectionInfo &a = client.connection->info(), &b = server.connection->info();
    CHECK(a.version == b.version);
    CHECK(a.suite == b.suite);
    CHECK(a.group == b.group);
    CHECK(a.alpn == b.alpn);
    CHECK(a.hello_retry == b.hello_retry);
    CHECK(a.server_name == b.server_name);
    CHECK(a.peer_certificates == credential(KeyKind::ed25519)->chain);
    std::uint8_t x[32], y[32];
    REQUIRE(client.connection->export_keying_material("EXPORTER-x", {}, x));
    REQUIRE(server.connection->export_keying_material("EXPORTER-x", {}, y));
    CHECK(hex(x) == hex(y));
  }
  /// Data both ways and an orderly end.
  void exchange(Chunks chunks = Chunks::whole) {
    const ByteList up(20000, 0x55), down(300, 0xAA);
    REQUIRE(client.connection->send(up, client.out));
    REQUIRE(server.connection->send(down, server.out));
    run(chunks);
    CHECK(server.data == up);
    CHECK(client.data == down);
    REQUIRE(client.connection->close(client.out));
    run(chunks);
    CHECK(server.closed);
    REQUIRE(server.connection->close(server.out));
    run(chunks);
    CHECK(client.closed);
  }

  static std::vector<ByteList> split(Bytes bytes) {
    std::vector<ByteList> records;
    while (!bytes.empty()) {
      const std::size_t size = 5 + (std::size_t{bytes[3]} << 8 | bytes[4]);
      records.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      bytes = bytes.subspan(size);
    }
    return records;
  }

 private:
  void carry(End& from, End& to, bool from_client, Chunks chunks, SeededRandom& cut, const Interfere& interfere) {
    if (from.out.empty()) return;
    std::vector<ByteList> records = split(from.out.bytes());
    from.out.consume(from.out.size());
    if (interfere) interfere(from_client, records);
    ByteList all;
    for (const ByteList& r : records) all.insert(all.end(), r.begin(), r.end());
    std::size_t at = 0;
    do {
      std::size_t n = all.size() - at;
      if (chunks == Chunks::one_byte) n = std::min<std::size_t>(n, 1);
      if (chunks == Chunks::random && n > 0) n = 1 + cut.below(std::min<std::size_t>(n, 300));
      to.unread.insert(to.unread.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                       all.begin() + static_cast<std::ptrdiff_t>(at + n));
      at += n;
      to.take(world);
    } while (at < all.size());
  }
  std::unique_ptr<ClientConnection> client_;
  std::unique_ptr<ServerConnection> server_;
};

/// How many records a shape's handshake has in one direction.
inline std::size_t count_records(const Shape& shape, bool of_client) {
  std::size_t n = 0;
  Wire wire(shape);
  wire.run(Chunks::whole, [&](bool from_client, std::vector<ByteList>& records) {
    if (from_client == of_client) n += records.size();
  });
  REQUIRE(wire.connected());
  return n;
}

/// Calls `change` with the flight and the index in it of the n-th record of one direction.
inline Interfere at_record(bool of_client, std::size_t target,
                           std::function<void(std::vector<ByteList>&, std::size_t)> change) {
  return [=, seen = std::size_t{0}](bool from_client, std::vector<ByteList>& records) mutable {
    if (from_client != of_client) return;
    const std::size_t first = seen;
    seen += records.size();
    if (target >= first && target < seen) change(records, target - first);
  };
}

}  // namespace tls::test
