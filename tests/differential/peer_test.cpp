// A peer may die, hang or talk nonsense: that is an opinion that is missing, and the next question is asked all the
// same.
#include "differential/peer.h"

#include <doctest/doctest.h>

#include "support/time_scale.h"

using namespace tls::differential;

namespace {

const std::chrono::milliseconds kPatience = tls::test::scaled(std::chrono::milliseconds(400));

std::vector<std::string> shell(const char* script) { return {"/bin/sh", "-c", script}; }

Opinion ask(Peer& peer, const std::string& line = "question\n") {
  peer.ask(line);
  return peer.answer();
}

}  // namespace

TEST_CASE("answers are read, with the reason of a refusal") {
  Peer peer("p", shell("echo version 7; read a; echo accept; read b; echo refuse it is old"),
            tls::test::scaled(std::chrono::seconds(20)));
  CHECK(peer.version() == "version 7");
  CHECK(ask(peer).accepts());
  const Opinion refusal = ask(peer);
  CHECK(refusal.refuses());
  CHECK(refusal.reason == "it is old");
  CHECK(peer.failures() == 0);
}

TEST_CASE("one that dies has no verdict, and is started again") {
  Peer peer("p", shell("echo v; read a; [ \"$a\" = fatal ] && kill -SEGV $$; echo accept"),
            tls::test::scaled(std::chrono::seconds(20)));
  const Opinion none = ask(peer, "fatal\n");
  CHECK(none.verdict == Opinion::Verdict::none);
  CHECK(none.reason.find("died") != std::string::npos);
  CHECK(ask(peer).accepts());
  CHECK(peer.failures() == 1);
}

TEST_CASE("one that does not answer in time has no verdict, and does not answer the next question late") {
  Peer peer("p", shell("echo v; while read a; do [ \"$a\" = slow ] && sleep 60; echo accept; done"), kPatience);
  const auto start = std::chrono::steady_clock::now();
  CHECK(ask(peer, "slow\n").reason == "no answer in time");
  CHECK(std::chrono::steady_clock::now() - start < tls::test::scaled(std::chrono::seconds(30)));
  CHECK(ask(peer).verdict != Opinion::Verdict::refuses);
}

TEST_CASE("one that does not read cannot hold us up") {
  Peer peer("p", shell("echo v; sleep 60"), kPatience);
  CHECK(ask(peer, std::string(8 << 20, 'x') + "\n").verdict == Opinion::Verdict::none);
}

TEST_CASE("nonsense is no verdict, and a program that does not start is said") {
  Peer peer("p", shell("echo v; read a; echo perhaps"), tls::test::scaled(std::chrono::seconds(20)));
  CHECK(ask(peer).reason == "it said \"perhaps\"");
  CHECK_THROWS_AS(Peer("p", {"/no/such/program"}, kPatience), std::runtime_error);
}
