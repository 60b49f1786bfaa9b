#include "pki/crl_store.h"

#include <algorithm>

#include "base/exceptions.h"
#include "base/limits.h"
#include "pki/certificate.h"
#include "pki/der_file.h"
#include "pki/pem.h"

namespace tls {
namespace pki {
namespace {

/// Drops what nobody needs behind the newest: all behind the first that is proven, and of those that are not all but
/// the newest, or the two newest where none is proven.
void trim(CrlGroup& group) {
  const auto proven = std::ranges::find_if(group, [](const CrlPtr& crl) { return crl->proven(); });
  if (proven == group.end()) {
    if (group.size() > 2) group.resize(2);
    return;
  }
  group.erase(proven + 1, group.end());
  if (group.size() > 2) group.erase(group.begin() + 1, group.end() - 1);
}

}  // namespace

const Crl* CrlStore::in_force(const Crl& crl) const {
  for (const CrlGroup& group : of(crl.issuer()))
    if (group.front()->same_scope(crl)) return group.front().get();
  return nullptr;
}

std::span<const CrlGroup> CrlStore::of(const std::string& issuer) const noexcept {
  const auto at = issuers_.find(issuer);
  return at == issuers_.end() ? std::span<const CrlGroup>() : at->second;
}

Result<CrlStore::Added> CrlStore::add(CrlPtr crl) {
  auto& groups = issuers_[crl->issuer()];
  const auto at = std::ranges::find_if(groups, [&](const CrlGroup& one) { return one.front()->same_scope(*crl); });
  if (at == groups.end()) {
    if (groups_ == limits::kMaxCrls)
      return fail(Code::bad_crl,
                  "there are " + std::to_string(limits::kMaxCrls) + " CRLs already, the limit of one set");
    groups.push_back({std::move(crl)});
    ++groups_;
    return Added::added;
  }
  CrlGroup& group = *at;
  if (std::ranges::any_of(group, [&](const CrlPtr& one) { return one->same_contents(*crl); })) return Added::known;
  const auto place = std::ranges::find_if(group, [&](const CrlPtr& one) { return crl->newer_than(*one); });
  const bool newest = place == group.begin();
  group.insert(place, std::move(crl));
  trim(group);
  return newest ? Added::added : Added::outdated;
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

CrlSet CrlSet::Builder::build() const { return CrlSet(std::make_shared<const pki::CrlStore>(*store_)); }

CrlSet::CrlSet() : store_(std::make_shared<const pki::CrlStore>()) {}

std::size_t CrlSet::size() const noexcept { return store_->size(); }

std::size_t CrlSet::entries() const noexcept {
  std::size_t count = 0;
  store_->for_each([&](const pki::CrlGroup& group) { count += group.front()->entries(); });
  return count;
}

std::size_t CrlSet::memory() const noexcept {
  std::size_t bytes = sizeof *store_;
  store_->for_each([&](const pki::CrlGroup& group) {
    for (const pki::CrlPtr& crl : group) bytes += crl->memory();
  });
  return bytes;
}

std::vector<CrlFacts> CrlSet::facts() const {
  std::vector<CrlFacts> all;
  store_->for_each([&](const pki::CrlGroup& group) { all.push_back(facts_of(*group.front())); });
  return all;
}

}  // namespace tls
