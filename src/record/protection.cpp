#include "record/protection.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

#include "crypto/hkdf.h"

namespace tls::record {
namespace {

using NonceBytes = std::array<std::uint8_t, crypto::kAeadNonce>;

std::uint64_t big_endian(std::uint64_t v) noexcept {
  if constexpr (std::endian::native == std::endian::little) return __builtin_bswap64(v);
  return v;
}
std::uint64_t load64(const std::uint8_t* p) noexcept {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return big_endian(v);
}
void store64(std::uint8_t* p, std::uint64_t v) noexcept {
  v = big_endian(v);
  std::memcpy(p, &v, sizeof v);
}

// ---- the nonce rule: IV XOR number, the number on the right -------------------------------------------------------
NonceBytes make_nonce(Bytes iv, std::uint64_t number) noexcept {
  NonceBytes nonce;
  std::memcpy(nonce.data(), iv.data(), 4);
  store64(nonce.data() + 4, load64(iv.data() + 4) ^ number);
  return nonce;
}

// ---- the AAD rule -------------------------------------------------------------------------------------------------
struct Aad {
  std::array<std::uint8_t, 16> bytes;
  std::size_t size;
  [[nodiscard]] Bytes view() const noexcept { return Bytes(bytes).first(size); }
};
Aad make_aad(AadRule rule, std::uint64_t sequence, Header header, std::size_t plaintext) noexcept {
  Aad aad{};
  std::size_t at = 0;
  if (rule == AadRule::pseudo_header) {
    store64(aad.bytes.data(), sequence);
    header.length = static_cast<std::uint16_t>(plaintext);
    at = 8;
  }
  const HeaderBytes encoded = encode(header);
  std::memcpy(aad.bytes.data() + at, encoded.data(), encoded.size());
  aad.size = at + encoded.size();
  return aad;
}

// ---- the inner type rule ------------------------------------------------------------------------------------------
/// Length without the zeros at the end. A record without padding costs one comparison; padding goes eight bytes a time.
std::size_t without_padding(Bytes plaintext) noexcept {
  std::size_t n = plaintext.size();
  while (n >= 8 && load64(plaintext.data() + n - 8) == 0) n -= 8;
  while (n > 0 && plaintext[n - 1] == 0) --n;
  return n;
}

/// Takes type and padding off the end of a plaintext.
Result<Opened> split_inner(MutableBytes plaintext) {
  const std::size_t n = without_padding(plaintext);
  // RFC 9846 §5.4: no non-zero octet in the cleartext: unexpected_message.
  if (n == 0) return fail(Code::no_inner_content_type);
  const std::uint8_t type = plaintext[n - 1];
  if (!is_known(type))
    return fail(Code::unexpected_record_type, "inner content type " + std::to_string(type) + " is unknown");
  // RFC 9846 §5: a protected change_cipher_spec is unexpected_message.
  if (static_cast<ContentType>(type) == ContentType::change_cipher_spec)
    return fail(Code::bad_change_cipher_spec, "it is encrypted");
  return Opened{static_cast<ContentType>(type), plaintext.first(n - 1), plaintext.size()};
}

/// The content type and its padding, for the AEAD to take in behind the content.
constexpr std::size_t kMaxInnerTail = limits::kMaxPlaintext + 1;

struct KeyRole;

constexpr std::uint64_t kLastSequence = std::numeric_limits<std::uint64_t>::max();

std::unexpected<Error> exhausted() {
  // RFC 9846 §5.3: a sequence number never wraps; the last one is left unused so that the counter itself never does.
  return fail(Code::sequence_exhausted, "2^64 - 1 records were protected with one key; update the keys earlier");
}

}  // namespace

Protection::Protection(const Rules& rules, const crypto::AeadImpl& aead, Bytes key, Bytes iv)
    : rules_(&rules), key_(aead, key) {
  assert(iv.size() <= crypto::kAeadNonce);
  const MutableBytes all = iv_.fill(crypto::kAeadNonce);
  std::fill(std::copy(iv.begin(), iv.end(), all.begin()), all.end(), std::uint8_t{0});
}

Result<void> Protection::encrypt(const Header& header, ContentType type, Bytes content, std::size_t padding,
                                 MutableBytes out) {
  if (!key_) return fail(Code::internal_error, "the keys were moved elsewhere");
  const NonceBytes nonce = make_nonce(iv_.expose(), sequence_);
  const std::size_t plaintext = content.size() + rules_->type_bytes() + padding;
  const Aad aad = make_aad(rules_->aad, sequence_, header, plaintext);
  if (rules_->nonce == NonceRule::explicit_) {
    store64(out.data(), sequence_);  // RFC 5288 §3: nonce_explicit may be the sequence number
    out = out.subspan(rules_->explicit_nonce());
  }
  bool sealed = false;
  if (padding == 0) {
    const auto inner_type = static_cast<std::uint8_t>(type);
    sealed = key_.seal(nonce, aad.view(), content, Bytes(&inner_type, rules_->type_bytes()), out);
  } else {
    std::array<std::uint8_t, kMaxInnerTail> tail;  // written as far as it is used
    assert(rules_->type == TypeRule::inner && padding < tail.size());
    tail[0] = static_cast<std::uint8_t>(type);
    std::memset(tail.data() + 1, 0, padding);  // RFC 9846 §5.4: padding is all zeros
    sealed = key_.seal(nonce, aad.view(), content, Bytes(tail).first(1 + padding), out);
  }
  if (!sealed) return fail(Code::internal_error, "the AEAD refused its buffers: does the input overlap the output?");
  return {};
}

Result<void> Protection::seal(ContentType type, std::uint16_t version, Bytes content, std::size_t padding,
                              MutableBytes out) {
  const std::size_t size = content.size() + padding + overhead();
  assert(out.size() >= size && (padding == 0 || rules_->type == TypeRule::inner));
  if (sequence_ == kLastSequence) return exhausted();
  const bool hides_type = rules_->type == TypeRule::inner;
  const Header header{hides_type ? ContentType::application_data : type, version,
                      static_cast<std::uint16_t>(size - limits::kRecordHeader)};
  const HeaderBytes encoded = encode(header);
  std::memcpy(out.data(), encoded.data(), encoded.size());
  const MutableBytes body = out.subspan(limits::kRecordHeader, size - limits::kRecordHeader);
  if (*this) {
    if (Result<void> done = encrypt(header, type, content, padding, body); !done) return done;
  } else if (!content.empty()) {
    std::memcpy(body.data(), content.data(), content.size());
  }
  ++sequence_;
  return {};
}

Result<Opened> Protection::open(const Header& header, MutableBytes record) {
  assert(record.size() == limits::kRecordHeader + header.length);
  MutableBytes body = record.subspan(limits::kRecordHeader);
  if (sequence_ == kLastSequence) return exhausted();
  if (!*this) {
    ++sequence_;
    return Opened{header.type, body, body.size()};
  }
  // RFC 9846 §6.2: bad_record_mac for all deprotection failures, a ciphertext without room for a tag among them.
  if (body.size() < rules_->explicit_nonce() + crypto::kAeadTag)
    return fail(Code::bad_record_mac, "it is shorter than the authentication tag");
  std::uint64_t number = sequence_;
  if (rules_->nonce == NonceRule::explicit_) {
    number = load64(body.data());
    body = body.subspan(rules_->explicit_nonce());
  }
  const MutableBytes plaintext = body.first(body.size() - crypto::kAeadTag);
  const NonceBytes nonce = make_nonce(iv_.expose(), number);
  const Aad aad = make_aad(rules_->aad, sequence_, header, plaintext.size());
  if (!key_ || !key_.open(nonce, aad.view(), body, plaintext)) return fail(Code::bad_record_mac);
  ++sequence_;
  if (plaintext.size() > rules_->limit.plaintext)
    return fail(Code::plaintext_overflow, std::to_string(plaintext.size()) + " bytes, at most " +
                                              std::to_string(rules_->limit.plaintext) + " are allowed");
  if (rules_->type == TypeRule::inner) return split_inner(plaintext);
  return Opened{header.type, plaintext, plaintext.size()};
}

Protection tls13_protection(const crypto::HashImpl& hash, const crypto::AeadImpl& aead, Bytes secret) {
  const crypto::HmacKey prk(hash, secret);
  Secret<KeyRole, crypto::kMaxAeadKey> key;
  Secret<KeyRole, crypto::kAeadNonce> iv;
  crypto::hkdf_expand_label(prk, "key", {}, key.fill(crypto::key_size(aead.id)));
  crypto::hkdf_expand_label(prk, "iv", {}, iv.fill(crypto::kAeadNonce));
  return {kTls13Rules, aead, key.expose(), iv.expose()};
}

Protection tls12_protection(const crypto::AeadImpl& aead, Bytes key, Bytes fixed_iv) {
  assert(fixed_iv.size() == tls12_fixed_iv_size(aead.id));
  return {tls12_rules(aead.id), aead, key, fixed_iv};
}

}  // namespace tls::record
