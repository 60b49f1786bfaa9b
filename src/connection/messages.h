// Handshake messages out of handshake records: whole ones in place, split ones through a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/writer.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls {

/// A whole handshake message.
struct Message {
  Bytes bytes;               ///< header included; valid until the next call of Messages that is not const
  bool ends_record = false;  ///< nothing follows it in its record
};

/// Takes the contents of handshake records and gives messages. A message that lies in one record is given in place. The
/// buffer exists only while a message is incomplete or what follows it must wait, and is freed when it is empty.
class Messages {
 public:
  /// The content of the next record. It must stay as it is until keep().
  void add(Bytes content) noexcept { fresh_ = content; }
  /// The type of the next message, as soon as its first byte is here.
  [[nodiscard]] std::optional<std::uint8_t> type() const noexcept;
  /// The next message, or nothing while it is incomplete. Fails with message_too_long by the header alone when the body
  /// is longer than `max_body`: such a body is never buffered.
  [[nodiscard]] Result<std::optional<Message>> next(std::size_t max_body);
  /// Copies what is left of the record into the buffer: the record is about to be forgotten.
  void keep();

  /// True when no byte waits: all messages that began were given.
  [[nodiscard]] bool empty() const noexcept { return waiting() + fresh_.size() == 0; }
  /// Bytes of memory held.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

 private:
  [[nodiscard]] std::size_t waiting() const noexcept { return buffer_.size() - begin_ - given_; }
  void drop_given() noexcept;
  bool pull(std::size_t n);

  ByteVector buffer_;
  std::size_t begin_ = 0;  // of what waits in the buffer
  std::size_t given_ = 0;  // bytes behind begin_ of the message that was given last
  Bytes fresh_;            // what is left of the record that was added last
};

}  // namespace tls
