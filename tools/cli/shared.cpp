#include "cli/shared.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/files.h"
#include "tls/ticket_keys.h"
#ifdef SALLYPORT_HAVE_REDIS
#include "tls/adapters/redis.h"
#endif

namespace sallyport::cli {

void define_shared_options(CLI::App& app, SharedOptions& o) {
  app.add_option(
      "--ticket-master", o.master,
      "File of 32 or more random bytes: servers with the same one open each other's tickets; their keys change "
      "every hour. Default: keys of this process alone");
  app.add_option("--shared-store", o.store,
                 "redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]: sessions by ID and the replay guard are shared over it; "
                 "needs --ticket-master, which seals what is kept there");
}

Shared::Shared(const SharedOptions& options, std::chrono::milliseconds window) : options_(options) {
  if (options.store.empty()) return;
  if (options.master.empty())
    throw Failure(kUsage,
                  "--shared-store needs --ticket-master: what servers share must be sealed under keys that they share");
#ifdef SALLYPORT_HAVE_REDIS
  auto parsed = tls::RedisOptions::parse(options.store);
  if (!parsed) throw Failure(kUsage, "--shared-store: " + parsed.error().message());
  parsed->window = window;
  parsed->warning = [](std::string_view words) { std::cerr << "WARNING: " + std::string(words) + "\n"; };
  auto store = tls::RedisStore::open(std::move(*parsed));
  if (!store) throw Failure(kUsage, "--shared-store: " + store.error().message());
  store_ = std::move(*store);
#else
  (void)window;
  throw Failure(kUsage, "--shared-store: this program was built without hiredis; script/bootstrap installs it");
#endif
}

std::shared_ptr<tls::TicketSealer> Shared::ticket_keys(std::chrono::seconds lifetime) const {
  tls::RotationPolicy policy;
  policy.ticket_lifetime = lifetime;
  if (options_.master.empty()) {
    auto keys = tls::RotatingTicketKeys::at_random(policy);
    if (!keys) throw Failure(kUsage, "--ticket-lifetime: " + keys.error().message());
    return std::move(*keys);
  }
  std::string master = read_file(options_.master);
  auto keys = tls::RotatingTicketKeys::from_master(tls::as_bytes(master), policy);
  tls::wipe({reinterpret_cast<std::uint8_t*>(master.data()), master.size()});
  if (!keys) throw Failure(kUsage, "--ticket-master " + options_.master + ": " + keys.error().message());
  return std::move(*keys);
}

#ifdef SALLYPORT_HAVE_REDIS

std::shared_ptr<tls::SessionCache> Shared::session_cache(std::shared_ptr<tls::SessionCache> local,
                                                         std::shared_ptr<tls::TicketSealer> sealer) const {
  return store_ ? store_->session_cache(std::move(sealer), std::move(local)) : local;
}
std::shared_ptr<tls::ReplayGuard> Shared::replay_guard() const { return store_ ? store_->replay_guard() : nullptr; }
Answerer Shared::answerer() const {
  if (!store_) return {};
  return [store = store_](const tls::Operation& operation) { return store->wait(operation); };
}

#else

std::shared_ptr<tls::SessionCache> Shared::session_cache(std::shared_ptr<tls::SessionCache> local,
                                                         std::shared_ptr<tls::TicketSealer>) const {
  return local;
}
std::shared_ptr<tls::ReplayGuard> Shared::replay_guard() const { return nullptr; }
Answerer Shared::answerer() const { return {}; }

#endif

}  // namespace sallyport::cli
