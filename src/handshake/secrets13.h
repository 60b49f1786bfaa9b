// The secrets that a TLS 1.3 handshake carries from state to state.
#pragma once

#include "handshake/key_schedule13.h"
#include "handshake/running.h"

namespace tls::handshake {

/// The keys from ServerHello to the server's Finished.
struct HandshakeKeys {
  SuiteImpl suite;
  HandshakeSecret stage;
  TrafficSecret client, server;  ///< handshake traffic secrets
};

/// The keys after the server's Finished.
struct ApplicationKeys {
  SuiteImpl suite;
  TrafficSecret client_handshake;  ///< key of the client's Finished
  TrafficSecret client, server;    ///< application traffic secrets
  ExporterSecret exporter;
  MainSecret main;  ///< for the resumption secret, when the client's Finished is in the transcript
};

/// Returns the Handshake Secret and its traffic secrets, and logs them. Precondition: the transcript ends with
/// ServerHello. `shared` has no value without a key exchange (psk_ke).
[[nodiscard]] HandshakeKeys enter_handshake(const SuiteImpl& suite, EarlySecret&& early,
                                            std::optional<crypto::SharedSecret>&& shared, Bytes client_random,
                                            Context& c);
/// Returns the Main Secret and its traffic secrets, and logs them. Precondition: the transcript ends with the server's
/// Finished.
[[nodiscard]] ApplicationKeys enter_application(HandshakeKeys&& keys, Bytes client_random, Context& c);

/// Exports keying material with these keys: TLS-Exporter (RFC 9846 §7.5).
[[nodiscard]] Result<void> export_with(const ApplicationKeys& keys, std::string_view label,
                                       std::optional<Bytes> context, MutableBytes out);

/// The early_exporter_secret of a connection that offered or accepted early data.
struct EarlyExporter {
  const crypto::HashImpl* hash = nullptr;
  ExporterSecret secret;
};
/// Returns the early exporter of a ClientHello, and logs its secret. `through_client_hello` is the hash of the
/// transcript.
[[nodiscard]] EarlyExporter early_exporter(const crypto::HashImpl& hash, const EarlySecret& early,
                                           Bytes through_client_hello, Bytes client_random, Sink& sink);

/// Returns the number of records under one key before its owner updates it: the suite's limit, or a lower configured
/// one.
[[nodiscard]] std::uint64_t records_per_key(const SuiteImpl& suite, std::uint64_t configured);

}  // namespace tls::handshake
