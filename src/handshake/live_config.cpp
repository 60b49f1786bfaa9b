#include "tls/live_config.h"

#include <thread>
#include <utility>

#include "handshake/psk.h"
#include "handshake/settings.h"
#include "session/published.h"

namespace tls {
namespace {

struct Numbered {
  ServerConfig config;
  std::uint64_t generation;
};
using Published = session::Published<Numbered>;

}  // namespace

struct LiveServerConfig::State {
  explicit State(ServerConfig first) : published(Numbered{std::move(first), 1}) {}
  Published published;

  std::uint64_t replace(ServerConfig next, const std::unique_lock<std::mutex>& held) {
    const std::uint64_t generation = published.current(held).generation + 1;
    published.replace({std::move(next), generation}, held);
    // Keys of the old one go with its last connection: a reader who copies it now is done in a moment.
    while (!published.tidy(held)) std::this_thread::yield();
    return generation;
  }
};

LiveServerConfig::LiveServerConfig(ServerConfig first) : state_(std::make_unique<State>(std::move(first))) {}
LiveServerConfig::~LiveServerConfig() = default;

std::uint64_t LiveServerConfig::replace(ServerConfig next) {
  return state_->replace(std::move(next), state_->published.writer());
}

Result<std::uint64_t> LiveServerConfig::update(
    const std::function<Result<ServerConfig>(const ServerConfig& now)>& change) {
  const auto held = state_->published.writer();
  Result<ServerConfig> next = change(state_->published.current(held).config);
  if (!next) return std::unexpected(std::move(next).error());
  return state_->replace(*std::move(next), held);
}

ServerConfig LiveServerConfig::current() const { return state_->published.view()->config; }
std::uint64_t LiveServerConfig::generation() const { return state_->published.view()->generation; }
Answer<ServerConfig> LiveServerConfig::choose(const ConfigRequest&) const { return current(); }

namespace {

Answer<ChainAccepted> review_certificate(const ConnectionInfo& info, const ServerSettings& settings) {
  if (info.peer_identity == PeerIdentity::summary)
    return fail(Code::certificate_refused, "its session kept a summary of the certificate, which cannot be verified");
  return settings.verifier->verify({.peer_is_server = false,
                                    .server_name = {},
                                    .chain = info.peer_certificates,
                                    .ocsp_response = {},
                                    .staples = StaplePolicy::ignore,
                                    .now = settings.clock->wall()});
}

}  // namespace

Answer<ChainAccepted> review_client(const ConnectionInfo& info, const ServerConfig& config) {
  const ServerSettings& settings = config.settings();
  if (!info.external_psk.empty()) {
    // As handshakes have it: where clients must show certificates no external PSK is taken.
    if (settings.client_auth == ClientAuth::require) return fail(Code::client_certificate_required);
    if (!handshake::known_external(settings, info.external_psk))
      return fail(Code::unknown_psk_identity, "the client's external PSK is not configured any more");
    return ChainAccepted{};
  }
  if (settings.client_auth == ClientAuth::none) return ChainAccepted{};
  if (info.peer_identity != PeerIdentity::none) return review_certificate(info, settings);
  if (settings.client_auth == ClientAuth::require) return fail(Code::client_certificate_required);
  return ChainAccepted{};
}

}  // namespace tls
