#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

TEST_CASE("RFC 9846 §6.1: close_notify ends what the peer writes, not what we write") {
  Established c;
  ByteList in = c.peer.records(ContentType::application_data, "01");
  in = std::move(in) + c.peer.records(ContentType::alert, "0100");
  in = std::move(in) + unhex("ffffffffff");  // what follows is ignored
  CHECK(events(c.connection, in) == Texts{"data 01", "closed"});
  CHECK(events(c.connection, unhex("1703030001")) == Texts{"closed"});
  CHECK(text(c.connection.transport_closed().event) == "closed");
  REQUIRE(c.connection.send(unhex("02"), c.out));
  REQUIRE(c.connection.close(c.out));
  CHECK(c.peer.read(c.out) == Texts{"23:02", "21:0100"});
}

TEST_CASE("RFC 9846 §6: in TLS 1.3 every other alert is an error, whatever its level says, and is not answered") {
  for (const char* alert : {"0228", "0128", "010a", "02ff", "01ff", "0550", "025a"}) {
    Established c;
    ByteList in = c.peer.records(ContentType::alert, alert);
    const Step step = c.connection.step(in, c.out);
    REQUIRE(std::holds_alternative<Failed>(step.event));
    const Error& error = std::get<Failed>(step.event).error;
    CHECK(error.code() == Code::peer_alert);
    CHECK(static_cast<int>(*error.peer_alert()) == unhex(alert)[1]);
    CHECK(c.out.empty());
  }
}

TEST_CASE("RFC 9846 §6.1: after user_canceled, reading goes on until close_notify") {
  Established c;
  ByteList in = c.peer.records(ContentType::alert, "015a");
  in = std::move(in) + c.peer.records(ContentType::application_data, "01");
  CHECK(events(c.connection, in + c.peer.records(ContentType::alert, "0100")) == Texts{"data 01", "closed"});
}

TEST_CASE("warning alerts: as many as the limit in a row, data starts the count again") {
  const auto several = [](Peer& peer, const char* alert, unsigned n) {
    ByteList in;
    for (unsigned i = 0; i < n; ++i) in = std::move(in) + peer.records(ContentType::alert, alert);
    return in;
  };
  Established c;
  for (int round = 0; round < 2; ++round) {
    CHECK(events(c.connection, several(c.peer, "015a", limits::kMaxWarningAlerts)).empty());
    CHECK(events(c.connection, c.peer.records(ContentType::application_data, "01")).size() == 1);
  }
  CHECK(events(c.connection, several(c.peer, "015a", limits::kMaxWarningAlerts + 1)) ==
        Texts{"failed too_many_warning_alerts"});

  Tls12 old;  // RFC 5246 §7.2: any warning may be ignored
  CHECK(events(old.connection, several(old.peer, "0170", limits::kMaxWarningAlerts)).empty());
  CHECK(events(old.connection, old.peer.records(ContentType::application_data, "01")).size() == 1);
  CHECK(events(old.connection, several(old.peer, "0170", limits::kMaxWarningAlerts + 1), old.out) ==
        Texts{"failed too_many_warning_alerts"});
  CHECK(old.peer.read(old.out) == Texts{"21:020a"});
}

TEST_CASE("a handshake message starts the count of warning alerts again, and that of empty records") {
  Established c;
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < limits::kMaxWarningAlerts; ++i)
      CHECK(events(c.connection, c.peer.records(ContentType::alert, "015a")).empty());
    for (unsigned i = 0; i < limits::kMaxEmptyRecords; ++i)
      CHECK(events(c.connection, c.peer.records(ContentType::application_data, "")).empty());
    CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(4, 1))).empty());
  }
  CHECK(c.script.messages.size() == 2);
}

