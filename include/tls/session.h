// Sessions: what one connection leaves behind so that the next is cheaper; who keeps them, and who guards
// early data against replays. Interfaces; what the stack brings for them is in session_stores.h, ticket_keys.h and
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

// ---- the server's ---------------------------------------------------------------------------------------------

/// Bytes that an application may keep in a session: see ServerConfig::Builder::session_data().
inline constexpr std::size_t kMaxSessionData = 1024;

/// What a session holds besides its secret: whom it belongs to, and what the application has noted. Immutable once it
/// is in a SessionState, whose copies share it; not wiped.
struct SessionNotes {
  PeerIdentity identity = PeerIdentity::none;
  CertificateChain certificates;                               ///< chain: all; leaf: one; else none
  std::shared_ptr<const CertificateSummary> summary;           ///< summary: not null; else null
  std::array<std::uint8_t, 32> certificate_sha256{};           ///< of the leaf; zeros without one
  Clock::Milliseconds not_after = Clock::Milliseconds::max();  ///< wall time with which the chain ends; max(): unknown
  std::vector<std::uint8_t> application_data;                  ///< at most kMaxSessionData bytes
};
using SessionNotesPtr = std::shared_ptr<const SessionNotes>;

/// A session as a server keeps it, in a cache or inside a ticket: an opaque string of at most kMax bytes with a format
/// and version of its own, and notes. The string holds the session's secret: whoever reads it can decrypt or take over
/// the session. Both parts belong together: a state without the notes that it was made with is an unknown session.
class SessionState {
 public:
  static constexpr std::size_t kMax = 192;  ///< bytes of the secret part

  SessionState() = default;
  /// A copy of `secret`, at most kMax bytes; more ends the process. The caller wipes its own. `notes`: null: none.
  explicit SessionState(Bytes secret, SessionNotesPtr notes = nullptr) : secret_(secret), notes_(std::move(notes)) {}

  /// The secret part, for who keeps or seals it. Not callable on a temporary.
  [[nodiscard]] Bytes expose() const& noexcept { return secret_.expose(); }
  Bytes expose() && = delete;
  /// Room for `n` bytes of it, at most kMax; more ends the process. The notes stay.
  [[nodiscard]] MutableBytes fill(std::size_t n) noexcept { return secret_.fill(n); }
  [[nodiscard]] std::size_t size() const noexcept { return secret_.size(); }
  [[nodiscard]] bool empty() const noexcept { return secret_.empty(); }
  /// The public part; null: there is none.
  [[nodiscard]] const SessionNotesPtr& notes() const noexcept { return notes_; }
  void note(SessionNotesPtr notes) noexcept { notes_ = std::move(notes); }
  /// A second one, on purpose: for what is kept and used at once. Shares the notes.
  [[nodiscard]] SessionState clone() const { return SessionState(secret_.expose(), notes_); }

  /// Both parts in one string, for stores that keep bytes: to be protected as a private key is, and to be wiped.
  [[nodiscard]] std::vector<std::uint8_t> serialize() const;
  /// What serialize() gave. Fails with bad_session for anything else.
  static Result<SessionState> parse(Bytes serialized);

 private:
  struct Role;
  Secret<Role, kMax> secret_;
  SessionNotesPtr notes_;
};

/// Keeps sessions under an ID: TLS 1.2's Session ID resumption, and TLS 1.3's single-use tickets.
/// Shared by connections and threads: every function is thread-safe. None may block: a store that has to ask another
/// machine answers find() and take() later through complete(), and sends what put() and remove() say without waiting.
/// `now` is wall time, `id` 1 to 32 bytes; both are the caller's for the length of the call alone. What put(), find()
/// and take() throw fails the connection: see Connection.
class SessionCache {
 public:
  virtual ~SessionCache() = default;
  /// Keeps `state` until `expires` (wall time), or for a shorter time when room is short. Replaces what `id` had.
  virtual void put(Bytes id, const SessionState& state, Clock::Milliseconds now, Clock::Milliseconds expires) = 0;
  /// The session, unless it is unknown or has expired. An Error is taken as unknown: the handshake is a full one.
  virtual Answer<std::optional<SessionState>> find(Bytes id, Clock::Milliseconds now) = 0;
  /// The same, and forgets it: of any number of callers at most one is given the session.
  virtual Answer<std::optional<SessionState>> take(Bytes id, Clock::Milliseconds now) = 0;
  /// Forgets it for good: its handshake failed (RFC 5246 §7.2.2). An unknown id is no error.
  /// What it throws is ignored.
  virtual void remove(Bytes id) = 0;
};

/// What a ticket held.
struct OpenedTicket {
  SessionState state;
  bool renew = false;  ///< sealed under a key that will soon be gone: the client should be given a new ticket
};

/// Makes tickets and opens them. Thread-safe. `now` is wall time. What seal() and open() throw fails the connection:
/// see Connection.
class TicketSealer {
 public:
  virtual ~TicketSealer() = default;
  /// True: tickets only name sessions, which stay here, so that these hold whole chains as those of a SessionCache do.
  /// False: a ticket carries its session, and of a client's chain the leaf or a summary.
  [[nodiscard]] virtual bool keeps_sessions() const noexcept { return false; }
  /// A ticket of 1 to 65535 bytes that holds, or names, `state`; it need not outlive `expires`. Empty vector: no ticket
  /// can be made now, and none is sent.
  virtual std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                         Clock::Milliseconds expires) = 0;
  /// Empty: it is not one of ours, was changed, or its key or session is gone; an Error is taken likewise. Never a
  /// reason to fail: the handshake is a full one.
  // test: resumption13: a full handshake, never a failure
  // test: handshake12: tickets that are forged, cut, longer or of somebody else
  virtual Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) = 0;
};

