// The edge of the API: exceptions end there, calls from within a call are refused, and a connection that was moved from
// answers.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <stdexcept>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

namespace {

Result<void> explode() { throw std::runtime_error("bang"); }

/// What every call says of a connection that failed; it must write nothing.
void check_failed(Connection& c, Code code) {
  CAPTURE(facts(code).name);
  Output out;
  ByteList none, some(50, 0x16);
  CHECK(text(c.step(none, out).event) == "failed " + std::string(facts(code).name));
  const Step step = c.step(some, out);
  CHECK(text(step.event) == "failed " + std::string(facts(code).name));
  CHECK(step.consumed == some.size());
  CHECK(text(c.transport_closed().event) == "failed " + std::string(facts(code).name));
  CHECK(c.send(unhex("00"), out).error().code() == code);
  CHECK(c.close(out).error().code() == code);
  CHECK(c.update_keys(true, out).error().code() == code);
  CHECK(c.complete(OperationId{1}, Result<ChainAccepted>(ChainAccepted{}), out).error().code() == code);
  std::uint8_t key[16];
  CHECK(c.export_keying_material("EXPORTER-x", {}, key).error().code() == code);
  CHECK(c.export_early_keying_material("EXPORTER-x", {}, key).error().code() == code);
  c.abort(Alert::internal_error, out);
  CHECK(c.pending() == nullptr);
  CHECK(c.share_pending() == nullptr);
  CHECK_FALSE(c.established());
  CHECK_FALSE(c.may_send());
  CHECK(out.empty());
}

}  // namespace

TEST_CASE("what a handshake throws fails the connection, with an alert, and nothing is left of the record") {
  Script script;
  TestConnection connection(script);
  Peer peer;
  Output out;
  REQUIRE(connection.begin(out));
  script.on_message = [](Bytes, bool, Sink&) { return explode(); };
  {
    // Three messages in one record: two would still wait in the caller's buffer, which goes.
    const ByteList in = peer.records(ContentType::handshake, message(1, 3) + message(2, 3) + message(3, 3));
    CHECK(events(connection, in, out) == Texts{"failed provider_failed"});
  }
  CHECK(peer.read(out) == Texts{"21:0250"});
  CHECK(script.messages.size() == 1);
  CHECK(script.handshakes == 0);
  CHECK(connection.buffered() == 0);
  check_failed(connection, Code::provider_failed);
  CHECK(script.messages.size() == 1);
}

TEST_CASE("the same in begin(), for ChangeCipherSpec, in complete() and in update_keys()") {
  Output out;
  SUBCASE("begin") {
    Script script;
    TestConnection connection(script);
    script.on_begin = [](Sink&) { return explode(); };
    CHECK(connection.begin(out).error().code() == Code::provider_failed);
    check_failed(connection, Code::provider_failed);
  }
  SUBCASE("ChangeCipherSpec") {
    Script script;
    TestConnection connection(script);
    Peer peer;
    REQUIRE(connection.begin(out));
    script.permissions.ccs = Permissions::Ccs::deliver;
    script.on_ccs = [](Sink&) { return explode(); };
    CHECK(events(connection, peer.records(ContentType::change_cipher_spec, "01"), out) ==
          Texts{"failed provider_failed"});
    check_failed(connection, Code::provider_failed);
  }
  SUBCASE("complete") {
    Script script;
    TestConnection connection(script);
    Peer peer;
    REQUIRE(connection.begin(out));
    script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
      sink.need(CredentialRequest{});
      return {};
    };
    script.on_complete = [](OperationResult, Sink&) { return explode(); };
    REQUIRE(events(connection, peer.records(ContentType::handshake, message(1, 3)), out) == Texts{"await 1"});
    CHECK(connection.complete(OperationId{1}, Result<CredentialPtr>(nullptr), out).error().code() ==
          Code::provider_failed);
    check_failed(connection, Code::provider_failed);
  }
  SUBCASE("update_keys") {
    Established e;
    e.script.on_update_keys = [](bool, Sink&) { return explode(); };
    CHECK(e.connection.update_keys(true, e.out).error().code() == Code::provider_failed);
    CHECK(e.peer.read(e.out) == Texts{"21:0250"});
    check_failed(e.connection, Code::provider_failed);
    REQUIRE(e.script.post_failed.size() == 1);
    CHECK(e.script.post_failed[0].code() == Code::provider_failed);
  }
}

