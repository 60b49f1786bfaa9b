#include "pki/anchor_sources.h"

#include "pki/trust_sources.h"

namespace tls::pki {
namespace {

std::unexpected<Error> at(const std::string& where, const Error& error) {
  if (error.code() == Code::out_of_memory) return std::unexpected(error);  // no fault of the text
  return fail(Code::bad_key_file, where + ": " + error.detail());
}

Result<void> add_anchors(Anchors& anchors, std::vector<FoundCertificate>&& found, AnchorKind kind) {
  for (FoundCertificate& one : found)
    if (auto added = anchors.add(std::move(one.der), kind, one.trusted_for); !added)
      return at(one.where, added.error());
  return {};
}

AnchorKind kind_of(AnchorSource source) {
  switch (source) {
    case AnchorSource::roots:
      return AnchorKind::roots;
    case AnchorSource::mixture:
      return AnchorKind::mixture;
    case AnchorSource::any:
      break;
  }
  return AnchorKind::any;
}

std::unexpected<Error> no_root_in(const std::string& where, const Warnings& warnings) {
  const std::string why = warnings.summary();
  return fail(Code::bad_key_file,
              where + " holds no root certificate that can be trusted" + (why.empty() ? "" : ": " + why));
}

}  // namespace

Result<Anchors> read_anchors(std::string_view text, AnchorSource source) {
  TrustSources sources;
  if (auto read = sources.add_text(text); !read) return std::unexpected(std::move(read).error());
  FoundTrust found = sources.take();
  Anchors anchors;
  auto added = add_anchors(anchors, std::move(found.certificates), kind_of(source));
  if (!added) return std::unexpected(std::move(added).error());
  for (const FoundCertificate& one : found.distrusted)
    if (auto noted = anchors.distrust(one.der, one.trusted_for); !noted) return at(one.where, noted.error());
  if (anchors.size() == 0) return no_root_in("the text", found.warnings);
  return anchors;
}

Result<Anchors> read_system_anchors(std::vector<std::string>* warnings) {
  FoundTrust found = read_system_trust(system_trust());
  // The system's list is not ours to correct: what cannot be a root is left out, which trusts less, and told.
  Anchors anchors;
  for (FoundCertificate& one : found.certificates)
    if (auto added = anchors.add(std::move(one.der), AnchorKind::mixture, one.trusted_for); !added) {
      if (added.error().code() == Code::out_of_memory) return std::unexpected(added.error());
      found.warnings.add(one.where + ": " + added.error().detail());
    }
  for (const FoundCertificate& one : found.distrusted)
    if (auto noted = anchors.distrust(one.der, one.trusted_for); !noted)
      found.warnings.add(one.where + ": " + noted.error().detail());
  if (warnings != nullptr) *warnings = found.warnings.told();
  if (anchors.size() != 0) return anchors;
  return no_root_in(
      "the system's list (SSL_CERT_FILE and SSL_CERT_DIR, else that of ca-certificates; set one of them, or "
      "name the roots to trust)",
      found.warnings);
}

}  // namespace tls::pki
