#include "tls/adapters/socket_stream.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <latch>
#include <optional>
#include <thread>

#include "adapters/early_data.h"
#include "support/environment.h"
#include "support/stepped_clock.h"
#include "support/time_scale.h"

using namespace tls;
using namespace std::chrono_literals;
using ByteList = std::vector<std::uint8_t>;

namespace {

/// Accepts one connection on a thread of its own and gives the socket to `serve`.
class Server {
 public:
  explicit Server(std::function<void(Socket)> serve, const char* address = "127.0.0.1") {
    auto listener = Socket::listen(address, 0);
    if (!listener) return;
    port_ = std::to_string(*listener->local_port());
    thread_ = std::thread([serve = std::move(serve), l = *std::move(listener)] {
      if (auto socket = l.accept()) serve(*std::move(socket));
    });
  }
  ~Server() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  std::string port_;
  std::thread thread_;
};

Result<SocketStream> accepted(Socket socket) {
  return SocketStream::accept(test::localhost().server, std::move(socket), {.read_timeout = test::scaled(20s)});
}

/// Sends back what it gets until the peer closes.
void echo(Socket socket) {
  auto stream = accepted(std::move(socket));
  if (!stream) return;
  for (;;) {
    auto data = stream->read();
    if (!data || data->empty()) break;
    if (!stream->write(*data)) break;
  }
  static_cast<void>(stream->close());
}

Result<SocketStream> connected(const std::string& port, const char* host = "127.0.0.1") {
  return SocketStream::connect(test::localhost().client, host, port,
                               {.read_timeout = test::scaled(20s), .write_timeout = test::scaled(20s)});
}

Code code_of(const Error& error) { return error.code(); }

}  // namespace

TEST_CASE("a write that fails takes nothing away of what the peer had written before it left") {
  for (const bool half_read : {false, true}) {
    Server server([](Socket socket) {
      auto stream = accepted(std::move(socket));
      if (!stream) return;
      CHECK(stream->write(as_bytes("first ")));
      CHECK(stream->write(as_bytes("second")));
      CHECK(stream->close());
      const linger reset{1, 0};
      ::setsockopt(stream->socket().fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    });
    auto stream = connected(server.port());
    REQUIRE(stream);
    server.join();
    std::string got;
    ByteList few(3);
    if (half_read) {
      REQUIRE(stream->read(few) == 3);
      got += as_text(few);
    }
    CHECK(stream->write(as_bytes("a question that comes too late")).error().code() == Code::transport_failed);
    for (auto n = stream->read(few); n && *n != 0; n = stream->read(few)) got += as_text(few).substr(0, *n);
    CHECK(got == "first second");
  }
}

TEST_CASE("the five lines: connect, write, read to the end, close; over IPv4 and IPv6") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Server server(echo, host);
    if (server.port().empty()) {
      MESSAGE("no IPv6 on this machine");
      continue;
    }
    auto stream = connected(server.port(), host);
    REQUIRE(stream);
    REQUIRE(stream->write(as_bytes("hello")));
    REQUIRE(stream->close());
    std::string got;
    for (;;) {
      auto data = stream->read();
      REQUIRE(data);
      if (data->empty()) break;
      got += as_text(*data);
    }
    CHECK(got == "hello");
    CHECK(stream->info().version == ProtocolVersion::tls13);
  }
}

TEST_CASE("much data in small socket buffers arrives whole, also when it is read in small pieces") {
  test::SeededRandom random(4);
  ByteList data(3 << 20);
  random.fill(data);
  Server server([&](Socket socket) {
    const int small = 8192;
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    auto stream = accepted(std::move(socket));
    if (stream && stream->write(data)) static_cast<void>(stream->close());
  });
  auto stream = connected(server.port());
  REQUIRE(stream);
  ByteList got, piece(7001);
  for (;;) {
    const Result<std::size_t> n = stream->read(piece);
    REQUIRE(n);
    if (*n == 0) break;
    got.insert(got.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*n));
  }
  CHECK((got == data));
}

