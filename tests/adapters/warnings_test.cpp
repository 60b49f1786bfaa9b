#include "warnings.h"

#include <doctest/doctest.h>

#include <vector>

namespace tls {
namespace {

using std::chrono::seconds;

struct Listener {
  std::vector<std::string> heard;
  Warnings warnings{[this](std::string_view words) { heard.emplace_back(words); }};
  Warnings::Time start = Warnings::Time(std::chrono::hours(5));
  std::size_t say(seconds after, std::string_view kind = "gone") {
    warnings.say(kind, std::string(kind) + "!", start + after);
    return heard.size();
  }
};

TEST_CASE("the same warning comes again at growing intervals, with a count; another kind comes at once") {
  Listener l;
  CHECK(l.say(seconds(0)) == 1);
  CHECK(l.say(seconds(1)) == 1);
  CHECK(l.say(seconds(59)) == 1);
  CHECK(l.say(seconds(59), "other") == 2);
  CHECK(l.say(seconds(60)) == 3);
  CHECK(l.heard.front() == "gone!");
  CHECK(l.heard.back() == "gone! (2 times more since the last such warning)");
  CHECK(l.say(seconds(179)) == 3);
  CHECK(l.say(seconds(180)) == 4);
  // Never less often than once an hour; after long silence as if for the first time.
  std::size_t heard = l.heard.size();
  for (int t = 181; t < 36'000; ++t) l.say(seconds(t));
  CHECK(l.heard.size() - heard == 12);
  CHECK(l.say(seconds(50'000)) == 17);
  CHECK(l.say(seconds(50'059)) == 17);
  CHECK(l.say(seconds(50'060)) == 18);
}

TEST_CASE("kinds without end, and what a stranger writes, do no harm") {
  Listener l;
  for (std::size_t i = 0; i < Warnings::kMostKinds; ++i) l.say(seconds(0), std::to_string(i));
  CHECK(l.heard.size() == Warnings::kMostKinds);
  for (int i = 100; i < 1000; ++i) l.say(seconds(0), std::to_string(i));
  CHECK(l.heard.size() == Warnings::kMostKinds + 1);
  Listener m;
  m.warnings.say("k", "\x1b[2J" + std::string(1, '\xC3') + "\n", m.start);
  CHECK(m.heard.back() == "?[2J??");
  m.warnings.say("long", std::string(Warnings::kLongest, 'x'), m.start);
  CHECK(m.heard.back().size() == Warnings::kLongest);
  m.warnings.say("longer", std::string(Warnings::kLongest + 1, 'x'), m.start);
  CHECK(m.heard.back() == std::string(Warnings::kLongest, 'x') + "...");
  Warnings nobody({});
  nobody.say("k", "w", m.start);
}

}  // namespace
}  // namespace tls
