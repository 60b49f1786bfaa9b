// Sessions, which make later handshakes cheaper: the interfaces of the stores that keep them, of ticket sealers, and of
// replay guards for early data. Implementations are in session_stores.h, session_cache.h, ticket_keys.h and
// replay_guard.h.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/error.h"
#include "tls/info.h"
#include "tls/secret.h"

namespace tls {

// ---- the server's sessions ------------------------------------------------------------------------------------

/// The most bytes of application data in a session: see ServerConfig::Builder::session_data().
inline constexpr std::size_t kMaxSessionData = 1024;

/// The part of a session that is not secret: the client's identity and the application's data. Immutable after it was
/// given to a SessionState. Copies of a SessionState share it. Not wiped.
struct SessionNotes {
  PeerIdentity identity = PeerIdentity::none;
  CertificateChain certificates;                      ///< chain: all of them; leaf: one; otherwise none
  std::shared_ptr<const CertificateSummary> summary;  ///< summary: not null; otherwise null
  std::array<std::uint8_t, 32> certificate_sha256{};  ///< of the leaf; zeros without one
  /// Wall time at which the chain expires; max(): unknown.
  Clock::Milliseconds not_after = Clock::Milliseconds::max();
  std::vector<std::uint8_t> application_data;  ///< at most kMaxSessionData bytes
};
using SessionNotesPtr = std::shared_ptr<const SessionNotes>;

/// A session as a server stores it, in a cache or inside a ticket. It has two parts: an opaque string of at most kMax
/// bytes, whose format has a version, and notes. The string holds the session's secret: anyone who reads it can decrypt
/// or take over the session. The parts belong together: a server treats a string without its notes as an unknown
/// session.
class SessionState {
 public:
  static constexpr std::size_t kMax = 192;  ///< bytes of the secret part

  SessionState() = default;
  /// Copies `secret`, at most kMax bytes; more ends the process. The caller wipes its own copy. Null `notes`: none.
  explicit SessionState(Bytes secret, SessionNotesPtr notes = nullptr) : secret_(secret), notes_(std::move(notes)) {}

  /// Returns the secret part, for stores and sealers. Not callable on a temporary.
  [[nodiscard]] Bytes expose() const& noexcept { return secret_.expose(); }
  Bytes expose() && = delete;
  /// Returns `n` bytes of room for the secret part, at most kMax; more ends the process. The notes stay unchanged.
  [[nodiscard]] MutableBytes fill(std::size_t n) noexcept { return secret_.fill(n); }
  [[nodiscard]] std::size_t size() const noexcept { return secret_.size(); }
  [[nodiscard]] bool empty() const noexcept { return secret_.empty(); }
  /// Returns the part that is not secret; null: there is none.
  [[nodiscard]] const SessionNotesPtr& notes() const noexcept { return notes_; }
  /// Replaces the part that is not secret.
  void note(SessionNotesPtr notes) noexcept { notes_ = std::move(notes); }
  /// Returns a copy that shares the notes. Copies are explicit because they duplicate a secret.
  [[nodiscard]] SessionState clone() const { return SessionState(secret_.expose(), notes_); }

  /// Returns both parts in one string, for stores of bytes. Protect it like a private key, and wipe it after use.
  [[nodiscard]] std::vector<std::uint8_t> serialize() const;
  /// Reads the output of serialize(). Fails with bad_session for any other input.
  static Result<SessionState> parse(Bytes serialized);

