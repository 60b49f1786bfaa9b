// Whether a private key and a certificate belong together.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/check/holdings.h"

namespace sallyport::cli::check {

/// A private key, and which certificates it is that of: it signs, and the certificate's key verifies, which is the one
/// proof that they belong together. Whoever wrote the files decides how many certificates there are to ask about: the
/// key signs at most once with each scheme, and of each public key the verdict is remembered. Not for several threads.
class KeyProof {
 public:
  /// `found` outlives it.
  explicit KeyProof(const tls::pki::FoundKey& found) : found_(&found) {}

  /// Why nobody can sign with the key, where that shows without its certificate.
  [[nodiscard]] tls::Result<void> usable();
  [[nodiscard]] bool belongs_to(const tls::pki::Certificate& certificate);
  /// Which certificate the key is that of, among the first limits::kMaxCertificates; nothing: of none.
  [[nodiscard]] std::optional<std::size_t> leaf_among(std::span<const HeldCertificate> certificates);

  [[nodiscard]] std::size_t signatures() const noexcept { return signatures_.size(); }  ///< that the key made
  [[nodiscard]] std::size_t verifications() const noexcept { return verifications_; }   ///< of these

 private:
  using Made = tls::Result<std::shared_ptr<const tls::SigningKey>>;
  const Made& made(std::optional<tls::KeyKind> leaf);
  const std::vector<std::uint8_t>& signature(const tls::SigningKey& key, tls::SignatureScheme scheme);
  [[nodiscard]] bool verifies(const tls::pki::Certificate& certificate);

  const tls::pki::FoundKey* found_;
  std::map<std::optional<tls::KeyKind>, Made> made_;  ///< by the leaf's kind, where the key does not name its curve
  std::map<tls::SignatureScheme, std::vector<std::uint8_t>> signatures_;  ///< empty: it could not sign
  std::map<std::string, bool> verdicts_;                                  ///< by SubjectPublicKeyInfo
  std::size_t verifications_ = 0;
};

/// A leaf with which keys are compared.
struct NamedLeaf {
  std::string file;
  const tls::pki::Certificate* certificate;
};
/// Judges the key of `file`: which of `leaves` it is that of.
void check_key_match(KeyProof& key, const Holdings& file, const std::vector<NamedLeaf>& leaves, Findings& findings);

}  // namespace sallyport::cli::check
