// RESP, version 2, the protocol between Redis and its clients: commands to bytes, bytes to replies. All that comes is
// bounded, and what is not this protocol is refused: replies of version 3 are, for nobody asks for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tls/bytes.h"
#include "tls/secret_bytes.h"

namespace tls::redis {

inline constexpr std::size_t kMostText = 1 << 20;  // bytes of text in one reply
inline constexpr std::size_t kMostParts = 1024;    // elements of all lists of one reply
inline constexpr std::size_t kLongestLine = 4096;  // bytes of a status, an error, a number or a length
inline constexpr std::size_t kMaxDepth = 3;        // of lists in lists: EXEC's reply, and what a command gives

/// A reply. `none`: there was no answer in time, or no connection.
struct Reply {
  enum class Kind : std::uint8_t { none, nil, status, text, number, list, error } kind = Kind::none;
  std::string text;
  std::int64_t number = 0;
  std::vector<Reply> list;
};
/// What was read may have been a secret.
void wipe_text(Reply& reply) noexcept;
void wipe_text(std::string& text) noexcept;

using Command = std::vector<std::string>;
/// Wipes the words of commands when it goes.
class WipedCommands {
 public:
  explicit WipedCommands(std::vector<Command>& commands) noexcept : commands_(commands) {}
  WipedCommands(const WipedCommands&) = delete;
  WipedCommands& operator=(const WipedCommands&) = delete;
  ~WipedCommands() {
    for (Command& command : commands_)
      for (std::string& word : command) wipe_text(word);
  }

 private:
  std::vector<Command>& commands_;
};

/// The commands, one behind the other, as a server reads them.
[[nodiscard]] SecretBytes encoded(const std::vector<Command>& commands);

/// Puts replies together from the bytes of a connection, however they are cut.
class ReplyReader {
 public:
  enum class Status : std::uint8_t { more, reply, broken };

  ReplyReader() = default;
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;
  ~ReplyReader() { reset(); }

  /// Takes bytes from the front of `in`, up to the end of a reply. more: all were taken. broken: see trouble(); the
  /// connection is of no use any more.
  [[nodiscard]] Status read(Bytes& in);
  /// The reply that was read.
  [[nodiscard]] Reply take() { return std::exchange(whole_, {}); }
  [[nodiscard]] std::string_view trouble() const noexcept { return trouble_; }
  /// Forgets all of it.
  void reset() noexcept;

 private:
  /// A list that is not complete, and how many elements it lacks.
  struct Open {
    Reply list;
    std::size_t left = 0;
  };
  Status broken(std::string_view why);
  Status line();
  Status begin_text(std::int64_t size);
  Status begin_list(std::int64_t size);
  Status done(Reply reply);

  std::string line_;  // as far as it has come, without its first byte
  char mark_ = 0;     // its first byte; 0: it has not come
  Reply text_;        // as far as it has come
  std::size_t text_left_ = 0;
  unsigned end_left_ = 0;  // of the CRLF behind a text
  bool in_text_ = false;
  std::vector<Open> open_;
  std::size_t texts_ = 0, parts_ = 0;  // of this reply, so far
  Reply whole_;
  std::string_view trouble_;
};

}  // namespace tls::redis
