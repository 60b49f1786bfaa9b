#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

namespace {
/// A server that refused early data: `with_keys`, by its handshake keys; else it sent HelloRetryRequest.
struct Refusing {
  Script script;
  TestConnection connection{script};
  Peer early, peer;
  Output out;
  explicit Refusing(bool with_keys) {
    script.permissions.skip_early_data = true;
    script.on_message = [with_keys, first = true](Bytes, bool, Sink& sink) mutable -> Result<void> {
      if (first && with_keys) sink.install(Direction::read, Epoch::handshake, suite(), secret(2));
      first = false;
      return {};
    };
    CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0))).empty());
    early.sealer.install(keys(9));
    if (with_keys) peer.sealer.install(keys(2));
  }
};
}  // namespace

TEST_CASE("early data that is accepted is an event of its own") {
  Script script;
  script.permissions.read_early_data = true;
  script.max_early_data = 2;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.install(Direction::read, Epoch::early, suite(), secret(2));
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0))).empty());
  peer.sealer.install(keys(2));
  CHECK(events(connection, peer.records(ContentType::application_data, "0102")) == Texts{"early 0102"});
  // RFC 9846 §4.7.1: one byte more than was promised ends the connection.
  CHECK(events(connection, peer.records(ContentType::application_data, "03")) == Texts{"failed too_much_early_data"});
}

TEST_CASE("RFC 9846 §4.3.10: refused early data is skipped until a record decrypts") {
  for (const bool with_keys : {false, true}) {
    Refusing server(with_keys);
    for (int i = 0; i < 3; ++i)
      CHECK(events(server.connection, server.early.records(ContentType::application_data, "0102")).empty());
    CHECK(server.connection.records_received() == 1 + 3);  // they came, though nobody has opened them
    CHECK(events(server.connection, server.peer.records(ContentType::handshake, message(1, 5))).empty());
    CHECK(server.script.messages.size() == 2);
    server.script.permissions.skip_early_data = with_keys;  // the second ClientHello ends the other case's state
    CHECK(events(server.connection, server.early.records(ContentType::application_data, "0102")) ==
          Texts{with_keys ? "failed bad_record_mac" : "failed unexpected_record_type"});
  }
}

TEST_CASE("what decrypts is no refused early data, though it is not well formed") {
  Refusing server(true);
  CHECK(events(server.connection, server.peer.records(static_cast<ContentType>(0), "")) ==
        Texts{"failed no_inner_content_type"});
}

TEST_CASE("no more is skipped than the limit: at it, and one byte above") {
  for (const bool with_keys : {false, true}) {
    for (std::size_t over : {0u, 1u}) {
      Refusing server(with_keys);
      constexpr std::size_t kPerRecord = limits::kRecordHeader + 1 + 16;  // inner type, tag
      const std::size_t half = limits::kMaxSkippedEarlyData / 2 - kPerRecord;
      CHECK(events(server.connection, server.early.records(ContentType::application_data, ByteList(half))).empty());
      const Texts seen = events(server.connection,
                                server.early.records(ContentType::application_data, ByteList(half + over)), server.out);
      CHECK(seen == (over == 0 ? Texts{} : Texts{"failed too_much_skipped_early_data"}));
    }
  }
}

TEST_CASE("what is skipped may be as much as was promised, twice, beside the limit") {
  constexpr std::size_t kPromised = 1000;
  for (std::size_t over : {0u, 1u}) {
    Refusing server(false);
    server.script.max_early_data = kPromised;
    std::size_t left = limits::kMaxSkippedEarlyData + 2 * kPromised + over;
    Texts seen;
    while (left > 0 && seen.empty()) {
      const std::size_t body = std::min<std::size_t>(left - limits::kRecordHeader, 16'000);
      ByteList record(limits::kRecordHeader + body, 9);
      record[0] = 23, record[1] = record[2] = 3;
      record[3] = static_cast<std::uint8_t>(body >> 8), record[4] = static_cast<std::uint8_t>(body);
      left -= record.size();
      seen = events(server.connection, record);
    }
    CHECK(left == 0);
    CHECK(seen == (over == 0 ? Texts{} : Texts{"failed too_much_skipped_early_data"}));
  }
}

TEST_CASE("records of refused early data that are empty count with their headers") {
  constexpr std::size_t kMost = limits::kMaxSkippedEarlyData / limits::kRecordHeader;
  Refusing server(false);
  ByteList empty;
  for (std::size_t i = 0; i < kMost; ++i) empty.insert(empty.end(), {23, 3, 3, 0, 0});
  CHECK(events(server.connection, empty).empty());
  CHECK(events(server.connection, ByteList{23, 3, 3, 0, 0}, server.out) == Texts{"failed too_much_skipped_early_data"});
}

TEST_CASE("RFC 9846 §5.1: refused early data is not skipped between the pieces of the second ClientHello") {
  Refusing server(false);
  const ByteList whole = message(1, 5);
  CHECK(events(server.connection, server.peer.records(ContentType::handshake, Bytes(whole).first(3))).empty());
  CHECK(events(server.connection, server.early.records(ContentType::application_data, "0102")) ==
        Texts{"failed interleaved_record"});
}

TEST_CASE("a handshake record in the clear is not skipped as early data") {
  Refusing server(true);
  Peer plain;
  CHECK(events(server.connection, plain.records(ContentType::handshake, message(1, 0))) ==
        Texts{"failed unprotected_record"});
}
