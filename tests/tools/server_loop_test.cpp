// The loops of `sallyport server`: what one visitor waits for is no matter of the others.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/serve/loop.h"
#include "tools/guest.h"

using namespace tls::test;
using namespace sallyport::cli;

namespace {

/// A key that somebody else signs with, later.
class RemoteKey final : public tls::SigningKey {
 public:
  explicit RemoteKey(std::shared_ptr<const tls::SigningKey> real) : real_(std::move(real)) {}
  [[nodiscard]] tls::KeyKind kind() const noexcept override { return real_->kind(); }
  tls::Answer<std::vector<std::uint8_t>> sign(tls::SignatureScheme, tls::Bytes, tls::Random&) const override {
    return std::nullopt;
  }
  [[nodiscard]] tls::OperationResult answer(const tls::Operation& operation) const {
    const auto& request = std::get<tls::SignatureRequest>(operation);
    auto signature = real_->sign(request.scheme, request.message, tls::system_random());
    REQUIRE(signature);
    return *std::move(signature);
  }

 private:
  std::shared_ptr<const tls::SigningKey> real_;
};

/// A server in threads of this process, with that key.
struct Running : Sides {
  std::shared_ptr<RemoteKey> key;
  TlsOptions options;

  Running() {
    auto loaded =
        tls::load_credential(slurp(folder.path("ecdsa-p256-chain.pem")), slurp(folder.path("ecdsa-p256-key.pem")));
    REQUIRE(loaded);
    tls::Credential credential = **loaded;
    key = std::make_shared<RemoteKey>(credential.key);
    credential.key = key;
    builder.credentials(tls::credential_list({std::make_shared<const tls::Credential>(std::move(credential))}));
  }
  tls::ServerConfig::Builder builder = tls::ServerConfig::builder();

  [[nodiscard]] House::Answer at_once() const {
    return [this](const tls::Operation& operation, const std::function<void(tls::OperationResult)>& done) {
      done(key->answer(operation));
      return true;
    };
  }
  /// Serves `count` visitors while `visit` runs with the port.
  template <class Visitors>
  int serve(std::uint64_t count, House::Answer answer, Visitors&& visit, const Limits& limits = {}) {
    auto listener = tls::Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    REQUIRE(listener->non_blocking(true));
    const auto port = listener->local_port();
    REQUIRE(port);
    Ledger ledger(options, count, true);
    House house{.config = std::make_shared<tls::LiveServerConfig>(built(builder)),
                .listeners = {},
                .greet = [] { return std::make_unique<Echo>(); },
                .answer = std::move(answer),
                .ledger = ledger,
                .limits = limits};
    house.listeners.push_back(*std::move(listener));
    Loop* running = nullptr;
    Loop loop(house, [&] { running->wake(); });
    running = &loop;
    std::thread thread([&] { loop.run(); });
    visit(std::to_string(*port));
    thread.join();
    return ledger.status();
  }

  /// Whether an echo comes back.
  [[nodiscard]] bool echoes(const std::string& port) const {
    auto socket = tls::Socket::connect("127.0.0.1", port, 10s);
    REQUIRE(socket);
    tls::Output first;
    auto connection = tls::ClientConnection::start(built(client()), "localhost", first);
    REQUIRE(connection);
    Channel channel(*std::move(connection), *std::move(socket), std::move(first));
    if (!channel.handshake(20s) || !channel.write(tls::as_bytes("hello"))) return false;
    const auto back = channel.read();
    return back && tls::as_text(*back) == "hello";
  }
};

}  // namespace

TEST_CASE_FIXTURE(Running, "server: a visitor whose signature is made elsewhere holds up nobody") {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::function<void()>> held;
  bool hold = true;
  const auto answer = [&](const tls::Operation& operation, std::function<void(tls::OperationResult)> done) {
    const std::lock_guard lock(mutex);
    if (std::exchange(hold, false))
      held.emplace_back([&operation, done, this] { done(key->answer(operation)); });
    else
      done(key->answer(operation));
    changed.notify_all();
    return true;
  };
  const int status = serve(2, answer, [&](const std::string& port) {
    bool late = false;
    std::thread waits([&] { late = echoes(port); });
    {
      std::unique_lock lock(mutex);
      REQUIRE(changed.wait_for(lock, 20s, [&] { return !held.empty(); }));
    }
    CHECK(echoes(port));
    held.front()();  // from another thread than the loop's
    waits.join();
    CHECK(late);
  });
  CHECK(status == 0);
}

TEST_CASE_FIXTURE(Running, "server: an answer that comes when the visitor has gone is forgotten") {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void(tls::OperationResult)> first;
  const auto answer = [&](const tls::Operation& operation, std::function<void(tls::OperationResult)> done) {
    const std::lock_guard lock(mutex);
    if (first)
      done(key->answer(operation));
    else
      first = std::move(done);
    changed.notify_all();
    return true;
  };
  serve(2, answer, [&](const std::string& port) {
    {
      auto socket = tls::Socket::connect("127.0.0.1", port, 10s);
      REQUIRE(socket);
      tls::Output hello;
      REQUIRE(tls::ClientConnection::start(built(client()), "localhost", hello));
      REQUIRE(::send(socket->fd(), hello.bytes().data(), hello.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(hello.size()));
      std::unique_lock lock(mutex);
      REQUIRE(changed.wait_for(lock, 20s, [&] { return static_cast<bool>(first); }));
      // Reset, not closed: a visitor that waits is not read.
      const linger now{.l_onoff = 1, .l_linger = 0};
      REQUIRE(::setsockopt(socket->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    }
    CHECK(echoes(port));
    first(tls::Result<std::vector<std::uint8_t>>(std::vector<std::uint8_t>{1}));
  });
}

TEST_CASE_FIXTURE(Running, "server: the loop keeps the time: who says nothing goes, and who asks for nothing more") {
  const auto ends = [](const tls::Socket& socket) {
    char nothing = 0;
    return ::recv(socket.fd(), &nothing, 1, 0) == 0;  // waits
  };
  const auto come = [&](const std::string& port) {
    auto silent = tls::Socket::connect("127.0.0.1", port, 10s);
    REQUIRE(silent);
    CHECK(ends(*silent));
    CHECK(echoes(port));
  };
  CHECK(serve(1, at_once(), come, Limits{.handshake = 2s}) == 0);
  const auto stay = [&](const std::string& port) {
    auto socket = tls::Socket::connect("127.0.0.1", port, 10s);
    REQUIRE(socket);
    tls::Output first;
    auto connection = tls::ClientConnection::start(built(client()), "localhost", first);
    REQUIRE(connection);
    Channel channel(*std::move(connection), *std::move(socket), std::move(first));
    REQUIRE(channel.handshake(20s));
    CHECK_FALSE(channel.read());  // the end, and not in order: this is an echo
  };
  CHECK(serve(1, at_once(), stay, Limits{.idle = 100ms}) == 0);
}

TEST_CASE_FIXTURE(Running, "server: where nobody answers, the handshake fails and the server goes on") {
  for (const bool somebody : {false, true}) {
    const House::Answer refuses = [](const tls::Operation&, const std::function<void(tls::OperationResult)>&) {
      return false;
    };
    const int status =
        serve(1, somebody ? refuses : House::Answer{}, [&](const std::string& port) { CHECK_FALSE(echoes(port)); });
    CHECK(status == kTls);
  }
}
