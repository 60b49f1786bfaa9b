// Operations that are answered later.
#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

namespace {

/// A handshake that asks for a signature at message 2, and is done by message 20.
struct Waiting {
  Script script;
  TestConnection connection{script};
  Peer peer;
  Output out;
  bool signed_ = false;
  Waiting() {
    script.on_message = [this](Bytes m, bool, Sink& sink) -> Result<void> {
      if (m[0] == 2) {
        sink.send(message(11, 0), Epoch::plaintext);
        sink.need(SignatureRequest{SignatureScheme::ed25519, unhex("aa"), nullptr});
      }
      if (m[0] == 20) script.done = true;
      return {};
    };
    script.on_complete = [this](OperationResult result, Sink& sink) -> Result<void> {
      const auto& signature = std::get<Result<std::vector<std::uint8_t>>>(result);
      if (!signature) return std::unexpected(signature.error());
      signed_ = true;
      sink.send(message(15, signature->size()), Epoch::plaintext);
      return {};
    };
  }
  OperationResult answer() { return Result<std::vector<std::uint8_t>>(unhex("0102")); }
};

}  // namespace

TEST_CASE("Await is reported until it is answered; what came behind waits") {
  Waiting w;
  ByteList in = w.peer.records(ContentType::handshake, message(1, 3) + message(2, 3) + message(3, 3) + message(4, 1));
  ByteList second = w.peer.records(ContentType::handshake, message(20, 0));
  CHECK(events(w.connection, in, w.out) == Texts{"await 1"});
  CHECK(w.script.messages.size() == 2);
  REQUIRE(w.connection.pending() != nullptr);
  CHECK(std::get<SignatureRequest>(*w.connection.pending()).message == unhex("aa"));
  const Step again = w.connection.step(second, w.out);
  CHECK(text(again.event) == "await 1");
  CHECK(again.consumed == 0);
  CHECK(w.out.empty());  // the flight goes out in one piece

  REQUIRE(w.connection.complete(OperationId{1}, w.answer(), w.out));
  CHECK(w.signed_);
  CHECK(w.connection.pending() == nullptr);
  CHECK(w.peer.read(w.out) == Texts{"22:0b0000000f000002abab"});
  CHECK(events(w.connection, {}).empty());  // events without any input
  CHECK(w.script.messages.size() == 4);
  CHECK(w.script.ends_record == std::vector<bool>{false, false, false, true});
  CHECK(events(w.connection, second) == Texts{"done"});
  CHECK(w.connection.buffered() == 0);
}

TEST_CASE("what has waited may ask again: input that came meanwhile goes on waiting") {
  Waiting w;
  CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0) + message(2, 0)), w.out) ==
        Texts{"await 1"});
  REQUIRE(w.connection.complete(OperationId{1}, w.answer(), w.out));
  ByteList next = w.peer.records(ContentType::handshake, message(3, 0));
  const Step again = w.connection.step(next, w.out);
  CHECK(text(again.event) == "await 2");
  CHECK(again.consumed == 0);
  CHECK(w.script.messages.size() == 2);
}

TEST_CASE("a handshake is not done while an answer is missing, whatever it says") {
  Waiting w;
  w.script.done = true;
  CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0)), w.out) == Texts{"await 1"});
  CHECK_FALSE(w.connection.established());
  CHECK(w.script.handshakes == 1);
  REQUIRE(w.connection.complete(OperationId{1}, w.answer(), w.out));
  CHECK(w.signed_);
  CHECK(events(w.connection, {}) == Texts{"done"});
}

TEST_CASE("HandshakeDone comes before what stood behind it in its record") {
  Waiting w;
  ByteList in = w.peer.records(ContentType::handshake, message(20, 0) + message(4, 0));
  const Step step = w.connection.step(in, w.out);
  CHECK(text(step.event) == "done");
  CHECK(step.consumed == in.size());
  CHECK(w.script.messages.size() == 1);
  CHECK(events(w.connection, {}).empty());
  CHECK(w.script.messages.size() == 2);
}

TEST_CASE("a connection that fails before HandshakeDone was reported does not report it afterwards") {
  for (const bool aborted : {false, true}) {
    Waiting w;
    CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0)), w.out) == Texts{"await 1"});
    w.script.done = true;
    REQUIRE(w.connection.complete(OperationId{1}, w.answer(), w.out));
    CHECK(w.connection.established());
    if (aborted) w.connection.abort(Alert::internal_error, w.out);
    if (!aborted) CHECK(text(w.connection.transport_closed().event) == "failed truncated");
    CHECK(events(w.connection, {}) == Texts{aborted ? "failed aborted" : "failed truncated"});
  }
}

