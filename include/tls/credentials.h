// Who we are: certificate chains and the keys that sign for them.
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

/// What a public key is, as far as signature schemes care.
enum class KeyKind : std::uint8_t {
  rsa /* rsaEncryption */,
  rsa_pss /* id-RSASSA-PSS */,
  ecdsa_p256,
  ecdsa_p384,
  ecdsa_p521,
  ed25519
};

/// An answer that may come later: empty means that the caller is told by Await and answers with complete().
template <class T>
class [[nodiscard]] Answer : public std::optional<Result<T>> {
 public:
  using std::optional<Result<T>>::optional;
};

/// What a handshake has to have signed: the whole, and the parts that it is made from. A key that is kept by somebody
/// else sends the parts, so that who keeps it can put the message together, and sign that alone. Views, of a
/// SignatureRequest or valid during the call.
struct HandshakeToSign {
  bool by_server = true;  ///< who signs
  ProtocolVersion version = ProtocolVersion::tls13;
  SignatureScheme scheme{};
  Bytes message;                                   ///< the whole, not hashed yet: what sign() is given
  Bytes transcript_hash;                           ///< TLS 1.3 (RFC 9846 §4.5.2)
  Bytes client_random, server_random, parameters;  ///< of a TLS 1.2 server (RFC 5246 §7.4.3): ServerECDHParams
  // A TLS 1.2 client signs the messages of the handshake so far (§7.4.8): `message` has no other parts.
};

/// A private key. Implementations may keep it in a file, a module or on another machine.
/// Thread rule: one key is used by many connections; sign() must be safe to call from several threads if they are.
class SigningKey {
 public:
  virtual ~SigningKey() = default;
  [[nodiscard]] virtual KeyKind kind() const noexcept = 0;
  /// Whether the key may sign with `scheme`, one of those that fit kind(). All of them, unless the key is restricted:
  /// an RSASSA-PSS key by its parameters (RFC 4055 §3.1), a key of a module or a service by how it was made. The key is
  /// then offered only to peers that accept what it allows.
  [[nodiscard]] virtual bool allows([[maybe_unused]] SignatureScheme scheme) const noexcept { return true; }
  /// Signs `message` (which is not hashed yet) with `scheme`, one of those that fit kind(). `random` gives nonces and
  /// salts. The signature is DER for ECDSA and the plain octets otherwise, as TLS carries it.
  /// Empty: the signature comes later through complete(); the call must then have kept a copy of what it needs.
  /// What it throws fails the connection: see Connection.
  virtual Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const = 0;
  /// What a handshake calls; the same rules. To be overridden by keys that need to know what is signed.
  virtual Answer<std::vector<std::uint8_t>> sign_handshake(const HandshakeToSign& what, Random& random) const {
    return sign(what.scheme, what.message, random);
  }
};

/// The digest of `message` that `scheme` signs: for keys that are given digests, as those of most modules are. Of
/// ed25519, which is given the message: `message` itself.
[[nodiscard]] std::vector<std::uint8_t> digest_to_sign(SignatureScheme scheme, Bytes message);

/// A certificate chain with its key and what is stapled to it. Immutable when it is made; shared between threads.
struct Credential {
  std::vector<std::vector<std::uint8_t>> chain;  ///< DER, leaf first, each issued by the next; the root may be left out
  /// DER of further intermediates, beside those of `chain`: a deprecated one or a cross-certificate, for peers that
  /// know only its issuer. Sent behind `chain` in TLS 1.3 alone (RFC 9846 §4.5.1: certificates that are not in one line
  /// are to be borne); TLS 1.2 demands that each certificate certifies the one before it (RFC 5246 §7.4.2).
  std::vector<std::vector<std::uint8_t>> alternatives;
  std::shared_ptr<const SigningKey> key;
  std::vector<std::string> names;  ///< DNS names and addresses of the leaf, lower case
  std::vector<std::vector<std::uint8_t>>
      issuers;  ///< DER of the issuer names of chain and alternatives, for certificate_authorities
  std::optional<SignatureScheme> chain_scheme;              ///< that the leaf was signed with, where it is one of ours
  std::vector<std::uint8_t> ocsp_response;                  ///< DER to staple; empty: none
  std::vector<std::uint8_t> signed_certificate_timestamps;  ///< RFC 6962 list to send; empty: none
  std::vector<SignatureScheme> signing_schemes;  ///< to sign handshakes with, best first; empty: all that fit the key
  bool for_named_authorities = false;  ///< given only to peers that name one of `issuers` in certificate_authorities
};
using CredentialPtr = std::shared_ptr<const Credential>;

/// What a password is asked for.
struct PasswordRequest {
  std::string file;  ///< CredentialOptions::key_file, or chain_file where one text holds all
  std::string what;  ///< for people: "'site.pem', block 2 ('ENCRYPTED PRIVATE KEY', line 31)"
};
/// Gives the password of an encrypted key or a PKCS#12 file: UTF-8, at most 1,024 bytes, without a line end. Asked at
/// most once in one load, by the thread that loads, and not where nothing is encrypted. An error that it returns is
/// that of the load; what it throws becomes provider_failed. Empty: an encrypted key is an error.
// test: pki: a password is asked for at most once, and not where nothing is encrypted
using PasswordSource = std::function<Result<SecretBytes>(const PasswordRequest&)>;
/// Gives a copy of this password, whatever it is asked for.
[[nodiscard]] PasswordSource fixed_password(SecretBytes password);

/// What is not wrong with a credential, but worth telling.
struct CredentialReport {
  bool reordered = false;      ///< the certificates stood in another order than they are sent in
  std::string missing_issuer;  ///< for people: who issued the leaf, where the leaf stands alone; clients that do not
                               ///< know that authority as a root need its certificate
  std::vector<std::string> warnings;  ///< both in words, with the file's name
};

