// The server's machine for TLS 1.3 (RFC 9846 Appendix A.2): its states, its table, its handlers.
#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <variant>

#include "handshake/authentication13.h"
#include "handshake/hello/negotiate.h"
#include "handshake/machine.h"
#include "handshake/secrets13.h"
#include "session/state.h"
#include "wire/certificate.h"
#include "wire/certificate_verify.h"
#include "wire/client_hello.h"
#include "wire/empty_message.h"
#include "wire/finished.h"

namespace tls::handshake::server13 {

/// The tickets that the client will receive, and the data of their sessions.
struct TicketPlan {
  std::uint8_t count = 0;
  session::Fingerprint binding{}, alpn{};
  std::optional<Clock::Milliseconds> authenticated;  ///< wall time of the first handshake. No value: this handshake
};

/// The data that all states share.
struct Context : handshake::Context {
  std::shared_ptr<const ServerSettings> settings;
  const wire::ClientHello* hello = nullptr;  ///< the first one, which hello/ has parsed, during that call
  wire::HelloRandom client_random{};
  wire::ExtensionSet requested;  ///< extensions of our CertificateRequest, which the client's Certificate may answer
  std::size_t hash_size = 0;     ///< bytes of a Finished. 0 before ServerHello
  bool ccs_sent = false;         ///< the single compatibility ChangeCipherSpec was sent
  TicketPlan tickets;            ///< for the end of the handshake
  std::optional<EarlyExporter> early;  ///< set when early data is accepted

  Result<void> export_early(std::string_view label, Bytes exporter_context, MutableBytes out) const {
    if (!early) return no_early_exporter();
    return export_from(*early->hash, early->secret, label, exporter_context, out);
  }
  void send(ByteVector outgoing, Epoch epoch) {
    handshake::send(std::move(outgoing), epoch, *settings, transcript, *sink);
  }
  [[nodiscard]] std::size_t max_message(On event) const noexcept;
  template <class M>
  Result<M> parse(Bytes body) {
    if constexpr (std::is_same_v<M, wire::ClientHello>)
      if (hello != nullptr) return *std::exchange(hello, nullptr);
    if constexpr (requires { M::parse(body, requested); })
      return M::parse(body, requested);
    else if constexpr (requires { M::parse(body, hash_size); })
      return M::parse(body, hash_size);
    else
      return M::parse(body);
  }
};

/// A ClientHello whose identities are looked up one after another.
struct Search {
  hello::Decision13 decision;
  ByteVector hello;          ///< the complete message: an operation may be answered after the record is gone
  std::size_t identity = 0;  ///< the identity that is being looked up
};
/// The PSK of an identity in the ClientHello.
struct FoundPsk {
  const crypto::SuiteFacts* suite = nullptr;
  EarlySecret::Binder kind{};
  Psk key;
  std::optional<session::State> session = {};  ///< no value: an external PSK
  bool renew = false;                          ///< its ticket must be renewed
};
/// The PSK of the handshake. Its binder has been verified.
struct SelectedPsk {
  std::uint16_t identity = 0;
  EarlySecret early;
};

// clang-format off
struct WaitClientHello {};
struct WaitRetriedClientHello {
  const crypto::SuiteFacts* suite;
  const crypto::GroupImpl* group;
  crypto::Digest first;  ///< digest of the parts that the second ClientHello must repeat
  ByteVector cookie;  ///< empty: none was sent
  bool share_asked;  ///< by key_share: for one share, of `group`
};
struct AwaitTicket { Search search; };
struct AwaitResumedVerification { Search search; FoundPsk found; };  // for the chain of a session. Its binder has been verified
struct AwaitReplayVerdict { hello::Decision13 decision; SelectedPsk psk; };
struct AwaitCredential { hello::Decision13 decision; };
struct AwaitSignature { HandshakeKeys keys; SignatureScheme scheme; };
struct WaitCertificate { ApplicationKeys keys; };
struct AwaitVerification { ApplicationKeys keys; crypto::PublicKey peer; };
struct WaitCertificateVerify { ApplicationKeys keys; crypto::PublicKey peer; };
struct WaitEndOfEarlyData { ApplicationKeys keys; };
struct WaitFinished { ApplicationKeys keys; };
struct Connected { ApplicationKeys keys; };
using State = std::variant<WaitClientHello, WaitRetriedClientHello, AwaitTicket, AwaitResumedVerification,
                           AwaitReplayVerdict, AwaitCredential, AwaitSignature, WaitCertificate, AwaitVerification, WaitCertificateVerify,
                           WaitEndOfEarlyData, WaitFinished, Connected>;

enum class Id : std::uint8_t {
  wait_client_hello, wait_retried_client_hello, await_ticket, await_resumed_verification, await_replay_verdict, await_credential, await_signature,
  wait_certificate, await_verification, wait_certificate_verify, wait_end_of_early_data, wait_finished, connected,
};

// clang-format on

// The return type of a handler names each state that may follow.
Result<Next<WaitRetriedClientHello, AwaitTicket, AwaitCredential, WaitFinished>> on(WaitClientHello&&,
                                                                                    const wire::ClientHello&, Context&);
Result<Next<AwaitTicket, AwaitCredential, WaitFinished>> on(WaitRetriedClientHello&&, const wire::ClientHello&,
                                                            Context&);
Result<Next<WaitRetriedClientHello, AwaitTicket, AwaitResumedVerification, AwaitReplayVerdict, AwaitCredential,
            WaitFinished>>
on(AwaitTicket&&, const TicketOpened&, Context&);
Result<Next<WaitRetriedClientHello, AwaitTicket, AwaitReplayVerdict, AwaitCredential, WaitFinished>> on(
    AwaitResumedVerification&&, const ChainReviewed&, Context&);
Result<Next<WaitEndOfEarlyData, WaitFinished>> on(AwaitReplayVerdict&&, const ReplayClaimed&, Context&);
Result<Next<AwaitSignature>> on(AwaitCredential&&, const CredentialChosen&, Context&);
Result<Next<WaitCertificate, WaitFinished>> on(AwaitSignature&&, const SignatureMade&, Context&);
Result<Next<AwaitVerification, WaitFinished>> on(WaitCertificate&&, const wire::Certificate&, Context&);
Result<Next<WaitCertificateVerify>> on(AwaitVerification&&, const ChainVerified&, Context&);
Result<Next<WaitFinished>> on(WaitCertificateVerify&&, const wire::CertificateVerify&, Context&);
Result<Next<WaitFinished>> on(WaitEndOfEarlyData&&, const wire::EndOfEarlyData&, Context&);
Result<Next<Connected>> on(WaitFinished&&, const wire::Finished&, Context&);

struct Spec {
  using State = server13::State;
  using Id = server13::Id;
  using Context = server13::Context;
  using Messages =
      std::tuple<wire::ClientHello, wire::Certificate, wire::CertificateVerify, wire::EndOfEarlyData, wire::Finished,
                 ChainVerified, ChainReviewed, CredentialChosen, SignatureMade, TicketOpened, ReplayClaimed>;
  static constexpr std::string_view kName = "server13";

