#include "tls/adapters/poll_loop.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <future>
#include <limits>
#include <thread>

#include "adapters/early_data.h"
#include "support/environment.h"
#include "support/stepped_clock.h"
#include "support/time_scale.h"
#include "tls/adapters/socket_stream.h"

using namespace tls;
using namespace std::chrono_literals;
using ByteList = std::vector<std::uint8_t>;

namespace {

struct Counts {
  unsigned ready = 0, ended = 0, in_order = 0, drained = 0;
  std::size_t most_queued = 0;
  std::vector<Code> errors;
  const Connection* last = nullptr;  ///< that became ready
};

/// Sends back what it gets.
class Echo : public LinkHandler {
 public:
  explicit Echo(Counts& counts) : counts_(counts) {}
  void on_ready(Link& link) override {
    ++counts_.ready;
    counts_.last = &link.connection();
  }
  void on_data(Link& link, MutableBytes data) override {
    static_cast<void>(link.send(data));
    counts_.most_queued = std::max(counts_.most_queued, link.queued());
  }
  void on_drained(Link&) override { ++counts_.drained; }
  void on_end(Link&, const Error* error) override {
    ++counts_.ended;
    if (error == nullptr) ++counts_.in_order;
    if (error != nullptr) counts_.errors.push_back(error->code());
  }

 protected:
  Counts& counts_;
};

/// Sends `data`, closes once all of it came back.
class Asking : public Echo {
 public:
  Asking(Counts& counts, const ByteList& data) : Echo(counts), data_(data) {}
  void on_ready(Link& link) override {
    ++counts_.ready;
    CHECK(link.send(data_));
  }
  void on_data(Link& link, MutableBytes data) override {
    got_.insert(got_.end(), data.begin(), data.end());
    if (got_.size() < data_.size()) return;
    CHECK((got_ == data_));
    link.close();
  }

 private:
  const ByteList& data_;
  ByteList got_;
};

PollLoop make_loop(const Clock& clock = system_clock()) {
  auto loop = PollLoop::create(clock);
  REQUIRE(loop);
  return *std::move(loop);
}

std::string listen(PollLoop& loop, Counts& counts, LinkOptions options = {}, const char* address = "127.0.0.1") {
  const auto port =
      loop.listen(address, 0, test::localhost().server, [&counts] { return std::make_unique<Echo>(counts); }, options);
  REQUIRE(port);
  return std::to_string(*port);
}

/// Runs until `done`, at most 30 seconds, scaled.
template <class Done>
void run_until(PollLoop& loop, Done done) {
  const auto limit = std::chrono::steady_clock::now() + test::scaled(30s);
  while (!done() && std::chrono::steady_clock::now() < limit) REQUIRE(loop.run_once(10ms));
  CHECK(done());
}

/// Runs until there is nothing to do at this moment.
void run_out(PollLoop& loop) {
  for (int i = 0; i < 5; ++i) REQUIRE(loop.run_once(1ms));
}

}  // namespace

TEST_CASE("many connections on one thread, both sides in one loop") {
  constexpr unsigned kLinks = 40;
  test::SeededRandom random(8);
  ByteList data(100000);
  random.fill(data);
  Counts served, asked;
  PollLoop loop = make_loop();
  const std::string port = listen(loop, served);
  for (unsigned i = 0; i < kLinks; ++i)
    REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", port, std::make_unique<Asking>(asked, data)));
  run_until(loop, [&] { return loop.links() == 0; });
  CHECK(asked.ready == kLinks);
  CHECK(served.ready == kLinks);
  CHECK(asked.in_order == kLinks);
  CHECK(served.in_order == kLinks);
}

