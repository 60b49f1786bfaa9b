#include "crypto/password.h"

#include <botan/hash.h>
#include <botan/mac.h>
#include <botan/pwdhash.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/botan/guard.h"

namespace tls::crypto {
namespace {

/// RFC 7292 B.2: the block of the hash's compression function, bytes.
constexpr std::size_t block_of(PasswordHash hash) noexcept {
  return hash == PasswordHash::sha384 || hash == PasswordHash::sha512 ? 128 : 64;
}

constexpr std::size_t whole_blocks(std::size_t size, std::size_t block) noexcept {
  return (size + block - 1) / block * block;
}

/// `bytes` over and over until `out` is full. No bytes for no room alone.
void repeat(Bytes bytes, MutableBytes out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = bytes[i % bytes.size()];
}

/// number = number + other + 1, big-endian, modulo its size. Both have the same one.
void add_with_one(MutableBytes number, Bytes other) noexcept {
  std::uint32_t carry = 1;
  for (std::size_t i = number.size(); i-- > 0;) {
    carry += std::uint32_t{number[i]} + other[i];
    number[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

}  // namespace

std::string_view name(PasswordHash hash) noexcept {
  switch (hash) {
    case PasswordHash::sha1:
      return "SHA-1";
    case PasswordHash::sha224:
      return "SHA-224";
    case PasswordHash::sha256:
      return "SHA-256";
    case PasswordHash::sha384:
      return "SHA-384";
    case PasswordHash::sha512:
      break;
  }
  return "SHA-512";
}

Result<SecretBytes> pbkdf2(PasswordHash hash, Bytes password, Bytes salt, std::uint64_t iterations,
                           std::size_t length) {
  return botan::guarded(Code::internal_error, "PBKDF2", [&]() -> Result<SecretBytes> {
    const auto family = Botan::PasswordHashFamily::create_or_throw("PBKDF2(" + std::string(name(hash)) + ")");
    const auto derivation = family->from_params(iterations);
    SecretBytes key;
    const MutableBytes out = key.extend(length);
    derivation->derive_key(out.data(), out.size(), reinterpret_cast<const char*>(password.data()), password.size(),
                           salt.data(), salt.size());
    return key;
  });
}

// RFC 7292 B.2, whose names these are: u and v the sizes of the digest and of a block, D the diversifier, I salt and
// password, A a digest of r iterations, B as much of it as a block has.
Result<SecretBytes> pkcs12_derive(PasswordHash hash, Pkcs12Purpose purpose, Bytes password, Bytes salt,
                                  std::uint64_t iterations, std::size_t length) {
  return botan::guarded(Code::internal_error, "PKCS#12's key derivation", [&]() -> Result<SecretBytes> {
    const auto function = Botan::HashFunction::create_or_throw(std::string(name(hash)));
    const std::size_t u = function->output_length(), v = block_of(hash);
    const std::vector<std::uint8_t> diversifier(v, static_cast<std::uint8_t>(purpose));
    SecretBytes digest, block, salt_and_password, out;
    const std::size_t salt_size = whole_blocks(salt.size(), v), password_size = whole_blocks(password.size(), v);
    const MutableBytes all = salt_and_password.extend(salt_size + password_size);
    repeat(salt, all.first(salt_size));
    repeat(password, all.subspan(salt_size));
    const MutableBytes a = digest.extend(u), b = block.extend(v);
    out.reserve(length);
    while (true) {
      function->update(diversifier.data(), diversifier.size());
      function->update(all.data(), all.size());
      function->final(a.data());
      for (std::uint64_t i = 1; i < iterations; ++i) {
        function->update(a.data(), u);
        function->final(a.data());
      }
      out.append(Bytes(a).first(std::min(u, length - out.size())));
      if (out.size() == length) return out;
      for (std::size_t i = 0; i < v; ++i) b[i] = a[i % u];
      for (std::size_t at = 0; at < all.size(); at += v) add_with_one(all.subspan(at, v), b);
    }
  });
}

Result<SecretBytes> hmac(PasswordHash hash, Bytes key, Bytes message) {
  return botan::guarded(Code::internal_error, "HMAC", [&]() -> Result<SecretBytes> {
    const auto mac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(" + std::string(name(hash)) + ")");
    mac->set_key(key.data(), key.size());
    mac->update(message.data(), message.size());
    SecretBytes tag;
    mac->final(tag.extend(mac->output_length()).data());
    return tag;
  });
}

}  // namespace tls::crypto
