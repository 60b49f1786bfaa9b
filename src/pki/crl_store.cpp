#include "pki/crl_store.h"

#include <algorithm>
#include <utility>

#include "base/exceptions.h"
#include "base/limits.h"
#include "pki/certificate.h"
#include "pki/der_file.h"
#include "pki/pem.h"

namespace tls {
namespace pki {
bool superseded(const CrlGroup& group, std::size_t i) {
  const auto key = group[i]->prover();
  if (!key) return false;
  for (std::size_t j = 0; j < group.size(); ++j) {
    if (j == i) continue;
    // By themselves, not by their places: those follow from what others have written, too.
    const bool newer = group[j]->newer_than(*group[i]);
    const bool as_new = j < i && !group[i]->newer_than(*group[j]);
    if (!newer && !as_new) continue;
    const auto other = group[j]->prover();
    if (other && std::ranges::equal(other->bytes(), key->bytes())) return true;
  }
  return false;
}

const Crl* CrlStore::in_force(const Crl& crl) const {
  for (const CrlGroup& group : of(crl.issuer()))
    if (group.front()->same_scope(crl)) return group.front().get();
  return nullptr;
}

std::span<const CrlGroup> CrlStore::of(const std::string& issuer) const noexcept {
  const auto at = issuers_.find(issuer);
  return at == issuers_.end() ? std::span<const CrlGroup>() : at->second;
}

Result<void> CrlStore::check_memory() const {
  if (memory_ <= memory_limit_) return {};
  return fail(Code::bad_crl, "the CRLs take more than " + std::to_string(memory_limit_) +
                                 " bytes together, the limit of one set; leave some out");
}

Result<void> CrlStore::begin_group(std::vector<CrlGroup>& groups, CrlPtr crl) {
  if (groups_ == limits::kMaxCrls)
    return fail(Code::bad_crl, "there are " + std::to_string(limits::kMaxCrls) + " CRLs already, the limit of one set");
  const auto of_key = std::ranges::count_if(groups, [&](const CrlGroup& one) {
    return std::ranges::equal(one.front()->authority_key_identifier(), crl->authority_key_identifier());
  });
  if (static_cast<std::size_t>(of_key) == limits::kMaxCrlScopes)
    return fail(Code::bad_crl, "there are CRLs of '" + crl->shown_issuer() + "' for " +
                                   std::to_string(limits::kMaxCrlScopes) +
                                   " scopes (issuingDistributionPoint) already, the limit; leave out those that it did "
                                   "not sign");
  memory_ += crl->memory();
  groups.push_back({std::move(crl)});
  ++groups_;
  return {};
}

std::size_t CrlStore::insert(CrlGroup& group, CrlPtr crl) {
  const auto place = std::ranges::find_if(group, [&](const CrlPtr& one) { return crl->newer_than(*one); });
  const auto at = static_cast<std::size_t>(place - group.begin());
  memory_ += crl->memory();
  group.insert(place, std::move(crl));
  return at;
}

void CrlStore::drop(CrlGroup& group, std::size_t i) {
  memory_ -= group[i]->memory();
  group.erase(group.begin() + static_cast<std::ptrdiff_t>(i));
}

namespace {

bool contains(const CrlGroup& group, const Crl& crl) {
  return std::ranges::any_of(group, [&](const CrlPtr& one) { return one->same_contents(crl); });
}

}  // namespace

void CrlStore::trim(CrlGroup& group, const Crl& added, const CrlGroup& before) {
  for (std::size_t i = group.size(); i-- > 0;)
    if (superseded(group, i)) drop(group, i);
  for (const bool proven : {false, true}) trim_to_limit(group, proven, added, before);
}

/// First goes what keys were tried on in vain, then what is not of `before`, the newest first: a forger's way to the
/// front is a high number. What was added last stays, or it could be kept out for good.
void CrlStore::trim_to_limit(CrlGroup& group, bool proven, const Crl& added, const CrlGroup& before) {
  while (true) {
    std::optional<std::size_t> refuted, newest, newest_read;
    std::size_t count = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (group[i]->proven() != proven) continue;
      ++count;
      if (group[i]->same_contents(added)) continue;
      if (!newest) newest = i;
      if (!newest_read && !contains(before, *group[i])) newest_read = i;
      if (!refuted && group[i]->refuted()) refuted = i;
    }
    if (count <= limits::kMaxCrlsOfScope || !newest) return;
    drop(group, refuted.value_or(newest_read.value_or(*newest)));
  }
}

Result<CrlStore::Added> CrlStore::add(CrlPtr crl) {
  snapshot_.renew();
  auto& groups = issuers_[crl->issuer()];
  const auto at = std::ranges::find_if(groups, [&](const CrlGroup& one) { return one.front()->same_scope(*crl); });
  bool newest = true;
  if (at == groups.end()) {
    if (auto begun = begin_group(groups, std::move(crl)); !begun) return std::unexpected(std::move(begun).error());
  } else {
    CrlGroup& group = *at;
    if (std::ranges::any_of(group, [&](const CrlPtr& one) { return one->same_contents(*crl); })) return Added::known;
    const CrlPtr added = crl;
    newest = insert(group, std::move(crl)) == 0;
    trim(group, *added, {});
  }
  if (auto fits = check_memory(); !fits) return std::unexpected(std::move(fits).error());
  return newest ? Added::added : Added::outdated;
}

CrlGroup* CrlStore::group_of(const Crl& crl) {
  const auto groups = issuers_.find(crl.issuer());
  if (groups == issuers_.end()) return nullptr;
  const auto at =
      std::ranges::find_if(groups->second, [&](const CrlGroup& one) { return one.front()->same_scope(crl); });
  return at == groups->second.end() ? nullptr : &*at;
}

namespace {

/// Of those that were read before: what a key has verified; and where none has verified any yet, what none was tried on
/// in vain, for it may be the issuer's.
CrlGroup worth_keeping(const CrlGroup& before) {
  const bool none = std::ranges::none_of(before, [](const CrlPtr& one) { return one->proven(); });
  CrlGroup kept;
  for (const CrlPtr& one : before)
    if (one->proven() || (none && !one->refuted())) kept.push_back(one);
  return kept;
}

KeptCrl::Why why_kept(const Crl& kept, const Crl& read) {
  if (!kept.proven()) return KeptCrl::Why::unknown;
  if (!read.proven()) return KeptCrl::Why::forged;
  return std::ranges::equal(kept.prover()->bytes(), read.prover()->bytes()) ? KeptCrl::Why::older : KeptCrl::Why::gone;
}

}  // namespace

std::optional<KeptCrl> CrlStore::keep_beside(CrlGroup& group, const CrlGroup& before) {
  for (CrlPtr& crl : group)
    if (const auto at = std::ranges::find_if(before, [&](const CrlPtr& one) { return one->same_contents(*crl); });
        at != before.end()) {
      memory_ += (*at)->memory() - crl->memory();  // they may have other names
      crl = *at;                                   // which remembers its signature
    }
  const CrlGroup read = group;
  const CrlGroup kept = worth_keeping(before);
  for (const CrlPtr& one : kept) {
    // Now, and not when a chain is judged: whoever overwrites a file shall hear of it.
    for (const CrlPtr& crl : read) crl->verify_like(*one);
    if (!contains(group, *one)) insert(group, one);
  }
  trim(group, *read.front(), kept);
  for (const CrlPtr& one : group)
    if (!contains(read, *one)) return KeptCrl{one, read.front(), why_kept(*one, *read.front())};
  return std::nullopt;
}

Result<KeptCrl> CrlStore::keep_gone(const CrlGroup& kept) {
  if (auto begun = begin_group(issuers_[kept.front()->issuer()], kept.front()); !begun)
    return std::unexpected(begun.error());
  for (const CrlPtr& one : std::span(kept).subspan(1)) insert(*group_of(*one), one);
  return KeptCrl{kept.front(), nullptr, KeptCrl::Why::gone};
}

bool CrlStore::has_room_for(const CrlGroup& gone) const {
  std::size_t more = 0;
  for (const CrlPtr& one : gone) more += one->memory();
  const auto of_key = std::ranges::count_if(of(gone.front()->issuer()), [&](const CrlGroup& one) {
    return std::ranges::equal(one.front()->authority_key_identifier(), gone.front()->authority_key_identifier());
  });
  return groups_ < limits::kMaxCrls && static_cast<std::size_t>(of_key) < limits::kMaxCrlScopes &&
         memory_ + more <= memory_limit_;
}

Result<std::vector<KeptCrl>> CrlStore::keep(const CrlStore& previous, const Moment& now) {
  snapshot_.renew();
  std::vector<KeptCrl> all;
  std::vector<std::pair<CrlGroup, bool>> gone;  // and whether a key has verified it, asked once: others may verify now
  for (const auto& [issuer, groups] : previous.issuers_)
    for (const CrlGroup& before : groups) {
      if (CrlGroup* group = group_of(*before.front())) {
        if (auto kept = keep_beside(*group, before)) all.push_back(*std::move(kept));
        continue;
      }
      CrlGroup kept = worth_keeping(before);
      std::erase_if(kept, [&](const CrlPtr& one) { return one->over(now); });
      const bool proven = !kept.empty() && kept.front()->proven();
      if (!kept.empty()) gone.emplace_back(std::move(kept), proven);
    }
  // What no key has verified comes last, and gives way: it may be forged, and must not keep out what was read.
  for (const bool proven : {true, false})
    for (const auto& [crls, is_proven] : gone) {
      if (is_proven != proven) continue;
      if (!proven && !has_room_for(crls)) {
        all.push_back({crls.front(), nullptr, KeptCrl::Why::crowded_out});
        continue;
      }
      auto kept = keep_gone(crls);
      if (!kept) return std::unexpected(std::move(kept).error());
      all.push_back(*std::move(kept));
    }
  if (auto fits = check_memory(); !fits) return std::unexpected(std::move(fits).error());
  return all;
}

namespace {

std::unexpected<Error> at(const std::string& where, const Error& error) {
  return fail(Code::bad_crl, where + ": " + error.detail());
}

}  // namespace

Result<std::vector<FoundCrl>> read_crls(std::string_view text, std::string_view name) {
  std::vector<FoundCrl> found;
  if (text.size() > limits::kMaxCrlText)
    return fail(Code::bad_crl, "the text is longer than " + std::to_string(limits::kMaxCrlText) + " bytes");
  const auto take = [&](Bytes der, std::string where) -> Result<void> {
    auto crl = Crl::parse(der, name.empty() ? where : "'" + std::string(name) + "': " + where);
    if (!crl) return at(where, crl.error());
    found.push_back({std::move(*crl), std::move(where)});
    return {};
  };
  if (is_der(text)) {
    if (auto taken = take(as_bytes(text), "the DER"); !taken) return std::unexpected(std::move(taken).error());
    return found;
  }
  PemReader reader(text);
  std::string other;  // the place of the first block that is no CRL
  while (auto block = reader.next()) {
    if (!*block) return fail(Code::bad_crl, block->error().detail());
    std::string where = place_of(**block);
    if ((*block)->label != "X509 CRL" && (*block)->label != "CRL") {
      if (other.empty()) other = std::move(where);
      continue;
    }
    if ((*block)->encrypted) return fail(Code::bad_crl, where + ": a CRL that is encrypted cannot be read");
    if (auto taken = take((*block)->der, std::move(where)); !taken) return std::unexpected(std::move(taken).error());
  }
  if (!found.empty()) return found;
  return fail(Code::bad_crl, other.empty() ? why_no_block(text, reader)
                                           : "there is no CRL (-----BEGIN X509 CRL-----) in it: it has " + other +
                                                 (reader.blocks() == 1 ? "" : " and others"));
}

}  // namespace pki

