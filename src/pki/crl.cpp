#include "pki/crl.h"

#include <algorithm>

#include "pki/certificate.h"
#include "pki/crl_scope.h"
#include "pki/distinguished_name.h"

namespace tls::pki {
namespace {

bool same(Bytes a, Bytes b) noexcept { return std::ranges::equal(a, b); }
std::vector<std::uint8_t> owned(Bytes b) { return {b.begin(), b.end()}; }

/// Serial numbers of one authority may begin alike; their ends differ.
std::uint32_t key_of(Bytes serial) noexcept {
  std::uint32_t key = 0;
  for (const std::uint8_t b : serial.last(std::min<std::size_t>(serial.size(), 4))) key = key << 8 | b;
  return key;
}

// How an entry is kept: one octet of length, the serial number, then these.
constexpr std::size_t kTimeOctets = 5, kFrame = 1 + kTimeOctets + 1;
constexpr std::uint8_t kNoReason = 0xFF;  // no CRLReason: those read are below 0x80
// Seconds are kept from the first year on that a UTCTime can name, so that they are not negative; the last year that a
// GeneralizedTime can name fits.
constexpr std::int64_t kFirstSecond = -62167219200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z
static_assert(static_cast<std::uint64_t>(kLastSecond - kFirstSecond) < std::uint64_t{1} << (8 * kTimeOctets));
static_assert(limits::kMaxCrlSerial <= 0xFF);
static_assert(limits::kMaxCrlEntries * (limits::kMaxCrlSerial + kFrame) <= UINT32_MAX);

/// Big-endian numbers without leading zeros.
std::strong_ordering compare(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Result<CrlPtr> Crl::parse(Bytes der, std::string place) {
  const auto fields = read_crl(der);
  if (!fields) return std::unexpected(fields.error());
  auto crl = std::make_shared<Crl>(Token{});
  if (auto taken = crl->take(*fields); !taken) return std::unexpected(std::move(taken).error());
  crl->place_ = std::move(place);
  return CrlPtr(std::move(crl));
}

Result<void> Crl::take(const CrlFields& fields) {
  issuer_ = canonical_name(fields.issuer);
  shown_issuer_ = display_name(fields.issuer);
  authority_key_ = owned(fields.authority_key_identifier);
  if (auto taken = take_scope(fields); !taken) return taken;
  if (fields.number) number_ = owned(*fields.number);
  this_update_ = fields.this_update, next_update_ = fields.next_update;
  algorithm_ = fields.algorithm;
  digest_ = crypto::message_digest(algorithm_.hash, {fields.tbs});
  if (algorithm_.kind == crypto::SignatureKind::ed25519) signed_ = owned(fields.tbs);
  signature_ = owned(fields.signature);
  return take_entries(fields);
}

Result<void> Crl::take_scope(const CrlFields& fields) {
  scope_octets_ = owned(fields.scope.extension);
  scope_ = fields.scope;
  scope_.extension = scope_octets_;
  if (!fields.scope.relative.empty()) {
    auto name = point_below(fields.issuer, fields.scope.relative);
    if (!name) return fail(Code::bad_crl, "the CRL cannot be used: the name of its distribution point is malformed");
    point_ = std::move(*name);
  } else {
    point_ = owned(fields.scope.names);
  }
  scope_.relative = {};
  scope_.names = point_;
  return {};
}

Result<void> Crl::take_entries(const CrlFields& fields) {
  slots_.reserve(fields.count);
  entries_.resize(fields.serials + fields.count * kFrame);
  std::size_t at = 0;
  for (Bytes rest = fields.entries; !rest.empty();) {
    const auto entry = read_crl_entry(rest, fields.version);
    if (!entry) return std::unexpected(entry.error());
    slots_.push_back({key_of(entry->serial), static_cast<std::uint32_t>(at)});
    entries_[at++] = static_cast<std::uint8_t>(entry->serial.size());
    for (const std::uint8_t b : entry->serial) entries_[at++] = b;
    const auto seconds = static_cast<std::uint64_t>(entry->revoked_at - kFirstSecond);
    for (std::size_t i = kTimeOctets; i-- > 0;) entries_[at++] = static_cast<std::uint8_t>(seconds >> (8 * i));
    entries_[at++] = entry->reason.value_or(kNoReason);
  }
  std::ranges::sort(slots_, [this](const Slot& a, const Slot& b) {
    return a.key != b.key ? a.key < b.key : compare(serial_at(a.at), serial_at(b.at)) < 0;
  });
  return {};
}

Bytes Crl::serial_at(std::uint32_t at) const noexcept { return Bytes(entries_).subspan(at + 1, entries_[at]); }

Revocation Crl::revocation_at(std::uint32_t at) const noexcept {
  const std::size_t behind = at + 1 + entries_[at];
  std::uint64_t seconds = 0;
  for (std::size_t i = 0; i < kTimeOctets; ++i) seconds = seconds << 8 | entries_[behind + i];
  Revocation found{.at = static_cast<std::int64_t>(seconds) + kFirstSecond, .reason = {}};
  if (entries_[behind + kTimeOctets] != kNoReason) found.reason = entries_[behind + kTimeOctets];
  return found;
}

std::optional<Revocation> Crl::find(Bytes serial) const noexcept {
  const std::uint32_t key = key_of(serial);
  const auto first = std::ranges::lower_bound(slots_, key, {}, &Slot::key);
  // Entries of one key are sorted by their serial numbers: an authority cannot make the search walk.
  const auto last = std::ranges::upper_bound(first, slots_.end(), key, {}, &Slot::key);
  const auto found =
      std::partition_point(first, last, [&](const Slot& slot) { return compare(serial_at(slot.at), serial) < 0; });
  if (found == last || !same(serial_at(found->at), serial)) return std::nullopt;
  return revocation_at(found->at);
}

bool Crl::current(const Moment& now) const noexcept {
  constexpr std::int64_t kSkew = limits::kCrlClockSkew.count();
  return now.reached(this_update_ - kSkew) && !over(now);
}

bool Crl::over(const Moment& now) const noexcept { return now.is_past(next_update_ + limits::kCrlClockSkew.count()); }

bool Crl::same_scope(const Crl& other) const noexcept {
  return issuer_ == other.issuer_ && authority_key_ == other.authority_key_ && scope_octets_ == other.scope_octets_;
}

bool Crl::newer_than(const Crl& other) const noexcept {
  if (number_ && other.number_)
    if (const auto order = compare(*number_, *other.number_); order != 0) return order > 0;
  return this_update_ > other.this_update_;
}

bool Crl::same_contents(const Crl& other) const noexcept {
  return algorithm_ == other.algorithm_ && same(digest_.bytes(), other.digest_.bytes()) &&
         signature_ == other.signature_;
}

std::size_t Crl::memory() const noexcept {
  return sizeof *this + issuer_.capacity() + shown_issuer_.capacity() + place_.capacity() + authority_key_.capacity() +
         scope_octets_.capacity() + point_.capacity() + (number_ ? number_->capacity() : 0) +
         slots_.capacity() * sizeof(Slot) + entries_.capacity() + signed_.capacity() + signature_.capacity();
}

const Crl::Known* Crl::find_known(Bytes key) const noexcept {
  const std::size_t filled = std::min(known_count_, known_.size());
  for (std::size_t i = 0; i < filled; ++i)
    if (same(known_[i].key.bytes(), key)) return &known_[i];
  return nullptr;
}

Crl::Verdict Crl::known_verdict(Bytes spki) const {
  const crypto::MessageDigest key = crypto::message_digest(crypto::SchemeHash::sha256, {spki});
  const std::scoped_lock lock(mutex_);
  const Known* known = find_known(key.bytes());
  if (known == nullptr) return Verdict::unknown;
  return known->good ? Verdict::good : Verdict::bad;
}

Result<void> Crl::verify(Bytes spki, const crypto::PublicKey& key) const {
  auto verified = signed_.empty() ? key.verify_certificate_digest(algorithm_, digest_.bytes(), signature_)
                                  : key.verify_certificate(algorithm_, signed_, signature_);
  const crypto::MessageDigest name = crypto::message_digest(crypto::SchemeHash::sha256, {spki});
  std::vector<std::uint8_t> key_octets(spki.begin(), spki.end());  // before anything is noted: it may throw
  const std::scoped_lock lock(mutex_);
  if (find_known(name.bytes()) == nullptr) {
    known_[known_count_ % known_.size()] = {name, verified.has_value()};
    known_count_ = known_count_ + 1 == 2 * known_.size() ? known_.size() : known_count_ + 1;
  }
  if (verified && !prover_) {
    prover_key_ = std::move(key_octets);
    prover_ = name;
  }
  return verified;
}

void Crl::verify_like(const Crl& other) const {
  const std::vector<std::uint8_t> spki = other.prover_key();
  if (spki.empty() || known_verdict(spki) != Verdict::unknown) return;
  if (const auto key = crypto::PublicKey::from_spki(spki)) static_cast<void>(verify(spki, *key));
}

std::vector<std::uint8_t> Crl::prover_key() const {
  const std::scoped_lock lock(mutex_);
  return prover_key_;
}

bool Crl::proven() const {
  const std::scoped_lock lock(mutex_);
  return prover_.has_value();
}

std::optional<crypto::MessageDigest> Crl::prover() const {
  const std::scoped_lock lock(mutex_);
  return prover_;
}

bool Crl::refuted() const {
  const std::scoped_lock lock(mutex_);
  return known_count_ != 0 && !prover_;
}

}  // namespace tls::pki
