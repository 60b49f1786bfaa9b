#include "tls/fast_random.h"

#include <sodium.h>
#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tls/secret.h"

namespace tls {
namespace {

constexpr std::size_t kKey = crypto_stream_chacha20_ietf_KEYBYTES;
constexpr std::size_t kPool = 1024;  // bytes of one filling that are given out
constexpr unsigned kFillings = 64;   // before the next key comes from the operating system

/// In memory of its own, which a fork leaves as zeros: those of a pool that was never filled.
struct Pool {
  std::array<std::uint8_t, kKey + kPool> bytes;  // the next key, then what is to be given out, from its end
  std::size_t left;                              // bytes of it
  unsigned fillings;                             // that the present key chain has still

  void fill() noexcept {
    if (fillings == 0) {
      randombytes_buf(bytes.data(), kKey);
      fillings = kFillings;
    }
    std::array<std::uint8_t, kKey> key;
    std::memcpy(key.data(), bytes.data(), kKey);
    // A key makes one filling: the nonce need not differ.
    constexpr std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> kNonce{};
    crypto_stream_chacha20_ietf(bytes.data(), bytes.size(), kNonce.data(), key.data());
    wipe(key);
    left = kPool;
    --fillings;
  }
  /// `out.size() <= kPool`.
  void give(MutableBytes out) noexcept {
    if (left < out.size()) fill();
    std::uint8_t* const from = bytes.data() + kKey + (left - out.size());
    std::memcpy(out.data(), from, out.size());
    wipe({from, out.size()});
    left -= out.size();
  }
};

/// This thread's pool; null where it cannot be protected, and once the thread ends. It has no destructor, so that
/// whoever draws in the last of the thread's destructors still reads it.
constinit thread_local Pool* own = nullptr;

/// Makes the pool when the thread first draws, and takes it away when the thread ends.
class PoolKeeper {
 public:
  PoolKeeper() noexcept {
    if (sodium_init() < 0) std::abort();  // no randomness: nothing that follows could be secure
#ifdef MADV_WIPEONFORK
    void* const memory = mmap(nullptr, sizeof(Pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    if (madvise(memory, sizeof(Pool), MADV_WIPEONFORK) != 0) {
      munmap(memory, sizeof(Pool));
      return;
    }
    sodium_mlock(memory, sizeof(Pool));  // where it may; and not in core dumps
    own = static_cast<Pool*>(memory);
#endif
  }
  ~PoolKeeper() {
    Pool* const pool = std::exchange(own, nullptr);
    if (pool == nullptr) return;
    sodium_munlock(pool, sizeof(Pool));  // wipes, too
    munmap(pool, sizeof(Pool));
  }
  PoolKeeper(const PoolKeeper&) = delete;
  PoolKeeper& operator=(const PoolKeeper&) = delete;
};

class FastRandom final : public Random {
 public:
  void fill(MutableBytes out) noexcept override {
    static thread_local PoolKeeper keeper;
    static_cast<void>(keeper);
    if (out.size() > kPool / 4 || own == nullptr)
      system_random().fill(out);
    else if (!out.empty())
      own->give(out);
  }
};

}  // namespace

Random& fast_random() noexcept {
  static FastRandom random;
  return random;
}

}  // namespace tls
