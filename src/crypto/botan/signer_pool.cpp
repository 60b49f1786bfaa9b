#include "crypto/botan/signer_pool.h"

#include <botan/mem_ops.h>

#include <algorithm>

#include "crypto/botan/guard.h"

namespace tls::crypto::botan {
namespace {

// Botan's pool of locked memory is made when it is first needed, and ends before every static that is older: a key in
// such a static would be freed into nothing. Made when the program starts, it outlives them.
const Botan::Allocator_Initializer kLockedMemory;

}  // namespace

std::unique_ptr<Botan::PK_Signer> SignerPool::take(const std::string& padding) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(idle_, padding, &Idle::padding);
    if (found != idle_.end()) {
      auto signer = std::move(found->signer);
      idle_.erase(found);
      return signer;
    }
  }
  return std::make_unique<Botan::PK_Signer>(*key_, blinding_rng(), padding, format_);
}

void SignerPool::give_back(const std::string& padding, std::unique_ptr<Botan::PK_Signer> signer) const {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back({padding, std::move(signer)});
}

Result<std::vector<std::uint8_t>> SignerPool::sign(const std::string& padding, Bytes message,
                                                   Botan::RandomNumberGenerator& random) const {
  return guarded(Code::signing_failed, padding, [&]() -> Result<std::vector<std::uint8_t>> {
    auto signer = take(padding);  // not given back when it throws: its state is not known then
    auto signature = signer->sign_message(message.data(), message.size(), random);
    give_back(padding, std::move(signer));
    return signature;
  });
}

}  // namespace tls::crypto::botan
