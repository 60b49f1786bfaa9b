#include "cli/check/key.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/software_key.h"
#include "pki/leaf.h"
#include "tls/environment.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;

constexpr std::string_view kProbe = "does this key belong to this certificate?";

}  // namespace

const KeyProof::Made& KeyProof::made(std::optional<tls::KeyKind> leaf) {
  if (!pki::lacks_curve(*found_)) leaf.reset();
  const auto known = made_.find(leaf);
  if (known != made_.end()) return known->second;
  const auto pkcs8 = pki::as_pkcs8(*found_, leaf);
  return made_.emplace(leaf, pkcs8 ? tls::crypto::software_key(pkcs8->der) : Made(std::unexpected(pkcs8.error())))
      .first->second;
}

const std::vector<std::uint8_t>& KeyProof::signature(const tls::SigningKey& key, tls::SignatureScheme scheme) {
  const auto known = signatures_.find(scheme);
  if (known != signatures_.end()) return known->second;
  auto answer = key.sign(scheme, tls::as_bytes(kProbe), tls::system_random());
  return signatures_.emplace(scheme, answer && *answer ? std::move(**answer) : std::vector<std::uint8_t>())
      .first->second;
}

tls::Result<void> KeyProof::usable() {
  if (pki::lacks_curve(*found_)) return {};
  const Made& key = made(std::nullopt);
  return key ? tls::Result<void>() : std::unexpected(key.error());
}

bool KeyProof::verifies(const pki::Certificate& certificate) {
  const auto kind = pki::key_kind(certificate);
  if (!kind) return false;
  const Made& key = made(kind);
  if (!key || (*key)->kind() != *kind) return false;
  // Usage is judged elsewhere: of the certificate its key alone counts here.
  const auto public_key = tls::crypto::PublicKey::from_spki(certificate.subject_public_key_info);
  if (!public_key) return false;
  for (const tls::SignatureScheme scheme : tls::schemes_for(*kind)) {
    if (!public_key->allows(scheme, tls::ProtocolVersion::tls12) || !(*key)->allows(scheme)) continue;
    const std::vector<std::uint8_t>& probe = signature(**key, scheme);
    ++verifications_;
    return !probe.empty() &&
           public_key->verify(scheme, tls::as_bytes(kProbe), probe, tls::ProtocolVersion::tls12).has_value();
  }
  return false;
}

bool KeyProof::belongs_to(const pki::Certificate& certificate) {
  std::string key(tls::as_text(certificate.subject_public_key_info));
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end()) return known->second;
  return verdicts_.emplace(std::move(key), verifies(certificate)).first->second;
}

std::optional<std::size_t> KeyProof::leaf_among(std::span<const HeldCertificate> certificates) {
  for (std::size_t i = 0; i < std::min(certificates.size(), tls::limits::kMaxCertificates); ++i)
    if (belongs_to(certificates[i].parsed)) return i;
  return std::nullopt;
}

void check_key_match(KeyProof& key, const Holdings& held, const std::vector<NamedLeaf>& leaves, Findings& findings) {
  if (const auto usable = key.usable(); !usable) {
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
    if (key.belongs_to(*leaf.certificate)) {
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

}  // namespace sallyport::cli::check
