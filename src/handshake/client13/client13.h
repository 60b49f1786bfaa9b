// The client's machine for TLS 1.3 (RFC 9846 Appendix A.1): its states, its table, its handlers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "handshake/authentication13.h"
#include "handshake/hello/offer.h"
#include "handshake/machine.h"
#include "handshake/secrets13.h"
#include "handshake/settings.h"
#include "wire/certificate.h"
#include "wire/certificate_request.h"
#include "wire/certificate_verify.h"
#include "wire/encrypted_extensions.h"
#include "wire/finished.h"
#include "wire/hello_retry_request.h"
#include "wire/server_hello.h"

namespace tls::handshake::client13 {

/// The data that all states share.
struct Context : handshake::Context {
  std::shared_ptr<const ClientSettings> settings;
  SessionKey session_key;  ///< the key under which its sessions are stored
  std::string peer_name;   ///< the name for which the certificate must be valid
  wire::HelloRandom client_random{};
  const wire::ServerHello* hello = nullptr;  ///< the first one, if hello/ has parsed it, during that call
  wire::ExtensionSet offered;                ///< extensions in the last ClientHello
  std::size_t hash_size = 0;                 ///< bytes of a Finished. 0 before ServerHello
  bool ccs_sent = false;                     ///< the single compatibility ChangeCipherSpec was sent
  std::optional<ClientSession> resumed;      ///< set when the server has selected its ticket

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
    else if constexpr (requires { M::parse(body, hash_size); })
      return M::parse(body, hash_size);
    else
      return M::parse(body);
  }
};

/// The contents of a CertificateRequest.
struct Wanted {
  CredentialRequest request;
  StapleWishes staples;
};

// clang-format off
struct WaitServerHello { hello::Offer offer; };
struct WaitRetriedServerHello { hello::Offer offer; CipherSuite suite; };
struct WaitEncryptedExtensions { HandshakeKeys keys; };
struct WaitPskEncryptedExtensions { HandshakeKeys keys; std::uint16_t selected; };
struct WaitPskFinished { HandshakeKeys keys; };
struct AwaitResumedVerification { ApplicationKeys keys; };
struct WaitCertificateOrRequest { HandshakeKeys keys; };
struct WaitCertificate { HandshakeKeys keys; Wanted wanted; };
struct AwaitVerification { HandshakeKeys keys; std::optional<Wanted> wanted; crypto::PublicKey peer; };
struct WaitCertificateVerify { HandshakeKeys keys; std::optional<Wanted> wanted; crypto::PublicKey peer; };
struct WaitFinished { HandshakeKeys keys; std::optional<Wanted> wanted; };
struct AwaitCredential { ApplicationKeys keys; Wanted wanted; };
struct AwaitSignature { ApplicationKeys keys; SignatureScheme scheme; };
struct Connected { ApplicationKeys keys; };
using State = std::variant<WaitServerHello, WaitRetriedServerHello, WaitEncryptedExtensions, WaitPskEncryptedExtensions,
                           WaitPskFinished, AwaitResumedVerification, WaitCertificateOrRequest, WaitCertificate, AwaitVerification, WaitCertificateVerify, WaitFinished, AwaitCredential,
                           AwaitSignature, Connected>;

enum class Id : std::uint8_t {
  wait_server_hello, wait_retried_server_hello, wait_encrypted_extensions, wait_psk_encrypted_extensions,
  wait_psk_finished, await_resumed_verification, wait_certificate_or_request, wait_certificate, await_verification, wait_certificate_verify, wait_finished, await_credential, await_signature, connected,
};

// clang-format on

// The return type of a handler names each state that may follow.
using AfterServerHello = Next<WaitEncryptedExtensions, WaitPskEncryptedExtensions>;
Result<AfterServerHello> on(WaitServerHello&&, const wire::ServerHello&, Context&);
Result<Next<WaitRetriedServerHello>> on(WaitServerHello&&, const wire::HelloRetryRequest&, Context&);
Result<AfterServerHello> on(WaitRetriedServerHello&&, const wire::ServerHello&, Context&);
Result<Next<WaitCertificateOrRequest>> on(WaitEncryptedExtensions&&, const wire::EncryptedExtensions&, Context&);
Result<Next<WaitPskFinished>> on(WaitPskEncryptedExtensions&&, const wire::EncryptedExtensions&, Context&);
Result<Next<AwaitResumedVerification, Connected>> on(WaitPskFinished&&, const wire::Finished&, Context&);
Result<Next<Connected>> on(AwaitResumedVerification&&, const ChainVerified&, Context&);
Result<Next<WaitCertificate>> on(WaitCertificateOrRequest&&, const wire::CertificateRequest&, Context&);
Result<Next<AwaitVerification>> on(WaitCertificateOrRequest&&, const wire::Certificate&, Context&);
Result<Next<AwaitVerification>> on(WaitCertificate&&, const wire::Certificate&, Context&);
Result<Next<WaitCertificateVerify>> on(AwaitVerification&&, const ChainVerified&, Context&);
Result<Next<WaitFinished>> on(WaitCertificateVerify&&, const wire::CertificateVerify&, Context&);
Result<Next<AwaitCredential, Connected>> on(WaitFinished&&, const wire::Finished&, Context&);
Result<Next<AwaitSignature, Connected>> on(AwaitCredential&&, const CredentialChosen&, Context&);
Result<Next<Connected>> on(AwaitSignature&&, const SignatureMade&, Context&);