TEST_CASE("two sides with more to say than fits between them: what is queued goes out while they read") {
  constexpr std::size_t kMuch = 8 << 20;
  struct Outcome {
    bool was_full = false;
    std::size_t got = 0;
  };
  const StreamOptions options{.read_timeout = 10s, .write_timeout = 200ms};
  std::latch both_full(2);
  const auto talk = [&](Result<SocketStream> stream, Outcome& outcome) {
    if (!stream) return both_full.count_down();
    for (const int buffer : {SO_SNDBUF, SO_RCVBUF}) {
      const int small = 65536;
      ::setsockopt(stream->socket().fd(), SOL_SOCKET, buffer, &small, sizeof small);
    }
    const Result<void> written = stream->write(ByteList(kMuch, 0x5A));
    outcome.was_full = !written && code_of(written.error()) == Code::timed_out && stream->queued() > 0;
    both_full.arrive_and_wait();  // nobody reads before
    while (outcome.got < kMuch) {
      const auto data = stream->read();
      if (!data || data->empty()) return;
      outcome.got += data->size();
    }
    while (stream->queued() > 0) {  // the other side reads on
      const Result<void> sent = stream->flush();
      if (!sent && code_of(sent.error()) != Code::timed_out) return;
    }
    static_cast<void>(stream->close());
  };
  Outcome served, asked;
  Server server(
      [&](Socket socket) { talk(SocketStream::accept(test::localhost().server, std::move(socket), options), served); });
  talk(SocketStream::connect(test::localhost().client, "127.0.0.1", server.port(), options), asked);
  server.join();
  CHECK(served.was_full);
  CHECK(asked.was_full);
  CHECK(served.got == kMuch);
  CHECK(asked.got == kMuch);
}

TEST_CASE("a read that times out says so, and the stream goes on") {
  Server server(echo);
  auto stream = connected(server.port());
  REQUIRE(stream);
  REQUIRE(stream->socket().timeouts(20ms, 0ms));
  auto data = stream->read();
  REQUIRE_FALSE(data);
  CHECK(code_of(data.error()) == Code::timed_out);
  REQUIRE(stream->socket().timeouts(test::scaled(20s), 0ms));
  REQUIRE(stream->write(as_bytes("late")));
  data = stream->read();
  REQUIRE(data);
  CHECK(as_text(*data) == "late");
}

TEST_CASE("an end of the transport without close_notify is truncated, never an end of file") {
  Server server([](Socket socket) {
    if (auto stream = accepted(std::move(socket))) static_cast<void>(stream->write(as_bytes("part")));
  });
  auto stream = connected(server.port());
  REQUIRE(stream);
  auto data = stream->read();
  REQUIRE(data);
  data = stream->read();
  REQUIRE_FALSE(data);
  CHECK(code_of(data.error()) == Code::truncated);
}

TEST_CASE("writing to a peer that went away is an error and no signal") {
  Server server([](Socket socket) { static_cast<void>(accepted(std::move(socket))); });
  auto stream = connected(server.port());
  REQUIRE(stream);
  server.join();
  const ByteList data(1 << 16);
  Result<void> written;
  for (int i = 0; i < 200 && written; ++i) written = stream->write(data);
  REQUIRE_FALSE(written);
  CHECK(code_of(written.error()) == Code::transport_failed);
}

TEST_CASE("a chain that is not trusted: the client says why, the server hears it") {
  std::optional<Error> heard;
  Server server([&](Socket socket) {
    auto stream = accepted(std::move(socket));
    Result<MutableBytes> data = stream ? stream->read() : std::unexpected(stream.error());
    if (!data) heard = data.error();
  });
  const test::Authority other{
      sallyport::self_signed(sallyport::authority("Other Root"), test::key(sallyport::KeyType::ecdsa_p256, 7))};
  const ClientConfig config = test::Localhost::make_client(*trust_pem(other.root.pem()));
  auto stream = SocketStream::connect(config, "127.0.0.1", server.port());
  REQUIRE_FALSE(stream);
  CHECK(code_of(stream.error()) == Code::unknown_ca);
  server.join();
  REQUIRE(heard);
  CHECK(heard->peer_alert() == Alert::unknown_ca);
}

