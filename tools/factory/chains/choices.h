// Choices that a generator makes: the same for the same seed, or as a fuzzer's bytes say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "tls/bytes.h"

namespace sallyport::chains {

class Choices {
 public:
  /// SplitMix64 from this seed and number.
  Choices(std::uint64_t seed, std::uint64_t number) noexcept : state_(seed * 0x9E3779B97F4A7C15 ^ number << 20) {}
  /// Two bytes for each choice; zeros when they are used up. The bytes outlive this.
  explicit Choices(tls::Bytes input) noexcept : from_bytes_(true), input_(input) {}

  /// 0 to bound - 1.
  std::uint32_t below(std::size_t bound) noexcept { return static_cast<std::uint32_t>(next() % bound); }
  bool chance(unsigned percent) noexcept { return below(100) >= 100 - percent; }  // a zero byte is "no"
  template <class T>
  T pick(std::initializer_list<T> options) noexcept {
    return options.begin()[below(options.size())];
  }

 private:
  std::uint64_t next() noexcept {
    if (from_bytes_) {
      const std::uint64_t high = take();
      return high << 8 | take();
    }
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (z ^ z >> 31) >> 8;
  }
  std::uint8_t take() noexcept {
    if (input_.empty()) return 0;
    const std::uint8_t octet = input_[0];
    input_ = input_.subspan(1);
    return octet;
  }

  std::uint64_t state_ = 0;
  bool from_bytes_ = false;
  tls::Bytes input_;
};

}  // namespace sallyport::chains
