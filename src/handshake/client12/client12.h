// The client's machine for TLS 1.2 (RFC 5246 §7.3): its states, its table, its handlers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "handshake/authentication12.h"
#include "handshake/hello/offer.h"
#include "handshake/machine.h"
#include "handshake/settings.h"
#include "wire/certificate_request12.h"
#include "wire/certificate_status.h"
#include "wire/empty_message.h"
#include "wire/finished.h"
#include "wire/new_session_ticket12.h"
#include "wire/server_hello.h"

namespace tls::handshake::client12 {

/// The data that all states share.
struct Context : handshake::Context {
  std::shared_ptr<const ClientSettings> settings;
  SessionKey session_key;                    ///< the key under which its sessions are stored
  bool session_kept = false;                 ///< the store holds this connection's session
  std::string peer_name;                     ///< the name for which the certificate must be valid
  const wire::ServerHello* hello = nullptr;  ///< the first one, if hello/ has parsed it, during that call
  wire::ExtensionSet offered;                ///< extensions in the ClientHello

  void send(ByteVector outgoing, Epoch epoch) {
    handshake::send(std::move(outgoing), epoch, *settings, transcript, *sink);
  }
  [[nodiscard]] std::size_t max_message(On event) const noexcept;
  template <class M>
  Result<M> parse(Bytes body) {
    if constexpr (std::is_same_v<M, wire::ServerHello>)
      if (hello != nullptr) return *std::exchange(hello, nullptr);
    if constexpr (requires { M::parse(body, offered); })
      return M::parse(body, offered);
    else if constexpr (requires { M::parse(body, kVerifyDataSize); })
      return M::parse(body, kVerifyDataSize);
    else
      return M::parse(body);
  }
};

/// The data from this handshake for later handshakes.
struct NewSession {
  wire::ShortBytes<wire::kMaxSessionId> id;  ///< ID under which the server stores the session. Empty: it does not
  bool announced = false;                    ///< NewSessionTicket will come before ChangeCipherSpec
  ByteVector ticket;                         ///< empty: none yet, or the server sends none after all
  std::uint32_t lifetime_hint = 0;           ///< of the ticket, seconds. 0: unspecified

