// Byte spans and the output buffer: the two forms in which bytes pass through the API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "tls/language.h"

namespace tls {

/// Bytes that are read and not owned. As an argument, valid during the call unless the function says otherwise.
using Bytes = std::span<const std::uint8_t>;
/// Bytes that may be changed in place and are not owned.
using MutableBytes = std::span<std::uint8_t>;

/// Returns the characters of `text` as bytes, without a copy.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// Returns the bytes as characters, without a copy and without validation.
[[nodiscard]] inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A growing queue of bytes to be written to the transport. The stack appends records at the end; the caller takes them
/// from the front with bytes() and consume(). Memory is not zeroed before it is written, so that encryption is the only
/// pass over it. The caller owns it, one per connection. Not thread-safe.
class Output {
 public:
  Output() = default;
  /// The source of a move is empty and can be used again.
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

  /// Returns the queued bytes. Valid until the next call that is not const.
  [[nodiscard]] Bytes bytes() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  /// Removes the first `n` bytes, or all if there are fewer. Keeps the memory for later records.
  void consume(std::size_t n) noexcept;
  /// Removes all bytes and frees the memory. For owners of idle connections.
  void release() noexcept;

  /// Returns at least `n` writable, uninitialised bytes after the queued ones. Valid until the next call that is not
  /// const.
  [[nodiscard]] MutableBytes prepare(std::size_t n);
  /// Queues the first `n` bytes of those that prepare() returned. A larger `n` ends the process, because the memory
  /// after them belongs to others.
  void commit(std::size_t n) noexcept;
  /// Copies `b` to the end of the queue.
  void append(Bytes b);
  /// Returns the number of bytes of memory held, queued or not.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  struct Free {
    void operator()(std::uint8_t* p) const noexcept;
  };
  std::unique_ptr<std::uint8_t[], Free> data_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace tls
