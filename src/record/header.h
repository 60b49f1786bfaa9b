// The header of a record: type, version and length, five bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/limits.h"
#include "record/content_type.h"
#include "tls/error.h"

namespace tls::record {

/// legacy_record_version of all records that we write, except the initial ClientHello (RFC 9846 §5.1).
inline constexpr std::uint16_t kRecordVersion = 0x0303;
/// legacy_record_version of the initial ClientHello. Old servers reject other values.
inline constexpr std::uint16_t kInitialRecordVersion = 0x0301;

struct Header {
  ContentType type{};
  std::uint16_t version = kRecordVersion;
  std::uint16_t length = 0;  ///< bytes that follow the header
};

using HeaderBytes = std::array<std::uint8_t, limits::kRecordHeader>;

/// Parses a header. `first` is true for the first record of a connection. It lets the error tell a peer that speaks
/// another protocol from a peer that makes mistakes. Fails with not_tls (the detail says which protocol it looks like),
/// wrong_record_version or unexpected_record_type. Accepts any version 3.x (RFC 9846 §5.1). Does not check the length.
[[nodiscard]] Result<Header> parse_header(std::span<const std::uint8_t, limits::kRecordHeader> bytes, bool first);

/// Returns the bytes of the header.
[[nodiscard]] constexpr HeaderBytes encode(const Header& header) noexcept {
  return {static_cast<std::uint8_t>(header.type), static_cast<std::uint8_t>(header.version >> 8),
          static_cast<std::uint8_t>(header.version), static_cast<std::uint8_t>(header.length >> 8),
          static_cast<std::uint8_t>(header.length)};
}

}  // namespace tls::record
