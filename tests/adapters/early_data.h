// A server that takes early data, unless it is told not to, and a client that offers it and remembers under what it
// keeps its sessions.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "adapters/localhost.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

namespace tls::test {

/// Says what it is told to say of a first flight.
struct ToldGuard final : ReplayGuard {
  std::optional<Stamp> stamp() const override { return Stamp{1, system_clock().monotonic()}; }
  Answer<ReplayVerdict> claim(const ReplayToken&, Clock::Milliseconds) override {
    return Result<ReplayVerdict>(fresh ? ReplayVerdict::fresh : ReplayVerdict::seen);
  }
  std::atomic<bool> fresh{true};
};

/// A store in memory that notes the ports of its keys.
struct NotingStore final : ClientSessionStore {
  void put(const SessionKey& key, ClientSession session) override {
    {
      const std::scoped_lock lock(mutex);
      ports.push_back(key.port);
      names.push_back(key.server_name);
    }
    store->put(key, std::move(session));
  }
  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) override {
    return store->take(key, now);
  }
  void remove(const SessionKey& key) override { store->remove(key); }
  std::shared_ptr<ClientSessionStore> store = memory_client_sessions();
  std::mutex mutex;
  std::vector<std::uint16_t> ports;
  std::vector<std::string> names;
};

struct EarlyData {
  static constexpr std::uint32_t kMost = 100;  // bytes
  std::shared_ptr<ToldGuard> guard = std::make_shared<ToldGuard>();
  std::shared_ptr<NotingStore> store = std::make_shared<NotingStore>();
  ServerConfig server = make_server();
  ClientConfig client = make_client();

 private:
  ServerConfig make_server() const {
    ServerConfig::Builder builder = localhost().server_builder();
    auto config = builder.tickets(*RotatingTicketKeys::at_random())
                      .early_data(kMost, guard, std::chrono::milliseconds(60'000))
                      .build();
    REQUIRE(config);
    return *std::move(config);
  }
  ClientConfig make_client() const {
    auto config = ClientConfig::builder()
                      .trust(*trust_pem(localhost().authority.root.pem()))
                      .sessions(store)
                      .early_data(true)
                      .build();
    REQUIRE(config);
    return *std::move(config);
  }
};

}  // namespace tls::test
