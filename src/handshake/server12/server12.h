// The server's machine for TLS 1.2 (RFC 5246 §7.3): its states, its table, its handlers.
#pragma once

#include <memory>
#include <tuple>
#include <variant>

#include "base/exceptions.h"
#include "handshake/authentication12.h"
#include "handshake/hello/choices.h"
#include "handshake/hello/negotiate.h"
#include "handshake/hello/resume12.h"
#include "handshake/machine.h"
#include "handshake/session_notes.h"
#include "wire/client_hello.h"
#include "wire/client_key_exchange.h"
#include "wire/finished.h"
#include "wire/server_hello.h"

namespace tls::handshake::server12 {

/// The data that all states share.
struct Context : handshake::Context {
  std::shared_ptr<const ServerSettings> settings;
  const wire::ClientHello* hello = nullptr;       ///< the first one, which hello/ has parsed, during that call
  wire::ShortBytes<wire::kMaxSessionId> kept_id;  ///< ID of this connection's session, if the cache holds it

  /// RFC 5246 §7.2.2: the session of a failed connection MUST NOT be resumed again. A ticket cannot be revoked: the
  /// server would have to remember it, and a ticket exists so that the server stores nothing. The client must drop it.
  void failed() noexcept {
    if (!kept_id.empty()) ignoring_exceptions([&] { settings->session_cache->remove(kept_id.bytes()); });
  }
  void send(ByteVector outgoing, Epoch epoch) {
    handshake::send(std::move(outgoing), epoch, *settings, transcript, *sink);
  }
  [[nodiscard]] std::size_t max_message(On event) const noexcept;
  template <class M>
  Result<M> parse(Bytes body) {
    if constexpr (std::is_same_v<M, wire::ClientHello>)
      if (hello != nullptr) return *std::exchange(hello, nullptr);
    if constexpr (requires { M::parse(body, kVerifyDataSize); })
      return M::parse(body, kVerifyDataSize);
    else
      return M::parse(body);
  }
};

/// The data from a full handshake for later handshakes.
struct NewSession {
  wire::ShortBytes<wire::kMaxSessionId> id;  ///< will be stored under this ID. Empty: will not be
  bool ticket = false;                       ///< a NewSessionTicket was announced
  session::Fingerprint binding{};
};

/// The key exchange, which ServerKeyExchange begins and ClientKeyExchange completes.
struct Exchange {
  Agreed12 agreed;
  NewSession session;
  const crypto::GroupImpl* group = nullptr;
  crypto::KeySharePrivate key;
};

// clang-format off
struct WaitClientHello {};
struct AwaitTicket { hello::Common12 common; };
struct AwaitSession { hello::Common12 common; };
struct AwaitResumedVerification { hello::Common12 common; session::State session; Resumption how; bool ticket; };  // for the chain of a session
struct AwaitCredential { hello::Decision12 decision; };
struct AwaitSignature { Exchange exchange; ByteVector point; SignatureScheme scheme; };
struct WaitCertificate { Exchange exchange; };
struct AwaitVerification { Exchange exchange; crypto::PublicKey peer; };
struct WaitClientKeyExchange { Exchange exchange; };  // from a client without certificate
struct WaitSignedKeyExchange { Exchange exchange; crypto::PublicKey peer; };  // CertificateVerify will follow
struct WaitCertificateVerify { Keys12 keys; NewSession session; crypto::PublicKey peer; };
struct WaitChangeCipherSpec { Keys12 keys; NewSession session; };
struct WaitFinished { Keys12 keys; NewSession session; };
struct ResumedChangeCipherSpec { Keys12 keys; };  // abbreviated handshake: our Finished was already sent
struct ResumedFinished { Keys12 keys; };
struct Connected { Keys12 keys; };
using State = std::variant<WaitClientHello, AwaitTicket, AwaitSession, AwaitResumedVerification, AwaitCredential,
                           AwaitSignature, WaitCertificate, AwaitVerification, WaitClientKeyExchange, WaitSignedKeyExchange,
                           WaitCertificateVerify, WaitChangeCipherSpec, WaitFinished, ResumedChangeCipherSpec,
                           ResumedFinished, Connected>;

enum class Id : std::uint8_t {
  wait_client_hello, await_ticket, await_session, await_resumed_verification, await_credential, await_signature,
  wait_certificate, await_verification, wait_client_key_exchange, wait_signed_key_exchange, wait_certificate_verify,
  wait_change_cipher_spec, wait_finished, resumed_change_cipher_spec, resumed_finished, connected,
};
// clang-format on

// The return type of a handler names each state that may follow.
Result<Next<AwaitTicket, AwaitSession, AwaitCredential>> on(WaitClientHello&&, const wire::ClientHello&, Context&);
using AfterLookup = Next<AwaitResumedVerification, AwaitCredential, ResumedChangeCipherSpec>;
Result<AfterLookup> on(AwaitTicket&&, const TicketOpened&, Context&);
Result<AfterLookup> on(AwaitSession&&, const SessionFound&, Context&);
Result<Next<AwaitCredential, ResumedChangeCipherSpec>> on(AwaitResumedVerification&&, const ChainReviewed&, Context&);
Result<Next<AwaitSignature>> on(AwaitCredential&&, const CredentialChosen&, Context&);
Result<Next<WaitCertificate, WaitClientKeyExchange>> on(AwaitSignature&&, const SignatureMade&, Context&);
Result<Next<AwaitVerification, WaitClientKeyExchange>> on(WaitCertificate&&, const wire::Certificate12&, Context&);
Result<Next<WaitSignedKeyExchange>> on(AwaitVerification&&, const ChainVerified&, Context&);
Result<Next<WaitChangeCipherSpec>> on(WaitClientKeyExchange&&, const wire::ClientKeyExchange&, Context&);
Result<Next<WaitCertificateVerify>> on(WaitSignedKeyExchange&&, const wire::ClientKeyExchange&, Context&);
Result<Next<WaitChangeCipherSpec>> on(WaitCertificateVerify&&, const wire::CertificateVerify&, Context&);
Result<Next<WaitFinished>> on(WaitChangeCipherSpec&&, const ChangeCipherSpec&, Context&);
Result<Next<Connected>> on(WaitFinished&&, const wire::Finished&, Context&);
Result<Next<ResumedFinished>> on(ResumedChangeCipherSpec&&, const ChangeCipherSpec&, Context&);
Result<Next<Connected>> on(ResumedFinished&&, const wire::Finished&, Context&);

struct Spec {
  using State = server12::State;
  using Id = server12::Id;
  using Context = server12::Context;
  using Messages = std::tuple<wire::ClientHello, wire::Certificate12, wire::ClientKeyExchange, wire::CertificateVerify,
                              ChangeCipherSpec, wire::Finished, ChainVerified, ChainReviewed, CredentialChosen,
                              SignatureMade, SessionFound, TicketOpened>;
  static constexpr std::string_view kName = "server12";

