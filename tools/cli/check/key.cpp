#include "cli/check/key.h"

#include "crypto/software_key.h"
#include "pki/leaf.h"
#include "tls/environment.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;

tls::Result<std::shared_ptr<const tls::SigningKey>> made(const pki::FoundKey& key, std::optional<tls::KeyKind> leaf) {
  const auto pkcs8 = pki::as_pkcs8(key, leaf);
  if (!pkcs8) return std::unexpected(pkcs8.error());
  return tls::crypto::software_key(pkcs8->der);
}

}  // namespace

bool belongs_to(const pki::FoundKey& key, const pki::Certificate& certificate) {
  const auto kind = pki::key_kind(certificate);
  // Usage is judged elsewhere: of the certificate its key alone counts here.
  const auto public_key = tls::crypto::PublicKey::from_spki(certificate.subject_public_key_info);
  const auto private_key = made(key, kind);
  if (!kind || !public_key || !private_key || (*private_key)->kind() != *kind) return false;
  constexpr std::string_view kProbe = "does this key belong to this certificate?";
  for (const tls::SignatureScheme scheme : tls::schemes_for(*kind)) {
    if (!public_key->allows(scheme, tls::ProtocolVersion::tls12) || !(*private_key)->allows(scheme)) continue;
    const auto signature = (*private_key)->sign(scheme, tls::as_bytes(kProbe), tls::system_random());
    return signature && *signature &&
           public_key->verify(scheme, tls::as_bytes(kProbe), **signature, tls::ProtocolVersion::tls12).has_value();
  }
  return false;
}

void check_key_match(const Holdings& held, const std::vector<NamedLeaf>& leaves, Findings& findings) {
  if (!held.key) return;
  if (const auto usable = made(*held.key, tls::KeyKind::ecdsa_p256); !usable && !pki::lacks_curve(*held.key)) {
    findings.add(Id::weak_key, held.file, held.key->where + ": " + pki::words_of(usable.error()),
                 "make a key for ECDSA P-256 or P-384, or RSA of 2048 bits or more");
    return;
  }
  if (leaves.empty()) {
    findings.add(Id::key_alone, held.file, "there is no certificate to compare the private key with",
                 "name the file of its certificate as well");
    return;
  }
  for (const NamedLeaf& leaf : leaves)
    if (belongs_to(*held.key, *leaf.certificate)) {
      findings.add(
          Id::key_match, held.file,
          "the private key is that of '" + pki::display_name(leaf.certificate->subject) + "' in '" + leaf.file + "'");
      return;
    }
  std::string words = "the private key is not that of '" + pki::display_name(leaves.front().certificate->subject) +
                      "' in '" + leaves.front().file + "'";
  if (leaves.size() > 1) words += ", nor of the leaves of the other files";
  findings.add(Id::key_mismatch, held.file, words,
               "are the files of two pairs mixed up, or was one renewed without the other?");
}

std::optional<std::size_t> leaf_for(const pki::FoundKey& key, const std::vector<HeldCertificate>& certificates) {
  for (std::size_t i = 0; i < certificates.size(); ++i)
    if (belongs_to(key, certificates[i].parsed)) return i;
  return std::nullopt;
}

}  // namespace sallyport::cli::check
