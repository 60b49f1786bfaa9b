// The sans-I/O engine that the application drives: bytes in, bytes and events out. It uses no sockets and no threads,
// and takes the time from the configuration's clock.
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

/// The rest of `in` is not a whole record. Call step() again when `in` is longer by at least `missing` bytes.
struct NeedInput {
  std::size_t missing = 1;
};
/// Application data, decrypted in place. A span into the caller's `in`, valid as long as that buffer is unchanged.
struct AppData {
  MutableBytes bytes;
};
/// Data that arrived before the handshake was done. It may be a replay: an attacker may have copied it and sent it
/// before. A span like that of AppData.
struct EarlyData {
  MutableBytes bytes;
};
/// The server rejected the early data that send_early() had sent. `bytes` is all of it. The stack does not send it
/// again by itself, because data that is safe to send now, to a server that has proven to be live, may differ (RFC 9846
/// §4.3.10). Reported once, directly before HandshakeDone. send() is already allowed.
// test: resumption13: what the guard says: anything but fresh is a round trip
// test: resumption13: what the guard says: anything but fresh is a round trip
struct EarlyDataRejected {
  std::vector<std::uint8_t> bytes;
};
/// The handshake is done: info() is complete, and the peer is authenticated as the configuration requires. Reported
/// once.
// test: connection: HandshakeDone is reported once
struct HandshakeDone {};
/// The handshake waits for the result of the operation that pending() returns. Pass the result to complete(). Every
/// step reports Await until then.
struct Await {
  OperationId id{};
};
/// The peer sent close_notify, and all the data that it wrote before has been received. This side may still send. Every
/// later step reports PeerClosed, too.
struct PeerClosed {};
/// The connection failed. It stays failed, and every later step reports the same error. If the failure has an alert,
/// the alert is in `out`.
struct Failed {
  Error error;
};

using Event = std::variant<NeedInput, AppData, EarlyData, HandshakeDone, Await, PeerClosed, Failed, EarlyDataRejected>;

/// The event of one step and the number of bytes of `in` that it consumed. The caller discards those bytes after it has
/// read the event's data.
struct Step {
  Event event;
  std::size_t consumed = 0;
};

/// A connection of either side. Move-only. One thread at a time. Holds no buffer while established and idle.
///
/// No function throws. If memory runs out, the call fails with Code::out_of_memory and so does the connection. Its
/// alert is sent if there is memory for it. Every call on a connection that was moved from fails with misuse.
///
/// Providers are the application's objects that a connection calls: ServerConfigSource, ChainVerifier,
/// CredentialSource, SigningKey, ClientSessionStore, SessionCache, TicketSealer, ReplayGuard, and the callbacks of a
/// configuration (key_log(), session_data()). They run inside step(), complete(), start() and the other calls, in the
/// thread of the caller.
///
/// A provider should report a failure by returning an Error. If it throws, the connection fails: with out_of_memory for
/// std::bad_alloc, otherwise with provider_failed, whose detail holds what() of a std::exception. An exception from
/// remove() of a store is ignored, because the connection has already failed. Functions that are noexcept (Random,
/// Clock, SigningKey::kind()) end the process if they throw.
///
/// A provider may inspect the connection that calls it (info(), pending() and the other const functions). It must not
/// use it otherwise: a call that could change the connection fails with misuse and changes nothing, and step() reports
/// Failed with that Error. A provider must not destroy the connection or assign to it.
// test: interference: every allocation of every shape fails once
// test: interference: every call of every provider of every shape throws once
// test: connection: a call from within a call of the same connection
class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Processes records from `in` up to the first event, and returns that event. `in` holds the bytes that the transport
  /// has delivered and that earlier steps have not consumed. Decrypts in place, so `in` is changed. Appends to `out`
  /// the bytes to send. Call again until the event is NeedInput; then send `out` and read more. PeerClosed and Failed
  /// consume all of `in`.
  [[nodiscard]] Step step(MutableBytes in, Output& out);
  /// Reports that the transport ended. Returns PeerClosed after close_notify, otherwise Failed with Code::truncated.
  /// The end of the transport is never reported as the regular end of the data.
  // test: connection: RFC 9846 §6.1: an end of the transport without close_notify
  [[nodiscard]] Step transport_closed();

  /// Encrypts `plaintext` into records and appends these to `out`. `plaintext` may have any size, must not lie in
  /// `out`, and sends nothing if it is empty. Updates the keys when that is due. Fails with misuse if the handshake
  /// does not allow data yet, and with closed after close(). Both leave the connection unchanged.
  // test: connection: sending nothing sends no record
  [[nodiscard]] Result<void> send(Bytes plaintext, Output& out);
  /// Returns true if send() is allowed now. That is the case while the connection is established and not closed, and
  /// before that for half-RTT data of a TLS 1.3 server and for False Start.
  [[nodiscard]] bool may_send() const noexcept;
  /// Sends close_notify once and ends sending. Receiving continues (half-close). If data may not be sent yet, close()
  /// cancels the handshake instead: it sends user_canceled and close_notify, and the connection fails with closed.
  // test: connection: half-close: after close() we write nothing
  Result<void> close(Output& out);
  /// Ends the connection: sends `alert`, the application's reason, and fails the connection with aborted. Sends no
  /// alert after close(). Has no effect on a connection that has failed.
  void abort(Alert alert, Output& out);

  /// Returns the operation that Await reported; null if there is none or if the connection has failed. The object stays
  /// valid and unchanged until complete() is called or the connection is destroyed, even if the connection fails in
  /// between.
  [[nodiscard]] const Operation* pending() const noexcept;
  /// Returns the same operation with shared ownership, for callers that answer it elsewhere. Any thread may read it,
  /// for as long as it is held.
  [[nodiscard]] std::shared_ptr<const Operation> share_pending() const noexcept;
  /// Passes the result of the pending operation to the handshake. A result of another kind, or for another `id`, fails
  /// with operation_failed, and so does the connection. If no operation is pending, the call fails and changes nothing.
  /// Call step() afterwards, even without new input, because there may be events.
  // test: connection: an answer that nobody asked for changes nothing
  Result<void> complete(OperationId id, OperationResult result, Output& out);

  /// TLS 1.3: updates the sending key, and requests the same of the peer if `request_peer` is true. Fails with misuse
  /// in TLS 1.2 and before HandshakeDone, and with closed after close(). These leave the connection unchanged.
  Result<void> update_keys(bool request_peer, Output& out);
  /// Writes out.size() bytes of keying material (RFC 9846 §7.5, RFC 5705). Allowed as soon as may_send() is true, and
  /// still after close(). That may be before HandshakeDone: a server that sends half-RTT data has not received the
  /// client's Finished yet, and a client in False Start has not received the server's. No context and an empty context
  /// give the same result in TLS 1.3 and different results in TLS 1.2. Fails with misuse in TLS 1.2 without
  /// extended_main_secret (RFC 7627 §5.4).
  [[nodiscard]] Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                                    MutableBytes out) const;
  /// Writes keying material from the early_exporter_secret of TLS 1.3. That secret depends on the session and the
  /// ClientHello alone, so anyone who replays the ClientHello causes the same keying material again. For early data.
  /// Allowed in a client from start() until early data is rejected or the handshake is done, and in a server from the
  /// first EarlyData until HandshakeDone. Fails with misuse at other times.
  [[nodiscard]] Result<void> export_early_keying_material(std::string_view label, Bytes context,
                                                          MutableBytes out) const;

  /// Returns what has been negotiated so far. Complete after HandshakeDone. Before that nothing about the peer is
  /// proven. If the handshake has failed, the certificates that the peer sent are in `unproven_certificates` alone.
  // test: interference: the certificate of a handshake that failed is not a peer's
  [[nodiscard]] const ConnectionInfo& info() const noexcept;
  /// Returns true if the handshake is done and the connection has not failed.
  [[nodiscard]] bool established() const noexcept;
  /// The numbers of records written and read so far, handshake records and alerts included.
  [[nodiscard]] std::uint64_t records_sent() const noexcept;
  [[nodiscard]] std::uint64_t records_received() const noexcept;

 protected:
  struct Core;
  explicit Connection(std::unique_ptr<Core> core);
  /// A connection that failed before it began.
  explicit Connection(Code failure) noexcept;
  std::unique_ptr<Core> core_;        // null: the connection failed at its start, or was moved from
  Code without_core_ = Code::misuse;  // the error that is reported then
};