// ---- early data -----------------------------------------------------------------------------------------------

/// Names one first flight: derived from the binder that was verified, which takes the session's secret to make.
struct ReplayToken {
  std::array<std::uint8_t, 16> bytes{};
};
enum class ReplayVerdict : std::uint8_t {
  fresh,        ///< not claimed before: its early data may be accepted, by this connection alone
  seen,         ///< claimed before: a replay, or a collision
  unavailable,  ///< unknown: the memory is full, late, forgotten or out of reach
};

/// Remembers which first flights were used. Thread-safe; linearizable: of any number of claims of one token, at
/// whatever servers that share the guard, at most one is told `fresh`, for ever. Anything but fresh costs a round trip,
/// never the connection (RFC 9846 §8), unless it throws: see Connection.
// test: resumption13: what the guard says: anything but fresh is a round trip
class ReplayGuard {
 public:
  virtual ~ReplayGuard() = default;
  /// What the guard seals in a ticket, so that it can judge the ticket's early data later.
  struct Stamp {
    std::uint64_t epoch = 0;     ///< of its memory: another one after it may have forgotten
    Clock::Milliseconds time{};  ///< its own clock; must not go back within an epoch
  };
  /// Empty: no early data can be accepted now, and none should be offered.
  [[nodiscard]] virtual std::optional<Stamp> stamp() const = 0;
  /// Claims `token`, which the guard must remember until its clock has passed `expiry`. Early data is bound to fail
  /// afterwards: a claim that comes later than its expiry is `unavailable`.
  virtual Answer<ReplayVerdict> claim(const ReplayToken& token, Clock::Milliseconds expiry) = 0;
};

// ---- pre-shared keys from outside -----------------------------------------------------------------------------

struct ExternalPskRole;
/// A key that both sides were given by other means (RFC 9846 §2.2, RFC 9257).
struct ExternalPsk {
  std::vector<std::uint8_t> identity;  ///< 1 to 65535 bytes; seen by everybody
  std::vector<std::uint8_t> context;   ///< RFC 9258 §5.1: optional, at most 65535 bytes
  Secret<ExternalPskRole, 64> key;     ///< 16 to 64 bytes
  bool sha384 = false;                 ///< hash that it belongs to: SHA-256 unless this is set
  /// False: used as it is, with the identity as it is, by one hash alone: for peers that do not know RFC 9258.
  bool imported = true;
};

// ---- the client's ---------------------------------------------------------------------------------------------

namespace session {
struct ClientState;
}

/// A session as a client keeps it. A cheap handle to something immutable: copies share it. Its secret is wiped with the
/// last of them.
class ClientSession {
 public:
  explicit ClientSession(std::shared_ptr<const session::ClientState> state) : state_(std::move(state)) {}
  [[nodiscard]] ProtocolVersion version() const noexcept;
  /// TLS 1.3's: a ticket that is used twice lets an observer link the two connections (RFC 9846 Appendix C.4).
  [[nodiscard]] bool single_use() const noexcept { return version() == ProtocolVersion::tls13; }
  [[nodiscard]] Clock::Milliseconds expires() const noexcept;   ///< wall time; not after the peer's chain does
  [[nodiscard]] std::uint32_t max_early_data() const noexcept;  ///< bytes; 0: none
  /// For keeping it elsewhere; to be protected as a private key is, and to be wiped.
  [[nodiscard]] std::vector<std::uint8_t> serialize() const;
  /// What serialize() gave. Fails with bad_session for anything else.
  static Result<ClientSession> parse(Bytes serialized);
  [[nodiscard]] const session::ClientState& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const session::ClientState> state_;
};

/// Under what a session is kept. Sessions are never used for another name, port or configuration: `configuration` is a
/// digest of all that the session's peer was checked against.
// test: handshake: sessions are kept apart by name, port and configuration
// test: session: sessions are for their name, port and configuration alone
struct SessionKey {
  std::string server_name;  ///< lower case
  std::uint16_t port = 0;   ///< as given to start(); 0: none
  std::array<std::uint8_t, 16> configuration{};
  friend auto operator<=>(const SessionKey&, const SessionKey&) = default;
};

/// Keeps a client's sessions. Thread-safe if connections of several threads share it. Must not block for long. What
/// put() and take() throw fails the connection: see Connection.
class ClientSessionStore {
 public:
  virtual ~ClientSessionStore() = default;
  /// Keeps it beside what `key` has already; old ones may go for it.
  virtual void put(const SessionKey& key, ClientSession session) = 0;
  /// The best session that has not expired. One that is single_use() is given once and forgotten.
  // test: session: one of TLS 1.3 is given once
  virtual std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) = 0;
  /// Forgets all sessions of `key`: a handshake that offered one of them failed, or a connection that left one (or of
  /// TLS 1.2 resumed one) was ended by a fatal alert (RFC 9846 §6, RFC 5246 §7.2.2). What it throws is ignored.
  virtual void remove(const SessionKey& key) = 0;
};

}  // namespace tls
