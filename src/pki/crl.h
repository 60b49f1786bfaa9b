// A CRL as it is kept: the serial numbers in one block, sorted, and enough to verify its signature when it is used.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "crypto/message_digest.h"
#include "crypto/signature.h"
#include "pki/crl_reader.h"
#include "pki/moment.h"

namespace tls::pki {

/// Since when and why a certificate is revoked. Seconds since 1970.
struct Revocation {
  std::int64_t at = 0;
  std::optional<std::uint8_t> reason;  ///< CRLReason
};

/// One CRL. Immutable but for what it remembers of its signature; may be shared between threads.
class Crl {
  struct Token {};  // make_shared() needs a constructor that is public, and nobody else does

 public:
  /// Fails as read_crl() and read_crl_entry() do. `der` is not kept. `place`, for people: where it was read.
  static Result<std::shared_ptr<const Crl>> parse(Bytes der, std::string place = {});
  explicit Crl(Token) {}

  [[nodiscard]] const std::string& issuer() const noexcept { return issuer_; }  ///< as canonical_name() has it
  [[nodiscard]] const std::string& shown_issuer() const noexcept { return shown_issuer_; }
  [[nodiscard]] const std::string& place() const noexcept { return place_; }
  [[nodiscard]] Bytes authority_key_identifier() const noexcept { return authority_key_; }
  [[nodiscard]] const CrlScope& scope() const noexcept { return scope_; }
  [[nodiscard]] std::int64_t this_update() const noexcept { return this_update_; }
  [[nodiscard]] std::int64_t next_update() const noexcept { return next_update_; }
  [[nodiscard]] const std::optional<std::vector<std::uint8_t>>& number() const noexcept { return number_; }
  /// thisUpdate is not in the future, and nextUpdate not in the past; both by limits::kCrlClockSkew.
  [[nodiscard]] bool current(const Moment& now) const noexcept;
  [[nodiscard]] bool over(const Moment& now) const noexcept;  ///< nextUpdate is past
  /// Both tell of the same certificates, and one replaces the other.
  [[nodiscard]] bool same_scope(const Crl& other) const noexcept;
  /// By cRLNumber where both have one, and by thisUpdate where these do not decide.
  [[nodiscard]] bool newer_than(const Crl& other) const noexcept;
  /// The same octets, but for the signature's.
  [[nodiscard]] bool same_contents(const Crl& other) const noexcept;

  /// The entry of `serial`, contents octets of an INTEGER. Takes a binary search.
  [[nodiscard]] std::optional<Revocation> find(Bytes serial) const noexcept;
  [[nodiscard]] std::size_t entries() const noexcept { return slots_.size(); }
  [[nodiscard]] std::size_t memory() const noexcept;  ///< bytes, roughly

  enum class Verdict : std::uint8_t { good, bad, unknown };
  /// What is remembered of the signature and the key in `spki` (SubjectPublicKeyInfo).
  [[nodiscard]] Verdict known_verdict(Bytes spki) const;
  /// Verifies the signature with `key`, whose `spki` is named, and remembers the verdict. Fails in words.
  [[nodiscard]] Result<void> verify(Bytes spki, const crypto::PublicKey& key) const;
  /// Some key has verified the signature. It need not be the issuer's whom a path has: see prover().
  [[nodiscard]] bool proven() const;
  /// The first key that has, as SHA-256 of its SubjectPublicKeyInfo; nothing: none yet.
  [[nodiscard]] std::optional<crypto::MessageDigest> prover() const;
  /// Verifies with the key that has verified `other`, unless that was tried already or there is none.
  void verify_like(const Crl& other) const;
  /// Keys were tried, and none has verified it.
  [[nodiscard]] bool refuted() const;

 private:
  /// Where an entry lies: its serial number's last octets, by which slots are sorted, and its place in entries_.
  struct Slot {
    std::uint32_t key, at;
  };
  struct Known {
    crypto::MessageDigest key;  ///< SHA-256 of a SubjectPublicKeyInfo
    bool good = false;
  };

  Result<void> take(const CrlFields& fields);
  Result<void> take_scope(const CrlFields& fields);
  Result<void> take_entries(const CrlFields& fields);
  [[nodiscard]] Bytes serial_at(std::uint32_t at) const noexcept;
  [[nodiscard]] Revocation revocation_at(std::uint32_t at) const noexcept;
  [[nodiscard]] const Known* find_known(Bytes key) const noexcept;
  [[nodiscard]] std::vector<std::uint8_t> prover_key() const;

  std::string issuer_, shown_issuer_, place_;
  std::vector<std::uint8_t> authority_key_, scope_octets_;
  std::vector<std::uint8_t> point_;  ///< GeneralNames of its distribution point
  std::optional<std::vector<std::uint8_t>> number_;
  CrlScope scope_;  ///< points into these two; names that are relative to the issuer are whole
  std::int64_t this_update_ = 0, next_update_ = 0;

  std::vector<Slot> slots_;            ///< sorted by key, then by the serial number
  std::vector<std::uint8_t> entries_;  ///< length of the serial number, serial number, seconds, reason

  crypto::SignatureAlgorithm algorithm_;
  crypto::MessageDigest digest_;      ///< of what is signed, by the signature's hash
  std::vector<std::uint8_t> signed_;  ///< what is signed, for Ed25519 alone; else empty
  std::vector<std::uint8_t> signature_;

  mutable std::mutex mutex_;
  mutable std::array<Known, limits::kMaxCrlVerdicts> known_;  ///< as far as known_count_ goes, then round and round
  mutable std::size_t known_count_ = 0;
  mutable std::optional<crypto::MessageDigest> prover_;
  mutable std::vector<std::uint8_t> prover_key_;  ///< SubjectPublicKeyInfo
};
using CrlPtr = std::shared_ptr<const Crl>;

}  // namespace tls::pki
