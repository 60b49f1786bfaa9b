#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

TEST_CASE("data goes both ways, decrypted where it came in") {
  Established c;
  ByteList in = c.peer.records(ContentType::application_data, "0102");
  in = std::move(in) + c.peer.records(ContentType::application_data, "03");
  const Step first = c.connection.step(in, c.out);
  REQUIRE(std::holds_alternative<AppData>(first.event));
  const MutableBytes data = std::get<AppData>(first.event).bytes;
  CHECK(hex(data) == "0102");
  CHECK(data.data() == in.data() + 5);
  CHECK(first.consumed == 5 + 2 + 1 + 16);
  const Step second = c.connection.step(MutableBytes(in).subspan(first.consumed), c.out);
  CHECK(text(second.event) == "data 03");
  CHECK(c.script.data_received == 2);
  REQUIRE(c.connection.send(unhex("aabb"), c.out));
  CHECK(c.peer.read(c.out) == Texts{"23:aabb"});
}

TEST_CASE("data of any size, at any chunking of the transport") {
  SeededRandom random(31);
  for (std::size_t n : {1u, 1000u, 16384u, 16385u, 70000u}) {
    Established c;
    ByteList data(n);
    random.fill(data);
    REQUIRE(c.connection.send(data, c.out));
    std::string sent, got;
    for (const std::string& record : c.peer.read(c.out)) sent += record.substr(3);
    CHECK(sent == hex(data));
    for (const std::string& event : events(c.connection, c.peer.records(ContentType::application_data, data, 16384),
                                           c.out, 1 + random.below(5000)))
      got += event.substr(5);
    CHECK(got == hex(data));
  }
}

TEST_CASE("NeedInput says how many bytes are missing") {
  Established c;
  const ByteList in = c.peer.records(ContentType::application_data, "0102030405");
  for (std::size_t n = 0; n < in.size(); ++n) {
    ByteList part(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(n));
    const Step step = c.connection.step(part, c.out);
    CHECK(text(step.event) == "need " + std::to_string(n < 5 ? 5 - n : in.size() - n));
    CHECK(step.consumed == 0);
  }
}

TEST_CASE("data before the handshake allows it: refused by the header without keys, by its type with them") {
  Script script;
  TestConnection connection(script);
  CHECK(events(connection, unhex("1703030100")) == Texts{"failed unexpected_record_type"});

  Script keyed;
  keyed.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.install(Direction::read, Epoch::handshake, suite(), secret(2));
    return {};
  };
  TestConnection second(keyed);
  Peer peer;
  CHECK(events(second, peer.records(ContentType::handshake, message(1, 0))).empty());
  peer.sealer.install(keys(2));
  CHECK(events(second, peer.records(ContentType::application_data, "01")) == Texts{"failed unexpected_record_type"});
}

TEST_CASE("RFC 9846 §5.1: application data is always protected, whatever the state allows") {
  for (const bool early : {false, true}) {
    Script script;
    (early ? script.permissions.read_early_data : script.permissions.read_data) = true;
    script.max_early_data = 100;
    TestConnection connection(script);
    Peer plain;
    CHECK(events(connection, plain.records(ContentType::application_data, "01")) ==
          Texts{"failed unexpected_record_type"});
  }
}

TEST_CASE("empty records: as many as the limit in a row, data starts the count again, one more fails") {
  Established c;
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < limits::kMaxEmptyRecords; ++i)
      CHECK(events(c.connection, c.peer.records(ContentType::application_data, "")).empty());
    CHECK(events(c.connection, c.peer.records(ContentType::application_data, "01")) == Texts{"data 01"});
  }
  CHECK(c.script.data_received == 2);
  ByteList in;
  for (unsigned i = 0; i < limits::kMaxEmptyRecords + 1; ++i)
    in = std::move(in) + c.peer.records(ContentType::application_data, "");
  CHECK(events(c.connection, in, c.out) == Texts{"failed too_many_empty_records"});
  CHECK(c.peer.read(c.out) == Texts{"21:020a"});
}

TEST_CASE("sending nothing sends no record") {
  Established c;
  REQUIRE(c.connection.send({}, c.out));
  CHECK(c.out.empty());
}

TEST_CASE("half-RTT data and False Start: a state's permission is enough, once there are keys") {
  Script script;
  script.permissions.write_data = true;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.install(Direction::write, Epoch::application, suite(), secret(1));
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK_FALSE(connection.may_send());  // no keys: data is never written in the clear
  CHECK(connection.send(unhex("01"), out).error().code() == Code::misuse);
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out).empty());
  CHECK(connection.may_send());
  CHECK_FALSE(connection.established());
  REQUIRE(connection.send(unhex("0102"), out));
  peer.opener.install(keys(1));
  CHECK(peer.read(out) == Texts{"23:0102"});
  script.done = true;
  CHECK(events(connection, peer.records(ContentType::handshake, message(20, 0)), out) == Texts{"done"});
  CHECK(connection.info().bytes_before_done == 2);
}

TEST_CASE("an idle established connection owns no buffer, and little else") {
  Established c;
  c.script.max[4] = 5000;
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(4, 5000), 100)).empty());
  CHECK(events(c.connection, c.peer.records(ContentType::application_data, ByteList(16384))).size() == 1);
  CHECK(c.script.handshakes == 0);
  CHECK(c.connection.buffered() == 0);
  CHECK(TestConnection::core_size() + 2 * crypto::kMaxAeadState <= 3 * 1024);  // of 4 KiB for an idle server
}
