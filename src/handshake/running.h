// A machine that runs, whatever its states: what hello/ holds once the version is known.
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
  /// A message, or a HelloRetryRequest told apart already; `message` holds its header.
  virtual Result<void> receive(On on, Bytes message, bool ends_record, Sink& sink) = 0;
  virtual Result<void> answer(OperationResult result, Sink& sink) = 0;
  virtual Permissions permissions() const noexcept = 0;
  virtual const ConnectionInfo& info() const noexcept = 0;
  virtual ConnectionInfo take_info() noexcept = 0;
  virtual bool done() const noexcept = 0;
  /// The handshake failed with a fatal alert, ours or the peer's.
  virtual void failed() noexcept = 0;
  virtual std::size_t max_early_data() const noexcept = 0;
  virtual Handshake::Outcome take() = 0;
  virtual Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                              MutableBytes out) const = 0;
  virtual Result<void> export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const = 0;
};

/// Lets a whole handshake message go: into the transcript, then to the peer. All that a machine writes and hashes takes
/// this way; tickets, which are in no transcript, do not.
void send(ByteVector message, Epoch epoch, const CommonSettings& settings, Transcript& transcript, Sink& sink);

/// What all states of one machine share. A handler reaches the world through it.
struct Context {
  Sink* sink = nullptr;  ///< of the call that runs now
  Bytes message;         ///< the message that is handled now, header included
  Transcript transcript;
  ConnectionInfo info;
  /// Wall time with which the peer's chain ends, and with it the sessions of this connection; max(): never.
  Clock::Milliseconds chain_ends = Clock::Milliseconds::max();
  bool early_data_open = false;     ///< ours: it was offered, and the server has not refused it
  bool early_data_refused = false;  ///< it was offered and may be on its way: what a state's row says of skipping holds
  std::size_t max_early_data = 0;   ///< a server's: bytes that a client was promised, as far as is known
  /// The answer of an operation whose provider had it at once: delivered when the handler is done.
  std::optional<OperationResult> answer;

  /// Asks for an operation: by its provider at once, else by whoever drives the connection.
  void ask(ChainToVerify chain, const ChainVerifier& verifier) {
    put(verifier.verify(chain), [&] { sink->need(std::move(chain)); });
  }
  void ask(CredentialRequest request, const CredentialSource& source) {
    put(source.choose(request), [&] { sink->need(std::move(request)); });
  }
  void ask(SignatureRequest request, Random& random) {
    put(request.key->sign_handshake(request.parts(), random), [&] { sink->need(std::move(request)); });
  }
  /// What a message holds is copied only where the answer will come later.
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

/// The event that a message is: kEvent where it names one, else its HandshakeType.
template <class M>
consteval On event_for() {
  if constexpr (requires { M::kEvent; })
    return M::kEvent;
  else if constexpr (std::is_same_v<M, wire::HelloRetryRequest>)
    return On::hello_retry_request;
  else
    return static_cast<On>(M::kType);
}

/// TLS 1.2's ChangeCipherSpec, as a machine takes it: a record and no message, so there is nothing to parse.
struct ChangeCipherSpec {
  static constexpr On kEvent = On::change_cipher_spec;
};

/// The answers of operations, in the form in which machines take them.
template <On O, class T>
struct Answered {
  static constexpr On kEvent = O;
  using Value = T;
  T value;
};
/// What an Error comes to where a handshake goes on without: nothing by default. A session that nobody can look up is
/// an unknown one, and a claim that nobody can judge is not fresh.
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
/// The same where a handshake goes on without: a session whose chain is refused is not resumed.
struct ChainReviewed {
  static constexpr On kEvent = On::chain_verified;
  using Value = ChainAccepted;
  std::optional<ChainAccepted> value;  ///< nothing: it is refused
  static ChainReviewed instead_of_error() { return {}; }
};
using SignatureMade = Answered<On::signature_made, std::vector<std::uint8_t>>;
using SessionFound = Answered<On::session_found, std::optional<SessionState>>;
using TicketOpened = Answered<On::ticket_opened, std::optional<OpenedTicket>>;
using ReplayClaimed = Answered<On::replay_claimed, ReplayVerdict>;

/// Whether a credential can be used, if there is one: an application may make its own. Fails with bad_config.
[[nodiscard]] Result<void> check_credential(const CredentialPtr& credential);

/// The event that an answer is.
[[nodiscard]] On event_of(const OperationResult& result) noexcept;
/// The name of a HandshakeType, for errors.
[[nodiscard]] std::string describe(std::uint8_t handshake_type);

}  // namespace tls::handshake
