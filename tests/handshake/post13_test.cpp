// After a TLS 1.3 handshake (RFC 9846 §4.7): KeyUpdate, NewSessionTicket, exporters.
#include "handshake/post13/post13.h"

#include "crypto/suite.h"
#include "handshake/pair.h"
#include "handshake/secrets13.h"

using namespace tls;
using namespace tls::test;
using handshake::PostHandshake;

namespace {

const auto kAsked = unhex("1800000101"), kNotAsked = unhex("1800000100");

/// Two established sides and what they wrote.
struct Established {
  World w;
  Pair pair;
  Established() : pair(w) {
    pair.run();
    REQUIRE(pair.connected());
    pair.client.sink.log.clear();
    pair.server.sink.log.clear();
  }
  PostHandshake& client() { return *pair.client.post; }
  PostHandshake& server() { return *pair.server.post; }
  Recorder& sent_by_client() { return pair.client.sink; }
  Recorder& sent_by_server() { return pair.server.sink; }
  void keys_agree() {
    CHECK(pair.client.sink.read_secret == pair.server.sink.write_secret);
    CHECK(pair.client.sink.write_secret == pair.server.sink.read_secret);
  }
};
using Log = std::vector<std::string>;

}  // namespace

TEST_CASE("an update of our own key: the message under the old key, then the new key, on both sides") {
  Established e;
  const ByteVector before = e.sent_by_client().write_secret;
  REQUIRE(e.client().update_keys(false, e.sent_by_client()));
  CHECK(e.sent_by_client().log == Log{"send key_update", "write application"});
  CHECK(hex(e.sent_by_client().outbox.at(0).bytes) == hex(kNotAsked));
  CHECK(e.sent_by_client().write_secret != before);
  e.pair.run();
  CHECK(e.sent_by_server().log == Log{"read application"});  // not asked: no answer
  e.keys_agree();
}

TEST_CASE("an answer that is due says update_not_requested, whatever else we want") {
  Established e;
  REQUIRE(e.client().update_keys(true, e.sent_by_client()));
  e.pair.run();
  REQUIRE(e.server().update_due(0));
  REQUIRE(e.server().update_keys(true, e.sent_by_server()));
  REQUIRE(e.sent_by_server().outbox.size() == 2);
  CHECK(hex(e.sent_by_server().outbox[0].bytes) == hex(kNotAsked));
  CHECK(hex(e.sent_by_server().outbox[1].bytes) == hex(kAsked));
  e.pair.run();
  CHECK(e.client().update_due(0));
  CHECK_FALSE(e.server().update_due(0));
  e.keys_agree();
}

TEST_CASE("an update that asks is answered once, and both directions have new keys") {
  Established e;
  const ByteVector read = e.sent_by_client().read_secret;
  REQUIRE(e.client().update_keys(true, e.sent_by_client()));
  CHECK(hex(e.sent_by_client().outbox.at(0).bytes) == hex(kAsked));
  e.pair.run();
  CHECK(e.sent_by_server().log == Log{"read application"});
  CHECK(e.server().update_due(0));  // RFC 9846 §4.7.3: before the next application data
  REQUIRE(e.server().update_keys(false, e.sent_by_server()));
  e.pair.run();
  CHECK(e.sent_by_server().log == Log{"read application", "send key_update", "write application"});
  CHECK(e.sent_by_client().log == Log{"send key_update", "write application", "read application"});
  CHECK(e.sent_by_client().read_secret != read);
  e.keys_agree();
}

TEST_CASE("RFC 9846 §4.7.3: no second request before the first is answered; an update itself is always allowed") {
  Established e;
  REQUIRE(e.client().update_keys(true, e.sent_by_client()));
  REQUIRE(e.client().update_keys(true, e.sent_by_client()));
  REQUIRE(e.sent_by_client().outbox.size() == 2);
  CHECK(hex(e.sent_by_client().outbox[0].bytes) == hex(kAsked));
  CHECK(hex(e.sent_by_client().outbox[1].bytes) == hex(kNotAsked));
  e.pair.run();
  REQUIRE(e.server().update_keys(false, e.sent_by_server()));
  e.pair.run();
  e.keys_agree();
  REQUIRE(e.client().update_keys(true, e.sent_by_client()));  // answered meanwhile
  CHECK(hex(e.sent_by_client().outbox.at(0).bytes) == hex(kAsked));
}

