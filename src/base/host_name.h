// How long a host name may be, for all rooms that read one.
#pragma once

#include <cstddef>

namespace tls::limits {

/// Characters of a host name without a trailing dot: 255 octets on the wire of DNS (RFC 1035 §2.3.4), one of them the
/// first label's length and one the root's.
inline constexpr std::size_t kMaxHostName = 253;

}  // namespace tls::limits
