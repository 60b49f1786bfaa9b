// A configuration that is swapped every 10 ms while clients come: `live_swap [HANDSHAKES]`, 1,000 unless told, the
// whole run is 100,000. Certificates, staples, CRLs, names of authorities, limits and ticket keys change; none of the
// handshakes fails, none sees parts of two configurations, resumption goes on by every way, and a client that is let in
// no more resumes by no way. Status 1: it was otherwise.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "live/service.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/ticket_keys.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kPeriod = 10ms;
constexpr std::size_t kThreads = 3, kKeysKept = 250;
constexpr std::uint64_t kLeastSwaps = 30;
constexpr std::size_t kFullEvery = 25;  // handshakes of which one forgets its session
constexpr std::string_view kEarly = "early";

/// The ways to resume.
struct Way {
  const char* name;
  ProtocolVersion version;
  bool tickets, early;
  Resumption resumed;
};
constexpr std::array kWays = {
    Way{"session ID", ProtocolVersion::tls12, false, false, Resumption::session_id},
    Way{"ticket", ProtocolVersion::tls12, true, false, Resumption::ticket},
    Way{"PSK", ProtocolVersion::tls13, true, false, Resumption::psk},
    Way{"PSK with early data", ProtocolVersion::tls13, true, true, Resumption::psk},
};

/// Who decides, by turns: each configuration has the other one.
using Deciders = std::array<std::shared_ptr<const ChainVerifier>, 2>;

/// Why a client that was let in is let in no more.
struct Ban {
  const char* name;
  int client;  ///< that is shut out, of Service::client(); the others are of 0
  Deciders before, after;
  Code code;
};

std::vector<std::uint8_t> drawn_key() {
  std::vector<std::uint8_t> key(32);
  system_random().fill(key);
  return key;
}

/// What all threads share.
struct Run {
  const Service& service;
  const Ban& ban;
  std::shared_ptr<TicketKeys> keys = expect(TicketKeys::make(drawn_key()), "ticket keys");
  std::shared_ptr<LiveServerConfig> live = std::make_shared<LiveServerConfig>(make_first());
  std::atomic<bool> over = false, banned = false;
  bool deciding = false;                // the second deciders are in force: inside of updates alone
  std::atomic<bool> keys_rest = false;  // while a ticket is to be good for as long as a busy machine takes
  std::atomic<std::size_t> handshakes = 0, full = 0, refused = 0, early_accepted = 0;
  std::array<std::atomic<std::size_t>, kWays.size()> resumed{}, resumed_after{}, shut_out{};
  std::mutex mutex;
  std::exception_ptr trouble;

  Run(const Service& s, const Ban& b) : service(s), ban(b) {}

