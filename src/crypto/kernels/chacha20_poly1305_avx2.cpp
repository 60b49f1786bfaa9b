// ChaCha20-Poly1305 with eight blocks in 256-bit registers.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

SALLYPORT_TARGET_BEGIN("avx2,bmi2")
namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/chacha20_vectors.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

#include "crypto/kernels/chacha20_words256.inc"

struct Avx2 {
  static constexpr std::size_t kStep = kBlock * Words256::kLanes;
  static constexpr std::size_t kHead = kBlock * (Words256::kLanes + 4);
  using Mac = ScalarMac;

  static std::size_t tail_size(std::size_t text_size) { return text_size % kStep; }
  static void head(const std::uint32_t* input, std::uint32_t first, std::size_t n, std::uint8_t* out) {
    if (n <= 3) return head_in_rows<Words256, true>(input, first, out);
    head_in_lanes<Words256, true>(input, first, out);
    if (n == Words256::kLanes) head_in_rows<Words256, false>(input, first + Words256::kLanes - 1, out + kStep);
  }
  static void seal_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    crypt_and_authenticate<Words256, true>(input, mac.poly, in, out, size);
  }
  static void open_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    crypt_and_authenticate<Words256, false>(input, mac.poly, in, out, size);
  }
};

}  // namespace

constinit const AeadImpl kChaCha20Poly1305Avx2 =
    chacha20_poly1305_row<Avx2>("chacha20-poly1305-avx2", Feature::avx2 | Feature::bmi2);

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
