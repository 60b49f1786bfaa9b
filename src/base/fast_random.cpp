#include "tls/fast_random.h"

#include <array>
#include <cstring>
#include <optional>

#include "base/chacha20.h"
#include "base/locked_memory.h"
#include "tls/secret.h"

namespace tls {
namespace {

constexpr std::size_t kKey = kChaCha20Key;
constexpr std::size_t kPool = 4 * kChaCha20Batch - kKey;  // bytes of one filling that are given out
constexpr unsigned kFillings = 66;                        // 64 KiB, before the next key comes from the operating system

/// In memory of its own, which a fork leaves as zeros: those of a pool that was never filled.
struct Pool {
  std::array<std::uint8_t, kKey + kPool> bytes;  // the next key, then what is to be given out, from its end
  std::size_t left;                              // bytes of it
  unsigned fillings;                             // that the present key chain has still

  void fill() noexcept {
    if (fillings == 0) {
      system_random().fill(MutableBytes(bytes).first(kKey));
      fillings = kFillings;
    }
    std::array<std::uint8_t, kKey> key;
    std::memcpy(key.data(), bytes.data(), kKey);
    chacha20_keystream(key, bytes);  // a key makes one filling: the nonce need not differ
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
  PoolKeeper() noexcept : memory_(LockedMemory::make(sizeof(Pool), LockedMemory::Fork::wipes)) {
    if (memory_) own = reinterpret_cast<Pool*>(memory_->bytes().data());
  }
  ~PoolKeeper() { own = nullptr; }
  PoolKeeper(const PoolKeeper&) = delete;
  PoolKeeper& operator=(const PoolKeeper&) = delete;

 private:
  std::optional<LockedMemory> memory_;
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
