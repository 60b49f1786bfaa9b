// State that the servers of one zone share through a Redis server: the guard of early data, sessions, and, if Redis may
// know it, the ticket master, from which their ticket keys are derived.
//
//   auto store = *tls::RedisStore::open(*tls::RedisOptions::parse("redis://127.0.0.1:6379/0"));
//   auto config = tls::ServerConfig::builder()
//                     .session_cache(store->session_cache(keys, local_cache))
//                     .tickets(keys).early_data(16384, store->replay_guard()) ...
//   // in LinkHandler::on_operation(link, id, operation) of a PollLoop:
//   if (!store->answer(operation, link.answer_later(id))) ...  // an operation of another kind
//
// Nothing here blocks a handshake, and nothing that Redis does makes a handshake fail. If Redis is slow, full,
// restarted, failed over, gone, or answers garbage, the servers lose early data and shared sessions for a while.
// docs/resumption.md says what is guaranteed, and which settings Redis needs for that.
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

/// A password as text. Its destructor wipes it. Copying options copies the password.
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
  /// Returns the text, which is valid as long as this object is unchanged.
  [[nodiscard]] std::string_view expose() const& noexcept { return bytes_.text(); }
  std::string_view expose() && = delete;
  void clear() noexcept { bytes_.clear(); }

 private:
  SecretBytes bytes_;
};

/// The address of the Redis server, and how it is used.
struct RedisOptions {
  std::string host = "127.0.0.1";  ///< the server itself, not a proxy that may forward commands to another server
  std::uint16_t port = 6379;
  unsigned database = 0;
  std::string user;                        ///< empty: no user name
  RedisPassword password;                  ///< empty: no password
  std::string prefix = "sallyport:";       ///< prefix of all keys. Servers that share state must have the same prefix
  std::chrono::milliseconds deadline{50};  ///< time limit of one answer, 1 to 1000 ms. A later answer counts as
                                           ///< `unavailable`, or as an unknown session
  std::chrono::milliseconds master_period{10'000};  ///< time between two fetches; at least 1 ms
  /// The largest replay window of all servers that share the guard, 1 ms to 5 min. If a server has a larger window of
  /// its own and claims a first flight for longer than twice this value, the verdict is `unavailable`.
  std::chrono::milliseconds window{10'000};
  std::function<void(std::string_view)> warning = {};  ///< receives one sentence for people, on the store's thread. It
                                                       ///< must not release the last reference to the store
  /// The clock whose monotonic time the store uses for deadlines, pauses, and the time for which it has watched Redis's
  /// memory. Must be thread-safe, and must outlive the store and all operations that the store answers. A clock other
  /// than the system's is read every 10 ms.
  std::reference_wrapper<const Clock> clock{system_clock()};

  /// Parses redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]. Fails with bad_config.
  static Result<RedisOptions> parse(std::string_view url);
};

/// Counters since the store was opened.
struct RedisStats {
  std::uint64_t fresh = 0, seen = 0, unavailable = 0;  ///< verdicts of the guard
  std::uint64_t hits = 0, misses = 0, lost = 0;        ///< session look-ups. lost: there was no usable answer
  std::uint64_t kept = 0,
                dropped = 0;               ///< sessions: sent to be stored; not sent or not acknowledged
  std::uint64_t connections = 0;           ///< connections made, including the first
  std::uint64_t timeouts = 0, errors = 0;  ///< timeouts: answers that came too late. errors: answers of the wrong kind
  std::uint64_t epochs = 0;                ///< distinct memories of the store that were seen
  std::uint64_t masters = 0;               ///< ticket masters fetched, including repeated fetches of the same one
  std::uint64_t removals_waiting = 0;      ///< session removals that the store has not confirmed yet, at present
};

/// A connection to one Redis server. The store's own thread maintains it. Thread-safe.
class RedisStore : public std::enable_shared_from_this<RedisStore> {
 public:
  /// Starts to connect and returns at once. Everything is unavailable until the connection succeeds. Fails with
  /// bad_config if an option is out of range, with transport_failed if the system provides no pipe or no thread, and
  /// with out_of_memory.
  static Result<std::shared_ptr<RedisStore>> open(RedisOptions options);
  ~RedisStore();
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  /// Returns a guard that accepts a token at most once among all servers that share the store. The guard is unavailable
  /// for two windows and two seconds (22 s by default) in two cases: after the store was found with a different memory
  /// or with none, and after this server has started or has lost its connection to the store.
  // test: redis: of many claims at once of one token, at two servers, one is fresh
  [[nodiscard]] std::shared_ptr<ReplayGuard> replay_guard();
  /// Returns a cache of sessions for all servers that share the store and the keys of `sealer`. Redis holds the
  /// sessions sealed, like tickets. `local` (may be null) is a cache in front of Redis, for find() alone. Not for
  /// single_use_tickets(SessionCache), because its take() fails. Use single_use_tickets() below instead.
  [[nodiscard]] std::shared_ptr<SessionCache> session_cache(std::shared_ptr<TicketSealer> sealer,
                                                            std::shared_ptr<SessionCache> local = {});
  /// Returns a sealer whose tickets name a session in Redis. Each session is handed out once, whichever server is
  /// asked.
  // test: redis: a ticket that is used once is opened by whichever server comes first
  [[nodiscard]] std::shared_ptr<TicketSealer> single_use_tickets(std::shared_ptr<TicketSealer> sealer);

  /// Returns the fleet's ticket keys. They are derived from the ticket master: 32 to 1024 bytes that nobody can guess,
  /// which an operator stores in Redis under the key `prefix` + "ticket-master". The store fetches it when it is
  /// connected, and again every `master_period`, so a new master needs no restart. The keys are usable at once. Until
  /// the first master has arrived, they are random keys of this process. While Redis is away, has no master, or has a
  /// master that is rejected, the last keys stay in use. Anyone who can read the master in Redis can open all tickets
  /// of the fleet; see docs/resumption.md. Fails as at_random() does.
  [[nodiscard]] Result<std::shared_ptr<RotatingTicketKeys>> ticket_keys(RotationPolicy policy = {});

  /// Answers the operations that the guard, the sessions and the tickets leave open. Calls `done` exactly once, from
  /// the store's thread or from inside this call, within the deadline. `done` should hand the result to the
  /// connection's thread. If memory runs out, the answer is the same as when Redis is unreachable. If `done` throws,
  /// the exception is dropped. Returns false, and does not call `done`, if the operation does not belong to this store.
  // test: redis: whoever asks is answered once, though the store answers late
  // test: faults: every allocation of a Redis store fails once: those of who asks it
  bool answer(const Operation& operation, std::function<void(OperationResult)> done);
  /// Like answer(), but waits for the result. For StreamOptions::answer of SocketStream. Must not be called from inside
  /// `done`. Returns no value if the operation does not belong to this store.
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