TEST_CASE("a client that does not speak TLS is named") {
  std::optional<Error> heard;
  Server server([&](Socket socket) {
    auto stream = accepted(std::move(socket));
    if (!stream) heard = stream.error();
  });
  auto socket = Socket::connect("127.0.0.1", server.port());
  REQUIRE(socket);
  const std::string_view request = "GET / HTTP/1.1\r\n\r\n";
  CHECK(::send(socket->fd(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  server.join();
  REQUIRE(heard);
  CHECK(heard->code() == Code::not_tls);
}

TEST_CASE("nobody listens: transport_failed, in words") {
  std::string port;
  {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    port = std::to_string(*listener->local_port());
  }
  auto stream = connected(port);
  REQUIRE_FALSE(stream);
  CHECK(code_of(stream.error()) == Code::transport_failed);
  CHECK(stream.error().detail().starts_with("connecting to 127.0.0.1:" + port));
}

TEST_CASE("a verdict that comes later is asked for by StreamOptions::answer") {
  struct Later final : ChainVerifier {
    std::string identity() const override { return "later"; }
    Answer<ChainAccepted> verify(const ChainToVerify&) const override { return std::nullopt; }
  };
  const ClientConfig config = test::Localhost::make_client(std::make_shared<Later>());
  for (const bool accept : {true, false}) {
    Server server(echo);
    unsigned asked = 0;
    StreamOptions options;
    options.answer = [&](const Operation& operation) -> OperationResult {
      ++asked;
      CHECK(std::get<ChainToVerify>(operation).chain.size() == 2);
      if (accept) return Result<ChainAccepted>(ChainAccepted{});
      return Result<ChainAccepted>(fail(Code::certificate_refused));
    };
    auto stream = SocketStream::connect(config, "127.0.0.1", server.port(), options);
    CHECK(asked == 1);
    CHECK(stream.has_value() == accept);
    if (!stream) CHECK(code_of(stream.error()) == Code::certificate_refused);
  }
  Server server(echo);
  auto stream = SocketStream::connect(config, "127.0.0.1", server.port());
  REQUIRE_FALSE(stream);
  CHECK(code_of(stream.error()) == Code::operation_failed);
}

namespace {

/// A peer that sends a byte of a record every `pause`, and so never lets a read wait for long.
void trickle(const Socket& socket, const std::atomic<bool>& stop, test::SteppedClock& clock,
             Socket::Milliseconds pause) {
  CHECK(test::within(20s, [&] { return clock.looks() > 0; }));
  const std::uint8_t header[] = {0x16, 0x03, 0x03, 0x3F, 0xFF}, more = 0;
  static_cast<void>(::send(socket.fd(), header, sizeof header, MSG_NOSIGNAL));
  // No more than the record has room for: it is never whole.
  for (int i = 0; i < 0x3FFF - 1 && !stop && ::send(socket.fd(), &more, 1, MSG_NOSIGNAL) == 1; ++i) clock.step(pause);
  static_cast<void>(test::within(20s, [&] { return stop.load(); }));
}

}  // namespace

TEST_CASE("the handshake as a whole is limited, however much the peer sends") {
  test::SteppedClock clock;
  const StreamOptions options{.read_timeout = test::scaled(10s), .handshake_timeout = 300s, .clock = clock};
  std::optional<Error> server_says, client_says;
  std::atomic<bool> stop{false};
  SUBCASE("a server's") {
    Server server([&](Socket socket) {
      auto stream = SocketStream::accept(test::localhost().server, std::move(socket), options);
      if (!stream) server_says = stream.error();
      stop = true;
    });
    auto socket = Socket::connect("127.0.0.1", server.port());
    REQUIRE(socket);
    trickle(*socket, stop, clock, 1s);
    socket = Socket();
    server.join();
    REQUIRE(server_says);
    CHECK(server_says->code() == Code::timed_out);
    CHECK(server_says->detail().find("handshake") != std::string::npos);
  }
  SUBCASE("a client's") {
    Server server([&](const Socket& socket) { trickle(socket, stop, clock, 1s); });
    auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", server.port(), options);
    stop = true;
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code() == Code::timed_out);
    CHECK(stream.error().detail().find("handshake") != std::string::npos);
  }
}

TEST_CASE("the limit of the handshake is over when its clock says so, and not before, though the peer is silent") {
  for (const auto pace : {1ms, 10ms}) {  // while the system waits for the rest
    test::HastyClock clock(pace);
    Server server([&](const Socket& socket) {
      std::uint8_t hello[4096];
      while (::recv(socket.fd(), hello, sizeof hello, 0) > 0) {
      }
    });
    const auto before = clock.monotonic();
    const auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", server.port(),
                                              {.handshake_timeout = 20ms, .clock = clock});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code() == Code::timed_out);
    CHECK(stream.error().detail().find("handshake") != std::string::npos);
    CHECK(clock.monotonic() - before > 20ms);
  }
}

