// The AES-GCM kernels that this CPU can run, and the portable one beside which they are held.
#pragma once

#include <array>
#include <vector>

#include "crypto/kernels/kernels.h"
#include "support/environment.h"

namespace tls::test {

/// Every row of AES-GCM in the table that this CPU (or the one that valgrind plays) can run.
inline std::vector<const crypto::AeadImpl*> aes_gcm_kernels() {
  const crypto::Cpu cpu = crypto::detect_cpu();
  std::vector<const crypto::AeadImpl*> list;
  for (const crypto::AeadImpl* impl : crypto::all_aeads()) {
    if (impl->id != crypto::AeadId::chacha20_poly1305 && cpu.features.contains(impl->required)) list.push_back(impl);
  }
  return list;
}

inline const crypto::AeadImpl& portable_of(crypto::AeadId id) {
  return id == crypto::AeadId::aes_128_gcm ? crypto::kAes128GcmPortable : crypto::kAes256GcmPortable;
}

/// A state of one kernel, without the checks of AeadKey: the tests pass what they like.
class KernelKey {
 public:
  KernelKey(const crypto::AeadImpl& impl, Bytes key)
      : impl_(impl), state_(::operator new(impl.state_size, std::align_val_t{impl.state_align})) {
    impl.init(state_, key.data());
  }
  KernelKey(const KernelKey&) = delete;
  KernelKey& operator=(const KernelKey&) = delete;
  ~KernelKey() {
    impl_.wipe(state_);
    ::operator delete(state_, std::align_val_t{impl_.state_align});
  }
  void seal(Bytes nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) {
    impl_.seal(state_, nonce.data(), aad, in, extra, out);
  }
  [[nodiscard]] bool open(Bytes nonce, Bytes aad, Bytes in, std::uint8_t* out) {
    return impl_.open(state_, nonce.data(), aad, in, out);
  }
  [[nodiscard]] MutableBytes state() const { return {static_cast<std::uint8_t*>(state_), impl_.state_size}; }
  [[nodiscard]] const crypto::AeadImpl& impl() const { return impl_; }

 private:
  const crypto::AeadImpl& impl_;
  void* state_;
};

inline std::vector<std::uint8_t> random_bytes(SeededRandom& random, std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  random.fill(bytes);
  return bytes;
}

}  // namespace tls::test