TEST_CASE("a peer that does not read cannot make us queue without end, and reads all when it does") {
  constexpr LinkOptions kOptions{.pause_above = 100000, .resume_below = 20000};
  Counts served;
  PollLoop loop = make_loop();
  const std::string port = listen(loop, served, kOptions);
  std::size_t sent = 0, got = 0;
  bool same = true;
  std::thread client([&] {
    auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", port,
                                        {.read_timeout = test::scaled(20s), .write_timeout = test::scaled(300ms)});
    if (stream) {
      const ByteList piece(64 << 10, 0x5A);
      while (sent < (64u << 20)) {
        const Result<void> written = stream->write(piece);
        sent += piece.size();
        if (!written) break;  // timed out: everything between us is full
      }
      while (got < sent) {
        auto data = stream->read();
        if (!data || data->empty()) break;
        got += data->size();
        for (const std::uint8_t b : *data) same = same && b == 0x5A;
      }
      static_cast<void>(stream->close());
    }
    loop.stop();
  });
  REQUIRE(loop.run());
  client.join();
  CHECK(sent > 1000000);
  CHECK(got == sent);
  CHECK(same);
  CHECK(served.drained > 0);
  CHECK(served.most_queued > kOptions.pause_above);
  CHECK(served.most_queued < kOptions.pause_above + (18 << 10));  // one record beyond
}

TEST_CASE("answers above pause_above that the system takes at once do not pause a link for good") {
  struct Generous final : Echo {
    using Echo::Echo;
    void on_data(Link& link, MutableBytes data) override {
      for (std::size_t i = 0; i < data.size(); ++i) CHECK(link.send(ByteList(3000, 0x5A)));
    }
  };
  Counts served;
  PollLoop loop = make_loop();
  const auto port =
      loop.listen("127.0.0.1", 0, test::localhost().server, [&served] { return std::make_unique<Generous>(served); },
                  {.pause_above = 2000, .resume_below = 1000});
  REQUIRE(port);
  std::size_t got = 0;
  std::thread client([&] {
    auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", std::to_string(*port),
                                        {.read_timeout = test::scaled(20s), .write_timeout = test::scaled(20s)});
    for (int question = 0; stream && question < 3; ++question) {
      if (!stream->write(as_bytes("?"))) break;
      for (std::size_t answer = 0; answer < 3000;) {
        const auto data = stream->read();
        if (!data || data->empty()) break;
        answer += data->size();
        got += data->size();
      }
    }
    loop.stop();
  });
  REQUIRE(loop.run());
  client.join();
  CHECK(got == 3 * 3000);
  CHECK(served.drained == 3);
}

TEST_CASE("a client that connects and says nothing is ended by the handshake's timeout") {
  Counts served;
  test::SteppedClock clock;
  PollLoop loop = make_loop(clock);
  const std::string port = listen(loop, served, {.handshake_timeout = 10s});
  const auto silent = Socket::connect("127.0.0.1", port);
  REQUIRE(silent);
  run_until(loop, [&] { return loop.links() == 1; });
  clock.step(10s - 1ms);
  run_out(loop);
  CHECK(served.ended == 0);
  clock.step(1ms);
  REQUIRE(loop.run_once(0ms));
  CHECK(served.ended == 1);
  CHECK(served.errors == std::vector<Code>{Code::timed_out});
}

TEST_CASE("a connection on which nothing moves is ended by the idle timeout") {
  Counts served, asked;
  test::SteppedClock clock;
  PollLoop loop = make_loop(clock);
  const std::string port = listen(loop, served, {.idle_timeout = 200ms});
  REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", port, std::make_unique<Echo>(asked)));
  run_until(loop, [&] { return served.ready == 1 && asked.ready == 1; });
  run_out(loop);
  clock.step(200ms);
  run_until(loop, [&] { return served.ended == 1 && asked.ended == 1; });
  CHECK(served.ready == 1);
  CHECK(served.errors == std::vector<Code>{Code::timed_out});
  CHECK(asked.errors == std::vector<Code>{Code::truncated});
}

TEST_CASE("nobody listens: on_end says transport_failed") {
  PollLoop loop = make_loop();
  std::string port;
  {
    Counts none;
    PollLoop other = make_loop();
    port = listen(other, none);
  }
  Counts asked;
  REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", port, std::make_unique<Echo>(asked)));
  run_until(loop, [&] { return asked.ended == 1; });
  CHECK(asked.errors == std::vector<Code>{Code::transport_failed});
}

