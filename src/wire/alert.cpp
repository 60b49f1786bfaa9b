#include "wire/alert.h"

namespace tls::wire {

Result<AlertMessage> AlertMessage::parse(Bytes body) {
  if (body.size() != 2) return fail(Code::bad_alert, "it has " + std::to_string(body.size()) + " bytes instead of 2");
  return AlertMessage{static_cast<AlertLevel>(body[0]), static_cast<Alert>(body[1])};
}

void AlertMessage::encode(Writer& w) const {
  w.u8(static_cast<std::uint8_t>(level));
  w.u8(static_cast<std::uint8_t>(description));
}

}  // namespace tls::wire
