// The CRLs behind a CrlSet: by issuer, and of each scope the newest.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "pki/crl.h"
#include "pki/fingerprint.h"
#include "tls/crl.h"

namespace tls::pki {

/// CRLs of one issuer, key identifier and scope, the newest that was read first. Whose they are shows when a key
/// verifies them, so that an unproven one takes nobody's place: of each key that has proven some the newest of these is
/// there, and all that are unproven, as far as limits::kMaxCrlsOfScope goes for either.
using CrlGroup = std::vector<CrlPtr>;

/// A newer CRL of the group was verified by the key that has verified the one at `i`, which does not count any more.
[[nodiscard]] bool superseded(const CrlGroup& group, std::size_t i);

/// A CRL that was read before and stays, though there is something else now, or nothing.
struct KeptCrl {
  enum class Why : std::uint8_t {
    older,        ///< `read` is, and by the same key
    forged,       ///< the key that has signed `crl` has not signed `read`
    unknown,      ///< no key has verified either yet
    gone,         ///< nothing of its key was read
    crowded_out,  ///< as gone, but it does not stay: no key has verified it, and a limit leaves no room
  };
  CrlPtr crl, read;  ///< `read` null: gone
  Why why;
};

/// Copies share the CRLs. Filled by one thread, and immutable then.
class CrlStore {
 public:
  explicit CrlStore(std::size_t memory_limit = limits::kMaxCrlMemory) : memory_limit_(memory_limit) {}

  enum class Added : std::uint8_t {
    added,
    known,     ///< it is there
    outdated,  ///< a newer one of its scope is there
  };
  /// Fails with bad_crl beyond limits::kMaxCrls groups, limits::kMaxCrlScopes of one issuer and key identifier, and
  /// the limit of memory; the store is of no use then.
  Result<Added> add(CrlPtr crl);
  /// CrlSet::Builder::keep(): gives the CRLs of `previous` that stay though what was read has not got them.
  Result<std::vector<KeptCrl>> keep(const CrlStore& previous, const Moment& now);
  /// The newest CRL of the scope of `crl`; null: none.
  [[nodiscard]] const Crl* in_force(const Crl& crl) const;

  /// The groups of an issuer, by its canonical_name().
  [[nodiscard]] std::span<const CrlGroup> of(const std::string& issuer) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return groups_; }
  [[nodiscard]] bool empty() const noexcept { return groups_ == 0; }
  [[nodiscard]] std::size_t memory() const noexcept { return memory_; }  ///< bytes of all CRLs, roughly
  /// Of these CRLs: see SnapshotNumber. What is remembered of their signatures does not count.
  [[nodiscard]] std::uint64_t snapshot() const noexcept { return snapshot_.value(); }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [issuer, groups] : issuers_)
      for (const CrlGroup& group : groups) visit(group);
  }

 private:
  Result<void> begin_group(std::vector<CrlGroup>& groups, CrlPtr crl);
  std::size_t insert(CrlGroup& group, CrlPtr crl);
  void drop(CrlGroup& group, std::size_t i);
  [[nodiscard]] CrlGroup* group_of(const Crl& crl);
  std::optional<KeptCrl> keep_beside(CrlGroup& group, const CrlGroup& before);
  Result<KeptCrl> keep_gone(const CrlGroup& kept);
  [[nodiscard]] bool has_room_for(const CrlGroup& gone) const;
  void trim(CrlGroup& group, const Crl& added, const CrlGroup& before);
  void trim_to_limit(CrlGroup& group, bool proven, const Crl& added, const CrlGroup& before);
  [[nodiscard]] Result<void> check_memory() const;

  SnapshotNumber snapshot_;
  std::unordered_map<std::string, std::vector<CrlGroup>> issuers_;
  std::size_t groups_ = 0, memory_ = 0, memory_limit_;
};

/// The CRLs of `text`, each with where it stands, as CrlSet::Builder::add() has it, and behind `name` as its place().
struct FoundCrl {
  CrlPtr crl;
  std::string where;  ///< "block 2 ('X509 CRL', line 31)"
};
[[nodiscard]] Result<std::vector<FoundCrl>> read_crls(std::string_view text, std::string_view name = {});

}  // namespace tls::pki
