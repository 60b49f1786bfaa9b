// KeyUpdate (RFC 9846 §4.7.3).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct KeyUpdate {
  static constexpr HandshakeType kType = HandshakeType::key_update;

  KeyUpdateRequest request_update = KeyUpdateRequest::update_not_requested;

  /// Fails with decode_error if the length is wrong, and with illegal_parameter if the value is not one of the two.
  static Result<KeyUpdate> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const KeyUpdate&, const KeyUpdate&) = default;
};

}  // namespace tls::wire
