#include "wire/alert.h"

namespace tls::wire {

Result<AlertMessage> AlertMessage::parse(Bytes body) {
  if (body.size() != 2) return fail(Code::bad_alert, "it has " + std::to_string(body.size()) + " bytes instead of 2");
  if (body[0] != static_cast<std::uint8_t>(AlertLevel::warning) &&
      body[0] != static_cast<std::uint8_t>(AlertLevel::fatal))
    return fail(Code::illegal_parameter, "the level of an alert is " + std::to_string(body[0]));
  return AlertMessage{static_cast<AlertLevel>(body[0]), static_cast<Alert>(body[1])};
}

void AlertMessage::encode(Writer& w) const {
  w.u8(static_cast<std::uint8_t>(level));
  w.u8(static_cast<std::uint8_t>(description));
}

}  // namespace tls::wire
