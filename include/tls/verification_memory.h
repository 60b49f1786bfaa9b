// A memory of verified certificate chains, so that a chain that was accepted before costs no signature verifications
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tls/error.h"

namespace tls {

namespace pki {
class VerificationStore;
}

/// The contents of a memory, and how often it has helped since it was made.
struct VerificationCounts {
  std::size_t chains = 0, signatures = 0;                ///< remembered now
  std::uint64_t known_chains = 0, known_signatures = 0;  ///< look-ups that saved a verification
  std::size_t bytes = 0;                                 ///< in use, without the overhead of the allocator
};

/// A memory of verifications, for with_memory(). A handle, cheap to copy: copies share one memory. Thread-safe.
///
/// It holds accepted chains, under everything that decided about them: every certificate with its position, the role
/// and the name, the anchors, the CRLs and the staples, and what the policy demands of these. Each entry has a period
/// in which no certificate, CRL or staple starts or stops being valid. Within that period the same question has the
/// same answer, in every field. If the clock leaves the period, in either direction, the chain is judged in full.
///
/// It also holds verified signatures on certificates of such chains, under the issuer's whole SubjectPublicKeyInfo, the
/// algorithm, the content and the signature. All look-up keys are SHA-256 digests. Refusals are not remembered, nor are
/// chains of more than 32 KiB, staples included.
// test: pki: with a memory and without: the same verdicts at every second at which something begins or ends
///
/// A chain that another peer has sent before makes a handshake faster, and a peer can measure that. An application that
/// separates groups of peers (users, tabs, tenants) must give each group a memory of its own, as it gives each its own
/// sessions.
class VerificationMemory {
 public:
  static constexpr std::size_t kDefaultBytes = std::size_t{256} << 10;  ///< about 600 chains and 1,700 signatures

  /// Returns a handle without a memory: every chain is verified in full.
  static VerificationMemory off() noexcept { return VerificationMemory(nullptr); }
  /// Makes an empty memory of at most `bytes`, from 16 KiB to 64 MiB. Half of it is for chains. Memory is allocated as
  /// it is needed. A full memory drops entries that were not used recently. Fails with bad_config if `bytes` is out of
  /// range.
  static Result<VerificationMemory> create(std::size_t bytes = kDefaultBytes);

  [[nodiscard]] VerificationCounts counts() const;  ///< all 0 without a memory
  /// Internal to the stack; null: off.
  [[nodiscard]] pki::VerificationStore* store() const noexcept { return store_.get(); }

 private:
  explicit VerificationMemory(std::shared_ptr<pki::VerificationStore> store) noexcept : store_(std::move(store)) {}
  std::shared_ptr<pki::VerificationStore> store_;
};

}  // namespace tls