  [[nodiscard]] const std::shared_ptr<const ChainVerifier>& decider(std::uint64_t generation) const {
    return (deciding ? ban.after : ban.before)[generation % 2];
  }
  [[nodiscard]] ServerConfig make_first() const {
    auto builder = ServerConfig::builder();
    service.apply(1, builder)
        .client_auth(ClientAuth::require, ban.before[1])
        .session_cache(expect(memory_session_cache({.entries = 4096}), "a cache"))
        .tickets(keys)
        .early_data(1024, expect(local_replay_guard({.tokens_per_second = 20'000}), "a guard"));
    return expect(builder.build(), "the first configuration");
  }
  void next_configuration(bool last = false) {
    const auto next = live->update([&](const ServerConfig& now) {
      deciding = deciding || last;
      auto builder = now.rebuild();
      const std::uint64_t generation = live->generation() + 1;
      return service.apply(generation, builder).client_auth(ClientAuth::require, decider(generation)).build();
    });
    (void)expect(next, "the next configuration");
  }
  void swap() {
    next_configuration();
    if (!keys_rest) demand(keys->rotate(drawn_key(), kKeysKept).has_value(), "ticket keys do not turn");
  }
  void shut_out_from_now() {
    next_configuration(true);
    banned = true;
  }
  void guarded(const std::function<void()>& work) {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!trouble) trouble = std::current_exception();
      over = true;
    }
  }
};

/// A client that comes again and again by one way.
struct Client {
  const Way& way;
  std::shared_ptr<Offer> store = std::make_shared<Offer>();
  ClientConfig config;

  Client(const Run& run, const Way& w, const CredentialPtr& credential)
      : way(w),
        config(expect(run.service.client_config(w.version, credential)
                          .sessions(store)
                          .tickets(w.tickets)
                          .early_data(w.early)
                          .build(),
                      "a client")) {}
  [[nodiscard]] Meeting meet(ServerConnection server) const {
    return Meeting::between(config, std::move(server), way.early ? kEarly : std::string_view());
  }
};

/// All that a connection has seen must be of one configuration, and of one that was current meanwhile.
void check_one_snapshot(const Run& run, const Meeting& m, std::uint64_t before, std::uint64_t after) {
  const ConnectionInfo& info = m.client->info();
  const auto mark = Service::mark_of(info);
  demand(mark.has_value(), "no mark");
  bool current = false;
  for (std::uint64_t g = before; g <= after && !current; ++g)
    current = &run.service.mark(g) == &run.service.mark(*mark);
  demand(current, "a configuration that was not current");
  if (info.resumed != Resumption::none) return;
  const Mark& expected = run.service.mark(*mark);
  const Bytes leaf = info.peer_certificates.front();
  demand(std::ranges::equal(leaf, expected.leaf), "a certificate of another configuration");
  demand(info.ocsp_response == expected.staple, "a staple of another configuration");
  demand(info.certificate_wish != nullptr && info.certificate_wish->authorities.size() == 1 &&
             info.certificate_wish->authorities.front() == expected.authority,
         "authorities of another configuration");
}

std::string words_of(const Meeting& m) {
  return (m.client_error ? m.client_error->message() : "the client is content") + "; " +
         (m.server_error ? m.server_error->message() : "so is the server");
}

void come_and_go(Run& run) {
  const CredentialPtr credential = run.service.client(0);
  std::vector<Client> clients;
  for (const Way& way : kWays) clients.emplace_back(run, way, credential);
  for (std::size_t n = 0; !run.over; ++n) {
    const std::size_t which = n % clients.size();
    Client& client = clients[which];
    if (n / clients.size() % kFullEvery == 0) client.store->next.reset();
    const bool banned = run.banned;
    const std::uint64_t before = run.live->generation();
    const Meeting m = client.meet(ServerConnection::start(run.live));
    demand(m.connected(), std::string("a handshake failed, ") + client.way.name + ": " + words_of(m));
    check_one_snapshot(run, m, before, run.live->generation());
    ++run.handshakes;
    const Resumption how = m.server.info().resumed;
    if (how == Resumption::none) {
      ++run.full;
      continue;
    }
    demand(how == client.way.resumed, "resumed by another way");
    ++run.resumed[which];
    if (banned) ++run.resumed_after[which];
    if (m.early_bytes == kEarly.size()) ++run.early_accepted;
  }
}

/// A session that the one who is to be shut out has resumed before.
ClientSession proven_session(Run& run, const Client& client) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto offered = client.store->next;
    const Meeting m = client.meet(ServerConnection::start(run.live->current()));
    demand(m.connected(), "who is still let in was refused: " + words_of(m));
    if (m.server.info().resumed == client.way.resumed && client.store->next) return *client.store->next;
  }
  throw std::runtime_error(std::string("no resumption by ") + client.way.name);
}

