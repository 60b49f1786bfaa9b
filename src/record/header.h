// The five bytes in front of every record: type, version, length.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/limits.h"
#include "record/content_type.h"
#include "tls/error.h"

namespace tls::record {

/// legacy_record_version of all that we write but the initial ClientHello (RFC 9846 §5.1).
inline constexpr std::uint16_t kRecordVersion = 0x0303;
/// That of the initial ClientHello: old servers refuse others.
inline constexpr std::uint16_t kInitialRecordVersion = 0x0301;

struct Header {
  ContentType type{};
  std::uint16_t version = kRecordVersion;
  std::uint16_t length = 0;  ///< bytes that follow the header
};

using HeaderBytes = std::array<std::uint8_t, limits::kRecordHeader>;

/// Reads a header. `first`: nothing came before it, so that a peer that speaks another protocol can be told from one
/// that makes mistakes. Fails with not_tls (the detail says what it looks like), wrong_record_version or
/// unexpected_record_type. Any version 3.x is taken (RFC 9846 §5.1); the length is not judged here.
[[nodiscard]] Result<Header> parse_header(std::span<const std::uint8_t, limits::kRecordHeader> bytes, bool first);

/// The header's bytes.
[[nodiscard]] constexpr HeaderBytes encode(const Header& header) noexcept {
  return {static_cast<std::uint8_t>(header.type), static_cast<std::uint8_t>(header.version >> 8),
          static_cast<std::uint8_t>(header.version), static_cast<std::uint8_t>(header.length >> 8),
          static_cast<std::uint8_t>(header.length)};
}

}  // namespace tls::record
