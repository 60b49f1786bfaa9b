#include <doctest/doctest.h>

#include <vector>

#include "support/environment.h"
#include "tls/bytes.h"

using namespace tls;

TEST_CASE("an output is a queue: what was appended comes out in order, however it is taken") {
  test::SeededRandom random(1);
  Output out;
  std::vector<std::uint8_t> in, taken;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> piece(random.below(300));
    random.fill(piece);
    in.insert(in.end(), piece.begin(), piece.end());
    out.append(piece);
    const std::size_t n = random.below(out.size() + 1);
    taken.insert(taken.end(), out.bytes().begin(), out.bytes().begin() + static_cast<std::ptrdiff_t>(n));
    out.consume(n);
  }
  taken.insert(taken.end(), out.bytes().begin(), out.bytes().end());
  CHECK(taken == in);
}

TEST_CASE("prepare gives what is asked, commit queues it, release frees all") {
  Output out;
  MutableBytes room = out.prepare(70000);
  REQUIRE(room.size() >= 70000);
  room[0] = 7;
  out.commit(1);
  CHECK(out.bytes()[0] == 7);
  out.release();
  CHECK(out.empty());
  CHECK(out.capacity() == 0);
}

TEST_CASE("what an output was moved from is empty, and can be used again") {
  Output a;
  a.append(as_bytes("first"));
  Output b(std::move(a));
  CHECK(a.empty());
  CHECK(a.capacity() == 0);
  a.append(as_bytes("second"));
  CHECK(as_text(a.bytes()) == "second");
  CHECK(as_text(b.bytes()) == "first");
  b = std::move(a);
  CHECK(as_text(b.bytes()) == "second");
  a.append(as_bytes("third"));
  CHECK(as_text(a.bytes()) == "third");
}
