// Every shape of handshake, however the transport cuts it.
#include "interference/wire.h"

using namespace tls;
using namespace tls::test;

TEST_CASE("every shape completes whole, byte by byte and in random pieces, carries data and ends in order") {
  for (const Shape& shape : kShapes)
    for (const Chunks chunks : {Chunks::whole, Chunks::one_byte, Chunks::random}) {
      CAPTURE(shape.name);
      CAPTURE(static_cast<int>(chunks));
      Wire wire(shape);
      wire.run(chunks);
      REQUIRE_MESSAGE(wire.connected(), ((wire.client.error ? wire.client.error->message() : "") + " / " +
                                         (wire.server.error ? wire.server.error->message() : "")));
      wire.check_agreement();
      if (chunks != Chunks::one_byte) wire.exchange(chunks);
      wire.check_clean();
    }
}

TEST_CASE("every kind of key, with every operation answered later") {
  for (KeyKind kind : kKeyKinds) {
    static KeyKind now;
    now = kind;
    const Shape shape{"kind", [](World& w) {
                        w.source->answer = credential(now);
                        w.source->when = w.verdict->when = w.client_verdict->when = When::later;
                        w.server.client_auth(ClientAuth::require, w.client_verdict);
                        w.client.credentials(std::make_shared<Source>(credential(now), When::later));
                      }};
    Wire wire(shape);
    wire.run(Chunks::random);
    REQUIRE(wire.connected());
    wire.check_agreement();
    wire.exchange();
  }
}

TEST_CASE("keys are updated in the middle of data, in both directions, and data goes on") {
  Wire wire(kShapes[0]);
  wire.run();
  REQUIRE(wire.connected());
  for (int round = 0; round < 5; ++round) {
    End& from = round % 2 ? wire.client : wire.server;
    End& to = round % 2 ? wire.server : wire.client;
    REQUIRE(from.connection->send(as_bytes("before "), from.out));
    REQUIRE(from.connection->update_keys(true, from.out));
    REQUIRE(from.connection->send(as_bytes("after "), from.out));
    wire.run(Chunks::random);
    CHECK(as_text(to.data).ends_with("before after "));
  }
  wire.check_clean();
  CHECK(wire.connected());
}
