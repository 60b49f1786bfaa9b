#include "pki/crl_store.h"

#include <algorithm>

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

void CrlStore::trim(CrlGroup& group, const Crl& added) {
  for (std::size_t i = group.size(); i-- > 0;)
    if (superseded(group, i)) drop(group, i);
  for (const bool proven : {false, true}) trim_to_limit(group, proven, added);
}

/// First goes what keys were tried on in vain, then the newest: a forger's way to the front is a high number. What was
/// added last stays, or it could be kept out for good.
void CrlStore::trim_to_limit(CrlGroup& group, bool proven, const Crl& added) {
  while (true) {
    std::optional<std::size_t> refuted, newest;
    std::size_t count = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (group[i]->proven() != proven) continue;
      ++count;
      if (group[i]->same_contents(added)) continue;
      if (!newest) newest = i;
      if (!refuted && group[i]->refuted()) refuted = i;
    }
    if (count <= limits::kMaxCrlsOfScope || !newest) return;
    drop(group, refuted.value_or(*newest));
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
    trim(group, *added);
  }
  if (auto fits = check_memory(); !fits) return std::unexpected(std::move(fits).error());
  return newest ? Added::added : Added::outdated;
}

Result<std::vector<CrlPtr>> CrlStore::keep_proven(const CrlStore& previous) {
  snapshot_.renew();
  std::vector<CrlPtr> in_front;
  for (auto& [issuer, groups] : issuers_)
    for (CrlGroup& group : groups) {
      const CrlPtr read = group.front();
      for (const CrlGroup& before : previous.of(issuer)) {
        if (!before.front()->same_scope(*read)) continue;
        for (const CrlPtr& one : before) {
          const auto again = std::ranges::find_if(group, [&](const CrlPtr& crl) { return crl->same_contents(*one); });
          if (again != group.end())
            *again = one;  // which remembers its signature
          else if (one->proven())
            insert(group, one);
        }
        trim(group, *read);
      }
      if (!group.front()->same_contents(*read)) in_front.push_back(group.front());
    }
  if (auto fits = check_memory(); !fits) return std::unexpected(std::move(fits).error());
  return in_front;
}

namespace {

std::unexpected<Error> at(const std::string& where, const Error& error) {
  return fail(Code::bad_crl, where + ": " + error.detail());
}

}  // namespace

Result<std::vector<FoundCrl>> read_crls(std::string_view text) {
  std::vector<FoundCrl> found;
  if (text.size() > limits::kMaxCrlText)
    return fail(Code::bad_crl, "the text is longer than " + std::to_string(limits::kMaxCrlText) + " bytes");
  const auto take = [&](Bytes der, std::string where) -> Result<void> {
    auto crl = Crl::parse(der);
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

}  // namespace

CrlSet::Builder::Builder() : store_(std::make_unique<pki::CrlStore>()) {}
CrlSet::Builder::Builder(const CrlSet& previous) : store_(std::make_unique<pki::CrlStore>(previous.store())) {}
CrlSet::Builder::Builder(Builder&&) noexcept = default;
CrlSet::Builder& CrlSet::Builder::operator=(Builder&&) noexcept = default;
CrlSet::Builder::~Builder() = default;

Result<CrlsAdded> CrlSet::Builder::add(std::string_view text) {
  try {
    auto found = pki::read_crls(text);
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

Result<CrlsAdded> CrlSet::Builder::keep_proven(const CrlSet& previous) {
  try {
    auto store = std::make_unique<pki::CrlStore>(*store_);
    const auto in_front = store->keep_proven(previous.store());
    if (!in_front) return std::unexpected(in_front.error());
    CrlsAdded result;
    for (const pki::CrlPtr& crl : *in_front)
      result.words.push_back(
          "that of '" + crl->shown_issuer() + "' of " + pki::display_time(crl->this_update()) +
          ", which was read before, stays in force: it was verified, and what is there now is older");
    result.added = in_front->size();
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
