#include "pki/judge.h"

#include <chrono>

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

Result<GoodStaple> judge_in_path(Bytes staple, const FoundPath& found, std::size_t at, const Question& question) {
  const crypto::PublicKey* key = at + 2 == found.path.size() ? found.anchor_key : nullptr;
  return judge_staple(staple, *found.path[at], *found.path[at + 1], key,
                      std::chrono::floor<std::chrono::seconds>(question.now).count());
}

/// What the leaf owes.
Result<void> check_presence(const Certificate& leaf, const Question& question) {
  if (!question.leaf_staple.empty() || leaf.no_rev_avail) return {};
  const std::string name = "'" + display_name(leaf.subject) + "'";
  if (leaf.must_staple)
    return fail(Code::bad_staple, "the certificate of " + name +
                                      " demands a stapled OCSP response (RFC 7633), and there is none; the server has "
                                      "to staple one");
  if (question.staples == StaplePolicy::require)
    return fail(Code::bad_staple, "no OCSP response is stapled to the certificate of " + name +
                                      ", and StaplePolicy::require demands one");
  return {};
}

/// The staples of a path: that of the leaf as the policy has it, those of its issuers where they are. A leaf that is
/// its own anchor has no issuer who could revoke it, and nobody revokes what has noRevAvail (RFC 9608 §4).
Result<std::optional<GoodStaple>> check_staples(const FoundPath& found, const PeerChain& chain,
                                                const Question& question) {
  std::optional<GoodStaple> leaf;
  if (question.staples == StaplePolicy::ignore || found.anchor_key == nullptr) return leaf;
  if (auto present = check_presence(*found.path.front(), question); !present)
    return std::unexpected(std::move(present).error());
  if (!question.leaf_staple.empty() && !found.path.front()->no_rev_avail) {
    auto good = judge_in_path(question.leaf_staple, found, 0, question);
    if (!good) return std::unexpected(std::move(good).error());
    leaf = *good;
  }
  for (std::size_t i = 1; i + 1 < found.path.size(); ++i) {
    const auto place = place_of(*found.path[i], chain);
    if (!place || *place == 0 || *place > question.issuer_staples.size()) continue;
    const std::vector<std::uint8_t>& staple = question.issuer_staples[*place - 1];
    if (staple.empty() || found.path[i]->no_rev_avail) continue;
    if (auto good = judge_in_path(staple, found, i, question); !good) return std::unexpected(std::move(good).error());
  }
  return leaf;
}

}  // namespace

Result<Accepted> judge(const Anchors& anchors, const PeerChain& chain, const Question& question, SearchReport* report) {
  if (!question.leaf_key_checked)
    if (auto key = leaf_public_key(chain.leaf()); !key) return std::unexpected(std::move(key).error());
  auto found = find_path(anchors, chain, question.role, question.now, report);
  if (!found) {
    const bool missing = found.error().code() == Code::unknown_ca && chain.unreadable();
    return std::unexpected(missing ? *chain.unreadable() : std::move(found).error());
  }
  if (question.role == Role::server)
    if (auto named = check_server_name(question.name, chain.leaf(), chain.certificates().size() == 1); !named)
      return std::unexpected(std::move(named).error());
  auto staple = check_staples(*found, chain, question);
  if (!staple) return std::unexpected(std::move(staple).error());
  return Accepted{found->until, *staple};
}

}  // namespace tls::pki
