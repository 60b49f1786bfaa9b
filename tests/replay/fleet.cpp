#include "replay/fleet.h"

#include <algorithm>
#include <barrier>
#include <stdexcept>
#include <thread>

namespace tls::test {
namespace {

using sallyport::Key;
using sallyport::KeyType;

std::array<std::uint8_t, 32> new_key() {
  std::array<std::uint8_t, 32> key;
  system_random().fill(key);
  return key;
}

using Answer = std::function<std::optional<OperationResult>(const Operation&)>;

/// Gives `to` what `from` wrote; `answer` is asked what it leaves open. True when it says that the handshake is done.
bool carry(Output& from, Connection& to, Output& out, const Answer& answer) {
  std::vector<std::uint8_t> bytes(from.bytes().begin(), from.bytes().end());
  from.consume(bytes.size());
  bool done = false;
  for (MutableBytes rest(bytes);;) {
    Step step = to.step(rest, out);
    rest = rest.subspan(step.consumed);
    if (auto* failed = std::get_if<Failed>(&step.event)) throw std::runtime_error(failed->error.message());
    done |= std::holds_alternative<HandshakeDone>(step.event);
    if (const auto* await = std::get_if<Await>(&step.event)) {
      auto result = answer ? answer(*to.pending()) : std::nullopt;
      if (!result || !to.complete(await->id, std::move(*result), out)) throw std::runtime_error("nobody answers");
    }
    if (std::holds_alternative<NeedInput>(step.event)) return done;
  }
}

}  // namespace

Outcome Server::receive(const Flight& flight) const {
  ServerConnection connection = ServerConnection::start(*config);
  Output out;
  Flight bytes = flight;
  std::string early;
  for (MutableBytes rest(bytes);;) {
    Step step = connection.step(rest, out);
    if (auto* data = std::get_if<EarlyData>(&step.event)) early.append(data->bytes.begin(), data->bytes.end());
    rest = rest.subspan(step.consumed);
    if (std::holds_alternative<Failed>(step.event)) return Outcome::failed;
    if (const auto* await = std::get_if<Await>(&step.event)) {
      auto result = answer ? answer(*connection.pending()) : std::nullopt;
      if (!result || !connection.complete(await->id, std::move(*result), out)) return Outcome::failed;
    }
    if (std::holds_alternative<NeedInput>(step.event)) break;
  }
  if (early.empty()) return out.empty() ? Outcome::failed : Outcome::refused;  // it answered: the handshake goes on
  if (early != kEarly) throw std::runtime_error("early data was changed");
  return Outcome::accepted;
}

void Line::first(const Server& server, const Flight& flight) {
  ++first_uses;
  const Outcome outcome = server.receive(flight);
  first_accepted += outcome == Outcome::accepted;
  failed += outcome == Outcome::failed;
}

void Line::again(const Server& server, const Flight& flight) {
  ++replays;
  const Outcome outcome = server.receive(flight);
  replays_accepted += outcome == Outcome::accepted;
  failed += outcome == Outcome::failed;
}

bool Line::good() const { return first_accepted == first_uses && replays_accepted == 0 && failed == 0 && replays > 0; }

Line together(const std::vector<Server>& servers, const std::vector<Flight>& flights, std::size_t times, bool used) {
  std::vector<std::atomic<std::size_t>> accepted(flights.size());
  std::atomic<std::size_t> failed = 0;
  const std::size_t each = std::max<std::size_t>(1, times / kThreads);
  std::barrier round(kThreads);
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t f = 0; f < flights.size(); ++f) {
          round.arrive_and_wait();  // all begin with the same flight
          for (std::size_t i = 0; i < each; ++i) {
            const Outcome outcome = servers[(t + i) % servers.size()].receive(flights[f]);
            accepted[f] += outcome == Outcome::accepted;
            failed += outcome == Outcome::failed;
          }
        }
      });
  }
  Line line;
  line.replays = flights.size() * each * kThreads;
  line.failed = failed;
  for (const std::size_t count : accepted) {
    const std::size_t first = used || count == 0 ? 0 : 1;
    line.first_accepted += first;
    line.replays_accepted += count - first;
  }
  if (used) return line;
  line.first_uses = flights.size();
  line.replays -= flights.size();
  return line;
}

Fleet::Fleet() : keys_(must(TicketKeys::make(new_key()))) {
  const auto root = sallyport::self_signed(sallyport::authority("Replay Root"), Key::generate(KeyType::ecdsa_p256));
  const auto leaf =
      sallyport::issue(root, sallyport::server_leaf("localhost", {"localhost"}), Key::generate(KeyType::ecdsa_p256));
  credential_ = must(load_credential(leaf.pem(), leaf.key_pem()));
  auto client = ClientConfig::builder();
  client.trust(must(trust_pem(root.pem()))).clock(client_clock).sessions(sessions_).early_data(true);
  client_ = std::make_unique<ClientConfig>(must(client.build()));
}

Server Fleet::server(std::shared_ptr<ReplayGuard> guard, Clock::Milliseconds window) const {
  auto builder = ServerConfig::builder();
  builder.credentials(credential_list({credential_})).clock(clock).tickets(keys_);
  builder.early_data(1024, std::move(guard), window);
  return {std::make_shared<ServerConfig>(must(builder.build()))};
}

std::shared_ptr<ReplayGuard> Fleet::guard() const {
  return must(local_replay_guard({.window = kWindow, .tokens_per_second = 10'000}, system_random(), clock));
}

void Fleet::rotate_keys() {
  if (const auto rotated = keys_->rotate(new_key(), 2); !rotated) throw std::runtime_error(rotated.error().message());
}

void Fleet::visit(const Server& server) {
  Output from_client, from_server;
  auto client = must(ClientConnection::start(*client_, "localhost", from_client));
  auto connection = ServerConnection::start(*server.config);
  bool done = false;
  for (int i = 0; i < 4; ++i) {
    done |= carry(from_client, connection, from_server, server.answer);
    static_cast<void>(carry(from_server, client, from_client, {}));
  }
  if (!done) throw std::runtime_error("the handshake does not end");
}

Flight Fleet::record(const Server& server, Clock::Milliseconds older) {
  visit(server);
  client_clock.advance(older);
  Output out;
  auto client = must(ClientConnection::start(*client_, "localhost", out));
  client_clock.advance(-older);
  const auto sent = client.send_early({reinterpret_cast<const std::uint8_t*>(kEarly.data()), kEarly.size()}, out);
  if (!sent || *sent != kEarly.size()) throw std::runtime_error("the client has no session for early data");
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace tls::test
