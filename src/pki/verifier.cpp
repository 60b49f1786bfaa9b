// Verifiers: trust anchors, the path to one of them, and the name.
#include "tls/verifier.h"
#include "pki/path_search.h"
#include "pki/server_name.h"
#include "pki/trust_sources.h"

namespace tls {
namespace {

class AnchorVerifier final : public ChainVerifier {
 public:
  explicit AnchorVerifier(pki::Anchors anchors) : anchors_(std::move(anchors)), identity_(anchors_.identity()) {}

  /// The same anchors decide alike.
  std::string identity() const override { return identity_; }

  Answer<ChainAccepted> verify(const ChainToVerify& input) const override { return decide(input); }

 private:
  Result<ChainAccepted> decide(const ChainToVerify& input) const {
    pki::PeerChainPtr chain = input.parsed;
    if (!chain || !chain->der().shares_memory_with(input.chain)) {
      auto parsed = pki::PeerChain::parse(input.chain);
      if (!parsed) return std::unexpected(std::move(parsed).error());
      chain = std::move(*parsed);
    }
    const pki::Role role = input.peer_is_server ? pki::Role::server : pki::Role::client;
    auto trusted = pki::find_path(anchors_, *chain, role, input.now);
    if (!trusted) {
      const bool missing = trusted.error().code() == Code::unknown_ca && chain->unreadable();
      return std::unexpected(missing ? *chain->unreadable() : std::move(trusted).error());
    }
    if (input.peer_is_server)
      if (auto named = pki::check_server_name(input.server_name, chain->leaf()); !named)
        return std::unexpected(std::move(named).error());
    return ChainAccepted{.not_after = *trusted};
  }

  pki::Anchors anchors_;
  std::string identity_;
};

class AcceptsAnyone final : public ChainVerifier {
 public:
  std::string identity() const override { return "nobody is verified"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return Result<ChainAccepted>(ChainAccepted{}); }
};

using VerifierResult = Result<std::shared_ptr<const ChainVerifier>>;

VerifierResult finish(pki::Anchors anchors, const std::string& nothing) {
  if (anchors.size() == 0) return fail(Code::bad_key_file, nothing);
  return std::make_shared<const AnchorVerifier>(std::move(anchors));
}

std::unexpected<Error> at(const std::string& where, const Error& error) {
  return fail(Code::bad_key_file, where + ": " + error.detail());
}

Result<bool> self_issued(Bytes der) {
  auto parsed = pki::parse_certificate(der);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  return parsed->self_issued();
}

/// The certificates of a text that the user answers for: a bad one fails.
Result<pki::FoundTrust> read_strictly(std::string_view text) {
  pki::TrustSources sources;
  if (auto added = sources.add_text(text); !added) return std::unexpected(std::move(added).error());
  return sources.take();
}

Result<void> add_all(pki::Anchors& anchors, std::vector<pki::FoundCertificate>&& found, pki::AnchorKind kind) {
  for (pki::FoundCertificate& one : found)
    if (auto added = anchors.add(std::move(one.der), kind, one.trusted_for); !added)
      return at(one.where, added.error());
  return {};
}

/// A mixture of roots and intermediates, taken apart.
Result<void> add_mixture(pki::Anchors& anchors, std::vector<pki::FoundCertificate>&& found) {
  auto parts = pki::separate_roots(std::move(found), self_issued, nullptr);
  if (!parts) return std::unexpected(std::move(parts).error());
  for (pki::FoundCertificate& one : parts->intermediates)
    if (auto added = anchors.add_intermediate(std::move(one.der)); !added) return at(one.where, added.error());
  return add_all(anchors, std::move(parts->roots), pki::AnchorKind::roots);
}

/// Why there is no root, where warnings may say it.
std::string nothing_in(const std::string& where, const pki::FoundTrust& found) {
  const std::string why = found.warnings.summary();
  return where + " holds no root certificate that can be trusted" + (why.empty() ? "" : ": " + why);
}

}  // namespace

VerifierResult trust_pem(std::string_view roots, OtherCertificates others) {
  auto found = read_strictly(roots);
  if (!found) return std::unexpected(std::move(found).error());
  const std::string nothing = nothing_in("the text", *found);
  pki::Anchors anchors;
  auto added = others == OtherCertificates::refuse
                   ? add_all(anchors, std::move(found->certificates), pki::AnchorKind::roots)
                   : add_mixture(anchors, std::move(found->certificates));
  if (!added) return std::unexpected(std::move(added).error());
  return finish(std::move(anchors), nothing);
}

VerifierResult trust_pem_ignoring_issuers(std::string_view certificates) {
  auto found = read_strictly(certificates);
  if (!found) return std::unexpected(std::move(found).error());
  const std::string nothing = nothing_in("the text", *found);
  pki::Anchors anchors;
  auto added = add_all(anchors, std::move(found->certificates), pki::AnchorKind::any);
  if (!added) return std::unexpected(std::move(added).error());
  return finish(std::move(anchors), nothing);
}

VerifierResult trust_system(std::vector<std::string>* warnings) {
  pki::FoundTrust found = pki::read_system_trust(pki::system_trust());
  // The system's list is not ours to correct: what cannot be a root is left out, which trusts less, and told.
  auto parts = pki::separate_roots(std::move(found.certificates), self_issued, &found.warnings);
  if (!parts) return std::unexpected(std::move(parts).error());
  pki::Anchors anchors;
  for (pki::FoundCertificate& one : parts->roots)
    if (auto added = anchors.add(std::move(one.der), pki::AnchorKind::roots, one.trusted_for); !added)
      found.warnings.add(one.where + ": " + added.error().detail());
  for (pki::FoundCertificate& one : parts->intermediates)
    if (auto added = anchors.add_intermediate(std::move(one.der)); !added)
      found.warnings.add(one.where + ": " + added.error().detail());
  if (warnings != nullptr) *warnings = found.warnings.words();
  return finish(std::move(anchors),
                nothing_in("the system's list (SSL_CERT_FILE, SSL_CERT_DIR, else that of ca-certificates)", found) +
                    "; install ca-certificates, set SSL_CERT_FILE, or name the roots to trust");
}

std::shared_ptr<const ChainVerifier> trust_anyone_insecurely() { return std::make_shared<const AcceptsAnyone>(); }

}  // namespace tls
