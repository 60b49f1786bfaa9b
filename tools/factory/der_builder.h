// DER put together from parts: what the certificate factory writes with. For test material only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "tls/bytes.h"

namespace sallyport::der {

using Der = std::vector<std::uint8_t>;

/// A TLV with this identifier octet around `contents`.
Der element(std::uint8_t tag, tls::Bytes contents);
/// The parts one after the other.
Der concat(std::initializer_list<Der> parts);

inline Der sequence(std::initializer_list<Der> parts) { return element(0x30, concat(parts)); }
inline Der set(std::initializer_list<Der> parts) { return element(0x31, concat(parts)); }
/// [n], constructed around whole elements (EXPLICIT), or primitive (IMPLICIT) around contents octets.
inline Der explicitly(unsigned n, const Der& inner) { return element(static_cast<std::uint8_t>(0xA0 | n), inner); }
inline Der implicitly(unsigned n, tls::Bytes contents) {
  return element(static_cast<std::uint8_t>(0x80 | n), contents);
}

Der boolean(bool value);
Der integer(std::uint32_t value);
/// A positive INTEGER from big-endian octets.
Der integer(tls::Bytes magnitude);
inline Der null() { return element(0x05, {}); }
/// "1.2.840.10045.4.3.2"
Der oid(std::string_view dotted);
inline Der octet_string(tls::Bytes value) { return element(0x04, value); }
/// A BIT STRING of whole octets, or of the octets without `unused` trailing bits.
Der bit_string(tls::Bytes value, std::uint8_t unused = 0);
inline Der utf8(std::string_view text) { return element(0x0C, tls::as_bytes(text)); }
/// GeneralizedTime, or UTCTime until 2049 (RFC 5280 §4.1.2.5). Seconds since 1970.
Der time(std::int64_t seconds);
Der generalized_time(std::int64_t seconds);
inline Der enumerated(std::uint8_t value) { return element(0x0A, {&value, 1}); }

}  // namespace sallyport::der
