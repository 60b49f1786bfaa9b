#include "key_audit.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace tls::keys {
namespace {

constexpr std::size_t kHashBytes = 8;  // of the hash that is shown

/// "2026-12-01T09:00:00.123Z"
std::string time_text(Clock::Milliseconds wall) {
  const std::chrono::sys_time<Clock::Milliseconds> at(wall);
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::array<char, 64> text{};
  const int n =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(std::max(n, 0))};
}

std::string hex(Bytes bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) out += "0123456789abcdef"[b >> 4], out += "0123456789abcdef"[b & 15];
  return out;
}

}  // namespace

std::string audit_line(Clock::Milliseconds wall, const ucred& who, const Sign* request, Bytes content,
                       std::string_view verdict) {
  std::string line = time_text(wall) + " uid=" + std::to_string(who.uid) + " pid=" + std::to_string(who.pid);
  if (request != nullptr) {
    const HandshakeToSign& what = request->what;
    line += " key=" + std::string(request->key) + " role=" + (what.by_server ? "server" : "client") +
            " version=" + (what.version == ProtocolVersion::tls13 ? "1.3" : "1.2") +
            " scheme=" + std::string(name(what.scheme));
    std::vector<std::uint8_t> digest;
    if (!content.empty() && what.transcript_hash.empty())
      digest = digest_to_sign(SignatureScheme::ecdsa_secp256r1_sha256, content);  // SHA-256 of it
    const Bytes hash = what.transcript_hash.empty() ? Bytes(digest) : what.transcript_hash;
    if (!hash.empty()) line += " hash=" + hex(hash.first(std::min(kHashBytes, hash.size())));
  }
  return line += " verdict=" + std::string(verdict);
}

}  // namespace tls::keys
