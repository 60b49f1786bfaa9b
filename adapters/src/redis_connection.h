// One connection to a Redis server on a thread of its own: commands go in from any thread, replies come back on that
// thread, each by its deadline or not at all. Whatever the server sends costs a bounded time and memory, and at worst
// the connection, which is then made anew, ever more slowly.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redis_protocol.h"
#include "tls/environment.h"
#include "tls/error.h"

namespace tls::redis {

using Time = std::chrono::steady_clock::time_point;  // of a clock that is injected: see now_by()
using Milliseconds = std::chrono::milliseconds;

/// To the millisecond, as the store tells its own time.
[[nodiscard]] inline Time now_by(const Clock& clock) noexcept { return Time(clock.monotonic()); }

/// Called once at most, on the connection's thread, with the reply to the last command of what was sent: where memory
/// runs out it is destroyed uncalled, and what it throws is dropped.
using Callback = std::function<void(const Reply&)>;

class Connection;
struct ConnectionOptions {
  std::string host;
  std::uint16_t port = 0;
  /// AUTH, SELECT: what every connection begins with, encoded, and how many commands that is. Nothing else is sent
  /// until all of it is answered; an error ends it.
  SecretBytes hello;
  std::size_t hello_commands = 0;
  Milliseconds tick{200};                    ///< how often on_tick() is called while connected, beginning at once
  std::function<void(Connection&)> on_tick;  ///< on the connection's thread
  /// Likewise: the connection broke, or is ended by us (empty).
  std::function<void(std::string_view why)> on_lost;
  /// Likewise: no connection could be made, or the server refuses us.
  std::function<void(std::string_view why)> on_unreachable;
  std::reference_wrapper<const Clock> clock{system_clock()};  ///< thread-safe; outlives the connection's thread
};

struct ConnectionStats {
  std::uint64_t connections = 0;  ///< that were made, and accepted what each begins with
  std::uint64_t timeouts = 0;
  std::uint64_t unanswered = 0;  ///< requests, now: see kMostUnanswered
};

/// Thread-safe, but for the destructor, which ends the thread: whoever waits for an answer gets Kind::none before it
/// returns, or, when a callback destroys the connection, soon after. From then on Kind::none is all that callbacks get:
/// only with an answer in hand may one use the connection that it came from.
class Connection {
 public:
  /// Requests that were sent and not answered, those included that wait for nothing any more; more are refused.
  static constexpr std::size_t kMostUnanswered = 1 << 16;
  /// Bytes that wait to be sent; what would be more is refused.
  static constexpr std::size_t kMostUnsent = 16 << 20;
  /// Asked something, the server has finished no answer for so long: it is left, and what it was sent forgotten.
  static constexpr Milliseconds kSilence{3000};

  static Result<std::unique_ptr<Connection>> open(ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends the commands one behind the other. No connection, or too much that waits: Kind::none, from this call. What
  /// it throws (std::bad_alloc, and what `done` throws from this call) has changed nothing.
  void send(std::vector<Command> commands, Milliseconds deadline, Callback done);
  [[nodiscard]] bool connected() const noexcept;
  [[nodiscard]] ConnectionStats stats() const noexcept;

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tls::redis