 private:
  struct Role;
  Secret<Role, kMax> secret_;
  SessionNotesPtr notes_;
};

/// Stores sessions under an ID, for Session ID resumption in TLS 1.2 and for single-use tickets in TLS 1.3. Shared by
/// connections and threads. Implementations must be thread-safe and must not block: a store on another machine answers
/// find() and take() later through complete(), and sends the requests of put() and remove() without waiting.
/// `now` is wall time. `id` has 1 to 32 bytes. Arguments are valid during the call alone. If put(), find() or take()
/// throws, the connection fails: see Connection.
class SessionCache {
 public:
  virtual ~SessionCache() = default;
  /// Stores `state` until `expires` (wall time), or for a shorter time if the store is full. Replaces the session that
  /// `id` had.
  virtual void put(Bytes id, const SessionState& state, Clock::Milliseconds now, Clock::Milliseconds expires) = 0;
  /// Returns the session, or no value if it is unknown or has expired. An Error has the same effect: the handshake is a
  /// full one.
  virtual Answer<std::optional<SessionState>> find(Bytes id, Clock::Milliseconds now) = 0;
  /// Returns the session as find() does, and removes it. Of any number of callers at most one receives the session.
  virtual Answer<std::optional<SessionState>> take(Bytes id, Clock::Milliseconds now) = 0;
  /// Removes the session for good, because its handshake failed (RFC 5246 §7.2.2). An unknown `id` is not an error. An
  /// exception is ignored.
  virtual void remove(Bytes id) = 0;
};

/// The contents of a ticket.
struct OpenedTicket {
  SessionState state;
  /// Whether the server should send the client a new ticket, because the ticket's key expires soon or the ticket is
  /// used up.
  bool renew = false;
};

/// Makes tickets and opens them. Must be thread-safe. `now` is wall time. If seal() or open() throws, the connection
/// fails: see Connection.
class TicketSealer {
 public:
  virtual ~TicketSealer() = default;
  /// Returns true if tickets only name sessions, which the sealer keeps. Such sessions hold whole chains, as those of a
  /// SessionCache do. Returns false if a ticket contains its session, with the leaf or a summary of a client's chain.
  [[nodiscard]] virtual bool keeps_sessions() const noexcept { return false; }
  /// Returns a ticket of 1 to 65535 bytes that contains, or names, `state`. The ticket need not work after `expires`.
  /// An empty vector means that no ticket can be made now; the server then sends none.
  virtual std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                         Clock::Milliseconds expires) = 0;
  /// Returns no value if the ticket is not ours, was changed, or its key or session no longer exists. An Error has the
  /// same effect. Neither is a reason to fail: the handshake is a full one. An Answer that is itself empty comes later,
  /// through complete().
  // test: resumption13: a full handshake, never a failure
  // test: handshake12: tickets that are forged, cut, longer or of somebody else
  virtual Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) = 0;
};

// ---- early data -----------------------------------------------------------------------------------------------

/// Identifies one first flight. Derived from the binder after it was verified; making that binder takes the session's
/// secret.
struct ReplayToken {
  std::array<std::uint8_t, 16> bytes{};
};
enum class ReplayVerdict : std::uint8_t {
  fresh,        ///< not claimed before: this connection, and no other, may accept the early data
  seen,         ///< claimed before: a replay, or a collision
  unavailable,  ///< unknown: the memory is full, was lost or is out of reach, or the claim is late
};

/// The numbers of claims since the guard was made, by verdict.
struct ReplayCounts {
  std::uint64_t fresh = 0;  ///< accepted
  std::uint64_t seen = 0;   ///< replays
  /// Unavailable, because they came after their expiry or are older than the guard.
  std::uint64_t late = 0;
  /// Unavailable for another reason: full, expected too far ahead, in a forked process, out of reach.
  std::uint64_t unavailable = 0;
};

/// Remembers which first flights were used. Must be thread-safe and linearizable: of any number of claims of one token,
/// at all servers that share the guard, at most one receives `fresh`, for all time. Every other verdict costs a round
/// trip and leaves the connection intact (RFC 9846 §8). If the guard throws, the connection fails: see Connection.
// test: resumption13: what the guard says: anything but fresh is a round trip
class ReplayGuard {
 public:
  virtual ~ReplayGuard() = default;
  /// The guard's data in a ticket, by which it judges the ticket's early data later.
  struct Stamp {
    std::uint64_t epoch = 0;     ///< of the guard's memory; a guard that may have forgotten tokens has a new epoch
    Clock::Milliseconds time{};  ///< of the guard's own clock; must not go back within an epoch
  };
  /// Returns no value if no early data can be accepted now; the server then offers none in its tickets.
  [[nodiscard]] virtual std::optional<Stamp> stamp() const = 0;
  /// Claims `token`, which the guard must remember until its clock has passed `expiry`. A claim that comes after
  /// `expiry` is `unavailable`, because the guard may have forgotten the token by then.
  virtual Answer<ReplayVerdict> claim(const ReplayToken& token, Clock::Milliseconds expiry) = 0;
  /// Returns the numbers of claims. Default: no value, for a guard that does not count. A guard that counts must allow
  /// this call in any thread while others claim. Every claim that has returned or was answered is counted. The four
  /// numbers are read one after the other.
  [[nodiscard]] virtual std::optional<ReplayCounts> counts() const { return std::nullopt; }
};

