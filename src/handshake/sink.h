// What a handshake does to the world outside: the one seam between handshake and record layer. TLS records, tests and
// later QUIC implement it; the handshake never sees a record.
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
  /// Queues a whole handshake message (header included) under the write keys of `epoch`.
  virtual void send(Bytes message, Epoch epoch) = 0;
  /// TLS 1.3: from now on `direction` uses keys derived from `secret` (RFC 9846 §7.3). Before a write key changes all
  /// that was sent is put into records under the old one. A read key changes at a record boundary: the tables see to
  /// it.
  virtual void install(Direction direction, Epoch epoch, const SuiteImpl& suite, const TrafficSecret& secret) = 0;
  /// TLS 1.2: the same with a key and a fixed IV cut from the key block (RFC 5246 §6.3), of key_size() bytes and of 4
  /// (GCM) or 12 (ChaCha20) bytes. What is sent from now on, Finished first, is of Epoch::application.
  virtual void install(Direction direction, const SuiteImpl& suite, Bytes key, Bytes fixed_iv) = 0;
  /// A compatibility ChangeCipherSpec (RFC 9846 Appendix E.4), or TLS 1.2's own, goes out now.
  virtual void send_change_cipher_spec() = 0;
  /// TLS 1.2: a warning goes out now, behind what was sent, and the connection goes on (RFC 5246 §7.2.2). `alert` is
  /// one that is always a warning.
  virtual void warn(Alert alert) = 0;
  /// From now on records that we write hold at most `bytes` of plaintext, inner content type and padding included for
  /// TLS 1.3 (RFC 8449).
  virtual void limit_records(std::size_t bytes) = 0;
  /// From now on protected records of the peer hold at most `bytes` of plaintext, counted likewise: it took note of our
  /// own record_size_limit.
  virtual void limit_peer_records(std::size_t bytes) = 0;
  /// Bytes of application data that were written so far: what False Start has given away when a handshake turns out to
  /// be tampered with.
  [[nodiscard]] virtual std::uint64_t data_sent() const noexcept = 0;
  /// One SSLKEYLOGFILE secret (RFC 9850); ignored unless a key log is configured.
  virtual void log_secret(std::string_view label, Bytes client_random, Bytes secret) = 0;
  /// The configuration is chosen, where there was none before: what is the connection's of it holds from now on.
  virtual void configure(const std::shared_ptr<const CommonSettings>& settings) = 0;
  /// The handshake cannot go on until `operation` is answered.
  virtual void need(Operation operation) = 0;
};

}  // namespace tls::handshake
