// The program that the runner starts for each case: `bogo_shim -port P -shim-id N [flags]`.
#include <csignal>
#include <cstdlib>

#include "connection.h"
#include "report.h"

namespace {

using namespace bogo;

/// Opens a connection and plays it.
int play(const Settings& settings) {
  const Options& o = settings.options;
  std::optional<tls::ClientConfig> client;
  std::optional<tls::ServerConfig> server;
  // A configuration that the stack does not have is found out before the runner is bothered.
  if (o.server) {
    auto config = server_config(settings);
    if (!config) return kNotImplemented;
    server = std::move(*config);
  } else {
    auto config = client_config(settings);
    if (!config) return kNotImplemented;
    client = std::move(*config);
  }
  const bool single_bytes = o.async;
  Transport transport({static_cast<std::uint16_t>(*o.port), o.ipv6, static_cast<std::uint64_t>(o.shim_id.value_or(0))},
                      single_bytes);
  if (!transport.connected()) return complain("no connection to the runner"), kFailure;
  tls::Output out;
  std::optional<tls::Connection> connection;
  if (o.server) {
    connection.emplace(tls::ServerConnection::start(*server));
  } else {
    // The stack wants a name in any case; without -host-name it stays here.
    auto started = tls::ClientConnection::start(*client, o.host_name.value_or("test"), out);
    if (!started) return kNotImplemented;
    connection.emplace(std::move(*started));
  }
  Session session(settings, transport, std::move(*connection), std::move(out));
  if (session.run()) return kSuccess;
  return session.handshake_done() && o.handshake_never_done ? kAlwaysFailure : kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  auto parsed = parse_flags(std::span(argv + 1, argv + argc));
  if (!parsed) {
    std::printf("not implemented: %s\n", parsed.error().c_str());
    return kNotImplemented;
  }
  if (parsed->initial.is_handshaker_supported) return std::puts("No"), kSuccess;
  if (!parsed->initial.port) return kNotImplemented;
  // Nothing is exported before the server's Finished was verified.
  if (parsed->initial.false_start && parsed->initial.export_keying_material) return kNotImplemented;
  // A server is not told whether its client knows RFC 5746.
  if (parsed->initial.server && parsed->initial.expect_secure_renegotiation) return kNotImplemented;
  if (parsed->initial.wait_for_debugger) static_cast<void>(std::raise(SIGSTOP));
  MockClock clock;
  Memory memory;
  for (long i = 0; i <= parsed->initial.resume_count.value_or(0); ++i) {
    const Options& o = i == 0 ? parsed->initial : parsed->resume;
    const bool has_session = memory.client->next_connection();
    memory.cache->next_connection(o.async);
    if (i != 0 && !o.server && !has_session) return complain("no session to offer"), kFailure;
    auto settings = load_settings(o, clock, memory, i != 0);
    if (!versions(o) || !settings) return kNotImplemented;
    if (const int status = play(*settings); status != kSuccess) return status;
    clock.advance(std::chrono::seconds(o.resumption_delay.value_or(0)));
  }
  return kSuccess;
}