TEST_CASE("RFC 9846 §4.7.3: all requests that come while we are silent are answered with a single update") {
  Established e;
  CHECK_FALSE(e.server().update_due(0));
  for (int i = 0; i < 5; ++i) REQUIRE(e.pair.server.receive(kAsked, true));
  CHECK(e.sent_by_server().outbox.empty());
  CHECK(e.server().update_due(0));  // before our next record
  REQUIRE(e.server().update_keys(false, e.sent_by_server()));
  CHECK_FALSE(e.server().update_due(0));
  REQUIRE(e.sent_by_server().outbox.size() == 1);
  CHECK(hex(e.sent_by_server().outbox[0].bytes) == hex(kNotAsked));
}

TEST_CASE("a peer that asks for updates, writes data and reads nothing gets no answers until we write ourselves") {
  Established e;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(e.pair.server.receive(kAsked, true));
    e.server().data_received();
  }
  CHECK(e.sent_by_server().outbox.empty());
  CHECK(e.server().update_due(0));  // RFC 9846 §4.7.3: before our next application data
  REQUIRE(e.server().update_keys(false, e.sent_by_server()));
  CHECK_FALSE(e.server().update_due(0));
  CHECK(e.sent_by_server().outbox.size() == 1);
}

TEST_CASE("KeyUpdates in a row: at the limit all is well, above it the connection ends; data starts the count anew") {
  for (const bool asked : {true, false}) {
    const auto& message = asked ? kAsked : kNotAsked;
    Established e;
    for (unsigned i = 0; i < limits::kMaxKeyUpdatesInRow; ++i) REQUIRE(e.pair.server.receive(message, true));
    SUBCASE("one more") {
      const auto refused = e.pair.server.receive(message, true);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == Code::too_many_key_updates);
      CHECK(refused.error().alert() == Alert::unexpected_message);
    }
    SUBCASE("data between") {
      e.server().data_received();
      for (unsigned i = 0; i < limits::kMaxKeyUpdatesInRow; ++i) REQUIRE(e.pair.server.receive(message, true));
      CHECK_FALSE(e.pair.server.receive(message, true));
    }
  }
}

TEST_CASE("RFC 9846 §5.5: an update is due at the suite's limit, or earlier when configured") {
  for (const std::uint64_t configured : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}}) {
    World w;
    w.client.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256}).key_update_after(configured);
    w.server.key_update_after(configured);
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    const std::uint64_t limit = configured == 0 ? limits::kAesGcmRecords : configured;
    for (const Side* side : {&p.client, &p.server}) {
      CHECK_FALSE(side->post->update_due(limit - 1));
      CHECK(side->post->update_due(limit));
      CHECK(side->post->update_due(limit + 1));
    }
  }
  World w;  // above the suite's limit the suite's holds
  w.client.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256}).key_update_after(limits::kAesGcmRecords + 1);
  Pair p(w);
  p.run();
  CHECK(p.client.post->update_due(limits::kAesGcmRecords));
}

TEST_CASE("malformed KeyUpdates") {
  struct Row {
    std::string_view message;
    Code code;
  };
  for (const Row& row : {Row{"1800000102", Code::illegal_parameter}, Row{"18000000", Code::decode_error},
                         Row{"180000020000", Code::decode_error}}) {
    Established e;
    const auto refused = e.pair.client.receive(unhex(row.message), true);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == row.code);
    CHECK(e.sent_by_client().log.empty());
  }
  Established e;  // RFC 9846 §5.1
  const auto refused = e.pair.client.receive(kNotAsked, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::excess_handshake_data);
}

