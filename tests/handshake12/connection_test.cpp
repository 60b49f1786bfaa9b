// TLS 1.2 through whole connections: records, alerts and data as a peer sees them.
#include "tls/connection.h"
#include "handshake/edit.h"
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
        client(*ClientConnection::start(ConfigAccess::make(w.client_settings()), "example.com", client_out)),
        server(ServerConnection::start(ConfigAccess::make(w.server_settings()))) {}

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

TEST_CASE("exporters: where data may be sent, so in False Start, and not before (RFC 5705, RFC 7918)") {
  for (const bool false_start : {false, true}) {
    World12 w;
    if (false_start) w.client.false_start(FalseStart::without_alpn);
    Wire wire(w);
    ByteVector early(32), client(32), server(32);
    const auto at_client = [&](ByteVector& out) {
      return wire.client.export_keying_material("EXPORTER-x", as_bytes("context"), out);
    };
    CHECK(at_client(early).error().code() == Code::misuse);
    CHECK(wire.server.export_keying_material("EXPORTER-x", {}, server).error().code() == Code::misuse);
    wire.move(wire.client_out, wire.server_in, wire.server, wire.server_out, wire.server_got, wire.server_error,
              wire.server_done);
    CHECK(wire.server.export_keying_material("EXPORTER-x", {}, server).error().code() == Code::misuse);
    wire.move(wire.server_out, wire.client_in, wire.client, wire.client_out, wire.client_got, wire.client_error,
              wire.client_done);
    REQUIRE_FALSE(wire.client_done);
    CHECK(at_client(early).has_value() == false_start);
    wire.run();
    REQUIRE(wire.client_done);
    REQUIRE(at_client(client));
    REQUIRE(wire.server.export_keying_material("EXPORTER-x", as_bytes("context"), server));
    CHECK(client == server);
    if (false_start) CHECK(early == client);
    CHECK(wire.client.export_early_keying_material("EXPORTER-x", {}, early).error().code() == Code::misuse);
  }
}