  void take(const wire::NewSessionTicket12& message) {
    ticket.assign(message.ticket.begin(), message.ticket.end());
    lifetime_hint = message.ticket_lifetime_hint;
  }
};

/// The parameters that ServerHello fixed, and the messages that it announced.
struct ServerChoice {
  Agreed12 agreed;
  bool status = false;  ///< CertificateStatus may follow Certificate
  NewSession session;
};
/// The server's share of the key exchange, which its key has signed, and the chain that must still be verified.
struct ServerShare {
  const crypto::GroupImpl* group = nullptr;
  ByteVector point;
  pki::PeerChainPtr chain;
};

// clang-format off
struct WaitServerHello { hello::Offer offer; };
struct WaitCertificate { ServerChoice choice; };
struct WaitCertificateStatus { ServerChoice choice; Peer peer; };
struct WaitServerKeyExchange { ServerChoice choice; Peer peer; };
struct WaitRequestOrDone { ServerChoice choice; ServerShare share; };
struct WaitServerHelloDone { ServerChoice choice; ServerShare share; CredentialRequest wanted; };
struct AwaitVerification { ServerChoice choice; ServerShare share; std::optional<CredentialRequest> wanted; };
struct AwaitCredential { ServerChoice choice; ServerShare share; CredentialRequest wanted; };
struct AwaitSignature { Keys12 keys; NewSession session; SignatureScheme scheme; };
struct WaitNewSessionTicket { Keys12 keys; NewSession session; };
struct WaitChangeCipherSpec { Keys12 keys; NewSession session; };
struct WaitFinished { Keys12 keys; NewSession session; };
struct FalseStartNewSessionTicket { Keys12 keys; NewSession session; };  // the same three states after False Start:
struct FalseStartChangeCipherSpec { Keys12 keys; NewSession session; };  // we may send data already (RFC 7918)
struct FalseStartFinished { Keys12 keys; NewSession session; };
struct ResumedNewSessionTicket { Keys12 keys; NewSession session; Clock::Milliseconds authenticated; };  // abbreviated handshake:
struct ResumedChangeCipherSpec { Keys12 keys; NewSession session; Clock::Milliseconds authenticated; };  // the server sends its
struct ResumedFinished { Keys12 keys; NewSession session; Clock::Milliseconds authenticated; };  // Finished before ours
struct AwaitResumedVerification { Keys12 keys; NewSession session; Clock::Milliseconds authenticated; };
struct Connected { Keys12 keys; };
using State = std::variant<WaitServerHello, WaitCertificate, WaitCertificateStatus, WaitServerKeyExchange,
                           WaitRequestOrDone, WaitServerHelloDone, AwaitVerification, AwaitCredential, AwaitSignature,
                           WaitNewSessionTicket, WaitChangeCipherSpec, WaitFinished, FalseStartNewSessionTicket,
                           FalseStartChangeCipherSpec, FalseStartFinished, ResumedNewSessionTicket,
                           ResumedChangeCipherSpec, ResumedFinished, AwaitResumedVerification, Connected>;

enum class Id : std::uint8_t {
  wait_server_hello, wait_certificate, wait_certificate_status, wait_server_key_exchange, wait_request_or_done,
  wait_server_hello_done, await_verification, await_credential, await_signature, wait_new_session_ticket,
  wait_change_cipher_spec, wait_finished, false_start_new_session_ticket, false_start_change_cipher_spec,
  false_start_finished, resumed_new_session_ticket, resumed_change_cipher_spec, resumed_finished,
  await_resumed_verification, connected,
};
// clang-format on

/// The states of a client after its own Finished.
using AfterFlight = Next<WaitNewSessionTicket, WaitChangeCipherSpec>;
/// The same for a client that did not sign, so that False Start is possible.
using AfterAnonymousFlight =
    Next<WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket, FalseStartChangeCipherSpec>;

// The return type of a handler names each state that may follow.
Result<Next<WaitCertificate, ResumedNewSessionTicket, ResumedChangeCipherSpec>> on(WaitServerHello&&,
                                                                                   const wire::ServerHello&, Context&);
Result<Next<WaitCertificateStatus, WaitServerKeyExchange>> on(WaitCertificate&&, const wire::Certificate12&, Context&);
Result<Next<WaitServerKeyExchange>> on(WaitCertificateStatus&&, const wire::CertificateStatus&, Context&);
Result<Next<WaitRequestOrDone>> on(WaitCertificateStatus&&, const wire::ServerKeyExchange&, Context&);
Result<Next<WaitRequestOrDone>> on(WaitServerKeyExchange&&, const wire::ServerKeyExchange&, Context&);
Result<Next<WaitServerHelloDone>> on(WaitRequestOrDone&&, const wire::CertificateRequest12&, Context&);
Result<Next<AwaitVerification>> on(WaitRequestOrDone&&, const wire::ServerHelloDone&, Context&);
Result<Next<AwaitVerification>> on(WaitServerHelloDone&&, const wire::ServerHelloDone&, Context&);
Result<Next<AwaitCredential, WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket,
            FalseStartChangeCipherSpec>>
on(AwaitVerification&&, const ChainVerified&, Context&);
Result<Next<AwaitSignature, WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket,
            FalseStartChangeCipherSpec>>
on(AwaitCredential&&, const CredentialChosen&, Context&);
Result<AfterFlight> on(AwaitSignature&&, const SignatureMade&, Context&);
Result<Next<WaitChangeCipherSpec>> on(WaitNewSessionTicket&&, const wire::NewSessionTicket12&, Context&);
Result<Next<WaitFinished>> on(WaitChangeCipherSpec&&, const ChangeCipherSpec&, Context&);
Result<Next<Connected>> on(WaitFinished&&, const wire::Finished&, Context&);
Result<Next<FalseStartChangeCipherSpec>> on(FalseStartNewSessionTicket&&, const wire::NewSessionTicket12&, Context&);
Result<Next<FalseStartFinished>> on(FalseStartChangeCipherSpec&&, const ChangeCipherSpec&, Context&);
Result<Next<Connected>> on(FalseStartFinished&&, const wire::Finished&, Context&);
Result<Next<ResumedChangeCipherSpec>> on(ResumedNewSessionTicket&&, const wire::NewSessionTicket12&, Context&);
Result<Next<ResumedFinished>> on(ResumedChangeCipherSpec&&, const ChangeCipherSpec&, Context&);
Result<Next<AwaitResumedVerification, Connected>> on(ResumedFinished&&, const wire::Finished&, Context&);
Result<Next<Connected>> on(AwaitResumedVerification&&, const ChainVerified&, Context&);

struct Spec {
  using State = client12::State;
  using Id = client12::Id;
  using Context = client12::Context;
  using Messages = std::tuple<wire::ServerHello, wire::Certificate12, wire::CertificateStatus, wire::ServerKeyExchange,
                              wire::CertificateRequest12, wire::ServerHelloDone, wire::NewSessionTicket12,
                              ChangeCipherSpec, wire::Finished, ChainVerified, CredentialChosen, SignatureMade>;
  static constexpr std::string_view kName = "client12";

