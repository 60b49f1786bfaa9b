// SecretBytes: a secret of any length, such as a key file, a password or a reply that contains one.
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

/// Owned bytes that are wiped before they are freed, overwritten, or moved to larger memory. They are on the heap even
/// if they are few, so a move copies no bytes. Move-only, without == and without formatting. For secrets of a fixed
/// length use Secret.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// Copies `bytes`. The caller wipes its own copy.
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

  /// Returns the bytes, for the computation that needs them. Not callable on a temporary. Valid until a call that is
  /// not const.
  [[nodiscard]] Bytes expose() const& noexcept { return {data_.get(), size_}; }
  Bytes expose() && = delete;
  /// Returns the bytes as text, under the rules of expose().
  [[nodiscard]] std::string_view text() const& noexcept { return as_text(expose()); }
  std::string_view text() && = delete;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Returns a copy. Copies are explicit because they duplicate a secret.
  [[nodiscard]] SecretBytes clone() const { return SecretBytes(expose()); }

  /// Makes room for `capacity` bytes in total. Appending up to that many moves no bytes.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    std::unique_ptr<std::uint8_t[]> larger(new std::uint8_t[capacity]());
    std::copy_n(data_.get(), size_, larger.get());
    wipe({data_.get(), size_});
    data_ = std::move(larger);
    capacity_ = capacity;
  }
  /// Appends a copy of `bytes`, which must not lie in this object.
  void append(Bytes bytes) {
    const MutableBytes to = extend(bytes.size());
    std::copy(bytes.begin(), bytes.end(), to.begin());
  }
  /// Appends `n` zero bytes and returns them, to be written in place.
  [[nodiscard]] MutableBytes extend(std::size_t n) {
    if (n > capacity_ - size_) reserve(std::max(size_ + n, 2 * capacity_));
    const MutableBytes more{data_.get() + size_, n};
    size_ += n;
    return more;
  }
  /// Keeps the first `n` bytes and wipes the rest. If there are no more than `n`, does not change anything.
  void shorten(std::size_t n) noexcept {
    if (n >= size_) return;
    wipe({data_.get() + n, size_ - n});
    size_ = n;
  }
  /// Wipes all bytes and frees the memory.
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
