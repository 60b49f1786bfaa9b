#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

namespace {
ByteList ccs(std::string_view body = "01") {
  Peer plain;
  return plain.records(ContentType::change_cipher_spec, body);
}
}  // namespace

TEST_CASE("a ChangeCipherSpec without permission is refused by its header, after the handshake too") {
  Script script;
  TestConnection connection(script);
  Output out;
  CHECK(events(connection, unhex("1403030001"), out) == Texts{"failed unexpected_record_type"});
  Peer peer;
  CHECK(peer.read(out) == Texts{"21:020a"});
  Established c;
  CHECK(events(c.connection, ccs()) == Texts{"failed unexpected_record_type"});
}

TEST_CASE("RFC 9846 §5: a compatibility ChangeCipherSpec is dropped, with keys and without, up to the limit") {
  for (const bool with_keys : {false, true}) {
    Script script;
    script.permissions.ccs = Permissions::Ccs::drop;
    script.on_message = [with_keys](Bytes, bool, Sink& sink) -> Result<void> {
      if (with_keys) sink.install(Direction::read, Epoch::handshake, suite(), secret(2));
      return {};
    };
    TestConnection connection(script);
    Peer peer;
    CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0))).empty());
    for (unsigned i = 0; i < limits::kMaxCompatibilityCcs; ++i) CHECK(events(connection, ccs()).empty());
    if (with_keys) peer.sealer.install(keys(2));
    CHECK(events(connection, peer.records(ContentType::alert, "015a")).empty());  // sequence numbers are untouched
    CHECK(script.ccs == 0);
    CHECK(events(connection, ccs()) == Texts{"failed too_many_change_cipher_specs"});
  }
}

TEST_CASE("RFC 9846 §5: any other value, or one that is protected, is unexpected_message") {
  for (const char* body : {"02", "00", "0101", ""}) {
    for (Permissions::Ccs rule : {Permissions::Ccs::drop, Permissions::Ccs::deliver}) {
      Script script;
      script.permissions.ccs = rule;
      TestConnection connection(script);
      Output out;
      CHECK(events(connection, ccs(body), out) == Texts{"failed bad_change_cipher_spec"});
      Peer peer;
      CHECK(peer.read(out) == Texts{"21:020a"});
    }
  }
  Established c;
  CHECK(events(c.connection, c.peer.records(ContentType::change_cipher_spec, "01")) ==
        Texts{"failed bad_change_cipher_spec"});
}

TEST_CASE("TLS 1.2: a ChangeCipherSpec under keys is judged once it is authentic, and then it is refused") {
  Tls12 forged;
  ByteList record = forged.peer.records(ContentType::change_cipher_spec, "01");
  CHECK(events(forged.connection, ByteList(record.begin(), record.begin() + 5)).empty());  // its header says nothing
  record.back() ^= 1;
  CHECK(events(forged.connection, record, forged.out) == Texts{"failed bad_record_mac"});
  CHECK(forged.peer.read(forged.out) == Texts{"21:0214"});
  Tls12 c;
  CHECK(events(c.connection, c.peer.records(ContentType::change_cipher_spec, "01"), c.out) ==
        Texts{"failed unexpected_record_type"});
  CHECK(c.peer.read(c.out) == Texts{"21:020a"});
  CHECK(c.script.ccs == 0);
}

TEST_CASE("TLS 1.2: a ChangeCipherSpec is a step of the handshake and may bring the read keys") {
  Script script;
  script.permissions = {.read_data = true, .ccs = Permissions::Ccs::deliver};
  script.on_ccs = [](Sink& sink) -> Result<void> {
    sink.install(Direction::read, suite(), ByteList(16, 2), ByteList(4, 2));
    return {};
  };
  TestConnection connection(script);
  CHECK(events(connection, ccs()).empty());
  CHECK(script.ccs == 1);
  Peer peer;
  peer.sealer.install(record::tls12_protection(*suite().aead, ByteList(16, 2), ByteList(4, 2)));
  CHECK(events(connection, peer.records(ContentType::handshake, message(20, 12))).empty());
  CHECK(events(connection, peer.records(ContentType::application_data, "0a")) == Texts{"data 0a"});
}
