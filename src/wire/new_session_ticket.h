// NewSessionTicket of TLS 1.3 (RFC 9846 §4.7.1).
#pragma once

#include <optional>

#include "wire/extension.h"
#include "wire/types.h"

namespace tls::wire {

struct NewSessionTicket {
  static constexpr HandshakeType kType = HandshakeType::new_session_ticket;

  std::uint32_t ticket_lifetime = 0;  ///< seconds. Not checked here
  std::uint32_t ticket_age_add = 0;
  Opaque ticket_nonce;                      ///< 0 to 255 bytes
  Opaque ticket;                            ///< 1 to 2^16-1 bytes
  std::optional<std::uint32_t> early_data;  ///< max_early_data_size, bytes

  /// Ignores extensions that it does not recognise. Fails with decode_error, bad_extension, duplicate_extension or
  /// extension_not_allowed.
  static Result<NewSessionTicket> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const NewSessionTicket&, const NewSessionTicket&) = default;
};

}  // namespace tls::wire
