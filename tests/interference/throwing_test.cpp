// Providers that throw: whatever an application's code does, the connection that called it fails and says why.
#include <new>
#include <stdexcept>

#include "interference/faults.h"

using namespace tls;
using namespace tls::test;

namespace {

enum class Thrown { exception, memory, number };

/// What a provider of a trial does instead of answering, from its n-th call on.
struct Bomb {
  std::size_t planned = 0, calls = 0;
  Thrown what = Thrown::exception;
  bool lasting = false;  ///< all calls after it throw too: those of remove() among them
  bool fired = false;
  void tick() {
    ++calls;
    if (calls != planned && !(lasting && fired)) return;
    fired = true;
    if (what == Thrown::exception) throw std::runtime_error("the provider's own words");
    if (what == Thrown::memory) throw std::bad_alloc();
    throw 42;
  }
};
using BombPtr = std::shared_ptr<Bomb>;

struct Key final : SigningKey {
  std::shared_ptr<const SigningKey> inner;
  BombPtr bomb;
  KeyKind kind() const noexcept override { return inner->kind(); }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
    bomb->tick();
    return inner->sign(scheme, message, random);
  }
};
struct Chooser final : CredentialSource {
  std::string identity() const override { return "chooser"; }
  std::shared_ptr<const CredentialSource> inner;
  BombPtr bomb;
  Answer<CredentialPtr> choose(const CredentialRequest& request) const override {
    bomb->tick();
    Credential copy = ***inner->choose(request);
    const auto key = std::make_shared<Key>();
    key->inner = copy.key;
    key->bomb = bomb;
    copy.key = key;
    return Result<CredentialPtr>(std::make_shared<const Credential>(std::move(copy)));
  }
};
struct Verifier final : ChainVerifier {
  std::string identity() const override { return "verifier"; }
  std::shared_ptr<const ChainVerifier> inner;
  BombPtr bomb;
  Answer<ChainAccepted> verify(const ChainToVerify& chain) const override {
    bomb->tick();
    return inner->verify(chain);
  }
};
struct Store final : ClientSessionStore {
  std::shared_ptr<ClientSessionStore> inner;
  BombPtr bomb;
  void put(const SessionKey& key, ClientSession session) override {
    bomb->tick();
    inner->put(key, std::move(session));
  }
  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) override {
    bomb->tick();
    return inner->take(key, now);
  }
  void remove(const SessionKey& key) override {
    bomb->tick();
    inner->remove(key);
  }
};
struct Cache final : SessionCache {
  std::shared_ptr<SessionCache> inner;
  BombPtr bomb;
  void put(Bytes id, const SessionState& state, Clock::Milliseconds now, Clock::Milliseconds expires) override {
    bomb->tick();
    inner->put(id, state, now, expires);
  }
  Answer<std::optional<SessionState>> find(Bytes id, Clock::Milliseconds now) override {
    bomb->tick();
    return inner->find(id, now);
  }
  Answer<std::optional<SessionState>> take(Bytes id, Clock::Milliseconds now) override {
    bomb->tick();
    return inner->take(id, now);
  }
  void remove(Bytes id) override {
    bomb->tick();
    inner->remove(id);
  }
};
struct Sealer final : TicketSealer {
  std::shared_ptr<TicketSealer> inner;
  BombPtr bomb;
  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override {
    bomb->tick();
    return inner->seal(state, random, now, expires);
  }
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override {
    bomb->tick();
    return inner->open(ticket, now);
  }
};
struct Guard final : ReplayGuard {
  std::shared_ptr<ReplayGuard> inner;
  BombPtr bomb;
  std::optional<Stamp> stamp() const override {
    bomb->tick();
    return inner->stamp();
  }
  Answer<ReplayVerdict> claim(const ReplayToken& token, Clock::Milliseconds expiry) override {
    bomb->tick();
    return inner->claim(token, expiry);
  }
};

