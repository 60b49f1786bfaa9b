// A ClientHello that is looked at without a configuration: by a connection like another, which waits for one. So what
// is refused, and how, is what every server's connection refuses.
#include "tls/client_hello.h"

#include <algorithm>

#include "base/exceptions.h"
#include "base/limits.h"
#include "tls/config_source.h"
#include "tls/connection.h"
#include "wire/message.h"

namespace tls {
namespace {

static_assert(kMaxClientHelloBytes > wire::kHandshakeHeaderSize + limits::kMaxHandshakeMessage +
                                         5 * limits::kRecordHeader);  // in as few records as it can come in

/// Nobody answers: the connection goes no further than its ClientHello.
const std::shared_ptr<const ServerConfigSource>& nobody() {
  static const auto source = config_source([](const ConfigRequest&) { return Answer<ServerConfig>(); });
  return source;
}

}  // namespace

struct ClientHelloPeek::State {
  ServerConnection connection = ServerConnection::start(nobody());
  Output out;                                  // the alert of a failure: refuse_client_hello() makes it anew
  std::size_t consumed = 0;                    // bytes of whole records
  std::size_t wanted = limits::kRecordHeader;  // bytes since the beginning, with which the next step can do more

  Result<std::optional<ClientHelloFacts>> look(Bytes received) {
    // What comes behind is not looked at, so that an answer does not depend on how much came at once.
    received = received.first(std::min(received.size(), kMaxClientHelloBytes));
    if (received.size() < wanted) return std::nullopt;
    ByteVector fresh(received.begin() + static_cast<std::ptrdiff_t>(consumed), received.end());
    const Step step = connection.step(fresh, out);
    if (std::holds_alternative<Await>(step.event)) return std::get<ConfigRequest>(*connection.pending()).hello;
    if (const auto* failed = std::get_if<Failed>(&step.event)) return std::unexpected(failed->error);
    const auto* need = std::get_if<NeedInput>(&step.event);
    if (need == nullptr) return fail(Code::internal_error, "a connection without a configuration has an event");
    consumed += step.consumed;
    wanted = received.size() + need->missing;
    if (wanted <= kMaxClientHelloBytes) return std::nullopt;
    return fail(Code::message_too_long,
                "the ClientHello is not complete within " + std::to_string(kMaxClientHelloBytes) + " bytes of records");
  }
};

ClientHelloPeek::ClientHelloPeek() noexcept = default;
ClientHelloPeek::ClientHelloPeek(ClientHelloPeek&&) noexcept = default;
ClientHelloPeek& ClientHelloPeek::operator=(ClientHelloPeek&&) noexcept = default;
ClientHelloPeek::~ClientHelloPeek() = default;

Result<std::optional<ClientHelloFacts>> ClientHelloPeek::look(Bytes received) {
  if (used_up_) return fail(Code::misuse, "the ClientHello was looked at already");
  try {
    if (!state_) state_ = std::make_unique<State>();
    Result<std::optional<ClientHelloFacts>> seen = state_->look(received);
    if (seen && !*seen) return seen;
    used_up_ = true;
    state_.reset();
    return seen;
  } catch (...) {
    used_up_ = true;
    state_.reset();
    return std::unexpected(caught(Code::internal_error));
  }
}

Result<std::optional<ClientHelloFacts>> peek_client_hello(Bytes received) { return ClientHelloPeek().look(received); }

void refuse_client_hello(const Error& error, Output& out) noexcept {
  if (const std::optional<Alert> alert = error.alert())
    ignoring_exceptions([&] { ServerConnection::start(nobody()).abort(*alert, out); });
}

}  // namespace tls