  // clang-format off
  static constexpr Row<Id> kTable[] = {
    // from                         on                       to                                                      hash           edge
    {Id::wait_client_hello,         On::client_hello,        to(Id::await_ticket, Id::await_session, Id::await_credential), Hash::before, Edge::aligned},
    {Id::await_ticket,              On::ticket_opened,       to(Id::await_resumed_verification, Id::await_credential, Id::resumed_change_cipher_spec), Hash::none, Edge::any},
    {Id::await_session,             On::session_found,       to(Id::await_resumed_verification, Id::await_credential, Id::resumed_change_cipher_spec), Hash::none, Edge::any},
    {Id::await_resumed_verification, On::chain_verified,     to(Id::await_credential, Id::resumed_change_cipher_spec), Hash::none,   Edge::any},
    {Id::await_credential,          On::credential_chosen,   to(Id::await_signature),                                Hash::none,    Edge::any},
    {Id::await_signature,           On::signature_made,      to(Id::wait_certificate, Id::wait_client_key_exchange), Hash::none,    Edge::any},
    {Id::wait_certificate,          On::certificate,         to(Id::await_verification, Id::wait_client_key_exchange), Hash::before, Edge::any},
    {Id::await_verification,        On::chain_verified,      to(Id::wait_signed_key_exchange),                       Hash::none,    Edge::any},
    {Id::wait_client_key_exchange,  On::client_key_exchange, to(Id::wait_change_cipher_spec),                        Hash::before,  Edge::any},
    {Id::wait_signed_key_exchange,  On::client_key_exchange, to(Id::wait_certificate_verify),                        Hash::before,  Edge::any},
    {Id::wait_certificate_verify,   On::certificate_verify,  to(Id::wait_change_cipher_spec),                        Hash::after,   Edge::any},
    {Id::wait_change_cipher_spec,   On::change_cipher_spec,  to(Id::wait_finished),                                  Hash::none,    Edge::any},
    {Id::wait_finished,             On::finished,            to(Id::connected),                                      Hash::handler, Edge::aligned},
    {Id::resumed_change_cipher_spec, On::change_cipher_spec, to(Id::resumed_finished),                               Hash::none,    Edge::any},
    {Id::resumed_finished,          On::finished,            to(Id::connected),                                      Hash::none,    Edge::aligned},
  };
  static constexpr StateRow<Id> kStates[] = {
    {Id::wait_client_hello,         "WaitClientHello",       {}},
    {Id::await_ticket,              "AwaitTicket",           {}},
    {Id::await_session,             "AwaitSession",          {}},
    {Id::await_resumed_verification, "AwaitResumedVerification", {}},
    {Id::await_credential,          "AwaitCredential",       {}},
    {Id::await_signature,           "AwaitSignature",        {}},
    {Id::wait_certificate,          "WaitCertificate",       {}},
    {Id::await_verification,        "AwaitVerification",     {}},
    {Id::wait_client_key_exchange,  "WaitClientKeyExchange", {}},
    {Id::wait_signed_key_exchange,  "WaitSignedKeyExchange", {}},
    {Id::wait_certificate_verify,   "WaitCertificateVerify", {}},
    {Id::wait_change_cipher_spec,   "WaitChangeCipherSpec",  {.ccs = Permissions::Ccs::deliver}},
    {Id::wait_finished,             "WaitFinished",          {}},
    {Id::resumed_change_cipher_spec, "ResumedChangeCipherSpec", {.ccs = Permissions::Ccs::deliver}},
    {Id::resumed_finished,          "ResumedFinished",       {}},
    {Id::connected,                 "Connected",             {.write_data = true, .read_data = true}},
  };
  // clang-format on

