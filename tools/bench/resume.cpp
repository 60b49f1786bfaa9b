// bench resume: what is left of a handshake when its costly part is skipped.
#include "bench/resume.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "tls/fast_random.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

namespace sallyport::bench {
namespace {

using tls::CipherSuite;
using tls::ProtocolVersion;
using ClientBuilder = tls::ClientConfig::Builder;
using ServerBuilder = tls::ServerConfig::Builder;

constexpr CipherSuite kSuite12 = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
constexpr CipherSuite kSuite13 = CipherSuite::TLS_AES_128_GCM_SHA256;

void only12(ClientBuilder& client, ServerBuilder& server) {
  client.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
  server.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
}

/// Gives the same session again and again, which no client should: so that connections without new tickets can be
/// measured.
class OneSession final : public tls::ClientSessionStore {
 public:
  void put(const tls::SessionKey&, tls::ClientSession session) override { session_ = std::move(session); }
  std::optional<tls::ClientSession> take(const tls::SessionKey&, tls::Clock::Milliseconds) override { return session_; }
  void remove(const tls::SessionKey&) override { session_.reset(); }

 private:
  std::optional<tls::ClientSession> session_;
};

template <class T>
T must(tls::Result<T> made) {
  if (!made) throw std::runtime_error(made.error().message());
  return std::move(*made);
}

}  // namespace

std::vector<Way> full_ways() {
  return {{"TLS1.2 full", kSuite12, tls::Resumption::none, only12},
          {"TLS1.2 False Start", kSuite12, tls::Resumption::none,
           [](ClientBuilder& client, ServerBuilder& server) {
             only12(client, server);
             client.false_start(tls::FalseStart::without_alpn);
           }},
          {"TLS1.3 full", kSuite13, tls::Resumption::none, {}}};
}

namespace {

void by_session_id(ClientBuilder& client, ServerBuilder& server) {
  only12(client, server);
  client.sessions(tls::memory_client_sessions()).tickets(false);
  server.session_cache(must(tls::memory_session_cache()));
}
void by_ticket(ClientBuilder& client, ServerBuilder& server) {
  only12(client, server);
  client.sessions(tls::memory_client_sessions());
  server.tickets(must(tls::RotatingTicketKeys::at_random()));
}
void by_psk(ClientBuilder& client, ServerBuilder& server) {
  client.sessions(std::make_shared<OneSession>()).ticket_request(1, 0);
  server.tickets(must(tls::RotatingTicketKeys::at_random()));
}
void by_psk_with_tickets(ClientBuilder& client, ServerBuilder& server) {
  client.sessions(tls::memory_client_sessions());
  server.tickets(must(tls::RotatingTicketKeys::at_random()));
}
void with_early_data(ClientBuilder& client, ServerBuilder& server) {
  constexpr std::uint32_t kMost = 16384, kFlightsPerSecond = 200'000;
  by_psk_with_tickets(client, server);
  client.early_data(true);
  server.early_data(kMost, must(tls::local_replay_guard({.tokens_per_second = kFlightsPerSecond})));
}

}  // namespace

std::vector<Way> resumed_ways() {
  return {{"TLS1.2 session-id", kSuite12, tls::Resumption::session_id, by_session_id},
          {"TLS1.2 ticket", kSuite12, tls::Resumption::ticket, by_ticket},
          {"PSK-DHE", kSuite13, tls::Resumption::psk, by_psk},
          {"PSK-DHE + 2 tickets", kSuite13, tls::Resumption::psk, by_psk_with_tickets},
          {"0-RTT", kSuite13, tls::Resumption::psk, with_early_data, true}};
}

namespace {

void with_fast_random(ClientBuilder& client, ServerBuilder& server) {
  client.random(tls::fast_random());
  server.random(tls::fast_random());
}

/// What TLS 1.2 takes without a system call for each draw, a tenth of a resumption: other libraries draw like that.
std::vector<Way> without_system_calls() {
  return {{"TLS1.2 session-id, fast_random()", kSuite12, tls::Resumption::session_id,
           [](ClientBuilder& client, ServerBuilder& server) {
             by_session_id(client, server);
             with_fast_random(client, server);
           }},
          {"TLS1.2 ticket, fast_random()", kSuite12, tls::Resumption::ticket,
           [](ClientBuilder& client, ServerBuilder& server) {
             by_ticket(client, server);
             with_fast_random(client, server);
           }}};
}

}  // namespace

Figures bench_resume(const Options& options) {
  Figures out;
  std::vector<Way> ways = resumed_ways();
  std::ranges::move(without_system_calls(), std::back_inserter(ways));
  for (const Way& way : ways) {
    const Setup setup(KeyType::ecdsa_p256, way.suite, options.kernel, way.adjust);
    Effort first;
    {
      const Pair full(setup, first, first);
    }  // leaves a session behind
    out.push_back(handshakes(options, way.name, setup, [&](const Pair& pair) {
      if (pair.client->info().resumed != way.resumed || pair.server->info().resumed != way.resumed)
        throw std::runtime_error("a connection was not resumed: " + way.name);
      if (way.early_data && pair.server->info().early_data != tls::EarlyDataStatus::accepted)
        throw std::runtime_error("early data was not accepted: " + way.name);
    }));
  }
  return out;
}

}  // namespace sallyport::bench
