// The CRLs behind a CrlSet: by issuer, and of each scope the newest.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pki/crl.h"
#include "tls/crl.h"

namespace tls::pki {

/// CRLs of one issuer and scope that replace each other, newest first. The first is in force. Another one stands behind
/// it until the first is proven (Crl::proven()): nobody else's newer CRL may take the place of the issuer's own.
using CrlGroup = std::vector<CrlPtr>;

/// Copies share the CRLs. Filled by one thread, and immutable then.
class CrlStore {
 public:
  enum class Added : std::uint8_t {
    added,
    known,     ///< it is there
    outdated,  ///< a newer one of its scope is there
  };
  /// Fails with bad_crl where there are limits::kMaxCrls.
  Result<Added> add(CrlPtr crl);
  /// The CRL in force of the scope of `crl`; null: none.
  [[nodiscard]] const Crl* in_force(const Crl& crl) const;

  /// The groups of an issuer, by its canonical_name().
  [[nodiscard]] std::span<const CrlGroup> of(const std::string& issuer) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return groups_; }
  [[nodiscard]] bool empty() const noexcept { return groups_ == 0; }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [issuer, groups] : issuers_)
      for (const CrlGroup& group : groups) visit(group);
  }

 private:
  std::unordered_map<std::string, std::vector<CrlGroup>> issuers_;
  std::size_t groups_ = 0;
};

/// The CRLs of `text`, each with where it stands, as CrlSet::Builder::add() has it.
struct FoundCrl {
  CrlPtr crl;
  std::string where;  ///< "block 2 ('X509 CRL', line 31)"
};
[[nodiscard]] Result<std::vector<FoundCrl>> read_crls(std::string_view text);

}  // namespace tls::pki
