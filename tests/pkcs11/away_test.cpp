// Signatures that come while the token is away: they wait for it, as long as their deadline lets them.
#include <algorithm>
#include <ctime>
#include <deque>
#include <mutex>
#include <optional>

#include "pkcs11/directed.h"

using namespace tls;
using namespace tls::test;
using std::chrono::milliseconds;

namespace {

using Instant = std::chrono::steady_clock::time_point;
Instant now() { return std::chrono::steady_clock::now(); }

/// What was asked, in that order, and what came of it.
class Asked {
 public:
  struct One {
    Instant asked, answered{};
    std::optional<Signed> answer;
    [[nodiscard]] milliseconds took() const { return std::chrono::duration_cast<milliseconds>(answered - asked); }
  };
  void ask(const std::shared_ptr<const RemoteKey>& key) {
    One* one = nullptr;
    {
      const std::lock_guard lock(mutex_);
      one = &all_.emplace_back(One{.asked = now(), .answered = {}, .answer = {}});
    }
    key->sign_later({kScheme, {1, 2, 3}, nullptr}, [this, one](OperationResult result) {
      const std::lock_guard lock(mutex_);
      CHECK_FALSE(one->answer);
      one->answered = now();
      one->answer = std::get<Signed>(std::move(result));
    });
  }
  void ask(const std::shared_ptr<const RemoteKey>& key, int times) {
    for (int i = 0; i < times; ++i) ask(key);
  }
  [[nodiscard]] std::size_t answered() {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(all_, [](const One& one) { return one.answer.has_value(); }));
  }
  /// When all have come.
  const std::deque<One>& wait() {
    REQUIRE(within(milliseconds(60'000), [&] { return answered() == all_.size(); }));
    return all_;
  }

 private:
  std::mutex mutex_;
  std::deque<One> all_;
};

bool has(const Asked::One& one, std::string_view words) { return one.answer->error().detail().contains(words); }

}  // namespace

TEST_CASE("a token that comes back within the deadline costs no signature, however it was away") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  Asked asked;  // outlives the key
  const Directed d(*token);
  for (std::atomic<bool>* const away : {&d.module.gone, &d.module.absent}) {
    CHECK(d.signs());
    *away = true;
    const unsigned long starts = d.module.starts;
    asked.ask(d.key, 20);
    REQUIRE(within(milliseconds(10'000), [&] { return d.module.starts >= starts + 2; }));
    asked.ask(d.key, 20);  // in the pause behind an attempt
    CHECK(asked.answered() == (away == &d.module.gone ? 0u : 40u));
    *away = false;
    for (const Asked::One& one : asked.wait())
      CHECK_MESSAGE(*one.answer, (*one.answer ? "" : one.answer->error().message()));
  }
}

TEST_CASE("a token that stays away fails each signature at its deadline, and says what to do") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const milliseconds deadline = scaled(milliseconds(700)), late = scaled(milliseconds(400));
  Asked asked;
  const Directed d(*token, [&](Pkcs11Options& o) { o.deadline = deadline; });
  CHECK(d.signs());
  d.module.gone = true;
  const unsigned long starts = d.module.starts;
  const Instant began = now();
  const std::clock_t spent = std::clock();
  for (int i = 0; i < 20; ++i) {
    asked.ask(d.key, 5);
    std::this_thread::sleep_for(scaled(milliseconds(40)));
  }
  for (const Asked::One& one : asked.wait()) {
    REQUIRE_FALSE(*one.answer);
    CHECK(one.answer->error().code() == Code::timed_out);
    CHECK_MESSAGE(has(one, "no token that the PKCS#11 URI fits"), one.answer->error().detail());
    CHECK(has(one, "reconnect the token"));
    CHECK(one.took() >= deadline - milliseconds(1));  // the key's clock counts whole milliseconds
    CHECK(one.took() < deadline + late);
  }
  // Nobody spins meanwhile, and the pause between attempts grows: 50, 100, 200 ms ...
  const double seconds = std::chrono::duration<double>(now() - began).count();
  CHECK(static_cast<double>(std::clock() - spent) / CLOCKS_PER_SEC < seconds / 2);
  CHECK(d.module.starts >= starts + 3);
  CHECK(static_cast<double>(d.module.starts - starts) <= 6 + seconds);
  d.module.gone = false;
  CHECK(within(milliseconds(20'000), [&] { return d.signs(); }));
}

TEST_CASE("signatures that wait for a token are bounded: one more fails at once, and there is room behind an answer") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  Asked asked, more;
  const Directed d(*token, [](Pkcs11Options& o) { o.under_way = 3; });
  CHECK(d.signs());
  d.module.gone = true;
  asked.ask(d.key, 2);  // below
  std::this_thread::sleep_for(milliseconds(120));
  CHECK(asked.answered() == 0);
  asked.ask(d.key);  // at
  std::this_thread::sleep_for(milliseconds(120));
  CHECK(asked.answered() == 0);
  more.ask(d.key);  // above
  REQUIRE(more.answered() == 1);
  CHECK(more.wait().front().answer->error().code() == Code::signing_failed);
  CHECK(has(more.wait().front(), "3 signatures"));
  CHECK(has(more.wait().front(), "away"));
  d.module.gone = false;
  for (const Asked::One& one : asked.wait()) CHECK(*one.answer);
  CHECK(d.signs());
}

TEST_CASE("the end of a key answers those that wait for the token") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  Asked asked;
  Directed d(*token);
  d.module.gone = true;
  asked.ask(d.key, 10);
  std::this_thread::sleep_for(milliseconds(100));
  const Instant before = now();
  d.key.reset();
  CHECK(now() - before < scaled(milliseconds(2000)));
  CHECK(asked.answered() == 10);
  for (const Asked::One& one : asked.wait()) CHECK(one.answer->error().code() == Code::closed);
}

TEST_CASE("a token that answers, and refuses, is not waited for") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  Asked asked;
  const Directed d(*token);
  CHECK(d.signs());
  d.module.wrong_pin = true;
  d.module.dead = true;  // so that it has to log in again
  const Instant before = now();
  for (int i = 0; i < 30; ++i) {
    asked.ask(d.key, 2);
    std::this_thread::sleep_for(milliseconds(10));
  }
  for (const Asked::One& one : asked.wait()) {
    REQUIRE_FALSE(*one.answer);
    CHECK(one.answer->error().code() == Code::signing_failed);
    CHECK(one.answer->error().detail().contains("PIN"));
  }
  CHECK(now() - before < scaled(milliseconds(10'000)));  // the deadline is 20 s
}

TEST_CASE("sessions that ended are replaced one after another, and cost no signature; what none can sign is told") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  constexpr int kSessions = 4;
  Asked asked;
  const Directed d(*token, [&](Pkcs11Options& o) { o.sessions = kSessions; });
  const auto open_all = [&] {
    d.module.slow_ms = 30;
    asked.ask(d.key, 3 * kSessions);
    for (const Asked::One& one : asked.wait()) CHECK(*one.answer);
    d.module.slow_ms = 0;
  };
  for (int round = 0; round < 10; ++round) {
    open_all();
    const unsigned long inits = d.module.inits;
    d.module.stale = d.module.newest.load();
    asked.ask(d.key);
    CHECK(asked.wait().back().answer->has_value());
    CHECK(d.module.inits >= inits + 2);
    CHECK(d.module.inits <= inits + kSessions + 1);
  }
  open_all();
  const unsigned long inits = d.module.inits;
  d.module.signs_none = true;
  const Signed answer = sign_with(d.key, kScheme, "x");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code() == Code::signing_failed);
  CHECK(d.module.inits > inits + 1);
  CHECK(d.module.inits <= inits + kSessions + 1);
  d.module.signs_none = false;
  CHECK(d.signs());
}

TEST_CASE("a token with fewer sessions than were asked for signs with those that it has") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  Asked asked;
  const Directed d(*token);
  CHECK(d.signs());
  d.module.no_sessions = true;  // further ones
  d.module.slow_ms = 2;
  for (int i = 0; i < 50; ++i) {
    asked.ask(d.key, 4);
    std::this_thread::sleep_for(milliseconds(5));
  }
  for (const Asked::One& one : asked.wait())
    CHECK_MESSAGE(*one.answer, (*one.answer ? "" : one.answer->error().message()));
}
