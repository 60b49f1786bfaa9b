// A set that finds repeated 16-bit numbers in a message, such as extension types and groups.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tls::wire {

/// A set of 16-bit numbers that come from a peer. insert() takes bounded time for any contents. The first few numbers
/// are compared one by one. No honest message has more. For more numbers, the set has one bit for each possible number.
class SeenNumbers {
 public:
  /// Inserts `number`. Returns false if it is in the set already.
  [[nodiscard]] bool insert(std::uint16_t number) {
    if (!bits_) {
      const auto end = few_.begin() + static_cast<std::ptrdiff_t>(count_);
      if (std::find(few_.begin(), end, number) != end) return false;
      if (count_ < few_.size()) return few_[count_++] = number, true;
      bits_ = std::make_unique<Bits>();
      for (const std::uint16_t one : few_) (void)set(one);
    }
    return set(number);
  }

 private:
  using Bits = std::array<std::uint64_t, (std::size_t{1} << 16) / 64>;  // 8 KiB

  bool set(std::uint16_t number) noexcept {
    std::uint64_t& word = (*bits_)[number / 64];
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }

  std::array<std::uint16_t, 64> few_;
  std::size_t count_ = 0;
  std::unique_ptr<Bits> bits_;  // null until there are more numbers than `few_` holds
};

}  // namespace tls::wire
