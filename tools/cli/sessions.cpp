#include "cli/sessions.h"

#include <CLI/CLI.hpp>

#include "tls/session_cache.h"

namespace sallyport::cli {

void define_session_options(CLI::App& app, SessionOptions& o) {
  app.add_option("--session-cache", o.cache, "TLS 1.2: sessions kept for resumption by ID; 0: none; default 20480")
      ->type_name("N");
  app.add_option("--tickets", o.tickets, "Whether clients are given tickets, in both versions; default on")
      ->type_name("WORD")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--ticket-lifetime", o.lifetime, "How long a session can be resumed; default 7200")
      ->type_name("SECONDS")
      ->check(CLI::Range(1u, 604800u));
  define_shared_options(app, o.shared);
}

void apply(const SessionOptions& o, const Shared& shared, tls::ServerConfig::Builder& builder) {
  const std::chrono::seconds lifetime(o.lifetime);
  builder.ticket_lifetime(lifetime);
  const std::shared_ptr<tls::TicketSealer> keys = shared.ticket_keys(lifetime);
  if (o.cache != 0) {
    auto cache = tls::memory_session_cache({.entries = o.cache});
    if (!cache) throw Failure(kUsage, "--session-cache: " + cache.error().message());
    builder.session_cache(shared.session_cache(std::move(*cache), keys));
  }
  if (o.tickets == "on") builder.tickets(keys);
}

}  // namespace sallyport::cli
