// bench resume: what is left of a handshake when its costly part is skipped.
#include "bench/resume.h"

#include <stdexcept>

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

std::vector<Way> resumed_ways() {
  return {{"TLS1.2 session-id", kSuite12, tls::Resumption::session_id,
           [](ClientBuilder& client, ServerBuilder& server) {
             only12(client, server);
             client.sessions(tls::memory_client_sessions()).tickets(false);
             server.session_cache(must(tls::memory_session_cache()));
           }},
          {"TLS1.2 ticket", kSuite12, tls::Resumption::ticket, [](ClientBuilder& client, ServerBuilder& server) {
             only12(client, server);
             client.sessions(tls::memory_client_sessions());
             server.tickets(must(tls::RotatingTicketKeys::at_random()));
           }}};
}

Figures bench_resume(const Options& options) {
  Figures out;
  for (const Way& way : resumed_ways()) {
    const Setup setup(KeyType::ecdsa_p256, way.suite, options.kernel, way.adjust);
    Effort first;
    {
      const Pair full(setup, first, first);
    }  // leaves a session behind
    out.push_back(handshakes(options, way.name, setup, [&](const Pair& pair) {
      if (pair.client->info().resumed != way.resumed || pair.server->info().resumed != way.resumed)
        throw std::runtime_error("a connection was not resumed: " + way.name);
    }));
  }
  return out;
}

}  // namespace sallyport::bench
