// One connection to a Redis server on a thread of its own: commands go in from any thread, replies come back on that
// thread, each by its deadline or not at all. hiredis stays in redis_connection.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/error.h"

namespace tls::redis {

using Time = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// A reply, out of hiredis's hands. `none`: there was no answer in time, or no connection.
struct Reply {
  enum class Kind : std::uint8_t { none, nil, status, text, number, list, error } kind = Kind::none;
  std::string text;
  std::int64_t number = 0;
  std::vector<Reply> list;
};

using Command = std::vector<std::string>;
/// Called once, on the connection's thread, with the reply to the last command of what was sent.
using Callback = std::function<void(const Reply&)>;

class Connection;
struct ConnectionOptions {
  std::string host;
  std::uint16_t port = 0;
  std::vector<Command> hello;                ///< AUTH, SELECT: what every connection begins with; an error ends it
  Milliseconds tick{200};                    ///< how often on_tick() is called while connected, beginning at once
  std::function<void(Connection&)> on_tick;  ///< on the connection's thread
  /// Likewise: the connection broke, or is ended by us (empty).
  std::function<void(std::string_view why)> on_lost;
  std::function<void(std::string_view why)> on_unreachable;  ///< likewise: no connection could be made
};

struct ConnectionStats {
  std::uint64_t connections = 0, timeouts = 0;
};

/// Thread-safe, but for the destructor, which ends the thread: whoever waits for an answer gets Kind::none before it
/// returns, or, when a callback destroys the connection, soon after. From then on Kind::none is all that callbacks get:
/// only with an answer in hand may one use the connection that it came from.
class Connection {
 public:
  /// Requests that were sent and not answered, those included that wait for nothing any more; more are refused.
  static constexpr std::size_t kMostUnanswered = 1 << 16;
  /// Asked something, the server has answered nothing at all for so long: it is left, and what it was sent forgotten.
  static constexpr Milliseconds kSilence{3000};

  static Result<std::unique_ptr<Connection>> open(ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends the commands one behind the other. No connection, or kMostUnanswered: Kind::none, from this call.
  void send(std::vector<Command> commands, Milliseconds deadline, Callback done);
  [[nodiscard]] bool connected() const noexcept;
  [[nodiscard]] ConnectionStats stats() const noexcept;

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tls::redis
