// One load of a private key: its password, asked for at most once, and what deriving keys from it may cost.
#pragma once

#include <cstdint>
#include <string>

#include "base/limits.h"
#include "tls/credentials.h"
#include "tls/error.h"
#include "tls/secret_bytes.h"

namespace tls::pki {

/// What deriving keys from passwords may cost in one load. The defaults are the limits; tests and fuzzers have less.
struct DerivationLimits {
  std::uint64_t iterations = limits::kMaxPasswordIterations;
  /// 128 * r * (N + p)
  std::uint64_t scrypt_memory = limits::kMaxScryptMemory + limits::kScryptMargin;
  /// 128 * r * p * (N + limits::kScryptStretchWork)
  std::uint64_t scrypt_work = limits::kMaxScryptWork + limits::kScryptMargin;
};

/// The error's detail, or its sentence where it has none: to be put behind a place.
[[nodiscard]] std::string words_of(const Error& error);

class PasswordAsker {
 public:
  /// `source` may be empty, and must outlive this. `file` is PasswordRequest::file.
  explicit PasswordAsker(const PasswordSource& source, std::string file = {}, const DerivationLimits& limits = {})
      : source_(source), file_(std::move(file)), left_(limits), limits_(limits) {}

  /// The password, for `what`: the source is asked when this is called first. Fails with the source's error, with
  /// bad_key_file where there is no source or the password is too long, with provider_failed where the source throws.
  [[nodiscard]] Result<Bytes> password(const std::string& what);

  /// PKCS#12 tells an empty password from none at all (RFC 7292 B.1). Which one an empty password is, the file's MAC
  /// shows; until then it is an empty one.
  void make_absent() noexcept { absent_ = true; }
  [[nodiscard]] bool absent() const noexcept { return absent_; }

  /// Takes this many iterations of PBKDF2, or of PKCS#12's function, from what is left of the limit. Fails with
  /// bad_key_file, naming the limit, before anything is derived.
  [[nodiscard]] Result<void> spend_iterations(std::uint64_t iterations);
  /// The same for scrypt. Numbers may be as large as they like.
  [[nodiscard]] Result<void> spend_scrypt(std::uint64_t n, std::uint64_t r, std::uint64_t p);

 private:
  const PasswordSource& source_;
  std::string file_;
  DerivationLimits left_;
  const DerivationLimits limits_;
  SecretBytes password_;
  bool asked_ = false, absent_ = false;
};

}  // namespace tls::pki
