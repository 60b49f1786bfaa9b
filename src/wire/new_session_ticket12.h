// NewSessionTicket of TLS 1.2 (RFC 5077 §3.3).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct NewSessionTicket12 {
  static constexpr HandshakeType kType = HandshakeType::new_session_ticket;

  std::uint32_t ticket_lifetime_hint = 0;  ///< seconds. 0: unspecified
  Opaque ticket;                           ///< empty: the server sends no ticket after all

  /// Fails with decode_error.
  static Result<NewSessionTicket12> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const NewSessionTicket12&, const NewSessionTicket12&) = default;
};

}  // namespace tls::wire