TEST_CASE("std::bad_alloc is out_of_memory, whoever throws it") {
  Established e;
  e.script.on_post_message = [](Bytes, bool, Sink&) -> Result<void> { throw std::bad_alloc(); };
  CHECK(events(e.connection, e.peer.records(ContentType::handshake, message(4, 3)), e.out) ==
        Texts{"failed out_of_memory"});
  check_failed(e.connection, Code::out_of_memory);
}

TEST_CASE("a key log that throws fails the connection") {
  const auto with_log = settings();
  std::string seen;
  with_log->key_log = [&](std::string_view line) {
    seen = line;
    throw std::runtime_error("disk full");
  };
  Script script;
  TestConnection connection(script, with_log);
  script.on_begin = [](Sink& sink) -> Result<void> {
    sink.log_secret("LABEL", unhex("01"), unhex("02"));
    return {};
  };
  Output out;
  const auto begun = connection.begin(out);
  REQUIRE_FALSE(begun);
  CHECK(begun.error().code() == Code::provider_failed);
  CHECK(begun.error().detail() == "disk full");
  CHECK(seen == "LABEL 01 02");
}

TEST_CASE("a call from within a call of the same connection is refused and changes nothing") {
  Script script;
  TestConnection connection(script);
  Peer peer;
  Output out, other;
  REQUIRE(connection.begin(out));
  Texts said;
  script.on_message = [&](Bytes, bool, Sink& sink) -> Result<void> {
    ByteList none;
    const auto code = [&](const Error& error) { said.emplace_back(facts(error.code()).name); };
    said.push_back(text(connection.step(none, other).event));
    said.push_back(text(connection.transport_closed().event));
    code(connection.send(unhex("00"), other).error());
    code(connection.close(other).error());
    code(connection.update_keys(true, other).error());
    code(connection.complete(OperationId{1}, Result<CredentialPtr>(nullptr), other).error());
    connection.abort(Alert::internal_error, other);
    CHECK(connection.pending() == nullptr);  // to look is allowed
    CHECK_FALSE(connection.established());
    CHECK(connection.info().server_name.empty());
    sink.send(message(9, 1), Epoch::plaintext);  // into the outer call's output
    return {};
  };
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 3)), out).empty());
  CHECK(said == Texts{"failed misuse", "failed misuse", "misuse", "misuse", "misuse", "misuse"});
  CHECK(other.empty());
  CHECK(peer.read(out) == Texts{"22:09000001ab"});
  script.on_message = {};
  script.done = true;
  CHECK(events(connection, peer.records(ContentType::handshake, message(2, 3)), out) == Texts{"done"});
}

TEST_CASE("a connection that was moved from answers every call with misuse") {
  Established e;
  TestConnection taken = std::move(e.connection);
  check_failed(e.connection, Code::misuse);
  CHECK(e.connection.info().server_name.empty());
  CHECK(e.connection.records_sent() == 0);
  CHECK(e.connection.records_received() == 0);
  CHECK(taken.established());
  e.connection = std::move(taken);
  CHECK(e.connection.established());
  CHECK(e.connection.send(unhex("00"), e.out));
}

TEST_CASE("Output: to commit more than prepare() gave ends the process") {
  Output out;
  const std::size_t room = out.prepare(10).size();
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    out.commit(room + 1);
    _exit(0);
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  out.commit(room);
  CHECK(out.size() == room);
}
