// Servers that share ticket keys, a client whose first flights are recorded, and an attacker who sends them again.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "factory/certificates.h"
#include "tls/connection.h"
#include "tls/replay_guard.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

namespace tls::test {

/// Whoever has one sets it, also back. Thread-safe.
class SetClock final : public Clock {
 public:
  Milliseconds wall() const noexcept override { return Milliseconds(1782864000000 + ms_.load()); }  // 2026-07-01
  Milliseconds monotonic() const noexcept override { return Milliseconds(ms_.load()); }
  void advance(Milliseconds by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = 1'000'000;
};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

inline constexpr Clock::Milliseconds kWindow{10'000};
inline constexpr std::string_view kEarly = "GET /once HTTP/1.1\r\n\r\n";

using Flight = std::vector<std::uint8_t>;  ///< ClientHello and early data, as on the wire

/// What a server made of a flight.
enum class Outcome { accepted, refused, failed };

/// One server's view. `answer` is asked what the guard leaves open.
struct Server {
  std::shared_ptr<ServerConfig> config;
  std::function<std::optional<OperationResult>(const Operation&)> answer = {};
  [[nodiscard]] Outcome receive(const Flight& flight) const;
};

class Fleet {
 public:
  Fleet();
  /// A server with this guard, and the keys of all.
  [[nodiscard]] Server server(std::shared_ptr<ReplayGuard> guard, Clock::Milliseconds window = kWindow) const;
  [[nodiscard]] std::shared_ptr<ReplayGuard> guard() const;  ///< another one: also what a restart makes
  void rotate_keys();
  /// A first flight of a client that was at `server` before. The server has not seen the flight. It says that the
  /// ticket is `older` than it is, and so is expected that much later than now.
  [[nodiscard]] Flight record(const Server& server, Clock::Milliseconds older = {});

  SetClock clock, client_clock;

 private:
  void visit(const Server& server);

  CredentialPtr credential_;
  std::shared_ptr<TicketKeys> keys_;
  std::shared_ptr<ClientSessionStore> sessions_ = memory_client_sessions();
  std::unique_ptr<ClientConfig> client_;
};

/// One line of the table: what came of first uses, within the window and with the guard's memory intact, and of
/// replays.
struct Line {
  std::size_t first_uses = 0, first_accepted = 0;
  std::size_t replays = 0, replays_accepted = 0;
  std::size_t failed = 0;

  void first(const Server& server, const Flight& flight);
  void again(const Server& server, const Flight& flight);
  [[nodiscard]] bool good() const;
};

inline constexpr unsigned kThreads = 8;

/// Sends each of `flights` `times` times in all from eight threads at once, to the servers in turn. The first use is
/// among them if `used` is false: then one of all may be accepted.
Line together(const std::vector<Server>& servers, const std::vector<Flight>& flights, std::size_t times, bool used);

/// To two servers that share a Redis server, from eight threads, while it runs, is cut off, hangs, and is killed and
/// comes back with nothing in its memory. No line when there is no redis-server here.
std::optional<Line> over_redis(std::size_t times);

}  // namespace tls::test
