#include "fuzz/peek_targets.h"

#include <algorithm>
#include <optional>

#include "crypto/provider.h"
#include "handshake/settings.h"
#include "tls/client_hello.h"
#include "tls/connection.h"

namespace tls::fuzz {
namespace {

using Seen = Result<std::optional<ClientHelloFacts>>;

/// A server that has nothing in common with anybody: it fails behind the ClientHello at the latest.
ServerConfig no_match() {
  auto settings = std::make_shared<ServerSettings>();
  settings->provider = crypto::Provider::best();
  settings->random = &system_random();
  settings->clock = &system_clock();
  return ConfigAccess::make(std::shared_ptr<const ServerSettings>(std::move(settings)));
}

/// How a server's connection fails over the same bytes; nothing: it waits for more.
std::optional<Error> failure_of_server(Bytes received) {
  static const ServerConfig& config = *new ServerConfig(no_match());
  ServerConnection server = ServerConnection::start(config);
  std::vector<std::uint8_t> in(received.begin(), received.end());
  Output out;
  const Step step = server.step(in, out);
  if (const auto* failed = std::get_if<Failed>(&step.event)) return failed->error;
  require(std::holds_alternative<NeedInput>(step.event), "a server that has nothing in common goes on");
  return std::nullopt;
}

bool same(const Error& a, const Error& b) {
  return a.code() == b.code() && a.alert() == b.alert() && a.detail() == b.detail() && a.peer_alert() == b.peer_alert();
}

bool same(const ClientHelloFacts& a, const ClientHelloFacts& b) {
  return a.server_name == b.server_name && std::ranges::equal(a.alpn, b.alpn) && a.versions == b.versions &&
         a.suites == b.suites && a.groups == b.groups && a.key_shares == b.key_shares &&
         a.signature_schemes == b.signature_schemes && a.certificate_schemes == b.certificate_schemes &&
         a.resumes == b.resumes && a.early_data == b.early_data;
}

Seen in_pieces(Bytes received, std::size_t piece) {
  ClientHelloPeek peek;
  Seen seen = std::optional<ClientHelloFacts>();
  for (std::size_t at = 0; seen && !*seen && at < received.size();) {
    at = std::min(at + piece, received.size());
    seen = peek.look(received.first(at));
  }
  return seen;
}

void check_same(const Seen& a, const Seen& b) {
  require(a.has_value() == b.has_value(), "pieces are refused, or not, as the whole is not");
  if (!a) return require(same(a.error(), b.error()), "pieces are refused for another reason");
  require(a->has_value() == b->has_value(), "pieces are complete, or not, as the whole is not");
  if (*a) require(same(**a, **b), "pieces offer something else");
}

}  // namespace

void peek(Bytes input) {
  if (input.empty()) return;
  const Bytes received = input.subspan(1);
  const Seen whole = peek_client_hello(received);
  check_same(whole, in_pieces(received, 1));
  check_same(whole, in_pieces(received, std::size_t{1} + input[0]));
  const std::optional<Error> server = failure_of_server(received);
  if (whole && !*whole) require(!server, "more is waited for than a server waits for");
  if (whole) return;
  // The one bound that a server does not have: it keeps no records.
  if (whole.error().code() == Code::message_too_long && received.size() > kMaxClientHelloBytes / 2) return;
  require(server.has_value(), "a server does not refuse what is refused here");
  require(same(whole.error(), *server), "a server gives another reason");
}

std::vector<std::vector<std::uint8_t>> peek_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const bool only12 : {false, true}) {
    const auto config = ClientConfig::builder()
                            .trust(trust_anyone_insecurely())
                            .versions(ProtocolVersion::tls12, only12 ? ProtocolVersion::tls12 : ProtocolVersion::tls13)
                            .alpn({"h2", "http/1.1"})
                            .grease(true)
                            .build();
    require(config.has_value(), "a configuration that is none");
    Output out;
    require(ClientConnection::start(*config, "example.com", out).has_value(), "no ClientHello");
    const Bytes record = out.bytes(), message = record.subspan(5);
    std::vector<std::uint8_t> whole{255}, pieces{3}, cut{0};
    whole.insert(whole.end(), record.begin(), record.end());
    for (std::size_t at = 0; at < message.size(); at += 20) {
      const Bytes part = message.subspan(at, std::min<std::size_t>(20, message.size() - at));
      pieces.insert(pieces.end(), {22, 3, 1, 0, static_cast<std::uint8_t>(part.size())});
      pieces.insert(pieces.end(), part.begin(), part.end());
    }
    cut.insert(cut.end(), record.begin(), record.end() - 7);
    for (auto* seed : {&whole, &pieces, &cut}) seeds.push_back(std::move(*seed));
  }
  seeds.push_back({0, 21, 3, 1, 0, 2, 1, 112});      // a warning: more may come
  seeds.push_back({0, 21, 3, 1, 0, 2, 2, 40});       // handshake_failure
  seeds.push_back({0, 'G', 'E', 'T', ' ', '/'});     // no TLS
  seeds.push_back({0, 22, 3, 1, 0, 4, 2, 0, 0, 0});  // no ClientHello
  return seeds;
}

}  // namespace tls::fuzz