TEST_CASE("HandshakeDone is reported once, also when an answer brought it") {
  Waiting w;
  CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0)), w.out) == Texts{"await 1"});
  w.script.on_complete = [&](OperationResult, Sink&) -> Result<void> {
    w.script.done = true;
    return {};
  };
  CHECK_FALSE(w.connection.established());
  REQUIRE(w.connection.complete(OperationId{1}, w.answer(), w.out));
  CHECK(w.connection.established());
  CHECK(w.script.handshakes == 0);
  CHECK(w.connection.info().server_name == "taken");
  CHECK(events(w.connection, {}) == Texts{"done"});
  CHECK(events(w.connection, {}).empty());
}

TEST_CASE("an answer that does not fit fails the connection") {
  for (int mistake = 0; mistake < 2; ++mistake) {
    Waiting w;
    CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0)), w.out) == Texts{"await 1"});
    const Result<void> done =
        mistake == 0 ? w.connection.complete(OperationId{2}, w.answer(), w.out)
                     : w.connection.complete(OperationId{1}, Result<ChainAccepted>(ChainAccepted{}), w.out);
    CHECK(done.error().code() == Code::operation_failed);
    CHECK_FALSE(w.signed_);
    CHECK(events(w.connection, {}) == Texts{"failed operation_failed"});
    CHECK(w.peer.read(w.out) == Texts{"21:0250"});
  }
}

TEST_CASE("an answer that nobody asked for changes nothing") {
  Waiting w;
  CHECK(w.connection.complete(OperationId{1}, w.answer(), w.out).error().code() == Code::operation_failed);
  CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(1, 0))).empty());
}

TEST_CASE("a refusal fails the connection with its own alert") {
  Waiting w;
  CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0)), w.out) == Texts{"await 1"});
  OperationResult refusal = Result<std::vector<std::uint8_t>>(fail(Code::signing_failed));
  CHECK(w.connection.complete(OperationId{1}, std::move(refusal), w.out).error().code() == Code::signing_failed);
  CHECK(events(w.connection, {}) == Texts{"failed signing_failed"});
}

TEST_CASE("each operation has a number of its own") {
  Waiting w;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    CHECK(events(w.connection, w.peer.records(ContentType::handshake, message(2, 0)), w.out) ==
          Texts{"await " + std::to_string(id)});
    REQUIRE(w.connection.complete(OperationId{id}, w.answer(), w.out));
  }
}

TEST_CASE("an operation can be read until complete(), though the connection fails meanwhile") {
  for (const char* how : {"closed", "abort", "close", "complete"}) {
    CAPTURE(how);
    Waiting w;
    REQUIRE(events(w.connection, w.peer.records(ContentType::handshake, message(1, 3) + message(2, 3)), w.out) ==
            Texts{"await 1"});
    const Operation* const operation = w.connection.pending();
    REQUIRE(operation != nullptr);
    if (how == std::string("closed")) CHECK(text(w.connection.transport_closed().event) == "failed truncated");
    if (how == std::string("abort")) w.connection.abort(Alert::internal_error, w.out);
    if (how == std::string("close")) CHECK(w.connection.close(w.out));
    if (how == std::string("complete")) CHECK_FALSE(w.connection.complete(OperationId{7}, w.answer(), w.out));
    CHECK(w.connection.pending() == nullptr);
    CHECK(w.connection.share_pending() == nullptr);
    CHECK(std::get<SignatureRequest>(*operation).message == unhex("aa"));
    CHECK_FALSE(w.connection.complete(OperationId{1}, w.answer(), w.out));
  }
}

TEST_CASE("share_pending(): an operation that is kept outlives its answer and its connection") {
  std::shared_ptr<const Operation> kept;
  {
    Waiting w;
    CHECK(w.connection.share_pending() == nullptr);
    REQUIRE(events(w.connection, w.peer.records(ContentType::handshake, message(1, 3) + message(2, 3)), w.out) ==
            Texts{"await 1"});
    kept = w.connection.share_pending();
    CHECK(kept.get() == w.connection.pending());
    REQUIRE(w.connection.complete(OperationId{1}, w.answer(), w.out));
    CHECK(w.connection.share_pending() == nullptr);
  }
  REQUIRE(kept);
  CHECK(kept.use_count() == 1);
  CHECK(std::get<SignatureRequest>(*kept).message == unhex("aa"));
}
