// Credentials from files: a chain, its key, and the proof that they belong together.
#include <algorithm>
#include <iterator>

#include "base/exceptions.h"
#include "crypto/signature.h"
#include "crypto/software_key.h"
#include "pki/certificate_text.h"
#include "pki/credential_chain.h"
#include "pki/der_file.h"
#include "pki/key_file.h"
#include "pki/leaf.h"
#include "pki/pkcs12.h"
#include "tls/credentials.h"

namespace tls {
namespace {

using pki::CredentialChain;
using KeyPtr = std::shared_ptr<const SigningKey>;
using Schemes = std::vector<SignatureScheme>;

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

/// What the texts hold.
struct Parts {
  std::vector<pki::FoundCertificate> certificates;
  pki::FoundKey key;
  std::string place;  // in front of errors about both: "'chain.pem' and 'key.pem': ", or empty
};

std::string place_of_pair(const CredentialOptions& options) {
  const std::string &chain = options.chain_file, &key = options.key_file;
  if (chain.empty() && key.empty()) return {};
  return chain + (chain.empty() || key.empty() || chain == key ? "" : " and ") + (chain == key ? "" : key) + ": ";
}

/// RFC 4055 §3.1: the schemes that the parameters of an RSASSA-PSS key leave, in the leaf or with the private key.
/// Empty: all that fit the key.
Result<Schemes> allowed_schemes(const crypto::PublicKey& public_key, const SigningKey& key, const std::string& place) {
  const auto all = schemes_for(key.kind());
  Schemes left;
  std::ranges::copy_if(all, std::back_inserter(left),
                       [&](SignatureScheme scheme) { return public_key.allows(scheme) && key.allows(scheme); });
  if (left.empty())
    return fail(
        Code::bad_key_file,
        place +
            "the restrictions of the leaf's key and of the private key leave no signature scheme of TLS; an "
            "RSASSA-PSS key must allow SHA-256, SHA-384 or SHA-512, the same hash in MGF1 and a salt as long as "
            "it");
  if (left.size() == all.size()) left.clear();
  return left;
}

/// The schemes that a key of the leaf's kind may sign with; the error when it is of another kind, or the leaf's is
/// weak.
Result<Schemes> schemes_of_pair(const CredentialChain& chain, std::size_t leaf, const SigningKey& key,
                                const std::string& place) {
  if (auto strong = pki::check_key(chain[leaf]); !strong) return chain.error_at(leaf, strong.error());
  const auto kind = pki::key_kind(chain[leaf]);
  if (!kind)
    return fail(Code::bad_key_file, place +
                                        "the leaf's key is of a kind that TLS cannot sign with here; use ECDSA P-256 "
                                        "or P-384, Ed25519 or RSA");
  if (*kind != key.kind())
    return fail(Code::bad_key_file, place + "the leaf holds an " + std::string(describe(*kind)) +
                                        " key, but the private key is " + std::string(describe(key.kind())) +
                                        ": they do not belong together" + std::string(pki::order_hint(chain[leaf])));
  const auto public_key = crypto::PublicKey::from_spki(chain[leaf].subject_public_key_info);
  if (!public_key) return chain.error_at(leaf, public_key.error());
  return allowed_schemes(*public_key, key, place);
}

/// Signs and verifies once: the only proof that a private key belongs to a certificate.
Result<void> prove(const CredentialChain& chain, std::size_t leaf, const SigningKey& key, const Schemes& schemes,
                   const std::string& place) {
  const auto public_key = pki::leaf_public_key(chain[leaf]);
  if (!public_key) return chain.error_at(leaf, public_key.error());
  constexpr std::string_view kProbe = "does this key fit its certificate?";
  const SignatureScheme scheme = schemes.empty() ? schemes_for(key.kind()).front() : schemes.front();
  auto signature = key.sign(scheme, as_bytes(kProbe), system_random());
  if (!signature) return fail(Code::bad_key_file, place + "the private key did not sign at once");
  if (!*signature)
    return fail(Code::bad_key_file, place + "the private key cannot sign: " + signature->error().message());
  if (!public_key->verify(scheme, as_bytes(kProbe), **signature))
    return fail(Code::bad_key_file,
                place +
                    "the private key is not that of the leaf certificate: are the files of two pairs mixed up, "
                    "or is the leaf not in the chain?" +
                    std::string(pki::order_hint(chain[leaf])));
  return {};
}

/// A key, the certificate that it signs for, and with what.
struct Pair {
  KeyPtr key;
  std::size_t leaf = 0;
  Schemes schemes;
};

Result<KeyPtr> make_key(const pki::FoundKey& found, std::optional<KeyKind> leaf) {
  auto pkcs8 = pki::as_pkcs8(found, leaf);
  if (!pkcs8) return std::unexpected(std::move(pkcs8).error());
  auto key = crypto::software_key(pkcs8->der);
  if (!key) return std::unexpected(Error(key.error().code(), found.where + ": " + pki::words_of(key.error())));
  return key;
}

/// Whether the key signs for this certificate.
Result<Pair> try_leaf(const CredentialChain& chain, std::size_t leaf, Result<KeyPtr> key, const std::string& place) {
  if (!key) return std::unexpected(std::move(key).error());
  auto schemes = schemes_of_pair(chain, leaf, **key, place);
  if (!schemes) return std::unexpected(std::move(schemes).error());
  if (auto proven = prove(chain, leaf, **key, *schemes, place); !proven)
    return std::unexpected(std::move(proven).error());
  return Pair{std::move(*key), leaf, std::move(*schemes)};
}

/// The first certificate of the file that the key signs for. Where there is none, why the first one is not it.
Result<Pair> find_leaf(const CredentialChain& chain, const Parts& parts) {
  const bool on_curve_of_leaf = pki::lacks_curve(parts.key);
  const auto key_for = [&](std::size_t i) { return make_key(parts.key, pki::key_kind(chain[i])); };
  const auto key = key_for(0);
  auto first = try_leaf(chain, 0, key, parts.place);
  for (std::size_t i = 1; !first && i < chain.size(); ++i) {
    const auto kind = pki::key_kind(chain[i]);
    if (!kind || (!on_curve_of_leaf && (!key || *kind != (*key)->kind()))) continue;
    if (auto pair = try_leaf(chain, i, on_curve_of_leaf ? key_for(i) : key, parts.place)) return pair;
  }
  return first;
}

Result<CredentialPtr> assemble(Parts parts, const CredentialOptions& options) {
  auto chain = CredentialChain::read(std::move(parts.certificates), options.chain_file);
  if (!chain) return std::unexpected(std::move(chain).error());
  auto pair = find_leaf(*chain, parts);
  if (!pair) return std::unexpected(std::move(pair).error());
  auto credential = std::make_shared<Credential>();
  CredentialReport report;
  if (auto filled = std::move(*chain).fill(*credential, pair->leaf, report); !filled)
    return std::unexpected(std::move(filled).error());
  credential->key = std::move(pair->key);
  credential->signing_schemes = std::move(pair->schemes);
  if (options.report != nullptr) *options.report = std::move(report);
  return credential;
}

Result<CredentialPtr> load_pair(std::string_view chain, std::string_view key, const CredentialOptions& options) {
  Parts parts;
  parts.place = place_of_pair(options);
  auto certificates = pki::read_certificates(chain, options.chain_file);
  if (!certificates) return std::unexpected(std::move(certificates).error());
  parts.certificates = std::move(*certificates);
  pki::PasswordAsker asker(options.password, options.key_file);
  auto found = pki::find_private_key(key, asker, options.key_file);
  if (!found) return std::unexpected(std::move(found).error());
  parts.key = std::move(*found);
  return assemble(std::move(parts), options);
}

Result<CredentialPtr> load_pkcs12(Bytes pfx, const std::string& where, const CredentialOptions& options) {
  pki::PasswordAsker asker(options.password, options.chain_file);
  auto opened = pki::open_pkcs12(pfx, where, asker);
  if (!opened) return std::unexpected(std::move(opened).error());
  if (opened->certificates.empty()) return fail(Code::bad_key_file, where + ": there is no certificate in it");
  return assemble(Parts{std::move(opened->certificates),
                        {std::move(opened->key), std::move(opened->key_where)},
                        options.chain_file.empty() ? "" : options.chain_file + ": "},
                  options);
}

Result<CredentialPtr> load_text(std::string_view text, const CredentialOptions& options) {
  const std::string& file = options.chain_file;
  if (text.size() <= limits::kMaxPem && pki::der_kind(as_bytes(text)) == pki::DerKind::pkcs12)
    return load_pkcs12(as_bytes(text), file.empty() ? "the PKCS#12 file" : file, options);
  if (text.size() <= limits::kMaxPem && !pki::is_der(text)) {  // GnuTLS writes PKCS#12 as PEM
    pki::PemReader reader(text);
    while (const auto block = reader.next())
      if (*block && (*block)->label == "PKCS12")
        return load_pkcs12((*block)->der, (file.empty() ? "" : file + ", ") + pki::place_of(**block), options);
  }
  CredentialOptions both = options;
  both.key_file = options.chain_file;
  return load_pair(text, text, both);
}

/// Nothing that is thrown leaves the functions of the public header.
template <class Load>
Result<CredentialPtr> at_the_edge(Load&& load) noexcept {
  return without_exceptions("loading a credential", std::forward<Load>(load));
}

}  // namespace

PasswordSource fixed_password(SecretBytes password) {
  return [kept = std::make_shared<const SecretBytes>(std::move(password))](
             const PasswordRequest&) -> Result<SecretBytes> { return kept->clone(); };
}

Result<CredentialPtr> load_credential(std::string_view chain, std::string_view key) {
  return load_credential(chain, key, CredentialOptions{});
}

Result<CredentialPtr> load_credential(std::string_view chain, std::string_view key, const CredentialOptions& options) {
  return at_the_edge([&] { return load_pair(chain, key, options); });
}

Result<CredentialPtr> load_credential(std::string_view text, const CredentialOptions& options) {
  return at_the_edge([&] { return load_text(text, options); });
}

Result<CredentialPtr> make_credential(std::string_view chain, KeyPtr key, const CredentialOptions& options) {
  return at_the_edge([&]() -> Result<CredentialPtr> {
    if (!key) return fail(Code::bad_key_file, "no private key was given");
    auto certificates = pki::read_certificates(chain, options.chain_file);
    if (!certificates) return std::unexpected(std::move(certificates).error());
    auto read = CredentialChain::read(std::move(*certificates), options.chain_file);
    if (!read) return std::unexpected(std::move(read).error());
    const std::size_t leaf = read->leaf_by_kind(key->kind());
    auto schemes = schemes_of_pair(*read, leaf, *key, place_of_pair(options));
    if (!schemes) return std::unexpected(std::move(schemes).error());
    auto credential = std::make_shared<Credential>();
    CredentialReport report;
    if (auto filled = std::move(*read).fill(*credential, leaf, report); !filled)
      return std::unexpected(std::move(filled).error());
    credential->key = std::move(key);
    credential->signing_schemes = std::move(*schemes);
    if (options.report != nullptr) *options.report = std::move(report);
    return credential;
  });
}

}  // namespace tls
