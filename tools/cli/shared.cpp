#include "cli/shared.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <thread>

#include "cli/files.h"
#include "tls/ticket_keys.h"
#ifdef SALLYPORT_HAVE_REDIS
#include "tls/adapters/redis.h"
#endif

namespace sallyport::cli {

void define_shared_options(CLI::App& app, SharedOptions& o) {
  app.add_option(
         "--ticket-master", o.master,
         "32 or more random bytes, or redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], where they are the value of "
         "sallyport:ticket-master: servers with the same one open each other's tickets; their keys change every hour. "
         "Default: keys of this process alone")
      ->type_name("FILE or URL");
  app.add_option("--shared-store", o.store,
                 "redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]: sessions by ID and the replay guard are shared over it; "
                 "needs --ticket-master, which seals what is kept there; default: none")
      ->type_name("URL");
}

namespace {

constexpr std::string_view kRedis = "redis://";
[[maybe_unused]] constexpr std::chrono::milliseconds kFirstMaster{1000};  // for which a server waits before it serves

#ifdef SALLYPORT_HAVE_REDIS

std::shared_ptr<tls::RedisStore> open_store(const std::string& option, const std::string& url,
                                            std::chrono::milliseconds window) {
  auto parsed = tls::RedisOptions::parse(url);
  if (!parsed) throw Failure(kUsage, option + ": " + parsed.error().message());
  parsed->window = window;
  parsed->warning = [](std::string_view words) { std::cerr << "WARNING: " + std::string(words) + "\n"; };
  auto store = tls::RedisStore::open(std::move(*parsed));
  if (!store) throw Failure(kUsage, option + ": " + store.error().message());
  return std::move(*store);
}

std::shared_ptr<tls::TicketSealer> fetched_keys(tls::RedisStore& store, const tls::RotationPolicy& policy) {
  auto keys = store.ticket_keys(policy);
  if (!keys) throw Failure(kUsage, "--ticket-lifetime: " + keys.error().message());
  const auto until = std::chrono::steady_clock::now() + kFirstMaster;
  while (store.stats().masters == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (store.stats().masters == 0)
    std::cerr << "WARNING: no ticket master from Redis yet: until there is one, no other server opens our tickets\n";
  return std::move(*keys);
}

#else

std::shared_ptr<tls::RedisStore> open_store(const std::string& option, const std::string&, std::chrono::milliseconds) {
  throw Failure(kUsage, option + ": this program was built without the adapters");
}
std::shared_ptr<tls::TicketSealer> fetched_keys(tls::RedisStore&, const tls::RotationPolicy&) { return nullptr; }

#endif

}  // namespace

Shared::Shared(const SharedOptions& options, std::chrono::milliseconds window) : options_(options) {
  if (!options.store.empty() && options.master.empty())
    throw Failure(kUsage,
                  "--shared-store needs --ticket-master: what servers share must be sealed under keys that they share");
  if (!options.store.empty()) store_ = open_store("--shared-store", options.store, window);
  if (options.master.starts_with(kRedis))
    master_store_ = options.master == options.store ? store_ : open_store("--ticket-master", options.master, window);
}

std::shared_ptr<tls::TicketSealer> Shared::ticket_keys(std::chrono::seconds lifetime) const {
  tls::RotationPolicy policy;
  policy.ticket_lifetime = lifetime;
  if (master_store_) return fetched_keys(*master_store_, policy);
  if (options_.master.empty()) {
    auto keys = tls::RotatingTicketKeys::at_random(policy);
    if (!keys) throw Failure(kUsage, "--ticket-lifetime: " + keys.error().message());
    return std::move(*keys);
  }
  const tls::SecretBytes master = read_secret(options_.master);
  auto keys = tls::RotatingTicketKeys::from_master(master.expose(), policy);
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
