#include "handshake/post12/post12.h"

#include <algorithm>
#include <array>

#include "base/exceptions.h"
#include "base/limits.h"
#include "handshake/running.h"
#include "wire/message.h"

namespace tls::handshake::post12 {
namespace {

constexpr std::string_view kStateName = "Connected";
// No rows: what a peer could send is a wish to renegotiate, and that is refused.
constexpr std::array<MachineTable::State, 1> kStates{{{kStateName, {.write_data = true, .read_data = true}}}};
constexpr MachineTable kTable{"post12", {}, kStates, {}};

constexpr std::size_t kMaxContext = 0xFFFF;  // RFC 5705 §4: its length is a uint16

// RFC 5705 §4: labels of the protocol's own PRF MUST NOT be used; "master secret" would give the secret away.
constexpr std::string_view kReserved[] = {"client finished", "server finished", "master secret",
                                          "extended master secret", "key expansion"};

class Post12 final : public PostHandshake {
 public:
  explicit Post12(Survivors survivors) : s_(std::move(survivors)) {}

  /// Nothing is expected: all is refused by its header alone, but for what is to be ignored.
  Result<std::size_t> max_message(std::uint8_t type) const override {
    const On event = static_cast<On>(type);
    if (ignores(event)) return limits::kMaxHandshakeMessage;
    if (event == (s_.is_client ? On::hello_request : On::client_hello))
      return fail(Code::no_renegotiation,
                  s_.is_client ? "the server sent a HelloRequest" : "the client sent another ClientHello");
    return fail(Code::unexpected_message, describe(type) + " after the handshake");
  }
  Result<void> receive(Bytes message, bool, Sink&) override {
    if (!ignores(static_cast<On>(message[0]))) return std::unexpected(std::move(max_message(message[0]).error()));
    // RFC 5246 §7.4.1.1: an empty message, which a client MAY ignore.
    if (message.size() != wire::kHandshakeHeaderSize) return fail(Code::decode_error, "a HelloRequest has no body");
    if (++requests_in_row_ > limits::kMaxHelloRequestsInRow)
      return fail(Code::no_renegotiation, "the server sent more than " +
                                              std::to_string(limits::kMaxHelloRequestsInRow) +
                                              " HelloRequests without data between them");
    return {};
  }

  void data_received() noexcept override { requests_in_row_ = 0; }

  Result<void> update_keys(bool, Sink&) override {
    return fail(Code::misuse, "TLS 1.2 has no KeyUpdate: its keys last as long as the connection");
  }
  bool update_due(std::uint64_t) const noexcept override { return false; }

  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    // RFC 7627 §5.4: without extended_main_secret RFC 5705 MUST be disabled.
    if (!s_.extended_main_secret)
      return fail(Code::misuse, "without extended_main_secret an exporter says nothing of this connection");
    if (std::ranges::find(kReserved, label) != std::ranges::end(kReserved))
      return fail(Code::misuse, "the label \"" + std::string(label) + "\" is the protocol's own");
    if (context && context->size() > kMaxContext)
      return fail(Code::misuse, "the context of an exporter has at most 65535 bytes in TLS 1.2");
    export_from(*s_.hash, s_.main, label, s_.client_random, s_.server_random, context, out);
    return {};
  }
  void failed(const Error& error) noexcept override {
    if (s_.forget_session && ended_by_alert(error)) ignoring_exceptions(s_.forget_session);
  }

 private:
  bool ignores(On event) const noexcept { return s_.ignore_hello_requests && event == On::hello_request; }

  Survivors s_;
  unsigned requests_in_row_ = 0;
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
