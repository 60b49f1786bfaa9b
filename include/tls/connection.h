// The sans-I/O engine that a user holds. Bytes in, bytes out, events; no sockets, no threads, no clock of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tls/bytes.h"
#include "tls/config.h"
#include "tls/config_source.h"
#include "tls/error.h"
#include "tls/info.h"
#include "tls/operation.h"

namespace tls {

/// What is left of `in` is not a whole record. Call again when it is longer by at least `missing` bytes.
struct NeedInput {
  std::size_t missing = 1;
};
/// Application data, decrypted in place: a span into the caller's `in`, valid as long as that buffer is unchanged.
struct AppData {
  MutableBytes bytes;
};
/// Data that arrived before the handshake ended: an attacker may have copied and sent it before.
struct EarlyData {
  MutableBytes bytes;
};
/// The server did not accept the early data that send_early() took: here it is, in full. Nothing of it is sent again
/// by itself: data that is safe to send now, to a server that has proven to be fresh, may not be the same (RFC 9846
/// §4.3.10). Reported once, right before HandshakeDone; send() is allowed already.
// test: resumption13: what the guard says: anything but fresh is a round trip
// test: resumption13: what the guard says: anything but fresh is a round trip
struct EarlyDataRejected {
  std::vector<std::uint8_t> bytes;
};
/// The handshake is over, info() is complete, the peer is authenticated as configured. Reported once.
// test: connection: HandshakeDone is reported once
struct HandshakeDone {};
/// The handshake waits for the answer of an operation (pending()); give it to complete(). Reported until it is
/// answered.
struct Await {
  OperationId id{};
};
/// The peer sent close_notify: all that it wrote was received. We may go on writing. Reported by every later step, too.
struct PeerClosed {};
/// The connection failed and stays failed: every later step says the same. An alert, where there is one, is in `out`.
struct Failed {
  Error error;
};

using Event = std::variant<NeedInput, AppData, EarlyData, HandshakeDone, Await, PeerClosed, Failed, EarlyDataRejected>;

/// One step's event and how many bytes of `in` it used up; the caller forgets those (after reading the data).
struct Step {
  Event event;
  std::size_t consumed = 0;
};

/// A connection of either side. Move-only; used by one thread at a time. Owns no buffer while established and idle.
///
/// No function throws. Where memory runs out, the call fails with Code::out_of_memory and so does the connection; its
/// alert is sent if there is memory for it. One that was moved from fails every call with misuse.
///
/// Providers are what a connection calls: ServerConfigSource, ChainVerifier, CredentialSource, SigningKey,
/// ClientSessionStore, SessionCache, TicketSealer, ReplayGuard, and the callbacks of a configuration (key_log(),
/// session_data()). They run inside of step(), complete(), start() and the other calls, in their thread. A provider
/// should say what went wrong by its Error. What it throws instead fails the connection: std::bad_alloc with
/// out_of_memory, all else with provider_failed, whose detail holds the words of a std::exception. Functions that are
/// noexcept (Random, Clock, SigningKey::kind()) end the process when they throw. What remove() of a store throws is
/// ignored, for the connection has failed already. From within a provider the connection that calls it can be looked at
/// (info(), pending() and whatever else is const), but not used: a call that could change it fails with misuse and
/// changes nothing; a step says Failed with that Error. A provider must not destroy the connection or assign to it.
// test: interference: every allocation of every shape fails once
// test: interference: every call of every provider of every shape throws once
// test: connection: a call from within a call of the same connection
class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Handles records of `in` (what the transport has delivered and earlier steps have not consumed) up to the first
  /// event and returns it: at most one. Decrypts in place: `in` is changed. Appends to `out` what must be sent.
  /// Call until it says NeedInput, then send `out` and read more. PeerClosed and Failed use up all of `in`.
  [[nodiscard]] Step step(MutableBytes in, Output& out);
  /// The transport ended. PeerClosed after close_notify; else Failed with Code::truncated. Never an end of file.
  // test: connection: RFC 9846 §6.1: an end of the transport without close_notify
  [[nodiscard]] Step transport_closed();

  /// Encrypts `plaintext` (of any size; nothing is sent for none) into records behind `out`; it must not lie in `out`.
  /// Updates the keys by itself where they are due. Fails with misuse before the handshake allows data, closed after
  /// close(); both leave the connection as it is.
  // test: connection: sending nothing sends no record
  [[nodiscard]] Result<void> send(Bytes plaintext, Output& out);
  /// True when send() is allowed now: established, or earlier where a state's permissions say so.
  [[nodiscard]] bool may_send() const noexcept;
  /// Sends close_notify once: we write no more; reading goes on (half-close). Before data may be sent it cancels the
  /// handshake (user_canceled, close_notify) and the connection fails with closed.
  // test: connection: half-close: after close() we write nothing
  Result<void> close(Output& out);
  /// Gives up: sends `alert` (the user's own reason) and fails the connection with aborted.
  void abort(Alert alert, Output& out);

