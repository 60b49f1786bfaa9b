// The key schedule of TLS 1.3 (RFC 9846 §7.1) as a chain of types. A stage can only become the next stage. Code that
// derives a secret from the wrong stage does not compile.
#pragma once

#include <string_view>

#include "crypto/group.h"
#include "crypto/hash.h"
#include "handshake/sink.h"
#include "tls/secret.h"

namespace tls::handshake {

struct ExporterSecretRole;
struct ResumptionSecretRole;
struct PskRole;
using ExporterSecret = Secret<ExporterSecretRole, 48>;
using ResumptionSecret = Secret<ResumptionSecretRole, 48>;
using Psk = Secret<PskRole, 64>;

/// HKDF-Expand-Label as in Derive-Secret, with a transcript hash that the caller has computed.
void derive_secret(const crypto::HmacKey& secret, std::string_view label, Bytes transcript_hash, MutableBytes out);

/// The Main Secret. The application traffic secrets come from it.
class MainSecret {
 public:
  [[nodiscard]] TrafficSecret client_application(Bytes through_server_finished) const;
  [[nodiscard]] TrafficSecret server_application(Bytes through_server_finished) const;
  [[nodiscard]] ExporterSecret exporter(Bytes through_server_finished) const;
  [[nodiscard]] ResumptionSecret resumption(Bytes through_client_finished) const;

 private:
  friend class HandshakeSecret;
  explicit MainSecret(crypto::HmacKey key) : key_(std::move(key)) {}
  crypto::HmacKey key_;
};

/// The Handshake Secret.
class HandshakeSecret {
 public:
  [[nodiscard]] TrafficSecret client_handshake(Bytes through_server_hello) const;
  [[nodiscard]] TrafficSecret server_handshake(Bytes through_server_hello) const;
  [[nodiscard]] MainSecret to_main() &&;

 private:
  friend class EarlySecret;
  explicit HandshakeSecret(crypto::HmacKey key) : key_(std::move(key)) {}
  crypto::HmacKey key_;
};

/// The Early Secret.
class EarlySecret {
 public:
  static EarlySecret without_psk(const crypto::HashImpl& hash);
  static EarlySecret from_psk(const crypto::HashImpl& hash, const Psk& psk);
  /// The kind of PSK for which a binder key is (RFC 9846 §7.1, RFC 9258 §5.2).
  enum class Binder : std::uint8_t { external, resumption, imported };
  /// Returns the HMAC over `truncated_transcript_hash` that proves possession of the PSK (RFC 9846 §4.3.11.2).
  [[nodiscard]] crypto::Digest binder(Binder kind, Bytes truncated_transcript_hash) const;
  [[nodiscard]] TrafficSecret client_early(Bytes through_client_hello) const;
  [[nodiscard]] ExporterSecret early_exporter(Bytes through_client_hello) const;
  [[nodiscard]] HandshakeSecret to_handshake(crypto::SharedSecret&& ecdhe) &&;
  /// For psk_ke, which has no key exchange. Zeros replace the shared secret.
  [[nodiscard]] HandshakeSecret to_handshake_without_exchange() &&;

 private:
  explicit EarlySecret(crypto::HmacKey key) : key_(std::move(key)) {}
  crypto::HmacKey key_;
};

/// Returns the verify_data of a Finished whose key comes from `base` (RFC 9846 §4.5.3).
[[nodiscard]] crypto::Digest finished_mac(const crypto::HashImpl& hash, const TrafficSecret& base,
                                          Bytes transcript_hash);
/// Returns application_traffic_secret_N+1 (RFC 9846 §7.2).
[[nodiscard]] TrafficSecret next_generation(const crypto::HashImpl& hash, const TrafficSecret& secret);
/// TLS-Exporter (RFC 9846 §7.5), with the exporter_secret or the early_exporter_secret. Fails with misuse if the label
/// has more than 249 bytes, if `out` has more than 255 hash lengths, or if `secret` was moved away.
[[nodiscard]] Result<void> export_from(const crypto::HashImpl& hash, const ExporterSecret& secret,
                                       std::string_view label, Bytes context, MutableBytes out);
/// Returns the PSK of the ticket with this nonce (RFC 9846 §4.7.1).
[[nodiscard]] Psk ticket_psk(const crypto::HashImpl& hash, const ResumptionSecret& secret, Bytes ticket_nonce);

}  // namespace tls::handshake
