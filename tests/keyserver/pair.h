// Handshakes between two connections in memory, whose keys may be elsewhere.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "support/pki.h"
#include "support/time_scale.h"
#include "tls/adapters/remote_key.h"
#include "tls/tls.h"

namespace tls::test {

/// Certificates for the key of that type, for both roles.
struct Chains {
  Authority authority;
  std::string server, client;
  explicit Chains(sallyport::KeyType type = sallyport::KeyType::ecdsa_p256) {
    const auto make = [&](const sallyport::CertificateSpec& spec) {
      return sallyport::issue(authority.intermediate, spec, key(type)).pem() + authority.intermediate.pem();
    };
    server = make(sallyport::server_leaf("localhost", {"localhost"}));
    client = make(sallyport::client_leaf("somebody"));
  }
};

inline CredentialPtr credential_of(const std::string& chain, std::shared_ptr<const SigningKey> key) {
  auto made = make_credential(chain, std::move(key));
  REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
  return *made;
}

/// Two configurations that meet.
struct Meeting {
  ClientConfig client;
  ServerConfig server;

  /// `client_key` null: the client shows no certificate.
  Meeting(const Chains& chains, std::shared_ptr<const SigningKey> server_key,
          std::shared_ptr<const SigningKey> client_key = nullptr, ProtocolVersion version = ProtocolVersion::tls13)
      : Meeting(build(chains, std::move(server_key), std::move(client_key), version)) {}

  /// One handshake. The Error is that of the side whose own it was.
  [[nodiscard]] Result<void> handshake() const {
    Output to_server, to_client;
    auto c = ClientConnection::start(client, "localhost", to_server);
    if (!c) return std::unexpected(std::move(c).error());
    auto s = ServerConnection::start(server);
    for (int flight = 0; flight < 8; ++flight) {
      if (auto done = take(s, to_server, to_client); !done) return done;
      if (auto done = take(*c, to_client, to_server); !done) return done;
      if (s.established() && c->established() && to_server.empty() && to_client.empty()) return {};
    }
    return fail(Code::internal_error, "the handshake does not end");
  }

 private:
  explicit Meeting(std::pair<ClientConfig, ServerConfig> both)
      : client(std::move(both.first)), server(std::move(both.second)) {}

  static std::pair<ClientConfig, ServerConfig> build(const Chains& chains, std::shared_ptr<const SigningKey> server_key,
                                                     std::shared_ptr<const SigningKey> client_key,
                                                     ProtocolVersion version) {
    const auto roots = trust_pem(chains.authority.root.pem());
    REQUIRE(roots);
    auto s = ServerConfig::builder();
    auto c = ClientConfig::builder();
    s.credentials(credential_list({credential_of(chains.server, std::move(server_key))})).versions(version, version);
    c.trust(*roots).versions(version, version);
    if (client_key) {
      s.client_auth(ClientAuth::require, *roots);
      c.credentials(credential_list({credential_of(chains.client, std::move(client_key))}));
    }
    auto server = s.build();
    auto client = c.build();
    REQUIRE(server);
    REQUIRE(client);
    return {*client, *server};
  }

  /// Gives a connection what has come, and answers what it asks for, waiting.
  static Result<void> take(Connection& connection, Output& in, Output& out) {
    std::vector<std::uint8_t> bytes(in.bytes().begin(), in.bytes().end());
    in.consume(in.size());
    std::size_t used = 0;
    while (true) {
      Step step = connection.step(MutableBytes(bytes).subspan(used), out);
      used += step.consumed;
      if (std::holds_alternative<NeedInput>(step.event)) return {};
      if (auto* failed = std::get_if<Failed>(&step.event)) return std::unexpected(std::move(failed->error));
      if (const auto* await = std::get_if<Await>(&step.event)) {
        const auto asked = connection.share_pending();
        auto answer = wait_for_signature(*asked);
        if (!answer) return fail(Code::internal_error, "an operation that is no signature");
        static_cast<void>(connection.complete(await->id, std::move(*answer), out));
      }
    }
  }
};

/// How many handshakes the long tests make: SALLYPORT_FAR_HANDSHAKES, else `usual`.
inline unsigned long handshakes(unsigned long usual) {
  const char* const text = std::getenv("SALLYPORT_FAR_HANDSHAKES");
  const unsigned long n = text != nullptr ? std::strtoul(text, nullptr, 10) : 0;
  return n != 0 ? n : usual;
}

/// What became of handshakes on several threads.
struct Tally {
  std::atomic<unsigned long> done{0}, failed{0};
  std::mutex mutex;
  std::vector<std::string> words;  // of the first failures
};

/// `count` handshakes in all, on so many threads, each of `meetings` in turn. `at` is called once so many are done.
template <class At>
void shake_hands(const std::vector<Meeting>& meetings, unsigned long count, unsigned threads, Tally& tally,
                 unsigned long when, At&& at) {
  std::atomic<unsigned long> next{0};
  std::vector<std::thread> workers;
  const auto began = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      while (true) {
        const unsigned long mine = next++;
        if (mine >= count) return;
        const auto result = meetings[mine % meetings.size()].handshake();
        ++tally.done;
        if (result) continue;
        ++tally.failed;
        const std::lock_guard lock(tally.mutex);
        if (tally.words.size() < 8) tally.words.push_back(result.error().message());
      }
    });
  while (tally.done < when && tally.done < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  at();
  for (std::thread& worker : workers) worker.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  MESSAGE(count << " handshakes, " << tally.failed.load() << " failed, "
                << static_cast<long>(static_cast<double>(count) / took.count()) << "/s");
}

}  // namespace tls::test
