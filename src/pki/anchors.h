// Trust anchors: authorities whose word is taken, with their keys ready (RFC 5280 §6.1.1 (d)).
#pragma once

#include <memory>
#include <ranges>
#include <string>
#include <unordered_map>
#include <vector>

#include "crypto/signature.h"
#include "pki/certificate.h"
#include "pki/certificate_text.h"
#include "pki/fingerprint.h"

namespace tls::pki {

/// Which certificates may be anchors.
enum class AnchorKind : std::uint8_t {
  roots,    ///< self-issued ones alone
  mixture,  ///< self-issued ones; others are added as intermediates
  any       ///< intermediates and leaves, too: what their issuers wrote about them does not count then
};

/// A name and a key that are trusted. The signature of its certificate proves nothing and is not looked at. What the
/// certificate says of its own use (validity, key usages, path length, name constraints) does limit it (RFC 5937);
/// certificate policies are left to the certificates below.
struct Anchor {
  std::vector<std::uint8_t> der;
  Certificate certificate;  ///< points into `der`
  crypto::PublicKey key;
  TrustedFor trusted_for;  ///< whose chains it may vouch for
};

/// Anchors, and certificates that may lie between them and a leaf. Immutable once filled; shared by threads then.
class Anchors {
 public:
  /// Adds an anchor, or with AnchorKind::mixture an intermediate where the certificate is not self-issued. Fails with
  /// bad_key_file, in words, when the certificate cannot be parsed, is not of that kind, or could not be used whatever
  /// a peer sends: its key is weak or not supported, it has a critical extension that is not, or name constraints that
  /// are not usable. One that is there already is not added again.
  /// Where `trusted_for` leaves somebody out, distrust() is told.
  Result<void> add(std::vector<std::uint8_t> der, AnchorKind kind, TrustedFor trusted_for = {});
  /// Adds a certificate that paths may lead through. It is not trusted. Fails with bad_key_file when it cannot be
  /// parsed.
  Result<void> add_intermediate(std::vector<std::uint8_t> der);

  /// Takes note that a certificate is not to be trusted for somebody, whoever certifies it: its name with its key, so
  /// that a cross-certificate of it is none either. Fails with bad_key_file when it cannot be parsed.
  Result<void> distrust(Bytes der, TrustedFor still_trusted_for);
  /// True where distrust() has named the certificate's name and key. `canonical` is canonical_name() of its subject.
  [[nodiscard]] bool distrusts(const Certificate& certificate, const std::string& canonical, bool for_servers) const;

  [[nodiscard]] std::size_t size() const noexcept { return anchors_.size(); }
  /// The anchors of a name in the form of canonical_name().
  [[nodiscard]] auto named(const std::string& canonical) const {
    const auto [begin, end] = anchors_.equal_range(canonical);
    return std::ranges::subrange(begin, end) | std::views::values;
  }
  /// The intermediates of such a name.
  [[nodiscard]] auto intermediates_named(const std::string& canonical) const {
    const auto [begin, end] = intermediates_.equal_range(canonical);
    return std::ranges::subrange(begin, end) | std::views::values;
  }
  /// A digest of all that was added, in whatever order.
  [[nodiscard]] std::string identity() const;
  /// Of these anchors, in this process alone: see SnapshotNumber.
  [[nodiscard]] std::uint64_t snapshot() const noexcept { return snapshot_.value(); }

 private:
  struct Intermediate {
    std::vector<std::uint8_t> der;
    Certificate certificate;  ///< points into `der`
  };

 public:
  using AnchorPtr = std::unique_ptr<const Anchor>;
  using IntermediatePtr = std::unique_ptr<const Intermediate>;

 private:
  void keep_distrust(const Certificate& parsed, TrustedFor still_trusted_for);
  /// `parsed` points into `der`.
  void keep_intermediate(std::vector<std::uint8_t> der, const Certificate& parsed);

  SnapshotNumber snapshot_;
  std::unordered_multimap<std::string, AnchorPtr> anchors_;
  std::unordered_multimap<std::string, IntermediatePtr> intermediates_;
  struct Distrusted {
    std::string key;  ///< SubjectPublicKeyInfo
    TrustedFor still_trusted_for;
  };
  std::unordered_multimap<std::string, Distrusted> distrusted_;  ///< by name
};

}  // namespace tls::pki
