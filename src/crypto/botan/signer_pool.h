// Botan's signers, kept between signatures: they hold Montgomery tables and blinding factors that are dear to make,
// and one of them serves one thread at a time.
#pragma once

#include <botan/pubkey.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "crypto/botan/compat.h"
#include "tls/error.h"

namespace tls::crypto::botan {

/// Signs with one private key. Safe to use from several threads: each takes a signer of its own.
class SignerPool {
 public:
  SignerPool(std::unique_ptr<const Botan::Private_Key> key, Botan::Signature_Format format)
      : key_(std::move(key)), format_(format) {}
  /// Signs `message` with Botan's `padding`, which draws from `random` what it needs (the salt of PSS). Blinding comes
  /// from the system, so that it cannot be replayed and does not disturb what is.
  [[nodiscard]] Result<std::vector<std::uint8_t>> sign(const std::string& padding, Bytes message,
                                                       Botan::RandomNumberGenerator& random) const;

 private:
  static constexpr std::size_t kMaxIdle = 16;  // signers kept; more threads than that make their own
  struct Idle {
    std::string padding;
    std::unique_ptr<Botan::PK_Signer> signer;
  };
  std::unique_ptr<Botan::PK_Signer> take(const std::string& padding) const;
  void give_back(const std::string& padding, std::unique_ptr<Botan::PK_Signer> signer) const;

  const std::unique_ptr<const Botan::Private_Key> key_;
  const Botan::Signature_Format format_;
  mutable std::mutex mutex_;
  mutable std::vector<Idle> idle_;
};

}  // namespace tls::crypto::botan
