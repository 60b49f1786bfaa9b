// The interface of a running machine, whatever its states. hello/ holds one when the version is known.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "handshake/settings.h"
#include "handshake/table.h"
#include "handshake/transcript.h"
#include "wire/hello_retry_request.h"

namespace tls::handshake {

class Running {
 public:
  virtual ~Running() = default;
  virtual Result<std::size_t> max_message(std::uint8_t type) const = 0;
  /// Receives a message with its header. `on` already distinguishes a HelloRetryRequest from a ServerHello.
  virtual Result<void> receive(On on, Bytes message, bool ends_record, Sink& sink) = 0;
  virtual Result<void> answer(OperationResult result, Sink& sink) = 0;
  virtual Permissions permissions() const noexcept = 0;
  virtual const ConnectionInfo& info() const noexcept = 0;
  virtual ConnectionInfo take_info() noexcept = 0;
  virtual bool done() const noexcept = 0;
  /// The handshake failed with a fatal alert, from us or from the peer.
  virtual void failed() noexcept = 0;
  virtual std::size_t max_early_data() const noexcept = 0;
  virtual Handshake::Outcome take() = 0;
  virtual Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                              MutableBytes out) const = 0;
  virtual Result<void> export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const = 0;
};

/// Adds a complete handshake message to the transcript, then sends it. All messages that a machine writes and hashes
/// take this path. Tickets do not, because they are in no transcript.
void send(ByteVector message, Epoch epoch, const CommonSettings& settings, Transcript& transcript, Sink& sink);

/// The data that all states of one machine share. A handler accesses everything outside its state through it.
struct Context {
  Sink* sink = nullptr;  ///< the Sink of the present call
  Bytes message;         ///< the message that is being handled, with its header
  Transcript transcript;
  ConnectionInfo info;
  /// Wall time at which the peer's chain expires, and with it the sessions of this connection. max(): no expiry.
  Clock::Milliseconds chain_ends = Clock::Milliseconds::max();
  bool early_data_open = false;     ///< client: early data was offered, and the server has not rejected it
  bool early_data_refused = false;  ///< early data was offered and may arrive: the skip rule of the state's row applies
  std::size_t max_early_data = 0;   ///< server: bytes of early data promised to the client, as far as is known
  /// The answer to an operation whose provider answered at once. It is delivered after the handler has returned.
  std::optional<OperationResult> answer;

  /// Starts an operation. Its provider answers at once, or else the caller of the connection answers later.
  void ask(ChainToVerify chain, const ChainVerifier& verifier) {
    put(verifier.verify(chain), [&] { sink->need(std::move(chain)); });
  }
  void ask(CredentialRequest request, const CredentialSource& source) {
    put(source.choose(request), [&] { sink->need(std::move(request)); });
  }
  void ask(SignatureRequest request, Random& random) {
    put(request.key->sign_handshake(request.parts(), random), [&] { sink->need(std::move(request)); });
  }
  /// Copies bytes of the message only if the answer comes later.
  void ask_for_session(Bytes id, const std::shared_ptr<SessionCache>& cache, Clock::Milliseconds now) {
    put(cache->find(id, now), [&] { sink->need(SessionLookup{{id.begin(), id.end()}, cache, now}); });
  }
  void ask_to_open(Bytes ticket, const std::shared_ptr<TicketSealer>& sealer, Clock::Milliseconds now) {
    put(sealer->open(ticket, now), [&] { sink->need(TicketToOpen{{ticket.begin(), ticket.end()}, sealer, now}); });
  }
  void ask(ReplayClaim claim) {
    put(claim.guard->claim(claim.token, claim.expiry), [&] { sink->need(std::move(claim)); });
  }

 private:
  template <class T, class Later>
  void put(Answer<T>&& now, Later&& later) {
    if (now)
      answer.emplace(std::in_place_type<Result<T>>, std::move(*now));
    else
      later();
  }
};

/// Returns the event of a message type: kEvent if the type has one, otherwise its HandshakeType.
template <class M>
consteval On event_for() {
  if constexpr (requires { M::kEvent; })
    return M::kEvent;
  else if constexpr (std::is_same_v<M, wire::HelloRetryRequest>)
    return On::hello_retry_request;
  else
    return static_cast<On>(M::kType);
}

/// The ChangeCipherSpec of TLS 1.2 in the form that machines take. It is a record, not a message, so there is nothing
/// to parse.
struct ChangeCipherSpec {
  static constexpr On kEvent = On::change_cipher_spec;
};

/// The answers to operations, in the form that machines take.
template <On O, class T>
struct Answered {
  static constexpr On kEvent = O;
  using Value = T;
  T value;
};
/// The value that replaces an Error if the handshake continues without the answer. By default there is none. A session
/// that cannot be looked up is unknown, and a claim that cannot be decided is not fresh.
template <class T>
struct InsteadOfError;
template <class T>
struct InsteadOfError<std::optional<T>> {
  static std::optional<T> value() { return std::nullopt; }
};
template <>
struct InsteadOfError<ReplayVerdict> {
  static ReplayVerdict value() { return ReplayVerdict::unavailable; }
};

using CredentialChosen = Answered<On::credential_chosen, CredentialPtr>;
using ChainVerified = Answered<On::chain_verified, ChainAccepted>;
/// Like ChainVerified, but the handshake continues after a rejection: a session whose chain is rejected is not resumed.
struct ChainReviewed {
  static constexpr On kEvent = On::chain_verified;
  using Value = ChainAccepted;
  std::optional<ChainAccepted> value;  ///< no value: the chain was rejected
  static ChainReviewed instead_of_error() { return {}; }
};
using SignatureMade = Answered<On::signature_made, std::vector<std::uint8_t>>;
using SessionFound = Answered<On::session_found, std::optional<SessionState>>;
using TicketOpened = Answered<On::ticket_opened, std::optional<OpenedTicket>>;
using ReplayClaimed = Answered<On::replay_claimed, ReplayVerdict>;

/// Checks that a credential, if there is one, is usable. An application may make its own. Fails with bad_config.
[[nodiscard]] Result<void> check_credential(const CredentialPtr& credential);

/// Returns the event of an answer.
[[nodiscard]] On event_of(const OperationResult& result) noexcept;
/// Returns the name of a HandshakeType, for errors.
[[nodiscard]] std::string describe(std::uint8_t handshake_type);

}  // namespace tls::handshake
