// Verifiers: trust anchors, the path to one of them, and the name.
#include "tls/verifier.h"

#include "base/exceptions.h"
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

std::optional<CrlInfo> public_form(const std::optional<pki::CrlCoverage>& crl) {
  using std::chrono::seconds;
  if (!crl) return std::nullopt;
  return CrlInfo{.this_update = seconds(crl->this_update), .next_update = seconds(crl->next_update)};
}

/// CRLs beside anchors.
struct Revocations {
  CrlSet crls;
  CrlPolicy policy;
};

class AnchorVerifier final : public ChainVerifier {
 public:
  AnchorVerifier(pki::Anchors anchors, VerificationMemory memory)
      : anchors_(std::make_shared<const pki::Anchors>(std::move(anchors))),
        identity_(anchors_->identity()),
        memory_(std::move(memory)) {}
  AnchorVerifier(const AnchorVerifier& other, Revocations revocations)
      : anchors_(other.anchors_),
        identity_(other.identity_),
        memory_(other.memory_),
        revocations_(std::move(revocations)) {}
  AnchorVerifier(const AnchorVerifier& other, VerificationMemory memory)
      : anchors_(other.anchors_),
        identity_(other.identity_),
        memory_(std::move(memory)),
        revocations_(other.revocations_) {}

  /// The same anchors and the same policy decide alike. Not the CRLs: may_resume() asks those that are in force.
  std::string identity() const override {
    if (!revocations_) return identity_;
    return identity_ + " crls " + std::to_string(static_cast<unsigned>(revocations_->policy));
  }

  Answer<ChainAccepted> verify(const ChainToVerify& input) const override { return decide(input); }

  bool may_resume(const ResumedPeer& peer) const override { return pki::session_may_go_on(crls(), *anchors_, peer); }

 private:
  pki::CrlQuestion crls() const noexcept {
    if (!revocations_) return {};
    return {&revocations_->crls.store(), revocations_->policy};
  }

  Result<ChainAccepted> decide(const ChainToVerify& input) const {
    pki::PeerChainPtr chain = input.parsed;
    pki::Question question{.role = input.peer_is_server ? pki::Role::server : pki::Role::client,
                           .name = input.server_name,
                           .now = input.now,
                           .leaf_key_checked = true,  // by the handshake, where it parsed the chain
                           .staples = input.staples,
                           .leaf_staple = input.ocsp_response,
                           .issuer_staples = input.issuer_ocsp_responses,
                           .crls = crls(),
                           .memory = memory_.store()};
    if (!chain || !chain->der().shares_memory_with(input.chain)) {
      auto parsed = pki::PeerChain::parse(input.chain);
      if (!parsed) return std::unexpected(std::move(parsed).error());
      chain = std::move(*parsed);
      question.leaf_key_checked = false;
    }
    const auto accepted = pki::judge(*anchors_, *chain, question);
    if (!accepted) return std::unexpected(accepted.error());
    return ChainAccepted{
        .not_after = accepted->until, .staple = public_form(accepted->staple), .crl = public_form(accepted->crl)};
  }

  std::shared_ptr<const pki::Anchors> anchors_;
  std::string identity_;  ///< of the anchors
  VerificationMemory memory_;
  std::optional<Revocations> revocations_;
};

class AcceptsAnyone final : public ChainVerifier {
 public:
  std::string identity() const override { return "nobody is verified"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return Result<ChainAccepted>(ChainAccepted{}); }
};

using VerifierResult = Result<std::shared_ptr<const ChainVerifier>>;

/// A verifier by the anchors that `read` gives. Nothing that is thrown leaves the functions of the public header.
template <class Read>
VerifierResult make(Read&& read) noexcept {
  return without_exceptions("loading trust anchors", [&]() -> VerifierResult {
    Result<pki::Anchors> anchors = read();
    if (!anchors) return std::unexpected(std::move(anchors).error());
    auto memory = VerificationMemory::create();
    if (!memory) return std::unexpected(std::move(memory).error());
    return std::make_shared<const AnchorVerifier>(std::move(*anchors), std::move(*memory));
  });
}

std::unexpected<Error> not_ours(const std::string& function, const std::string& another) {
  return fail(Code::bad_config, function +
                                    " takes a verifier of trust_pem(), trust_pem_ignoring_issuers() or "
                                    "trust_system(): another one " +
                                    another);
}

}  // namespace

bool ChainVerifier::may_resume(const ResumedPeer&) const { return true; }

VerifierResult with_crls(const std::shared_ptr<const ChainVerifier>& verifier, CrlSet crls, CrlPolicy policy) {
  return without_exceptions("with_crls()", [&]() -> VerifierResult {
    const auto* known = dynamic_cast<const AnchorVerifier*>(verifier.get());
    if (known == nullptr) return not_ours("with_crls()", "looks at CRLs itself");
    return std::make_shared<const AnchorVerifier>(*known, Revocations{std::move(crls), policy});
  });
}

VerifierResult with_memory(const std::shared_ptr<const ChainVerifier>& verifier, VerificationMemory memory) {
  return without_exceptions("with_memory()", [&]() -> VerifierResult {
    const auto* known = dynamic_cast<const AnchorVerifier*>(verifier.get());
    if (known == nullptr) return not_ours("with_memory()", "remembers, or does not, as it likes");
    return std::make_shared<const AnchorVerifier>(*known, std::move(memory));
  });
}

VerifierResult trust_pem(std::string_view roots, OtherCertificates others) {
  return make([&] {
    return pki::read_anchors(
        roots, others == OtherCertificates::refuse ? pki::AnchorSource::roots : pki::AnchorSource::mixture);
  });
}

VerifierResult trust_pem_ignoring_issuers(std::string_view certificates) {
  return make([&] { return pki::read_anchors(certificates, pki::AnchorSource::any); });
}

VerifierResult trust_system(std::vector<std::string>* warnings) {
  return make([&] { return pki::read_system_anchors(warnings); });
}

std::shared_ptr<const ChainVerifier> trust_anyone_insecurely() { return std::make_shared<const AcceptsAnyone>(); }

}  // namespace tls
