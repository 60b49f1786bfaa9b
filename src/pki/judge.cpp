#include "pki/judge.h"

#include <algorithm>
#include <string>

#include "pki/chain_key.h"
#include "pki/leaf.h"
#include "pki/server_name.h"

namespace tls::pki {
namespace {

/// Where `certificate` stands in the chain that was sent.
std::optional<std::size_t> place_of(const Certificate& certificate, const PeerChain& chain) {
  std::size_t at = 0;
  for (const Bytes der : chain.der()) {
    if (der.data() == certificate.der.data()) return at;
    ++at;
  }
  return std::nullopt;
}

Result<GoodStaple> judge_in_path(Bytes staple, const FoundPath& found, std::size_t at, const Moment& now) {
  const crypto::PublicKey* key = at + 2 == found.path.size() ? found.anchor_key : nullptr;
  return judge_staple(staple, *found.path[at], *found.path[at + 1], key, now);
}

/// RFC 9608 §4: nobody tells of its revocation, so that nothing is asked of it. The extension is for end entities, and
/// a certificate that demands a staple says the opposite.
bool without_revocation(const Certificate& leaf) { return leaf.no_rev_avail && !leaf.must_staple && !leaf.is_ca; }

/// Whether the leaf owes a staple. RFC 7633 §4.2.3: the feature is for servers.
bool is_due(const Certificate& leaf, const Question& question) {
  return (question.role == Role::server && leaf.must_staple) ||
         (question.staples == StaplePolicy::require && !without_revocation(leaf));
}

std::unexpected<Error> missing(const Certificate& leaf) {
  const std::string name = "'" + display_name(leaf.subject) + "'";
  if (leaf.must_staple)
    return fail(Code::bad_staple, "the certificate of " + name +
                                      " demands a stapled OCSP response (RFC 7633), and there is none; the server has "
                                      "to staple one");
  return fail(Code::bad_staple,
              "no OCSP response is stapled to the certificate of " + name + ", and StaplePolicy::require demands one");
}

/// The staples of the issuers that a path leads through, where they are.
Result<void> check_issuers(const FoundPath& found, const PeerChain& chain, const Question& question,
                           const Moment& now) {
  for (std::size_t i = 1; i + 1 < found.path.size(); ++i) {
    const auto place = place_of(*found.path[i], chain);
    if (!place || *place == 0 || *place > question.issuer_staples.size()) continue;
    const std::vector<std::uint8_t>& staple = question.issuer_staples[*place - 1];
    if (staple.empty()) continue;
    if (auto good = judge_in_path(staple, found, i, now); !good) return std::unexpected(std::move(good).error());
  }
  return {};
}

/// The staples of a path: that of the leaf as the policy has it, and those of its issuers. A leaf that is its own
/// anchor has no issuer who could speak for it: who trusts it takes its revocation upon himself, unless a staple is
/// required.
Result<std::optional<GoodStaple>> check_staples(const FoundPath& found, const PeerChain& chain,
                                                const Question& question, const Moment& now) {
  std::optional<GoodStaple> judged;
  if (question.staples == StaplePolicy::ignore) return judged;
  const Certificate& leaf = *found.path.front();
  if (found.anchor_key == nullptr) {
    if (question.staples != StaplePolicy::require || leaf.self_issued()) return judged;
    return fail(Code::bad_staple, "the certificate of '" + display_name(leaf.subject) +
                                      "' is trusted itself, so that nobody can speak for it, and StaplePolicy::require "
                                      "demands a stapled OCSP response; trust its issuer, or ignore staples");
  }
  if (!question.leaf_staple.empty() && !without_revocation(leaf)) {
    auto good = judge_in_path(question.leaf_staple, found, 0, now);
    if (!good) return std::unexpected(std::move(good).error());
    judged = *good;
  } else if (is_due(leaf, question)) {
    return missing(leaf);
  }
  if (auto issuers = check_issuers(found, chain, question, now); !issuers)
    return std::unexpected(std::move(issuers).error());
  return judged;
}

/// How long the verdict holds. Where a staple is due it holds no longer than the staple: a session must not carry it
/// beyond (RFC 9846 §4.7.1).
Clock::Milliseconds end_of(const FoundPath& found, const std::optional<GoodStaple>& staple, const Question& question) {
  if (!staple || !is_due(*found.path.front(), question)) return found.until;
  return std::min(found.until, Clock::Milliseconds(std::chrono::seconds(staple->until)));
}

/// A verdict, and what of it may be remembered.
struct Judged {
  Accepted accepted;
  std::vector<MemoryKey> signatures;  ///< good ones, of the path
  bool repeatable = true;             ///< see FoundPath
};

Result<Judged> judge_anew(const Anchors& anchors, const PeerChain& chain, const Question& question, const Moment& now,
                          SearchReport* report, VerificationStore* memory) {
  if (!question.leaf_key_checked)
    if (auto key = leaf_public_key(chain.leaf()); !key) return std::unexpected(std::move(key).error());
  auto found = find_path(anchors, chain, question.role, now, report, question.crls, memory);
  if (!found) {
    const bool unread = found.error().code() == Code::unknown_ca && chain.unreadable();
    return std::unexpected(unread ? *chain.unreadable() : std::move(found).error());
  }
  if (question.role == Role::server)
    if (auto named = check_server_name(question.name, chain.leaf(), chain.certificates().size() == 1); !named)
      return std::unexpected(std::move(named).error());
  auto staple = check_staples(*found, chain, question, now);
  if (!staple) return std::unexpected(std::move(staple).error());
  return Judged{
      {end_of(*found, *staple, question), *staple, found->crl}, std::move(found->signatures), found->repeatable};
}

}  // namespace

Result<Accepted> judge(const Anchors& anchors, const PeerChain& chain, const Question& question, SearchReport* report) {
  const Moment now(question.now);
  VerificationStore* memory = report == nullptr ? question.memory : nullptr;
  const auto key = memory != nullptr ? chain_key(anchors, chain, question) : std::nullopt;
  if (!key) memory = nullptr;
  if (memory != nullptr)
    if (const auto known = memory->accepted(*key, now.seconds())) return *known;
  auto judged = judge_anew(anchors, chain, question, now, report, memory);
  if (!judged) return std::unexpected(std::move(judged).error());
  if (memory != nullptr) {
    memory->keep_verified(judged->signatures);
    if (judged->repeatable) memory->keep_accepted(*key, judged->accepted, now.period());
  }
  return judged->accepted;
}

}  // namespace tls::pki
