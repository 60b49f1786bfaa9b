#include "tls/ticket_keys.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/limits.h"
#include "crypto/hkdf.h"
#include "session/lingering.h"
#include "session/ticket_key.h"
#include "states.h"

namespace tls::test {
namespace {

constexpr milliseconds kNow{1'782'864'000'000}, kLater = kNow + hours(2);

struct Ring {
  SeededRandom random{1};
  std::shared_ptr<TicketKeys> keys = *TicketKeys::make(some_key(1));
  std::vector<std::uint8_t> seal(const SessionState& s = some_state()) { return keys->seal(s, random, kNow, kLater); }
};

/// A ticket of the key some_key(1) with any content, put together from the description of tickets in
/// session/ticket_key.h.
std::vector<std::uint8_t> ticket_of(Bytes content) {
  const session::TicketCrypto crypto = session::TicketCrypto::best();
  const crypto::Digest prk = crypto::hkdf_extract(*crypto.sha256, as_bytes("sallyport ticket key 1"), some_key(1));
  const crypto::HmacKey expand(*crypto.sha256, prk.bytes());
  std::array<std::uint8_t, 32> seal_key;
  crypto::hkdf_expand(expand, as_bytes("seal"), seal_key);
  std::vector<std::uint8_t> ticket(session::kTicketName + session::kTicketSalt + content.size() + crypto::kAeadTag, 7);
  const MutableBytes head = MutableBytes(ticket).first(session::kTicketName + session::kTicketSalt);
  crypto::hkdf_expand(expand, as_bytes("name"), head.first(session::kTicketName));
  const crypto::Digest key = crypto::HmacKey(*crypto.sha256, seal_key).mac(head.subspan(session::kTicketName));
  constexpr std::array<std::uint8_t, crypto::kAeadNonce> kNonce{};
  REQUIRE(crypto::AeadKey(*crypto.aes_256_gcm, key.bytes())
              .seal(kNonce, head, content, {}, MutableBytes(ticket).subspan(head.size())));
  return ticket;
}

TEST_CASE_FIXTURE(Ring, "a ticket gives back what was sealed, for every size of state, and always has the same size") {
  for (std::size_t n = 0; n <= SessionState::kMax; ++n) {
    const SessionState state = some_state(n);
    const auto ticket = seal(state);
    CHECK(ticket.size() == TicketKeys::kTicketSize);
    const auto back = opened(*keys, ticket, kNow);
    REQUIRE(back);
    CHECK(same(back->state, state));
    CHECK_FALSE(back->renew);
  }
}

TEST_CASE_FIXTURE(Ring, "two tickets of one session have nothing in common but the name of the key") {
  std::set<std::vector<std::uint8_t>> tails;
  for (int i = 0; i < 100; ++i) {
    const auto ticket = seal();
    CHECK(std::equal(ticket.begin(), ticket.begin() + session::kTicketName, seal().begin()));
    tails.insert({ticket.begin() + session::kTicketName, ticket.end()});
  }
  CHECK(tails.size() == 100);
}

TEST_CASE_FIXTURE(Ring, "a ticket that was changed anywhere, cut, or lengthened opens nothing") {
  const auto ticket = seal();
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    for (const unsigned flip : {0x01u, 0x80u, 0xFFu}) {
      auto changed = ticket;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ flip);
      CHECK_FALSE(opens(*keys, changed, kNow));
    }
    CHECK_FALSE(opens(*keys, Bytes(ticket).first(i), kNow));
  }
  auto longer = ticket;
  longer.push_back(0);
  CHECK_FALSE(opens(*keys, longer, kNow));
  CHECK_FALSE(opens(*keys, {}, kNow));
}

TEST_CASE_FIXTURE(Ring, "a key judges the length of a ticket by itself, whatever was asked before") {
  const session::TicketCrypto crypto = session::TicketCrypto::best();
  const session::TicketKey key(crypto, some_key(1));
  const auto ticket = seal();
  REQUIRE(key.open(crypto, ticket));
  for (std::size_t n = 0; n < ticket.size(); ++n) CHECK_FALSE(key.open(crypto, Bytes(ticket).first(n)));
}