TEST_CASE("a link that is closed before it is connected lets the loop rest") {
  // A listener whose queue is full: who comes now waits in connect().
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, raw, size) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  REQUIRE(::getsockname(listener, raw, &size) == 0);
  std::vector<Socket> queue;
  queue.emplace_back(listener);
  for (int i = 0; i < 3; ++i) {
    queue.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(queue.back().fd(), raw, size));
  }
  Counts asked;
  PollLoop loop = make_loop();
  const auto link = loop.connect(test::localhost().client, "127.0.0.1", std::to_string(ntohs(address.sin_port)),
                                 std::make_unique<Echo>(asked));
  REQUIRE(link);
  (*link)->close();
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) REQUIRE(loop.run_once(50ms));
  CHECK(std::chrono::steady_clock::now() - before >= 100ms);
}

TEST_CASE("what does not speak TLS is ended with its reason") {
  Counts served;
  PollLoop loop = make_loop();
  const std::string port = listen(loop, served);
  const auto plain = Socket::connect("127.0.0.1", port);
  REQUIRE(plain);
  const std::string_view request = "GET / HTTP/1.1\r\n\r\n";
  REQUIRE(::send(plain->fd(), request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  run_until(loop, [&] { return served.ended == 1; });
  CHECK(served.errors == std::vector<Code>{Code::not_tls});
}

namespace {

/// Leaves the peer's chain to be judged later.
struct LaterVerifier final : ChainVerifier {
  std::string identity() const override { return "later"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return std::nullopt; }
};
OperationResult accepted() { return Result<ChainAccepted>(ChainAccepted{}); }

/// Hands out what answers the operation.
struct Deferring final : Asking {
  Deferring(Counts& counts, const ByteList& data, std::function<void(OperationResult)>& answer_to)
      : Asking(counts, data), answer(answer_to) {}
  void on_operation(Link& link, OperationId id, const Operation&) override { answer = link.answer_later(id); }
  std::function<void(OperationResult)>& answer;
};

}  // namespace

TEST_CASE("operations are answered later from another thread") {
  Counts served, asked;
  PollLoop loop = make_loop();
  const ByteList data(10, 1);
  std::function<void(OperationResult)> answer;
  const std::string port = listen(loop, served);
  REQUIRE(loop.connect(test::Localhost::make_client(std::make_shared<LaterVerifier>()), "127.0.0.1", port,
                       std::make_unique<Deferring>(asked, data, answer)));
  run_until(loop, [&] { return answer != nullptr; });
  std::thread other([&] { answer(accepted()); });
  run_until(loop, [&] { return loop.links() == 0; });
  other.join();
  CHECK(asked.in_order == 1);
  answer(accepted());  // the link is gone
  REQUIRE(loop.run_once(0ms));
}

TEST_CASE("an answer that comes after the link's end, or the loop's, does nothing") {
  Counts served, asked;
  const ByteList data(10, 1);
  std::function<void(OperationResult)> answer;
  {
    test::SteppedClock clock;
    PollLoop loop = make_loop(clock);
    const std::string port = listen(loop, served);
    const auto config = test::Localhost::make_client(std::make_shared<LaterVerifier>());
    REQUIRE(loop.connect(config, "127.0.0.1", port, std::make_unique<Deferring>(asked, data, answer),
                         {.handshake_timeout = 200ms}));
    run_until(loop, [&] { return answer != nullptr; });
    clock.step(200ms);
    run_until(loop, [&] { return asked.ended == 1; });
    CHECK(asked.errors == std::vector<Code>{Code::timed_out});
    answer(accepted());
    REQUIRE(loop.run_once(0ms));
    answer = nullptr;
    REQUIRE(loop.connect(config, "127.0.0.1", port, std::make_unique<Deferring>(asked, data, answer)));
    run_until(loop, [&] { return answer != nullptr; });
  }
  CHECK(asked.ended == 2);
  answer(accepted());
}

TEST_CASE("post() runs what it is given on the loop's thread, even what can only be moved") {
  PollLoop loop = make_loop();
  std::thread::id ran_on;
  std::thread other([&] { loop.post([&, owned = std::make_unique<int>(7)] { ran_on = std::this_thread::get_id(); }); });
  run_until(loop, [&] { return ran_on != std::thread::id(); });
  other.join();
  CHECK(ran_on == std::this_thread::get_id());
}

TEST_CASE("a link asks for new keys") {
  struct Updating final : Asking {
    using Asking::Asking;
    void on_ready(Link& link) override {
      CHECK(link.update_keys(true));
      Asking::on_ready(link);
    }
  };
  Counts served, asked;
  PollLoop loop = make_loop();
  const ByteList data(10, 1);
  REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", listen(loop, served),
                       std::make_unique<Updating>(asked, data)));
  run_until(loop, [&] { return loop.links() == 0; });
  CHECK(asked.in_order == 1);
  CHECK(served.in_order == 1);
}

