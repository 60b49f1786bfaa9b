// Handshake (RFC 9846 §4): the four bytes in front of the body of each message.
#pragma once

#include <optional>

#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct HandshakeHeader {
  HandshakeType msg_type{};
  std::uint32_t length = 0;  ///< bytes of the body

  /// Returns no value if there are fewer than kHandshakeHeaderSize bytes.
  static std::optional<HandshakeHeader> peek(Bytes bytes) noexcept;
};

/// Return the type and the body of a complete message. The body is a view.
/// Precondition: `message.size() >= kHandshakeHeaderSize`.
[[nodiscard]] HandshakeType message_type(Bytes message) noexcept;
[[nodiscard]] Bytes message_body(Bytes message) noexcept;

/// Writes a complete message: the header, then at most 2^24-1 bytes that `write_body()` writes.
template <class WriteBody>
void handshake_message(Writer& w, HandshakeType type, WriteBody&& write_body) {
  w.u8(static_cast<std::uint8_t>(type));
  w.prefixed(3, write_body);
}

/// Bytes reserved for a message before it is written. Most messages are shorter. For longer ones, the memory grows.
inline constexpr std::size_t kUsualMessage = 512;

/// Returns a complete message in its own memory.
template <class Message>
[[nodiscard]] ByteVector handshake_message(const Message& message) {
  ByteVector bytes;
  bytes.reserve(kUsualMessage);
  Writer w(bytes);
  handshake_message(w, Message::kType, [&] { message.encode(w); });
  return bytes;
}

}  // namespace tls::wire
