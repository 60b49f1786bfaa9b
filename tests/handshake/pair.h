// Two handshakes face to face at the Sink, without records: what one sends the other receives, and a test sees,
// changes, drops or adds messages on the way.
#pragma once

#include <deque>
#include <functional>

#include "handshake/handshake.h"
#include "handshake/running.h"
#include "handshake/sessions.h"
#include "handshake/world.h"
#include "support/sessions.h"

namespace tls::test {

using handshake::Direction;
using handshake::Epoch;

/// A Sink that keeps what it is told.
struct Recorder final : handshake::Sink {
  struct Message {
    ByteVector bytes;
    Epoch epoch;
    bool ends_record = false;  ///< a key change follows
    bool after_ccs = false;    ///< a ChangeCipherSpec goes in front of it
  };
  std::deque<Message> outbox;
  std::vector<std::string> log;  ///< what happened, in order, in words
  ByteVector read_secret, write_secret;
  Epoch read_epoch = Epoch::plaintext, write_epoch = Epoch::plaintext;
  std::vector<std::pair<std::string, ByteVector>> secrets;  ///< as for SSLKEYLOGFILE
  std::optional<Operation> pending;
  bool ccs_waits = false;  ///< for the message that it goes in front of
  std::uint64_t sent = 0;  ///< bytes of data that the test pretends to have sent
  std::size_t record_limit = 0, peer_record_limit = 0, change_cipher_specs = 0;
  std::vector<Alert> warnings;

  void send(Bytes message, Epoch epoch) override {
    outbox.push_back({{message.begin(), message.end()}, epoch, false, std::exchange(ccs_waits, false)});
    log.push_back("send " + std::string(name(static_cast<handshake::On>(message[0]))));
  }
  void install(Direction direction, Epoch epoch, const handshake::SuiteImpl&,
               const handshake::TrafficSecret& secret) override {
    const bool read = direction == Direction::read;
    (read ? read_secret : write_secret).assign(secret.expose().begin(), secret.expose().end());
    (read ? read_epoch : write_epoch) = epoch;
    if (!read && !outbox.empty()) outbox.back().ends_record = true;
    log.push_back(std::string(read ? "read " : "write ") + (epoch == Epoch::handshake ? "handshake" : "application"));
  }
  void install(Direction direction, const handshake::SuiteImpl&, Bytes key, Bytes fixed_iv) override {
    const bool read = direction == Direction::read;
    ByteVector& secret = read ? read_secret : write_secret;
    secret.assign(key.begin(), key.end());
    secret.insert(secret.end(), fixed_iv.begin(), fixed_iv.end());
    (read ? read_epoch : write_epoch) = Epoch::application;
    if (!read && !outbox.empty()) outbox.back().ends_record = true;
    log.push_back(read ? "read keys" : "write keys");
  }
  void send_change_cipher_spec() override {
    ++change_cipher_specs;
    ccs_waits = true;
    if (!outbox.empty()) outbox.back().ends_record = true;
    log.push_back("ccs");
  }
  void warn(Alert alert) override { warnings.push_back(alert); }
  std::uint64_t data_sent() const noexcept override { return sent; }
  void limit_records(std::size_t bytes) override { record_limit = bytes; }
  void limit_peer_records(std::size_t bytes) override { peer_record_limit = bytes; }
  void log_secret(std::string_view label, Bytes, Bytes secret) override {
    secrets.emplace_back(label, ByteVector(secret.begin(), secret.end()));
  }
  void configure(const std::shared_ptr<const CommonSettings>&) override { log.push_back("configure"); }
  void need(Operation operation) override {
    REQUIRE_FALSE(pending);
    pending = std::move(operation);
    log.push_back("need");
  }
  [[nodiscard]] ByteVector secret(std::string_view label) const {
    for (const auto& [l, s] : secrets)
      if (l == label) return s;
    return {};
  }
};

/// The answer that a synchronous provider would have given.
inline OperationResult answer_to(const Operation& operation, Random& random) {
  if (const auto* sign = std::get_if<SignatureRequest>(&operation)) {
    const auto* remote = dynamic_cast<const RemoteKey*>(sign->key.get());
    const SigningKey& key = remote ? *remote->real : *sign->key;
    return *key.sign(sign->scheme, sign->message, random);
  }
  if (std::holds_alternative<CredentialRequest>(operation))
    return Result<CredentialPtr>(remote_credential(KeyKind::ecdsa_p256, When::later));
  if (const auto* lookup = std::get_if<SessionLookup>(&operation))
    return dynamic_cast<Drawer&>(*lookup->cache).look(lookup->id);
  if (const auto* open = std::get_if<TicketToOpen>(&operation)) {
    if (auto* stamper = dynamic_cast<Stamper*>(open->sealer.get())) return stamper->look(open->ticket);
    return dynamic_cast<TicketMap&>(*open->sealer).answer(open->ticket);
  }
  if (const auto* claim = std::get_if<ReplayClaim>(&operation))
    return dynamic_cast<TokenSet&>(*claim->guard).answer(claim->token, claim->expiry);
  return Result<ChainAccepted>(ChainAccepted{});
}

/// One side: a handshake, then what is left of it.
struct Side {
  std::unique_ptr<handshake::Handshake> handshake;
  std::unique_ptr<handshake::PostHandshake> post;
  Recorder sink;
  ConnectionInfo info;
  std::optional<Error> error;

