#include "wire/key_update.h"

namespace tls::wire {

Result<KeyUpdate> KeyUpdate::parse(Bytes body) {
  if (body.size() != 1) return fail(Code::decode_error, "the body of KeyUpdate should be one byte");
  // RFC 9846 §4.7.3: any other value MUST be illegal_parameter.
  if (body[0] > 1) return fail(Code::illegal_parameter, "request_update of KeyUpdate is " + std::to_string(body[0]));
  return KeyUpdate{static_cast<KeyUpdateRequest>(body[0])};
}

void KeyUpdate::encode(Writer& w) const { w.u8(static_cast<std::uint8_t>(request_update)); }

}  // namespace tls::wire