/// The same provider with a bomb in it; null stays null.
template <class T, class Interface>
void arm(std::shared_ptr<Interface>& provider, const BombPtr& bomb) {
  if (!provider) return;
  auto armed = std::make_shared<T>();
  armed->inner = provider;
  armed->bomb = bomb;
  provider = armed;
}
void arm(Trial& trial, const BombPtr& bomb) {
  trial.build();
  const auto client = std::make_shared<ClientSettings>(*trial.client_settings);
  const auto server = std::make_shared<ServerSettings>(*trial.server_settings);
  arm<Verifier>(client->verifier, bomb);
  arm<Chooser>(client->credentials, bomb);
  arm<Store>(client->sessions, bomb);
  arm<Verifier>(server->verifier, bomb);
  arm<Chooser>(server->credentials, bomb);
  arm<Cache>(server->session_cache, bomb);
  arm<Sealer>(server->tickets, bomb);
  arm<Guard>(server->replay_guard, bomb);
  client->key_log = server->key_log = [bomb](std::string_view) { bomb->tick(); };
  server->session_data = [bomb](const ConnectionInfo&) {
    bomb->tick();
    return std::vector<std::uint8_t>{1};
  };
  trial.client_settings = client;
  trial.server_settings = server;
  trial.when_choosing = [bomb] { bomb->tick(); };
}

std::string_view expected(Thrown what) { return what == Thrown::memory ? "out_of_memory" : "provider_failed"; }

}  // namespace

TEST_CASE("every call of every provider of every shape throws once, or from then on: the connection fails") {
  std::size_t tried = 0;
  for (const Shape& shape : kShapes)
    for (const Thrown what : {Thrown::exception, Thrown::memory, Thrown::number})
      for (const bool lasting : {false, true})
        for (std::size_t n = 1;; ++n) {
          CAPTURE(shape.name);
          CAPTURE(static_cast<int>(what));
          CAPTURE(lasting);
          CAPTURE(n);
          const auto bomb = std::make_shared<Bomb>(Bomb{.planned = n, .what = what, .lasting = lasting});
          Trial trial(shape);
          arm(trial, bomb);
          trial.run();
          CHECK(trial.escaped == "");
          if (!bomb->fired) {
            CHECK(trial.complete());
            CHECK(n > 4);
            break;
          }
          ++tried;
          CHECK((trial.refusal ? facts(*trial.refusal).name : "nothing") == expected(what));
        }
  MESSAGE(tried << " trials");
}

TEST_CASE("the error holds the words of a std::exception, and says so where there are none") {
  for (const Thrown what : {Thrown::exception, Thrown::number}) {
    const auto bomb = std::make_shared<Bomb>(Bomb{.planned = 1, .what = what});
    Trial trial(kShapes[0]);
    trial.build();
    const auto client = std::make_shared<ClientSettings>(*trial.client_settings);
    arm<Verifier>(client->verifier, bomb);
    trial.client_settings = client;
    trial.run();
    REQUIRE(trial.client.error);
    CHECK(trial.client.error->code() == Code::provider_failed);
    CHECK(trial.client.error->detail() ==
          (what == Thrown::exception ? "the provider's own words" : "an exception of an unknown type"));
    REQUIRE(trial.server.error);
    CHECK(trial.server.error->peer_alert() == Alert::internal_error);
  }
}

TEST_CASE("build() lets nothing out: an identity() that throws is an error of the configuration") {
  struct Nameless final : ChainVerifier {
    std::string identity() const override { throw std::runtime_error("no name"); }
    Answer<ChainAccepted> verify(const ChainToVerify&) const override { return Result<ChainAccepted>(ChainAccepted{}); }
  };
  const auto nameless = std::make_shared<Nameless>();
  auto client = ClientConfig::builder();
  const auto built = client.trust(nameless).build();
  REQUIRE_FALSE(built);
  CHECK(built.error().code() == Code::provider_failed);
  CHECK(built.error().detail() == "no name");
  auto server = ServerConfig::builder();
  const auto built_server = server.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)))
                                .client_auth(ClientAuth::require, nameless)
                                .build();
  REQUIRE_FALSE(built_server);
  CHECK(built_server.error().code() == Code::provider_failed);
}