namespace {

std::string hex(Bytes octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t b : octets) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

CrlFacts facts_of(const pki::Crl& crl) {
  return {.issuer = crl.shown_issuer(),
          .number = crl.number() ? (crl.number()->empty() ? "00" : hex(*crl.number())) : std::string(),
          .this_update = std::chrono::seconds(crl.this_update()),
          .next_update = std::chrono::seconds(crl.next_update()),
          .entries = crl.entries()};
}

std::string outdated_words(const pki::FoundCrl& found, const pki::Crl& newer) {
  return found.where + ": the CRL of '" + newer.shown_issuer() + "' of " + pki::display_time(found.crl->this_update()) +
         " does not replace that of " + pki::display_time(newer.this_update()) + ", which is newer";
}

/// What is said of a CRL that stays.
std::string kept_words(const pki::KeptCrl& kept) {
  using Why = pki::KeptCrl::Why;
  const auto dated = [](const pki::Crl& crl) {
    return pki::display_time(crl.this_update()) + (crl.number() ? " (number " + hex(*crl.number()) + ")" : "");
  };
  const pki::Crl& crl = *kept.crl;
  const std::string name = ": the CRL of '" + crl.shown_issuer() + "' of ", before = dated(crl);
  if (kept.why == Why::gone)
    return crl.place() + name + before + " is not there any more; it stays in force until " +
           pki::display_time(crl.next_update());
  const std::string read = kept.read->place() + name + dated(*kept.read);
  if (kept.why == Why::crowded_out)
    return crl.place() + name + before + " is not there any more, and no key has verified it; it is dropped, because " +
           "the CRLs that are there leave no room for it";
  if (kept.why == Why::forged)
    return read + " is not signed by the key that has signed that of " + before + ", which stays in force";
  if (kept.why == Why::older)
    return read + " is older than that of " + before + ", which was read before and verified, and stays in force";
  return read + " stands beside that of " + before +
         ", which was read before and stays in force: no key has verified either yet";
}

}  // namespace

