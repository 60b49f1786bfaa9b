#include "connection/fake_handshake.h"

#include <doctest/doctest.h>

#include "connection/core.h"
#include "record/keys.h"
#include "support/hex.h"

namespace tls {

struct CoreTest {
  template <class Core>
  static record::Sealer& sealer(Core& core) {
    return core.sealer_;
  }
};

}  // namespace tls

namespace tls::test {
namespace {

const crypto::Provider& provider() {
  static const crypto::Provider best = crypto::Provider::best();
  return best;
}

Result<std::size_t> max_message(const Script& script, std::uint8_t type) {
  const auto row = script.max.find(type);
  if (row == script.max.end()) return std::size_t{1000};
  if (row->second == 0) return fail(Code::unexpected_message);
  return row->second;
}

class FakePost final : public handshake::PostHandshake {
 public:
  explicit FakePost(Script& script) : script_(script) {}
  Result<std::size_t> max_message(std::uint8_t type) const override { return tls::test::max_message(script_, type); }
  Result<void> receive(Bytes message, bool ends_record, Sink& sink) override {
    script_.messages.emplace_back(message.begin(), message.end());
    script_.ends_record.push_back(ends_record);
    return script_.on_post_message ? script_.on_post_message(message, ends_record, sink) : Result<void>();
  }
  void data_received() noexcept override { ++script_.data_received; }
  Result<void> update_keys(bool request_peer, Sink& sink) override {
    return script_.on_update_keys ? script_.on_update_keys(request_peer, sink) : fail(Code::misuse);
  }
  bool update_due(std::uint64_t sealed) const noexcept override { return sealed >= script_.update_after; }
  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    std::fill(out.begin(), out.end(), static_cast<std::uint8_t>(label.size() + context.value_or(Bytes{}).size()));
    return {};
  }
  void failed(const Error& error) noexcept override { script_.post_failed.push_back(error); }

 private:
  Script& script_;
};

class FakeHandshake final : public handshake::Handshake {
 public:
  explicit FakeHandshake(Script& script) : script_(script) { ++script_.handshakes; }
  ~FakeHandshake() override { --script_.handshakes; }
  Result<void> begin(Sink& sink) override { return script_.on_begin ? script_.on_begin(sink) : Result<void>(); }
  Result<std::size_t> max_message(std::uint8_t type) const override { return tls::test::max_message(script_, type); }
  Result<void> receive(Bytes message, bool ends_record, Sink& sink) override {
    script_.messages.emplace_back(message.begin(), message.end());
    script_.ends_record.push_back(ends_record);
    return script_.on_message ? script_.on_message(message, ends_record, sink) : Result<void>();
  }
  Result<void> receive_change_cipher_spec(Sink& sink) override {
    ++script_.ccs;
    return script_.on_ccs ? script_.on_ccs(sink) : Result<void>();
  }
  Result<void> complete(OperationResult result, Sink& sink) override {
    return script_.on_complete ? script_.on_complete(std::move(result), sink) : Result<void>();
  }
  Permissions permissions() const noexcept override { return script_.permissions; }
  const ConnectionInfo& info() const noexcept override { return info_; }
  ConnectionInfo take_info() noexcept override { return std::move(info_); }
  bool done() const noexcept override { return script_.done; }
  std::size_t max_early_data() const noexcept override { return script_.max_early_data; }
  Outcome take() override {
    info_.server_name = "taken";
    return {std::move(info_), std::make_unique<FakePost>(script_)};
  }

 private:
  Script& script_;
  ConnectionInfo info_;
};

}  // namespace

handshake::SuiteImpl suite() {
  return {nullptr, &provider().aead(crypto::AeadId::aes_128_gcm), &provider().hash(crypto::HashId::sha256)};
}
handshake::TrafficSecret secret(std::uint8_t number) { return handshake::TrafficSecret(ByteList(32, number)); }
record::Protection keys(std::uint8_t number) {
  return record::tls13_protection(*suite().hash, *suite().aead, ByteList(32, number));
}
std::shared_ptr<CommonSettings> settings() { return std::make_shared<CommonSettings>(); }

TestConnection::TestConnection(Script& script, std::shared_ptr<const CommonSettings> settings)
    : Connection(std::make_unique<Core>(std::move(settings), std::make_unique<FakeHandshake>(script))) {}
Result<void> TestConnection::begin(Output& out) { return core_->begin(out); }
std::size_t TestConnection::buffered() const { return core_->buffered(); }
void TestConnection::seal_no_more() {
  record::Protection used_up = keys(1);
  record::ProtectionTest::set_sequence(used_up, ~std::uint64_t{0});
  CoreTest::sealer(*core_).install(std::move(used_up));
}
std::size_t TestConnection::core_size() { return sizeof(Core); }

