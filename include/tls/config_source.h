// Which configuration a server's connection gets: chosen when the ClientHello is there, for this connection alone.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tls/client_hello.h"
#include "tls/config.h"
#include "tls/credentials.h"
#include "tls/error.h"

namespace tls {

/// What is known when a server's configuration must be chosen. Owns all of it: at most what a ClientHello of 64 KiB
/// holds.
struct ConfigRequest {
  ClientHelloFacts hello;
  std::string peer_address;  ///< as whoever started the connection gave it; adapters: "127.0.0.1:50000"
};

/// Chooses the configurations of connections: one for each, when its ClientHello is there. Shared by connections and
/// threads; choose() must be thread-safe.
///
/// All that a handshake needs is in the one configuration that it was given, so it sees no change that is made
/// meanwhile. What is to outlive a change is shared by the configurations: see ServerConfig::rebuild().
class ServerConfigSource {
 public:
  virtual ~ServerConfigSource() = default;
  /// An Error refuses the client: its alert is sent, see Error::with_alert(); Code::unrecognized_name is the one for a
  /// name that is not served. Empty: the configuration comes later, through complete(). What it throws fails the
  /// connection: see Connection.
  virtual Answer<ServerConfig> choose(const ConfigRequest& request) const = 0;
};

/// A source that is a function. It must be thread-safe if connections of several threads share it. An empty one refuses
/// every client with misuse.
[[nodiscard]] std::shared_ptr<const ServerConfigSource> config_source(
    std::function<Answer<ServerConfig>(const ConfigRequest&)> choose);

}  // namespace tls
