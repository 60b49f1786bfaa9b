// How connections come to be: the one place that names both handshakes.
#include "connection/core.h"

namespace tls {

Result<ClientConnection> ClientConnection::start(const ClientConfig& config, std::string_view server_name,
                                                 Output& out) {
  return start(config, server_name, ClientStart{}, out);
}

Result<ClientConnection> ClientConnection::start(const ClientConfig& config, std::string_view server_name,
                                                 ClientStart start, Output& out) {
  try {
    auto handshake = handshake::client_handshake(config.share(), server_name, start.port);
    if (!handshake) return std::unexpected(std::move(handshake).error());
    auto core = std::make_unique<Core>(config.share(), *std::move(handshake));
    if (Result<void> begun = core->begin(out); !begun) return std::unexpected(std::move(begun).error());
    return ClientConnection(std::move(core));
  } catch (...) {
    return std::unexpected(caught(Code::internal_error));
  }
}

ServerConnection ServerConnection::start(const ServerConfig& config) {
  try {
    auto core = std::make_unique<Core>(config.share(), handshake::server_handshake(config.share()));
    // A server has nothing to write before the ClientHello. Should its handshake fail already, step() says so.
    Output nothing;
    static_cast<void>(core->begin(nothing));
    return ServerConnection(std::move(core));
  } catch (...) {
    return ServerConnection(caught(Code::internal_error).code());
  }
}

ServerConnection ServerConnection::start(std::shared_ptr<const ServerConfigSource> source, ServerStart start) {
  if (!source) return ServerConnection(Code::misuse);
  try {
    auto core = std::make_unique<Core>(Core::unconfigured(),
                                       handshake::server_handshake(std::move(source), std::move(start.peer_address)));
    Output nothing;
    static_cast<void>(core->begin(nothing));
    return ServerConnection(std::move(core));
  } catch (...) {
    return ServerConnection(caught(Code::internal_error).code());
  }
}

}  // namespace tls