CrlSet::Builder::Builder() : store_(std::make_unique<pki::CrlStore>()) {}
CrlSet::Builder::Builder(const CrlSet& previous) : store_(std::make_unique<pki::CrlStore>(previous.store())) {}
CrlSet::Builder::Builder(Builder&&) noexcept = default;
CrlSet::Builder& CrlSet::Builder::operator=(Builder&&) noexcept = default;
CrlSet::Builder::~Builder() = default;

Result<CrlsAdded> CrlSet::Builder::add(std::string_view text, std::string_view name) {
  try {
    auto found = pki::read_crls(text, name);
    if (!found) return std::unexpected(std::move(found).error());
    auto store = std::make_unique<pki::CrlStore>(*store_);
    CrlsAdded result;
    for (pki::FoundCrl& one : *found) {
      const auto added = store->add(one.crl);
      if (!added) return fail(Code::bad_crl, one.where + ": " + added.error().detail());
      if (*added == pki::CrlStore::Added::added) ++result.added;
      if (*added == pki::CrlStore::Added::known) ++result.known;
      if (*added != pki::CrlStore::Added::outdated) continue;
      ++result.outdated;
      result.words.push_back(outdated_words(one, *store->in_force(*one.crl)));
    }
    store_ = std::move(store);
    return result;
  } catch (...) {
    return std::unexpected(caught(Code::internal_error, "CRLs"));
  }
}

