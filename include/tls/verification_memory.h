// What verifiers remember of chains that they have accepted, so that the same chain costs no signatures again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tls/error.h"

namespace tls {

namespace pki {
class VerificationStore;
}

/// What a memory holds, and how often it has helped since it was made.
struct VerificationCounts {
  std::size_t chains = 0, signatures = 0;                ///< that are remembered
  std::uint64_t known_chains = 0, known_signatures = 0;  ///< questions that needed no verification
  std::size_t bytes = 0;                                 ///< that are taken, but for what the allocator adds
};

/// A memory of verifications, for with_memory(): a cheap handle, of which copies share one memory. Thread-safe.
///
/// It holds chains that were accepted, under all that decided: every certificate in its order, role and name, the
/// anchors, the CRLs and staples and what is asked of them. Within the period in which no certificate, CRL or staple
/// begins or ends, the same question has the same answer, to the last field; a clock that leaves the period, in either
/// direction, leads to a full judgement. And it holds signatures on certificates of such chains, under the issuer's
/// whole SubjectPublicKeyInfo, algorithm, content and signature. All keys are SHA-256. Refusals are not remembered,
/// nor are chains of more than 32 KiB, staples included.
// test: pki: with a memory and without: the same verdicts at every second at which something begins or ends
///
/// What others have shown makes a handshake faster, which a peer can measure: who keeps two worlds apart (users, tabs,
/// tenants) gives each a memory of its own, as he gives each its own sessions.
class VerificationMemory {
 public:
  static constexpr std::size_t kDefaultBytes = std::size_t{256} << 10;  ///< some 600 chains and 1,700 signatures

  /// No memory: all is verified each time.
  static VerificationMemory off() noexcept { return VerificationMemory(nullptr); }
  /// An empty memory that takes at most `bytes`, from 16 KiB to 64 MiB, half of them for chains, and takes them as they
  /// are needed. When it is full, what was not used lately makes room. Fails with bad_config.
  static Result<VerificationMemory> create(std::size_t bytes = kDefaultBytes);

  [[nodiscard]] VerificationCounts counts() const;  ///< all 0 without a memory
  /// For the stack itself; null: off.
  [[nodiscard]] pki::VerificationStore* store() const noexcept { return store_.get(); }

 private:
  explicit VerificationMemory(std::shared_ptr<pki::VerificationStore> store) noexcept : store_(std::move(store)) {}
  std::shared_ptr<pki::VerificationStore> store_;
};

}  // namespace tls
