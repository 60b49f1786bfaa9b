// The table of hash implementations: within a hash the best comes first, and the last runs everywhere.
#include <algorithm>
#include <cassert>

#include "crypto/hash.h"
#include "crypto/kernels/kernels.h"
#include "crypto/sodium/sha2.h"

namespace tls::crypto {
namespace {

constexpr const HashImpl* kHashTable[] = {
// SHA-256
#if defined(__x86_64__)
    &kSha256ShaNi,
#endif
    &sodium::kSha256,
// SHA-384
#if defined(__x86_64__)
    &kSha384Avx2,
#endif
    &sodium::kSha384,
};

}  // namespace

std::span<const HashImpl* const> all_hashes() noexcept { return kHashTable; }

const HashImpl& select_hash(HashId id, const Cpu& cpu) noexcept {
  const auto row = std::ranges::find_if(
      kHashTable, [&](const HashImpl* impl) { return impl->id == id && cpu.features.contains(impl->required); });
  assert(row != std::ranges::end(kHashTable));  // the last row of each hash requires nothing (hash_test.cpp)
  return **row;
}

const HashImpl* hash_named(std::string_view name) noexcept {
  const auto row = std::ranges::find(kHashTable, name, &HashImpl::name);
  return row == std::ranges::end(kHashTable) ? nullptr : *row;
}

}  // namespace tls::crypto
