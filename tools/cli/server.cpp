// sallyport server: a TLS server to try clients against.
#include <poll.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/limits.h"
#include "cli/explain.h"
#include "cli/files.h"
#include "cli/host.h"
#include "cli/http.h"
#include "cli/server_lines.h"
#include "cli/sessions.h"
#include "cli/staple.h"
#include "cli/tls_options.h"
#include "handshake/settings.h"
#include "tls/replay_guard.h"

namespace sallyport::cli {
namespace {

constexpr std::chrono::milliseconds kHandshakeLimit{10000};
constexpr std::chrono::milliseconds kIdle{60000};  // a peer that sends nothing for so long is left

struct Options {
  TlsOptions tls;
  SessionOptions sessions;
  std::vector<std::string> listen, staples;
  std::string root, verify_client = "none", client_ca;
  bool www = false, echo = false, json = false;
  std::uint64_t send = 0, accept = 0;
  unsigned threads = 16;
  unsigned num_tickets = tls::limits::kDefaultNewTickets;
  std::uint32_t early_data = 0, replay_window = 10;
};

std::chrono::milliseconds window_of(const Options& options) { return std::chrono::seconds(options.replay_window); }

/// The servers' that share a store, else one of this process.
std::shared_ptr<tls::ReplayGuard> make_guard(const Options& options, const Shared& shared) {
  if (auto guard = shared.replay_guard()) return guard;
  auto guard = tls::local_replay_guard({.window = window_of(options)});
  if (!guard) refuse_config(guard.error());
  return *guard;
}

tls::ServerConfig make_config(const Options& options, const Shared& shared) {
  auto builder = tls::ServerConfig::builder();
  if (options.early_data != 0) need_tls13(options.tls, "--early-data");
  apply(options.tls, builder);
  apply(options.sessions, shared, builder);
  auto credentials = load_credentials(options.tls);
  if (credentials.empty()) throw Failure(kUsage, "a server needs --cert and --key; `sallyport pki DIR` makes some");
  attach_staples(options.staples, credentials);
  builder.credentials(tls::credential_list(std::move(credentials)));
  if (options.verify_client != "none") {
    if (options.client_ca.empty()) throw Failure(kUsage, "--verify-client needs --client-ca");
    builder.client_auth(options.verify_client == "require" ? tls::ClientAuth::require : tls::ClientAuth::request,
                        load_roots(options.client_ca));
  } else if (!options.client_ca.empty()) {
    throw Failure(kUsage, "--client-ca needs --verify-client request or require");
  }
  if (!options.root.empty() && !std::filesystem::is_directory(options.root))
    throw Failure(kIo, "--root '" + options.root + "' is not a folder that can be read");
  if (options.early_data != 0 && options.num_tickets == 0)
    throw Failure(kUsage,
                  "--early-data needs --num-tickets above 0: it comes with sessions that were resumed by ticket");
  builder.new_tickets(static_cast<std::uint8_t>(options.num_tickets));
  if (options.early_data != 0) {
    builder.early_data(options.early_data, make_guard(options, shared), window_of(options));
  }
  auto config = builder.build();
  if (!config) refuse_config(config.error());
  return *config;
}

std::vector<tls::Socket> open_listeners(const Options& options) {
  std::vector<tls::Socket> out;
  for (const std::string& place : options.listen) {
    std::string host, port = "4433";
    split_host(place, host, port);
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size())
      throw Failure(kUsage, "--listen: '" + port + "' is not a port");
    auto socket = tls::Socket::listen(host, number);
    if (!socket) throw Failure(kIo, "--listen " + place + ": " + socket.error().message());
    const auto taken = socket->local_port();
    if (!taken) throw Failure(kIo, taken.error().message());
    // One write: the warnings of other threads do not come in between.
    std::cerr << "listening on " + join_host(host, std::to_string(*taken)) + "\n" << std::flush;
    // Several threads wait for one connection: those that come late must not be caught in accept().
    if (auto set = socket->non_blocking(true); !set) throw Failure(kIo, set.error().message());
    out.push_back(std::move(*socket));
  }
  return out;
}

class Server {
 public:
  explicit Server(const Options& options)
      : options_(options),
        shared_(options.sessions.shared, window_of(options)),
        config_(make_config(options, shared_)),
        listeners_(open_listeners(options)) {}

