// What is behind a VerificationMemory: signatures that were verified, and chains that were accepted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/limits.h"
#include "pki/moment.h"
#include "pki/remembered.h"
#include "pki/revocation.h"
#include "pki/staple.h"
#include "tls/environment.h"

namespace tls::pki {

/// A chain that is accepted.
struct Accepted {
  Clock::Milliseconds until{};       ///< how long its path is valid
  std::optional<GoodStaple> staple;  ///< of the leaf, if it was judged
  std::optional<CrlCoverage> crl;    ///< of the leaf, if there was a current one
};

/// Thread-safe; see Remembered. Refusals are not remembered: who is refused may try again and is judged again, and
/// whoever has nothing that is accepted can put nothing here.
class VerificationStore {
 public:
  /// Takes at most `bytes`, limits::kMinVerificationMemory or more, half of it for chains.
  explicit VerificationStore(std::size_t bytes) : chains_(bytes / 2), signatures_(bytes - bytes / 2) {}

  /// The verdict on a chain, where it was accepted and is at `now` for the same reasons.
  [[nodiscard]] std::optional<Accepted> accepted(const MemoryKey& chain, std::int64_t now);
  void keep_accepted(const MemoryKey& chain, const Accepted& verdict, const Period& period);

  /// The signature was verified, and is good.
  [[nodiscard]] bool verified(const MemoryKey& signature);
  void keep_verified(std::span<const MemoryKey> signatures);

  struct Chain {
    Period period;
    Accepted verdict;
  };
  struct Nothing {};
  [[nodiscard]] Remembered<Chain>::Counts chains() const { return chains_.counts(); }
  [[nodiscard]] Remembered<Nothing>::Counts signatures() const { return signatures_.counts(); }

 private:
  Remembered<Chain> chains_;
  Remembered<Nothing> signatures_;
};

}  // namespace tls::pki
