// Certificate revocation lists (RFC 5280 §5): the lists of certificates that their issuers have revoked.
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

/// How CRLs decide about a path. Under every policy a certificate that a CRL of its issuer revokes is rejected with
/// certificate_revoked, however old the CRL is. Exception: a certificate on hold (certificateHold) is rejected only if
/// the CRL is current. A CRL is current from its thisUpdate to its nextUpdate, with a tolerance of 5 minutes on both
/// sides.
enum class CrlPolicy : std::uint8_t {
  /// Without a current CRL a certificate counts as not revoked.
  if_present,
  /// The leaf needs a current CRL of its issuer; otherwise the chain is rejected with revocation_unknown. Exception: a
  /// leaf with noRevAvail (RFC 9608).
  require_leaf,
  /// Every certificate of the path except the trust anchor needs a current CRL.
  require_chain,
};

/// The fields of one CRL of a set. Wall times.
struct CrlFacts {
  std::string issuer;  ///< for people
  std::string number;  ///< cRLNumber in hexadecimal digits; empty: none
  std::chrono::milliseconds this_update{}, next_update{};
  std::size_t entries = 0;  ///< the number of certificates that it revokes
};

/// The result of CrlSet::Builder::add() and keep().
struct CrlsAdded {
  std::size_t added = 0;           ///< CRLs that are now in force
  std::size_t known = 0;           ///< CRLs that the builder already had, octet for octet
  std::size_t outdated = 0;        ///< CRLs that did not replace a newer one of the same issuer and scope
  std::vector<std::string> words;  ///< one line about each outdated CRL: its place, and which CRL is newer
};

/// An immutable set of CRLs. A handle, cheap to copy: copies share one memory. Thread-safe. An entry takes 15 bytes
/// plus its serial number. The signed octets are not kept, except for Ed25519 signatures, whose verification needs
/// them.
class CrlSet {
 public:
  /// Collects CRLs.
  class Builder {
   public:
    /// Starts without CRLs, or with those of `previous`. The latter are not parsed again, keep the results of their
    /// signature verifications, and are not replaced by older CRLs.
    Builder();
    explicit Builder(const CrlSet& previous);
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// Adds the CRLs of `text`: PEM (X509 CRL), or one CRL as DER; at most 128 MiB. PEM blocks of other kinds are
    /// skipped. Among CRLs of one issuer, key and scope the newest is in force, by cRLNumber, or by thisUpdate if one
    /// has no cRLNumber. Adds all CRLs of `text` or none. Signatures are verified later, when a chain is judged, with
    /// the key of the issuer in its path.
    ///
    /// Fails with bad_crl, and names block and line, for a CRL
    /// - that cannot be read,
    /// - that is indirect, a delta CRL, for attribute certificates alone, or without a nextUpdate,
    /// - that has an unknown critical extension,
    /// - that is signed with an algorithm that is not allowed for certificates, such as SHA-1.
    ///
    /// Also fails with bad_crl for a text without CRLs, and beyond 4,096 combinations of issuer, key and scope, 256
    /// scopes of one issuer and key, or 1 GiB.
    /// `name` is the name of the file, for words.
    Result<CrlsAdded> add(std::string_view text, std::string_view name = {});
    /// Carries over CRLs of an earlier set. For programs that reload all CRLs from their files: call it after add(). A
    /// new CRL takes no revocation back unless the key that signed the earlier CRL has signed it, too. The CRLs of
    /// `previous` that a key has verified stay until there is a newer one of that key. If no key has verified a CRL of
    /// their scope yet, those stay that no key was tried on in vain. For an issuer, key and scope that the builder does
    /// not have, they stay until nextUpdate has passed at `now` (wall time). Also carries over the results of signature
    /// verifications for CRLs that both have. Unverified CRLs whose scope was not read are dropped if a limit leaves no
    /// room for them. For each scope that keeps or loses an earlier CRL, the words of the result name the file, one CRL
    /// and the reason. Fails beyond a limit as add() does.
    // test: pki: what is read anew takes nothing back that its key has not taken back
    Result<CrlsAdded> keep(const CrlSet& previous, std::chrono::milliseconds now);
    /// Returns the CRLs so far. The builder can be used further.
    [[nodiscard]] CrlSet build() const;

   private:
    std::unique_ptr<pki::CrlStore> store_;
  };

  /// Makes a set without CRLs.
  CrlSet();

  [[nodiscard]] std::size_t size() const noexcept;  ///< the number of CRLs in force
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t entries() const noexcept;  ///< the number of entries of all CRLs in force
  [[nodiscard]] std::size_t memory() const noexcept;   ///< the bytes that all CRLs take, approximately
  [[nodiscard]] std::vector<CrlFacts> facts() const;   ///< of each CRL, in no particular order
  /// Internal to the stack.
  [[nodiscard]] const pki::CrlStore& store() const noexcept { return *store_; }

 private:
  explicit CrlSet(std::shared_ptr<const pki::CrlStore> store) : store_(std::move(store)) {}
  std::shared_ptr<const pki::CrlStore> store_;
};

}  // namespace tls
