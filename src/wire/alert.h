// Alert (RFC 9846 §6): the body of an alert record.
#pragma once

#include "tls/error.h"
#include "wire/views.h"

namespace tls::wire {

enum class AlertLevel : std::uint8_t { warning = 1, fatal = 2 };

struct AlertMessage {
  AlertLevel level = AlertLevel::fatal;  ///< TLS 1.3 ignores the level (RFC 9846 §6)
  Alert description{};                   ///< values outside the enumeration are kept

  /// Parses an alert. Fails with bad_alert unless `body` is two bytes (RFC 9846 §5.1: an alert is neither split nor
  /// joined with others), and with illegal_parameter for an unknown level.
  static Result<AlertMessage> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const AlertMessage&, const AlertMessage&) = default;
};

}  // namespace tls::wire
