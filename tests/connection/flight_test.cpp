// What the handshake writes: one flight in as few records as may be.
#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

TEST_CASE("RFC 9846 §5.1: the initial ClientHello is in a 3.1 record, what follows in 3.3") {
  Script script;
  script.on_begin = [](Sink& sink) -> Result<void> {
    sink.send(message(1, 2), Epoch::plaintext);
    return {};
  };
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(1, 2), Epoch::plaintext);
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  REQUIRE(connection.begin(out));
  CHECK(hex(out.bytes()) == "160301000601000002abab");
  out.release();
  CHECK(events(connection, peer.records(ContentType::handshake, message(2, 0)), out).empty());
  CHECK(hex(out.bytes()) == "160303000601000002abab");
}

TEST_CASE("messages of one flight share records, and never across a key change") {
  Script script;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(2, 1), Epoch::plaintext);
    sink.send_change_cipher_spec();
    sink.install(Direction::write, Epoch::handshake, suite(), secret(7));
    sink.send(message(8, 1), Epoch::handshake);
    sink.send(message(11, 2), Epoch::handshake);
    sink.send(message(20, 0), Epoch::handshake);
    sink.install(Direction::write, Epoch::application, suite(), secret(1));
    sink.send(message(4, 0), Epoch::application);
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out).empty());
  CHECK(connection.records_sent() == 4);
  CHECK(hex(out.bytes().first(16)) == "160303000502000001ab140303000101");
  out.consume(16);
  Output rest;
  const std::size_t second = 5 + 5 + 6 + 4 + 1 + 16;
  rest.append(out.bytes().first(second));
  out.consume(second);
  peer.opener.install(keys(7));
  CHECK(peer.read(rest) == Texts{"22:08000001ab0b000002abab14000000"});
  peer.opener.install(keys(1));
  CHECK(peer.read(out) == Texts{"22:04000000"});
  CHECK(connection.buffered() == 0);
}

TEST_CASE("a long message is cut at the record's limit (RFC 8449)") {
  Script script;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.limit_records(101);
    sink.install(Direction::write, Epoch::handshake, suite(), secret(1));
    sink.send(message(11, 246), Epoch::handshake);
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out).empty());
  peer.opener.install(keys(1));
  const Texts records = peer.read(out);
  REQUIRE(records.size() == 3);
  CHECK(records[0].size() == 3 + 200);
  CHECK(records[2].size() == 3 + 100);
}

TEST_CASE("our own record_size_limit is enforced once the peer has agreed to it, and not on early data") {
  enum Agreed { never, before_the_keys, behind_them, under_early_data };
  for (const Agreed agreed : {never, before_the_keys, behind_them, under_early_data}) {
    for (const Epoch epoch : {Epoch::early, Epoch::application}) {
      for (std::size_t plaintext : {100u, 101u}) {
        Script script;
        script.permissions.read_data = true;
        script.on_message = [&](Bytes, bool, Sink& sink) -> Result<void> {
          if (agreed == before_the_keys) sink.limit_peer_records(100);
          if (agreed == under_early_data) {
            sink.install(Direction::read, Epoch::early, suite(), secret(9));
            sink.limit_peer_records(100);
          }
          sink.install(Direction::read, epoch, suite(), secret(2));
          if (agreed == behind_them) sink.limit_peer_records(100);
          return {};
        };
        TestConnection connection(script);
        Peer peer;
        CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0))).empty());
        peer.sealer.install(keys(2));
        const bool refused = agreed != never && epoch != Epoch::early && plaintext > 100;
        const Texts seen = events(connection, peer.records(ContentType::application_data, ByteList(plaintext - 1)));
        CHECK((seen == Texts{"failed plaintext_overflow"}) == refused);
      }
    }
  }
}

TEST_CASE("RFC 9846 §4.3.10: after HelloRetryRequest a client that sent early data writes in the clear again") {
  Script script;
  script.on_begin = [](Sink& sink) -> Result<void> {
    sink.send(message(1, 0), Epoch::plaintext);
    sink.install(Direction::write, Epoch::early, suite(), secret(1));
    return {};
  };
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(1, 1), Epoch::plaintext);
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  REQUIRE(connection.begin(out));
  CHECK(hex(out.bytes()) == "160301000401000000");
  out.release();
  CHECK(events(connection, peer.records(ContentType::handshake, message(2, 0)), out).empty());
  CHECK(hex(out.bytes()) == "160303000501000001ab");
}

TEST_CASE("a message under keys that are not in force is an internal error, not a leak") {
  Script script;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(8, 1), Epoch::handshake);
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) == Texts{"failed internal_error"});
  CHECK(peer.read(out) == Texts{"21:0250"});
}

TEST_CASE("RFC 5246 §7.2.2: no_renegotiation is a warning, and goes out behind what was written before it") {
  Tls12 c;
  c.script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(20, 0), Epoch::application);
    sink.warn(Alert::no_renegotiation);
    return {};
  };
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(0, 0)), c.out).empty());
  CHECK(c.peer.read(c.out) == Texts{"22:14000000", "21:0164"});
}

TEST_CASE("what a handshake has written before a trouble of ours is not sent") {
  Script script;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(2, 1), Epoch::plaintext);
    sink.send(message(8, 1), Epoch::handshake);  // keys that are not in force
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) == Texts{"failed internal_error"});
  CHECK(peer.read(out) == Texts{"21:0250"});
}

TEST_CASE("RFC 9846 §5.3: a flight that cannot be sealed any more fails the connection at once") {
  Established c;
  c.script.on_post_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.send(message(24, 1, 0), Epoch::application);
    return {};
  };
  c.connection.seal_no_more();
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(24, 1)), c.out) ==
        Texts{"failed sequence_exhausted"});
  CHECK(c.out.empty());  // the alert cannot be sealed either
}

TEST_CASE("key log lines are label, client random and secret in hex, only where they are asked for") {
  Script script;
  script.on_begin = [](Sink& sink) -> Result<void> {
    sink.log_secret("CLIENT_TRAFFIC_SECRET_0", unhex("00ff"), unhex("1234"));
    return {};
  };
  Output out;
  TestConnection without(script);
  REQUIRE(without.begin(out));
  std::string seen;
  auto config = settings();
  config->key_log = [&](std::string_view line) { seen = line; };
  TestConnection with(script, config);
  REQUIRE(with.begin(out));
  CHECK(seen == "CLIENT_TRAFFIC_SECRET_0 00ff 1234");
}

TEST_CASE("padding is put on every protected record") {
  auto config = settings();
  config->padding.block = 256;
  Established c(config);
  REQUIRE(c.connection.send(unhex("01"), c.out));
  CHECK(c.out.size() == 5 + 256 + 1 + 16);
  CHECK(c.peer.read(c.out) == Texts{"23:01"});
}
