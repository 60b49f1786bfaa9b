#include "cli/sessions.h"

#include <CLI/CLI.hpp>

#include "tls/session_cache.h"
#include "tls/ticket_keys.h"

namespace sallyport::cli {

void define_session_options(CLI::App& app, SessionOptions& o) {
  app.add_option("--session-cache", o.cache, "TLS 1.2: sessions kept for resumption by ID; 0: none; default 20480");
  app.add_option("--tickets", o.tickets, "Whether clients are given tickets, in both versions; default on")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--ticket-lifetime", o.lifetime, "Seconds for which a session can be resumed; default 7200")
      ->check(CLI::Range(1u, 604800u));
}

void apply(const SessionOptions& o, tls::ServerConfig::Builder& builder) {
  const std::chrono::seconds lifetime(o.lifetime);
  builder.ticket_lifetime(lifetime);
  if (o.cache != 0) {
    auto cache = tls::memory_session_cache({.entries = o.cache});
    if (!cache) throw Failure(kUsage, "--session-cache: " + cache.error().message());
    builder.session_cache(std::move(*cache));
  }
  if (o.tickets == "off") return;
  auto keys = tls::RotatingTicketKeys::at_random({.ticket_lifetime = lifetime});
  if (!keys) throw Failure(kUsage, "--tickets: " + keys.error().message());
  builder.tickets(std::move(*keys));
}

}  // namespace sallyport::cli
