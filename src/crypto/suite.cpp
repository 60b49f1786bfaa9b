#include "crypto/suite.h"

#include <algorithm>

#include "base/limits.h"

namespace tls::crypto {
namespace {

using enum CipherSuite;
constexpr auto k12 = ProtocolVersion::tls12;
constexpr auto k13 = ProtocolVersion::tls13;
constexpr std::uint64_t kGcm = limits::kAesGcmRecords, kChaCha = limits::kChaChaRecords;

// clang-format off
#define SALLYPORT_SUITE(id, openssl, version, aead, hash, auth, limit) \
  SuiteFacts{id, #id, openssl, version, AeadId::aead, HashId::hash, SuiteAuth::auth, limit}
constexpr SuiteFacts kSuites[] = {
    SALLYPORT_SUITE(TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", k13, aes_128_gcm, sha256, any, kGcm),
    SALLYPORT_SUITE(TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", k13, aes_256_gcm, sha384, any, kGcm),
    SALLYPORT_SUITE(TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", k13, chacha20_poly1305, sha256, any, kChaCha),
    SALLYPORT_SUITE(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", k12, aes_128_gcm, sha256, ecdsa, kGcm),
    SALLYPORT_SUITE(TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", k12, aes_256_gcm, sha384, ecdsa, kGcm),
    SALLYPORT_SUITE(TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", k12, chacha20_poly1305, sha256, ecdsa, kChaCha),
    SALLYPORT_SUITE(TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", k12, aes_128_gcm, sha256, rsa, kGcm),
    SALLYPORT_SUITE(TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", k12, aes_256_gcm, sha384, rsa, kGcm),
    SALLYPORT_SUITE(TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", k12, chacha20_poly1305, sha256, rsa, kChaCha),
};
#undef SALLYPORT_SUITE
// clang-format on

}  // namespace

std::span<const SuiteFacts> all_suites() noexcept { return kSuites; }

const SuiteFacts* find_suite(CipherSuite id) noexcept {
  const auto row = std::ranges::find(kSuites, id, &SuiteFacts::id);
  return row == std::ranges::end(kSuites) ? nullptr : row;
}

}  // namespace tls::crypto
