#include "fuzz/connection_targets.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "connection/core.h"
#include "record/sealer.h"

namespace tls::fuzz {
namespace {

using handshake::Direction;
using handshake::Epoch;
using handshake::Permissions;
using handshake::Sink;
using record::ContentType;

const crypto::Provider& provider() {
  static const crypto::Provider best = crypto::Provider::best();
  return best;
}
handshake::SuiteImpl suite() {
  return {nullptr, &provider().aead(crypto::AeadId::aes_128_gcm), &provider().hash(crypto::HashId::sha256)};
}
handshake::TrafficSecret secret(std::uint8_t number) { return handshake::TrafficSecret(ByteVector(32, number)); }
record::Protection keys(std::uint8_t number) {
  return record::tls13_protection(*suite().hash, *suite().aead, ByteVector(32, number));
}

/// Messages by type: 1 brings keys, 2 asks for a signature, 3 is refused, 20 ends the handshake, 24 (afterwards)
/// changes the read keys; all others are taken.
constexpr std::uint8_t kKeys = 1, kAsk = 2, kRefused = 3, kEnd = 20, kUpdate = 24;

class Post final : public handshake::PostHandshake {
 public:
  Result<std::size_t> max_message(std::uint8_t type) const override { return std::size_t{type} * 8; }
  Result<void> receive(Bytes message, bool, Sink& sink) override {
    require(message.size() >= 4, "a message without a header");
    if (message[0] == kUpdate) sink.install(Direction::read, Epoch::application, suite(), secret(++generation_));
    return {};
  }
  void data_received() noexcept override {}
  Result<void> update_keys(bool, Sink& sink) override {
    const std::uint8_t message[] = {kUpdate, 0, 0, 1, 0};
    sink.send(message, Epoch::application);
    sink.install(Direction::write, Epoch::application, suite(), secret(100));
    return {};
  }
  bool update_due(std::uint64_t sealed) const noexcept override { return sealed >= 3; }
  Result<void> export_keying_material(std::string_view, std::optional<Bytes>, MutableBytes) const override {
    return {};
  }

 private:
  std::uint8_t generation_ = 2;
};

class Handshake final : public handshake::Handshake {
 public:
  explicit Handshake(Permissions permissions) : permissions_(permissions) {}
  Result<void> begin(Sink&) override { return {}; }
  Result<std::size_t> max_message(std::uint8_t type) const override { return std::size_t{type} * 8; }
  Result<void> receive(Bytes message, bool, Sink& sink) override {
    require(message.size() >= 4 && message.size() - 4 <= std::size_t{message[0]} * 8, "a message above its limit");
    require(!waiting_, "a message while an operation is pending");
    if (message[0] == kKeys && !keyed_) {
      keyed_ = true;
      sink.install(Direction::write, Epoch::application, suite(), secret(1));
      sink.install(Direction::read, Epoch::application, suite(), secret(2));
    }
    if (message[0] == kAsk) {
      waiting_ = true;
      sink.need(SignatureRequest{});
    }
    if (message[0] == kRefused) return fail(Code::unexpected_message);
    if (message[0] == kEnd) done_ = true;
    return {};
  }
  Result<void> receive_change_cipher_spec(Sink&) override { return {}; }
  Result<void> complete(OperationResult, Sink&) override {
    waiting_ = false;
    return {};
  }
  Permissions permissions() const noexcept override { return permissions_; }
  const ConnectionInfo& info() const noexcept override { return info_; }
  ConnectionInfo take_info() noexcept override { return std::move(info_); }
  bool done() const noexcept override { return done_; }
  Outcome take() override { return {std::move(info_), std::make_unique<Post>()}; }

 private:
  Permissions permissions_;
  ConnectionInfo info_;
  bool keyed_ = false, waiting_ = false, done_ = false;
};

Permissions permissions_of(std::uint8_t bits) {
  return {.write_data = (bits & 1) != 0,
          .read_data = (bits & 2) != 0,
          .read_early_data = (bits & 4) != 0,
          .skip_early_data = (bits & 8) != 0,
          .ccs = static_cast<Permissions::Ccs>((bits >> 4) % 3)};
}

/// One connection, what its peer sends, and what came of it.
class Run : Connection {
 public:
  Run(std::uint8_t bits, std::size_t piece)
      : Connection(std::make_unique<Core>(std::make_shared<CommonSettings>(),
                                          std::make_unique<Handshake>(permissions_of(bits)))),
        piece_(piece) {}

