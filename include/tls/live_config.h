// A configuration that can be replaced while connections run, and the review of connections that are open.
//
//   auto live = std::make_shared<tls::LiveServerConfig>(*config);
//   loop.listen("::", 443, live, make_handler);                                   // instead of *config
//   live->update([&](const tls::ServerConfig& now) { return now.rebuild().credentials(renewed()).build(); });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "tls/config_source.h"
#include "tls/info.h"
#include "tls/verifier.h"

namespace tls {

/// Gives every connection the configuration that is current when its ClientHello has arrived. Thread-safe: any thread
/// may replace the configuration at any time, and connections take no lock to read it. A replaced configuration lives
/// as long as a connection uses it. Configurations that were made by ServerConfig::rebuild() share tickets, session
/// caches and replay guards, so sessions survive a replacement. The configuration of the connection that would resume a
/// session decides about the session.
class LiveServerConfig final : public ServerConfigSource {
 public:
  explicit LiveServerConfig(ServerConfig first);
  ~LiveServerConfig() override;

  /// Makes `next` the current configuration. Returns its generation. Allocates no memory.
  std::uint64_t replace(ServerConfig next);
  /// Calls `change` with the current configuration, and makes its result the current one. Returns the generation of
  /// that. One change runs at a time, so none overwrites another that began before it ended. If `change` returns an
  /// Error or throws, nothing changes; the Error is returned, and the exception leaves this function. `change` must not
  /// call replace() or update().
  // test: live: a change that fails changes nothing
  Result<std::uint64_t> update(const std::function<Result<ServerConfig>(const ServerConfig& now)>& change);
  /// Returns the current configuration.
  [[nodiscard]] ServerConfig current() const;
  /// Returns 1 for the first configuration, and one more for each that was made current after it.
  [[nodiscard]] std::uint64_t generation() const;

  Answer<ServerConfig> choose(const ConfigRequest& request) const override;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

/// Judges whether `config` would still accept the client of an open connection. For connections that live longer than
/// the data by which they were judged. `info` belongs to a server's connection whose handshake is done. An Error is the
/// reason to reject the client, and has the alert for ending the connection.
///
/// - If the client has authenticated with a certificate, the verifier of client_auth() judges its chain, without a
///   staple. The whole chain is known after a full handshake and after a resumption from a cache. If a ticket held the
///   leaf alone (PeerIdentity::leaf), the verifier judges the leaf, and can accept it if it needs no intermediates from
///   the client. A PeerIdentity::summary cannot be verified, and fails with certificate_refused.
/// - If the client has authenticated with an external PSK, `config` must have an external PSK of that identity.
///   Otherwise the review fails with unknown_psk_identity. It compares the identity and not the key: with a digest of
///   the key in ConnectionInfo an attacker could test guesses at a weak key. To replace a key that others have learned,
///   give the new key a new identity.
/// - If `config` requires a certificate and the client has none, with or without an external PSK, the review fails with
///   client_certificate_required.
/// - If `config` does not request certificates, they are not judged.
///
/// An empty Answer means that the verifier would answer later. The review does not wait for that answer: call the
/// verifier itself. If the verifier throws, the exception leaves this function.
// test: live: review: who would be let in stays
[[nodiscard]] Answer<ChainAccepted> review_client(const ConnectionInfo& info, const ServerConfig& config);

}  // namespace tls