TEST_CASE_FIXTURE(Ring, "what our key has sealed and is no session opens nothing") {
  std::vector<std::uint8_t> content(session::kTicketPlain, 0x5A);
  content[0] = SessionState::kMax;
  CHECK(opened(*keys, ticket_of(content), kNow)->state.size() == SessionState::kMax);
  for (const std::size_t longer : {SessionState::kMax + 1, std::size_t{0xFF}}) {
    content[0] = static_cast<std::uint8_t>(longer);
    CHECK_FALSE(opens(*keys, ticket_of(content), kNow));
  }
  // Notes that are none: of no length, of a format of tomorrow, longer than what is there.
  content[0] = 100;
  content.resize(session::kTicketPlain + session::kTicketStep);
  const MutableBytes notes = MutableBytes(content).subspan(session::kTicketPlain);
  CHECK_FALSE(opens(*keys, ticket_of(content), kNow));
  notes[1] = 6, notes[2] = 9;
  CHECK_FALSE(opens(*keys, ticket_of(content), kNow));
  notes[0] = 0xFF, notes[2] = 1;
  CHECK_FALSE(opens(*keys, ticket_of(content), kNow));
  const std::array<std::uint8_t, 5> good = {1, 0, 0, 1, 0x33};  // format 1, nobody, one byte of the application's
  notes[0] = 0, notes[1] = good.size();
  std::ranges::copy(good, notes.begin() + session::kNotesLength);
  const auto with_notes = opened(*keys, ticket_of(content), kNow);
  REQUIRE(with_notes);
  REQUIRE(with_notes->state.notes());
  CHECK(with_notes->state.notes()->application_data == std::vector<std::uint8_t>{0x33});
}

TEST_CASE_FIXTURE(Ring, "a ticket of another ring is not known") {
  const auto other = *TicketKeys::make(some_key(2));
  CHECK_FALSE(opens(*other, seal(), kNow));
  const auto twin = *TicketKeys::make(some_key(1));
  CHECK(opens(*twin, seal(), kNow));
}

TEST_CASE("keys that somebody could guess are refused, in words") {
  const auto refused = [](std::vector<std::uint8_t> key) {
    const auto made = TicketKeys::make(key);
    return !made && made.error().code() == Code::bad_config && !made.error().detail().empty();
  };
  std::vector<std::uint8_t> good(limits::kMinTicketSecret, 7);
  CHECK(refused(good));  // one byte over and over
  CHECK(refused(std::vector<std::uint8_t>(64, 0)));
  good.back() = 8;
  CHECK_FALSE(refused(good));
  good.erase(good.begin());
  CHECK(refused(good));
  CHECK(refused({}));
  std::vector<std::uint8_t> big(limits::kMaxTicketSecret, 1);
  big[0] = 2;
  CHECK_FALSE(refused(big));
  big.push_back(1);
  CHECK(refused(big));
}

TEST_CASE_FIXTURE(Ring, "rotate() demotes: old tickets open and ask to be renewed, as many keys back as are kept") {
  const auto first = seal();
  REQUIRE(keys->rotate(some_key(2), 2));
  const auto second = seal();
  REQUIRE(keys->rotate(some_key(3), 2));
  const auto third = seal();
  CHECK(keys->size() == 3);
  CHECK(opened(*keys, first, kNow)->renew);
  CHECK(opened(*keys, second, kNow)->renew);
  CHECK_FALSE(opened(*keys, third, kNow)->renew);
  REQUIRE(keys->rotate(some_key(4), 2));
  CHECK_FALSE(opens(*keys, first, kNow));
  CHECK(opens(*keys, second, kNow));
  REQUIRE(keys->rotate(some_key(5), 0));
  CHECK(keys->size() == 1);
  CHECK_FALSE(opens(*keys, third, kNow));
}

