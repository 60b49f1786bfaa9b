#include "handshake/post12/post12.h"

#include <array>

#include "base/exceptions.h"
#include "base/limits.h"
#include "handshake/running.h"
#include "wire/message.h"

namespace tls::handshake::post12 {
namespace {

constexpr std::string_view kStateName = "Connected";
// No rows: what a peer can send is a wish to renegotiate, and that has no state to lead to.
constexpr std::array<MachineTable::State, 1> kStates{{{kStateName, {.write_data = true, .read_data = true}}}};
constexpr MachineTable kTable{"post12", {}, kStates, {}};

class Post12 final : public PostHandshake {
 public:
  explicit Post12(Survivors survivors) : s_(std::move(survivors)) {}

  /// Nothing is expected but a wish to renegotiate: all else is refused by its header alone.
  Result<std::size_t> max_message(std::uint8_t type) const override {
    if (static_cast<On>(type) != wish()) return fail(Code::unexpected_message, describe(type) + " after the handshake");
    return s_.is_client ? limits::kMaxHelloRequest : limits::kMaxHandshakeMessage;
  }
  Result<void> receive(Bytes message, bool, Sink& sink) override {
    if (auto most = max_message(message[0]); !most) return std::unexpected(std::move(most.error()));
    // RFC 5246 §7.4.1.1: a HelloRequest is empty. What a ClientHello wants is of no concern.
    if (s_.is_client && message.size() != wire::kHandshakeHeaderSize)
      return fail(Code::decode_error, "a HelloRequest has no body");
    return refuse_renegotiation(sink);
  }

  void data_received() noexcept override { requests_in_row_ = 0; }

  Result<void> update_keys(bool, Sink&) override {
    return fail(Code::misuse, "TLS 1.2 has no KeyUpdate: its keys last as long as the connection");
  }
  bool update_due(std::uint64_t) const noexcept override { return false; }

  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    return export_from(*s_.hash, s_.main, s_.extended_main_secret, label, s_.client_random, s_.server_random, context,
                       out);
  }
  void failed(const Error& error) noexcept override {
    if (s_.forget_session && ended_by_alert(error)) ignoring_exceptions(s_.forget_session);
  }

 private:
  /// The message by which the peer asks for renegotiation.
  On wish() const noexcept { return s_.is_client ? On::hello_request : On::client_hello; }

  /// RFC 5246 §7.2.2: no_renegotiation is a warning, and who asked decides whether to go on; but not without end.
  Result<void> refuse_renegotiation(Sink& sink) {
    if (++requests_in_row_ > limits::kMaxRenegotiationRequestsInRow)
      return fail(Code::no_renegotiation, "more than " + std::to_string(limits::kMaxRenegotiationRequestsInRow) +
                                              (s_.is_client ? " HelloRequests" : " ClientHellos") +
                                              " without data between them");
    if (s_.ignore_hello_requests) return {};
    // A peer that asks, sends data of its own and reads nothing makes us queue no more than so many.
    if (const std::uint64_t sent = sink.data_sent(); sent != data_sent_) data_sent_ = sent, unread_warnings_ = 0;
    if (unread_warnings_ == limits::kMaxRenegotiationRequestsInRow) return {};
    ++unread_warnings_;
    sink.warn(Alert::no_renegotiation);
    return {};
  }

  Survivors s_;
  unsigned requests_in_row_ = 0;
  unsigned unread_warnings_ = 0;  // since we sent data last
  std::uint64_t data_sent_ = 0;   // at that time
};

}  // namespace

std::unique_ptr<PostHandshake> make(Survivors survivors) { return std::make_unique<Post12>(std::move(survivors)); }

Survivors survivors_of(Keys12&& keys, Role us) {
  const Agreed12& agreed = keys.agreed;
  return {.hash = agreed.suite.hash,
          .main = std::move(keys.main).session(),
          .client_random = agreed.client_random,
          .server_random = agreed.server_random,
          .extended_main_secret = agreed.extended_main_secret,
          .is_client = us == Role::client};
}

const MachineTable& table() { return kTable; }

}  // namespace tls::handshake::post12
