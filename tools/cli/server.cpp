// sallyport server: a TLS server to try clients against.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "base/limits.h"
#include "cli/crl.h"
#include "cli/far_keys.h"
#include "cli/host.h"
#include "cli/serve/client_trust.h"
#include "cli/serve/folder.h"
#include "cli/serve/http.h"
#include "cli/serve/loop.h"
#include "cli/serve/memory.h"
#include "cli/serve/reload.h"
#include "cli/serve/upkeep.h"
#include "cli/server_lines.h"
#include "cli/sessions.h"
#include "cli/staple.h"
#include "cli/tls_options.h"
#include "handshake/settings.h"
#include "tls/replay_guard.h"

namespace sallyport::cli {
namespace {

constexpr unsigned kMaxThreads = 1024;

struct Options {
  TlsOptions tls;
  SessionOptions sessions;
  StapleOptions staples;
  CrlOptions crls;
  std::vector<std::string> listen;
  std::string root, verify_client = "none", client_ca;
  bool www = false, echo = false, json = false;
  std::uint64_t send = 0, accept = 0;
  unsigned threads = 0;  // one for each CPU
  unsigned num_tickets = tls::limits::kDefaultNewTickets;
  std::uint32_t early_data = 0, replay_window = 10;
  bool no_watch = false, recheck_open = false;
};

bool talks_html(const Options& options) { return options.root.empty() && !options.echo && options.send == 0; }

std::chrono::milliseconds window_of(const Options& options) { return std::chrono::seconds(options.replay_window); }

/// The servers' that share a store, else one of this process.
std::shared_ptr<tls::ReplayGuard> make_guard(const Options& options, const Shared& shared) {
  if (auto guard = shared.replay_guard()) return guard;
  auto guard = tls::local_replay_guard({.window = window_of(options)});
  if (!guard) refuse_config(guard.error());
  return *guard;
}

/// What outlives a reload: passwords that were typed, staples that were fetched, CRLs that no other of their key has
/// replaced, and signatures that were verified.
struct Kept {
  explicit Kept(const Options& options)
      : passwords(options.tls.key_passwords, options.tls.certs.size()), staples(options.staples) {}
  KeyPasswords passwords;
  Staples staples;
  ClientTrust clients;
};

/// All that a reload reads again, and what is made of it. Files are read by read_file() and read_secret(), so that they
/// are watched.
Loaded load_files(const Options& options, Kept& kept, tls::ServerConfig::Builder& builder) {
  apply(options.tls.settings, builder);
  auto credentials = load_credentials(options.tls, kept.passwords);
  if (credentials.empty())
    throw Failure(kUsage,
                  "a server needs --cert, and --key where the key is in another file; `sallyport pki DIR` makes some");
  for (const std::string& words : ending_soon(credentials, tls::system_clock().wall()))
    std::cerr << "WARNING: " + words + "\n";
  builder.credentials(kept.staples.source(credentials));
  if (options.verify_client != "none") {
    if (options.client_ca.empty()) throw Failure(kUsage, "--verify-client needs --client-ca");
    builder.client_auth(options.verify_client == "require" ? tls::ClientAuth::require : tls::ClientAuth::request,
                        load_client_trust(options.client_ca, options.crls, kept.clients));
  } else if (!options.client_ca.empty() || options.crls.given()) {
    throw Failure(kUsage, std::string(options.crls.given() ? "--crl" : "--client-ca") +
                              " needs --verify-client request or require");
  }
  auto config = builder.build();
  if (!config) refuse_config(config.error());
  return {*std::move(config), std::move(credentials)};
}

/// Sets what lasts as long as the server: every configuration that it reloads has it, too.
void set_up(const Options& options, const Shared& shared, tls::ServerConfig::Builder& builder) {
  if (options.early_data != 0) need_tls13(options.tls, "--early-data");
  if (options.recheck_open && options.verify_client == "none")
    throw Failure(kUsage, "--recheck-open needs --verify-client request or require");
  apply(options.tls, builder);
  apply(options.sessions, shared, builder);
  if (options.early_data != 0 && options.num_tickets == 0)
    throw Failure(kUsage,
                  "--early-data needs --num-tickets above 0: it comes with sessions that were resumed by ticket");
  builder.new_tickets(static_cast<std::uint8_t>(options.num_tickets));
  if (options.early_data != 0) {
    builder.early_data(options.early_data, make_guard(options, shared), window_of(options));
  }
  if (talks_html(options)) builder.session_data(remember());
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
    const int on = 1;  // what is accepted has it, too: no answer waits for an acknowledgement
    static_cast<void>(::setsockopt(socket->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    out.push_back(std::move(*socket));
  }
  return out;
}

/// As many descriptors as the system lets us have: each visitor takes one, and each thread two.
void raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

/// The services by their options. What they refer to lives as long as the server.
std::function<std::unique_ptr<Service>()> make_service(const Options& options, const Folder* folder) {
  if (options.send != 0) return [count = options.send] { return std::make_unique<Sender>(count); };
  if (options.echo) return [] { return std::make_unique<Echo>(); };
  return [folder] { return std::make_unique<Http>(folder); };
}

int serve(const Options& options) {
  raise_descriptors();
  const Signals signals;                                             // before any thread
  const Shared shared(options.sessions.shared, window_of(options));  // opened before the configuration that uses it
  Kept kept(options);
  std::optional<Folder> folder;
  if (!options.root.empty()) folder.emplace(options.root);
  auto builder = tls::ServerConfig::builder();
  set_up(options, shared, builder);
  std::optional<FilesRead> reading(std::in_place);
  const auto live = std::make_shared<tls::LiveServerConfig>(load_files(options, kept, builder).config);
  Reload reload(live, reading->files(), [&](const tls::ServerConfig& now) {
    auto again = now.rebuild();
    return load_files(options, kept, again);
  });
  reading.reset();
  Ledger ledger(options.tls, options.accept, options.json, live->current().settings().replay_guard);
  House house{.config = live,
              .listeners = open_listeners(options),
              .greet = make_service(options, folder ? &*folder : nullptr),
              .answer = with_far_keys(shared.answerer()),
              .ledger = ledger};
  std::vector<std::unique_ptr<Loop>> loops;
  const auto wake_all = [&] {
    for (const auto& loop : loops) loop->wake();
  };
  const unsigned count = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_unique<Loop>(house, wake_all));
  std::optional<Upkeep> upkeep(std::in_place, signals, std::move(reload), !options.no_watch,
                               Upkeep::Tasks{.say = [&](const std::string& words) { ledger.say(words); },
                                             .reloaded =
                                                 [&] {
                                                   if (!options.recheck_open) return;
                                                   for (const auto& loop : loops) loop->review();
                                                 },
                                             .end =
                                                 [&] {
                                                   ledger.end();
                                                   wake_all();
                                                 }});
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < loops.size(); ++i) threads.emplace_back([&loop = *loops[i]] { loop.run(); });
  loops.front()->run();
  threads.clear();
  upkeep.reset();
  if (const auto counts = ledger.claims()) std::cerr << line_of(*counts) + "\n";
  return ledger.status();
}

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
  auto* root = add("--root", o->root, "DIR",
                   "HTTP/1.1: static files of this folder; symbolic links are followed that are relative and stay "
                   "inside; default: see "
                   "--www")
                   ->excludes(www);
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
  define_staple_options(app, o->staples);
  add("--verify-client", o->verify_client, "WORD",
      "Whether clients are asked for a certificate, and may be without one; default none")
      ->check(CLI::IsMember({"none", "request", "require"}));
  add("--client-ca", o->client_ca, "FILE",
      "PEM or DER: the roots of clients' certificates, for --verify-client; default: none");
  define_crl_options(app, o->crls, "clients' chains, for --verify-client");
  add("--accept", o->accept, "N",
      "Ends after so many connections on which the client said something, with the status of the last that failed. A "
      "client that leaves, or does not accept the certificate, is no failure; default 0: runs until it is ended");
  add("--threads", o->threads, "N",
      "Threads, each of which serves any number of connections; default: one for each CPU")
      ->check(CLI::Range(1u, kMaxThreads));
  app.add_flag("--no-watch", o->no_watch,
               "Files that change are not noticed: SIGHUP alone makes the server read them again; default: both do");
  app.add_flag("--recheck-open", o->recheck_open,
               "After a reload clients that are connected already are judged by it, and sent away if they would not be "
               "let in any more; default: they stay");
  app.add_flag("--json", o->json, "What was negotiated, one line of JSON for each connection");
  return [o] { return serve(*o); };
}

}  // namespace

const Command kServer = {"server", "A TLS server", define};

}  // namespace sallyport::cli
