// Byte spans and the output buffer: the two shapes in which bytes pass through the API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "tls/language.h"

namespace tls {

/// Bytes that are read and not owned. Valid as long as the call that takes them, unless said otherwise.
using Bytes = std::span<const std::uint8_t>;
/// Bytes that may be changed in place and are not owned.
using MutableBytes = std::span<std::uint8_t>;

/// The characters of `text` as bytes; no copy.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// The bytes as characters; no copy, no validation.
[[nodiscard]] inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A growing queue of bytes to be written to the transport. The stack appends records at the end; the caller takes
/// them from the front with `bytes()` and `consume()`. Memory is not zeroed before it is written, so that
/// encryption is the only pass over it. Owned by the caller; one per connection; not thread-safe.
class Output {
 public:
  Output() = default;
  /// What was moved from is empty, and can be used again.
  Output(Output&& o) noexcept
      : data_(std::move(o.data_)),
        begin_(std::exchange(o.begin_, 0)),
        end_(std::exchange(o.end_, 0)),
        capacity_(std::exchange(o.capacity_, 0)) {}
  Output& operator=(Output&& o) noexcept {
    data_ = std::move(o.data_);
    begin_ = std::exchange(o.begin_, 0);
    end_ = std::exchange(o.end_, 0);
    capacity_ = std::exchange(o.capacity_, 0);
    return *this;
  }

  /// What waits to be sent. Valid until the next call that is not const.
  [[nodiscard]] Bytes bytes() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  /// Forgets the first `n` bytes, all of them if there are fewer; the memory is kept for the next records.
  void consume(std::size_t n) noexcept;
  /// Forgets all and frees the memory: what an idle connection's owner calls.
  void release() noexcept;

  /// At least `n` writable, uninitialised bytes behind what is queued. Valid until the next call that is not const.
  [[nodiscard]] MutableBytes prepare(std::size_t n);
  /// Queues the first `n` of the bytes that prepare() gave. More than it gave ends the process: what follows them is
  /// somebody else's memory.
  void commit(std::size_t n) noexcept;
  /// Copies `b` behind what is queued.
  void append(Bytes b);
  /// Bytes of memory held, queued or not.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  struct Free {
    void operator()(std::uint8_t* p) const noexcept;
  };
  std::unique_ptr<std::uint8_t[], Free> data_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace tls
