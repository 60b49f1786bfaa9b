#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/hex.h"
#include "support/wipes.h"
#include "tls/fast_random.h"

using namespace tls;
namespace {

std::string draw(std::size_t size = 32) {
  std::vector<std::uint8_t> bytes(size);
  fast_random().fill(bytes);
  return test::hex(bytes);
}

}  // namespace

TEST_CASE("no two draws are alike, over many fillings and keys") {
  constexpr int kDraws = 10'000;  // 320,000 bytes: the pool is filled 322 times, and its key comes anew 4 times
  std::set<std::string> seen;
  for (int i = 0; i < kDraws; ++i) seen.insert(draw());
  CHECK(seen.size() == kDraws);
}

TEST_CASE("every byte of a draw is drawn, whatever its size, and none behind it") {
  for (std::size_t size : {0U, 1U, 31U, 255U, 256U, 257U, 1023U, 1024U, 1025U, 5000U}) {
    CAPTURE(size);
    std::vector<std::uint8_t> drawn(size + 1), ored(size + 1);
    for (int i = 0; i < 16; ++i) {  // a byte stays zero sixteen times once in 2^128
      fast_random().fill(MutableBytes(drawn).first(size));
      for (std::size_t at = 0; at <= size; ++at) ored[at] |= drawn[at];
    }
    for (std::size_t at = 0; at < size; ++at) REQUIRE(ored[at] != 0);
    CHECK(ored[size] == 0);
  }
}

TEST_CASE("what was drawn is wiped out of the pool, and so is the key of each filling") {
  std::array<std::uint8_t, 32> bytes{};
  const auto one = test::wiped_during([&] { fast_random().fill(bytes); });
  CHECK(std::ranges::count(one, std::vector<std::uint8_t>(bytes.begin(), bytes.end())) == 1);
  // 992 bytes are given out of a filling. A draw wipes what it gives; a filling wipes its copy of the key as well.
  std::ptrdiff_t blocks = 0;
  const auto many = test::wiped_during([&] {
    for (int i = 0; i < 62; ++i) fast_random().fill(bytes);
  });
  for (const auto& block : many) blocks += block.size() == 32 ? 1 : 0;
  CHECK(blocks == 62 + 2);
}

TEST_CASE("bits are ones as often as zeros") {
  std::array<std::uint8_t, 200> bytes;
  std::size_t ones = 0;
  constexpr std::size_t kDraws = 1000, kBits = kDraws * 8 * sizeof bytes;
  for (std::size_t i = 0; i < kDraws; ++i) {
    fast_random().fill(bytes);
    for (const std::uint8_t b : bytes) ones += static_cast<std::size_t>(__builtin_popcount(b));
  }
  CHECK(ones > kBits / 2 - 10'000);  // 15 standard deviations
  CHECK(ones < kBits / 2 + 10'000);
}

TEST_CASE("parent and child go apart after a fork") {
  draw();  // the pool is full of what both could give
  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe(pipe_ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string mine = draw();
    _exit(write(pipe_ends[1], mine.data(), mine.size()) == static_cast<ssize_t>(mine.size()) ? 0 : 1);
  }
  const std::string mine = draw();
  std::string theirs(mine.size(), '?');
  CHECK(read(pipe_ends[0], theirs.data(), theirs.size()) == static_cast<ssize_t>(theirs.size()));
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(theirs != mine);
  close(pipe_ends[0]), close(pipe_ends[1]);
}

TEST_CASE("threads do not share what they draw") {
  std::array<std::vector<std::string>, 4> drawn;
  std::vector<std::thread> threads;
  for (auto& mine : drawn)
    threads.emplace_back([&mine] {
      for (int i = 0; i < 500; ++i) mine.push_back(draw());
    });
  for (std::thread& t : threads) t.join();
  std::set<std::string> seen;
  for (const auto& mine : drawn) seen.insert(mine.begin(), mine.end());
  CHECK(seen.size() == 4 * 500);
}

TEST_CASE("who draws while a thread ends, after its pool went, is still served") {
  static std::string drawn;  // written by the thread, read when it has been joined
  struct Last {
    bool used = false;
    ~Last() {
      if (used) drawn = draw() + draw();
    }
  };
  std::thread([] {
    static thread_local Last last;  // made before the pool, so it ends after it
    last.used = true;
    static_cast<void>(draw());
  }).join();
  REQUIRE(drawn.size() == 128);
  CHECK(drawn.substr(0, 64) != drawn.substr(64));
}
