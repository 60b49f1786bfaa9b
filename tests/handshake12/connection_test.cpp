// TLS 1.2 through whole connections: records, alerts and data as a peer sees them.
#include "tls/connection.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;

namespace {

/// Two connections and the bytes between them.
struct Wire {
  World12& world;
  Output client_out, server_out;
  ClientConnection client;
  ServerConnection server;
  ByteVector client_in, server_in;     // what has arrived and was not consumed
  std::string client_got, server_got;  // application data
  std::optional<Error> client_error, server_error;
  bool client_done = false, server_done = false;
  std::size_t chunk = 1 << 16;  // bytes that arrive at a time

  explicit Wire(World12& w)
      : world(w),
        client(*ClientConnection::start(*w.client.build(), "example.com", client_out)),
        server(ServerConnection::start(*w.server.build())) {}

  void run() {
    for (bool moved = true; moved;) {
      moved = move(client_out, server_in, server, server_out, server_got, server_error, server_done);
      moved |= move(server_out, client_in, client, client_out, client_got, client_error, client_done);
    }
  }
  /// Delivers what `from` holds, a chunk at a time; true when anything happened.
  bool move(Output& from, ByteVector& in, Connection& to, Output& out, std::string& got, std::optional<Error>& error,
            bool& done) {
    const std::size_t n = std::min(chunk, from.size());
    in.insert(in.end(), from.bytes().begin(), from.bytes().begin() + static_cast<std::ptrdiff_t>(n));
    from.consume(n);
    if (error) return n != 0;
    for (;;) {
      Step step = to.step(in, out);
      if (auto* data = std::get_if<AppData>(&step.event)) got += as_text(data->bytes);
      if (std::holds_alternative<HandshakeDone>(step.event)) done = true;
      if (auto* failed = std::get_if<Failed>(&step.event)) error = failed->error;
      const bool need = std::holds_alternative<NeedInput>(step.event);
      in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(step.consumed));
      if (need || error) return n != 0;
    }
  }
};

}  // namespace

TEST_CASE("every suite carries data both ways, whatever the size of what arrives") {
  for (const KeyKind kind : {KeyKind::ecdsa_p256, KeyKind::rsa})
    for (CipherSuite suite : suites_for(kind))
      for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 16}) {
        World12 w;
        w.source->answer = credential(kind);
        w.client.cipher_suites({suite});
        Wire wire(w);
        wire.chunk = chunk;
        wire.run();
        REQUIRE(wire.client_done);
        REQUIRE(wire.server_done);
        const std::string long_text(chunk == 1 ? 300 : 40000, 'x');
        REQUIRE(wire.client.send(as_bytes(long_text), wire.client_out));
        REQUIRE(wire.server.send(as_bytes("answer"), wire.server_out));
        wire.run();
        CHECK(wire.server_got == long_text);
        CHECK(wire.client_got == "answer");
        CHECK_FALSE(wire.client_error);
        ByteVector a(32), b(32);
        REQUIRE(wire.client.export_keying_material("EXPORTER-Channel-Binding", Bytes{}, a));
        REQUIRE(wire.server.export_keying_material("EXPORTER-Channel-Binding", Bytes{}, b));
        CHECK(a == b);
      }
}

TEST_CASE("flights: two round trips, and False Start saves one before the first request") {
  for (const bool false_start : {false, true}) {
    World12 w;
    if (false_start) w.client.false_start(FalseStart::without_alpn);
    Wire wire(w);
    // ClientHello; the server's flight; the client's.
    wire.move(wire.client_out, wire.server_in, wire.server, wire.server_out, wire.server_got, wire.server_error,
              wire.server_done);
    wire.move(wire.server_out, wire.client_in, wire.client, wire.client_out, wire.client_got, wire.client_error,
              wire.client_done);
    CHECK_FALSE(wire.client_done);
    CHECK(wire.client.may_send() == false_start);
    CHECK(wire.client.send(as_bytes("request"), wire.client_out).has_value() == false_start);
    wire.move(wire.client_out, wire.server_in, wire.server, wire.server_out, wire.server_got, wire.server_error,
              wire.server_done);
    CHECK(wire.server_done);
    CHECK(wire.server_got == (false_start ? "request" : ""));
    wire.run();
    CHECK(wire.client_done);
    CHECK(wire.client.info().bytes_before_done == (false_start ? 7 : 0));
  }
}

TEST_CASE("False Start: data from the server waits for its Finished, and what went out is known when it fails") {
  World12 w;
  w.client.false_start(FalseStart::without_alpn);
  Wire wire(w);
  wire.move(wire.client_out, wire.server_in, wire.server, wire.server_out, wire.server_got, wire.server_error,
            wire.server_done);
  wire.move(wire.server_out, wire.client_in, wire.client, wire.client_out, wire.client_got, wire.client_error,
            wire.client_done);
  REQUIRE(wire.client.send(as_bytes("secret"), wire.client_out));
  // A record of application data before ChangeCipherSpec and Finished, in the clear as an attacker would.
  ByteVector forged = unhex(
      "1703030004"
      "64617461");
  Step step = wire.client.step(forged, wire.client_out);
  REQUIRE(std::holds_alternative<Failed>(step.event));
  CHECK(wire.client_got.empty());
  CHECK(wire.client.info().bytes_before_done == 6);
}

TEST_CASE("client authentication and staples through records, with every message cut into the smallest fragments") {
  World12 w;
  w.authenticate_client(KeyKind::rsa);
  w.client.record_size_limit(64);
  w.server.record_size_limit(64);
  Wire wire(w);
  wire.chunk = 1;
  wire.run();
  REQUIRE(wire.client_done);
  REQUIRE(wire.server_done);
  CHECK(wire.server.info().peer_certificates == credential(KeyKind::rsa)->chain);
  REQUIRE(wire.server.send(as_bytes(std::string(1000, 'y')), wire.server_out));
  // 64 bytes of plaintext a record: header, explicit nonce, tag.
  CHECK(wire.server_out.size() == 15 * (5 + 8 + 64 + 16) + 5 + 8 + 40 + 16);
  wire.run();
  CHECK(wire.client_got.size() == 1000);
}