  static std::unique_ptr<PostHandshake> finish(Connected&& last, Context& c);
};

/// Returns the parts of ServerHello that full and abbreviated handshakes share: everything except the session ID,
/// tickets, and the extensions that only a full handshake answers. Its views point into `d`.
[[nodiscard]] wire::ServerHello server_hello(const hello::Common12& d, const Agreed12& agreed,
                                             const ServerSettings& settings);
/// Returns our random, with the downgrade mark if TLS 1.3 could have been negotiated.
[[nodiscard]] wire::HelloRandom draw_random(const hello::Common12& d, Random& source);
/// Stores the results of the negotiation in the connection's info.
void note(const hello::Common12& d, const Agreed12& agreed, Context& c);

/// Returns the session of these keys at this time. `authenticated` is the time when the client could present a
/// certificate. Returns no value if the session would expire at once or could not identify the client. Fails as
/// make_notes() does.
[[nodiscard]] Result<std::optional<session::State>> session_state(const Keys12& keys,
                                                                  const session::Fingerprint& binding,
                                                                  Clock::Milliseconds authenticated, Keeper keeper,
                                                                  ClientProof proof, const Context& c);
/// Returns where the session of a ticket is stored.
[[nodiscard]] Keeper keeper_of(const TicketSealer& sealer) noexcept;
/// Sends a NewSessionTicket. The ticket is empty if none can be made (RFC 5077 §3.3).
void send_ticket(const std::optional<session::State>& session, Context& c);

[[nodiscard]] const MachineTable& table();
/// Returns a machine that waits for a ClientHello. Precondition: TLS 1.2 was chosen for it.
[[nodiscard]] std::unique_ptr<Running> start(Context context);

}  // namespace tls::handshake::server12
