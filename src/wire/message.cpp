#include "wire/message.h"

namespace tls::wire {

std::optional<HandshakeHeader> HandshakeHeader::peek(Bytes bytes) noexcept {
  Reader r(bytes);
  const auto msg_type = static_cast<HandshakeType>(r.u8());
  const std::uint32_t length = r.u24();
  if (!r.ok()) return std::nullopt;
  return HandshakeHeader{msg_type, length};
}

HandshakeType message_type(Bytes message) noexcept { return static_cast<HandshakeType>(message[0]); }
Bytes message_body(Bytes message) noexcept { return message.subspan(kHandshakeHeaderSize); }

}  // namespace tls::wire
