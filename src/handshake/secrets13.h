// The secrets that a TLS 1.3 handshake carries from state to state.
#pragma once

#include "handshake/key_schedule13.h"
#include "handshake/running.h"

namespace tls::handshake {

/// From ServerHello to the server's Finished.
struct HandshakeKeys {
  SuiteImpl suite;
  HandshakeSecret stage;
  TrafficSecret client, server;  ///< handshake traffic secrets
};

/// After the server's Finished.
struct ApplicationKeys {
  SuiteImpl suite;
  TrafficSecret client_handshake;  ///< the client's Finished is made with it
  TrafficSecret client, server;    ///< application traffic secrets
  ExporterSecret exporter;
  MainSecret main;  ///< for the resumption secret, once the client's Finished is in the transcript
};

/// The Handshake Secret and its traffic secrets, logged; the transcript reaches through ServerHello. Without a key
/// exchange there is no shared secret (psk_ke).
[[nodiscard]] HandshakeKeys enter_handshake(const SuiteImpl& suite, EarlySecret&& early,
                                            std::optional<crypto::SharedSecret>&& shared, Bytes client_random,
                                            Context& c);
/// The Main Secret's, logged; the transcript reaches through the server's Finished.
[[nodiscard]] ApplicationKeys enter_application(HandshakeKeys&& keys, Bytes client_random, Context& c);

/// TLS-Exporter with them (RFC 9846 §7.5).
[[nodiscard]] Result<void> export_with(const ApplicationKeys& keys, std::string_view label,
                                       std::optional<Bytes> context, MutableBytes out);

/// The early_exporter_secret of a connection whose early data was offered or accepted.
struct EarlyExporter {
  const crypto::HashImpl* hash = nullptr;
  ExporterSecret secret;
};
/// That of a ClientHello, logged; `through_client_hello`: the transcript's hash.
[[nodiscard]] EarlyExporter early_exporter(const crypto::HashImpl& hash, const EarlySecret& early,
                                           Bytes through_client_hello, Bytes client_random, Sink& sink);

/// Records under one key before its owner updates it: the suite's limit, or less when configured.
[[nodiscard]] std::uint64_t records_per_key(const SuiteImpl& suite, std::uint64_t configured);

}  // namespace tls::handshake
