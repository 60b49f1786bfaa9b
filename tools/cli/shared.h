// What the servers of a fleet share: a file with the master of their ticket keys, and a Redis server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"
#include "tls/config.h"
#include "tls/operation.h"

namespace tls {
class RedisStore;
}

namespace sallyport::cli {

struct SharedOptions {
  std::string master;  ///< file, or redis://...; empty: ticket keys are drawn at random
  std::string store;   ///< redis://...; empty: none
};

void define_shared_options(CLI::App& app, SharedOptions& options);

/// Answers an operation that a provider left open, by one call of `done`, at once or from another thread. False: it is
/// nobody's, and `done` is not called.
using Answerer = std::function<bool(const tls::Operation&, std::function<void(tls::OperationResult)> done)>;

/// Open for as long as the server runs. Everything here fails with Failure(kUsage) or Failure(kIo), in words.
class Shared {
 public:
  /// `window`: the largest replay window of the servers that share.
  Shared(const SharedOptions& options, std::chrono::milliseconds window);

  /// Keys of the fleet if there is a master, else of this process alone.
  [[nodiscard]] std::shared_ptr<tls::TicketSealer> ticket_keys(std::chrono::seconds lifetime) const;
  /// `local` with the store behind it; `local` itself without a store. The sealer protects what is kept there.
  [[nodiscard]] std::shared_ptr<tls::SessionCache> session_cache(std::shared_ptr<tls::SessionCache> local,
                                                                 std::shared_ptr<tls::TicketSealer> sealer) const;
  /// The guard of the store; null without one.
  [[nodiscard]] std::shared_ptr<tls::ReplayGuard> replay_guard() const;
  [[nodiscard]] Answerer answerer() const;

 private:
  SharedOptions options_;
  std::shared_ptr<tls::RedisStore> store_, master_store_;
};

}  // namespace sallyport::cli
