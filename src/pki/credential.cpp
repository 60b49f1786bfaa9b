// Credentials from PEM: a chain, its key, and the proof that they belong together.
#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "crypto/signature.h"
#include "crypto/software_key.h"
#include "pki/certificate_text.h"
#include "pki/key_file.h"
#include "pki/leaf.h"
#include "pki/server_name.h"
#include "tls/credentials.h"

namespace tls {
namespace {

std::string_view describe(KeyKind kind) {
  switch (kind) {
    case KeyKind::rsa:
      return "RSA";
    case KeyKind::rsa_pss:
      return "RSASSA-PSS";
    case KeyKind::ecdsa_p256:
      return "ECDSA P-256";
    case KeyKind::ecdsa_p384:
      return "ECDSA P-384";
    case KeyKind::ecdsa_p521:
      return "ECDSA P-521";
    case KeyKind::ed25519:
      return "Ed25519";
  }
  return "?";
}

/// The same failure as a problem of the user's files.
std::unexpected<Error> in_chain(const Error& error, std::size_t index) {
  return fail(Code::bad_key_file,
              "certificate " + std::to_string(index + 1) + " of the chain: " +
                  (error.detail().empty() ? std::string(facts(error.code()).sentence) : error.detail()));
}

using Ders = std::vector<std::vector<std::uint8_t>>;

/// As they stand in the file, those that are there twice once.
Result<Ders> read_chain(std::string_view text) {
  auto found = pki::read_certificates(text);
  if (!found) return std::unexpected(std::move(found).error());
  Ders chain;
  for (pki::FoundCertificate& one : *found) {
    if (std::ranges::find(chain, one.der) != chain.end()) continue;
    if (chain.size() == limits::kMaxCertificates)
      return fail(Code::bad_key_file, "the chain has " + std::to_string(found->size()) + " certificates; at most " +
                                          std::to_string(limits::kMaxCertificates) + " are sent");
    chain.push_back(std::move(one.der));
  }
  return chain;
}

/// Fills in what the leaf says.
Result<void> describe_leaf(Credential& credential, const pki::Certificate& leaf) {
  if (auto strong = pki::check_key(leaf); !strong) return in_chain(strong.error(), 0);
  credential.chain_scheme = pki::signature_scheme(leaf);
  for (std::string_view name : leaf.dns_names) {
    std::string& lowered = credential.names.emplace_back(name);
    std::ranges::transform(lowered, lowered.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  }
  for (Bytes address : leaf.addresses) credential.names.push_back(pki::display_address(address));
  return {};
}

/// Sorts what the file holds into the line that starts with the leaf, in which each certificate certifies the one
/// before it, and alternatives, which certify another one that stands before them (RFC 9846 §4.5.1: a current and a
/// deprecated intermediate). Fills in what the certificates say.
Result<void> describe_chain(Credential& credential, Ders ders) {
  std::vector<std::string> wanted;  // the issuer names so far, canonical
  std::size_t last = 0;             // of `wanted`: that of the end of the line
  std::string hint;                 // about the first
  for (std::size_t i = 0; i < ders.size(); ++i) {
    const auto certificate = pki::parse_certificate(ders[i]);
    if (!certificate) return in_chain(certificate.error(), i);
    const std::string subject = pki::canonical_name(certificate->subject);
    if (i != 0 && std::ranges::find(wanted, subject) == wanted.end())
      return fail(Code::bad_key_file, "certificate " + std::to_string(i + 1) + " of the chain is for '" +
                                          pki::display_name(certificate->subject) +
                                          "' and did not issue any of those before it: put the leaf first, then its "
                                          "issuers in order" +
                                          hint);
    if (i == 0 && certificate->is_ca) hint = "; the first is an authority's certificate";
    if (i == 0)
      if (auto described = describe_leaf(credential, *certificate); !described) return described;
    const bool in_line = i == 0 || wanted[last] == subject;
    credential.issuers.emplace_back(certificate->issuer.begin(), certificate->issuer.end());
    wanted.push_back(pki::canonical_name(certificate->issuer));
    if (in_line) last = i;
    (in_line ? credential.chain : credential.alternatives).push_back(std::move(ders[i]));
  }
  return {};
}

/// RFC 4055 §3.1: what the parameters of an RSASSA-PSS key exclude, in the leaf or with the private key.
Result<void> restrict_schemes(Credential& credential) {
  const auto leaf = pki::parse_certificate(credential.chain.front());
  if (!leaf) return in_chain(leaf.error(), 0);
  const auto public_key = crypto::PublicKey::from_spki(leaf->subject_public_key_info);
  if (!public_key) return in_chain(public_key.error(), 0);
  const auto all = schemes_for(credential.key->kind());
  std::vector<SignatureScheme> left;
  std::ranges::copy_if(all, std::back_inserter(left), [&](SignatureScheme scheme) {
    return public_key->allows(scheme) && credential.key->allows(scheme);
  });
  if (left.empty())
    return fail(Code::bad_key_file,
                "the restrictions of the leaf's key and of the private key leave no signature scheme of TLS; an "
                "RSASSA-PSS key must allow SHA-256, SHA-384 or SHA-512, the same hash in MGF1 and a salt as long as "
                "it");
  if (left.size() != all.size()) credential.signing_schemes = std::move(left);
  return {};
}

/// A credential that has no key yet.
Result<std::shared_ptr<Credential>> read_credential(std::string_view chain_text) {
  auto chain = read_chain(chain_text);
  if (!chain) return std::unexpected(std::move(chain).error());
  auto credential = std::make_shared<Credential>();
  if (auto described = describe_chain(*credential, std::move(*chain)); !described)
    return std::unexpected(std::move(described).error());
  return credential;
}

/// order_hint() of the first certificate.
std::string order_hint(const Credential& credential) {
  const auto first = pki::parse_certificate(credential.chain.front());
  return first ? std::string(pki::order_hint(*first)) : std::string();
}

/// The kind of the leaf's key.
std::optional<KeyKind> leaf_kind(const Credential& credential) {
  const auto leaf = pki::parse_certificate(credential.chain.front());
  return leaf ? pki::key_kind(*leaf) : std::nullopt;
}

/// Gives the key to a credential that read_credential() made.
Result<void> give(Credential& credential, std::shared_ptr<const SigningKey> key) {
  credential.key = std::move(key);
  const auto kind = leaf_kind(credential);
  if (!kind)
    return fail(Code::bad_key_file,
                "the leaf's key is of a kind that TLS cannot sign with here; use ECDSA P-256 or P-384, "
                "Ed25519 or RSA");
  if (*kind != credential.key->kind())
    return fail(Code::bad_key_file, "the leaf holds an " + std::string(describe(*kind)) +
                                        " key, but the private key is " +
                                        std::string(describe(credential.key->kind())) +
                                        ": they do not belong together" + order_hint(credential));
  return restrict_schemes(credential);
}

/// Signs and verifies once: the only proof that a private key belongs to a certificate.
Result<void> prove(const Credential& credential) {
  const auto leaf = pki::parse_certificate(credential.chain.front());
  if (!leaf) return in_chain(leaf.error(), 0);
  auto public_key = pki::leaf_public_key(*leaf);
  if (!public_key) return in_chain(public_key.error(), 0);
  constexpr std::string_view kProbe = "does this key fit its certificate?";
  const SignatureScheme scheme = credential.signing_schemes.empty() ? schemes_for(credential.key->kind()).front()
                                                                    : credential.signing_schemes.front();
  auto signature = credential.key->sign(scheme, as_bytes(kProbe), system_random());
  if (!signature) return fail(Code::bad_key_file, "the private key did not sign at once");
  if (!*signature) return fail(Code::bad_key_file, "the private key cannot sign: " + signature->error().message());
  if (!public_key->verify(scheme, as_bytes(kProbe), **signature))
    return fail(Code::bad_key_file,
                "the private key is not that of the leaf certificate: are the files of two pairs mixed up, "
                "or is the leaf not the first certificate of the chain?" +
                    order_hint(credential));
  return {};
}

}  // namespace

Result<CredentialPtr> load_credential(std::string_view chain_pem, std::string_view key_pem) {
  auto credential = read_credential(chain_pem);
  if (!credential) return std::unexpected(std::move(credential).error());
  auto pkcs8 = pki::load_private_key(key_pem, leaf_kind(**credential));
  if (!pkcs8) return std::unexpected(std::move(pkcs8).error());
  auto key = crypto::software_key(pkcs8->der);
  if (!key) return std::unexpected(std::move(key).error());
  if (auto given = give(**credential, std::move(*key)); !given) return std::unexpected(std::move(given).error());
  if (auto proven = prove(**credential); !proven) return std::unexpected(std::move(proven).error());
  return std::move(*credential);
}

Result<CredentialPtr> make_credential(std::string_view chain_pem, std::shared_ptr<const SigningKey> key) {
  if (!key) return fail(Code::bad_key_file, "no private key was given");
  auto credential = read_credential(chain_pem);
  if (!credential) return std::unexpected(std::move(credential).error());
  if (auto given = give(**credential, std::move(key)); !given) return std::unexpected(std::move(given).error());
  return std::move(*credential);
}

}  // namespace tls