  /// The states after our Finished, with or without data that follows it at once.
  static constexpr IdSet kFinishedSent = to(Id::wait_new_session_ticket, Id::wait_change_cipher_spec,
                                            Id::false_start_new_session_ticket, Id::false_start_change_cipher_spec);
  // clang-format off
  static constexpr Row<Id> kTable[] = {
    // from                              on                       to                                                               hash          edge
    {Id::wait_server_hello,              On::server_hello,        to(Id::wait_certificate, Id::resumed_new_session_ticket, Id::resumed_change_cipher_spec), Hash::before, Edge::any},
    {Id::wait_certificate,               On::certificate,         to(Id::wait_certificate_status, Id::wait_server_key_exchange),   Hash::before, Edge::any},
    {Id::wait_certificate_status,        On::certificate_status,  to(Id::wait_server_key_exchange),                                Hash::before, Edge::any},
    {Id::wait_certificate_status,        On::server_key_exchange, to(Id::wait_request_or_done),                                    Hash::before, Edge::any},
    {Id::wait_server_key_exchange,       On::server_key_exchange, to(Id::wait_request_or_done),                                    Hash::before, Edge::any},
    {Id::wait_request_or_done,           On::certificate_request, to(Id::wait_server_hello_done),                                  Hash::before, Edge::any},
    {Id::wait_request_or_done,           On::server_hello_done,   to(Id::await_verification),                                      Hash::before, Edge::aligned},
    {Id::wait_server_hello_done,         On::server_hello_done,   to(Id::await_verification),                                      Hash::before, Edge::aligned},
    {Id::await_verification,             On::chain_verified,      to(Id::await_credential) | kFinishedSent,                        Hash::none,   Edge::any},
    {Id::await_credential,               On::credential_chosen,   to(Id::await_signature) | kFinishedSent,                         Hash::none,   Edge::any},
    {Id::await_signature,                On::signature_made,      to(Id::wait_new_session_ticket, Id::wait_change_cipher_spec),    Hash::none,   Edge::any},
    {Id::wait_new_session_ticket,        On::new_session_ticket,  to(Id::wait_change_cipher_spec),                                 Hash::before, Edge::any},
    {Id::wait_change_cipher_spec,        On::change_cipher_spec,  to(Id::wait_finished),                                           Hash::none,   Edge::any},
    {Id::wait_finished,                  On::finished,            to(Id::connected),                                               Hash::after,  Edge::aligned},
    {Id::false_start_new_session_ticket, On::new_session_ticket,  to(Id::false_start_change_cipher_spec),                          Hash::before, Edge::any},
    {Id::false_start_change_cipher_spec, On::change_cipher_spec,  to(Id::false_start_finished),                                    Hash::none,   Edge::any},
    {Id::false_start_finished,           On::finished,            to(Id::connected),                                               Hash::after,  Edge::aligned},
    {Id::resumed_new_session_ticket,     On::new_session_ticket,  to(Id::resumed_change_cipher_spec),                              Hash::before, Edge::any},
    {Id::resumed_change_cipher_spec,     On::change_cipher_spec,  to(Id::resumed_finished),                                        Hash::none,   Edge::any},
    {Id::resumed_finished,               On::finished,            to(Id::await_resumed_verification, Id::connected),               Hash::handler, Edge::aligned},
    {Id::await_resumed_verification,     On::chain_verified,      to(Id::connected),                                               Hash::none,   Edge::any},
  };
  static constexpr StateRow<Id> kStates[] = {
    {Id::wait_server_hello,              "WaitServerHello",            {}},
    {Id::wait_certificate,               "WaitCertificate",            {}},
    {Id::wait_certificate_status,        "WaitCertificateStatus",      {}},
    {Id::wait_server_key_exchange,       "WaitServerKeyExchange",      {}},
    {Id::wait_request_or_done,           "WaitRequestOrDone",          {}},
    {Id::wait_server_hello_done,         "WaitServerHelloDone",        {}},
    {Id::await_verification,             "AwaitVerification",          {}},
    {Id::await_credential,               "AwaitCredential",            {}},
    {Id::await_signature,                "AwaitSignature",             {}},
    {Id::wait_new_session_ticket,        "WaitNewSessionTicket",       {}},
    {Id::wait_change_cipher_spec,        "WaitChangeCipherSpec",       {.ccs = Permissions::Ccs::deliver}},
    {Id::wait_finished,                  "WaitFinished",               {}},
    {Id::false_start_new_session_ticket, "FalseStartNewSessionTicket", {.write_data = true}},
    {Id::false_start_change_cipher_spec, "FalseStartChangeCipherSpec", {.write_data = true, .ccs = Permissions::Ccs::deliver}},
    {Id::false_start_finished,           "FalseStartFinished",         {.write_data = true}},
    {Id::resumed_new_session_ticket,     "ResumedNewSessionTicket",    {}},
    {Id::resumed_change_cipher_spec,     "ResumedChangeCipherSpec",    {.ccs = Permissions::Ccs::deliver}},
    {Id::resumed_finished,               "ResumedFinished",            {}},
    {Id::await_resumed_verification,     "AwaitResumedVerification",   {}},
    {Id::connected,                      "Connected",                  {.write_data = true, .read_data = true}},
  };
  // clang-format on

