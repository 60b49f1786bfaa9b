#include "pki/name_parts.h"

namespace tls::pki {

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t hash = seed ^ 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3u;
  return hash;
}

void NameParts::add(std::string_view part) noexcept {
  if (count == kMost) return;  // the callers' limits are lower: labels in 253 characters, kMaxNameAttributes
  hash[count + 1] = hash_text(part, hash[count]);
  ++count;
}

void NameParts::take_labels(std::string_view normal) noexcept {
  count = 0;
  while (!normal.empty()) {
    const std::size_t dot = normal.rfind('.');
    add(normal.substr(dot + 1));  // npos + 1 is 0
    normal = normal.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
}

void NameParts::take_rdns(std::string_view canonical) noexcept {
  count = 0;
  while (canonical.size() >= 4) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<std::uint8_t>(canonical[i]);
    add(canonical.substr(4, size));
    canonical.remove_prefix(size <= canonical.size() - 4 ? 4 + size : canonical.size());
  }
}

}  // namespace tls::pki
