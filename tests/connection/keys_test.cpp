// Keys after the handshake: updates by ourselves, by the user and by the peer; exporters.
#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

namespace {
/// KeyUpdate and the next write key.
Result<void> update(Sink& sink, std::uint8_t& generation) {
  sink.send(message(24, 1, 0), Epoch::application);
  sink.install(Direction::write, Epoch::application, suite(), secret(++generation));
  return {};
}
}  // namespace

TEST_CASE("RFC 9846 §5.5: our keys are updated by themselves when they are due, within one send() too") {
  Established c;
  std::uint8_t generation = 10;
  c.script.update_after = 2;
  c.script.on_update_keys = [&](bool request_peer, Sink& sink) {
    CHECK_FALSE(request_peer);
    return update(sink, generation);
  };
  REQUIRE(c.connection.send(ByteList(5 * 16384, 1), c.out));
  CHECK(generation == 12);
  CHECK(c.connection.records_sent() == 5 + 2);
  // 2 records and a KeyUpdate under the first key, the same under the second, 1 record under the third.
  std::vector<std::size_t> counts;
  const std::size_t full = 5 + 16384 + 17, small = 5 + 5 + 17;
  CHECK(c.out.size() == 5 * full + 2 * small);
  Output piece;
  piece.append(c.out.bytes().first(2 * full + small));
  c.out.consume(2 * full + small);
  CHECK(c.peer.read(piece).back() == "22:1800000100");
  c.peer.opener.install(keys(11));
  piece.append(c.out.bytes().first(2 * full + small));
  c.out.consume(2 * full + small);
  CHECK(c.peer.read(piece).back() == "22:1800000100");
  c.peer.opener.install(keys(12));
  CHECK(c.peer.read(c.out).size() == 1);
}

TEST_CASE("a key that is due and cannot be updated seals no more") {
  Established c;
  c.script.update_after = 0;
  c.script.on_update_keys = [](bool, Sink&) -> Result<void> { return fail(Code::key_update_exhausted); };
  CHECK(c.connection.send(unhex("01"), c.out).error().code() == Code::key_update_exhausted);
  CHECK(events(c.connection, {}) == Texts{"failed key_update_exhausted"});
  CHECK(c.peer.read(c.out) == Texts{"21:0250"});
}

TEST_CASE("data does not go out under a new key when the KeyUpdate before it could not be sealed") {
  Established c;
  std::uint8_t generation = 10;
  c.script.update_after = 0;
  c.script.on_update_keys = [&](bool, Sink& sink) {
    c.script.update_after = ~std::uint64_t{0};
    return update(sink, generation);
  };
  c.connection.seal_no_more();
  CHECK(c.connection.send(unhex("01"), c.out).error().code() == Code::sequence_exhausted);
  c.peer.opener.install(keys(11));
  CHECK(c.peer.read(c.out) == Texts{"21:0250"});
  CHECK(events(c.connection, {}) == Texts{"failed sequence_exhausted"});
}

TEST_CASE("the user may update the keys once the handshake is done") {
  Established c;
  std::uint8_t generation = 10;
  c.script.on_update_keys = [&](bool request_peer, Sink& sink) {
    CHECK(request_peer);
    return update(sink, generation);
  };
  REQUIRE(c.connection.update_keys(true, c.out));
  CHECK(c.peer.read(c.out) == Texts{"22:1800000100"});
  c.peer.opener.install(keys(11));
  REQUIRE(c.connection.send(unhex("01"), c.out));
  CHECK(c.peer.read(c.out) == Texts{"23:01"});

  Script script;
  TestConnection young(script);
  CHECK(young.update_keys(false, c.out).error().code() == Code::misuse);
}

TEST_CASE("a key update that is refused leaves the connection as it is") {
  Established c;  // the fake refuses with misuse, as TLS 1.2 does
  CHECK(c.connection.update_keys(false, c.out).error().code() == Code::misuse);
  CHECK(c.connection.established());
  REQUIRE(c.connection.send(unhex("01"), c.out));
}

TEST_CASE("the peer's KeyUpdate changes the read keys at the record's end, and is answered") {
  Established c;
  std::uint8_t generation = 10;
  c.script.on_post_message = [&](Bytes, bool ends_record, Sink& sink) {
    CHECK(ends_record);
    sink.install(Direction::read, Epoch::application, suite(), secret(20));
    return update(sink, generation);
  };
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(24, 1, 1)), c.out).empty());
  c.peer.sealer.install(keys(20));
  CHECK(events(c.connection, c.peer.records(ContentType::application_data, "07")) == Texts{"data 07"});
  CHECK(c.peer.read(c.out) == Texts{"22:1800000100"});
}

TEST_CASE("RFC 9846 §6.1: nothing is written after close_notify, not even the answer to a KeyUpdate") {
  Established c;
  std::uint8_t generation = 10;
  c.script.on_post_message = [&](Bytes, bool, Sink& sink) { return update(sink, generation); };
  REQUIRE(c.connection.close(c.out));
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(24, 1, 1)), c.out).empty());
  CHECK(c.peer.read(c.out) == Texts{"21:0100"});
}

TEST_CASE("keying material is exported once the handshake allows it") {
  Established c;
  ByteList out(4);
  REQUIRE(c.connection.export_keying_material("abc", unhex("00"), out));
  CHECK(hex(out) == "04040404");
  Script script;
  TestConnection young(script);
  CHECK(young.export_keying_material("abc", {}, out).error().code() == Code::misuse);
  CHECK(young.export_early_keying_material("abc", {}, out).error().code() == Code::misuse);
  CHECK(c.connection.export_early_keying_material("abc", {}, out).error().code() == Code::misuse);
}