ByteList Peer::records(ContentType type, Bytes content, std::size_t piece) {
  Output out;
  if (piece == 0) piece = std::max<std::size_t>(content.size(), 1);
  do {
    const Bytes taken = content.first(std::min(piece, content.size()));
    REQUIRE(sealer.seal_all(type, taken, out));
    content = content.subspan(taken.size());
  } while (!content.empty());
  return {out.bytes().begin(), out.bytes().end()};
}
ByteList Peer::records(ContentType type, std::string_view hex, std::size_t piece) {
  return records(type, unhex(hex), piece);
}

std::vector<std::string> Peer::read(Output& out) {
  std::vector<std::string> records;
  ByteList bytes(out.bytes().begin(), out.bytes().end());
  out.release();
  MutableBytes rest(bytes);
  while (!rest.empty()) {
    const Result<record::Frame> frame = opener.frame(rest);
    REQUIRE(frame);
    REQUIRE(frame->missing == 0);
    const Result<record::Record> record = opener.open(*frame);
    REQUIRE(record);
    records.push_back(std::to_string(static_cast<int>(record->type)) + ":" + hex(record->content));
    rest = rest.subspan(frame->bytes.size());
  }
  return records;
}

std::string text(const Event& event) {
  struct Visitor {
    std::string operator()(const NeedInput& e) const { return "need " + std::to_string(e.missing); }
    std::string operator()(const AppData& e) const { return "data " + hex(e.bytes); }
    std::string operator()(const EarlyData& e) const { return "early " + hex(e.bytes); }
    std::string operator()(const EarlyDataRejected& e) const { return "early data rejected " + hex(e.bytes); }
    std::string operator()(const HandshakeDone&) const { return "done"; }
    std::string operator()(const Await& e) const { return "await " + std::to_string(static_cast<std::uint64_t>(e.id)); }
    std::string operator()(const PeerClosed&) const { return "closed"; }
    std::string operator()(const Failed& e) const { return "failed " + std::string(facts(e.error.code()).name); }
  };
  return std::visit(Visitor{}, event);
}

std::vector<std::string> events(Connection& connection, ByteList in, Output& out, std::size_t piece) {
  std::vector<std::string> seen;
  if (piece == 0) piece = std::max<std::size_t>(in.size(), 1);
  ByteList buffer;
  std::size_t given = 0;
  do {
    const std::size_t n = std::min(piece, in.size() - given);
    buffer.insert(buffer.end(), in.begin() + static_cast<std::ptrdiff_t>(given),
                  in.begin() + static_cast<std::ptrdiff_t>(given + n));
    given += n;
    for (;;) {
      const Step step = connection.step(buffer, out);
      REQUIRE(step.consumed <= buffer.size());
      const bool need = std::holds_alternative<NeedInput>(step.event);
      if (!need) seen.push_back(text(step.event));
      buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(step.consumed));
      const bool stands = std::holds_alternative<Await>(step.event) || std::holds_alternative<PeerClosed>(step.event) ||
                          std::holds_alternative<Failed>(step.event);
      if (stands) return seen;
      if (need) break;
    }
  } while (given < in.size());
  return seen;
}

std::vector<std::string> events(Connection& connection, ByteList in) {
  Output out;
  return events(connection, std::move(in), out);
}

ByteList message(std::uint8_t type, std::size_t size, std::uint8_t fill) {
  ByteList bytes(4 + size, fill);
  bytes[0] = type;
  bytes[1] = static_cast<std::uint8_t>(size >> 16);
  bytes[2] = static_cast<std::uint8_t>(size >> 8);
  bytes[3] = static_cast<std::uint8_t>(size);
  return bytes;
}

ByteList operator+(ByteList a, const ByteList& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Tls12::Tls12() {
  script.permissions = {.write_data = true, .read_data = true};
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.install(Direction::write, suite(), ByteList(16, 1), ByteList(4, 1));
    sink.install(Direction::read, suite(), ByteList(16, 2), ByteList(4, 2));
    return {};
  };
  CHECK(events(connection, peer.records(ContentType::handshake, message(1, 0))).empty());
  script.on_message = nullptr;
  peer.sealer.install(record::tls12_protection(*suite().aead, ByteList(16, 2), ByteList(4, 2)));
  peer.opener.install(record::tls12_protection(*suite().aead, ByteList(16, 1), ByteList(4, 1)));
}

Established::Established(std::shared_ptr<const CommonSettings> settings) : connection(script, std::move(settings)) {
  script.on_message = [](Bytes, bool, Sink& sink) -> Result<void> {
    sink.install(Direction::write, Epoch::application, suite(), secret(1));
    sink.install(Direction::read, Epoch::application, suite(), secret(2));
    return {};
  };
  script.done = false;
  REQUIRE(connection.begin(out));
  script.done = true;
  REQUIRE(events(connection, peer.records(ContentType::handshake, message(1, 0)), out) ==
          std::vector<std::string>{"done"});
  peer.sealer.install(keys(2));
  peer.opener.install(keys(1));
  script.messages.clear();
  script.ends_record.clear();
}

}  // namespace tls::test
