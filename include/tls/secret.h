// Secret<Role, N>: bytes that are wiped, and never copied silently, compared with == or printed.
// test: base: secrets are not copied, compared, printed or turned into each other
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "tls/bytes.h"

namespace tls {

/// Overwrites `bytes` with zeros, in a way that the compiler does not remove.
void wipe(MutableBytes bytes) noexcept;

/// A secret of at most `Max` bytes, stored in the object. Role is a tag: secrets of two roles do not convert into each
/// other.
template <class Role, std::size_t Max = 64>
class Secret {
 public:
  static constexpr std::size_t kMax = Max;

  Secret() = default;
  /// Copies `b`, at most Max bytes; more ends the process, in every build. The caller wipes its own copy.
  explicit Secret(Bytes b) : size_(fitting(b.size())) { std::copy(b.begin(), b.end(), data_.begin()); }
  Secret(Secret&& o) noexcept { take(o); }
  Secret& operator=(Secret&& o) noexcept {
    if (this != &o) {
      clear();
      take(o);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  bool operator==(const Secret&) const = delete;
  ~Secret() { clear(); }

  /// Returns the bytes, for the one computation that needs them. Not callable on a temporary.
  [[nodiscard]] Bytes expose() const& noexcept { return {data_.data(), size_}; }
  Bytes expose() && = delete;
  /// Returns room for `n` bytes, at most Max, for the computation that makes the secret; more ends the process.
  [[nodiscard]] MutableBytes fill(std::size_t n) noexcept {
    if (fitting(n) < size_) wipe({data_.data() + n, size_ - n});
    size_ = n;
    return {data_.data(), n};
  }
  /// Returns a copy. Copies are explicit because they duplicate a secret.
  [[nodiscard]] Secret clone() const { return Secret(expose()); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void clear() noexcept {
    if (size_ != 0) wipe({data_.data(), size_});
    size_ = 0;
  }

 private:
  static std::size_t fitting(std::size_t n) noexcept {
    if (n > Max) std::abort();
    return n;
  }
  /// Precondition: this secret is empty. Copies only the bytes in use, so moving a secret through states and results
  /// costs as much as it is long.
  void take(Secret& o) noexcept {
    std::copy_n(o.data_.begin(), o.size_, data_.begin());
    size_ = o.size_;
    o.clear();
  }

  std::array<std::uint8_t, Max> data_{};  // zeros behind size_
  std::size_t size_ = 0;
};

}  // namespace tls
