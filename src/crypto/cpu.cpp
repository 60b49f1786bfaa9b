#include "crypto/cpu.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace tls::crypto {
namespace {

struct FeatureName {
  Feature feature;
  std::string_view name;
};
#define SALLYPORT_FEATURE(f) \
  FeatureName { Feature::f, #f }
constexpr FeatureName kNames[] = {
    SALLYPORT_FEATURE(ssse3),      SALLYPORT_FEATURE(sse41),      SALLYPORT_FEATURE(aesni),
    SALLYPORT_FEATURE(pclmul),     SALLYPORT_FEATURE(avx),        SALLYPORT_FEATURE(avx2),
    SALLYPORT_FEATURE(bmi2),       SALLYPORT_FEATURE(sha),        SALLYPORT_FEATURE(vaes),
    SALLYPORT_FEATURE(vpclmul),    SALLYPORT_FEATURE(avx512),     SALLYPORT_FEATURE(avx512ifma),
    SALLYPORT_FEATURE(avx512vbmi), SALLYPORT_FEATURE(adx),        SALLYPORT_FEATURE(gfni),
    SALLYPORT_FEATURE(neon),       SALLYPORT_FEATURE(arm_aes),    SALLYPORT_FEATURE(arm_pmull),
    SALLYPORT_FEATURE(arm_sha2),   SALLYPORT_FEATURE(arm_sha512),
};
#undef SALLYPORT_FEATURE

/// Adds `feature` when the bit is set and what it stands on is there.
[[maybe_unused]] void add_if(Features& features, bool present, Feature feature) {
  if (present) features = features | feature;
}

#if defined(__x86_64__)

struct Leaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// CPUID of one leaf; all zero when the CPU does not know it.
Leaf cpuid(unsigned leaf, unsigned subleaf = 0) {
  Leaf l;
  if (__get_cpuid_count(leaf, subleaf, &l.eax, &l.ebx, &l.ecx, &l.edx) == 0) return {};
  return l;
}

/// XCR0: the registers that the operating system saves. Only to be asked when CPUID says OSXSAVE.
std::uint64_t xgetbv() {
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

Features x86_features() {
  const auto bit = [](unsigned word, unsigned n) { return (word >> n & 1) != 0; };
  const Leaf one = cpuid(1), seven = cpuid(7);
  const std::uint64_t xcr0 = bit(one.ecx, 27) ? xgetbv() : 0;
  const bool ymm = (xcr0 & 0x06) == 0x06;         // SSE and AVX state
  const bool zmm = ymm && (xcr0 & 0xE0) == 0xE0;  // opmask, upper halves of zmm0-15, zmm16-31
  const bool avx = ymm && bit(one.ecx, 28);
  const bool avx512 = zmm && bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 30) && bit(seven.ebx, 31);
  Features f;
  add_if(f, bit(one.ecx, 9), Feature::ssse3);
  add_if(f, bit(one.ecx, 19), Feature::sse41);
  add_if(f, bit(one.ecx, 25), Feature::aesni);
  add_if(f, bit(one.ecx, 1), Feature::pclmul);
  add_if(f, avx, Feature::avx);
  add_if(f, avx && bit(seven.ebx, 5), Feature::avx2);
  add_if(f, bit(seven.ebx, 3) && bit(seven.ebx, 8), Feature::bmi2);  // BMI1 as well: no CPU has the one alone
  add_if(f, bit(seven.ebx, 29), Feature::sha);
  add_if(f, avx && bit(seven.ecx, 9), Feature::vaes);
  add_if(f, avx && bit(seven.ecx, 10), Feature::vpclmul);
  add_if(f, avx512, Feature::avx512);
  add_if(f, avx512 && bit(seven.ebx, 21), Feature::avx512ifma);
  add_if(f, avx512 && bit(seven.ecx, 1), Feature::avx512vbmi);
  add_if(f, bit(seven.ebx, 19), Feature::adx);
  add_if(f, bit(seven.ecx, 8), Feature::gfni);
  return f;
}

Vendor x86_vendor() {
  const Leaf zero = cpuid(0);
  char id[12];
  std::memcpy(id, &zero.ebx, 4);
  std::memcpy(id + 4, &zero.edx, 4);
  std::memcpy(id + 8, &zero.ecx, 4);
  const std::string_view vendor(id, sizeof id);
  if (vendor == "GenuineIntel") return Vendor::intel;
  if (vendor == "AuthenticAMD" || vendor == "HygonGenuine") return Vendor::amd;
  return Vendor::other;
}

std::string x86_brand() {
  if (cpuid(0x80000000).eax < 0x80000004) return {};
  char text[48];
  for (unsigned i = 0; i < 3; ++i) {
    const Leaf l = cpuid(0x80000002 + i);
    std::memcpy(text + 16 * i, &l, sizeof l);
  }
  std::string brand(text, strnlen(text, sizeof text));
  while (!brand.empty() && brand.back() == ' ') brand.pop_back();
  brand.erase(0, brand.find_first_not_of(' '));
  return brand;
}

#endif

}  // namespace

Cpu detect_cpu() {
  Cpu cpu;
#if defined(__x86_64__)
  cpu.features = x86_features();
  cpu.vendor = x86_vendor();
  cpu.brand = x86_brand();
#elif defined(__aarch64__) && defined(__linux__)
  const unsigned long hwcap = getauxval(AT_HWCAP);
  add_if(cpu.features, (hwcap & HWCAP_ASIMD) != 0, Feature::neon);
  add_if(cpu.features, (hwcap & HWCAP_AES) != 0, Feature::arm_aes);
  add_if(cpu.features, (hwcap & HWCAP_PMULL) != 0, Feature::arm_pmull);
  add_if(cpu.features, (hwcap & HWCAP_SHA2) != 0, Feature::arm_sha2);
  add_if(cpu.features, (hwcap & HWCAP_SHA512) != 0, Feature::arm_sha512);
  cpu.vendor = Vendor::arm;
  cpu.brand = "aarch64";
#endif
  return cpu;
}

std::string to_string(Features features) {
  std::string text;
  for (const FeatureName& row : kNames) {
    if (!features.contains(row.feature)) continue;
    if (!text.empty()) text += ' ';
    text += row.name;
  }
  return text;
}

Feature feature_named(std::string_view name) noexcept {
  for (const FeatureName& row : kNames)
    if (row.name == name) return row.feature;
  return Feature::none;
}

}  // namespace tls::crypto
