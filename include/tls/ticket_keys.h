// Ticket keys: sessions that clients keep for the server, sealed. Two key rings, one turned by hand and
// one by the clock, and tickets that only name a session kept on the server.
//
// What a thief of a key or of a master learns, and for how long, stands in docs/resumption.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "tls/environment.h"
#include "tls/error.h"
#include "tls/session.h"

namespace tls {

namespace session {
struct KeyRing;
struct Rotation;
}  // namespace session

/// A ring of ticket keys that the application turns. Tickets are sealed under the current key; the next key and the
/// previous ones open them too. Keys are any 32 to 1024 bytes that nobody can guess; anything shorter, and bytes that
/// are all the same, are refused (bad_config). They are kept in locked memory and wiped when they leave the ring.
///
/// All functions are thread-safe. seal() and open() take no lock, go on while the ring is turned, and allocate the
/// ticket itself and what it holds of notes. A ticket of a session without notes has kTicketSize bytes; one with notes
/// as many multiples of kTicketStep more as they take.
class TicketKeys final : public TicketSealer {
 public:
  static constexpr std::size_t kTicketSize = 249;  ///< bytes
  static constexpr std::size_t kTicketStep = 512;  ///< bytes

  /// A ring with one key, the current one.
  static Result<std::shared_ptr<TicketKeys>> make(Bytes key);
  ~TicketKeys() override;

  /// `key` becomes the next one: it opens tickets and seals none. For fleets without a common clock: first every server
  /// is given the key as its next one, then every server rotates to it, in any order and at leisure. Replaces the next
  /// key that was there. Fails with bad_config if the key is refused or in the ring already.
  Result<void> prepare(Bytes key);
  /// `key` becomes the current one, the current one the first of the previous ones, of which the `keep` newest stay, at
  /// most 256 of all keys together. The next key goes, unless `key` is it. Fails with bad_config and changes nothing if
  /// the key is refused or is current or previous already.
  // test: session: a key cannot come back while it is in the ring
  Result<void> rotate(Bytes key, std::size_t keep);
  /// rotate() with as many keys as before: `key` becomes the current one and the oldest one goes.
  Result<void> replace_oldest(Bytes key);
  /// How many keys open tickets now.
  [[nodiscard]] std::size_t size() const noexcept;

  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override;
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override;

 private:
  explicit TicketKeys(std::unique_ptr<session::KeyRing> ring) noexcept;
  std::unique_ptr<session::KeyRing> ring_;
};

/// When a RotatingTicketKeys turns, and how long its tickets live.
struct RotationPolicy {
  std::chrono::seconds period{3600};           ///< one key seals for this long; 60 seconds to 24 hours
  std::chrono::seconds ticket_lifetime{7200};  ///< a key opens for this long after it has sealed its last; the server's
                                               ///< ticket_lifetime(), up to 7 days; at most 256 keys in all
};

/// What becomes of tickets under keys of a master that is replaced.
enum class OldTickets : std::uint8_t {
  open_on,  ///< they open as long as they would have: for a master that is replaced in time
  refused,  ///< no key of an old master is kept, and no such ticket opens: for a master that may have been stolen. The
            ///< ring refuses that master, and those before it, for as long as it lives
};

/// A ring that turns by itself, driven by the wall time that seal() and open() are given: period i lasts from
/// i * period to (i + 1) * period since 1970, and has a key of its own. Tickets of the period that comes next are
/// opened too, since the clocks of a fleet disagree.
///
/// As TicketKeys in all else. The first call of a new period turns the ring; other threads go on meanwhile.
class RotatingTicketKeys final : public TicketSealer {
 public:
  /// Keys derived from a master secret and the number of the period: servers with the same master and policy open each
  /// other's tickets, without talking. `master`: 32 bytes or more that nobody can guess; shorter ones, and bytes that
  /// are all the same, are refused (bad_config). Derived keys stay the same for ever: change the master now and then.
  static Result<std::shared_ptr<RotatingTicketKeys>> from_master(Bytes master, RotationPolicy policy = {});
  /// Keys drawn at random, for a single server: gone when the process ends, and no secret brings back one that has left
  /// the ring. `random` must be thread-safe and outlive the ring.
  static Result<std::shared_ptr<RotatingTicketKeys>> at_random(RotationPolicy policy = {},
                                                               Random& random = system_random());
  ~RotatingTicketKeys() override;

  /// From now on keys are derived from `master`. Tickets that this ring may have sealed under keys of the old one open
  /// on, or not, as `old` has it: open_on keeps what opens today until ticket_lifetime after the end of the current
  /// period, so whoever has the old master can make tickets for as long. For a fleet: servers agree on tickets again
  /// when all have the new one; until then some handshakes are full ones. The master that is there already changes
  /// nothing, but that `refused` drops keys of those before it. A ring at_random() gets its first master so.
  // test: session: the same master once more changes nothing
  Result<void> replace_master(Bytes master, OldTickets old = OldTickets::open_on);
  /// What the first seal() or open() of a new period does: brings the ring to `now` and wipes what has left it. For a
  /// timer, where a server may idle for so long that keys should not wait for its next client.
  void turn(Clock::Milliseconds now);
  /// How many keys open tickets now; 0 before the first use.
  [[nodiscard]] std::size_t size() const noexcept;

  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override;
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override;

 private:
  explicit RotatingTicketKeys(std::unique_ptr<session::Rotation> rotation) noexcept;
  std::unique_ptr<session::Rotation> rotation_;
};

/// Tickets that are a name: 32 random bytes, under which `cache` keeps the session until the ticket is used, once. Then
/// it is gone: who steals the server's memory later does not decrypt or resume it, and early data that came with the
/// ticket is refused when it comes again. As thread-safe, and as asynchronous, as the cache. Not null.
// test: session: a ticket names a session that is given out once
[[nodiscard]] std::shared_ptr<TicketSealer> single_use_tickets(std::shared_ptr<SessionCache> cache);

}  // namespace tls
