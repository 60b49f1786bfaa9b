// ContentType as on the wire (RFC 9846 §5.1).
#pragma once

#include <cstdint>

namespace tls::record {

enum class ContentType : std::uint8_t { change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23 };

/// Returns true for the four values that TLS defines.
[[nodiscard]] constexpr bool is_known(std::uint8_t type) noexcept { return type >= 20 && type <= 23; }

}  // namespace tls::record