TEST_CASE("RFC 9846 §4.7.1: clients take tickets, servers refuse them; a malformed ticket is an error") {
  const auto ticket = unhex(
      "04000015"
      "00001c20"
      "01020304"
      "020000"
      "0004deadbeef"
      "0000"
      "");
  ByteVector message = ticket;
  const std::size_t length = message.size() - 4;
  message[3] = static_cast<std::uint8_t>(length);
  Established e;
  CHECK(e.pair.client.receive(message, true));
  CHECK(e.pair.client.receive(message, false));  // nothing changes keys: it may stand anywhere
  CHECK(e.sent_by_client().log.empty());
  const auto refused = e.pair.server.receive(message, true);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::unexpected_message);
  message.pop_back();
  message[3] = static_cast<std::uint8_t>(length - 1);
  const auto malformed = e.pair.client.receive(message, true);
  REQUIRE_FALSE(malformed);
  CHECK(malformed.error().alert() == Alert::decode_error);
}

TEST_CASE("every other type is refused unread after the handshake") {
  Established e;
  for (unsigned type = 0; type < 256; ++type) {
    if (type == 24) continue;
    for (const bool client : {true, false}) {
      if (type == 4 && client) continue;
      PostHandshake& post = client ? e.client() : e.server();
      Recorder& sink = client ? e.sent_by_client() : e.sent_by_server();
      ByteVector garbage(30, 0xFF);
      garbage[0] = static_cast<std::uint8_t>(type);
      const auto refused = post.receive(garbage, true, sink);
      REQUIRE_FALSE(refused);
      REQUIRE(refused.error().code() == Code::unexpected_message);
      REQUIRE(sink.log.empty());
    }
  }
}

TEST_CASE("after the handshake a header tells what is refused, and how long the rest may be") {
  Established e;
  for (unsigned type = 0; type < 256; ++type) {
    for (const bool client : {true, false}) {
      const auto most = (client ? e.client() : e.server()).max_message(static_cast<std::uint8_t>(type));
      if (type == 24)
        CHECK(most == limits::kMaxKeyUpdate);
      else if (type == 4 && client)
        CHECK(most == limits::kMaxHandshakeMessage);
      else
        CHECK(most.error().code() == Code::unexpected_message);
    }
  }
}

TEST_CASE("exporters: other labels, contexts and lengths give other bytes, and what cannot be is refused") {
  Established e;
  auto exported = [&](std::string_view label, std::string_view context, std::size_t n) {
    ByteVector out(n);
    REQUIRE(e.client().export_keying_material(label, as_bytes(context), out));
    ByteVector theirs(n);
    REQUIRE(e.server().export_keying_material(label, as_bytes(context), theirs));
    CHECK(out == theirs);
    return hex(out);
  };
  CHECK(exported("a", "c", 32) != exported("b", "c", 32));
  CHECK(exported("a", "c", 32) != exported("a", "d", 32));
  CHECK_FALSE(exported("a", "c", 64).starts_with(exported("a", "c", 32)));  // the length is part of the label
  const std::string longest(249, 'l');
  exported(longest, "", 16);
  ByteVector out(16);
  CHECK(e.client().export_keying_material(longest + "l", {}, out).error().code() == Code::misuse);
  const std::size_t digest =
      e.pair.client.info.suite == CipherSuite::TLS_AES_256_GCM_SHA384 ? std::size_t{48} : std::size_t{32};
  exported("a", "", 255 * digest);
  ByteVector too_much(255 * digest + 1);
  CHECK(e.client().export_keying_material("a", {}, too_much).error().code() == Code::misuse);
  // RFC 9846 §7.2: exporters do not change with the keys.
  const std::string before = exported("a", "c", 32);
  REQUIRE(e.client().update_keys(true, e.sent_by_client()));
  e.pair.run();
  CHECK(exported("a", "c", 32) == before);
}
