// Ticket sealers. Two key rings, of which the application rotates one by hand and the clock rotates the other, and
// tickets that only name a session which the server stores.
//
// docs/resumption.md describes what a stolen key or master reveals, and for how long.
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

/// A ring of ticket keys that the application rotates. The current key seals tickets; the next key and the previous
/// keys open them, too. A key is 32 to 1024 bytes that nobody can guess. Keys of other lengths, and keys whose bytes
/// are all equal, are rejected with bad_config. Keys are kept in locked memory and wiped when they leave the ring.
///
/// Functions that return a Result fail with out_of_memory if memory runs out, and then change nothing. seal() and
/// open() throw std::bad_alloc, and so does RotatingTicketKeys::turn(); the ring stays usable.
// test: faults: every allocation of ticket keys fails once: a ring that is turned by hand
///
/// All functions are thread-safe. seal() and open() take no lock and continue while the ring rotates. They allocate the
/// ticket itself and the notes in it. A ticket has kTicketSize bytes. Notes make it longer, by a multiple of
/// kTicketStep.
class TicketKeys final : public TicketSealer {
 public:
  static constexpr std::size_t kTicketSize = 249;  ///< bytes
  static constexpr std::size_t kTicketStep = 512;  ///< bytes

  /// Makes a ring with one key, which is the current one.
  static Result<std::shared_ptr<TicketKeys>> make(Bytes key);
  ~TicketKeys() override;

  /// Makes `key` the next key: it opens tickets and seals none. Replaces an earlier next key. For fleets without a
  /// common clock: first give every server the key as its next one, then rotate() every server to it, in any order and
  /// at any time. Fails with bad_config if the key is rejected or already in the ring.
  Result<void> prepare(Bytes key);
  /// Makes `key` the current key. The current key becomes the first of the previous ones, of which the `keep` newest
  /// stay; all keys together are at most 256. A next key other than `key` is dropped. Fails with bad_config and changes
  /// nothing if the key is rejected, or is already the current or a previous one.
  // test: session: a key cannot come back while it is in the ring
  Result<void> rotate(Bytes key, std::size_t keep);
  /// Makes `key` the current key and drops the oldest key, so that the number of current and previous keys stays the
  /// same. Otherwise does and fails as rotate().
  Result<void> replace_oldest(Bytes key);
  /// Returns the number of keys that can open tickets.
  [[nodiscard]] std::size_t size() const noexcept;

  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override;
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override;

 private:
  explicit TicketKeys(std::unique_ptr<session::KeyRing> ring) noexcept;
  std::unique_ptr<session::KeyRing> ring_;
};

/// When a RotatingTicketKeys rotates, and how long its tickets live. At most 256 keys follow from both values.
struct RotationPolicy {
  /// One key seals for this long: 60 seconds to 24 hours.
  std::chrono::seconds period{3600};
  /// A key opens tickets for this long after its last period of sealing: 1 second to 7 days. Use the server's
  /// ticket_lifetime().
  std::chrono::seconds ticket_lifetime{7200};
};

/// How to treat tickets under keys of a master that is replaced.
enum class OldTickets : std::uint8_t {
  /// They open for as long as they would have. For a master that is replaced on schedule.
  open_on,
  /// They do not open, because no key of an old master is kept. For a master that may have been stolen. For the rest of
  /// its life the ring rejects that master and the ones before it with bad_config.
  refused,
};

/// A ring of ticket keys that the clock rotates. The clock is the wall time that seal() and open() receive. Period i
/// lasts from i * period to (i + 1) * period after 1970-01-01T00:00:00Z and has a key of its own. The ring also opens
/// tickets of the next period, because the clocks of a fleet differ.
///
/// The rules of TicketKeys about errors, memory and threads hold here, too. The first call in a new period rotates the
/// ring; other threads continue meanwhile.
class RotatingTicketKeys final : public TicketSealer {
 public:
  /// Makes a ring whose keys are derived from `master` and the number of the period. Servers with the same master and
  /// policy open each other's tickets without communication. `master` is 32 to 1024 bytes that nobody can guess. Other
  /// lengths, bytes that are all equal, and a `policy` out of range are rejected with bad_config. The derivation does
  /// not change over time, so replace the master now and then.
  static Result<std::shared_ptr<RotatingTicketKeys>> from_master(Bytes master, RotationPolicy policy = {});
  /// Makes a ring with random keys, for a single server. The keys are lost when the process ends, and no secret can
  /// restore a key that has left the ring. `random` must be thread-safe and outlive the ring. Fails with bad_config if
  /// the policy is out of range.
  static Result<std::shared_ptr<RotatingTicketKeys>> at_random(RotationPolicy policy = {},
                                                               Random& random = system_random());
  ~RotatingTicketKeys() override;

  /// From now on derives keys from `master`. `old` decides about tickets that this ring may have sealed under keys of
  /// the old master. OldTickets::open_on keeps the keys that open tickets today until ticket_lifetime after the end of
  /// the current period, so anyone who has the old master can forge tickets until then. The servers of a fleet open
  /// each other's tickets again when all have the new master; until then some handshakes are full ones. If `master` is
  /// already the ring's master, nothing changes, except that OldTickets::refused drops the keys of the masters before
  /// it. A ring of at_random() receives its first master in this way.
  // test: session: the same master once more changes nothing
  Result<void> replace_master(Bytes master, OldTickets old = OldTickets::open_on);
  /// Brings the ring to the period of `now` and wipes the keys that have left it, as the first seal() or open() of a
  /// new period does. For a timer, if a server may be idle so long that expired keys should not wait for its next
  /// client.
  void turn(Clock::Milliseconds now);
  /// Returns the number of keys that can open tickets; 0 before the first use.
  [[nodiscard]] std::size_t size() const noexcept;

  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override;
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override;

 private:
  explicit RotatingTicketKeys(std::unique_ptr<session::Rotation> rotation) noexcept;
  std::unique_ptr<session::Rotation> rotation_;
};

/// Returns a sealer whose tickets only name a session: 32 random bytes, under which `cache` stores the session until
/// the ticket is used, once. Then the session is removed. Anyone who steals the server's memory later can therefore
/// neither decrypt nor resume it, and early data that came with the ticket is rejected if it comes again. `cache` must
/// not be null. Thread-safe if `cache` is; answers later if `cache` does.
// test: session: a ticket names a session that is given out once
[[nodiscard]] std::shared_ptr<TicketSealer> single_use_tickets(std::shared_ptr<SessionCache> cache);

}  // namespace tls
