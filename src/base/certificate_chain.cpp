#include "tls/certificate_chain.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tls {
namespace {

using Number = std::uint32_t;

Number read(const std::uint8_t* block, std::size_t index) noexcept {
  Number n;
  std::memcpy(&n, block + index * sizeof(Number), sizeof n);
  return n;
}
void write(std::uint8_t* block, std::size_t index, std::size_t value) noexcept {
  const Number n = static_cast<Number>(value);
  std::memcpy(block + index * sizeof(Number), &n, sizeof n);
}

/// The block for what `size_of` and `get` give, `count` certificates.
template <class Get>
std::shared_ptr<const std::uint8_t[]> pack(std::size_t count, Get&& get) {
  constexpr std::size_t kMost = std::numeric_limits<Number>::max();
  std::size_t fits = 0, bytes = 0;
  while (fits < count && get(fits).size() <= kMost - bytes) bytes += get(fits++).size();
  if (fits == 0) return nullptr;
  const std::size_t table = (1 + fits) * sizeof(Number);
  auto block = std::make_shared_for_overwrite<std::uint8_t[]>(table + bytes);
  write(block.get(), 0, fits);
  std::size_t end = 0;
  for (std::size_t i = 0; i < fits; ++i) {
    const Bytes der = get(i);
    std::ranges::copy(der, block.get() + table + end);
    end += der.size();
    write(block.get(), 1 + i, end);
  }
  return block;
}

}  // namespace

CertificateChain::CertificateChain(std::span<const Bytes> certificates)
    : block_(pack(certificates.size(), [&](std::size_t i) { return certificates[i]; })) {}

CertificateChain::CertificateChain(const std::vector<std::vector<std::uint8_t>>& certificates)
    : block_(pack(certificates.size(), [&](std::size_t i) { return Bytes(certificates[i]); })) {}

std::size_t CertificateChain::size() const noexcept { return block_ ? read(block_.get(), 0) : 0; }

Bytes CertificateChain::operator[](std::size_t index) const noexcept {
  const std::size_t begin = index == 0 ? 0 : read(block_.get(), index);
  const std::size_t end = read(block_.get(), index + 1);
  return {block_.get() + (1 + size()) * sizeof(Number) + begin, end - begin};
}

bool operator==(const CertificateChain& a, const CertificateChain& b) noexcept {
  return a.shares_memory_with(b) || std::ranges::equal(a, b, [](Bytes x, Bytes y) { return std::ranges::equal(x, y); });
}

}  // namespace tls
