// What servers of one zone share over a Redis server: the guard of early data, sessions, and, if it is trusted
// with it, the master of their ticket keys.
//
//   auto store = *tls::RedisStore::open(*tls::RedisOptions::parse("redis://127.0.0.1:6379/0"));
//   auto config = tls::ServerConfig::builder()
//                     .session_cache(store->session_cache(keys, local_cache))
//                     .tickets(keys).early_data(16384, store->replay_guard()) ...
//   // in LinkHandler::on_operation(link, id, operation) of a PollLoop:
//   if (!store->answer(operation, link.answer_later(id))) ...  // an operation of another kind
//
// Nothing here blocks a handshake, and nothing that Redis does makes one fail: slow, full, restarted, failed over,
// answering garbage or gone, it costs early data and shared sessions for a while. docs/resumption.md says what it
// promises, and what Redis must be told for that.
// test: redis: garbage from the beginning: no stamp, nothing fresh, sessions unknown
// test: redis: nobody there: unavailable at once
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tls/environment.h"
#include "tls/operation.h"
#include "tls/secret_bytes.h"
#include "tls/session.h"
#include "tls/ticket_keys.h"

namespace tls {

/// A password as text: wiped when it goes. Copies are made as options are copied.
class RedisPassword {
 public:
  RedisPassword() = default;
  RedisPassword(std::string_view text) : bytes_(as_bytes(text)) {}
  RedisPassword(const char* text) : RedisPassword(std::string_view(text)) {}
  RedisPassword(const std::string& text) : RedisPassword(std::string_view(text)) {}
  RedisPassword(RedisPassword&&) noexcept = default;
  RedisPassword& operator=(RedisPassword&&) noexcept = default;
  RedisPassword(const RedisPassword& o) : bytes_(o.bytes_.clone()) {}
  RedisPassword& operator=(const RedisPassword& o) { return *this = RedisPassword(o); }
  ~RedisPassword() = default;
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  /// Valid as long as this object is unchanged.
  [[nodiscard]] std::string_view expose() const& noexcept { return bytes_.text(); }
  std::string_view expose() && = delete;
  void clear() noexcept { bytes_.clear(); }

 private:
  SecretBytes bytes_;
};

/// Where the server is, and how it is used.
struct RedisOptions {
  std::string host = "127.0.0.1";  ///< the server itself: not a proxy that may send commands to another one
  std::uint16_t port = 6379;
  unsigned database = 0;
  std::string user;                        ///< empty: none
  RedisPassword password;                  ///< empty: none
  std::string prefix = "sallyport:";       ///< of all keys; servers that share have the same one
  std::chrono::milliseconds deadline{50};  ///< of one answer, 1 to 1000 ms; after it: `unavailable`, or unknown
  std::chrono::milliseconds master_period{10'000};  ///< how often the ticket master is fetched again; at least 1 ms
  /// The largest replay window of all servers that share, 1 ms to 5 min. First flights that are claimed for longer than
  /// two of it, by a server whose own is larger, are `unavailable`.
  std::chrono::milliseconds window{10'000};
  std::function<void(std::string_view)> warning = {};  ///< a sentence for people, from the store's thread;
                                                       ///< it must not let the last reference to the store go
  /// By whose monotonic time the store measures: deadlines, pauses, how long its memory was watched. Thread-safe; it
  /// must outlive the store and all that it answers. One that is not the system's is asked every 10 ms.
  std::reference_wrapper<const Clock> clock{system_clock()};

  /// redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]. Fails with bad_config.
  static Result<RedisOptions> parse(std::string_view url);
};

/// What happened so far.
struct RedisStats {
  std::uint64_t fresh = 0, seen = 0, unavailable = 0;  ///< verdicts of the guard
  std::uint64_t hits = 0, misses = 0, lost = 0;        ///< sessions asked for; lost: no answer could be used
  std::uint64_t kept = 0, dropped = 0;                 ///< sessions sent to be kept; not sent, or not acknowledged
  std::uint64_t connections = 0;                       ///< made, the first included
  std::uint64_t timeouts = 0, errors = 0;              ///< answers that came too late; that were not what was asked
  std::uint64_t epochs = 0;                            ///< memories of the store that were seen
  std::uint64_t masters = 0;                           ///< ticket masters fetched, the same one again included
  std::uint64_t removals_waiting = 0;                  ///< of sessions, now: the store has yet to confirm them
};

/// A connection to one Redis server, kept up by a thread of its own. Thread-safe.
class RedisStore : public std::enable_shared_from_this<RedisStore> {
 public:
  /// Starts to connect and returns at once: until it succeeds, all is unavailable. Fails with bad_config for options
  /// that cannot be, with transport_failed when the system gives no pipe or no thread, and with out_of_memory.
  static Result<std::shared_ptr<RedisStore>> open(RedisOptions options);
  ~RedisStore();
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  /// At most once for all servers that share the store. Unavailable for two windows and two seconds (22 s by default)
  /// after the store was found with another memory than before, or with none, and after this server has started or lost
  /// sight of it.
  // test: redis: of many claims at once of one token, at two servers, one is fresh
  [[nodiscard]] std::shared_ptr<ReplayGuard> replay_guard();
  /// Sessions for all servers that share the store and the sealer's keys: what is kept in Redis is sealed, like a
  /// ticket. `local` (may be null) stands in front of it, for find() alone.
  /// Not for single_use_tickets(SessionCache): its take() fails. Use the function below.
  [[nodiscard]] std::shared_ptr<SessionCache> session_cache(std::shared_ptr<TicketSealer> sealer,
                                                            std::shared_ptr<SessionCache> local = {});
  /// Tickets that name a session in Redis, which is given out once, whichever server is asked.
  // test: redis: a ticket that is used once is opened by whichever server comes first
  [[nodiscard]] std::shared_ptr<TicketSealer> single_use_tickets(std::shared_ptr<TicketSealer> sealer);

  /// The fleet's ticket keys, derived from a master that an operator keeps in Redis: any 32 to 1024 bytes that nobody
  /// can guess, under the key `prefix` + "ticket-master". It is fetched once connected, and again every
  /// `master_period`, so that a new one is taken without a restart. The keys are there at once: until the first master
  /// has come they are random ones of this process; while Redis is away, has no master or one that is refused, the last
  /// one stays. Whoever can read it there can open all tickets of the fleet: see docs/resumption.md. Fails as
  /// at_random() does.
  [[nodiscard]] Result<std::shared_ptr<RotatingTicketKeys>> ticket_keys(RotationPolicy policy = {});

  /// Answers what the guard, the sessions and the tickets left open. `done` is called exactly once, from the store's
  /// thread or from this call, within the deadline: it should hand the result to the connection's thread. Where memory
  /// runs out the answer is the one of a store that is away. What `done` throws is dropped. False, and `done` is not
  /// called: the operation is not one of theirs.
  // test: redis: whoever asks is answered once, though the store answers late
  // test: faults: every allocation of a Redis store fails once: those of who asks it
  bool answer(const Operation& operation, std::function<void(OperationResult)> done);
  /// The same, waiting: for SocketStream's `answer`. Not from inside `done`. Empty: not one of theirs.
  std::optional<OperationResult> wait(const Operation& operation);

  [[nodiscard]] RedisStats stats() const;

 private:
  struct State;
  explicit RedisStore(std::shared_ptr<State> state);
  static Result<std::shared_ptr<RedisStore>> begin(RedisOptions options);
  friend class RedisGuard;
  friend class RedisSessions;
  friend class RedisTickets;
  std::shared_ptr<State> state_;
};

}  // namespace tls
