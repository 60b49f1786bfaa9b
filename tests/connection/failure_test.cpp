// What a failure takes back, who is told of it, and what goes on at the edges of a handshake: over a handshake that
// knows everything about its peer already.
#include <doctest/doctest.h>

#include "connection/core.h"
#include "connection/fake_handshake.h"
#include "support/freed_memory.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
using Texts = std::vector<std::string>;

namespace {

/// Fails at message 9, refuses early data or accepts it, asks and sends as a test demands.
struct Knowing final : handshake::Handshake {
  struct State {
    ConnectionInfo info;
    Permissions permissions;
    std::function<Result<void>(Bytes, Sink&)> on_message;
    bool done = false;
    std::size_t max_early_data = 0;
    std::vector<Error> failed;
  };
  State& state;
  explicit Knowing(State& s) : state(s) {}
  Result<void> begin(Sink&) override { return {}; }
  Result<std::size_t> max_message(std::uint8_t) const override { return 1000; }
  Result<void> receive(Bytes message, bool, Sink& sink) override {
    if (message[0] == 9) return fail(Code::bad_finished);
    return state.on_message ? state.on_message(message, sink) : Result<void>();
  }
  Result<void> receive_change_cipher_spec(Sink&) override { return {}; }
  Result<void> complete(OperationResult, Sink&) override { return {}; }
  Permissions permissions() const noexcept override { return state.permissions; }
  const ConnectionInfo& info() const noexcept override { return state.info; }
  bool done() const noexcept override { return state.done; }
  std::size_t max_early_data() const noexcept override { return state.max_early_data; }
  void failed(const Error& error) noexcept override { state.failed.push_back(error); }
  ConnectionInfo take_info() noexcept override { return std::move(state.info); }
  Outcome take() override { return {std::move(state.info), nullptr}; }
};

struct Client final : Connection {
  explicit Client(Knowing::State& state)
      : Connection(std::make_unique<Core>(settings(), std::make_unique<Knowing>(state))) {}
  [[nodiscard]] std::size_t buffered() const { return core_->buffered(); }
  [[nodiscard]] std::size_t early_data_left() const { return core_->early_data_left(); }
  Result<std::size_t> send_early(Bytes data, Output& out) { return core_->send_early(data, out); }
};

ConnectionInfo all_of_a_peer() {
  ConnectionInfo info;
  info.peer_identity = PeerIdentity::chain;
  info.peer_certificates = std::vector<ByteList>{ByteList(3, 7)};
  info.peer_certificate_sha256 = ByteList(32, 1);
  info.peer_summary = std::make_shared<const CertificateSummary>();
  info.ocsp_response = ByteList(4, 2);
  info.signed_certificate_timestamps = ByteList(5, 3);
  info.external_psk = ByteList(6, 4);
  info.session_data = ByteList(7, 5);
  info.server_name = "example.com";
  return info;
}

}  // namespace

TEST_CASE("a handshake that failed has proven nothing of the peer: what it has shown is kept for diagnosis alone") {
  Knowing::State state{.info = all_of_a_peer(), .permissions = {}, .on_message = {}, .failed = {}};
  Client connection(state);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(9, 0)), out) == Texts{"failed bad_finished"});
  const ConnectionInfo& info = connection.info();
  CHECK(info.unproven_certificates == all_of_a_peer().peer_certificates);
  CHECK(info.peer_identity == PeerIdentity::none);
  CHECK(info.peer_certificates.empty());
  CHECK(info.peer_certificate_sha256.empty());
  CHECK(info.peer_summary == nullptr);
  CHECK(info.ocsp_response.empty());
  CHECK(info.signed_certificate_timestamps.empty());
  CHECK(info.external_psk.empty());
  CHECK(info.session_data.empty());
  CHECK(info.server_name == "example.com");
  REQUIRE(state.failed.size() == 1);
  CHECK(state.failed.front().code() == Code::bad_finished);
}

TEST_CASE("what waits for a record is not sent by a connection that failed") {
  Knowing::State state;
  state.on_message = [](Bytes, Sink& sink) -> Result<void> {
    sink.send(message(11, 0), Epoch::plaintext);
    return fail(Code::bad_finished);
  };
  Client connection(state);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) == Texts{"failed bad_finished"});
  CHECK(peer.read(out) == Texts{"21:0233"});  // decrypt_error, and nothing else
  CHECK(connection.buffered() == 0);
}

TEST_CASE("a message under keys that are not in force is an error of ours, and the first trouble is the one told") {
  Knowing::State state;
  state.on_message = [](Bytes, Sink& sink) -> Result<void> {
    sink.send(message(11, 0), Epoch::application);
    sink.need(SignatureRequest{SignatureScheme::ed25519, {}, nullptr});
    sink.need(SignatureRequest{SignatureScheme::ed25519, {}, nullptr});
    return {};
  };
  Client connection(state);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) == Texts{"failed internal_error"});
  REQUIRE(state.failed.size() == 1);
  CHECK(state.failed.front().detail() == "a message was sent under keys not in force");
}

TEST_CASE("two operations at a time are an error of ours") {
  Knowing::State state;
  state.on_message = [](Bytes, Sink& sink) -> Result<void> {
    sink.need(SignatureRequest{SignatureScheme::ed25519, {}, nullptr});
    sink.need(SignatureRequest{SignatureScheme::ed25519, {}, nullptr});
    return {};
  };
  Client connection(state);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) == Texts{"failed internal_error"});
}

