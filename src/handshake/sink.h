// The effects of a handshake on the outside, and the only interface between handshake and record layer. TLS records and
// tests implement it, and QUIC will. The handshake never sees a record.
#pragma once

#include <memory>
#include <string_view>

#include "handshake/suite_impl.h"
#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/info.h"
#include "tls/operation.h"
#include "tls/secret.h"

namespace tls {
struct CommonSettings;
}

namespace tls::handshake {

enum class Epoch : std::uint8_t { plaintext, early, handshake, application };
enum class Direction : std::uint8_t { read, write };

struct TrafficSecretRole;
using TrafficSecret = Secret<TrafficSecretRole, 48>;

class Sink {
 public:
  virtual ~Sink() = default;
  /// Queues a complete handshake message with its header, under the write keys of `epoch`.
  virtual void send(Bytes message, Epoch epoch) = 0;
  /// TLS 1.3: from now on, `direction` uses keys derived from `secret` (RFC 9846 §7.3). Before a write key changes, all
  /// messages sent so far are sealed under the old key. A read key changes at a record boundary. The tables ensure
  /// this.
  virtual void install(Direction direction, Epoch epoch, const SuiteImpl& suite, const TrafficSecret& secret) = 0;
  /// TLS 1.2: like install() above, with a key and a fixed IV from the key block (RFC 5246 §6.3). The key has
  /// key_size() bytes, the IV has 4 (GCM) or 12 (ChaCha20) bytes. Messages sent after this belong to
  /// Epoch::application. Finished is the first of them.
  virtual void install(Direction direction, const SuiteImpl& suite, Bytes key, Bytes fixed_iv) = 0;
  /// Sends a compatibility ChangeCipherSpec (RFC 9846 Appendix E.4), or the ChangeCipherSpec of TLS 1.2, now.
  virtual void send_change_cipher_spec() = 0;
  /// TLS 1.2: sends a warning now, after the messages sent so far. The connection continues (RFC 5246 §7.2.2).
  /// Precondition: `alert` is always a warning.
  virtual void warn(Alert alert) = 0;
  /// From now on, records that we write hold at most `bytes` of plaintext. In TLS 1.3, this includes the inner content
  /// type and padding (RFC 8449).
  virtual void limit_records(std::size_t bytes) = 0;
  /// From now on, protected records of the peer hold at most `bytes` of plaintext, counted like limit_records(). The
  /// peer has accepted our record_size_limit.
  virtual void limit_peer_records(std::size_t bytes) = 0;
  /// Returns the bytes of application data written so far. If a handshake turns out to be tampered with, this is the
  /// data that False Start has revealed.
  [[nodiscard]] virtual std::uint64_t data_sent() const noexcept = 0;
  /// Logs one SSLKEYLOGFILE secret (RFC 9850). Has no effect unless a key log is configured.
  virtual void log_secret(std::string_view label, Bytes client_random, Bytes secret) = 0;
  /// Sets the configuration of a connection that had none. The connection's own settings apply from now on.
  virtual void configure(const std::shared_ptr<const CommonSettings>& settings) = 0;
  /// The handshake cannot continue until `operation` is answered.
  virtual void need(Operation operation) = 0;
};

}  // namespace tls::handshake
