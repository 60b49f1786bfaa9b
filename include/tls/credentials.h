// This side's identity: certificate chains, the keys that sign for them, and how they are chosen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tls/bytes.h"
#include "tls/environment.h"
#include "tls/error.h"
#include "tls/identity.h"
#include "tls/info.h"
#include "tls/secret_bytes.h"

namespace tls {

/// The kind of a public key, as far as signature schemes distinguish it.
enum class KeyKind : std::uint8_t {
  rsa /* rsaEncryption */,
  rsa_pss /* id-RSASSA-PSS */,
  ecdsa_p256,
  ecdsa_p384,
  ecdsa_p521,
  ed25519
};

/// A result that may come later. If the Answer is empty, the connection reports Await, and the application passes the
/// result to complete().
template <class T>
class [[nodiscard]] Answer : public std::optional<Result<T>> {
 public:
  using std::optional<Result<T>>::optional;
};

/// A signature that a handshake needs: the whole message and the parts that it consists of. A key that is stored
/// elsewhere can send the parts, so that its holder assembles the message and signs that alone. Views into a
/// SignatureRequest, or valid during the call.
struct HandshakeToSign {
  bool by_server = true;  ///< true: a server signs; false: a client
  ProtocolVersion version = ProtocolVersion::tls13;
  SignatureScheme scheme{};
  Bytes message;          ///< the whole message, not hashed: the argument of sign()
  Bytes transcript_hash;  ///< TLS 1.3 (RFC 9846 §4.5.2)
  /// The parts of a TLS 1.2 server's message (RFC 5246 §7.4.3). `parameters` holds the ServerECDHParams.
  Bytes client_random, server_random, parameters;
  // A TLS 1.2 client signs the handshake messages so far (§7.4.8), so its `message` has no parts.
};

/// A private key. Implementations may keep it in a file, in a module or on another machine. Many connections use one
/// key. If they run in several threads, sign() must be thread-safe.
class SigningKey {
 public:
  virtual ~SigningKey() = default;
  [[nodiscard]] virtual KeyKind kind() const noexcept = 0;
  /// Returns whether the key may sign with `scheme`, one of the schemes that fit kind(). Default: true. A key may be
  /// restricted: an RSASSA-PSS key by its parameters (RFC 4055 §3.1), a key in a module or service by the way in which
  /// it was made. A restricted key is used only with peers that accept a scheme which it allows.
  [[nodiscard]] virtual bool allows([[maybe_unused]] SignatureScheme scheme) const noexcept { return true; }
  /// Signs `message`, which is not hashed yet, with `scheme`, one of the schemes that fit kind(). `random` provides
  /// nonces and salts. Returns the signature as TLS carries it: DER for ECDSA, otherwise the plain octets. An empty
  /// Answer means that the signature comes later through complete(). The call must then have copied what it needs. If
  /// it throws, the connection fails: see Connection.
  virtual Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const = 0;
  /// The function that a handshake calls, under the rules of sign(). Default: calls sign(). Override it in keys that
  /// must know what they sign.
  virtual Answer<std::vector<std::uint8_t>> sign_handshake(const HandshakeToSign& what, Random& random) const {
    return sign(what.scheme, what.message, random);
  }
};

/// Returns the digest of `message` that `scheme` signs, for keys that sign digests, as those of most modules do. For
/// ed25519, which signs the message itself, returns `message`.
[[nodiscard]] std::vector<std::uint8_t> digest_to_sign(SignatureScheme scheme, Bytes message);

/// A certificate chain, its key and its staples. Immutable after it was made. May be shared between threads.
struct Credential {
  std::vector<std::vector<std::uint8_t>> chain;  ///< DER, leaf first, each issued by the next; the root may be missing
  /// Further intermediates in DER, for peers that know only the issuer of such a certificate: a deprecated intermediate
  /// or a cross-certificate. Sent after `chain`, in TLS 1.3 alone: RFC 9846 §4.5.1 tells receivers to accept
  /// certificates outside a single line, whereas in TLS 1.2 each certificate certifies the one before it (RFC 5246
  /// §7.4.2).
  std::vector<std::vector<std::uint8_t>> alternatives;
  std::shared_ptr<const SigningKey> key;
  std::vector<std::string> names;  ///< DNS names and addresses of the leaf, lower case
  /// The issuer names of `chain` and `alternatives`, in DER. Compared with a peer's certificate_authorities.
  std::vector<std::vector<std::uint8_t>> issuers;
  /// The scheme of the signature on the leaf; no value if the scheme is not implemented here.
  std::optional<SignatureScheme> chain_scheme;
  std::vector<std::uint8_t> ocsp_response;                  ///< DER, to be stapled; empty: none
  std::vector<std::uint8_t> signed_certificate_timestamps;  ///< RFC 6962 list to send; empty: none
  std::vector<SignatureScheme> signing_schemes;  ///< for signing handshakes, best first; empty: all that fit the key
  /// Whether credential_list() selects this credential only for peers whose certificate_authorities name one of
  /// `issuers`.
  bool for_named_authorities = false;
};
using CredentialPtr = std::shared_ptr<const Credential>;

/// The file or block that a password is needed for.
struct PasswordRequest {
  std::string file;  ///< CredentialOptions::key_file, or chain_file if one text holds chain and key
  std::string what;  ///< for people: "'site.pem', block 2 ('ENCRYPTED PRIVATE KEY', line 31)"
};
/// Returns the password of an encrypted key or of a PKCS#12 file: UTF-8, at most 1,024 bytes, without a line end.
/// Called at most once per load, in the thread that loads, and only if something is encrypted. If it returns an Error,
/// the load fails with that Error; if it throws, with provider_failed. If the function is empty, an encrypted key is an
/// error.
// test: pki: a password is asked for at most once, and not where nothing is encrypted
using PasswordSource = std::function<Result<SecretBytes>(const PasswordRequest&)>;
/// Returns a source that returns a copy of `password` for every request.
[[nodiscard]] PasswordSource fixed_password(SecretBytes password);

/// Observations about a credential that are not errors.
struct CredentialReport {
  bool reordered = false;  ///< the certificates of the file were not in the order in which they are sent
  /// For people: the name of the leaf's issuer if the chain is the leaf alone and the leaf is not self-issued;
  /// otherwise empty. Clients that do not have that authority among their roots need its certificate.
  std::string missing_issuer;
  std::vector<std::string> warnings;  ///< both observations in words, with the file's name
};

/// Options for loading a credential.
struct CredentialOptions {
  PasswordSource password = {};
  std::string chain_file = {}, key_file = {};  ///< the names of the texts in errors and PasswordRequest: "'site.pem'"
  CredentialReport* report = nullptr;          ///< overwritten if the credential loads; null: not wanted
};

/// Reads a certificate chain and its private key, each as PEM or DER (a chain as DER is the leaf alone).
///
/// Chain: the leaf is the certificate that the key signs for. The others certify it or one another, in any order. The
/// first line from the leaf becomes `chain`, the rest becomes `alternatives`. A duplicate counts once. A certificate
/// that certifies none of the others is an error, which says whose certificate is missing. PEM labels: CERTIFICATE,
/// X509 CERTIFICATE and TRUSTED CERTIFICATE. The trust data of the last is skipped, because it is for verifiers. Blocks
/// of other kinds are skipped.
///
/// Key: PKCS#8, PKCS#1 or SEC1, recognised by its content, under any label that ends with PRIVATE KEY. The first key of
/// the text is used. It may be encrypted according to RFC 8018: PBES2 with PBKDF2 or scrypt, and AES or Triple-DES in
/// CBC mode, within limits::kMaxPasswordIterations and similar limits; docs/certificate-files.md lists them. A SEC1 key
/// that does not name its curve is taken to be on the leaf's curve.
///
/// Fills in `signing_schemes` if the parameters of an RSASSA-PSS key, in the leaf or in the key file, restrict the key
/// (RFC 4055 §3.1).
///
/// Fails with bad_key_file if a text cannot be read, if the key fits no certificate, or if the restrictions of the key
/// leave no scheme of TLS. The detail names file, block and line. Errors of the password source are passed on. Failures
/// are Errors, not exceptions. Copies of key and password that the call makes are wiped.
// test: pki: a chain that is out of order is put right, and a double counts once
// test: pki: what a source of passwords throws or says is the error
[[nodiscard]] Result<CredentialPtr> load_credential(std::string_view chain, std::string_view key);
[[nodiscard]] Result<CredentialPtr> load_credential(std::string_view chain, std::string_view key,
                                                    const CredentialOptions& options);
/// Does the same with one text: PEM blocks with key and certificates in any order, or PKCS#12 (RFC 7292) with one
/// private key, as DER or in a PEM block labelled PKCS12. The text's name is options.chain_file.
[[nodiscard]] Result<CredentialPtr> load_credential(std::string_view text, const CredentialOptions& options);
/// Makes a credential of `chain` and a key that is stored elsewhere. `key->kind()` must fit the leaf, and
/// `key->allows()` restricts its schemes further. The leaf is the first certificate with a key of that kind that issued
/// none of the others. `chain` is read as load_credential() reads it. `options.password` is not used.
[[nodiscard]] Result<CredentialPtr> make_credential(std::string_view chain, std::shared_ptr<const SigningKey> key,
                                                    const CredentialOptions& options = {});

/// The facts that are known when a credential must be chosen. Owns all of them.
struct CredentialRequest {
  bool for_server = true;  ///< false: for a client that was requested to send a certificate
  /// The negotiated version. It decides which schemes a key may sign with.
  ProtocolVersion version = ProtocolVersion::tls13;
  std::string server_name;  ///< at a server: the name that the client sent; at a client: the name of the server
  /// The schemes that the peer accepts in CertificateVerify, in its order.
  std::vector<SignatureScheme> signature_schemes;
  /// The schemes that the peer accepts in chains; empty: those of `signature_schemes`.
  std::vector<SignatureScheme> certificate_schemes;
  std::vector<std::vector<std::uint8_t>> authorities;  ///< DER names; empty: any
  /// Whether credentials that fit no name of `authorities` are excluded.
  bool authorities_bind = false;
  /// At a server: the application protocols that the client offers, in its order; the first 64.
  std::vector<std::string> alpn;
  /// The curves that an ECDSA key may be on (RFC 8422 §5.1); no value: any.
  std::optional<std::vector<NamedGroup>> curves;
};

/// Chooses a credential. A null result means that there is none: a server's handshake fails, a client sends an empty
/// Certificate message. A credential without a key or without certificates fails the handshake with bad_config. If
/// choose() throws, the connection fails: see Connection.
class CredentialSource : public Identified {
 public:
  virtual Answer<CredentialPtr> choose(const CredentialRequest& request) const = 0;
};

/// Returns a source that chooses from a fixed list. Candidates are the credentials that can sign with a scheme that the
/// peer accepts. Among them the source prefers, in this order:
///
/// 1. at a server, a credential with the requested name; at a client, one that an authority named by the server issued
/// 2. a credential whose chain is signed with a scheme that the peer accepts
/// 3. a credential that an authority named by the peer issued
/// 4. the first in the list
///
/// A credential that no named authority issued is a candidate too, unless authorities_bind of the request or
/// for_named_authorities of the credential is set. Null entries are ignored. If a credential of the list has no key or
/// no certificate, every choice fails with bad_config.
[[nodiscard]] std::shared_ptr<const CredentialSource> credential_list(std::vector<CredentialPtr> credentials);

/// Returns the schemes that a key of this kind can sign with, best first. The rsa_pkcs1 schemes of TLS 1.2 are last.
[[nodiscard]] std::span<const SignatureScheme> schemes_for(KeyKind kind) noexcept;
/// Returns the best scheme with which a key of this kind may sign a handshake of `version` for a peer that accepts
/// `accepted`; no value if there is none. TLS 1.3 excludes the rsa_pkcs1 schemes. In TLS 1.2 an ECDSA scheme names only
/// the hash and fits every curve (RFC 9846 §4.3.3).
[[nodiscard]] std::optional<SignatureScheme> scheme_for(KeyKind kind, std::span<const SignatureScheme> accepted,
                                                        ProtocolVersion version) noexcept;
/// Does the same for a credential. Its `signing_schemes` and `key->allows()` may allow fewer schemes than its kind of
/// key has.
[[nodiscard]] std::optional<SignatureScheme> scheme_for(const Credential& credential,
                                                        std::span<const SignatureScheme> accepted,
                                                        ProtocolVersion version) noexcept;

}  // namespace tls
