// The format of a file of sessions:
//
//   sallyport sessions 1
//   <server name> <port> <configuration, 32 hex digits> <expires, ms since 1970> <base64 of ClientSession::serialize()>
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tls/secret.h"
#include "tls/secret_bytes.h"
#include "tls/session.h"

namespace tls::session_file {

inline constexpr std::string_view kHeader = "sallyport sessions 1\n";
inline constexpr std::size_t kMaxFile = 4 << 20;       // bytes; a larger file is not read, and none is written
inline constexpr std::size_t kMaxSession = 256 << 10;  // bytes of base64 in one line; a larger session is not kept

/// Text that holds secrets: wiped when it goes. Made once with all the room that it needs.
class SecretText {
 public:
  explicit SecretText(std::size_t room) { text_.reserve(room); }
  SecretText(SecretText&&) = delete;
  ~SecretText();
  void reserve(std::size_t room) { text_.reserve(room); }  ///< while it is empty
  std::string& text() noexcept { return text_; }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

/// Bytes that hold secrets, as ClientSession::serialize() gives them: wiped when they go.
class SecretVector {
 public:
  explicit SecretVector(std::vector<std::uint8_t> bytes) noexcept : bytes_(std::move(bytes)) {}
  SecretVector(SecretVector&&) = delete;
  ~SecretVector() { wipe(bytes_); }
  [[nodiscard]] const std::vector<std::uint8_t>& get() const noexcept { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// One line. The session stays text until it is needed; `session` lives as long as the text that was parsed.
struct Line {
  SessionKey key;
  Clock::Milliseconds expires{};
  std::string_view session;  ///< base64
};

/// Nothing: some line is not what write() makes. `text` begins with kHeader, or is empty.
[[nodiscard]] std::optional<std::vector<Line>> parse(std::string_view text);
/// The text of a file with these lines. Its size is at most size_of(lines).
void write(const std::vector<Line>& lines, std::string& to);
[[nodiscard]] std::size_t size_of(const std::vector<Line>& lines);

/// True when a line can hold the name: printable ASCII without spaces.
[[nodiscard]] bool can_hold(const SessionKey& key);
/// Appends base64 of `bytes` to `to`.
void encode(Bytes bytes, std::string& to);
/// The session of a line; nothing if it does not parse.
[[nodiscard]] std::optional<ClientSession> decode(std::string_view base64);

}  // namespace tls::session_file
