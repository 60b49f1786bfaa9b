#include "redis_memory.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tls/adapters/redis.h"

namespace tls::redis {
namespace {

using Kind = Judgement::Kind;
constexpr std::int64_t kStore = 1'782'864'000'000;  // ms, the store's clock
constexpr Milliseconds kWindow{10'000};
const Time kHere = Time(std::chrono::hours(5));

Reply text(std::string t) { return {.kind = Reply::Kind::text, .text = std::move(t), .number = 0, .list = {}}; }
Reply list(std::vector<Reply> l) { return {.kind = Reply::Kind::list, .text = {}, .number = 0, .list = std::move(l)}; }
Reply status(std::string t) { return {.kind = Reply::Kind::status, .text = std::move(t), .number = 0, .list = {}}; }
Reply nil() { return {.kind = Reply::Kind::nil, .text = {}, .number = 0, .list = {}}; }
Reply time_reply(std::int64_t ms) {
  return list({text(std::to_string(ms / 1000)), text(std::to_string(ms % 1000 * 1000))});
}

struct Server {
  std::string role = "master", run_id = "r1", replid = "m1", policy = "noeviction";
  std::int64_t time = kStore;
  Reply sentinel = nil(), set = status("OK");
  std::string info() const {
    return "# Server\r\nrun_id:" + run_id + "\r\n# Replication\r\nrole:" + role + "\r\nmaster_replid:" + replid +
           "\r\nmaster_replid2:0\r\nmaxmemory_policy:" + policy + "\r\n";
  }
  Reply look() const { return list({text(info()), sentinel, time_reply(time)}); }
  Reply claim() const { return list({text(info()), sentinel, time_reply(time), set}); }
  Judgement judged(const std::optional<Memory>& before = std::nullopt) const {
    return judge(look(), kHere, kHere, before, kWindow, 77);
  }
  /// Does what the judgement asks for.
  void renew() { sentinel = text(judged().sentinel.text()); }
  /// Looked at every `step` for `span` more, with both clocks going on: what is known in the end.
  Memory watched(Memory memory, Milliseconds span, Milliseconds step = kStale) const {
    Server s = *this;
    for (const Time end = memory.seen + span; memory.seen < end;) {
      const Time at = std::min(end, memory.seen + step);
      s.time = memory.store_time(at);
      const Judgement j = judge(s.look(), at, at, memory, kWindow, 77);
      REQUIRE(j.kind == Kind::known);
      memory = j.memory;
    }
    return memory;
  }
};

TEST_CASE("a sentinel is text and back; anything else is not one") {
  const Sentinel s{0xABCDEF0123456789, kStore, "r1", "m1"};
  const auto back = Sentinel::parse(s.text());
  REQUIRE(back);
  CHECK(back->epoch == s.epoch);
  CHECK(back->began == s.began);
  CHECK(back->text() == s.text());
  for (const char* other :
       {"", " ", "1 2", "1 2 r", "1 2 r ", "x 2 r m", "1 y r m", "1 2 r m z", "11223344556677889 2 r m"})
    CHECK_FALSE(Sentinel::parse(other));
}

constexpr Milliseconds kQuarantine = 2 * kWindow + 2 * kStale;

TEST_CASE("a store without a sentinel gets one, under which it serves when it was watched for two windows") {
  Server server;
  const Judgement first = server.judged();
  CHECK(first.kind == Kind::renew);
  CHECK(first.absent);
  server.renew();
  CHECK(server.judged().kind == Kind::known);
  CHECK_FALSE(server.judged().memory.settled);
  const Memory almost = server.watched(server.judged().memory, kQuarantine - Milliseconds(1));
  CHECK_FALSE(almost.settled);
  const Memory settled = server.watched(almost, Milliseconds(1));
  CHECK(settled.settled);
  CHECK(settled.store_time(settled.seen) == server.time + kQuarantine.count());
  CHECK(settled.usable(settled.seen + kStale));
  CHECK_FALSE(settled.usable(settled.seen + kStale + Milliseconds(1)));
}

TEST_CASE("what nobody watched is not trusted: not by a newcomer, not after a gap, not after the connection broke") {
  Server server;
  server.renew();
  server.time += 1'000'000;  // the epoch is old: others have used it
  const Memory newcomer = server.judged().memory;
  CHECK_FALSE(newcomer.settled);
  const Memory settled = server.watched(newcomer, kQuarantine);
  REQUIRE(settled.settled);

  CHECK(server.watched(settled, kStale, kStale).settled);
  const Memory gap = server.watched(settled, kStale + Milliseconds(1), kStale + Milliseconds(1));
  CHECK_FALSE(gap.settled);
  CHECK_FALSE(server.watched(gap, kQuarantine - Milliseconds(1)).settled);
  CHECK(server.watched(gap, kQuarantine).settled);

  Memory broken = settled;
  broken.interrupt();
  CHECK_FALSE(broken.usable(broken.seen));
  const Memory again = server.watched(broken, Milliseconds(1));
  CHECK_FALSE(again.settled);
  CHECK_FALSE(server.watched(again, kQuarantine - Milliseconds(1)).settled);
  CHECK(server.watched(again, kQuarantine).settled);
}

TEST_CASE("another process, another master, a clock that was set: another memory") {
  Server server;
  server.renew();
  server.time += 100'000;
  const Memory before = server.judged().memory;
  const auto renews = [&](const Server& s) {
    const Judgement j = s.judged(before);
    return j.kind == Kind::renew && !j.absent && j.sentinel.epoch == 77 && j.sentinel.began == s.time;
  };
  CHECK_FALSE(renews(server));
  Server other = server;
  other.run_id = "r2";
  CHECK(renews(other));
  other = server;
  other.replid = "m2";
  CHECK(renews(other));
  other = server;
  other.sentinel = text("garbage");
  CHECK(renews(other));
  for (const std::int64_t step : {kStep.count() + 1, -kStep.count() - 1}) {
    other = server;
    other.time += step;
    CHECK(renews(other));
    other.time -= step / std::abs(step);
    CHECK_FALSE(renews(other));
  }
  other = server;
  other.time = kStore - kStep.count() - 1;  // before the memory began, for one who knows nothing from before
  CHECK(other.judged().kind == Kind::renew);
}

TEST_CASE("after a gap a clock may have drifted, which ends nobody's epoch: but it was not set back") {
  Server server;
  server.renew();
  server.time += 1'000'000;
  const auto judged_after = [&](Milliseconds gap, std::int64_t ahead, bool interrupted) {
    Memory before = server.watched(server.judged().memory, kQuarantine);
    REQUIRE(before.settled);
    const Time at = before.seen + gap;
    Server s = server;
    s.time = before.store_time(at) + ahead;
    if (interrupted) before.interrupt();
    return judge(s.look(), at, at, before, kWindow, 77);
  };
  const auto drifted = [&](Milliseconds gap, std::int64_t ahead, bool interrupted = true) {
    const Judgement j = judged_after(gap, ahead, interrupted);
    if (j.kind != Kind::known) return false;
    CHECK_FALSE(j.memory.settled);  // this server waits
    CHECK(j.memory.watched == j.memory.seen + Milliseconds(std::max<std::int64_t>(-ahead, 0)));
    CHECK(j.memory.offset == server.judged().memory.offset + ahead);  // and takes the time as it is now
    return true;
  };
  // 14 hours and 20 ppm.
  for (const std::int64_t ahead : {-1008, 1008}) {
    CHECK(drifted(std::chrono::hours(14), ahead, true));
    CHECK(drifted(std::chrono::hours(14), ahead, false));
  }
  // How far back: at, and beyond. A thousandth of the gap, and no more than tokens outlive.
  const std::int64_t step = kStep.count(), most = kMostDrift.count();
  CHECK(drifted(Milliseconds(100), -step));
  CHECK_FALSE(drifted(Milliseconds(100), -step - 1));
  CHECK(drifted(Milliseconds(10'000), -step - 10));
  CHECK_FALSE(drifted(Milliseconds(10'000), -step - 11));
  CHECK(drifted(Milliseconds((most - step) * kDrift), -most));
  CHECK_FALSE(drifted(std::chrono::hours(500), -most - 1));
  CHECK(judged_after(std::chrono::hours(1), -3'600'000, true).why == "its clock was set");
  CHECK(drifted(Milliseconds(100), 3'600'000));
  // Where it was watched, any step is one.
  CHECK_FALSE(drifted(kStale, step + 1, false));
  CHECK(drifted(kStale + Milliseconds(1), step + 1, false));
}

TEST_CASE("after a gap a clock that is behind lengthens the quarantine, whatever happens meanwhile") {
  Server server;
  server.renew();
  server.time += 1'000'000;
  Memory before = server.watched(server.judged().memory, kQuarantine);
  REQUIRE(before.settled);
  before.interrupt();
  const Milliseconds gap(10'000), behind(1010);
  const Time at = before.seen + gap;
  server.time = before.store_time(at) - behind.count();
  const Judgement j = judge(server.look(), at, at, before, kWindow, 77);
  REQUIRE(j.kind == Kind::known);
  CHECK_FALSE(server.watched(j.memory, kQuarantine + behind - Milliseconds(1)).settled);
  CHECK(server.watched(j.memory, kQuarantine + behind).settled);
  // All that was claimed before the gap has expired by then.
  const Memory settled = server.watched(j.memory, kQuarantine + behind);
  CHECK(settled.store_time(settled.seen) >= before.store_time(before.seen) + (2 * kWindow + kStep).count());

  Memory again = j.memory;
  again.interrupt();
  const Judgement later = judge(server.look(), at, at, again, kWindow, 77);
  REQUIRE(later.kind == Kind::known);
  CHECK(later.memory.watched == j.memory.watched);

  // Set back once more before the first was waited out: both count.
  again = j.memory;
  again.interrupt();
  server.time -= 500;
  const Judgement twice = judge(server.look(), at, at, again, kWindow, 77);
  REQUIRE(twice.kind == Kind::known);
  CHECK(twice.memory.watched == j.memory.watched + Milliseconds(500));
}

TEST_CASE("a claim is judged until it expires, and not if it would outlive the quarantine: below, at, above") {
  const Milliseconds most = 2 * kWindow + kStep;
  CHECK(most < quarantine(kWindow));
  CHECK_FALSE(claimable(Milliseconds(-1), kWindow));
  CHECK(claimable(Milliseconds(0), kWindow));
  CHECK(claimable(most - Milliseconds(1), kWindow));
  CHECK(claimable(most, kWindow));
  CHECK_FALSE(claimable(most + Milliseconds(1), kWindow));
}

TEST_CASE("a server that cannot serve, says why") {
  const auto why = [](const Reply& reply) {
    const Judgement j = judge(reply, kHere, kHere, std::nullopt, kWindow, 1);
    return j.kind == Kind::useless && !j.why.empty();
  };
  Server server;
  server.role = "slave";
  CHECK(why(server.look()));
  for (const char* policy : {"allkeys-lru", "volatile-ttl", ""}) {
    server = Server();
    server.policy = policy;
    CHECK(why(server.look()));
  }
  server = Server();
  server.run_id = "";
  CHECK(why(server.look()));
  CHECK(why({}));
  CHECK(why(status("OK")));
  CHECK(why(list({})));
  CHECK(why(list({nil(), nil(), nil()})));
  for (const auto& time : {text("5"), list({text("5")}), list({text("x"), text("1")}), list({text("-1"), text("1")}),
                           list({text("1"), text("1000000")}), list({text("99999999999999999"), text("1")})})
    CHECK(why(list({text(Server().info()), nil(), time})));
}

TEST_CASE("a claim is fresh only under the memory that it was made for, in time, and if the store says so") {
  Server server;
  server.renew();
  server.time += 100'000;
  const Memory memory = server.judged().memory;
  const std::int64_t expiry = server.time + 500;
  const auto says = [&](const Server& s) { return verdict(s.claim(), memory, expiry, kHere); };
  CHECK(says(server) == Verdict::fresh);
  Server other = server;
  other.set = nil();
  CHECK(says(other) == Verdict::seen);
  for (const Reply& odd :
       {status("QUEUED"), text("OK"), Reply{.kind = Reply::Kind::error, .text = "OOM", .list = {}}}) {
    other.set = odd;
    CHECK(says(other) == Verdict::unavailable);
  }
  other = server;
  other.replid = "m2";
  CHECK(says(other) == Verdict::unavailable);
  other = server;
  other.role = "slave";
  CHECK(says(other) == Verdict::unavailable);
  other = server;
  other.sentinel = nil();
  CHECK(says(other) == Verdict::unavailable);
  other = server;
  other.time = expiry;
  CHECK(says(other) == Verdict::fresh);
  other.time = expiry + 1;
  CHECK(says(other) == Verdict::unavailable);
  other.time = server.time - kStep.count() - 1;
  CHECK(says(other) == Verdict::unavailable);
  CHECK(verdict({}, memory, expiry, kHere) == Verdict::unavailable);
  CHECK(verdict(status("OK"), memory, expiry, kHere) == Verdict::unavailable);
}

TEST_CASE("addresses of servers") {
  const auto parsed = [](std::string_view url) { return RedisOptions::parse(url); };
  CHECK(parsed("redis://localhost")->host == "localhost");
  CHECK(parsed("redis://localhost")->port == 6379);
  CHECK(parsed("redis://localhost:1234/7")->port == 1234);
  CHECK(parsed("redis://localhost:1234/7")->database == 7);
  CHECK(parsed("redis://[::1]:1234/")->host == "::1");
  CHECK(parsed("redis://u:p@h")->user == "u");
  CHECK(parsed("redis://:p@ss@h")->password.expose() == "p@ss");
  for (const char* bad : {"", "http://x", "redis://", "redis://:1", "redis://h:0", "redis://h:65536", "redis://h:x",
                          "redis://h/x", "redis://[::1", "redis://u@h", "redis://h:"}) {
    const auto failed = parsed(bad);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code() == Code::bad_config);
  }
  for (const char* holds_one : {"redis://user:swordfish@h:x", ":swordfish@127.0.0.1:6379", "swordfish@h"})
    CHECK(parsed(holds_one).error().detail().find("sword") == std::string::npos);
}

}  // namespace
}  // namespace tls::redis