  int run() {
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1u, options_.threads); ++i) workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    if (const auto counts = claims()) std::cerr << line_of(*counts) + "\n";
    return status_;
  }

 private:
  /// One thread: takes connections and serves them one after the other.
  void work() {
    std::vector<pollfd> waiting;
    for (const tls::Socket& listener : listeners_) waiting.push_back({listener.fd(), POLLIN, 0});
    constexpr int kLook = 200;  // ms after which a thread looks whether all is done
    while (options_.accept == 0 || taken_ < options_.accept) {
      if (::poll(waiting.data(), waiting.size(), kLook) <= 0) continue;
      for (std::size_t i = 0; i < waiting.size(); ++i)
        if ((waiting[i].revents & POLLIN) != 0) take(listeners_[i]);
    }
  }

  void take(const tls::Socket& listener) {
    if (options_.accept != 0 && taken_.fetch_add(1) >= options_.accept) return;
    auto socket = listener.accept();
    if (!socket) {  // another thread was faster, or the peer is gone
      if (options_.accept != 0) --taken_;
      return;
    }
    if (!socket->non_blocking(false)) return;
    try {
      Channel channel(tls::ServerConnection::start(config_), std::move(*socket), {});
      channel.answer_with(shared_.answerer());
      const tls::Result<void> result = serve(channel);
      report(channel, result);
      channel.linger();
    } catch (const std::exception& e) {
      const std::lock_guard lock(printing_);
      std::cerr << "sallyport server: " << e.what() << "\n";
    }
  }

  tls::Result<void> serve(Channel& channel) {
    HttpServer http(channel, options_.root);
    std::vector<std::uint8_t> early;  // for those who answer nothing before the handshake is done
    const bool talks_http = options_.send == 0 && !options_.echo;
    channel.on_early([&](tls::Bytes data) -> tls::Result<void> {
      if (talks_http) return http.take_early(data);
      early.insert(early.end(), data.begin(), data.end());
      return {};
    });
    if (auto done = channel.handshake(kHandshakeLimit); !done) return done;
    if (auto set = channel.socket_timeouts(kIdle); !set) return set;
    if (options_.send != 0) return send(channel);
    if (talks_http) return http.run();
    if (!early.empty())
      if (auto sent = channel.write(early); !sent) return sent;
    return echo(channel);
  }

  tls::Result<void> send(Channel& channel) const {
    const std::vector<std::uint8_t> piece(1 << 16, 'x');
    for (std::uint64_t left = options_.send; left != 0;) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
      if (auto sent = channel.write(tls::Bytes(piece).first(n)); !sent) return sent;
      left -= n;
    }
    return channel.close();
  }

  static tls::Result<void> echo(Channel& channel) {
    while (true) {
      auto data = channel.read();
      if (!data) return std::unexpected(std::move(data).error());
      if (data->empty()) return channel.close();
      if (auto sent = channel.write(*data); !sent) return sent;
    }
  }

  void report(const Channel& channel, const tls::Result<void>& result) {
    const std::lock_guard lock(printing_);
    const Visitor visitor = visitor_of(channel);
    // A peer that leaves without close_notify after it was served is rude and no failure of the server.
    const bool served = channel.traffic().ms != 0;
    if (!result && !(served && status_of(result.error()) == kIo)) {
      status_ = options_.accept != 0 ? status_of(result.error()) : kDone;
      std::cerr << failure_of(visitor, result.error(), options_.tls, channel.info()) << std::endl;
    }
    if (options_.json) {
      const tls::Error* failure = result ? nullptr : &result.error();
      std::cout << json_of(visitor, channel.info(), channel.traffic(), failure, claims()).dump() << std::endl;
    } else if (served) {
      std::cerr << line_of(visitor, channel.info(), channel.traffic()) << std::endl;
    }
  }

  static Visitor visitor_of(const Channel& channel) {
    const auto address = channel.socket().peer();
    const auto now = std::chrono::floor<std::chrono::seconds>(tls::system_clock().wall());
    return {address ? tls::display_address(*address) : "", now.count()};
  }

  /// What the replay guard has counted; nothing without one.
  [[nodiscard]] std::optional<tls::ReplayCounts> claims() const {
    const auto& guard = config_.settings().replay_guard;
    return guard ? guard->counts() : std::nullopt;
  }

  const Options& options_;
  const Shared shared_;  // opened before the configuration that uses it
  const tls::ServerConfig config_;
  const std::vector<tls::Socket> listeners_;
  std::atomic<std::uint64_t> taken_ = 0;
  std::mutex printing_;
  int status_ = kDone;
};