namespace {

/// A client in early data, of which `most` bytes may be sent.
struct Early {
  Knowing::State state;
  std::optional<Client> connection;
  Peer peer;
  Output out;
  explicit Early(std::size_t most) {
    state.max_early_data = most;
    state.permissions.write_early_data = true;
    state.on_message = [this](Bytes m, Sink& sink) -> Result<void> {
      if (m[0] == 1) sink.install(Direction::write, Epoch::early, suite(), secret(3));
      if (m[0] == 2) sink.install(Direction::write, Epoch::handshake, suite(), secret(4));
      if (m[0] == 3) state.info.early_data = EarlyDataStatus::accepted;
      if (m[0] == 4) state.info.early_data = EarlyDataStatus::rejected, state.done = true;
      if (m[0] == 5) state.info.early_data = EarlyDataStatus::accepted, state.done = true;
      return {};
    };
    connection.emplace(state);
  }
  Texts receive(std::uint8_t type) {
    return events(*connection, peer.records(ContentType::handshake, message(type, 0)), out);
  }
  std::size_t send(std::string_view text) { return connection->send_early(as_bytes(text), out).value_or(999); }
};

}  // namespace

TEST_CASE("early data: under its keys alone, where the state allows it, and no more than was promised in all") {
  Early e(10);
  CHECK(e.connection->early_data_left() == 0);  // no keys yet
  CHECK(e.receive(1).empty());
  CHECK(e.connection->early_data_left() == 10);
  CHECK(e.send("123456") == 6);
  CHECK(e.connection->early_data_left() == 4);
  CHECK(e.send("789012") == 4);
  CHECK(e.send("x") == 0);
  CHECK(e.connection->early_data_left() == 0);

  Early other(10);
  CHECK(other.receive(1).empty());
  other.state.permissions.write_early_data = false;
  CHECK(other.connection->early_data_left() == 0);
  other.state.permissions.write_early_data = true;
  CHECK(other.receive(2).empty());  // other keys
  CHECK(other.connection->early_data_left() == 0);
  CHECK(other.send("x") == 0);
}

TEST_CASE("early data that is refused comes back whole and once; what was accepted before it was sent is not kept") {
  Early refused(10);
  CHECK(refused.receive(1).empty());
  CHECK(refused.send("1234") == 4);
  CHECK(refused.send("56") == 2);
  CHECK(refused.receive(4) == Texts{"early data rejected 313233343536", "done"});

  Early accepted(10);
  CHECK(accepted.receive(1).empty());
  CHECK(accepted.send("1234") == 4);
  CHECK(accepted.receive(3).empty());
  CHECK(accepted.send("56") == 2);
  CHECK(accepted.receive(4) == Texts{"early data rejected ", "done"});  // a handshake that changes its mind
}

TEST_CASE("early data is held until it came back, was accepted, or cannot come back any more") {
  for (const std::uint8_t end : std::initializer_list<std::uint8_t>{4, 5, 9}) {
    CAPTURE(static_cast<int>(end));
    Early e(10);
    CHECK(e.receive(1).empty());
    CHECK(e.connection->buffered() == 0);
    CHECK(e.send("1234") == 4);
    CHECK(e.connection->buffered() >= 4);
    const Texts rejected{"early data rejected 31323334", "done"};
    CHECK(e.receive(end) == (end == 4 ? rejected : Texts{end == 5 ? "done" : "failed bad_finished"}));
    CHECK(e.connection->buffered() == 0);
  }
}

TEST_CASE("RFC 9846 §6.1: after close_notify there is no early data either, where data could be written or not") {
  for (const bool could : {false, true}) {
    Early e(10);
    CHECK(e.receive(1).empty());
    e.state.permissions.write_data = could;
    REQUIRE(e.connection->close(e.out));
    e.out.release();
    CHECK(e.connection->send_early(as_bytes("x"), e.out).error().code() == Code::closed);
    CHECK(e.out.empty());
  }
}

TEST_CASE("a handshake that leaves nothing behind leaves nothing that may be written") {
  Knowing::State state;
  state.permissions.write_data = true;
  state.on_message = [&state](Bytes, Sink& sink) -> Result<void> {
    sink.install(Direction::write, Epoch::application, suite(), secret(1));
    state.done = true;
    return {};
  };
  Client connection(state);
  Peer peer;
  Output out;
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) == Texts{"done"});
  CHECK_FALSE(connection.established());
  CHECK_FALSE(connection.may_send());
  CHECK_FALSE(connection.send(as_bytes("x"), out));
  CHECK(out.empty());
}

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

TEST_CASE("early data that was accepted is wiped when it need not be kept any more") {
  Early e(100);
  CHECK(e.receive(1).empty());
  constexpr std::string_view kText = "early data that is nobody's business";
  CHECK(e.send(kText) == kText.size());
  CHECK(freed_with(as_bytes(kText), [&] { (void)e.receive(3); }) == 0);
}

TEST_CASE("early data that cannot come back any more is wiped: its connection failed") {
  Early e(100);
  CHECK(e.receive(1).empty());
  constexpr std::string_view kText = "early data that is nobody's business";
  CHECK(e.send(kText) == kText.size());
  CHECK(freed_with(as_bytes(kText), [&] { (void)e.receive(9); }) == 0);
}

#endif
