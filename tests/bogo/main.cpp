// The program that the runner starts for each case: `bogo_shim -port P -shim-id N [flags]`.
#include <csignal>
#include <cstdlib>

#include "connection.h"
#include "report.h"

namespace {

using namespace bogo;

/// Opens a connection and plays it.
int play(const Settings& settings, const Settings& retry) {
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
  std::size_t early = 0, unfinished = 0;
  if (o.server) {
    connection.emplace(tls::ServerConnection::start(*server));
  } else {
    // The stack wants a name in any case; without -host-name it stays here.
    auto started = tls::ClientConnection::start(*client, o.host_name.value_or("test"), out);
    if (!started) return kNotImplemented;
    if (o.expect_no_offer_early_data && started->early_data_left() != 0)
      return complain("early data is offered"), kFailure;
    const std::string text = initial_write(o);
    const std::size_t hello = out.size();
    for (long i = 0; o.shim_writes_first && i < o.repeat_shim_initial_write.value_or(1); ++i)
      early += started->send_early(tls::as_bytes(text), out).value_or(0);
    if (early != 0 && o.read_with_unfinished_write) unfinished = out.size() - hello - 1;
    // Where early data may go out the suite's client has shaken hands as far as it is concerned, and exports.
    if (o.export_keying_material && started->early_data_left() != 0) {
      ByteVector material(static_cast<std::size_t>(*o.export_keying_material));
      if (auto made = started->export_keying_material(o.export_label.value_or(""), std::nullopt, material); !made) {
        static_cast<void>(transport.write(out));
        return complain(made.error()), kFailure;
      }
    }
    connection.emplace(std::move(*started));
  }
  Session session(settings, retry, transport, std::move(*connection), std::move(out), early, unfinished);
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
    Settings retry{parsed->retry, clock, memory, true, settings->verdict, settings->credentials, settings->secrets};
    if (const int status = play(*settings, retry); status != kSuccess) return status;
    clock.advance(std::chrono::seconds(o.resumption_delay.value_or(0)));
  }
  return kSuccess;
}
