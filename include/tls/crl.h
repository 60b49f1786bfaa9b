// Certificate revocation lists (RFC 5280 §5): which certificates their issuers have taken back.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/error.h"

namespace tls {

namespace pki {
class CrlStore;
}

/// What CRLs decide about a path. Whatever the policy, a certificate that a CRL of its issuer revokes is refused with
/// certificate_revoked, however old that CRL is; one that is only put on hold (certificateHold) counts in a CRL that is
/// current. A CRL is current from its thisUpdate to its nextUpdate, both borne by 5 minutes.
enum class CrlPolicy : std::uint8_t {
  if_present,    ///< where there is no CRL, or none that is current, a certificate is taken as not revoked
  require_leaf,  ///< the leaf needs a current CRL of its issuer, else revocation_unknown; but for noRevAvail (RFC 9608)
  require_chain,  ///< every certificate of the path needs one, but for the trust anchor
};

/// One CRL of a set, as it tells of itself. Wall time.
struct CrlFacts {
  std::string issuer;  ///< for people
  std::string number;  ///< cRLNumber, hexadecimal digits; empty: it has none
  std::chrono::milliseconds this_update{}, next_update{};
  std::size_t entries = 0;  ///< certificates that it revokes
};

/// What CrlSet::Builder::add() did.
struct CrlsAdded {
  std::size_t added = 0;           ///< CRLs that are in force now
  std::size_t known = 0;           ///< that were there already, octet for octet
  std::size_t outdated = 0;        ///< that did not replace a newer one of the same issuer and scope
  std::vector<std::string> words;  ///< of each that is outdated: where it stands, and which one is newer
};

/// A set of CRLs, immutable: a cheap handle, of which copies share one memory. Thread-safe. An entry takes 15 bytes and
/// its serial number; the signed octets are not kept, unless the signature is one of Ed25519, which needs them.
class CrlSet {
 public:
  /// Collects CRLs.
  class Builder {
   public:
    /// Begins without any, or with those of a set: they are not parsed again, keep what is known of their signatures,
    /// and are not replaced by older ones.
    Builder();
    explicit Builder(const CrlSet& previous);
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// Adds the CRLs of `text`, PEM (X509 CRL) or the DER of one, at most 128 MiB; PEM blocks of other kinds are passed
    /// over. Of those of one issuer, key and scope the newest is in force, by cRLNumber, or where one has none by
    /// thisUpdate. All are added or none. Fails with bad_crl, naming block and line, for a CRL that cannot be read;
    /// that is indirect, a delta, for attribute certificates alone, or without a nextUpdate; that has a critical
    /// extension which is not known; that is signed with an algorithm which certificates may not have (SHA-1, say); and
    /// for a text without CRLs; and beyond 4,096 issuers, keys and scopes, 256 scopes of one issuer and key, and 1 GiB.
    /// Signatures are verified when a chain is judged, with the issuer's key from its path.
    Result<CrlsAdded> add(std::string_view text);
    /// For who reads all CRLs anew from where they are: call it after add(). Adds the CRLs of `previous` that a key has
    /// verified, of those issuers, keys and scopes that the builder has, so that neither an older CRL nor somebody
    /// else's takes their place; and what is known of the signatures of the CRLs that both have. What is not there any
    /// more, or was not verified, goes. Its words name what is older than a CRL that stays. Fails as add() does beyond
    /// a limit.
    // test: pki: what is read anew: the verified stay, and the others go
    Result<CrlsAdded> keep_proven(const CrlSet& previous);
    /// What there is. The builder may go on.
    [[nodiscard]] CrlSet build() const;

   private:
    std::unique_ptr<pki::CrlStore> store_;
  };

  /// No CRLs.
  CrlSet();

  [[nodiscard]] std::size_t size() const noexcept;  ///< CRLs in force
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t entries() const noexcept;  ///< of all of them
  [[nodiscard]] std::size_t memory() const noexcept;   ///< bytes that they take, roughly
  [[nodiscard]] std::vector<CrlFacts> facts() const;   ///< of each, in no order
  /// For the stack itself.
  [[nodiscard]] const pki::CrlStore& store() const noexcept { return *store_; }

 private:
  explicit CrlSet(std::shared_ptr<const pki::CrlStore> store) : store_(std::move(store)) {}
  std::shared_ptr<const pki::CrlStore> store_;
};

}  // namespace tls
