// Which instruction sets this CPU and this operating system offer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tls::crypto {

/// One bit per instruction set that a kernel may require.
enum class Feature : std::uint32_t {
  none = 0,
  // x86-64
  ssse3 = 1u << 0,
  sse41 = 1u << 1,
  aesni = 1u << 2,
  pclmul = 1u << 3,
  avx = 1u << 4,
  avx2 = 1u << 5,
  bmi2 = 1u << 6,
  sha = 1u << 7,
  vaes = 1u << 8,
  vpclmul = 1u << 9,
  avx512 = 1u << 10 /* F, BW, DQ, VL */,
  avx512ifma = 1u << 11,
  avx512vbmi = 1u << 12,
  adx = 1u << 13,
  gfni = 1u << 14,
  // aarch64
  neon = 1u << 20,
  arm_aes = 1u << 21,
  arm_pmull = 1u << 22,
  arm_sha2 = 1u << 23,
  arm_sha512 = 1u << 24,
};

/// A set of features.
struct Features {
  std::uint32_t bits = 0;
  constexpr Features() = default;
  constexpr Features(Feature f) : bits(static_cast<std::uint32_t>(f)) {}  // NOLINT: a feature is a set of one
  constexpr explicit Features(std::uint32_t b) : bits(b) {}
  friend constexpr Features operator|(Features a, Features b) { return Features(a.bits | b.bits); }
  friend constexpr Features operator&(Features a, Features b) { return Features(a.bits & b.bits); }
  [[nodiscard]] constexpr bool contains(Features all) const { return (bits & all.bits) == all.bits; }
  friend constexpr bool operator==(Features, Features) = default;
};
constexpr Features operator|(Feature a, Feature b) { return Features(a) | Features(b); }

/// How a CPU multiplies without carries compared with AES: decides Karatsuba or schoolbook (docs of the kernels).
enum class Vendor : std::uint8_t { other, intel, amd, arm };

struct Cpu {
  Features features;
  Vendor vendor = Vendor::other;
  std::string brand;  ///< as the CPU names itself
};

/// CPUID leaves 1 and 7 together with what XGETBV says the operating system saves; HWCAP on aarch64. Asks the
/// hardware each time: keep the answer.
[[nodiscard]] Cpu detect_cpu();
/// "avx2 vaes ..." in the order of the enumeration.
[[nodiscard]] std::string to_string(Features features);
/// The single feature of that name, or Feature::none.
[[nodiscard]] Feature feature_named(std::string_view name) noexcept;

}  // namespace tls::crypto
