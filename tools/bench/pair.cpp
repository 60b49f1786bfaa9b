#include "bench/pair.h"

#include <stdexcept>

#include "cli/command.h"

namespace sallyport::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kRuns = 5;

template <class T>
T must(tls::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

/// Runs `work` on one side's account.
template <class Work>
void on(Effort& side, Work&& work) {
  const Counting counting(side.allocations);
  const auto begin = Clock::now();
  work();
  side.seconds += Seconds(Clock::now() - begin).count();
}

/// Hands one side all that the other wrote. True when it reported HandshakeDone.
bool feed(tls::Connection& connection, std::vector<std::uint8_t>& in, tls::Output& out) {
  bool done = false;
  std::size_t at = 0;
  while (true) {
    tls::Step step = connection.step(tls::MutableBytes(in).subspan(at), out);
    at += step.consumed;
    if (auto* failed = std::get_if<tls::Failed>(&step.event)) throw std::runtime_error(failed->error.message());
    if (std::holds_alternative<tls::HandshakeDone>(step.event)) {
      done = true;
      continue;
    }
    if (std::holds_alternative<tls::NeedInput>(step.event)) break;
  }
  in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(at));
  return done;
}

void move_bytes(tls::Output& from, std::vector<std::uint8_t>& to) {
  const tls::Bytes bytes = from.bytes();
  to.insert(to.end(), bytes.begin(), bytes.end());
  from.consume(bytes.size());
}

/// Builds, and ends with words for the user where a setting is his.
template <class Builder>
auto built(Builder& builder) {
  auto config = builder.build();
  if (!config) throw cli::Failure(cli::kUsage, config.error().message());
  return *config;
}

}  // namespace

Setup::Setup(KeyType leaf, tls::CipherSuite suite, const std::string& kernel, const Adjust& adjust,
             const tls::VerificationMemory& memory) {
  const Issued root = self_signed(authority("Bench Root"), Key::generate(KeyType::ecdsa_p256));
  const Issued intermediate = issue(root, authority("Bench Intermediate"), Key::generate(KeyType::ecdsa_p256));
  const Issued end = issue(intermediate, server_leaf("localhost", {"localhost"}), Key::generate(leaf));
  const auto credential = must(tls::load_credential(end.pem() + intermediate.pem(), end.key_pem()));

  auto client_builder = tls::ClientConfig::builder();
  client_builder.trust(must(tls::with_memory(must(tls::trust_pem(root.pem())), memory)))
      .cipher_suites({suite})
      .force_kernel(kernel);
  auto server_builder = tls::ServerConfig::builder();
  server_builder.credentials(tls::credential_list({credential})).cipher_suites({suite}).force_kernel(kernel);
  if (adjust) adjust(client_builder, server_builder);
  client = std::make_unique<tls::ClientConfig>(built(client_builder));
  server = std::make_unique<tls::ServerConfig>(built(server_builder));
}

Pair::Pair(const Setup& setup, Effort& client_effort, Effort& server_effort) {
  tls::Output client_out, server_out;
  std::vector<std::uint8_t> to_client, to_server;
  bool client_done = false, server_done = false;
  to_client.reserve(1 << 14), to_server.reserve(1 << 14);
  on(client_effort, [&] {
    client = std::make_unique<tls::ClientConnection>(
        must(tls::ClientConnection::start(*setup.client, "localhost", client_out)));
    if (client->early_data_left() != 0) must(client->send_early(tls::as_bytes("x"), client_out));
  });
  on(server_effort,
     [&] { server = std::make_unique<tls::ServerConnection>(tls::ServerConnection::start(*setup.server)); });
  for (int flight = 0; !(client_done && server_done); ++flight) {
    if (flight > 8) throw std::runtime_error("the handshake does not end");
    move_bytes(client_out, to_server);
    on(server_effort, [&] { server_done |= feed(*server, to_server, server_out); });
    move_bytes(server_out, to_client);
    on(client_effort, [&] { client_done |= feed(*client, to_client, client_out); });
  }
  on(client_effort, [&] { client_out.release(); });
  on(server_effort, [&] { server_out.release(); });
}

Figure handshakes(const Options& options, const std::string& name, const Setup& setup,
                  const std::function<void(const Pair&)>& check) {
  std::vector<double> rates, client_us, server_us;
  double client_allocs = 0, server_allocs = 0;
  for (int run = 0; run < kRuns; ++run) {
    Effort client, server;
    double count = 0;
    while (client.seconds + server.seconds < options.seconds / kRuns) {
      const Pair pair(setup, client, server);
      if (check) check(pair);
      ++count;
    }
    rates.push_back(count / (client.seconds + server.seconds));
    client_us.push_back(client.seconds / count * 1e6);
    server_us.push_back(server.seconds / count * 1e6);
    client_allocs = static_cast<double>(client.allocations.count) / count;
    server_allocs = static_cast<double>(server.allocations.count) / count;
  }
  Figure figure{.name = name, .kernel = {}, .unit = "ops/s", .best = best_of(rates), .median = median_of(rates)};
  figure.client_us = median_of(client_us), figure.server_us = median_of(server_us);
  figure.client_allocs = client_allocs, figure.server_allocs = server_allocs;
  Effort client, server;  // weighing takes time: a handshake of its own
  client.allocations.weigh = server.allocations.weigh = true;
  const Pair weighed(setup, client, server);
  figure.client_peak = static_cast<double>(client.allocations.peak);
  figure.server_peak = static_cast<double>(server.allocations.peak);
  return figure;
}

std::size_t read_all(tls::Connection& connection, tls::MutableBytes in) {
  tls::Output out;
  std::size_t total = 0;
  while (true) {
    tls::Step step = connection.step(in, out);
    in = in.subspan(step.consumed);
    if (const auto* data = std::get_if<tls::AppData>(&step.event)) {
      total += data->bytes.size();
    } else if (auto* failed = std::get_if<tls::Failed>(&step.event)) {
      throw std::runtime_error(failed->error.message());
    } else {
      return total;
    }
  }
}

}  // namespace sallyport::bench
