// Protocol values as they are on the wire, and the facts that are known of a connection.
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

/// ProtocolVersion values.
enum class ProtocolVersion : std::uint16_t { tls12 = 0x0303, tls13 = 0x0304 };

/// CipherSuite values (IANA "TLS Cipher Suites").
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

/// NamedGroup values (IANA "TLS Supported Groups").
enum class NamedGroup : std::uint16_t {
  secp256r1 = 0x0017,
  secp384r1 = 0x0018,
  secp521r1 = 0x0019,  ///< not among the defaults
  x25519 = 0x001D,
  X25519MLKEM768 = 0x11EC,  ///< a name alone: not implemented yet, build() rejects it
};

/// SignatureScheme values (IANA "TLS SignatureScheme").
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

/// Returns the IANA name, or "unknown" for a value outside the enumeration.
[[nodiscard]] std::string_view name(ProtocolVersion version) noexcept;
[[nodiscard]] std::string_view name(CipherSuite suite) noexcept;
[[nodiscard]] std::string_view name(NamedGroup group) noexcept;
[[nodiscard]] std::string_view name(SignatureScheme scheme) noexcept;

/// Returns the name of any value that IANA has registered, implemented here or not: for the values that a peer offers.
/// Other values become "GREASE 0x0A0A" (RFC 8701), or "suite 0x1234", "group 0x1234", "signature scheme 0x1234" or
/// "version 0x1234".
[[nodiscard]] std::string registered_name(ProtocolVersion version);
[[nodiscard]] std::string registered_name(CipherSuite suite);
[[nodiscard]] std::string registered_name(NamedGroup group);
[[nodiscard]] std::string registered_name(SignatureScheme scheme);

/// Returns the value for a name as IANA or OpenSSL spells it ("secp256r1", "P-256", "prime256v1"). Letter case is
/// ignored.
[[nodiscard]] std::optional<CipherSuite> cipher_suite_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<NamedGroup> named_group_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<SignatureScheme> signature_scheme_named(std::string_view name) noexcept;

/// How a connection was resumed.
enum class Resumption : std::uint8_t { none, session_id, ticket, psk };
/// The outcome of early data.
enum class EarlyDataStatus : std::uint8_t { none, accepted, rejected };

/// Why early data was not offered, or not accepted.
enum class EarlyDataRefusal : std::uint8_t {
  none,             ///< it was accepted, or was not requested
  disabled,         ///< the server accepts no early data at all
  not_resumed,      ///< no session was resumed, or not the one that the client had offered first
  session_without,  ///< the session allows none, or more than the server accepts today
  other_protocol,   ///< the application protocol differs from the session's
  other_suite,      ///< the cipher suite differs from the session's
  retried,          ///< the server sent a HelloRetryRequest
  ticket_age,       ///< it arrived outside the window (RFC 9846 §8.3): a clock is wrong, or the flight was delayed
  replayed,         ///< its first flight was seen before
  unknown,          ///< the guard does not know whether its first flight was seen before
  by_server,        ///< at a client: the server rejected it and gives no reason
};

/// How much of a peer's certificates is known.
enum class PeerIdentity : std::uint8_t {
  none,     ///< the peer has not authenticated with a certificate
  chain,    ///< all certificates that it sent: after a full handshake, and after a resumption from a cache
  leaf,     ///< the leaf alone: the ticket that was resumed holds no other certificate
  summary,  ///< the fields of CertificateSummary: the leaf was too large for a ticket
};

/// The facts that a ticket keeps of a leaf that is too large for it (ServerConfig::Builder::ticket_certificate()). The
/// leaf's hash is in ConnectionInfo::peer_certificate_sha256.
struct CertificateSummary {
  std::vector<std::uint8_t> subject;            ///< Name, DER
  std::vector<std::uint8_t> subject_alt_names;  ///< GeneralNames, DER: the extension's value; empty: no such extension
  std::vector<std::uint8_t> issuer;             ///< Name, DER
  std::vector<std::uint8_t> serial;             ///< contents octets of the INTEGER
  std::chrono::milliseconds not_after{};        ///< of the leaf; wall time
};

/// The statements of a stapled OCSP response that calls the peer's leaf good (RFC 6960 §4.2.1). Wall times.
struct StapleInfo {
  std::chrono::milliseconds produced_at{}, this_update{};
  /// The time by which the server must have a newer response; no value: the response does not say.
  std::optional<std::chrono::milliseconds> next_update;
  /// The signer is a delegate of the issuer, and whether the delegate was revoked was not checked (no
  /// id-pkix-ocsp-nocheck).
  bool unchecked_responder = false;
};

/// The certificate revocation list that was checked and does not list the peer's leaf (RFC 5280 §6.3). Wall times.
struct CrlInfo {
  std::chrono::milliseconds this_update{}, next_update{};
};

