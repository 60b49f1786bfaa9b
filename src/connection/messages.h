// Extracts handshake messages from handshake records. Complete messages stay in place. Messages that are split over
// records go through a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/writer.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls {

/// A complete handshake message.
struct Message {
  Bytes bytes;               ///< with the header. Valid until the next call of a non-const function of Messages
  bool ends_record = false;  ///< the record holds no bytes after this message
};

/// Takes the contents of handshake records and returns messages. A message that lies in one record is returned in
/// place. The buffer exists only while a message is incomplete or later bytes must wait. It is freed when it is empty.
class Messages {
 public:
  /// Adds the content of the next record. `content` must stay unchanged until keep().
  void add(Bytes content) noexcept { fresh_ = content; }
  /// Returns the type of the next message as soon as its first byte has arrived.
  [[nodiscard]] std::optional<std::uint8_t> type() const noexcept;
  /// Returns the next message, or no value while it is incomplete. Fails with message_too_long as soon as the header
  /// announces a body longer than `max_body`. Such a body is never buffered.
  [[nodiscard]] Result<std::optional<Message>> next(std::size_t max_body);
  /// Copies the rest of the record into the buffer, before the record's memory becomes invalid.
  void keep();

  /// Returns true if no byte waits, so each message that began was returned.
  [[nodiscard]] bool empty() const noexcept { return waiting() + fresh_.size() == 0; }
  /// Returns the bytes of memory held.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

 private:
  [[nodiscard]] std::size_t waiting() const noexcept { return buffer_.size() - begin_ - given_; }
  void drop_given() noexcept;
  bool pull(std::size_t n);

  ByteVector buffer_;
  std::size_t begin_ = 0;  // start of the waiting bytes in the buffer
  std::size_t given_ = 0;  // bytes from begin_ on of the message that was returned last
  Bytes fresh_;            // the rest of the record that was added last
};

}  // namespace tls
