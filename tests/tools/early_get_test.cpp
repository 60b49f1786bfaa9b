// client --get --get-early against a server that wants nothing early: 425 Too Early (RFC 8470 §5.2).
#include <doctest/doctest.h>

#include <thread>

#include "cli/channel.h"
#include "tls/replay_guard.h"
#include "tls/ticket_keys.h"
#include "tools/place.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

/// Answers one request on each of so many connections: 425 to an early one, 200 to others.
class Careful {
 public:
  Careful(const Place& place, int connections) {
    auto credential = load_credential(slurp(place.folder.path("ecdsa-p256-chain.pem")),
                                      slurp(place.folder.path("ecdsa-p256-key.pem")));
    REQUIRE(credential);
    std::shared_ptr<TicketSealer> keys = *RotatingTicketKeys::at_random({});
    auto config = ServerConfig::builder()
                      .credentials(credential_list({*credential}))
                      .tickets(keys)
                      .early_data(16384, *local_replay_guard())
                      .build();
    REQUIRE(config);
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    REQUIRE(listener->timeouts(20s, 20s));  // for clients that do not come
    port = std::to_string(*listener->local_port());
    thread_ = std::thread([this, connections, config = *config, socket = std::move(*listener)] {
      for (int i = 0; i < connections; ++i) serve(config, socket);
    });
  }
  ~Careful() {
    if (thread_.joinable()) thread_.join();
  }
  void finish() { thread_.join(); }

  std::string port;
  int early = 0, late = 0;  ///< requests; after finish()

 private:
  void serve(const ServerConfig& config, const Socket& listener) {
    auto socket = listener.accept();
    if (!socket) return;
    sallyport::cli::Channel channel(ServerConnection::start(config), std::move(*socket), {});
    std::string request;
    channel.on_early([&](Bytes data) -> Result<void> {
      request += as_text(data);
      return {};
    });
    if (!channel.handshake(10s)) return;
    const bool was_early = !request.empty();
    while (request.find("\r\n\r\n") == std::string::npos) {
      auto data = channel.read();
      if (!data || data->empty()) return;
      request += as_text(*data);
    }
    ++(was_early ? early : late);
    const std::string body = was_early ? "early\n" : "fine\n";
    const std::string answer = std::string("HTTP/1.1 ") + (was_early ? "425 Too Early" : "200 OK") +
                               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (channel.write(as_bytes(answer)) && channel.close()) channel.linger();
  }

  std::thread thread_;
};

}  // namespace

TEST_CASE_FIXTURE(Place, "a request that is too early is sent again, once, after the handshake of another connection") {
  Careful server(*this, 3);
  const Ran ran = run_tool({"client", "localhost", "--connect", "127.0.0.1:" + server.port, "--ca", root(), "--get",
                            "/", "--get-early", "--reconnect", "1"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(ran.out == "fine\nfine\n");
  CHECK(has(ran.err, "425 Too Early; it is sent again, after the handshake"));
  server.finish();
  CHECK(server.early == 1);
  CHECK(server.late == 2);
}
