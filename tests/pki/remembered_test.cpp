// A table of bounded size: what is found, what makes room, and that it takes no more than it was given.
#include "pki/remembered.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace tls;

namespace {

using Table = pki::Remembered<std::uint64_t>;
constexpr auto kPlaces = Table::kPlaces;

pki::Fingerprint print(std::uint64_t n) {
  pki::Fingerprinter f("test");
  f.add(n);
  return f.finish();
}
pki::MemoryKey key(std::uint64_t place, std::uint64_t content = 0) { return {print(place), print(content)}; }
std::optional<std::uint64_t> look(Table& table, const pki::MemoryKey& k) {
  return table.find(k, [](std::uint64_t) { return true; });
}

}  // namespace

TEST_CASE("remembered: what was kept is found, under the whole key") {
  Table table(Table::bytes_of(4));
  CHECK_FALSE(look(table, key(1)));
  table.keep(key(1), 7);
  CHECK(look(table, key(1)) == 7);
  for (std::size_t octet : {0u, 1u, 15u, 31u}) {
    CAPTURE(octet);
    pki::MemoryKey other = key(1);
    other.place[octet] ^= 1;
    CHECK_FALSE(look(table, other));
    other = key(1);
    other.content[octet] ^= 1;
    CHECK_FALSE(look(table, other));
  }
  CHECK_FALSE(table.find(key(1), [](std::uint64_t value) { return value != 7; }));
  CHECK(table.counts().hits == 1);
}

TEST_CASE("remembered: one place holds the last answer alone") {
  Table table(Table::bytes_of(1));
  for (std::uint64_t n = 0; n < 10 * kPlaces; ++n) table.keep(key(1, n), n);
  CHECK(table.counts().values == 1);
  CHECK(look(table, key(1, 10 * kPlaces - 1)) == 10 * kPlaces - 1);
  CHECK_FALSE(look(table, key(1, 0)));
  table.keep(key(1, 0), 5);
  CHECK(look(table, key(1, 0)) == 5);
}

TEST_CASE("remembered: a full shard keeps what is used, and a flood goes through the rest") {
  Table table(Table::bytes_of(1));
  for (std::uint64_t n = 0; n < kPlaces; ++n) table.keep(key(n), n);
  for (std::uint64_t n = 0; n < kPlaces; ++n) CHECK(look(table, key(n)) == n);  // as many as there are places
  table.keep(key(100), 100);                                                    // all were used: the first goes
  CHECK_FALSE(look(table, key(0)));
  for (std::uint64_t n = 200; n < 1000; ++n) {
    CHECK(look(table, key(5)) == 5);
    CHECK(look(table, key(11)) == 11);
    table.keep(key(n), n);
    CHECK(table.counts().values == kPlaces);
  }
  CHECK(look(table, key(999)) == 999);
  CHECK_FALSE(look(table, key(999 - kPlaces)));
}

TEST_CASE("remembered: what is asked in vain is not spared") {
  Table table(Table::bytes_of(1));
  for (std::uint64_t n = 0; n < kPlaces; ++n) table.keep(key(n), n);
  CHECK_FALSE(look(table, key(0, 1)));                                   // another content
  CHECK_FALSE(table.find(key(0), [](std::uint64_t) { return false; }));  // a value that does not hold
  table.keep(key(100), 100);
  CHECK_FALSE(look(table, key(0)));
  CHECK(look(table, key(1)));
}

TEST_CASE("remembered: memory is taken as it is needed, and no more than was given") {
  for (const std::size_t shards : {1u, 2u, 7u}) {
    CAPTURE(shards);
    const std::size_t given = Table::bytes_of(shards + 1) - 1;  // too little for one more
    Table table(given);
    const std::size_t empty = table.counts().bytes;
    CHECK(empty < Table::bytes_of(shards));
    table.keep(key(0), 0);
    CHECK(table.counts().bytes == empty + Table::bytes_of(1) - (empty / shards));
    for (std::uint64_t n = 0; n < 100 * kPlaces; ++n) table.keep(key(n), n);
    CHECK(table.counts().values == shards * kPlaces);
    CHECK(table.counts().bytes == Table::bytes_of(shards));
  }
  CHECK(Table(0).counts().bytes <= Table::bytes_of(1));  // one shard at least
}

TEST_CASE("remembered: threads keep, find and push out at once, and none finds what another has meant") {
  Table table(Table::bytes_of(2));
  std::atomic<std::uint64_t> wrong = 0, found = 0;
  const auto work = [&](std::uint64_t seed) {
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      const std::uint64_t n = seed >> 58, content = seed >> 20 & 1;
      if (const auto value = look(table, key(n, content))) {
        ++found;
        if (*value != 2 * n + content) ++wrong;
      } else {
        table.keep(key(n, content), 2 * n + content);
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  }
  CHECK(wrong == 0);
  CHECK(found > 0);
  CHECK(table.counts().hits == found);
}
