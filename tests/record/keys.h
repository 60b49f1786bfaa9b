// Pairs of record keys for tests: what one side seals the other opens.
#pragma once

#include <string_view>
#include <vector>

#include "crypto/provider.h"
#include "record/protection.h"

namespace tls::record {

/// The seam by which tests reach the end of the sequence numbers.
struct ProtectionTest {
  static void set_sequence(Protection& protection, std::uint64_t number) { protection.sequence_ = number; }
};

}  // namespace tls::record

namespace tls::test {

/// One way of protecting records. make() gives the same keys each time.
struct Way {
  std::string_view name;
  bool tls13;
  crypto::AeadId aead;

  [[nodiscard]] record::Protection make(std::uint8_t seed = 1) const {
    static const crypto::Provider provider = crypto::Provider::best();
    const crypto::AeadImpl& impl = provider.aead(aead);
    const std::vector<std::uint8_t> key(crypto::key_size(aead), seed), secret(32, seed);
    if (tls13) return record::tls13_protection(provider.hash(crypto::HashId::sha256), impl, secret);
    return record::tls12_protection(impl, key, Bytes(secret).first(record::tls12_fixed_iv_size(aead)));
  }
};

inline constexpr Way kWays[] = {
    {"TLS 1.3 AES-128-GCM", true, crypto::AeadId::aes_128_gcm},
    {"TLS 1.3 AES-256-GCM", true, crypto::AeadId::aes_256_gcm},
    {"TLS 1.3 ChaCha20-Poly1305", true, crypto::AeadId::chacha20_poly1305},
    {"TLS 1.2 AES-128-GCM", false, crypto::AeadId::aes_128_gcm},
    {"TLS 1.2 AES-256-GCM", false, crypto::AeadId::aes_256_gcm},
    {"TLS 1.2 ChaCha20-Poly1305", false, crypto::AeadId::chacha20_poly1305},
};

/// What an output holds, as a vector of its own.
inline std::vector<std::uint8_t> copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace tls::test