TEST_CASE("exporters: in False Start, too, none without extended_main_secret and none under the protocol's labels") {
  for (const bool bound : {false, true}) {
    World12 w;
    w.client.false_start(FalseStart::without_alpn).extended_main_secret(Require::if_offered);
    w.server.extended_main_secret(Require::if_offered);
    if (!bound)
      w.client_replay.rewrite = [](ByteVector& m) {
        if (m[0] == 1) m = Edit(m).remove(23).message();
      };
    Wire wire(w);
    wire.move(wire.client_out, wire.server_in, wire.server, wire.server_out, wire.server_got, wire.server_error,
              wire.server_done);
    wire.move(wire.server_out, wire.client_in, wire.client, wire.client_out, wire.client_got, wire.client_error,
              wire.client_done);
    REQUIRE(wire.client.may_send());
    ByteVector out(32);
    CHECK(wire.client.export_keying_material("EXPORTER-x", {}, out).has_value() == bound);
    CHECK(wire.client.export_keying_material("master secret", {}, out).error().code() == Code::misuse);
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

namespace {

/// Delivers what `from` holds, its last byte changed.
void spoil(Output& from, ByteVector& in) {
  in.assign(from.bytes().begin(), from.bytes().end());
  in.back() ^= 1;
  from.consume(from.size());
}

void close_notify(Connection& by, Output& out, Connection& to, Output& to_out) {
  REQUIRE(by.close(out));
  ByteVector in(out.bytes().begin(), out.bytes().end());
  out.consume(out.size());
  CHECK(std::holds_alternative<PeerClosed>(to.step(in, to_out).event));
}

/// How an established connection ends.
struct Ending {
  std::string_view what;
  bool fatal;
  void (*happen)(Wire&);
};
constexpr Ending kEndings[] = {
    {"a record to the server that does not decrypt", true,
     [](Wire& w) {
       REQUIRE(w.client.send(as_bytes("x"), w.client_out));
       spoil(w.client_out, w.server_in);
       w.run();
       CHECK(w.server_error->code() == Code::bad_record_mac);
       CHECK(w.client_error->peer_alert() == Alert::bad_record_mac);
     }},
    {"a record to the client that does not decrypt", true,
     [](Wire& w) {
       REQUIRE(w.server.send(as_bytes("x"), w.server_out));
       spoil(w.server_out, w.client_in);
       w.run();
       w.run();  // the alert goes back
       CHECK(w.client_error->code() == Code::bad_record_mac);
       CHECK(w.server_error->peer_alert() == Alert::bad_record_mac);
     }},
    {"the server gives up", true, [](Wire& w) { w.server.abort(Alert::internal_error, w.server_out), w.run(); }},
    {"the client gives up", true, [](Wire& w) { w.client.abort(Alert::internal_error, w.client_out), w.run(); }},
    {"the transport breaks", false,
     [](Wire& w) { (void)w.client.transport_closed(), (void)w.server.transport_closed(); }},
    {"both say close_notify", false,
     [](Wire& w) {
       close_notify(w.client, w.client_out, w.server, w.server_out);
       close_notify(w.server, w.server_out, w.client, w.client_out);
       (void)w.client.transport_closed(), (void)w.server.transport_closed();
     }},
};

/// A connection that ends like that; how it began.
Resumption connect_and_end(World12& w, const Ending& ending) {
  Wire wire(w);
  wire.run();
  REQUIRE(wire.client_done);
  REQUIRE(wire.server_done);
  const Resumption resumed = wire.client.info().resumed;
  ending.happen(wire);
  return resumed;
}

}  // namespace

TEST_CASE(
    "RFC 5246 §7.2.2: what a fatal alert ends, sent or received, is not resumed; a broken transport is no alert") {
  constexpr Ending kNone = {"", false, [](Wire&) {}};
  for (const bool ticket : {false, true})
    for (const bool of_resumed : {false, true})
      for (const Ending& ending : kEndings) {
        CAPTURE(ticket);
        CAPTURE(of_resumed);
        CAPTURE(ending.what);
        World12 w;
        w.resume_by(!ticket, ticket);
        const Resumption by = ticket ? Resumption::ticket : Resumption::session_id;
        if (of_resumed) CHECK(connect_and_end(w, kNone) == Resumption::none);
        CHECK(connect_and_end(w, ending) == (of_resumed ? by : Resumption::none));
        CHECK(w.pocket->kept.empty() == ending.fatal);
        if (!ticket) CHECK(w.drawer->kept.empty() == ending.fatal);
        CHECK(connect_and_end(w, kNone) == (ending.fatal ? Resumption::none : by));
      }
}

TEST_CASE(
    "RFC 5246 §7.2.2: each side forgets on its own; a client that keeps its session finds it gone at the server") {
  World12 w;
  w.resume_by(true, false);
  Wire wire(w);
  wire.run();
  REQUIRE(wire.server_done);
  REQUIRE(w.drawer->kept.size() == 1);
  wire.server.abort(Alert::internal_error, wire.server_out);  // which never arrives
  CHECK(w.drawer->kept.empty());
  CHECK(w.pocket->kept.size() == 1);
}

TEST_CASE("a connection without a session of its own ends nobody's: neither kept, nor resumed") {
  World12 w;
  w.resume_by(true, false);
  Wire first(w);
  first.run();
  REQUIRE(w.pocket->kept.size() == 1);
  w.server.session_cache(nullptr);
  Wire wire(w);
  wire.run();
  REQUIRE(wire.client_done);
  CHECK(wire.client.info().resumed == Resumption::none);
  wire.client.abort(Alert::internal_error, wire.client_out);
  CHECK(w.pocket->kept.size() == 1);
  CHECK(w.drawer->kept.size() == 1);
}
