// Handshake (RFC 9846 §4): the four bytes in front of every message's body.
#pragma once

#include <optional>

#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct HandshakeHeader {
  HandshakeType msg_type{};
  std::uint32_t length = 0;  ///< bytes of body

  /// Nothing when there are fewer than kHandshakeHeaderSize bytes.
  static std::optional<HandshakeHeader> peek(Bytes bytes) noexcept;
};

/// Type and body of a whole message; the body is a view. `message.size() >= kHandshakeHeaderSize`.
[[nodiscard]] HandshakeType message_type(Bytes message) noexcept;
[[nodiscard]] Bytes message_body(Bytes message) noexcept;

/// Writes a whole message: the header, then what `write_body()` writes, of at most 2^24-1 bytes.
template <class WriteBody>
void handshake_message(Writer& w, HandshakeType type, WriteBody&& write_body) {
  w.u8(static_cast<std::uint8_t>(type));
  w.prefixed(3, write_body);
}

/// Bytes that a message is given room for before it is written: most are shorter, and the others grow.
inline constexpr std::size_t kUsualMessage = 512;

/// A whole message in memory of its own.
template <class Message>
[[nodiscard]] ByteVector handshake_message(const Message& message) {
  ByteVector bytes;
  bytes.reserve(kUsualMessage);
  Writer w(bytes);
  handshake_message(w, Message::kType, [&] { message.encode(w); });
  return bytes;
}

}  // namespace tls::wire
