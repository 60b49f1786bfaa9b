// Beginnings and ends: failing, closing, aborting, truncation.
#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

TEST_CASE("a failed connection stays failed, with the same error everywhere, and says nothing more") {
  Established c;
  CHECK(events(c.connection, unhex("1703030001ff"), c.out) == Texts{"failed bad_record_mac"});
  c.out.release();
  ByteList in = c.peer.records(ContentType::application_data, "01");
  const Step step = c.connection.step(in, c.out);
  CHECK(text(step.event) == "failed bad_record_mac");
  CHECK(step.consumed == in.size());
  CHECK(text(c.connection.transport_closed().event) == "failed bad_record_mac");
  CHECK(c.connection.send(unhex("01"), c.out).error().code() == Code::bad_record_mac);
  CHECK(c.connection.close(c.out).error().code() == Code::bad_record_mac);
  CHECK(c.connection.update_keys(false, c.out).error().code() == Code::bad_record_mac);
  CHECK(c.connection.complete(OperationId{1}, Result<ChainAccepted>(ChainAccepted{}), c.out).error().code() ==
        Code::bad_record_mac);
  ByteList material(4);
  CHECK(c.connection.export_keying_material("x", {}, material).error().code() == Code::bad_record_mac);
  c.connection.abort(Alert::internal_error, c.out);
  CHECK(text(c.connection.step({}, c.out).event) == "failed bad_record_mac");
  CHECK(c.out.empty());
  CHECK_FALSE(c.connection.may_send());
  CHECK_FALSE(c.connection.established());
  CHECK(c.connection.info().server_name == "taken");  // what was known stays known
}

TEST_CASE("RFC 9846 §6.1: an end of the transport without close_notify is an error, never an end of file") {
  Established c;
  CHECK(text(c.connection.transport_closed().event) == "failed truncated");
  CHECK(events(c.connection, c.peer.records(ContentType::application_data, "01")) == Texts{"failed truncated"});
  Script script;
  TestConnection young(script);
  CHECK(text(young.transport_closed().event) == "failed truncated");
  CHECK(script.handshakes == 0);
}

TEST_CASE("half-close: after close() we write nothing, and read on") {
  Established c;
  REQUIRE(c.connection.close(c.out));
  REQUIRE(c.connection.close(c.out));  // once is enough
  CHECK(c.peer.read(c.out) == Texts{"21:0100"});
  CHECK_FALSE(c.connection.may_send());
  CHECK(c.connection.send(unhex("01"), c.out).error().code() == Code::closed);
  CHECK(c.connection.update_keys(false, c.out).error().code() == Code::closed);
  CHECK(events(c.connection, c.peer.records(ContentType::application_data, "05")) == Texts{"data 05"});
  CHECK(events(c.connection, c.peer.records(ContentType::alert, "0100")) == Texts{"closed"});
  CHECK(c.connection.send(unhex("01"), c.out).error().code() == Code::closed);
  CHECK(c.out.empty());
}

TEST_CASE("after close() no alert is sent either") {
  Established c;
  REQUIRE(c.connection.close(c.out));
  c.out.release();
  CHECK(events(c.connection, unhex("1703030001ff"), c.out) == Texts{"failed bad_record_mac"});
  CHECK(c.out.empty());
}

TEST_CASE("RFC 9846 §6.1: abort() after close() fails the connection, and sends no alert behind close_notify") {
  Established c;
  REQUIRE(c.connection.close(c.out));
  c.out.release();
  c.connection.abort(Alert::internal_error, c.out);
  CHECK(c.out.empty());
  CHECK(events(c.connection, {}) == Texts{"failed aborted"});
  REQUIRE(c.script.post_failed.size() == 1);
  CHECK_FALSE(c.script.post_failed[0].alert());  // none went out
}

