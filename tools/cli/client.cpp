// sallyport client: a TLS client to try servers with.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/explain.h"
#include "cli/facts.h"
#include "cli/files.h"
#include "cli/host.h"
#include "cli/http_response.h"
#include "cli/tls_options.h"
#include "tls/adapters/session_file.h"

namespace sallyport::cli {
namespace {

constexpr std::chrono::milliseconds kConnectLimit{10000}, kHandshakeLimit{10000}, kIdle{60000};
constexpr std::chrono::milliseconds kAfterwards{2000};  // for a server to close once its response is whole
constexpr int kHttpErrors = 400;                        // RFC 9110 §15: the statuses that are, from this one on

struct Options {
  TlsOptions tls;
  std::string host, connect, servername, ca, get, session;
  std::string false_start = "off";
  std::string early_data;
  bool insecure = false, json = false;
  unsigned reconnect = 0;
};

tls::ClientConfig make_config(const Options& options) {
  auto builder = tls::ClientConfig::builder();
  if (!options.early_data.empty()) need_tls13(options.tls, "--early-data");
  apply(options.tls, builder);
  auto credentials = load_credentials(options.tls);
  if (!credentials.empty()) builder.credentials(tls::credential_list(std::move(credentials)));
  if (options.insecure) {
    std::cerr << "WARNING: --insecure: the server's certificate is NOT verified. Anybody may be at the other end.\n";
    builder.trust(tls::trust_anyone_insecurely());
  } else if (!options.ca.empty()) {
    builder.trust(load_roots(options.ca));
  } else {
    std::vector<std::string> warnings;
    auto system = tls::trust_system(&warnings);
    for (const std::string& words : warnings) std::cerr << "WARNING: " << words << "\n";
    if (!system) throw Failure(kIo, system.error().message());
    builder.trust(*system);
  }
  if (options.false_start == "on") builder.false_start(tls::FalseStart::without_alpn);
  if (!options.session.empty())
    builder.sessions(tls::file_client_sessions(
        options.session, [](std::string_view words) { std::cerr << "WARNING: " << words << "\n"; }));
  else if (options.reconnect != 0)
    builder.sessions(tls::memory_client_sessions());
  if (!options.early_data.empty()) builder.early_data(true);
  auto config = builder.build();
  if (!config) refuse_config(config.error());
  return *config;
}

void print(tls::Bytes data) {
  std::cout.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

std::string request_for(const std::string& path, const std::string& host) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
}

/// The response to a request that was sent.
tls::Result<void> get(Channel& channel, HttpResponse& response) {
  std::optional<std::chrono::steady_clock::time_point> patience;  // ends once the response is whole
  while (true) {
    auto data = channel.read();
    // The length that HTTP gives says that nothing is missing: how the connection ends then matters to nobody.
    if (!data && response.done()) return {};
    if (!data) return std::unexpected(std::move(data).error());
    if (data->empty()) break;
    response.feed(*data);
    if (!response.done()) continue;
    const auto now = std::chrono::steady_clock::now();
    if (!patience) patience = now + kAfterwards;
    if (now >= *patience || !channel.socket_timeouts(kAfterwards)) break;
  }
  response.end();
  static_cast<void>(channel.close());  // whether the server still listens or not
  return {};
}

/// Standard input to the server and the server to standard output, until the server closes.
tls::Result<void> relay(Channel& channel, const Options& options) {
  std::array<std::uint8_t, 16384> piece{};
  bool reading = true, more = true;  // more: what was received may hold another record
  while (true) {
    std::array<pollfd, 2> waiting = {{{channel.socket().fd(), POLLIN, 0}, {reading ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), more ? 0 : -1) < 0 && errno != EINTR)
      throw Failure(kIo, std::string("waiting for input: ") + std::strerror(errno));
    const bool readable = (waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
    if (more || readable) {
      auto data = channel.read_some(readable);
      if (!data) return std::unexpected(std::move(data).error());
      more = data->has_value();
      if (more && (*data)->empty()) return reading ? channel.close() : tls::Result<void>{};
      if (more && !options.json) {
        print(**data);
        std::cout.flush();
      }
    }
    if ((waiting[1].revents & (POLLIN | POLLHUP)) == 0) continue;
    const ssize_t n = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (n < 0 && errno != EINTR)
      throw Failure(kIo, std::string("the standard input cannot be read: ") + std::strerror(errno));
    if (n > 0)
      if (auto sent = channel.write(tls::Bytes(piece).first(static_cast<std::size_t>(n))); !sent) return sent;
    if (n != 0) continue;
    reading = false;  // half-close: what the server still has to say is read
    if (auto closed = channel.close(); !closed) return closed;
  }
}

class Client {
 public:
  explicit Client(const Options& options) : options_(options), config_(make_config(options)) {
    port_ = "443";
    split_host(options.host, host_, port_);
    to_host_ = host_, to_port_ = port_;
    if (!options.connect.empty()) split_host(options.connect, to_host_, to_port_);
    if (!options.early_data.empty()) early_ = read_file(options.early_data);
    name_ = options.servername.empty() ? host_ : options.servername;
  }

  int run() {
    for (unsigned i = 0; i <= options_.reconnect; ++i) {
      auto result = connect();
      if (!result) return failed(result.error());
    }
    if (options_.json) std::cout << (options_.reconnect == 0 ? lines_.front() : lines_).dump() << "\n";
    return status_;
  }

 private:
  /// What failed, in lines for people.
  int failed(const tls::Error& error) const {
    std::cerr << "sallyport client: " + explain(error, options_.tls, Side::client) + "\n" +
                     (connected_ ? "  peer        " + join_host(to_host_, to_port_) + "\n" : "");
    return status_of(error);
  }

  tls::Result<void> connect() {
    auto socket = tls::Socket::connect(to_host_, to_port_, kConnectLimit);
    connected_ = socket.has_value();
    if (!connected_) return std::unexpected(std::move(socket).error());
    tls::Output first;
    auto connection = tls::ClientConnection::start(config_, name_, tls::ClientStart{.port = port_number()}, first);
    if (!connection) {
      if (connection.error().code() == tls::Code::bad_config) refuse_config(connection.error());
      return std::unexpected(std::move(connection).error());
    }
    std::size_t taken = 0;
    const std::vector<std::uint8_t> early(early_.begin(), early_.end());
    if (!early.empty()) {
      auto sent = connection->send_early(early, first);
      if (!sent) return std::unexpected(std::move(sent).error());
      taken = *sent;
    }
    Channel channel(std::move(*connection), std::move(*socket), std::move(first));
    if (!options_.get.empty()) channel.write_first(tls::as_bytes(request_for(options_.get, host_)));
    if (auto done = channel.handshake(kHandshakeLimit); !done) return done;
    // What the server refused, and what was too much for its ticket, goes out now, when nobody can repeat it.
    if (!channel.refused().empty())
      if (auto sent = channel.write(channel.refused()); !sent) return sent;
    if (taken != early.size())
      if (auto sent = channel.write(tls::Bytes(early).subspan(taken)); !sent) return sent;
    if (!options_.json) std::cerr << facts_line(channel.info(), channel.traffic()) << std::endl;
    if (!options_.get.empty())
      if (auto set = channel.socket_timeouts(kIdle); !set) return set;
    return talk(channel);
  }

  /// All that comes behind the handshake.
  tls::Result<void> talk(Channel& channel) {
    // An error's page stays away from the standard output: a script would take it for what it asked for.
    HttpResponse response([&](tls::Bytes body) {
      if (!options_.json && response.status() < kHttpErrors) print(body);
    });
    auto result = options_.get.empty() ? relay(channel, options_) : get(channel, response);
    if (!result) return result;
    lines_.push_back(facts(channel.info(), channel.traffic()));
    if (response.status() != 0) lines_.back()["http_status"] = response.status();
    if (response.status() < kHttpErrors) return {};
    std::cerr << "sallyport client: GET " + options_.get + ": the server answered " + response.status_line() + "\n";
    status_ = kHttp;
    return {};
  }

  /// Sessions are kept by port; 0 for one that only the system's list of services knows.
  [[nodiscard]] std::uint16_t port_number() const {
    std::uint16_t number = 0;
    (void)std::from_chars(port_.data(), port_.data() + port_.size(), number);
    return number;
  }

  const Options& options_;
  const tls::ClientConfig config_;
  std::string early_;  // what --early-data names
  std::string host_, port_, to_host_, to_port_, name_;
  nlohmann::ordered_json lines_ = nlohmann::ordered_json::array();
  bool connected_ = false;  // otherwise the error names the address
  int status_ = kDone;      // of the program, as far as it has come
};

Action define(CLI::App& app) {
  auto o = std::make_shared<Options>();
  const auto add = [&](const char* name, auto& value, const char* type, const char* words) {
    return app.add_option(name, value, words)->type_name(type);
  };
  add("HOST", o->host, "NAME[:PORT]", "Name or address of the server; default port 443")->required();
  add("--connect", o->connect, "ADDRESS:PORT", "Connects there instead; default: HOST and its port");
  add("--servername", o->servername, "NAME", "That the certificate must be for, and that is asked for; default: HOST");
  auto* ca = add("--ca", o->ca, "FILE", "PEM or DER: the roots to trust; default: the system's");
  app.add_flag("--insecure", o->insecure, "Does NOT verify the server's certificate")->excludes(ca);
  auto* get_option =
      add("--get", o->get, "PATH",
          "One HTTP/1.1 request; the body goes to the standard output. A status of 400 or above is exit "
          "status 5, without a body there. Default: relays standard input and output, and looks at nothing");
  add("--false-start", o->false_start, "WORD",
      "TLS 1.2: a --get request goes out before the server's Finished; default off")
      ->check(CLI::IsMember({"on", "off"}));
  add("--reconnect", o->reconnect, "N", "Connects so many times again, and resumes the session; default 0");
  add("--session", o->session, "FILE",
      "Keeps sessions in this file, mode 0600, and resumes them: whoever reads it can, too; default: none are kept");
  add("--early-data", o->early_data, "FILE",
      "Sends this file first: as early data where a session allows it (TLS 1.3, with --session or --reconnect), else "
      "after the handshake. Whoever copies early data can send it again; default: none")
      ->excludes(get_option);
  define_tls_options(app, o->tls);
  app.add_flag("--json", o->json, "What was negotiated as JSON on the standard output, and nothing else there");
  return [o] { return Client(*o).run(); };
}

}  // namespace

const Command kClient = {"client", "A TLS client", define};

}  // namespace sallyport::cli