TEST_CASE("a loop that ends ends its links; abort() tells the peer") {
  Counts served, asked;
  {
    PollLoop loop = make_loop();
    const std::string port = listen(loop, served);
    struct Aborting final : Echo {
      using Echo::Echo;
      void on_ready(Link& link) override { link.abort(Alert::access_denied); }
    };
    REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", port, std::make_unique<Aborting>(asked)));
    run_until(loop, [&] { return asked.ended == 1 && served.ended == 1; });
    CHECK(asked.errors == std::vector<Code>{Code::aborted});
    CHECK(served.errors == std::vector<Code>{Code::peer_alert});
    REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", port, std::make_unique<Echo>(asked)));
    CHECK(loop.links() == 1);
  }
  CHECK(asked.errors == std::vector<Code>{Code::aborted, Code::aborted});
}

namespace {

/// A loop on a thread of its own, one client that asks, and others that say nothing.
struct Served {
  explicit Served(int idle_clients) {
    for (int i = 0; i < idle_clients; ++i)
      if (auto socket = Socket::connect("127.0.0.1", port)) idle.push_back(*std::move(socket));
    echo(1);
  }
  ~Served() {
    loop.stop();
    thread.join();
  }
  void echo(int times) {
    for (int i = 0; i < times && stream && stream->write(as_bytes("?")); ++i) static_cast<void>(stream->read());
  }
  /// What the loop's thread has used of a processor, ns: whatever else runs on this machine is no part of it.
  std::int64_t used() {
    std::promise<std::int64_t> ns;
    loop.post([&] {
      timespec t{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
      ns.set_value(t.tv_sec * 1'000'000'000 + t.tv_nsec);
    });
    return ns.get_future().get();
  }
  std::int64_t cost(int echoes) {
    const std::int64_t begin = used();
    echo(echoes);
    return used() - begin;
  }
  Counts counts;
  PollLoop loop = make_loop();
  std::string port = listen(loop, counts, {.handshake_timeout = 0ms});
  std::thread thread{[this] { static_cast<void>(loop.run()); }};
  std::vector<Socket> idle;
  Result<SocketStream> stream =
      SocketStream::connect(test::localhost().client, "127.0.0.1", port, {.read_timeout = test::scaled(20s)});
};

}  // namespace

TEST_CASE("what an echo costs does not grow with the connections that are idle") {
  constexpr int kEchoes = 100, kRounds = 20, kIdle = 450;
  Served alone(0), among(kIdle);
  REQUIRE(alone.stream);
  REQUIRE(among.stream);
  CHECK(among.idle.size() == kIdle);
  // In turns, for a machine may be faster now than in a moment.
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    const auto one = alone.cost(kEchoes), other = among.cost(kEchoes);
    ratios.push_back(static_cast<double>(other) / static_cast<double>(one));
  }
  std::ranges::sort(ratios);
  const double median = ratios[kRounds / 2];
  MESSAGE("with ", kIdle, " idle connections an echo costs ", median, " times as much");
  CHECK(median < 3);  // of poll(2) it was five to eight times
}

TEST_CASE("idle is since the last movement") {
  Counts served, asked;
  test::SteppedClock clock;
  PollLoop loop = make_loop(clock);
  const auto idle = 400ms;
  const std::string port = listen(loop, served, {.idle_timeout = idle});
  const auto link = loop.connect(test::localhost().client, "127.0.0.1", port, std::make_unique<Echo>(asked));
  REQUIRE(link);
  run_until(loop, [&] { return served.ready == 1 && asked.ready == 1; });
  run_out(loop);
  // Twice as long as the timeout, with something in each quarter of it: it has come when the next one begins.
  for (int i = 0; i < 8; ++i) {
    clock.step(idle / 4);
    const auto before = served.last->records_received();
    CHECK((*link)->update_keys(false));
    CHECK((*link)->queued() > 0);
    run_until(loop, [&] { return served.last->records_received() > before; });
  }
  clock.step(idle - 1ms);
  run_out(loop);
  CHECK(served.ended == 0);
  clock.step(1ms);
  REQUIRE(loop.run_once(0ms));
  CHECK(served.ended == 1);
  CHECK(served.errors == std::vector<Code>{Code::timed_out});
}

namespace {

/// How far a Talker is: it tells the client, who is on a thread of his own.
struct Talk {
  std::atomic<bool> ready{false}, aborted{false};
};

/// Sends much when it is told to, and aborts behind it.
struct Talker final : Echo {
  Talker(Counts& counts, Talk& with) : Echo(counts), talk(with) {}
  void on_ready(Link&) override { talk.ready = true; }
  void on_data(Link& link, MutableBytes) override {
    CHECK(link.send(ByteList(8 << 20)));
    link.abort(Alert::internal_error);
    talk.aborted = true;
  }
  Talk& talk;
};

std::string listen_to_talk(PollLoop& loop, Counts& counts, Talk& talk, LinkOptions options) {
  const auto port = loop.listen(
      "127.0.0.1", 0, test::localhost().server, [&] { return std::make_unique<Talker>(counts, talk); }, options);
  REQUIRE(port);
  return std::to_string(*port);
}

}  // namespace

TEST_CASE("abort() ends in time also when the peer reads a little now and then") {
  Counts served;
  Talk talk;
  test::SteppedClock clock;
  PollLoop loop = make_loop(clock);
  const std::string port = listen_to_talk(loop, served, talk, {.handshake_timeout = 10s});
  std::atomic<bool> done{false};
  std::thread client([&] {
    auto stream = SocketStream::connect(test::localhost().client, "127.0.0.1", port);
    if (stream) CHECK(stream->write(as_bytes("talk")));
    ByteList few(60'000);  // the system's buffers move: it is no silence
    while (stream && !done) {
      if (::recv(stream->socket().fd(), few.data(), few.size(), 0) <= 0) break;
      if (talk.aborted) clock.step(200ms);
    }
  });
  run_until(loop, [&] { return served.ended == 1; });
  done = true;
  client.join();
  CHECK(served.errors == std::vector<Code>{Code::aborted});
}

TEST_CASE("abort() long after the handshake still lets the peer have what was queued, and the alert") {
  Counts served;
  Talk talk;
  test::SteppedClock clock;
  PollLoop loop = make_loop(clock);
  const auto limit = 700ms;
  const std::string port = listen_to_talk(loop, served, talk, {.handshake_timeout = limit});
  std::size_t got = 0;
  std::optional<Error> why;
  std::thread client([&] {
    auto stream =
        SocketStream::connect(test::localhost().client, "127.0.0.1", port, {.read_timeout = test::scaled(20s)});
    CHECK(test::within(10s, [&] { return talk.ready.load(); }));
    clock.step(limit + 100ms);
    if (stream) CHECK(stream->write(as_bytes("talk")));
    while (stream && !why) {
      auto data = stream->read();
      if (!data)
        why = data.error();
      else
        got += data->size();
    }
  });
  run_until(loop, [&] { return served.ended == 1; });
  client.join();
  CHECK(got == 8 << 20);
  REQUIRE(why);
  CHECK(why->peer_alert() == Alert::internal_error);
}

TEST_CASE("early data: accepted, refused and handed back, not possible; not overriding aborts") {
  struct Early final : Asking {
    Early(Counts& counts, const ByteList& bytes, std::string& taken, std::string& refused, bool serves)
        : Asking(counts, bytes), early(taken), rejected(refused), server(serves) {}
    void on_early_data(Link& link, MutableBytes data) override {
      early += as_text(data);
      CHECK(link.early_data_left() == 0);
      CHECK(link.send_early(as_bytes("x")).error().code() == Code::misuse);
    }
    void on_early_data_rejected(Link&, Bytes data) override { rejected += as_text(data); }
    void on_data(Link& link, MutableBytes data) override {
      if (server)
        static_cast<void>(link.send(data));
      else
        Asking::on_data(link, data);
    }
    void on_ready(Link& link) override {
      if (!server) Asking::on_ready(link);
    }
    std::string &early, &rejected;
    const bool server;
  };
  std::string early, rejected;
  const test::EarlyData both;
  Counts served, asked;
  const ByteList data(10, 1);
  PollLoop loop = make_loop();
  const auto made = [&](bool server) {
    return std::make_unique<Early>(server ? served : asked, data, early, rejected, server);
  };
  const auto port = loop.listen("127.0.0.1", 0, both.server, [&] { return made(true); });
  REQUIRE(port);
  const auto connect = [&](std::unique_ptr<LinkHandler> handler, bool session) {
    const auto link = loop.connect(both.client, "127.0.0.1", std::to_string(*port), std::move(handler));
    REQUIRE(link);
    CHECK((*link)->early_data_left() == (session ? both.kMost : 0));
    const auto sent = (*link)->send_early(as_bytes("early"));
    CHECK(sent.value_or(0) == (session ? 5 : 0));
    run_until(loop, [&] { return loop.links() == 0; });
  };
  connect(made(false), false);
  CHECK(early.empty());
  connect(made(false), true);
  CHECK(early == "early");
  CHECK(rejected.empty());
  both.guard->fresh = false;
  connect(made(false), true);
  CHECK(early == "early");
  CHECK(rejected == "early");
  CHECK(asked.in_order == 3);
  connect(std::make_unique<Asking>(asked, data), true);
  CHECK(asked.errors == std::vector<Code>{Code::aborted});
  // Sessions are kept under the server's port.
  for (const std::uint16_t kept : both.store->ports) CHECK(kept == *port);
  CHECK(both.store->ports.size() >= 3);
}

TEST_CASE("the peer's address: when it is accepted, in every callback, when it has gone; and Accept may refuse it") {
  struct Named final : Echo {
    Named(Counts& counts, std::vector<std::string>& out) : Echo(counts), names(out) {}
    void on_ready(Link& link) override {
      Echo::on_ready(link);
      names.push_back(link.peer_address());
    }
    void on_end(Link& link, const Error* error) override {
      Echo::on_end(link, error);
      names.push_back(link.peer_address());
    }
    std::vector<std::string>& names;
  };
  Counts served, asked;
  std::vector<std::string> at_server, at_client, accepted;
  PollLoop loop = make_loop();
  bool refuse = false;
  const auto port =
      loop.listen("127.0.0.1", 0, test::localhost().server, [&](Socket& socket) -> PollLoop::Accept::Handler {
        accepted.push_back(display_address(*socket.peer()));
        if (refuse) return nullptr;
        return std::make_unique<Named>(served, at_server);
      });
  REQUIRE(port);
  const auto link = loop.connect(test::localhost().client, "127.0.0.1", std::to_string(*port),
                                 std::make_unique<Named>(asked, at_client));
  REQUIRE(link);
  run_until(loop, [&] { return served.ready == 1 && asked.ready == 1; });
  const std::string server_is = "127.0.0.1:" + std::to_string(*port);
  CHECK((*link)->peer_address() == server_is);
  (*link)->abort(Alert::user_canceled);
  run_until(loop, [&] { return loop.links() == 0; });
  CHECK(at_client == std::vector<std::string>(2, server_is));
  REQUIRE(at_server.size() == 2);
  CHECK(at_server[0].starts_with("127.0.0.1:"));
  CHECK(at_server[0] != server_is);
  CHECK(at_server[0] == at_server[1]);
  CHECK(accepted == std::vector<std::string>{at_server[0]});
  refuse = true;
  REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", std::to_string(*port),
                       std::make_unique<Named>(asked, at_client)));
  run_until(loop, [&] { return asked.ended == 2; });
  CHECK(accepted.size() == 2);
  CHECK(served.ended == 1);
}

TEST_CASE("a scoped IPv6 address is connected to; the certificate is for the address without its zone") {
  Counts served, asked;
  const ByteList data(10, 1);
  PollLoop loop = make_loop();
  const auto port = loop.listen("::1", 0, test::localhost().server, [&] { return std::make_unique<Echo>(served); });
  if (!port) {
    MESSAGE("no IPv6 on this machine");
    return;
  }
  REQUIRE(
      loop.connect(test::localhost().client, "::1%1", std::to_string(*port), std::make_unique<Asking>(asked, data)));
  run_until(loop, [&] { return loop.links() == 0; });
  CHECK(asked.in_order == 1);
}