  // clang-format off
  static constexpr Row<Id> kTable[] = {
    // from                         on                      to                                                        hash           edge
    {Id::wait_client_hello,         On::client_hello,       to(Id::wait_retried_client_hello, Id::await_ticket, Id::await_credential, Id::wait_finished), Hash::handler, Edge::aligned},
    {Id::wait_retried_client_hello, On::client_hello,       to(Id::await_ticket, Id::await_credential, Id::wait_finished), Hash::handler, Edge::aligned},
    {Id::await_ticket,              On::ticket_opened,      to(Id::wait_retried_client_hello, Id::await_ticket, Id::await_resumed_verification, Id::await_replay_verdict, Id::await_credential, Id::wait_finished), Hash::none, Edge::any},
    {Id::await_resumed_verification, On::chain_verified,    to(Id::wait_retried_client_hello, Id::await_ticket, Id::await_replay_verdict, Id::await_credential, Id::wait_finished), Hash::none, Edge::any},
    {Id::await_replay_verdict,      On::replay_claimed,     to(Id::wait_end_of_early_data, Id::wait_finished),        Hash::none,    Edge::any},
    {Id::await_credential,          On::credential_chosen,  to(Id::await_signature),                                  Hash::none,    Edge::any},
    {Id::await_signature,           On::signature_made,     to(Id::wait_certificate, Id::wait_finished),              Hash::none,    Edge::any},
    {Id::wait_certificate,          On::certificate,        to(Id::await_verification, Id::wait_finished),            Hash::before,  Edge::any},
    {Id::await_verification,        On::chain_verified,     to(Id::wait_certificate_verify),                          Hash::none,    Edge::any},
    {Id::wait_certificate_verify,   On::certificate_verify, to(Id::wait_finished),                                    Hash::after,   Edge::any},
    {Id::wait_end_of_early_data,    On::end_of_early_data,  to(Id::wait_finished),                                    Hash::before,  Edge::aligned},
    {Id::wait_finished,             On::finished,           to(Id::connected),                                        Hash::handler, Edge::aligned},
  };
  // RFC 9846 §5: a compatibility ChangeCipherSpec is dropped between the first ClientHello and the client's Finished.
  // RFC 9846 §4.3.10: rejected early data is skipped until the second ClientHello, or until the first record that
  // decrypts.
  // RFC 9846 §4.5.3: a server may write before the client's Finished, but not if the client has yet to authenticate.
  static constexpr StateRow<Id> kStates[] = {
    {Id::wait_client_hello,         "WaitClientHello",        {}},
    {Id::wait_retried_client_hello, "WaitRetriedClientHello", {.skip_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::await_ticket,              "AwaitTicket",            {.ccs = Permissions::Ccs::drop}},
    {Id::await_resumed_verification, "AwaitResumedVerification", {.ccs = Permissions::Ccs::drop}},
    {Id::await_replay_verdict,      "AwaitReplayVerdict",     {.ccs = Permissions::Ccs::drop}},
    {Id::await_credential,          "AwaitCredential",        {.ccs = Permissions::Ccs::drop}},
    {Id::await_signature,           "AwaitSignature",         {.ccs = Permissions::Ccs::drop}},
    {Id::wait_certificate,          "WaitCertificate",        {.skip_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::await_verification,        "AwaitVerification",      {.ccs = Permissions::Ccs::drop}},
    {Id::wait_certificate_verify,   "WaitCertificateVerify",  {.ccs = Permissions::Ccs::drop}},
    {Id::wait_end_of_early_data,    "WaitEndOfEarlyData",     {.write_data = true, .read_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::wait_finished,             "WaitFinished",           {.write_data = true, .skip_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::connected,                 "Connected",              {.write_data = true, .read_data = true}},
  };
  // clang-format on

  static std::unique_ptr<PostHandshake> finish(Connected&& last, Context& c);
};

[[nodiscard]] const MachineTable& table();
/// Returns a machine that waits for a ClientHello. Precondition: TLS 1.3 was chosen for it.
[[nodiscard]] std::unique_ptr<Running> start(Context context);

}  // namespace tls::handshake::server13