TEST_CASE("the limit of the handshake is not one of what comes after it") {
  const Socket::Milliseconds limit = 10s;
  test::SteppedClock clock;
  Server server(echo);
  auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", server.port(),
                                      {.read_timeout = test::scaled(20s), .handshake_timeout = limit, .clock = clock});
  REQUIRE(stream);
  clock.step(limit + 1s);
  REQUIRE(stream->write(as_bytes("late")));
  auto data = stream->read();
  REQUIRE(data);
  CHECK(as_text(*data) == "late");
}

TEST_CASE("the socket's own limits hold in the handshake, and none at all is possible") {
  Server silent([](const Socket& socket) {
    std::uint8_t byte = 0;
    while (::recv(socket.fd(), &byte, 1, 0) > 0) {
    }
  });
  auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", silent.port(),
                                      {.read_timeout = 50ms, .handshake_timeout = 0ms});
  REQUIRE_FALSE(stream);
  CHECK(stream.error().code() == Code::timed_out);
  CHECK(stream.error().detail() == "read");
  for (const auto limit : {Socket::Milliseconds(0), Socket::Milliseconds::max()}) {
    Server server(echo);
    CHECK(SocketStream::connect(test::localhost().client, "127.0.0.1", server.port(),
                                {.read_timeout = test::scaled(20s), .handshake_timeout = limit}));
  }
}

namespace {

/// One connection to a server that takes early data: what of `early` it was given, and what became of it. `port`: see
/// StreamOptions.
struct Flight {
  Flight(const test::EarlyData& both, std::string_view early, std::uint16_t port) {
    Server server([&](Socket socket) {
      StreamOptions options{.read_timeout = test::scaled(20s)};
      options.early_data = [&](Bytes data) { given += as_text(data); };
      auto stream = SocketStream::accept(both.server, std::move(socket), options);
      if (!stream) return;
      if (auto data = stream->read()) static_cast<void>(stream->write(*data));
      static_cast<void>(stream->close());
    });
    StreamOptions options{.read_timeout = test::scaled(20s)};
    options.send_early = as_bytes(early);
    options.port = port;
    auto stream = SocketStream::connect(both.client, "127.0.0.1", server.port(), options);
    REQUIRE(stream);
    server_port = server.port();
    accepted = stream->early_data_accepted();
    status = stream->info().early_data;
    REQUIRE(stream->write(as_bytes("and more")));
    auto data = stream->read();
    REQUIRE(data);
    CHECK(as_text(*data) == "and more");
    REQUIRE(stream->read());
  }
  std::string given, server_port;
  std::size_t accepted = 0;
  EarlyDataStatus status{};
};

}  // namespace

TEST_CASE("early data: as much as the server takes; what was refused is still the caller's") {
  const test::EarlyData both;
  constexpr std::uint16_t kPort = 4433;  // the same service each time
  const Flight first(both, "early", kPort);
  CHECK(first.accepted == 0);
  CHECK(first.given.empty());
  const Flight second(both, "early", kPort);
  CHECK(second.accepted == 5);
  CHECK(second.given == "early");
  for (const std::size_t size : {both.kMost - 1, both.kMost, both.kMost + 1}) {
    const std::string much(size, 'e');
    const Flight third(both, much, kPort);
    CHECK(third.accepted == std::min<std::size_t>(size, both.kMost));
    CHECK(third.given == much.substr(0, both.kMost));
  }
  both.guard->fresh = false;
  const Flight refused(both, "early", kPort);
  CHECK(refused.accepted == 0);
  CHECK(refused.given.empty());
  CHECK(refused.status == EarlyDataStatus::rejected);
  for (const std::uint16_t port : both.store->ports) CHECK(port == kPort);
}

