// One connection to a Redis server: how much may be unanswered, and when it is given up.
#include "redis_connection.h"

#include <doctest/doctest.h>

#include <mutex>

#include "servers.h"

namespace tls::redis {
namespace {

using test::FakeRedis;
using test::seen_by_all;
using test::within;

std::string pong(const FakeRedis::Words&) { return "+PONG\r\n"; }

/// A connection to a server that answers everything, but when it is muted.
struct Line {
  std::mutex mutex;
  std::vector<std::string> losses;
  std::atomic<std::size_t> replies{0}, too_late{0}, refused{0};
  test::SteppedClock clock;
  FakeRedis server{pong};
  std::unique_ptr<Connection> connection;  // ends first

  Line() {
    ConnectionOptions options;
    options.host = "127.0.0.1";
    options.port = server.port();
    options.clock = clock;
    options.on_lost = [this](std::string_view why) {
      const std::scoped_lock lock(mutex);
      losses.emplace_back(why);
    };
    connection = *Connection::open(std::move(options));
    REQUIRE(within(Milliseconds(5000), [&] { return connection->connected(); }));
  }
  void ask(Milliseconds deadline = Milliseconds(1)) {
    connection->send({{"PING"}}, deadline, [this, asker = std::this_thread::get_id()](const Reply& reply) {
      ++(std::this_thread::get_id() == asker ? refused : reply.kind == Reply::Kind::none ? too_late : replies);
    });
  }
  std::vector<std::string> lost() {
    const std::scoped_lock lock(mutex);
    return losses;
  }
};

TEST_CASE("a server that hangs is sent so much at most, answers included that nobody waits for; then it is left") {
  Line line;
  line.server.mute(true);
  for (std::size_t i = 0; i < Connection::kMostUnanswered; ++i) line.ask();
  CHECK(line.refused == 0);
  seen_by_all(line.clock);
  CHECK(line.too_late == 0);
  line.clock.step(Milliseconds(1));
  REQUIRE(within(Milliseconds(10'000), [&] { return line.too_late == Connection::kMostUnanswered; }));
  line.ask();
  CHECK(line.refused == 1);

  line.clock.step(Connection::kSilence - Milliseconds(1));
  seen_by_all(line.clock);
  CHECK(line.connection->connected());
  line.clock.step(Milliseconds(1));
  REQUIRE(within(Milliseconds(10'000), [&] { return !line.lost().empty(); }));
  CHECK(line.lost().front() == "no answer for 3000 ms");
  // What was sent is forgotten: there is room, and soon an answer.
  line.server.mute(false);
  line.clock.step(Milliseconds(1000));
  CHECK(within(Milliseconds(5000), [&] {
    line.ask(Milliseconds(1000));
    return line.replies > 0;
  }));
  CHECK(line.connection->stats().connections >= 2);
}

TEST_CASE("a server that answers now and then is kept, and so is one that is not asked") {
  Line slow, idle;
  idle.server.mute(true);
  for (int round = 0; round < 2; ++round) {
    slow.server.mute(true);
    for (int i = 0; i < 17; ++i) {
      slow.ask();
      slow.clock.step(Milliseconds(100));
      idle.clock.step(Milliseconds(100));
    }
    seen_by_all(slow.clock);
    seen_by_all(idle.clock);
    slow.server.mute(false);
    const std::size_t before = slow.replies;
    REQUIRE(within(Milliseconds(5000), [&] {
      slow.ask(Milliseconds(1000));
      return slow.replies > before;
    }));
  }
  for (Line* line : {&slow, &idle}) {
    CHECK(line->lost().empty());
    CHECK(line->connection->connected());
    CHECK(line->connection->stats().connections == 1);
  }
  CHECK(slow.refused == 0);
}

TEST_CASE("what was asked is counted until it is answered, lost or refused, and no longer") {
  Line line;
  const auto settled = [&] {
    return within(Milliseconds(5000), [&] { return line.connection->stats().unanswered == 0; });
  };
  for (int i = 0; i < 100; ++i) line.ask(Milliseconds(1000));
  CHECK(settled());
  for (int round = 0; round < 3; ++round) {
    // Some before the end, some while it ends, some behind it.
    line.server.hang_up();
    for (int i = 0; i < 200; ++i) {
      line.ask(Milliseconds(1000));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    line.clock.step(Milliseconds(1000));  // the pause before the next attempt
    REQUIRE(within(Milliseconds(5000), [&] { return line.connection->connected(); }));
    CHECK(settled());
  }
  line.server.mute(true);
  for (std::size_t i = 0; i < Connection::kMostUnanswered; ++i) line.ask();
  const std::size_t before = line.refused;
  line.ask();
  CHECK(line.refused == before + 1);
}

TEST_CASE("what waits to be sent to a server that does not read is bounded, in bytes") {
  Line line;
  line.server.mute(true);
  const std::string large(1 << 20, 'x');
  std::size_t taken = 0;
  std::atomic<std::size_t> refused{0};
  const auto asker = std::this_thread::get_id();
  for (std::size_t i = 0; i < 64; ++i, ++taken)
    line.connection->send({{"SET", large}}, Milliseconds(1000), [&](const Reply&) {
      if (std::this_thread::get_id() == asker) ++refused;
    });
  CHECK(refused >= 64 - 32);  // what the system has taken is not counted
  CHECK(refused <= 64 - Connection::kMostUnsent / large.size() + 1);
  refused = 0;
  line.connection->send({{std::string(Connection::kMostUnsent + 1, 'x')}}, Milliseconds(1000),
                        [&](const Reply&) { ++refused; });
  CHECK(refused == 1);
  line.server.mute(false);
  CHECK(within(Milliseconds(10000), [&] {
    line.ask(Milliseconds(1000));
    return line.replies > 0;
  }));
  line.connection.reset();  // before what its answers refer to
}

}  // namespace
}  // namespace tls::redis
