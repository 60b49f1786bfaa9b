#include "pki/verification_store.h"

#include "base/exceptions.h"
#include "tls/verification_memory.h"

namespace tls {
namespace pki {

std::optional<Accepted> VerificationStore::accepted(const MemoryKey& chain, std::int64_t now) {
  const auto found = chains_.find(chain, [now](const Chain& one) { return one.period.holds(now); });
  return found ? std::optional(found->verdict) : std::nullopt;
}

void VerificationStore::keep_accepted(const MemoryKey& chain, const Accepted& verdict, const Period& period) {
  chains_.keep(chain, {period, verdict});
}

bool VerificationStore::verified(const MemoryKey& signature) {
  return signatures_.find(signature, [](const Nothing&) { return true; }).has_value();
}

void VerificationStore::keep_verified(std::span<const MemoryKey> signatures) {
  for (const MemoryKey& one : signatures) signatures_.keep(one, {});
}

}  // namespace pki

static_assert(VerificationMemory::kDefaultBytes == limits::kDefaultVerificationMemory);

Result<VerificationMemory> VerificationMemory::create(std::size_t bytes) {
  return without_exceptions("VerificationMemory::create()", [&]() -> Result<VerificationMemory> {
    if (bytes < limits::kMinVerificationMemory || bytes > limits::kMaxVerificationMemory)
      return fail(Code::bad_config, "a memory of verifications takes " +
                                        std::to_string(limits::kMinVerificationMemory) + " to " +
                                        std::to_string(limits::kMaxVerificationMemory) + " bytes, not " +
                                        std::to_string(bytes) + "; without one: VerificationMemory::off()");
    return VerificationMemory(std::make_shared<pki::VerificationStore>(bytes));
  });
}

VerificationCounts VerificationMemory::counts() const {
  if (!store_) return {};
  const auto chains = store_->chains();
  const auto signatures = store_->signatures();
  return {.chains = chains.values,
          .signatures = signatures.values,
          .known_chains = chains.hits,
          .known_signatures = signatures.hits,
          .bytes = chains.bytes + signatures.bytes};
}

}  // namespace tls