Result<CrlsAdded> CrlSet::Builder::keep(const CrlSet& previous, std::chrono::milliseconds now) {
  try {
    auto store = std::make_unique<pki::CrlStore>(*store_);
    const auto kept = store->keep(previous.store(), pki::Moment(now));
    if (!kept) return std::unexpected(kept.error());
    CrlsAdded result;
    for (const pki::KeptCrl& one : *kept) result.words.push_back(kept_words(one));
    result.added = kept->size();
    store_ = std::move(store);
    return result;
  } catch (...) {
    return std::unexpected(caught(Code::internal_error, "CRLs"));
  }
}

CrlSet CrlSet::Builder::build() const { return CrlSet(std::make_shared<const pki::CrlStore>(*store_)); }

CrlSet::CrlSet() : store_(std::make_shared<const pki::CrlStore>()) {}

std::size_t CrlSet::size() const noexcept { return store_->size(); }

std::size_t CrlSet::entries() const noexcept {
  std::size_t count = 0;
  store_->for_each([&](const pki::CrlGroup& group) { count += group.front()->entries(); });
  return count;
}

std::size_t CrlSet::memory() const noexcept { return sizeof *store_ + store_->memory(); }

std::vector<CrlFacts> CrlSet::facts() const {
  std::vector<CrlFacts> all;
  store_->for_each([&](const pki::CrlGroup& group) { all.push_back(facts_of(*group.front())); });
  return all;
}

}  // namespace tls
