// A configuration that is replaced while connections run, and what becomes of those that are open.
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

/// Gives every connection the configuration that is current when its ClientHello is there. Thread-safe: any thread may
/// replace it at any time, and connections take no lock to read it. What was replaced lives as long as a connection
/// uses it. Tickets, session caches and replay guards are shared by configurations that were made by
/// ServerConfig::rebuild(), so resumption goes on; a session is judged by the configuration of the connection that
/// would resume it.
class LiveServerConfig final : public ServerConfigSource {
 public:
  explicit LiveServerConfig(ServerConfig first);
  ~LiveServerConfig() override;

  /// Makes `next` current; returns its generation. Takes no memory.
  std::uint64_t replace(ServerConfig next);
  /// Makes what `change` gives for the current configuration the current one; returns its generation. One change at a
  /// time: none is lost to another that was begun before it ended. An Error of `change`, or what it throws, changes
  /// nothing; the latter leaves this function. `change` must not call replace() or update().
  // test: live: a change that fails changes nothing
  Result<std::uint64_t> update(const std::function<Result<ServerConfig>(const ServerConfig& now)>& change);
  [[nodiscard]] ServerConfig current() const;
  /// 1 for the first, and one more for each that was made current.
  [[nodiscard]] std::uint64_t generation() const;

  Answer<ServerConfig> choose(const ConfigRequest& request) const override;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

/// Whether the client of an open connection would still be let in by `config`: for connections that live longer than
/// what they were judged by. `info` is that of a server's connection whose handshake is done. An Error is why not, with
/// the alert to end the connection with:
///
/// - Of a client that has shown a certificate the verifier of client_auth() is asked, about what is known of the chain
///   and without a staple: all of it after a full handshake, and after a resumption from a cache; the leaf alone where
///   a ticket held no more (PeerIdentity::leaf), which a verifier can accept that needs no intermediates of the
///   client's. A PeerIdentity::summary cannot be verified, and fails with certificate_refused.
/// - One that has shown an external PSK needs one of that identity in `config`, or fails with unknown_psk_identity. The
///   identity is compared, not the key: a digest of that, kept in ConnectionInfo, would let guesses at a weak key be
///   tried. Who replaces a key that others have learned gives the new one a new identity.
/// - One without a certificate fails with client_certificate_required where that is required, an external PSK or not.
/// - Where `config` does not ask for certificates, they are not looked at.
///
/// Empty: the verifier would answer later; that answer is not waited for: ask the verifier itself. What it throws
/// leaves this function.
// test: live: review: who would be let in stays
[[nodiscard]] Answer<ChainAccepted> review_client(const ConnectionInfo& info, const ServerConfig& config);

}  // namespace tls