  static std::unique_ptr<PostHandshake> finish(Connected&& last, Context& c);
};

/// Returns true if data may follow our Finished at once (RFC 7918 §5). Not called if the client authenticates or
/// resumes.
[[nodiscard]] bool may_start_falsely(FalseStart policy, const crypto::SuiteFacts& suite, const crypto::GroupImpl& group,
                                     std::string_view alpn) noexcept;

/// Handles a ServerHello that accepts the offered session. Fails if it does not match the offered session.
[[nodiscard]] Result<Next<WaitCertificate, ResumedNewSessionTicket, ResumedChangeCipherSpec>> resume(
    const hello::Offer& offer, const wire::ServerHello& message, Context& c);
/// Stores the resumable data of a handshake that is done. `authenticated` is the wall time at which the chain was
/// verified.
void keep_session(const Keys12& keys, NewSession&& session, Clock::Milliseconds authenticated, Context& c);

/// Checks the protections that both sides must agree on, unless the configuration does not require them.
[[nodiscard]] Result<void> check_protections(const wire::ServerHello& message, const ClientSettings& settings);
/// Stores the ServerHello's answers for this connection, whether it is resumed or not. Fails with bad_alpn_answer if we
/// did not offer the protocol.
[[nodiscard]] Result<void> note_answers(const wire::ServerHello& message, Context& c);

[[nodiscard]] const MachineTable& table();
/// Returns a machine that has sent the ClientHello of `offer`. Precondition: the context's transcript holds that
/// message.
[[nodiscard]] std::unique_ptr<Running> start(Context context, hello::Offer offer);

}  // namespace tls::handshake::client12
