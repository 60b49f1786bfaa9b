// What keeps sessions leaves nothing of them behind: neither in memory that is given back nor in memory that goes on.
#include <doctest/doctest.h>

#include "session/cache_shard.h"
#include "session/locked.h"
#include "session/states.h"
#include "session/ticket_key.h"
#include "support/freed_memory.h"
#include "support/wipes.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"

using namespace tls;
using namespace tls::test;

namespace {

session::CacheId id(std::uint64_t n) { return {n, n}; }

bool holds_anything(std::span<const session::Granule> granules) {
  return std::ranges::any_of(granules, [](const session::Granule& g) {
    return std::ranges::any_of(g, [](const auto& word) { return word != 0; });
  });
}

[[maybe_unused]] SessionNotesPtr some_notes() {
  SessionNotes notes;
  notes.application_data = {1, 2, 3};
  return std::make_shared<const SessionNotes>(std::move(notes));
}

/// Counts how often the state of an AEAD key ends.
int wipes = 0;
void (*real_wipe)(void*) noexcept = nullptr;
session::TicketCrypto counting_crypto() {
  static session::TicketCrypto crypto = session::TicketCrypto::best();
  static crypto::AeadImpl counting = *crypto.aes_256_gcm;
  real_wipe = crypto.aes_256_gcm->wipe;
  counting.wipe = [](void* state) noexcept {
    ++wipes;
    real_wipe(state);
  };
  return {crypto.sha256, &counting};
}

}  // namespace

TEST_CASE("a session that goes into the cache, or out of it, is wiped out of the buffer on the way") {
  const SessionState state = some_state();
  const Bytes last = state.expose().subspan(72, 16);  // of its last granule: what the buffer holds in the end
  for (const Eviction eviction : {Eviction::sieve, Eviction::lru}) {
    std::vector<session::Granule> granules(6);
    session::CacheShard shard(2, granules, 1000, eviction);
    CHECK(wiped_with(last, sizeof(session::Granule), [&] { shard.put(id(1), state, 0, 100); }) == 1);
    CHECK(wiped_with(last, sizeof(session::Granule), [&] { (void)shard.find(id(1), 1); }) == 1);
    CHECK(wiped_with(last, sizeof(session::Granule), [&] { (void)shard.take(id(1), 1); }) == 1);
  }
}

TEST_CASE("a session that is removed, taken, replaced or over leaves zeros in the cache's memory") {
  const auto put = [](session::CacheShard& shard) { shard.put(id(1), some_state(), 0, 100); };
  using Shard = session::CacheShard;
  for (void (*end)(Shard&) : {+[](Shard& s) { s.remove(id(1)); }, +[](Shard& s) { (void)s.take(id(1), 1); },
                              +[](Shard& s) { (void)s.find(id(1), 100); }, +[](Shard& s) { (void)s.take(id(1), 100); },
                              +[](Shard& s) { s.put(id(1), some_state(), 100, 100); }}) {
    std::vector<session::Granule> granules(6);
    Shard shard(2, granules, 1000, Eviction::sieve);
    put(shard);
    REQUIRE(holds_anything(granules));
    end(shard);
    CHECK_FALSE(holds_anything(granules));
  }
}

TEST_CASE("the AEAD key of each ticket ends with it, sealed or opened, whole or not") {
  const session::TicketCrypto crypto = counting_crypto();
  SeededRandom random(1);
  const session::TicketKey key(crypto, some_key(1));
  wipes = 0;
  auto ticket = key.seal(crypto, some_state(), random);
  CHECK(wipes == 1);
  CHECK(key.open(crypto, ticket));
  CHECK(wipes == 2);
  ticket.back() ^= 1;
  CHECK_FALSE(key.open(crypto, ticket));
  CHECK(wipes == 3);
}

TEST_CASE("a ticket is bound to the name of its key and to its salt") {
  const session::TicketCrypto crypto = session::TicketCrypto::best();
  SeededRandom random(1);
  const session::TicketKey key(crypto, some_key(1));
  const auto ticket = key.seal(crypto, some_state(), random);
  const auto another = key.seal(crypto, some_state(), random);
  const auto salt = [](const auto& t) { return Bytes(t).subspan(session::kTicketName, session::kTicketSalt); };
  CHECK_FALSE(std::ranges::equal(salt(ticket), salt(another)));  // drawn anew: the AEAD's nonce is always the same
  for (std::size_t at = 0; at < ticket.size(); ++at) {
    auto changed = ticket;
    changed[at] ^= 1;
    CHECK_FALSE(key.open(crypto, changed));
  }
}

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

namespace {

/// Draws bytes that can be looked for.
struct Known final : Random {
  std::vector<std::uint8_t> drawn;
  void fill(MutableBytes out) noexcept override {
    for (std::size_t i = 0; i < out.size(); ++i) drawn.push_back(out[i] = static_cast<std::uint8_t>(0xA0 + 3 * i));
  }
};

}  // namespace

TEST_CASE("a ticket with notes leaves nothing of its secret in freed memory when it is opened") {
  const session::TicketCrypto crypto = session::TicketCrypto::best();
  SeededRandom random(1);
  const session::TicketKey key(crypto, some_key(1));
  SessionState state = some_state();
  state.note(some_notes());
  const auto ticket = key.seal(crypto, state, random);
  std::optional<SessionState> opened;
  CHECK(freed_with(state.expose(), [&] { opened = key.open(crypto, ticket); }) == 0);
  REQUIRE(opened);
  CHECK(same(*opened, state));
}

TEST_CASE("a cache that ends leaves neither sessions nor its key in freed memory") {
  Known random;
  const SessionState state = some_state();
  auto cache = *memory_session_cache({.entries = 10, .shards = 1}, random);
  REQUIRE(random.drawn.size() >= 16);
  const std::array<std::uint8_t, 1> name = {1};
  cache->put(name, state, milliseconds(0), milliseconds(100));
  auto again = *memory_session_cache({.entries = 10, .shards = 1}, random);
  again->put(name, state, milliseconds(0), milliseconds(100));
  CHECK(freed_with(state.expose(), [&] { cache.reset(); }) == 0);
  CHECK(freed_with(Bytes(random.drawn).first(16), [&] { again.reset(); }) == 0);
}

TEST_CASE("a cache that ends wipes the memory of its sessions before it gives it back") {
  Known random;
  const SessionState state = some_state();
  const SessionCacheOptions options{.entries = 10, .shards = 1};
  auto cache = *memory_session_cache(options, random);
  const std::array<std::uint8_t, 1> name = {1};
  cache->put(name, state, milliseconds(0), milliseconds(100));
  constexpr std::size_t kGranules = 20;  // of ten sessions of TLS 1.2
  CHECK(wiped_with(state.expose().first(64), kGranules * sizeof(session::Granule), [&] { cache.reset(); }) == 1);
}

TEST_CASE("an array of keys is wiped when it ends") {
  session::LockedArray<std::array<std::uint8_t, 32>> keys(3);
  keys.emplace().fill(0x5A);
  keys.freeze();
  const std::vector<std::uint8_t> key(32, 0x5A);
  CHECK(wiped_with(key, 96, [&] { keys = {}; }) == 1);
}

TEST_CASE("a replay guard that ends leaves nothing of its key in freed memory") {
  Known random;
  FakeClock clock;
  auto guard = *local_replay_guard({.window = seconds(10), .tokens_per_second = 10}, random, clock);
  REQUIRE(random.drawn.size() >= 16);
  CHECK(freed_with(Bytes(random.drawn).first(16), [&] { guard.reset(); }) == 0);
}

#endif
