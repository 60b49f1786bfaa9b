// Cipher suites as rows of a table.
#pragma once

#include <span>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "tls/info.h"

namespace tls::crypto {

enum class SuiteAuth : std::uint8_t { any /* TLS 1.3 */, ecdsa /* and EdDSA */, rsa };

struct SuiteFacts {
  CipherSuite id;
  std::string_view name;  ///< IANA
  std::string_view openssl_name;
  ProtocolVersion version;  ///< the one version that has it
  AeadId aead;
  HashId hash;
  SuiteAuth auth;
  std::uint64_t record_limit;  ///< records under one key, RFC 9846 §5.5
};

[[nodiscard]] std::span<const SuiteFacts> all_suites() noexcept;
[[nodiscard]] const SuiteFacts* find_suite(CipherSuite id) noexcept;

}  // namespace tls::crypto