/// How a credential is loaded.
struct CredentialOptions {
  PasswordSource password = {};
  std::string chain_file = {}, key_file = {};  ///< what errors and passwords' requests call the texts: "'site.pem'"
  CredentialReport* report = nullptr;          ///< is written anew where the credential loads; null: not wanted
};

/// Reads a chain and a private key, each PEM or DER (a chain as DER is the leaf alone). Chain: the certificate that the
/// key signs for is the leaf; the others certify it or one another, in any order. The first line from the leaf becomes
/// `chain`, the rest `alternatives`, and a certificate that is there twice counts once; one that certifies none of the
/// others is an error, which says whose certificate is missing. Labels CERTIFICATE, X509 CERTIFICATE and TRUSTED
/// CERTIFICATE, whose trust data is for those who verify and is left out; blocks of other kinds are passed over. Key:
/// PKCS#8, PKCS#1 or SEC1 under whatever label ends with PRIVATE KEY, decided by its content; the first of its text. It
/// may be encrypted as RFC 8018 has it: PBES2 with PBKDF2 or scrypt and AES or Triple-DES in CBC mode, within
/// limits::kMaxPasswordIterations and the like; docs/certificate-files.md has the list. A SEC1 key that does not name
/// its curve is on that of the leaf. Fails with bad_key_file and words, which name file, block and line, when one
/// cannot be read or the key fits no certificate; what the password's source says is passed on. Fills in
/// `signing_schemes` when an RSASSA-PSS key is restricted by the parameters in the leaf or the key file (RFC 4055
/// §3.1); fails when they leave no scheme of TLS. Copies of key and password that are made are wiped. No exceptions.
// test: pki: a chain that is out of order is put right, and a double counts once
// test: pki: what a source of passwords throws or says is the error
[[nodiscard]] Result<CredentialPtr> load_credential(std::string_view chain, std::string_view key);
[[nodiscard]] Result<CredentialPtr> load_credential(std::string_view chain, std::string_view key,
                                                    const CredentialOptions& options);
/// The same from one text: PEM blocks of key and certificates in any order, or PKCS#12 (RFC 7292) as DER or in a block
/// PKCS12, with one private key. Its name is options.chain_file.
[[nodiscard]] Result<CredentialPtr> load_credential(std::string_view text, const CredentialOptions& options);
/// A chain whose key lives elsewhere; `key->kind()` must fit the leaf, and `key->allows()` restricts it further. The
/// leaf is the first certificate of that kind that issued none of the others. `chain` as above, `options` without
/// password.
[[nodiscard]] Result<CredentialPtr> make_credential(std::string_view chain, std::shared_ptr<const SigningKey> key,
                                                    const CredentialOptions& options = {});

/// What is known when a credential must be chosen. Owns all of it.
struct CredentialRequest {
  bool for_server = true;  ///< false: a client was asked for a certificate
  ProtocolVersion version =
      ProtocolVersion::tls13;  ///< that was negotiated: it decides with which schemes a key may sign
  std::string server_name;     ///< that the client named (server) or that we connect to (client)
  std::vector<SignatureScheme> signature_schemes;      ///< that the peer accepts in CertificateVerify, in its order
  std::vector<SignatureScheme> certificate_schemes;    ///< that it accepts in chains; empty: the same
  std::vector<std::vector<std::uint8_t>> authorities;  ///< DER names; empty: any
  bool authorities_bind = false;                       ///< none that fits no name of `authorities` is wanted
  std::vector<std::string> alpn;  ///< protocols that the client offers to a server, in its order: the first 64
  std::optional<std::vector<NamedGroup>> curves;  ///< that an ECDSA key may be on (RFC 8422 §5.1); none: any
};

/// Chooses a credential. Null: there is none (a server fails, a client sends an empty Certificate). One without a key
/// or without certificates fails the handshake with bad_config. What it throws fails the connection: see Connection.
class CredentialSource : public Identified {
 public:
  virtual Answer<CredentialPtr> choose(const CredentialRequest& request) const = 0;
};

/// A fixed list. Of those that can sign with a scheme that the peer accepts it gives a server one that has the name, a
/// client one that fits the authorities that the server names; among equals one whose chain is signed as the peer
/// accepts, then one that fits the authorities, then the first. One that fits no authority is given where there is no
/// better, unless the request or the credential says that authorities bind.
/// Null entries are left out; where one has no key or no certificate, every choice fails with bad_config.
[[nodiscard]] std::shared_ptr<const CredentialSource> credential_list(std::vector<CredentialPtr> credentials);

/// The schemes that a key can sign with, best first; TLS 1.2's rsa_pkcs1 ones last.
[[nodiscard]] std::span<const SignatureScheme> schemes_for(KeyKind kind) noexcept;
/// The best scheme with which a key of that kind may sign a handshake of `version` for a peer that accepts `accepted`.
/// TLS 1.3 has no rsa_pkcs1 there; in TLS 1.2 an ECDSA scheme names the hash alone and fits every curve (RFC 9846
/// §4.3.3).
[[nodiscard]] std::optional<SignatureScheme> scheme_for(KeyKind kind, std::span<const SignatureScheme> accepted,
                                                        ProtocolVersion version) noexcept;
/// The same for a credential, which may allow fewer schemes than its kind of key has: `signing_schemes`,
/// `key->allows()`.
[[nodiscard]] std::optional<SignatureScheme> scheme_for(const Credential& credential,
                                                        std::span<const SignatureScheme> accepted,
                                                        ProtocolVersion version) noexcept;

}  // namespace tls