TEST_CASE_FIXTURE(Ring, "a ring has at most so many keys") {
  for (std::size_t i = 0; i < limits::kMaxTicketKeys + 10; ++i) {
    std::array<std::uint8_t, 32> key = some_key(9);
    key[0] = static_cast<std::uint8_t>(i >> 8);
    key[1] = static_cast<std::uint8_t>(i);
    REQUIRE(keys->rotate(key, SIZE_MAX));
    CHECK(keys->size() == std::min(i + 2, limits::kMaxTicketKeys));
  }
}

TEST_CASE_FIXTURE(Ring, "replace_oldest() keeps the number of keys") {
  REQUIRE(keys->rotate(some_key(2), 1));
  const auto second = seal();
  REQUIRE(keys->replace_oldest(some_key(3)));
  CHECK(keys->size() == 2);
  CHECK(opened(*keys, second, kNow)->renew);
  REQUIRE(keys->replace_oldest(some_key(4)));
  CHECK_FALSE(opens(*keys, second, kNow));
}

TEST_CASE_FIXTURE(Ring, "servers that were given the next key agree, whoever rotates first") {
  const auto other = *TicketKeys::make(some_key(1));
  const auto check_agree = [&] {
    CHECK(opens(*keys, other->seal(some_state(), random, kNow, kLater), kNow));
    CHECK(opens(*other, seal(), kNow));
  };
  REQUIRE(keys->prepare(some_key(2)));
  check_agree();
  REQUIRE(other->prepare(some_key(2)));
  check_agree();
  REQUIRE(other->rotate(some_key(2), 1));
  check_agree();
  CHECK_FALSE(opened(*keys, other->seal(some_state(), random, kNow, kLater), kNow)->renew);  // newer than ours
  REQUIRE(keys->replace_oldest(some_key(2)));  // one key before, one now: the first one is gone here
  CHECK(keys->size() == 1);
  check_agree();
}

TEST_CASE_FIXTURE(Ring, "a key cannot come back while it is in the ring; a refused key changes nothing") {
  const auto ticket = seal();
  for (const auto& result :
       {keys->rotate(some_key(1), 5), keys->prepare(some_key(1)), keys->replace_oldest(some_key(1)),
        keys->rotate({}, 5), keys->prepare({}), keys->replace_oldest({})}) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::bad_config);
  }
  CHECK(keys->size() == 1);
  CHECK_FALSE(opened(*keys, ticket, kNow)->renew);
  REQUIRE(keys->rotate(some_key(2), 1));  // the first one is previous now
  CHECK_FALSE(keys->rotate(some_key(1), 5));
  CHECK(keys->size() == 2);
  CHECK(opened(*keys, ticket, kNow)->renew);
}

TEST_CASE_FIXTURE(Ring, "a key that has left the ring is wiped when rotate() returns, though somebody seals with it") {
  Lingering slow;
  std::thread sealing([&] { CHECK_FALSE(keys->seal(some_state(), slow, kNow, kLater).empty()); });
  CHECK(slow.outlasts([&] { CHECK(keys->rotate(some_key(2), 0)); }));
  sealing.join();
}

TEST_CASE("threads seal and open while another one turns the ring") {
  const auto keys = *TicketKeys::make(some_key(0));
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0}, done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      SeededRandom random(static_cast<std::uint64_t>(t));
      const SessionState state = some_state(100, static_cast<std::uint8_t>(t));
      while (!stop) {
        const auto ticket = keys->seal(state, random, kNow, kLater);
        const auto back = opened(*keys, ticket, kNow);
        // Between the two calls the ring may turn, but not fifty times.
        if (!back || !same(back->state, state)) ++failed;
        ++done;
      }
    });
  std::array<std::uint8_t, 32> key = some_key(3);
  for (unsigned i = 1; i < 400 || done < 1000; ++i) {
    std::ranges::copy(std::array{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}, key.begin());
    CHECK(keys->rotate(key, 200));
  }
  stop = true;
  for (auto& t : threads) t.join();
  CHECK(failed == 0);
}

}  // namespace
}  // namespace tls::test
