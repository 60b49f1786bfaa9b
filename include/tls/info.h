// Names on the wire and the facts of a connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tls/certificate_chain.h"

namespace tls {

/// ProtocolVersion as on the wire.
enum class ProtocolVersion : std::uint16_t { tls12 = 0x0303, tls13 = 0x0304 };

/// CipherSuite as on the wire (IANA "TLS Cipher Suites").
enum class CipherSuite : std::uint16_t {
  TLS_AES_128_GCM_SHA256 = 0x1301,
  TLS_AES_256_GCM_SHA384 = 0x1302,
  TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xC02B,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xC02C,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xC02F,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xC030,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xCCA8,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xCCA9,
};

/// NamedGroup as on the wire (IANA "TLS Supported Groups"). A KEM group is one more row of the group table.
enum class NamedGroup : std::uint16_t {
  secp256r1 = 0x0017,
  secp384r1 = 0x0018,
  secp521r1 = 0x0019,  ///< not among the defaults
  x25519 = 0x001D,
  X25519MLKEM768 = 0x11EC,  ///< a name only: not built yet, build() refuses it
};

/// SignatureScheme as on the wire (IANA "TLS SignatureScheme").
enum class SignatureScheme : std::uint16_t {
  rsa_pkcs1_sha256 = 0x0401,
  rsa_pkcs1_sha384 = 0x0501,
  rsa_pkcs1_sha512 = 0x0601,
  ecdsa_secp256r1_sha256 = 0x0403,
  ecdsa_secp384r1_sha384 = 0x0503,
  ecdsa_secp521r1_sha512 = 0x0603,  ///< not among the defaults
  ed25519 = 0x0807,
  rsa_pss_rsae_sha256 = 0x0804,
  rsa_pss_rsae_sha384 = 0x0805,
  rsa_pss_rsae_sha512 = 0x0806,
  rsa_pss_pss_sha256 = 0x0809,
  rsa_pss_pss_sha384 = 0x080A,
  rsa_pss_pss_sha512 = 0x080B,
};

/// The IANA name, or "unknown" for a value outside the enumeration.
[[nodiscard]] std::string_view name(ProtocolVersion version) noexcept;
[[nodiscard]] std::string_view name(CipherSuite suite) noexcept;
[[nodiscard]] std::string_view name(NamedGroup group) noexcept;
[[nodiscard]] std::string_view name(SignatureScheme scheme) noexcept;

/// The same for all that IANA has registered, built here or not: for what a peer offers. "GREASE 0x0A0A" (RFC 8701),
/// and "suite 0x1234", "group 0x1234", "signature scheme 0x1234" or "version 0x1234" for what nobody knows.
[[nodiscard]] std::string registered_name(ProtocolVersion version);
[[nodiscard]] std::string registered_name(CipherSuite suite);
[[nodiscard]] std::string registered_name(NamedGroup group);
[[nodiscard]] std::string registered_name(SignatureScheme scheme);

/// The value for a name as IANA or OpenSSL spell it ("secp256r1", "P-256", "prime256v1"; letter case is ignored).
[[nodiscard]] std::optional<CipherSuite> cipher_suite_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<NamedGroup> named_group_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<SignatureScheme> signature_scheme_named(std::string_view name) noexcept;

/// How a connection was resumed.
enum class Resumption : std::uint8_t { none, session_id, ticket, psk };
/// What became of early data.
enum class EarlyDataStatus : std::uint8_t { none, accepted, rejected };

/// Why early data was not offered, or not accepted.
enum class EarlyDataRefusal : std::uint8_t {
  none,             ///< it was accepted, or was not asked for
  disabled,         ///< the server takes none at all
  not_resumed,      ///< no session was resumed, or the client's first choice was not
  session_without,  ///< the session allows none, or more than the server takes today
  other_protocol,   ///< the application protocol is not that of the session
  other_suite,      ///< the cipher suite is not that of the session
  retried,          ///< a HelloRetryRequest came between
  ticket_age,       ///< it arrived outside of the window (RFC 9846 §8.3): a clock is wrong, or it was held up
  replayed,         ///< its first flight was seen before
  unknown,          ///< the guard does not know whether it was
  by_server,        ///< the client's only: the server does not say why
};

/// How much of a peer's certificates is known.
enum class PeerIdentity : std::uint8_t {
  none,     ///< the peer has not authenticated with a certificate
  chain,    ///< all that it sent: after a full handshake, and after a resumption from a cache
  leaf,     ///< its leaf alone: the ticket that was resumed holds no more
  summary,  ///< what CertificateSummary says: the leaf was too large for a ticket
};

/// What a ticket keeps of a leaf that is too large for it (ServerConfig::Builder::ticket_certificate()). The hash is in
/// ConnectionInfo::peer_certificate_sha256.
struct CertificateSummary {
  std::vector<std::uint8_t> subject;            ///< Name, DER
  std::vector<std::uint8_t> subject_alt_names;  ///< GeneralNames, DER: the extension's value; empty: it has none
  std::vector<std::uint8_t> issuer;             ///< Name, DER
  std::vector<std::uint8_t> serial;             ///< contents octets of the INTEGER
  std::chrono::milliseconds not_after{};        ///< wall time; of the leaf
};

/// What a stapled OCSP response said of the peer's leaf, which it calls good (RFC 6960 §4.2.1). Wall time.
struct StapleInfo {
  std::chrono::milliseconds produced_at{}, this_update{};
  std::optional<std::chrono::milliseconds> next_update;  ///< when the server has to have another; none: it did not say
  /// It is signed by a delegate of the issuer whose own revocation was not looked at (no id-pkix-ocsp-nocheck).
  bool unchecked_responder = false;
};

/// The certificate revocation list in which the peer's leaf was looked for and not found (RFC 5280 §6.3). Wall time.
struct CrlInfo {
  std::chrono::milliseconds this_update{}, next_update{};
};

/// What became of the client's certificate in this handshake, as far as this side has seen.
enum class ClientCertificate : std::uint8_t {
  not_requested,  ///< the server has sent no CertificateRequest: it does not ask, or resumes a session
  requested,      ///< it has, and the client has not answered
  empty,          ///< the client has answered with a Certificate message that holds none
  sent,           ///< the client has sent certificates; whether they were accepted is another question
};

/// What a server's CertificateRequest accepts.
struct CertificateWish {
  /// By which the client may sign, best first, as on the wire: also those that are not built here.
  std::vector<SignatureScheme> signature_schemes;
  std::vector<std::vector<std::uint8_t>> authorities;  ///< DER Names, at most 1024; empty: any issuer will do
};

/// What a ClientHello offered, as on the wire and so with values that are not built here; at most 64 of each.
struct ClientOffer {
  std::vector<ProtocolVersion> versions;  ///< of supported_versions, else its legacy_version
  std::vector<CipherSuite> suites;
  std::vector<NamedGroup> groups;
  std::vector<SignatureScheme> signature_schemes;
  std::vector<std::string> alpn;
};

/// What was negotiated. Complete when HandshakeDone was reported; owned by the connection until it ends.
struct ConnectionInfo {
  ProtocolVersion version{};
  CipherSuite suite{};
  std::optional<NamedGroup> group;                  ///< none after a resumption without key exchange
  std::optional<SignatureScheme> signature_scheme;  ///< of the side that authenticated to us, else our own
  std::string server_name;                          ///< as in server_name, without a trailing dot; may be empty
  std::string alpn;                                 ///< the protocol agreed on; empty: none
  Resumption resumed = Resumption::none;
  /// Identity of the external PSK that both sides have proven to hold, as it was on the wire; empty: none. `resumed` is
  /// psk then, too.
  std::vector<std::uint8_t> external_psk;
  EarlyDataStatus early_data = EarlyDataStatus::none;
  EarlyDataRefusal early_data_refusal = EarlyDataRefusal::none;
  /// A server's, of the ticket that was resumed: how much older the client takes it for than it is. What is not the way
  /// of the bytes is the difference of two clocks' speeds.
  std::optional<std::chrono::milliseconds> ticket_age_skew;
  bool extended_main_secret = false;  ///< RFC 7627; true in TLS 1.3, which has it built in
  std::uint64_t bytes_before_done =
      0;                     ///< of our data, sent before the handshake was done: by False Start, as half-RTT data
  bool hello_retry = false;  ///< a HelloRetryRequest was sent or received
  std::uint16_t peer_record_size_limit = 0;  ///< RFC 8449, bytes; 0: the peer sent none
  /// How much of the peer's certificates is known. Shown in a full handshake; after a resumption as its session kept
  /// them. Complete before the first EarlyData event, as are the fields below.
  PeerIdentity peer_identity = PeerIdentity::none;
  CertificateChain peer_certificates;                      ///< DER, leaf first; chain: all, leaf: one, else none
  std::shared_ptr<const CertificateSummary> peer_summary;  ///< summary: what is known instead; else null
  /// SHA-256 of the peer's leaf, 32 bytes; empty: the peer has not authenticated with one.
  std::vector<std::uint8_t> peer_certificate_sha256;
  ClientCertificate client_certificate = ClientCertificate::not_requested;
  /// Certificates in the Certificate message that this side has sent; 0: it has sent none, or an empty one.
  std::size_t certificates_sent = 0;
  std::shared_ptr<const CertificateWish>
      certificate_wish;  ///< a client's: what the server asked for; null: it asked for none
  /// A server's, for diagnosis: what the ClientHello offered whose handling failed, where that was at once. Null: it
  /// was answered, or it failed after an operation (Await).
  std::shared_ptr<const ClientOffer> refused_offer;
  /// What a peer sent, DER, leaf first, when the handshake failed afterwards: for diagnosis, and not proven.
  CertificateChain unproven_certificates;
  std::vector<std::uint8_t> ocsp_response;  ///< DER, as stapled by the peer; empty: none
  /// The verifier has judged `ocsp_response` in this handshake, and it calls the leaf good. None: it was not judged
  /// (see StaplePolicy), there was none, or a session was resumed.
  std::optional<StapleInfo> staple;
  /// A current CRL of the leaf's issuer was looked at in this handshake, and does not revoke the leaf. Of several the
  /// one that ends first. None: there was none, or a session was resumed.
  std::optional<CrlInfo> crl;
  std::vector<std::uint8_t> signed_certificate_timestamps;  ///< RFC 6962 list as stapled; empty: none
  /// A server's: what session_data() had noted in the session that was resumed; empty: no data, or no session.
  std::vector<std::uint8_t> session_data;
};

}  // namespace tls