TEST_CASE("sessions are kept apart by the port that the socket leads to") {
  const test::EarlyData both;
  const Flight one(both, "early", 0), two(both, "early", 0);
  CHECK(two.accepted == 0);  // another service, which has another's ticket no use for
  REQUIRE(both.store->ports.size() >= 2);
  CHECK(std::to_string(both.store->ports.front()) == one.server_port);
  CHECK(std::to_string(both.store->ports.back()) == two.server_port);
}

TEST_CASE("for those who poll: pending() knows what poll() cannot, try_read() never waits") {
  std::atomic<int> step{0};
  const auto reached = [&](int n) { return test::within(20s, [&] { return step >= n; }); };
  Server server([&](Socket socket) {
    auto stream = accepted(std::move(socket));
    if (!stream || !reached(1)) return;
    // Two records in one segment, and the close behind them.
    const int on = 1, off = 0;
    ::setsockopt(stream->socket().fd(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    CHECK(stream->write(as_bytes("first")));
    CHECK(stream->write(as_bytes("second")));
    CHECK(stream->close());
    ::setsockopt(stream->socket().fd(), IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    step = 2;
    reached(3);
  });
  auto stream = connected(server.port());
  REQUIRE(stream);
  const auto readable = [&](int timeout) {
    pollfd wait{stream->socket().fd(), POLLIN, 0};
    return ::poll(&wait, 1, timeout) == 1;
  };
  // Tickets may come behind the handshake: they are no data.
  while (readable(50)) {
    const auto nothing = stream->try_read();
    REQUIRE(nothing);
    REQUIRE_FALSE(*nothing);
  }
  CHECK_FALSE(stream->pending());
  const auto begin = std::chrono::steady_clock::now();
  auto data = stream->try_read();
  REQUIRE(data);
  CHECK_FALSE(*data);
  CHECK(std::chrono::steady_clock::now() - begin < test::scaled(5s));
  CHECK_FALSE(stream->pending());
  step = 1;
  REQUIRE(reached(2));
  REQUIRE(readable(20'000 * test::time_scale()));
  CHECK_FALSE(stream->pending());  // it does not look at the socket
  data = stream->try_read();
  REQUIRE(data);
  REQUIRE(*data);
  CHECK(as_text(**data) == "first");
  CHECK(stream->pending());
  CHECK(stream->pending());
  data = stream->try_read();
  REQUIRE(data);
  REQUIRE(*data);
  CHECK(as_text(**data) == "second");
  // The close: an empty read, and again.
  for (int i = 0; i < 2; ++i) {
    while (!stream->pending() && readable(20'000 * test::time_scale())) {
      data = stream->try_read();
      REQUIRE(data);
      if (*data) break;
    }
    data = stream->try_read();
    REQUIRE(data);
    REQUIRE(*data);
    CHECK((*data)->empty());
    CHECK(stream->pending());
  }
  CHECK(stream->queued() == 0);
  step = 3;
}

TEST_CASE("pending(): half of what was read, and a failure, are something to say") {
  Server server([&](Socket socket) {
    auto stream = accepted(std::move(socket));
    if (stream) CHECK(stream->write(as_bytes("some data")));
    const std::string_view garbage = "this is no record at all";
    if (stream) static_cast<void>(::send(stream->socket().fd(), garbage.data(), garbage.size(), MSG_NOSIGNAL));
  });
  auto stream = connected(server.port());
  REQUIRE(stream);
  server.join();
  ByteList few(4);
  REQUIRE(stream->read(few) == 4);
  CHECK(stream->pending());
  CHECK(stream->try_read());
  Result<std::optional<MutableBytes>> last = std::optional<MutableBytes>();
  REQUIRE(test::within(20s, [&] {
    last = stream->try_read();
    return !last || *last;
  }));
  REQUIRE_FALSE(last);
  CHECK(stream->pending());
  CHECK_FALSE(stream->read());
}

TEST_CASE("a scoped IPv6 address: the zone is for the socket, not for the certificate") {
  Server server(echo, "::1");
  if (server.port().empty()) {
    MESSAGE("no IPv6 on this machine");
    return;
  }
  auto stream = connected(server.port(), "::1%1");
  REQUIRE(stream);
  CHECK(stream->socket().peer().has_value());
}