  void command(Bytes c) {
    const auto type = static_cast<ContentType>(20 + c[1] % 4);
    const ByteVector content(c[2], c[3]);
    Output wire;
    switch (c[0] % 9) {
      case 0:
        give(plain(c));
        break;
      case 1:
        peer_.send_plain(type, content, wire), give(wire.bytes());
        break;
      case 2:
        static_cast<void>(peer_.seal_all(type, content, wire)), give(wire.bytes());
        break;
      case 3:
        give(message(c));
        break;
      case 4:
        note(core_->send(content, out_));
        break;
      case 5:
        answer(c[2]);
        break;
      case 6:
        note(core_->update_keys(false, out_));
        break;
      case 7:
        note(core_->close(out_));
        break;
      case 8:
        peer_.install(keys(c[1]));
        break;
    }
  }
  [[nodiscard]] const ByteVector& seen() const { return seen_; }
  void finish() {
    if (std::holds_alternative<Failed>(core_->transport_closed().event)) failed_ = true;
    if (failed_) {
      require(core_->buffered() == 0, "a failed connection holds buffers");
      require(!core_->may_send() && !core_->established(), "a failed connection is alive");
      require(std::holds_alternative<Failed>(core_->step({}, out_).event), "a failure was forgotten");
    }
  }

 private:
  static ByteVector plain(Bytes c) { return ByteVector(c[2], c[3]); }
  ByteVector message(Bytes c) {
    ByteVector m{c[1], 0, 0, c[2]};
    m.resize(4 + c[2], c[3]);
    Output wire;
    static_cast<void>(peer_.seal_all(ContentType::handshake, m, wire));
    if (c[1] == kKeys && !keyed_) {
      keyed_ = true;
      peer_.install(keys(2));
    }
    return {wire.bytes().begin(), wire.bytes().end()};
  }
  void answer(std::uint8_t which) {
    if (core_->pending() == nullptr) return;
    OperationResult answer = Result<ChainAccepted>(ChainAccepted{});
    if (which != 1) answer = Result<std::vector<std::uint8_t>>(ByteVector{1});
    note(core_->complete(awaited_, std::move(answer), out_));
    steps();
  }
  void note(const Result<void>& result) { seen_.push_back(result ? 1 : 0); }

  void give(Bytes bytes) {
    while (!bytes.empty()) {
      const Bytes taken = bytes.first(piece_ == 0 ? bytes.size() : std::min(piece_, bytes.size()));
      bytes = bytes.subspan(taken.size());
      buffer_.insert(buffer_.end(), taken.begin(), taken.end());
      steps();
    }
  }
  void steps() {
    for (bool more = true; more;) {
      const Step step = core_->step(buffer_, out_);
      require(step.consumed <= buffer_.size(), "more was used up than there was");
      require(!failed_ || std::holds_alternative<Failed>(step.event), "a failed connection goes on");
      more = look(step.event, buffer_.size() - step.consumed);
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    }
    out_.consume(out_.size());
  }
  // Notes what must not depend on the pieces. True when there may be more events.
  bool look(const Event& event, std::size_t left) {
    if (const auto* need = std::get_if<NeedInput>(&event)) {
      require(need->missing > 0 && left + need->missing >= limits::kRecordHeader, "NeedInput asks for too little");
      return false;
    }
    if (const auto* await = std::get_if<Await>(&event)) {
      awaited_ = await->id;
      return false;
    }
    if (const auto* failed = std::get_if<Failed>(&event)) {
      if (!failed_) seen_.push_back(static_cast<std::uint8_t>(failed->error.code()));
      failed_ = true;
      return false;
    }
    if (std::holds_alternative<PeerClosed>(event)) {
      if (!peer_closed_) seen_.push_back(99);
      peer_closed_ = true;
      return false;
    }
    seen_.push_back(static_cast<std::uint8_t>(event.index()));
    MutableBytes data;
    if (const auto* app = std::get_if<AppData>(&event)) data = app->bytes;
    if (const auto* early = std::get_if<EarlyData>(&event)) data = early->bytes;
    seen_.insert(seen_.end(), data.begin(), data.end());
    return true;
  }

  std::size_t piece_;
  record::Sealer peer_;
  Output out_;
  ByteVector buffer_, seen_;
  OperationId awaited_{};
  bool keyed_ = false, failed_ = false, peer_closed_ = false;
};

ByteVector run(Bytes input, std::size_t piece) {
  Run connection(input[0], piece);
  for (Bytes rest = input.subspan(2); rest.size() >= 4; rest = rest.subspan(4)) connection.command(rest.first(4));
  connection.finish();
  return connection.seen();
}

}  // namespace

void connection(Bytes input) {
  if (input.size() < 2) return;
  const ByteVector whole = run(input, 0);
  require(whole == run(input, 1), "one byte at a time gives something else");
  require(whole == run(input, 1 + input[1]), "pieces give something else");
}

}  // namespace tls::fuzz
