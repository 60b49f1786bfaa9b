// SecretBytes: a secret of any length, such as a key file, a password or a reply that holds one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "tls/bytes.h"
#include "tls/secret.h"

namespace tls {

/// Owned bytes that are wiped when they go, are overwritten, or move to larger memory. They lie on the heap, however
/// few they are: moving them leaves nothing behind. Move-only, without == and without formatting. For secrets of a
/// fixed length there is Secret.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// A copy. The caller wipes its own.
  explicit SecretBytes(Bytes bytes) { append(bytes); }
  SecretBytes(SecretBytes&& o) noexcept
      : data_(std::move(o.data_)), size_(std::exchange(o.size_, 0)), capacity_(std::exchange(o.capacity_, 0)) {}
  SecretBytes& operator=(SecretBytes&& o) noexcept {
    if (this != &o) {
      clear();
      data_ = std::move(o.data_);
      size_ = std::exchange(o.size_, 0);
      capacity_ = std::exchange(o.capacity_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  bool operator==(const SecretBytes&) const = delete;
  ~SecretBytes() { clear(); }

  /// The bytes, for the computation that needs them. Not callable on a temporary. Valid until a call that is not const.
  [[nodiscard]] Bytes expose() const& noexcept { return {data_.get(), size_}; }
  Bytes expose() && = delete;
  /// The same as text.
  [[nodiscard]] std::string_view text() const& noexcept { return as_text(expose()); }
  std::string_view text() && = delete;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// A second one, on purpose.
  [[nodiscard]] SecretBytes clone() const { return SecretBytes(expose()); }

  /// Room for `capacity` bytes in all: until they are used up nothing moves.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    std::unique_ptr<std::uint8_t[]> larger(new std::uint8_t[capacity]());
    std::copy_n(data_.get(), size_, larger.get());
    wipe({data_.get(), size_});
    data_ = std::move(larger);
    capacity_ = capacity;
  }
  /// Behind what is there. `bytes` must not lie in it.
  void append(Bytes bytes) {
    const MutableBytes to = extend(bytes.size());
    std::copy(bytes.begin(), bytes.end(), to.begin());
  }
  /// `n` more bytes, zeros, to be written in place.
  [[nodiscard]] MutableBytes extend(std::size_t n) {
    if (n > capacity_ - size_) reserve(std::max(size_ + n, 2 * capacity_));
    const MutableBytes more{data_.get() + size_, n};
    size_ += n;
    return more;
  }
  /// Keeps the first `n` bytes, if there are more, and wipes the others.
  void shorten(std::size_t n) noexcept {
    if (n >= size_) return;
    wipe({data_.get() + n, size_ - n});
    size_ = n;
  }
  /// Wipes all, and gives the memory back.
  void clear() noexcept {
    wipe({data_.get(), size_});
    data_.reset();
    size_ = capacity_ = 0;
  }

 private:
  std::unique_ptr<std::uint8_t[]> data_;  // zeros behind size_
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace tls
