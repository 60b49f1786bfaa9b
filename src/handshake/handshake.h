// The two halves of a connection's life: the handshake, and the part that stays after it. Both act on the outside
// through a Sink alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "handshake/sink.h"
#include "tls/bytes.h"
#include "tls/config.h"
#include "tls/error.h"
#include "tls/info.h"
#include "tls/operation.h"

namespace tls::handshake {

/// What a state may read and write besides handshake messages. One row of a machine's second table.
struct Permissions {
  enum class Ccs : std::uint8_t {
    refuse,   ///< a ChangeCipherSpec fails with unexpected_message
    drop,     ///< TLS 1.3 compatibility: a well-formed plaintext one (one byte, 0x01) is ignored, a bounded number of
              ///< times
    deliver,  ///< TLS 1.2: the machine's table has a row for it
  };
  bool write_data = false;        ///< application data may be written (half-RTT data, False Start)
  bool read_data = false;         ///< application data may be read
  bool read_early_data = false;   ///< application data records are early data
  bool write_early_data = false;  ///< early data may be written
  /// Rejected early data: records that do not decrypt are skipped, up to a bound (RFC 9846 §4.3.10).
  bool skip_early_data = false;
  Ccs ccs = Ccs::refuse;
  friend constexpr bool operator==(const Permissions&, const Permissions&) = default;
};

/// Returns true if a fatal alert ended the connection, from us or from the peer. RFC 5246 §7.2.2 says that its session
/// MUST NOT be resumed. A broken transport has no effect on the session.
[[nodiscard]] inline bool ended_by_alert(const Error& error) noexcept { return error.alert() || error.peer_alert(); }

/// The part after the handshake: KeyUpdate, NewSessionTicket, exporters. It is small because it lives as long as the
/// connection.
class PostHandshake {
 public:
  virtual ~PostHandshake() = default;
  /// Like Handshake::max_message(): a peer cannot make us buffer a message that no row expects.
  [[nodiscard]] virtual Result<std::size_t> max_message(std::uint8_t type) const = 0;
  /// Receives a complete message with its header. `ends_record`: the record holds no bytes after the message.
  virtual Result<void> receive(Bytes message, bool ends_record, Sink& sink) = 0;
  /// Application data was received. Counters of repetitions in a row restart.
  virtual void data_received() noexcept = 0;
  virtual Result<void> update_keys(bool request_peer, Sink& sink) = 0;
  /// Returns true if our write key must be updated before it seals another record (TLS 1.3, RFC 9846 §5.5). `sealed` is
  /// the number of records under the present key.
  [[nodiscard]] virtual bool update_due(std::uint64_t sealed) const noexcept = 0;
  /// In TLS 1.3, an absent and an empty context give the same result (RFC 9846 §7.5). In TLS 1.2 they do not (RFC 5705
  /// §4).
  virtual Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                              MutableBytes out) const = 0;
  /// Like Handshake::failed(), for an established connection.
  virtual void failed(const Error&) noexcept {}
};

/// The errors for keying material that cannot be exported at this time.
[[nodiscard]] inline std::unexpected<Error> no_exporter_yet() {
  return fail(Code::misuse, "keying material can be exported where data may be sent");
}
[[nodiscard]] inline std::unexpected<Error> no_early_exporter() {
  return fail(Code::misuse,
              "the early exporter is there while early data is offered, or accepted, and the handshake "
              "is not done");
}

/// The handshake of one connection, for both roles and both versions. Freed when it is done.
class Handshake {
 public:
  virtual ~Handshake() = default;
  /// Begins the handshake. A client writes the ClientHello, a server does nothing. Must be called first, and once.
  virtual Result<void> begin(Sink& sink) = 0;
  /// Returns the maximum bytes of body of a message of this type at this time. The connection rejects a longer message
  /// by its header alone (Code::message_too_long). A type without a row fails with unexpected_message before its body
  /// is buffered.
  [[nodiscard]] virtual Result<std::size_t> max_message(std::uint8_t type) const = 0;
  /// Receives a complete message with its header. Precondition: no operation is pending.
  virtual Result<void> receive(Bytes message, bool ends_record, Sink& sink) = 0;
  /// Receives a ChangeCipherSpec of TLS 1.2. Precondition: permissions().ccs is deliver.
  virtual Result<void> receive_change_cipher_spec(Sink& sink) = 0;
  /// Receives the answer to the pending operation.
  virtual Result<void> complete(OperationResult result, Sink& sink) = 0;
  [[nodiscard]] virtual Permissions permissions() const noexcept = 0;
  /// Returns the information that is known so far.
  [[nodiscard]] virtual const ConnectionInfo& info() const noexcept = 0;
  /// Returns true when both sides have sent and received Finished. Then call take() and drop this object.
  [[nodiscard]] virtual bool done() const noexcept = 0;
  /// Client: returns the total bytes of early data that it may send. Server: returns the bytes that the client may
  /// believe it may send, whether the server accepts or skips them.
  [[nodiscard]] virtual std::size_t max_early_data() const noexcept { return 0; }
  /// Like PostHandshake::export_keying_material(), if the application keys are in force already, which is when data may
  /// be written. Otherwise fails with misuse.
  [[nodiscard]] virtual Result<void> export_keying_material(std::string_view, std::optional<Bytes>,
                                                            MutableBytes) const {
    return no_exporter_yet();
  }
  /// Exports with the early_exporter_secret (RFC 9846 §7.5). Works for a client while the early data that it offered is
  /// not rejected, and for a server after it has accepted it. Otherwise fails with misuse.
  [[nodiscard]] virtual Result<void> export_early_keying_material(std::string_view, Bytes, MutableBytes) const {
    return no_early_exporter();
  }
  /// The connection failed before the handshake was done, through an error of its own or through the peer. The only
  /// call after this one is take_info().
  virtual void failed(const Error&) noexcept {}
  /// Returns the information known at the time of the failure. Called after failed(), as the last call.
  [[nodiscard]] virtual ConnectionInfo take_info() noexcept = 0;
  struct Outcome {
    ConnectionInfo info;
    std::unique_ptr<PostHandshake> post;
  };
  [[nodiscard]] virtual Outcome take() = 0;
};

/// Makes a handshake that has not begun. The client needs the name for which the certificate must be valid. `port`
/// distinguishes the sessions of several servers with one name.
[[nodiscard]] Result<std::unique_ptr<Handshake>> client_handshake(std::shared_ptr<const ClientSettings> settings,
                                                                  std::string_view server_name, std::uint16_t port = 0);
[[nodiscard]] std::unique_ptr<Handshake> server_handshake(std::shared_ptr<const ServerSettings> settings);
/// Makes a server's handshake whose settings `source` chooses for the ClientHello. `source` must not be null.
[[nodiscard]] std::unique_ptr<Handshake> server_handshake(std::shared_ptr<const ServerConfigSource> source,
                                                          std::string peer_address);

}  // namespace tls::handshake