Action define(CLI::App& app) {
  auto o = std::make_shared<Options>();
  o->listen = {"127.0.0.1:4433"};
  const auto add = [&](const char* name, auto& value, const char* type, const char* words) {
    return app.add_option(name, value, words)->type_name(type);
  };
  add("--listen", o->listen, "ADDRESS:PORT", "Repeatable; port 0: any, it is printed; default 127.0.0.1:4433")
      ->allow_extra_args(false);
  auto* www =
      app.add_flag("--www", o->www, "HTTP/1.1: a page at / and JSON at /json that say what was negotiated (default)");
  auto* root =
      add("--root", o->root, "DIR", "HTTP/1.1: static files of this folder; default: see --www")->excludes(www);
  auto* echo = app.add_flag("--echo", o->echo, "Sends back what comes")->excludes(www)->excludes(root);
  add("--send", o->send, "BYTES", "Writes so many bytes and closes; default: see --www")
      ->excludes(www)
      ->excludes(root)
      ->excludes(echo);
  define_tls_options(app, o->tls);
  define_session_options(app, o->sessions);
  add("--num-tickets", o->num_tickets, "N", "Tickets after a TLS 1.3 handshake; default 2")
      ->check(CLI::Range(0u, static_cast<unsigned>(tls::limits::kMaxNewTickets)));
  add("--early-data", o->early_data, "BYTES",
      "TLS 1.3: accepts so much early data of a connection, each first flight once; default 0: none")
      ->check(CLI::Range(0u, static_cast<unsigned>(tls::limits::kMaxEarlyData)));
  add("--replay-window", o->replay_window, "SECONDS",
      "How far early data may come before or after it was expected; the same on all servers that share a "
      "--shared-store, or they refuse each other's; default 10")
      ->check(CLI::Range(1u, 60u));
  add("--staple", o->staples, "FILE",
      "DER: the OCSP response for the --cert of the same place, given as it is to clients that ask (repeatable); "
      "default: none")
      ->allow_extra_args(false);
  add("--verify-client", o->verify_client, "WORD",
      "Whether clients are asked for a certificate, and may be without one; default none")
      ->check(CLI::IsMember({"none", "request", "require"}));
  add("--client-ca", o->client_ca, "FILE",
      "PEM or DER: the roots of clients' certificates, for --verify-client; default: none");
  add("--accept", o->accept, "N",
      "Ends after so many connections, with the status of the last that failed; default 0: runs until it is ended");
  add("--threads", o->threads, "N", "Connections served at the same time; default 16")->check(CLI::Range(1u, 1024u));
  app.add_flag("--json", o->json, "What was negotiated, one line of JSON for each connection");
  return [o] { return Server(*o).run(); };
}

}  // namespace

const Command kServer = {"server", "A TLS server", define};

}  // namespace sallyport::cli