  /// The operation that Await announced; null: none, or the connection has failed. What it points to stays as it is
  /// until complete() is called or the connection is destroyed, whether it fails meanwhile or not.
  [[nodiscard]] const Operation* pending() const noexcept;
  /// The same for those who answer elsewhere: it may be kept as long as one likes, and read by any thread.
  [[nodiscard]] std::shared_ptr<const Operation> share_pending() const noexcept;
  /// Answers it. A result of another kind, or for another id, fails with operation_failed, and so does the connection.
  /// With nothing pending it fails and changes nothing.
  /// Call step() afterwards, with whatever input there is: it may have events without any.
  // test: connection: an answer that nobody asked for changes nothing
  Result<void> complete(OperationId id, OperationResult result, Output& out);

  /// TLS 1.3: updates our sending key, and asks the peer for the same if `request_peer`.
  Result<void> update_keys(bool request_peer, Output& out);
  /// Keying material (RFC 9846 §7.5, RFC 5705), out.size() bytes. Where may_send() is true, and still after close():
  /// before HandshakeDone too, for half-RTT data and False Start, and the peer is then known as far as may_send() says.
  /// No context and an empty one give the same in TLS 1.3, not in TLS 1.2; there it fails with misuse without
  /// extended_main_secret (RFC 7627 §5.4).
  [[nodiscard]] Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                                    MutableBytes out) const;
  /// The same with the early_exporter_secret of TLS 1.3, which comes from a session and its ClientHello alone: who
  /// replays the ClientHello gets the same again. For early data: a client's from start() on until it is refused or the
  /// handshake is done, a server's from the first EarlyData until HandshakeDone. Fails with misuse at other times.
  [[nodiscard]] Result<void> export_early_keying_material(std::string_view label, Bytes context,
                                                          MutableBytes out) const;

  /// What is negotiated so far; complete after HandshakeDone. Of the peer nothing is proven before that: once the
  /// handshake has failed, what it sent is in `unproven_certificates` alone.
  // test: interference: the certificate of a handshake that failed is not a peer's
  [[nodiscard]] const ConnectionInfo& info() const noexcept;
  /// The handshake is done and the connection has not failed.
  [[nodiscard]] bool established() const noexcept;
  /// Records written and read so far, handshake and alerts included.
  [[nodiscard]] std::uint64_t records_sent() const noexcept;
  [[nodiscard]] std::uint64_t records_received() const noexcept;

 protected:
  struct Core;
  explicit Connection(std::unique_ptr<Core> core);
  /// One that has failed before it began.
  explicit Connection(Code failure) noexcept;
  std::unique_ptr<Core> core_;        // null: it failed at once, or was moved from
  Code without_core_ = Code::misuse;  // what is said then
};

/// What a client knows of the connection besides the name.
struct ClientStart {
  std::uint16_t port = 0;  ///< of the server: sessions are kept apart by it; 0: none
};

/// A client's side.
class ClientConnection : public Connection {
 public:
  /// Writes the ClientHello to `out`. `server_name`: the host name or address that the certificate must be for. Fails
  /// with bad_config when it is neither, or empty.
  static Result<ClientConnection> start(const ClientConfig& config, std::string_view server_name, Output& out);
  /// The same for a server on a port that is known.
  static Result<ClientConnection> start(const ClientConfig& config, std::string_view server_name, ClientStart start,
                                        Output& out);

  /// How many bytes send_early() takes now; 0: none, for it is not configured, no session allows it, the server has
  /// refused it or finished its part of the handshake, or all was used.
  [[nodiscard]] std::size_t early_data_left() const noexcept;
  /// Encrypts early data into records behind `out`: at most early_data_left() bytes of it; returns how many. Whoever
  /// copies these records can send them again: only what may be done twice belongs here. A copy is kept until the
  /// server has decided: see EarlyDataRejected.
  [[nodiscard]] Result<std::size_t> send_early(Bytes data, Output& out);

 private:
  using Connection::Connection;
};

/// What a server knows of the connection.
struct ServerStart {
  std::string peer_address;  ///< for ConfigRequest::peer_address
};

/// A server's side.
class ServerConnection : public Connection {
 public:
  /// The client begins. The configuration may go before the connection does; without memory the first step says so.
  static ServerConnection start(const ServerConfig& config);
  /// The same with the configuration that `source` gives for the ClientHello: asked once, when that is complete, as a
  /// provider is, and shared until then. It may answer later: Await. The configuration that it gives is this
  /// connection's from the ClientHello to the end, whatever the source would give to the next one. Its Error fails the
  /// connection, and the client is sent the Error's alert. Null fails the first step with misuse.
  // test: live: a source is asked once, and what it gave holds to the end
  static ServerConnection start(std::shared_ptr<const ServerConfigSource> source, ServerStart start = {});

 private:
  using Connection::Connection;
};

}  // namespace tls
