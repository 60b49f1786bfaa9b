// Looks for a secret in all memory that this process can write: heap, anonymous mappings, stacks, statics. What looks
// keeps no copy of it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tls/bytes.h"
#include "tls/secret.h"

// Sanitizers keep freed memory, and shadows of terabytes.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SALLYPORT_SCANS_MEMORY 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef SALLYPORT_SCANS_MEMORY
#endif
#endif

namespace tls::test {

/// Bytes to look for, each of them changed, so that they do not find themselves.
class Needle {
 public:
  static constexpr std::uint8_t kMask = 0xA5;
  Needle() = default;
  /// `changed`: the bytes, each xor kMask.
  explicit Needle(std::vector<std::uint8_t> changed) : changed_(std::move(changed)) {}
  /// A copy of `secret`, which stays the caller's to wipe.
  static Needle of(Bytes secret) {
    Needle n;
    for (const std::uint8_t b : secret) n.changed_.push_back(b ^ kMask);
    return n;
  }
  [[nodiscard]] const std::vector<std::uint8_t>& changed() const noexcept { return changed_; }
  [[nodiscard]] std::size_t size() const noexcept { return changed_.size(); }
  [[nodiscard]] bool at(const std::uint8_t* p) const noexcept {
    for (std::size_t i = 0; i < changed_.size(); ++i)
      if ((p[i] ^ kMask) != changed_[i]) return false;
    return true;
  }

 private:
  std::vector<std::uint8_t> changed_;
};

/// How often a needle of 8 bytes or more is found. Copies that lie side by side count each.
inline std::size_t occurrences(const Needle& needle) {
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  static std::uint8_t piece[kPiece];  // what it holds is not looked at
  static char maps[1 << 20];
  if (needle.size() < 8 || needle.size() > kPiece / 2) std::abort();
  const int list = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC),
            memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (list < 0 || memory < 0) std::abort();
  std::size_t length = 0;
  for (ssize_t n = 1; n > 0 && length < sizeof maps - 1; length += static_cast<std::size_t>(std::max<ssize_t>(n, 0)))
    n = ::read(list, maps + length, sizeof maps - 1 - length);
  ::close(list);
  maps[length] = '\0';
  const auto own = reinterpret_cast<std::uintptr_t>(piece);
  std::size_t found = 0;
  for (char* line = maps; *line != '\0';) {
    char* end = nullptr;
    const std::uintptr_t from = std::strtoull(line, &end, 16), to = std::strtoull(end + 1, &end, 16);
    const bool writable = end[1] == 'r' && end[2] == 'w';
    char* const next = std::strchr(line, '\n');
    line = next == nullptr ? maps + length : next + 1;
    if (!writable) continue;
    for (std::uintptr_t at = from; at < to;) {
      std::size_t size = std::min<std::size_t>(kPiece, to - at);
      if (at < own + kPiece && own < at + size) {  // the piece itself
        if (at >= own) {
          at = own + kPiece;
          continue;
        }
        size = own - at;
      }
      const ssize_t n = ::pread(memory, piece, size, static_cast<off_t>(at));
      if (n <= 0) break;
      const auto got = static_cast<std::size_t>(n);
      for (std::size_t i = 0; i + needle.size() <= got; ++i)
        if (needle.at(piece + i)) ++found;
      if (got < needle.size() || at + got >= to) {
        at += got;
      } else {
        at += got - needle.size() + 1;
      }
    }
  }
  ::close(memory);
  wipe({piece, sizeof piece});
  return found;
}

}  // namespace tls::test
