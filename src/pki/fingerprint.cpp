#include "pki/fingerprint.h"

#include <algorithm>
#include <atomic>

namespace tls::pki {
namespace {

/// Asking the CPU takes longer than hashing does: it is asked once.
const crypto::HashImpl& sha256() noexcept {
  static const crypto::HashImpl* const best = &crypto::select_hash(crypto::HashId::sha256, crypto::detect_cpu());
  return *best;
}

std::array<std::uint8_t, 8> octets_of(std::uint64_t number) noexcept {
  std::array<std::uint8_t, 8> octets;
  for (std::size_t i = octets.size(); i-- > 0; number >>= 8) octets[i] = static_cast<std::uint8_t>(number);
  return octets;
}

}  // namespace

Fingerprinter::Fingerprinter(std::string_view purpose) noexcept : hash_(sha256()) { add(as_bytes(purpose)); }

void Fingerprinter::add(std::uint64_t number) noexcept { add(Bytes(octets_of(number))); }

void Fingerprinter::add(Bytes field) noexcept {
  hash_.update(octets_of(field.size()));
  hash_.update(field);
}

Fingerprint Fingerprinter::finish() const noexcept {
  const crypto::Digest digest = hash_.digest();
  Fingerprint out;
  std::ranges::copy(digest.bytes(), out.begin());
  return out;
}

void SnapshotNumber::renew() noexcept {
  static std::atomic<std::uint64_t> last{0};
  value_ = last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace tls::pki
