// Keys out of passwords, as files of private keys have them: PBKDF2, scrypt, PKCS#12's own function, and HMAC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/secret_bytes.h"

namespace tls::crypto {

/// Hashes that such files name. Here they are below HMAC or iterated: SHA-1 is no weaker for that.
enum class PasswordHash : std::uint8_t { sha1, sha224, sha256, sha384, sha512 };

/// "SHA-1", "SHA-256" and so on.
[[nodiscard]] std::string_view name(PasswordHash hash) noexcept;

// All functions below are bounded by their arguments alone: the caller bounds them first. None branches on the password
// or on what is made of it. They fail with internal_error when the library below does.

/// PBKDF2 (RFC 8018 §5.2) with HMAC over `hash`: `length` bytes.
[[nodiscard]] Result<SecretBytes> pbkdf2(PasswordHash hash, Bytes password, Bytes salt, std::uint64_t iterations,
                                         std::size_t length);

/// What PKCS#12's function makes (RFC 7292 B.3).
enum class Pkcs12Purpose : std::uint8_t { key = 1, iv = 2, mac = 3 };

/// PKCS#12's own function (RFC 7292 B.2). `password` as a BMPString with two zeros behind it, or empty.
[[nodiscard]] Result<SecretBytes> pkcs12_derive(PasswordHash hash, Pkcs12Purpose purpose, Bytes password, Bytes salt,
                                                std::uint64_t iterations, std::size_t length);

/// scrypt (RFC 7914): takes 128 * r * (n + p) bytes of memory, and work by n * r * p and by r * p: each of the three
/// can make it large. `n` is a power of two above 1.
[[nodiscard]] Result<SecretBytes> scrypt(Bytes password, Bytes salt, std::uint64_t n, std::uint32_t r, std::uint32_t p,
                                         std::size_t length);

/// HMAC (RFC 2104) over `hash`.
[[nodiscard]] Result<SecretBytes> hmac(PasswordHash hash, Bytes key, Bytes message);

}  // namespace tls::crypto