TEST_CASE("RFC 9846 §6.1: nothing follows close_notify: no message, no ChangeCipherSpec, no warning") {
  for (void (*write)(Sink&) :
       {+[](Sink& s) { s.send(message(4, 1), Epoch::application); }, +[](Sink& s) { s.send_change_cipher_spec(); },
        +[](Sink& s) { s.warn(Alert::no_renegotiation); }}) {
    Established c;
    c.script.on_post_message = [&](Bytes, bool, Sink& sink) -> Result<void> {
      write(sink);
      return {};
    };
    REQUIRE(c.connection.close(c.out));
    c.out.release();
    CHECK(events(c.connection, c.peer.records(ContentType::handshake, message(4, 1)), c.out).empty());
    CHECK(c.script.messages.size() == 1);
    CHECK(c.out.empty());
  }
}

TEST_CASE("RFC 9846 §6.1: closing before data may be sent cancels the handshake") {
  Script script;
  TestConnection connection(script);
  Peer peer;
  Output out;
  REQUIRE(connection.close(out));
  CHECK(peer.read(out) == Texts{"21:015a", "21:0100"});
  CHECK(events(connection, {}) == Texts{"failed closed"});
}

TEST_CASE("abort() sends the alert that it is given and fails the connection") {
  Established c;
  c.connection.abort(Alert::access_denied, c.out);
  CHECK(c.peer.read(c.out) == Texts{"21:0231"});
  CHECK(events(c.connection, {}) == Texts{"failed aborted"});
}

TEST_CASE("what is left of the handshake is told of the failure that ends the connection, once, and with its alert") {
  struct Row {
    void (*end)(Established&);
    Code code;
    std::optional<Alert> ours, peers;
  };
  const Row rows[] = {
      {[](Established& c) {
         (void)events(c.connection, Peer().records(ContentType::application_data, ByteList(40)), c.out);
       },
       Code::bad_record_mac,
       Alert::bad_record_mac,
       {}},
      {[](Established& c) { (void)events(c.connection, c.peer.records(ContentType::alert, "0228"), c.out); },
       Code::peer_alert,
       {},
       Alert::handshake_failure},
      {[](Established& c) { c.connection.abort(Alert::access_denied, c.out); },
       Code::aborted,
       Alert::access_denied,
       {}},
      {[](Established& c) { c.connection.abort(Alert::user_canceled, c.out); }, Code::aborted, {}, {}},
      {[](Established& c) { (void)c.connection.transport_closed(); }, Code::truncated, {}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.code));
    Established c;
    row.end(c);
    (void)c.connection.transport_closed();
    REQUIRE(c.script.post_failed.size() == 1);
    CHECK(c.script.post_failed[0].code() == row.code);
    CHECK(c.script.post_failed[0].alert() == row.ours);
    CHECK(c.script.post_failed[0].peer_alert() == row.peers);
  }
  Established closed;
  CHECK(events(closed.connection, closed.peer.records(ContentType::alert, "0100"), closed.out) == Texts{"closed"});
  REQUIRE(closed.connection.close(closed.out));
  (void)closed.connection.transport_closed();
  CHECK(closed.script.post_failed.empty());
}

TEST_CASE("a handshake that fails at its beginning fails the start") {
  Script script;
  script.on_begin = [](Sink&) -> Result<void> { return fail(Code::bad_config); };
  TestConnection connection(script);
  Output out;
  CHECK(connection.begin(out).error().code() == Code::bad_config);
  CHECK(out.empty());
}

TEST_CASE("a peer that does not speak TLS is named") {
  Script script;
  TestConnection connection(script);
  Output out;
  ByteList in = test::ByteList(as_bytes("GET / HTTP/1.1\r\n").begin(), as_bytes("GET / HTTP/1.1\r\n").end());
  const Step step = connection.step(in, out);
  REQUIRE(std::holds_alternative<Failed>(step.event));
  CHECK(std::get<Failed>(step.event).error.code() == Code::not_tls);
  CHECK(std::get<Failed>(step.event).error.message().find("HTTP request") != std::string::npos);
  CHECK(hex(out.bytes()) == "15030300020246");
}

TEST_CASE("memory that only the handshake needs goes when it is done or failed") {
  Established c;
  CHECK(c.script.handshakes == 0);
  CHECK(c.connection.established());
  CHECK(c.connection.records_received() == 1);
  Script script;
  {
    TestConnection connection(script);
    CHECK(script.handshakes == 1);
    Output out;
    connection.abort(Alert::internal_error, out);
    CHECK(script.handshakes == 0);
  }
}
