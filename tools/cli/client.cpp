// sallyport client: a TLS client to try servers with.
#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/crl.h"
#include "cli/explain.h"
#include "cli/facts.h"
#include "cli/files.h"
#include "cli/host.h"
#include "cli/http_response.h"
#include "cli/relay.h"
#include "cli/request.h"
#include "cli/tls_options.h"
#include "tls/adapters/session_file.h"

namespace sallyport::cli {
namespace {

constexpr std::chrono::milliseconds kConnectLimit{10000}, kHandshakeLimit{10000}, kIdle{60000};
constexpr std::chrono::milliseconds kAfterwards{2000};  // for a server to close once its response is whole
constexpr int kTooEarly = 425;                          // RFC 8470 §5.2
constexpr int kHttpErrors = 400;                        // RFC 9110 §15: the statuses that are, from this one on

struct Options {
  TlsOptions tls;
  CrlOptions crls;
  std::string host, connect, servername, ca, get, session;
  std::string false_start = "off";
  std::string early_data;
  bool insecure = false, json = false, get_early = false, error_body = false;
  unsigned reconnect = 0;
};

tls::ClientConfig make_config(const Options& options) {
  auto builder = tls::ClientConfig::builder();
  const bool early = !options.early_data.empty() || options.get_early;
  if (early) need_tls13(options.tls, options.get_early ? "--get-early" : "--early-data");
  apply(options.tls, builder);
  auto credentials = load_credentials(options.tls);
  if (!credentials.empty()) builder.credentials(tls::credential_list(std::move(credentials)));
  if (options.insecure) {
    if (options.crls.given())
      throw Failure(kUsage, "--crl is for chains that are verified, which --insecure rules out");
    std::cerr << "WARNING: --insecure: the server's certificate is NOT verified. Anybody may be at the other end.\n";
    builder.trust(tls::trust_anyone_insecurely());
  } else if (!options.ca.empty()) {
    builder.trust(with_crl_options(load_roots(options.ca), options.crls));
  } else {
    std::vector<std::string> warnings;
    auto system = tls::trust_system(&warnings);
    for (const std::string& words : warnings) std::cerr << "WARNING: " << words << "\n";
    if (!system) throw Failure(kIo, system.error().message());
    builder.trust(with_crl_options(*system, options.crls));
  }
  if (options.false_start == "on") builder.false_start(tls::FalseStart::without_alpn);
  if (options.false_start == "with-alpn") builder.false_start(tls::FalseStart::with_alpn);
  if (!options.session.empty())
    builder.sessions(tls::file_client_sessions(
        options.session, [](std::string_view words) { std::cerr << "WARNING: " << words << "\n"; }));
  else if (options.reconnect != 0)
    builder.sessions(tls::memory_client_sessions());
  builder.early_data(early);
  auto config = builder.build();
  if (!config) refuse_config(config.error(), Side::client);
  return *config;
}

void print(tls::Bytes data) {
  std::cout.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

/// An alert that the server has sent before it took no more says better why than the transport does.
tls::Error last_words(Channel& channel, tls::Error error) {
  if (error.code() != tls::Code::transport_failed || !channel.socket_timeouts(kAfterwards)) return error;
  channel.drop_writes();
  while (true) {
    auto data = channel.read();
    if (!data) return data.error().peer_alert() ? std::move(data).error() : error;
    if (data->empty()) return error;
  }
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

class Client {
 public:
  explicit Client(const Options& options) : options_(options), config_(make_config(options)) {
    port_ = "443";
    split_host(options.host, host_, port_);
    to_host_ = host_, to_port_ = port_;
    if (!options.connect.empty()) split_host(options.connect, to_host_, to_port_);
    if (!options.early_data.empty()) early_ = read_file(options.early_data);
    if (!options.get.empty()) request_ = request_for(options.get, host_, port_);
    if (options.get_early) early_ = request_;
    name_ = options.servername.empty() ? std::string(tls::without_zone(host_)) : options.servername;
  }

  int run() {
    for (unsigned i = 0; i <= options_.reconnect; ++i) {
      auto result = connect(true);
      if (result && too_early_) result = connect(false);
      if (!result) return failed(result.error());
    }
    if (options_.json) std::cout << (options_.reconnect == 0 ? lines_.back() : lines_).dump() << "\n";
    return status_;
  }

 private:
  /// What failed, in lines for people.
  int failed(const tls::Error& error) const {
    std::cerr << "sallyport client: " + explain(error, options_.tls, Side::client, info_) + "\n" +
                     (connected_ ? "  peer        " + join_host(to_host_, to_port_) + "\n" : "");
    return status_of(error);
  }

  /// `early`: whether early data may be sent, where there is any.
  tls::Result<void> connect(bool early) {
    info_ = {};
    auto socket = tls::Socket::connect(to_host_, to_port_, kConnectLimit);
    connected_ = socket.has_value();
    if (!connected_) return std::unexpected(std::move(socket).error());
    tls::Output first;
    auto connection = tls::ClientConnection::start(config_, name_, tls::ClientStart{.port = port_number()}, first);
    if (!connection) {
      if (connection.error().code() == tls::Code::bad_config) refuse_config(connection.error(), Side::client);
      return std::unexpected(std::move(connection).error());
    }
    std::size_t taken = 0;
    const std::vector<std::uint8_t> data(early_.begin(), early_.end());
    if (early && !data.empty()) {
      auto sent = connection->send_early(data, first);
      if (!sent) return std::unexpected(std::move(sent).error());
      taken = *sent;
    }
    sent_early_ = taken != 0;
    Channel channel(std::move(*connection), std::move(*socket), std::move(first));
    if (!request_.empty() && !options_.get_early) channel.write_first(tls::as_bytes(request_));
    auto result = converse(channel, tls::Bytes(data).subspan(taken));
    if (result) return result;
    tls::Error error = last_words(channel, std::move(result).error());
    info_ = channel.info();
    return std::unexpected(std::move(error));
  }

  /// `late`: what was no early data.
  tls::Result<void> converse(Channel& channel, tls::Bytes late) {
    if (auto done = channel.handshake(kHandshakeLimit); !done) return done;
    // What the server refused, and what was too much for its ticket, goes out now, when nobody can repeat it.
    if (!channel.refused().empty())
      if (auto sent = channel.write(channel.refused()); !sent) return sent;
    if (!late.empty())
      if (auto sent = channel.write(late); !sent) return sent;
    if (!options_.json) std::cerr << facts_line(channel.info(), channel.traffic()) << std::endl;
    if (!options_.get.empty())
      if (auto set = channel.socket_timeouts(kIdle); !set) return set;
    return talk(channel);
  }

  /// All that comes behind the handshake.
  tls::Result<void> talk(Channel& channel) {
    // An error's page stays away from the standard output unless it is wanted: a script would take it for what it asked
    // for.
    HttpResponse response([&](tls::Bytes body) {
      if (!options_.json && (response.status() < kHttpErrors || options_.error_body)) print(body);
    });
    auto result = options_.get.empty() ? relay(channel, !options_.json) : get(channel, response);
    if (!result) return result;
    lines_.push_back(facts(channel.info(), channel.traffic()));
    if (response.status() != 0) lines_.back()["http_status"] = response.status();
    // RFC 8470 §5.2: the server wants it when nobody can have repeated it, on another connection.
    const bool was_early = sent_early_ && channel.info().early_data == tls::EarlyDataStatus::accepted;
    too_early_ = options_.get_early && was_early && response.status() == kTooEarly;
    if (response.status() < kHttpErrors) return {};
    std::cerr << "sallyport client: GET " + options_.get + ": the server answered " + response.status_line() +
                     (too_early_ ? "; it is sent again, after the handshake\n" : "\n");
    if (!too_early_) status_ = kHttp;
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
  std::string early_;    // what is sent as early data, where a session allows it
  std::string request_;  // of --get
  std::string host_, port_, to_host_, to_port_, name_;
  nlohmann::ordered_json lines_ = nlohmann::ordered_json::array();
  tls::ConnectionInfo info_;  // of the connection that failed
  bool connected_ = false;    // otherwise the error names the address
  bool sent_early_ = false;   // something, on the present connection
  bool too_early_ = false;    // 425 was the last answer, to an early request
  int status_ = kDone;        // of the program, as far as it has come
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
  define_crl_options(app, o->crls, "the server's chain");
  app.add_flag("--insecure", o->insecure, "Does NOT verify the server's certificate")->excludes(ca);
  auto* get_option = add("--get", o->get, "PATH",
                         "One HTTP/1.1 request; the body goes to the standard output. A status of 400 or above is exit "
                         "status 5, without a body there unless --error-body is given. Default: relays standard input "
                         "and output, and looks at nothing");
  add("--false-start", o->false_start, "WORD",
      "TLS 1.2: a --get request goes out before the server's Finished; with-alpn: only where --alpn was agreed on; "
      "default off")
      ->check(CLI::IsMember({"on", "off", "with-alpn"}));
  add("--reconnect", o->reconnect, "N", "Connects so many times again, and resumes the session; default 0");
  add("--session", o->session, "FILE",
      "Keeps sessions in this file, mode 0600, and resumes them: whoever reads it can, too; default: none are kept");
  add("--early-data", o->early_data, "FILE",
      "Sends this file first: as early data where a session allows it (TLS 1.3, with --session or --reconnect), else "
      "after the handshake. Whoever copies early data can send it again; default: none")
      ->excludes(get_option);
  app.add_flag(
         "--get-early", o->get_early,
         "The --get request goes as early data where a session allows it (TLS 1.3, with --session or --reconnect), "
         "and after the handshake if the server refuses it or answers 425 Too Early")
      ->needs(get_option);
  app.add_flag("--error-body", o->error_body,
               "With --get: the body of a status of 400 or above goes to the standard output, too")
      ->needs(get_option);
  define_tls_options(app, o->tls, Side::client);
  app.add_flag("--json", o->json, "What was negotiated as JSON on the standard output, and nothing else there");
  return [o] { return Client(*o).run(); };
}

}  // namespace

const Command kClient = {"client", "A TLS client", define};

}  // namespace sallyport::cli
