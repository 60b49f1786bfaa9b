// sallyport lab: the resumption laboratory. One listener for each way of resuming, and a run of our own client.
#include <poll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/command.h"
#include "cli/facts.h"
#include "cli/files.h"
#include "factory/certificates.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

namespace sallyport::cli {
namespace {

using nlohmann::ordered_json;
using tls::ProtocolVersion;
constexpr std::chrono::milliseconds kLimit{10000};

struct Options {
  std::string address = "127.0.0.1", ca_out;
  std::uint16_t port = 0;
  bool run = false, json = false;
  std::vector<unsigned> connections = {5, 15, 30, 50, 100};
};

template <class T>
T must(tls::Result<T> made) {
  if (!made) throw Failure(kIo, made.error().message());
  return std::move(*made);
}

/// One way of resuming, and what makes a server go it.
struct Way {
  const char* name;
  ProtocolVersion version;
  const char* resumed;  ///< as the facts call it
  void (*adjust)(tls::ServerConfig::Builder& builder);
  bool early_data = false;  ///< the request goes first, where a ticket allows it
};
void keep_by_id(tls::ServerConfig::Builder& b) { b.session_cache(must(tls::memory_session_cache())); }
void give_tickets(tls::ServerConfig::Builder& b) { b.tickets(must(tls::RotatingTicketKeys::at_random())); }
void accept_early_data(tls::ServerConfig::Builder& b) {
  constexpr std::uint32_t kMost = 16384;  // bytes
  give_tickets(b);
  b.early_data(kMost, must(tls::local_replay_guard()));
}
constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr Way kWays[] = {
    {"TLS 1.2, nothing", ProtocolVersion::tls12, "no", [](tls::ServerConfig::Builder&) {}},
    {"TLS 1.2, session ID", ProtocolVersion::tls12, "session-id", keep_by_id},
    {"TLS 1.2, ticket", ProtocolVersion::tls12, "ticket", give_tickets},
    {"TLS 1.3, PSK", ProtocolVersion::tls13, "psk", give_tickets},
    {"TLS 1.3, early data", ProtocolVersion::tls13, "psk", accept_early_data, true},
};

/// A root and a server certificate that live as long as the laboratory.
struct Authority {
  Issued root = self_signed(authority("Sallyport Lab Root"), Key::generate(KeyType::ecdsa_p256));
  Issued leaf = issue(root, server_leaf("localhost", {"localhost"}, {"127.0.0.1"}), Key::generate(KeyType::ecdsa_p256));
};

/// One listener, served by one thread: the run's connections come one after the other.
class Bench {
 public:
  Bench(const Way& way, const Authority& authority, const std::string& address, std::uint16_t port)
      : way_(way),
        config_(make_config(way, authority)),
        listener_(must(tls::Socket::listen(address, port))),
        port_(must(listener_.local_port())) {
    must_not_fail(listener_.non_blocking(true));
    thread_ = std::thread([this] { serve(); });
  }
  ~Bench() {
    ending_ = true;
    thread_.join();
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  [[nodiscard]] const Way& way() const noexcept { return way_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  static void must_not_fail(const tls::Result<void>& result) {
    if (!result) throw Failure(kIo, result.error().message());
  }
  static tls::ServerConfig make_config(const Way& way, const Authority& authority) {
    auto builder = tls::ServerConfig::builder();
    builder.versions(way.version, way.version);
    builder.credentials(
        tls::credential_list({must(tls::load_credential(authority.leaf.pem(), authority.leaf.key_pem()))}));
    way.adjust(builder);
    return must(builder.build());
  }

  void serve() {
    constexpr int kLook = 50;  // ms after which the thread looks whether it should end
    while (!ending_) {
      pollfd waiting{listener_.fd(), POLLIN, 0};
      if (::poll(&waiting, 1, kLook) <= 0) continue;
      auto socket = listener_.accept();
      if (!socket || !socket->non_blocking(false)) continue;
      Channel channel(tls::ServerConnection::start(config_), std::move(*socket), {});
      if (answer(channel)) channel.linger();
    }
  }

  /// Early data is answered at once, as half-RTT data: the page changes nothing, so a request that came again would do
  /// no harm (RFC 8470).
  static bool answer(Channel& channel) {
    std::string request;
    bool answered = false;
    channel.on_early([&](tls::Bytes data) -> tls::Result<void> {
      request += tls::as_text(data);
      if (answered || !complete(request) || !request.starts_with("GET ")) return {};
      answered = true;
      return channel.write(tls::as_bytes(page(channel)));
    });
    if (!channel.handshake(kLimit) || !channel.socket_timeouts(kLimit)) return false;
    while (!complete(request)) {
      const auto data = channel.read();
      if (!data || data->empty() || request.size() > (16u << 10)) return false;
      request += tls::as_text(*data);
    }
    return (answered || channel.write(tls::as_bytes(page(channel)))) && channel.close();
  }
  static bool complete(const std::string& request) { return request.find("\r\n\r\n") != std::string::npos; }

  /// Whether the session was reused, and how.
  static std::string page(const Channel& channel) {
    const ordered_json known = facts(channel.info(), channel.traffic());
    const bool reused = channel.info().resumed != tls::Resumption::none;
    const std::string body =
        std::string("reused: ") + (reused ? "true" : "false") + "\nhow: " + known["resumed"].get<std::string>() +
        "\nearly data: " + known["early_data"].get<std::string>() +
        "\nversion: " + known["version"].get<std::string>() + "\nsuite: " + known["suite"].get<std::string>() + "\n";
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
  }

  const Way& way_;
  const tls::ServerConfig config_;
  tls::Socket listener_;
  const std::uint16_t port_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

/// What a series of connections took, in milliseconds from connecting to the last byte of the page.
struct Series {
  double first = 0;
  std::vector<double> later;
  unsigned reused = 0;  ///< of `later`
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}
double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// One connection: handshake, request, page.
tls::Resumption visit(const tls::ClientConfig& config, const std::string& address, std::uint16_t port) {
  auto socket = must(tls::Socket::connect(address, std::to_string(port), kLimit));
  tls::Output first;
  auto connection = must(tls::ClientConnection::start(config, "localhost", tls::ClientStart{.port = port}, first));
  const tls::Bytes request = tls::as_bytes(kRequest);
  const bool early = connection.early_data_left() >= request.size();
  if (early) must(connection.send_early(request, first));
  Channel channel(std::move(connection), std::move(socket), std::move(first));
  const auto done = [](const tls::Result<void>& result) {
    if (!result) throw Failure(kTls, result.error().message());
  };
  done(channel.handshake(kLimit));
  if (!early || !channel.refused().empty()) done(channel.write(request));
  while (true)
    if (must(channel.read()).empty()) break;
  done(channel.close());
  return channel.info().resumed;
}

Series measure(const Bench& bench, const tls::ClientConfig& config, const std::string& address, unsigned count) {
  Series series;
  for (unsigned i = 0; i < count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const bool reused = visit(config, address, bench.port()) != tls::Resumption::none;
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    if (i == 0)
      series.first = ms;
    else
      series.later.push_back(ms), series.reused += reused;
  }
  return series;
}

/// A client without any session yet.
tls::ClientConfig fresh_client(const Authority& authority, bool early_data) {
  auto builder = tls::ClientConfig::builder();
  builder.early_data(early_data);
  builder.trust(must(tls::trust_pem(authority.root.pem()))).sessions(tls::memory_client_sessions());
  return must(builder.build());
}

int run_client(const std::vector<std::unique_ptr<Bench>>& benches, const Authority& authority, const Options& o) {
  ordered_json results = ordered_json::array();
  if (!o.json)
    std::printf("%-20s %11s %7s %9s %9s %9s\n", "way", "connections", "reused", "first ms", "mean ms", "median ms");
  for (const auto& bench : benches)
    for (const unsigned count : o.connections) {
      const Series s = measure(*bench, fresh_client(authority, bench->way().early_data), o.address, count);
      if (o.json)
        results.push_back({{"way", bench->way().name},
                           {"how", bench->way().resumed},
                           {"connections", count},
                           {"reused", s.reused},
                           {"first_ms", s.first},
                           {"mean_ms", mean(s.later)},
                           {"median_ms", median(s.later)}});
      else
        std::printf("%-20s %11u %7u %9.3f %9.3f %9.3f\n", bench->way().name, count, s.reused, s.first, mean(s.later),
                    median(s.later));
    }
  if (o.json) std::cout << ordered_json{{"lab", results}}.dump() << "\n";
  return kDone;
}

int lab(const Options& o) {
  const Authority authority;
  if (!o.ca_out.empty()) write_file(o.ca_out, tls::as_bytes(authority.root.pem()), 0644);
  std::vector<std::unique_ptr<Bench>> benches;
  for (const Way& way : kWays) {
    const auto offset = static_cast<std::uint16_t>(benches.size());
    const auto port = static_cast<std::uint16_t>(o.port == 0 ? 0 : o.port + offset);
    benches.push_back(std::make_unique<Bench>(way, authority, o.address, port));
    std::cerr << "listening on " + o.address + ":" + std::to_string(benches.back()->port()) + " for " + way.name + "\n";
  }
  if (o.run) return run_client(benches, authority, o);
  while (true) ::poll(nullptr, 0, -1);  // until a signal ends the program
}

Action define(CLI::App& app) {
  auto o = std::make_shared<Options>();
  app.add_option("--address", o->address, "Address to listen on; default 127.0.0.1")->type_name("ADDRESS");
  app.add_option("--port", o->port, "Port of the first listener, the others follow; default: any, they are printed")
      ->type_name("PORT");
  app.add_option("--ca-out", o->ca_out,
                 "Writes the root of the laboratory's certificate to this file, for other clients; default: nowhere")
      ->type_name("FILE");
  app.add_flag("--run", o->run, "Runs our client against every listener, prints what its connections took, and ends");
  app.add_option("--connections", o->connections, "How many connections each run makes; default 5,15,30,50,100")
      ->type_name("N,N...")
      ->delimiter(',')
      ->check(CLI::Range(1u, 100000u));
  app.add_flag("--json", o->json, "The run's table as JSON on the standard output");
  return [o] { return lab(*o); };
}

}  // namespace

const Command kLab = {"lab", "The resumption laboratory: a listener for each way of resuming", define};

}  // namespace sallyport::cli
