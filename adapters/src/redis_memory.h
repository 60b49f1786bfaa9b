// What a Redis server remembers, and since when: the judgement on which the shared replay guard rests.
//
// A sentinel key names the memory: a random epoch, when it began by the store's clock, and the process and the term as
// master (run_id, master_replid) under which it began. It vanishes with the memory (FLUSHALL, a restart without
// persistence), and no longer fits when the process was restarted (what it loaded from disk may lack the last tokens)
// or when another server became master (replication is asynchronous). Then a new epoch begins, and with it a quarantine
// of two windows and two seconds, in which nobody accepts early data: claims that were under way under the old epoch
// are out of date then.
//
// Nor does a server trust what it has not watched: a clock that was set forward and back, or a virtual machine that was
// set back to an earlier state, forgets tokens and looks the same. So it looks at the store at least every kStale, and
// when it could not, or has only just begun, it goes through the same quarantine by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "redis_connection.h"

namespace tls::redis {

inline constexpr Milliseconds kStep{1000};         // by which the store's clock may differ from what is expected
inline constexpr Milliseconds kStale{1000};        // for which a look at the store is good
inline constexpr Milliseconds kMargin{60'000};     // for which a token is kept beyond its expiry, should the clock step
inline constexpr Milliseconds kMaxClaim{600'000};  // two windows at most
// How clocks drift apart while nobody looks: by one part in kDrift (NTP slews either by half of that), and by no more
// than half of kMargin: so a token outlives whatever is taken for drift.
inline constexpr std::int64_t kDrift = 1000;
inline constexpr Milliseconds kMostDrift = kMargin / 2;

/// For how long nothing is accepted under a new epoch, or a new watch. A look may be kStale old, on our side and on
/// that of whoever began the epoch.
[[nodiscard]] constexpr Milliseconds quarantine(Milliseconds window) { return 2 * window + 2 * kStale; }

/// Whether a claim that expires in `left` is judged: not afterwards, and not if it would outlive the quarantine. Two
/// windows are as far ahead as an expiry can lie, and kStep as a stamp may be ahead of the store's clock.
[[nodiscard]] constexpr bool claimable(Milliseconds left, Milliseconds window) {
  return left >= Milliseconds(0) && left <= 2 * window + kStep;
}

struct Sentinel {
  std::uint64_t epoch = 0;
  std::int64_t began = 0;  ///< ms, the store's clock
  std::string run_id, master_replid;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<Sentinel> parse(std::string_view text);
};

/// The lines of INFO that matter.
struct Facts {
  bool master = false, never_evicts = false;
  std::string run_id, master_replid;
};
[[nodiscard]] Facts facts_of(std::string_view info);

/// TIME's reply in ms; nothing if it is not one.
[[nodiscard]] std::optional<std::int64_t> time_of(const Reply& reply);

/// The commands of one look, as a transaction: INFO, GET sentinel, TIME.
[[nodiscard]] std::vector<Command> look(const std::string& sentinel_key);
/// The commands of one claim, as a transaction: INFO replication, GET sentinel, TIME, SET key 1 NX PX ttl. What the
/// store is, what it remembers and what its clock says are asked in the same instant in which the token is set.
[[nodiscard]] std::vector<Command> claim(const std::string& sentinel_key, const std::string& key, Milliseconds ttl);

/// A memory that is known: what stamps and claims are made with.
struct Memory {
  Sentinel sentinel;
  std::int64_t offset = 0;   ///< ms from our monotonic clock to the store's
  Time seen{};               ///< by us, the last time
  Time watched{};            ///< by us, without a gap since then; in the future where the store's clock was behind
  bool settled = false;      ///< the quarantine is over, of the epoch and of our watch
  bool interrupted = false;  ///< it might have forgotten since it was seen

  /// The connection broke, or the store is not what it was: the watch begins anew.
  void interrupt() { settled = false, interrupted = true; }
  [[nodiscard]] std::int64_t store_time(Time at) const;
  [[nodiscard]] bool usable(Time at) const { return settled && at <= seen + kStale; }
};

/// What a look says.
struct Judgement {
  enum class Kind : std::uint8_t {
    known,    ///< `memory` is it
    renew,    ///< `sentinel` must be set: memory was lost, is another one, or its clock stepped
    useless,  ///< `why`: it cannot serve as a guard
  } kind = Kind::useless;
  Memory memory;
  Sentinel sentinel;
  bool absent = false;  ///< renew: there is none, and it is set only if that is still so
  std::string why;
};
/// Judges the reply to look(). `before`: the memory as known until now, if any; `fresh_epoch`: random, for a new one.
[[nodiscard]] Judgement judge(const Reply& reply, Time asked, Time answered, const std::optional<Memory>& before,
                              Milliseconds window, std::uint64_t fresh_epoch);

enum class Verdict : std::uint8_t { fresh, seen, unavailable };
/// Judges the reply to claim(), for which `memory` was the basis and `expiry` the end, on the store's clock.
[[nodiscard]] Verdict verdict(const Reply& reply, const Memory& memory, std::int64_t expiry, Time at);

}  // namespace tls::redis
