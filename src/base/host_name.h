// The length limit of a host name, for all rooms that read one.
#pragma once

#include <cstddef>

namespace tls::limits {

/// Characters of a host name without a trailing dot. DNS allows 255 octets on the wire (RFC 1035 §2.3.4). One of them
/// is the length of the first label, and one is that of the root.
inline constexpr std::size_t kMaxHostName = 253;

}  // namespace tls::limits
