// Verifiers: trust anchors, the path to one of them, and the name.
#include "tls/verifier.h"
#include "pki/anchor_sources.h"
#include "pki/judge.h"

namespace tls {
namespace {

std::optional<StapleInfo> public_form(const std::optional<pki::GoodStaple>& staple) {
  using std::chrono::seconds;
  if (!staple) return std::nullopt;
  StapleInfo info{.produced_at = seconds(staple->produced_at),
                  .this_update = seconds(staple->this_update),
                  .next_update = std::nullopt,
                  .unchecked_responder = staple->unchecked_responder};
  if (staple->next_update) info.next_update = seconds(*staple->next_update);
  return info;
}

class AnchorVerifier final : public ChainVerifier {
 public:
  explicit AnchorVerifier(pki::Anchors anchors) : anchors_(std::move(anchors)), identity_(anchors_.identity()) {}

  /// The same anchors decide alike.
  std::string identity() const override { return identity_; }

  Answer<ChainAccepted> verify(const ChainToVerify& input) const override { return decide(input); }

 private:
  Result<ChainAccepted> decide(const ChainToVerify& input) const {
    pki::PeerChainPtr chain = input.parsed;
    pki::Question question{.role = input.peer_is_server ? pki::Role::server : pki::Role::client,
                           .name = input.server_name,
                           .now = input.now,
                           .leaf_key_checked = true,  // by the handshake, where it parsed the chain
                           .staples = input.staples,
                           .leaf_staple = input.ocsp_response,
                           .issuer_staples = input.issuer_ocsp_responses};
    if (!chain || !chain->der().shares_memory_with(input.chain)) {
      auto parsed = pki::PeerChain::parse(input.chain);
      if (!parsed) return std::unexpected(std::move(parsed).error());
      chain = std::move(*parsed);
      question.leaf_key_checked = false;
    }
    const auto accepted = pki::judge(anchors_, *chain, question);
    if (!accepted) return std::unexpected(accepted.error());
    return ChainAccepted{.not_after = accepted->until, .staple = public_form(accepted->staple)};
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

VerifierResult make(Result<pki::Anchors> anchors) {
  if (!anchors) return std::unexpected(std::move(anchors).error());
  return std::make_shared<const AnchorVerifier>(std::move(*anchors));
}

}  // namespace

VerifierResult trust_pem(std::string_view roots, OtherCertificates others) {
  return make(pki::read_anchors(
      roots, others == OtherCertificates::refuse ? pki::AnchorSource::roots : pki::AnchorSource::mixture));
}

VerifierResult trust_pem_ignoring_issuers(std::string_view certificates) {
  return make(pki::read_anchors(certificates, pki::AnchorSource::any));
}

VerifierResult trust_system(std::vector<std::string>* warnings) { return make(pki::read_system_anchors(warnings)); }

std::shared_ptr<const ChainVerifier> trust_anyone_insecurely() { return std::make_shared<const AcceptsAnyone>(); }

}  // namespace tls