/// Facts about the connection that a client gives besides the server's name.
struct ClientStart {
  std::uint16_t port = 0;  ///< of the server; 0: none. Sessions for different ports are kept apart
};

/// The client's side of a connection.
class ClientConnection : public Connection {
 public:
  /// Writes the ClientHello to `out`. `server_name` is the host name or address that the server's certificate must
  /// match. Fails with bad_config if it is neither, or empty.
  static Result<ClientConnection> start(const ClientConfig& config, std::string_view server_name, Output& out);
  /// Does the same for a server whose port is known.
  static Result<ClientConnection> start(const ClientConfig& config, std::string_view server_name, ClientStart start,
                                        Output& out);

  /// Returns the number of bytes that send_early() accepts now. 0 if early data is not configured, no session allows
  /// it, the server has rejected it or finished its part of the handshake, or all of it was used.
  [[nodiscard]] std::size_t early_data_left() const noexcept;
  /// Encrypts early data into records and appends these to `out`: at most early_data_left() bytes. Returns how many
  /// bytes it accepted. Anyone who copies these records can send them again, so send only requests that may be executed
  /// twice. The connection keeps a copy until the server has decided: see EarlyDataRejected. Fails with closed after
  /// close().
  [[nodiscard]] Result<std::size_t> send_early(Bytes data, Output& out);

 private:
  using Connection::Connection;
};

/// Facts about the connection that a server gives.
struct ServerStart {
  std::string peer_address;  ///< copied to ConfigRequest::peer_address
};

/// The server's side of a connection.
class ServerConnection : public Connection {
 public:
  /// Starts a connection, which waits for the ClientHello. The configuration may be destroyed before the connection. If
  /// memory runs out, the first step reports it.
  static ServerConnection start(const ServerConfig& config);
  /// Starts a connection that takes its configuration from `source`. `source` is a provider: it is called once, when
  /// the ClientHello is complete, and the connection shares its ownership until then. It may answer later (Await). The
  /// connection uses the configuration that it returns until the connection ends, whatever the source returns to later
  /// connections. If the source returns an Error, the connection fails and sends the Error's alert. A null source fails
  /// the first step with misuse.
  // test: live: a source is asked once, and what it gave holds to the end
  static ServerConnection start(std::shared_ptr<const ServerConfigSource> source, ServerStart start = {});

 private:
  using Connection::Connection;
};

}  // namespace tls