// ---- external pre-shared keys ---------------------------------------------------------------------------------

struct ExternalPskRole;
/// A key that both sides received by other means (RFC 9846 §2.2, RFC 9257).
struct ExternalPsk {
  std::vector<std::uint8_t> identity;  ///< 1 to 65535 bytes; sent in the clear
  std::vector<std::uint8_t> context;   ///< RFC 9258 §5.1: optional, at most 65535 bytes
  Secret<ExternalPskRole, 64> key;     ///< 16 to 64 bytes
  bool sha384 = false;                 ///< the hash that the key is for: SHA-384 if true, otherwise SHA-256
  /// True: the key is imported (RFC 9258). False: key and identity are used unchanged, with that one hash, for peers
  /// that do not support RFC 9258.
  bool imported = true;
};

// ---- the client's sessions ------------------------------------------------------------------------------------

namespace session {
struct ClientState;
}

/// A session as a client stores it. An immutable handle, cheap to copy: copies share the session. Its secret is wiped
/// with the last copy.
class ClientSession {
 public:
  explicit ClientSession(std::shared_ptr<const session::ClientState> state) : state_(std::move(state)) {}
  [[nodiscard]] ProtocolVersion version() const noexcept;
  /// True for TLS 1.3: an observer can link two connections that use the same ticket (RFC 9846 Appendix C.4).
  [[nodiscard]] bool single_use() const noexcept { return version() == ProtocolVersion::tls13; }
  /// Wall time; not later than the expiry of the peer's chain.
  [[nodiscard]] Clock::Milliseconds expires() const noexcept;
  [[nodiscard]] std::uint32_t max_early_data() const noexcept;  ///< bytes; 0: none
  /// Returns the session as bytes, for other stores. Protect them like a private key, and wipe them after use.
  [[nodiscard]] std::vector<std::uint8_t> serialize() const;
  /// Reads the output of serialize(). Fails with bad_session for any other input.
  static Result<ClientSession> parse(Bytes serialized);
  [[nodiscard]] const session::ClientState& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const session::ClientState> state_;
};

/// The look-up key of a client's session. Sessions are never used for another name, port or configuration.
/// `configuration` is a digest of the settings by which the session's peer was checked.
// test: handshake: sessions are kept apart by name, port and configuration
// test: session: sessions are for their name, port and configuration alone
struct SessionKey {
  std::string server_name;  ///< lower case
  std::uint16_t port = 0;   ///< as given to start(); 0: none
  std::array<std::uint8_t, 16> configuration{};
  friend auto operator<=>(const SessionKey&, const SessionKey&) = default;
};

/// Stores a client's sessions. Must be thread-safe if connections of several threads share it. Must not block for long.
/// If put() or take() throws, the connection fails: see Connection.
class ClientSessionStore {
 public:
  virtual ~ClientSessionStore() = default;
  /// Adds `session` to those of `key`. The store may drop old sessions to make room.
  virtual void put(const SessionKey& key, ClientSession session) = 0;
  /// Returns the best session of `key` that has not expired. A session that is single_use() is returned once and
  /// removed. `now` is wall time.
  // test: session: one of TLS 1.3 is given once
  virtual std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) = 0;
  /// Removes all sessions of `key`, because a handshake that offered one of them failed, or because a fatal alert ended
  /// a connection that had created one (or, in TLS 1.2, resumed one) (RFC 9846 §6, RFC 5246 §7.2.2). An exception is
  /// ignored.
  virtual void remove(const SessionKey& key) = 0;
};

}  // namespace tls