TEST_CASE("TLS 1.2: fatal is fatal, and a level that is neither is refused") {
  Tls12 fatal;
  CHECK(events(fatal.connection, fatal.peer.records(ContentType::alert, "0228"), fatal.out) ==
        Texts{"failed peer_alert"});
  CHECK(fatal.out.empty());
  Tls12 level;
  CHECK(events(level.connection, level.peer.records(ContentType::alert, "032a"), level.out) ==
        Texts{"failed bad_alert"});
  CHECK(level.peer.read(level.out) == Texts{"21:022f"});
}

TEST_CASE("RFC 9846 §5.1: a record holds exactly one alert") {
  for (const char* alert : {"01", "010001", "01000100"}) {
    Established c;
    CHECK(events(c.connection, c.peer.records(ContentType::alert, alert), c.out) == Texts{"failed bad_alert"});
    CHECK(c.peer.read(c.out) == Texts{"21:0232"});
  }
  Established c;
  CHECK(events(c.connection, c.peer.records(ContentType::alert, ""), c.out) == Texts{"failed empty_handshake_record"});
}

TEST_CASE("close_notify before the handshake is done is a failure and is answered; user_canceled says why") {
  for (const char* alerts : {"0100", "015a"}) {
    Script script;
    TestConnection connection(script);
    Peer peer;
    ByteList in = peer.records(ContentType::alert, alerts);
    if (in.back() == 0x5a) in = std::move(in) + peer.records(ContentType::alert, "0100");
    Output out;
    const Step step = connection.step(in, out);
    REQUIRE(std::holds_alternative<Failed>(step.event));
    CHECK(static_cast<int>(*std::get<Failed>(step.event).error.peer_alert()) == unhex(alerts)[1]);
    // RFC 5246 §7.2.1: the other party MUST respond with a close_notify of its own, discarding any pending writes.
    CHECK(peer.read(out) == Texts{"21:0100"});
  }
}

TEST_CASE("RFC 5246 §7.2.1: close_notify in a handshake is answered under the keys in force") {
  Tls12 c;
  CHECK(events(c.connection, c.peer.records(ContentType::alert, "0100"), c.out) == Texts{"failed peer_alert"});
  CHECK(c.peer.read(c.out) == Texts{"21:0100"});
}

TEST_CASE("close_notify in a handshake is not answered twice: False Start may have closed already") {
  Tls12 c;
  REQUIRE(c.connection.close(c.out));
  CHECK(c.peer.read(c.out) == Texts{"21:0100"});
  CHECK(events(c.connection, c.peer.records(ContentType::alert, "0100"), c.out) == Texts{"failed peer_alert"});
  CHECK(c.out.empty());
}

TEST_CASE("RFC 9846 §6.2: what is no close_notify is not answered with one") {
  Script script;
  TestConnection connection(script);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::alert, "0228"), out) == Texts{"failed peer_alert"});
  CHECK(out.empty());
}

TEST_CASE("a peer that fails at our hello may say so in the clear, though our read keys are in force") {
  Script script;
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.install(Direction::read, Epoch::handshake, suite(), secret(2));
    return {};
  };
  TestConnection connection(script);
  Peer peer;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0))).empty());
  CHECK(events(connection, peer.records(ContentType::alert, "022f")) == Texts{"failed peer_alert"});
}

TEST_CASE("our alert goes out under the keys in force") {
  Established c;
  c.script.on_post_message = [](Bytes, bool, Sink&) -> Result<void> { return fail(Code::unexpected_message); };
  CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(2, 0)), c.out) ==
        Texts{"failed unexpected_message"});
  CHECK(c.peer.read(c.out) == Texts{"21:020a"});
}

TEST_CASE("a record that was changed on the way: bad_record_mac, and the alert says so") {
  Established c;
  ByteList in = c.peer.records(ContentType::application_data, "0102");
  in.back() ^= 1;
  CHECK(events(c.connection, in, c.out) == Texts{"failed bad_record_mac"});
  CHECK(c.peer.read(c.out) == Texts{"21:0214"});
}