/// How far this handshake got with the client's certificate, as this side has seen it.
enum class ClientCertificate : std::uint8_t {
  not_requested,  ///< the server has sent no CertificateRequest: it requests none, or resumes a session
  requested,      ///< the server has sent one, and the client has not answered
  empty,          ///< the client has answered with a Certificate message without certificates
  sent,           ///< the client has sent certificates; they may have been accepted or rejected
};

/// The certificates that a server's CertificateRequest accepts.
struct CertificateWish {
  /// The schemes that the client may sign with, best first, as on the wire. Schemes that are not implemented here are
  /// included.
  std::vector<SignatureScheme> signature_schemes;
  std::vector<std::vector<std::uint8_t>> authorities;  ///< DER Names, at most 1024; empty: any issuer
};

/// The offers of a ClientHello as on the wire, including values that are not implemented here. At most 64 per list.
struct ClientOffer {
  std::vector<ProtocolVersion> versions;  ///< from supported_versions, or else the legacy_version
  std::vector<CipherSuite> suites;
  std::vector<NamedGroup> groups;
  std::vector<SignatureScheme> signature_schemes;
  std::vector<std::string> alpn;
};

/// The result of the negotiation. Complete when HandshakeDone is reported. The connection owns it.
struct ConnectionInfo {
  ProtocolVersion version{};
  CipherSuite suite{};
  std::optional<NamedGroup> group;  ///< no value after a resumption without a key exchange
  /// The scheme of the peer's signature if the peer authenticated with one, otherwise of our own.
  std::optional<SignatureScheme> signature_scheme;
  std::string server_name;  ///< as in the extension server_name, without a trailing dot; may be empty
  std::string alpn;         ///< the negotiated application protocol; empty: none
  Resumption resumed = Resumption::none;
  /// The identity of the external PSK that both sides have proven to hold, as on the wire; empty: none. `resumed` is
  /// then `psk`.
  std::vector<std::uint8_t> external_psk;
  EarlyDataStatus early_data = EarlyDataStatus::none;
  EarlyDataRefusal early_data_refusal = EarlyDataRefusal::none;
  /// At a server: the age of the resumed ticket according to the client, minus its age according to the server. Network
  /// delay aside, a non-zero value means clock drift.
  std::optional<std::chrono::milliseconds> ticket_age_skew;
  bool extended_main_secret = false;  ///< RFC 7627; true in TLS 1.3, which has this protection built in
  /// Bytes of application data that send() had sent before the handshake was done: by False Start, or as half-RTT data.
  std::uint64_t bytes_before_done = 0;
  bool hello_retry = false;                  ///< a HelloRetryRequest was sent or received
  std::uint16_t peer_record_size_limit = 0;  ///< RFC 8449, bytes; 0: the peer sent none
  /// How much of the peer's certificates is known. After a full handshake: what the peer sent. After a resumption: what
  /// the session kept. This field and the fields below are complete before the first EarlyData event.
  PeerIdentity peer_identity = PeerIdentity::none;
  CertificateChain peer_certificates;  ///< DER, leaf first. chain: all of them; leaf: one; otherwise none
  /// Not null for PeerIdentity::summary alone, where it replaces the certificates.
  std::shared_ptr<const CertificateSummary> peer_summary;
  /// SHA-256 of the peer's leaf, 32 bytes; empty: the peer has not authenticated with a certificate.
  std::vector<std::uint8_t> peer_certificate_sha256;
  ClientCertificate client_certificate = ClientCertificate::not_requested;
  /// The number of certificates in the Certificate message that this side sent; 0: it sent none, or an empty one.
  std::size_t certificates_sent = 0;
  /// At a client: the certificates that the server requested; null: it requested none.
  std::shared_ptr<const CertificateWish> certificate_wish;
  /// At a server, for diagnosis: the offers of a ClientHello whose processing failed immediately. Null if the
  /// ClientHello was answered, or if processing failed after an operation (Await) other than the choice of the
  /// configuration.
  std::shared_ptr<const ClientOffer> refused_offer;
  /// The certificates that the peer sent if the handshake failed afterwards: DER, leaf first. For diagnosis: not
  /// proven.
  CertificateChain unproven_certificates;
  std::vector<std::uint8_t> ocsp_response;  ///< DER, as stapled by the peer; empty: none
  /// The statements of `ocsp_response` if the verifier judged it in this handshake and it calls the leaf good. No value
  /// if it was not judged (see StaplePolicy), if there was none, or if a session was resumed.
  std::optional<StapleInfo> staple;
  /// The current CRL of the leaf's issuer that was checked in this handshake and does not revoke the leaf. If there
  /// were several, the one that expires first. No value if there was none, or if a session was resumed.
  std::optional<CrlInfo> crl;
  std::vector<std::uint8_t> signed_certificate_timestamps;  ///< RFC 6962 list as stapled; empty: none
  /// At a server: the data that session_data() had returned for the resumed session; empty: no data, or no session.
  std::vector<std::uint8_t> session_data;
};

}  // namespace tls
