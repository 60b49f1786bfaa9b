// Sockets and streams: without memory a call fails and says so, nothing is thrown, and what is there can be used on.
#include <doctest/doctest.h>

#include <functional>
#include <thread>

#include "faults/peers.h"
#include "support/faults.h"
#include "tls/adapters/poll_loop.h"
#include "tls/adapters/socket_stream.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

using Tried = Result<void>;

Tried tried(const auto& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

/// A loop on a thread of its own that sends back what it gets.
class EchoServer {
 public:
  EchoServer() {
    auto made = PollLoop::create();
    REQUIRE(made);
    loop_.emplace(*std::move(made));
    const auto port = loop_->listen("127.0.0.1", 0, peers().server, [] { return std::make_unique<Echo>(); });
    REQUIRE(port);
    port_ = std::to_string(*port);
    thread_ = std::thread([this] { static_cast<void>(loop_->run()); });
  }
  ~EchoServer() {
    loop_->stop();
    thread_.join();
  }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  struct Echo final : LinkHandler {
    void on_data(Link& link, MutableBytes data) override { static_cast<void>(link.send(data)); }
  };
  std::optional<PollLoop> loop_;
  std::string port_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("every allocation of a socket's functions fails once") {
  const auto listener = Socket::listen("127.0.0.1", 0);
  REQUIRE(listener);
  const std::string port = std::to_string(*listener->local_port());
  struct Row {
    const char* name;
    std::function<Tried()> call;
    bool succeeds;
  };
  const Row rows[] = {
      {"resolve", [&] { return tried(resolve("127.0.0.1", port, false)); }, true},
      {"resolve what cannot be", [&] { return tried(resolve("127.0.0.1", "no-such-service", false)); }, false},
      {"listen", [&] { return tried(Socket::listen("127.0.0.1", 0)); }, true},
      {"listen where somebody does", [&] { return tried(Socket::listen("127.0.0.1", *listener->local_port())); },
       false},
      {"connect", [&] { return tried(Socket::connect("127.0.0.1", port)); }, true},
      {"connect to nobody", [&] { return tried(Socket::connect("127.0.0.1", "1")); }, false},
      {"peer of nobody", [&] { return tried(listener->peer()); }, false},
      {"accept", [&] { return tried(Socket().accept()); }, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    std::string escaped;
    bool last = !row.succeeds;
    const std::size_t failed = exhaust_memory([&](std::size_t n) {
      CAPTURE(n);
      try {
        const Tried result = guarded_call(escaped, row.name, row.call);
        last = result.has_value();
        if (!Faults::fired())
          CHECK(last == row.succeeds);
        else
          CHECK_FALSE(last);
      } catch (...) {
      }
    });
    CHECK(escaped == "");
    CHECK(last == row.succeeds);
    CHECK(failed > 0);
  }
}

TEST_CASE("every allocation of a stream's functions fails once: a client") {
  const EchoServer server;
  for (const auto lasting : {Faults::Lasting::once, Faults::Lasting::for_this_call}) {
    std::string escaped;
    std::size_t survived = 0;
    const std::size_t failed = exhaust_memory(
        [&](std::size_t n) {
          CAPTURE(n);
          try {
            auto stream = guarded_call(escaped, "connect", [&] {
              return SocketStream::connect(peers().client, "127.0.0.1", server.port(), {.read_timeout = 20s});
            });
            if (!stream) {
              CHECK(Faults::fired());
              CHECK((stream.error().code() == Code::out_of_memory));
              return;
            }
            auto written = guarded_call(escaped, "write", [&] { return stream->write(as_bytes("hello")); });
            if (!written) written = guarded_call(escaped, "flush", [&] { return stream->flush(); });
            static_cast<void>(guarded_call(escaped, "pending", [&] { return stream->pending(); }));
            auto read = guarded_call(escaped, "read", [&] { return stream->read(); });
            if (read) CHECK(as_text(*read) == "hello");
            if (!read && !stream->connection().established()) {  // it has failed, and says so ever after
              CHECK(Faults::fired());
              CHECK_FALSE(stream->read());
              CHECK_FALSE(stream->write(as_bytes("x")));
              return;
            }
            if (!read) read = stream->read();
            REQUIRE(read);
            static_cast<void>(guarded_call(escaped, "try_read", [&] { return stream->try_read().has_value(); }));
            static_cast<void>(guarded_call(escaped, "close", [&] { return stream->close().has_value(); }));
            if (Faults::fired()) ++survived;
          } catch (...) {
          }
        },
        lasting);
    CHECK(escaped == "");
    CHECK(failed > 40);
    MESSAGE(failed << " allocations failed, " << survived << " streams went on");
  }
}

TEST_CASE(
    "every allocation of a stream's functions fails once: a server, with and without a source of configurations") {
  const auto source = config_source([](const ConfigRequest&) -> Answer<ServerConfig> { return peers().server; });
  for (const bool with_source : {false, true}) {
    CAPTURE(with_source);
    const auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    const std::string port = std::to_string(*listener->local_port());
    std::string escaped;
    const std::size_t failed = exhaust_memory([&](std::size_t n) {
      CAPTURE(n);
      std::thread client([&] {
        auto stream = SocketStream::connect(peers().client, "127.0.0.1", port, {.read_timeout = 20s});
        if (stream) static_cast<void>(stream->write(as_bytes("hello")));
        if (stream) static_cast<void>(stream->close());
      });
      Result<Socket> socket = listener->accept();
      REQUIRE(socket);
      try {
        auto stream = guarded_call(escaped, "accept", [&] {
          return with_source ? SocketStream::accept(source, *std::move(socket), {.read_timeout = 20s})
                             : SocketStream::accept(peers().server, *std::move(socket), {.read_timeout = 20s});
        });
        if (stream) {
          // Only what holds the place of the connection can be done without.
          CHECK((!Faults::fired() || (with_source && n <= 2)));
          auto read = guarded_call(escaped, "read", [&] { return stream->read(); });
          if (read) CHECK(as_text(*read) == "hello");
        } else {
          CHECK(Faults::fired());
          CHECK((stream.error().code() == Code::out_of_memory));
        }
      } catch (...) {
      }
      client.join();
    });
    CHECK(escaped == "");
    CHECK(failed > 30);
    MESSAGE(failed << " allocations failed");
  }
}