struct Spec {
  using State = client13::State;
  using Id = client13::Id;
  using Context = client13::Context;
  using Messages = std::tuple<wire::ServerHello, wire::HelloRetryRequest, wire::EncryptedExtensions,
                              wire::CertificateRequest, wire::Certificate, wire::CertificateVerify, wire::Finished,
                              ChainVerified, CredentialChosen, SignatureMade>;
  static constexpr std::string_view kName = "client13";

  // clang-format off
  static constexpr Row<Id> kTable[] = {
    // from                          on                        to                                               hash           edge
    {Id::wait_server_hello,          On::server_hello,         to(Id::wait_encrypted_extensions, Id::wait_psk_encrypted_extensions), Hash::before,  Edge::aligned},
    {Id::wait_server_hello,          On::hello_retry_request,  to(Id::wait_retried_server_hello),               Hash::handler, Edge::aligned},
    {Id::wait_retried_server_hello,  On::server_hello,         to(Id::wait_encrypted_extensions, Id::wait_psk_encrypted_extensions), Hash::before,  Edge::aligned},
    {Id::wait_encrypted_extensions,  On::encrypted_extensions, to(Id::wait_certificate_or_request),             Hash::before,  Edge::any},
    {Id::wait_psk_encrypted_extensions, On::encrypted_extensions, to(Id::wait_psk_finished),                     Hash::before,  Edge::any},
    {Id::wait_psk_finished,          On::finished,             to(Id::await_resumed_verification, Id::connected), Hash::handler, Edge::aligned},
    {Id::await_resumed_verification, On::chain_verified,       to(Id::connected),                               Hash::none,    Edge::any},
    {Id::wait_certificate_or_request, On::certificate_request, to(Id::wait_certificate),                        Hash::before,  Edge::any},
    {Id::wait_certificate_or_request, On::certificate,         to(Id::await_verification),                      Hash::before,  Edge::any},
    {Id::wait_certificate,           On::certificate,          to(Id::await_verification),                      Hash::before,  Edge::any},
    {Id::await_verification,         On::chain_verified,       to(Id::wait_certificate_verify),                 Hash::none,    Edge::any},
    {Id::wait_certificate_verify,    On::certificate_verify,   to(Id::wait_finished),                           Hash::after,   Edge::any},
    {Id::wait_finished,              On::finished,             to(Id::await_credential, Id::connected),         Hash::handler, Edge::aligned},
    {Id::await_credential,           On::credential_chosen,    to(Id::await_signature, Id::connected),          Hash::none,    Edge::any},
    {Id::await_signature,            On::signature_made,       to(Id::connected),                               Hash::none,    Edge::any},
  };
  // RFC 9846 §5: a compatibility ChangeCipherSpec is dropped between our ClientHello and the server's Finished.
  // RFC 9846 §4.3.10: early data may be sent until the server's Finished has come, unless it was rejected before.
  static constexpr StateRow<Id> kStates[] = {
    {Id::wait_server_hello,           "WaitServerHello",          {.write_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::wait_retried_server_hello,   "WaitRetriedServerHello",   {.ccs = Permissions::Ccs::drop}},
    {Id::wait_encrypted_extensions,   "WaitEncryptedExtensions",  {.ccs = Permissions::Ccs::drop}},
    {Id::wait_psk_encrypted_extensions, "WaitPskEncryptedExtensions", {.write_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::wait_psk_finished,           "WaitPskFinished",          {.write_early_data = true, .ccs = Permissions::Ccs::drop}},
    {Id::await_resumed_verification,  "AwaitResumedVerification", {}},
    {Id::wait_certificate_or_request, "WaitCertificateOrRequest", {.ccs = Permissions::Ccs::drop}},
    {Id::wait_certificate,            "WaitCertificate",          {.ccs = Permissions::Ccs::drop}},
    {Id::await_verification,          "AwaitVerification",        {.ccs = Permissions::Ccs::drop}},
    {Id::wait_certificate_verify,     "WaitCertificateVerify",    {.ccs = Permissions::Ccs::drop}},
    {Id::wait_finished,               "WaitFinished",             {.ccs = Permissions::Ccs::drop}},
    {Id::await_credential,            "AwaitCredential",          {}},
    {Id::await_signature,             "AwaitSignature",           {}},
    {Id::connected,                   "Connected",                {.write_data = true, .read_data = true}},
  };
  // clang-format on

  static std::unique_ptr<PostHandshake> finish(Connected&& last, Context& c);
};

[[nodiscard]] const MachineTable& table();
/// Returns a machine that has sent the ClientHello of `offer`. Precondition: the context's transcript holds that
/// message.
[[nodiscard]] std::unique_ptr<Running> start(Context context, hello::Offer offer);

}  // namespace tls::handshake::client13
