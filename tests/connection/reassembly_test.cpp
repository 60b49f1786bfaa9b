#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/environment.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

TEST_CASE("handshake messages reach the handshake whole, however records and the transport cut them") {
  SeededRandom random(21);
  const std::vector<ByteList> sent = {message(1, 0), message(2, 300), message(3, 1000), message(4, 7)};
  ByteList flight;
  for (const ByteList& m : sent) flight = std::move(flight) + m;
  for (std::size_t piece : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{random.below(400) + 1}}) {
    for (std::size_t chunk : {std::size_t{0}, std::size_t{1}, std::size_t{random.below(100) + 1}}) {
      Script script;
      TestConnection connection(script);
      Peer peer;
      Output out;
      CHECK(events(connection, peer.records(ContentType::handshake, flight, piece), out, chunk).empty());
      CHECK(script.messages == sent);
      CHECK(script.ends_record.back());
      CHECK(connection.buffered() == 0);
      CHECK(out.empty());
    }
  }
}

TEST_CASE("a message says whether it ends its record") {
  Script script;
  TestConnection connection(script);
  Peer peer;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 3) + message(2, 3))).empty());
  CHECK(script.ends_record == std::vector<bool>{false, true});
}

TEST_CASE("a body above the limit is refused by the header, before it is sent") {
  for (std::size_t size : {40u, 41u}) {
    Script script;
    script.max[11] = 40;
    TestConnection connection(script);
    Peer peer;
    ByteList start = message(11, size);
    start.resize(4);
    Output out;
    const Texts seen = events(connection, peer.records(ContentType::handshake, start), out);
    CHECK(seen == (size == 40 ? Texts{} : Texts{"failed message_too_long"}));
    // RFC 9846 §6.2: decode_error, for a length is wrong.
    CHECK(peer.read(out) == (size == 40 ? Texts{} : Texts{"21:0232"}));
  }
}

TEST_CASE("a message that has no row here is refused by its first byte") {
  Script script;
  script.max[11] = 0;
  TestConnection connection(script);
  Peer peer;
  CHECK(events(connection, peer.records(ContentType::handshake, "0b")) == Texts{"failed unexpected_message"});
  CHECK(script.messages.empty());
}

TEST_CASE("RFC 9846 §5.1: an empty handshake record is refused") {
  Script script;
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, ""), out) == Texts{"failed empty_handshake_record"});
  CHECK(peer.read(out) == Texts{"21:020a"});
}

TEST_CASE("RFC 9846 §5.1: no other record may stand between the pieces of a message") {
  for (ContentType type : {ContentType::alert, ContentType::change_cipher_spec, ContentType::application_data}) {
    Established c;
    Peer plain;
    ByteList in = c.peer.records(ContentType::handshake, "04000004 0102");
    if (type == ContentType::change_cipher_spec) continue;  // refused after the handshake in any case
    in = std::move(in) + c.peer.records(type, "0100");
    CHECK(events(c.connection, in) == Texts{"failed interleaved_record"});
  }
  Script script;
  script.permissions.ccs = Permissions::Ccs::drop;
  TestConnection connection(script);
  Peer peer;
  ByteList in = peer.records(ContentType::handshake, "02000004 01");
  CHECK(events(connection, in + peer.records(ContentType::change_cipher_spec, "01")) ==
        Texts{"failed interleaved_record"});
}

TEST_CASE("RFC 9846 §5.1: nothing follows in the record after which the read keys change") {
  for (const bool excess : {false, true}) {
    Script script;
    script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
      sink.install(Direction::read, Epoch::handshake, suite(), secret(2));
      return {};
    };
    TestConnection connection(script);
    Peer peer;
    ByteList messages = message(2, 8);
    if (excess) messages = std::move(messages) + ByteList{8};
    CHECK(events(connection, peer.records(ContentType::handshake, messages)) ==
          (excess ? Texts{"failed excess_handshake_data"} : Texts{}));
  }
}

TEST_CASE("messages after the handshake go to what lives on, up to the limit of any message") {
  for (std::size_t size : {limits::kMaxHandshakeMessage, limits::kMaxHandshakeMessage + 1}) {
    Established c;
    c.script.max[4] = limits::kMaxHandshakeMessage;
    const Texts seen = events(c.connection, c.peer.records(ContentType::handshake, message(4, size)));
    CHECK(seen == (size == limits::kMaxHandshakeMessage ? Texts{} : Texts{"failed message_too_long"}));
    CHECK(c.script.messages.size() == (seen.empty() ? 1 : 0));
    CHECK(c.connection.buffered() == 0);
  }
}

TEST_CASE("what nobody waits for after the handshake is refused by its type: none of its body is buffered") {
  Established c;
  c.script.max[11] = 0;
  const ByteList begun = message(11, 60000);
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, Bytes(begun).first(1))) ==
        Texts{"failed unexpected_message"});
  CHECK(c.connection.buffered() == 0);
}
