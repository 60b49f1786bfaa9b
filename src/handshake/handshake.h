// What the connection holds while it shakes hands, and what is left of it afterwards. The two halves of a
// connection's life; both speak to the world through a Sink alone.
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

/// What a state may read and write besides handshake messages: one row of a machine's second table.
struct Permissions {
  enum class Ccs : std::uint8_t {
    refuse,  ///< a ChangeCipherSpec is unexpected_message
    drop,    ///< TLS 1.3 compatibility: a well-formed one (one byte, 0x01) in plaintext is ignored, a bounded number of
             ///< times
    deliver,  ///< TLS 1.2: it is a row of the machine's table
  };
  bool write_data = false;        ///< application data may be written (half-RTT data, False Start)
  bool read_data = false;         ///< application data may be read
  bool read_early_data = false;   ///< application data records are early data
  bool write_early_data = false;  ///< early data may be written
  bool skip_early_data =
      false;  ///< refused early data: records that do not decrypt are skipped, up to a bound (RFC 9846 §4.3.10)
  Ccs ccs = Ccs::refuse;
  friend constexpr bool operator==(const Permissions&, const Permissions&) = default;
};

/// Whether a fatal alert ended the connection, ours or the peer's: RFC 5246 §7.2.2 says that its session MUST NOT be
/// resumed. A transport that broke says nothing of the session.
[[nodiscard]] inline bool ended_by_alert(const Error& error) noexcept { return error.alert() || error.peer_alert(); }

/// After the handshake: KeyUpdate, NewSessionTicket, exporters. Small, for it lives as long as the connection.
class PostHandshake {
 public:
  virtual ~PostHandshake() = default;
  /// As Handshake::max_message: a peer cannot make us buffer what nobody waits for.
  [[nodiscard]] virtual Result<std::size_t> max_message(std::uint8_t type) const = 0;
  /// A whole message, header included. `ends_record`: nothing follows it in its record.
  virtual Result<void> receive(Bytes message, bool ends_record, Sink& sink) = 0;
  /// Application data arrived: what counts in a row starts again.
  virtual void data_received() noexcept = 0;
  virtual Result<void> update_keys(bool request_peer, Sink& sink) = 0;
  /// True when our write key must be updated before it seals another record (TLS 1.3, RFC 9846 §5.5); `sealed` records
  /// so far.
  [[nodiscard]] virtual bool update_due(std::uint64_t sealed) const noexcept = 0;
  /// A context that is absent and one that is empty give the same in TLS 1.3 (RFC 9846 §7.5) and not in TLS 1.2
  /// (RFC 5705 §4).
  virtual Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                              MutableBytes out) const = 0;
  /// As Handshake::failed, for a connection that was established.
  virtual void failed(const Error&) noexcept {}
};

/// Why nothing can be exported now.
[[nodiscard]] inline std::unexpected<Error> no_exporter_yet() {
  return fail(Code::misuse, "keying material can be exported where data may be sent");
}
[[nodiscard]] inline std::unexpected<Error> no_early_exporter() {
  return fail(Code::misuse,
              "the early exporter is there while early data is offered, or accepted, and the handshake "
              "is not done");
}

/// The handshake of one connection, either role, any version. Freed when it is done.
class Handshake {
 public:
  virtual ~Handshake() = default;
  /// Client: writes the ClientHello. Server: nothing. Called once, first.
  virtual Result<void> begin(Sink& sink) = 0;
  /// The most bytes of body that a message of this type may have now; the connection refuses longer ones by their
  /// header alone (Code::message_too_long), and a type without a row with unexpected_message before it buffers its
  /// body.
  [[nodiscard]] virtual Result<std::size_t> max_message(std::uint8_t type) const = 0;
  /// A whole message, header included. Not called while an operation is pending.
  virtual Result<void> receive(Bytes message, bool ends_record, Sink& sink) = 0;
  /// TLS 1.2's ChangeCipherSpec, where permissions().ccs says deliver.
  virtual Result<void> receive_change_cipher_spec(Sink& sink) = 0;
  /// The answer to the pending operation.
  virtual Result<void> complete(OperationResult result, Sink& sink) = 0;
  [[nodiscard]] virtual Permissions permissions() const noexcept = 0;
  /// What is known so far.
  [[nodiscard]] virtual const ConnectionInfo& info() const noexcept = 0;
  /// True once Finished went both ways: take() what lives on and drop this object.
  [[nodiscard]] virtual bool done() const noexcept = 0;
  /// A client: bytes of early data that may be sent in all. A server: that a client
  /// may believe it may send, whether they are accepted or skipped.
  [[nodiscard]] virtual std::size_t max_early_data() const noexcept { return 0; }
  /// As PostHandshake's, where the keys of the application are in force already: where data may be written. Else
  /// misuse.
  [[nodiscard]] virtual Result<void> export_keying_material(std::string_view, std::optional<Bytes>,
                                                            MutableBytes) const {
    return no_exporter_yet();
  }
  /// The same with the early_exporter_secret (RFC 9846 §7.5): a client's while the early data that it has offered is
  /// not refused, a server's once it has accepted it. Else misuse.
  [[nodiscard]] virtual Result<void> export_early_keying_material(std::string_view, Bytes, MutableBytes) const {
    return no_early_exporter();
  }
  /// The connection failed before the handshake was done, by itself or by what the peer said: nothing else is called
  /// afterwards.
  virtual void failed(const Error&) noexcept {}
  /// What was known when it failed; called after failed(), and nothing afterwards.
  [[nodiscard]] virtual ConnectionInfo take_info() noexcept = 0;
  struct Outcome {
    ConnectionInfo info;
    std::unique_ptr<PostHandshake> post;
  };
  [[nodiscard]] virtual Outcome take() = 0;
};

/// Handshakes that have not begun. The client's needs the name that the certificate must be for; `port` tells sessions
/// with several servers of one name apart.
[[nodiscard]] Result<std::unique_ptr<Handshake>> client_handshake(std::shared_ptr<const ClientSettings> settings,
                                                                  std::string_view server_name, std::uint16_t port = 0);
[[nodiscard]] std::unique_ptr<Handshake> server_handshake(std::shared_ptr<const ServerSettings> settings);
/// The same with the settings that `source`, which is not null, gives for the ClientHello.
[[nodiscard]] std::unique_ptr<Handshake> server_handshake(std::shared_ptr<const ServerConfigSource> source,
                                                          std::string peer_address);

}  // namespace tls::handshake
