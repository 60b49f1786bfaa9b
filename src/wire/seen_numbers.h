// Which 16-bit numbers of a message were there before: extension types, groups.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tls::wire {

/// A set of 16-bit numbers that come from a peer. insert() takes bounded time, whatever is in it: the first few, which
/// is all that any honest message has, are compared one by one; for more there is a bit for each number.
class SeenNumbers {
 public:
  /// False when `number` is in the set already.
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
  std::unique_ptr<Bits> bits_;  // null while the few are enough
};

}  // namespace tls::wire