  [[nodiscard]] bool connected() const { return post != nullptr && !error; }
  [[nodiscard]] std::optional<Code> code() const { return error ? std::optional(error->code()) : std::nullopt; }
  Result<void> note(Result<void> result) {
    if (!result && !error) {
      error = result.error();
      if (handshake) handshake->failed(*error);
    }
    if (!error && handshake && handshake->done()) {
      auto outcome = handshake->take();
      info = std::move(outcome.info);
      post = std::move(outcome.post);
      handshake.reset();
    }
    return result;
  }
  Result<void> receive(Bytes message, bool ends_record) {
    // As a connection does: the header is judged before the body is looked at.
    if (auto most = post ? post->max_message(message[0]) : handshake->max_message(message[0]); !most)
      return note(std::unexpected(most.error()));
    if (post) return note(post->receive(message, ends_record, sink));
    return note(handshake->receive(message, ends_record, sink));
  }
  /// As a connection does: dropped, delivered or refused.
  Result<void> receive_change_cipher_spec() {
    using Ccs = handshake::Permissions::Ccs;
    const Ccs rule = handshake ? handshake->permissions().ccs : Ccs::refuse;
    if (rule == Ccs::drop) return {};
    if (rule == Ccs::refuse) return note(fail(Code::unexpected_record_type));
    return note(handshake->receive_change_cipher_spec(sink));
  }
  Result<void> complete(OperationResult result) {
    sink.pending.reset();
    return note(handshake->complete(std::move(result), sink));
  }
};

class Pair {
 public:
  World& world;
  Side client, server;
  /// Sees each message before it is delivered, and may change it. An empty message is dropped.
  std::function<void(bool from_client, ByteVector& message)> on_the_way;
  /// Answers operations; by default as a synchronous provider would.
  std::function<void(Side& side, const Operation& operation)> on_operation;

  explicit Pair(World& w, std::string_view name = "example.com") : world(w) {
    auto made = handshake::client_handshake(w.client_settings(), name);
    REQUIRE(made);
    client.handshake = std::move(*made);
    server.handshake = handshake::server_handshake(w.server_settings());
    REQUIRE(client.note(client.handshake->begin(client.sink)));
    REQUIRE(server.note(server.handshake->begin(server.sink)));
  }

  /// Delivers one message or answers one operation. False: nothing is left to do, or one side failed.
  bool step() {
    if (client.error || server.error) return false;
    return answer(client) || answer(server) || deliver(client, server, true) || deliver(server, client, false);
  }
  /// Until nothing is left to do.
  Pair& run() {
    for (int i = 0; step(); ++i) REQUIRE_MESSAGE(i < 1000, "the two sides never rest");
    return *this;
  }
  [[nodiscard]] bool connected() const { return client.connected() && server.connected(); }

 private:
  bool answer(Side& side) {
    if (!side.sink.pending) return false;
    const Operation operation = *side.sink.pending;
    if (on_operation)
      on_operation(side, operation);
    else
      (void)side.complete(answer_to(operation, world.random));
    return true;
  }
  bool deliver(Side& from, Side& to, bool from_client) {
    if (from.sink.outbox.empty() || to.sink.pending) return false;
    Recorder::Message m = std::move(from.sink.outbox.front());
    from.sink.outbox.pop_front();
    if (m.after_ccs && !to.receive_change_cipher_spec()) return true;
    if (on_the_way) on_the_way(from_client, m.bytes);
    if (!m.bytes.empty()) (void)to.receive(m.bytes, m.ends_record || from.sink.outbox.empty());
    return true;
  }
};

}  // namespace tls::test
