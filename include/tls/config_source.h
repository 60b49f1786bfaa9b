// The choice of the configuration of a server's connection, made for each connection when its ClientHello has arrived.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tls/client_hello.h"
#include "tls/config.h"
#include "tls/credentials.h"
#include "tls/error.h"

namespace tls {

/// The facts that are known when a server's configuration must be chosen. Owns all of them, at most the contents of a
/// ClientHello of 64 KiB.
struct ConfigRequest {
  ClientHelloFacts hello;
  std::string peer_address;  ///< as given in ServerStart; adapters give "127.0.0.1:50000"
};

/// Chooses one configuration for each connection, when its ClientHello has arrived. Shared by connections and threads,
/// so choose() must be thread-safe.
///
/// A handshake takes all settings from the one configuration that it received, so later changes do not affect it. State
/// that must survive a change of configuration is shared by the configurations: see ServerConfig::rebuild().
class ServerConfigSource {
 public:
  virtual ~ServerConfigSource() = default;
  /// Returns the configuration. An Error rejects the client and sends its alert, see Error::with_alert();
  /// Code::unrecognized_name is for a name that this server does not serve. An empty Answer means that the
  /// configuration comes later, through complete(). If it throws, the connection fails: see Connection.
  virtual Answer<ServerConfig> choose(const ConfigRequest& request) const = 0;
};

/// Makes a source of a function. The function must be thread-safe if connections of several threads share the source.
/// An empty function rejects every client with misuse.
[[nodiscard]] std::shared_ptr<const ServerConfigSource> config_source(
    std::function<Answer<ServerConfig>(const ConfigRequest&)> choose);

}  // namespace tls
