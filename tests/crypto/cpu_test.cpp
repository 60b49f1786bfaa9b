#include "crypto/cpu.h"

#include <doctest/doctest.h>

using namespace tls::crypto;

TEST_CASE("features have names, in the order of the enumeration") {
  CHECK(to_string(Features{}) == "");
  CHECK(to_string(Feature::vaes | Feature::ssse3) == "ssse3 vaes");
  for (unsigned bit = 0; bit < 32; ++bit) {
    const Features one(1u << bit);
    if (const std::string name = to_string(one); !name.empty()) CHECK(Features(feature_named(name)) == one);
  }
  CHECK(to_string(Features(0xFFFFFFFF)).find("avx512ifma") != std::string::npos);
  CHECK(feature_named("3dnow") == Feature::none);
}

TEST_CASE("a set contains its subsets and nothing else") {
  const Features set = Feature::avx2 | Feature::vaes;
  CHECK(set.contains(Feature::vaes));
  CHECK(set.contains({}));
  CHECK_FALSE(set.contains(Feature::vaes | Feature::sha));
}

#if defined(__x86_64__) && defined(__GNUC__)
TEST_CASE("what is detected agrees with the compiler's runtime") {
  const Features f = detect_cpu().features;
  CHECK(f.contains(Feature::ssse3) == (__builtin_cpu_supports("ssse3") != 0));
  CHECK(f.contains(Feature::aesni) == (__builtin_cpu_supports("aes") != 0));
  CHECK(f.contains(Feature::pclmul) == (__builtin_cpu_supports("pclmul") != 0));
  CHECK(f.contains(Feature::avx2) == (__builtin_cpu_supports("avx2") != 0));
  CHECK(f.contains(Feature::bmi2) == (__builtin_cpu_supports("bmi2") != 0));
  CHECK(f.contains(Feature::avx512ifma) == (__builtin_cpu_supports("avx512ifma") != 0));
  CHECK(f.contains(Feature::avx512vbmi) == (__builtin_cpu_supports("avx512vbmi") != 0));
  CHECK(f.contains(Feature::gfni) == (__builtin_cpu_supports("gfni") != 0));
  CHECK(f.contains(Feature::vpclmul) == (__builtin_cpu_supports("vpclmulqdq") != 0));
}
#endif