/// Resumes by all ways while it may; then by none, though its sessions would do for the configuration that let it in.
void be_shut_out(Run& run) {
  const CredentialPtr credential = run.service.client(run.ban.client);
  std::vector<Client> clients;
  for (const Way& way : kWays) clients.emplace_back(run, way, credential);
  run.keys_rest = true;
  std::vector<ClientSession> sessions;
  for (Client& client : clients) sessions.push_back(proven_session(run, client));
  const ServerConfig let_in = run.live->current();
  run.shut_out_from_now();
  for (int round = 0; !run.over && round < 5; ++round)
    for (std::size_t i = 0; i < clients.size(); ++i) {
      Client& client = clients[i];
      client.store->next = sessions[i];
      const Meeting m = client.meet(ServerConnection::start(run.live->current()));
      demand(!m.server_done && m.server_error && m.server_error->code() == run.ban.code,
             std::string("who is shut out came in by ") + client.way.name + ": " + words_of(m));
      demand(m.early_bytes == 0, "early data of who is shut out was taken");
      client.store->next = sessions[i];
      const Meeting control = client.meet(ServerConnection::start(let_in));
      demand(control.connected() && control.server.info().resumed == client.way.resumed,
             std::string("the session was no good anyway, ") + client.way.name + ": " + words_of(control));
      ++run.shut_out[i];
    }
  run.keys_rest = false;
}

void print(const Run& run) {
  std::printf("%s: %zu handshakes in %llu configurations, %zu of them full, early data taken %zu times\n", run.ban.name,
              run.handshakes.load(), static_cast<unsigned long long>(run.live->generation()), run.full.load(),
              run.early_accepted.load());
  for (std::size_t i = 0; i < kWays.size(); ++i)
    std::printf("  %-20s resumed %6zu times, %6zu of them after somebody was shut out, who tried %zu times\n",
                kWays[i].name, run.resumed[i].load(), run.resumed_after[i].load(), run.shut_out[i].load());
}

void try_out(const Service& service, const Ban& ban, std::size_t handshakes) {
  Run run(service, ban);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back([&] { run.guarded([&] { come_and_go(run); }); });
    threads.emplace_back([&] {
      run.guarded([&] {
        while (!run.over) {
          std::this_thread::sleep_for(kPeriod);
          run.swap();
        }
      });
    });
    const auto until = [&](const auto& so) {
      while (!run.over && !so()) std::this_thread::sleep_for(1ms);
    };
    until([&] { return run.handshakes >= handshakes / 3 && run.live->generation() >= kLeastSwaps / 3; });
    std::jthread outsider([&] { run.guarded([&] { be_shut_out(run); }); });
    until([&] { return run.handshakes >= handshakes && run.live->generation() >= kLeastSwaps; });
    outsider.join();
    run.over = true;
  }
  print(run);
  if (run.trouble) std::rethrow_exception(run.trouble);
  for (std::size_t i = 0; i < kWays.size(); ++i) {
    demand(run.resumed_after[i] > 0, std::string("nobody went on resuming by ") + kWays[i].name);
    demand(run.shut_out[i] > 0, std::string("who is shut out did not try ") + kWays[i].name);
  }
  demand(run.early_accepted > 0, "no early data was taken");
  demand(run.full < run.handshakes / 2, "most handshakes were full ones");
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t handshakes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000;
  try {
    demand(handshakes >= 100, "usage: live_swap [HANDSHAKES], at least 100");
    const Service service;
    const auto both = service.clients_of({0, 1}), one = service.clients_of({0});
    const std::vector<Ban> bans = {{.name = "a removed authority",
                                    .client = 1,
                                    .before = {both, both},
                                    .after = {one, one},
                                    .code = Code::unknown_ca},
                                   {.name = "a revoked certificate",
                                    .client = 1,
                                    .before = {service.clients_by_crl(1, false), service.clients_by_crl(2, false)},
                                    .after = {service.clients_by_crl(3, true), service.clients_by_crl(4, true)},
                                    .code = Code::certificate_revoked}};
    for (const Ban& ban : bans) try_out(service, ban, handshakes / bans.size());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "live_swap: %s\n", e.what());
    return 1;
  }
}
