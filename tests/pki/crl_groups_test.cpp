// Several CRLs of one scope: whose they are, which one counts, and how many are kept.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/limits.h"
#include "crl_groups.h"
#include "pki/crl.h"
#include "pki/crl_store.h"
#include "tls/crl.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

TEST_CASE_FIXTURE(Groups, "the issuer's next CRL has its place whatever somebody else has written before it") {
  pki::CrlStore store;
  const auto one = own(1), two = own(2), three = own(3), forgery = forged(100);
  REQUIRE(store.add(one));
  REQUIRE(tried(one, intermediate));
  CHECK(*store.add(forgery) == Added::added);
  CHECK(*store.add(two) == Added::outdated);
  CHECK(held(store) == Numbers{100, 2, 1});
  CHECK_FALSE(tried(forgery, intermediate));
  REQUIRE(tried(two, intermediate));
  REQUIRE(store.add(three));
  CHECK(held(store) == Numbers{100, 3, 2});  // of one key the newest that it has proven
  REQUIRE(tried(three, intermediate));
  CHECK(*store.add(three) == Added::known);
  REQUIRE(store.add(own(4)));
  CHECK(held(store) == Numbers{100, 4, 3});
}

TEST_CASE_FIXTURE(Groups, "before any proof forged CRLs push none out: at, below and above the limit") {
  constexpr auto kMost = static_cast<std::uint32_t>(limits::kMaxCrlsOfScope);
  pki::CrlStore store;
  REQUIRE(store.add(own(1)));
  for (std::uint32_t i = 1; i < kMost; ++i) REQUIRE(store.add(forged(100 + i)));
  Numbers all = held(store);
  CHECK(all.size() == kMost);
  CHECK(all.back() == 1);
  REQUIRE(store.add(forged(99)));  // the highest number goes
  all = held(store);
  CHECK(all.size() == kMost);
  CHECK(all.front() == 100 + kMost - 2);
  CHECK(all.back() == 1);
  REQUIRE(store.add(own(120)));  // but the one that was just added does not, however high
  all = held(store);
  CHECK(all.front() == 120);
  CHECK(all.size() == kMost);
  CHECK(all.back() == 1);
}

TEST_CASE_FIXTURE(Groups, "at the limit those go first that keys were tried on in vain") {
  pki::CrlStore store;
  const auto low = forged(1);
  REQUIRE(store.add(low));
  for (std::uint32_t i = 1; i < limits::kMaxCrlsOfScope; ++i) REQUIRE(store.add(own(100 + i)));
  CHECK_FALSE(tried(low, intermediate));
  REQUIRE(store.add(own(90)));
  const Numbers all = held(store);
  CHECK(all.size() == limits::kMaxCrlsOfScope);
  CHECK(all.front() == 100 + limits::kMaxCrlsOfScope - 1);
  CHECK(all.back() == 90);
}

TEST_CASE_FIXTURE(Groups, "a CRL that another key of the issuer's name has proven takes nobody's place") {
  pki::CrlStore store;
  const auto one = own(1), foreign = forged(100), newer = forged(101);
  REQUIRE(store.add(one));
  REQUIRE(tried(one, intermediate));
  REQUIRE(tried(foreign, impostor));
  REQUIRE(store.add(foreign));
  REQUIRE(store.add(own(2)));
  CHECK(held(store) == Numbers{100, 2, 1});
  REQUIRE(tried(newer, impostor));
  REQUIRE(store.add(newer));  // but that of its own key
  CHECK(held(store) == Numbers{101, 2, 1});
}

TEST_CASE_FIXTURE(Groups, "keys that have proven CRLs of one scope: as many as the limit, and one more") {
  pki::CrlStore store;
  std::vector<Issued> impostors;
  for (std::uint32_t i = 0; i <= limits::kMaxCrlsOfScope; ++i) {
    impostors.push_back(
        self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, static_cast<int>(20 + i))));
    CrlSpec s = numbered(100 + i);
    s.signer = &impostors.back();
    const auto crl = parsed(s);
    REQUIRE(tried(crl, impostors.back()));
    REQUIRE(store.add(crl));
    CHECK(held(store).size() == std::min<std::size_t>(i + 1, limits::kMaxCrlsOfScope));
  }
  const Numbers all = held(store);
  CHECK(all[0] == 100 + limits::kMaxCrlsOfScope);
  CHECK(all[1] == 100 + limits::kMaxCrlsOfScope - 2);
  CHECK(all.back() == 100);
}

TEST_CASE_FIXTURE(Groups, "of one key the newer CRL counts, wherever the two stand") {
  // Numbers and times that contradict each other, by others' hands, put an old CRL in front of a new one.
  const auto timed = [&](const Issued& signer, std::optional<std::uint32_t> number, std::int64_t at) {
    CrlSpec s = spec();
    s.signer = &signer, s.number = number, s.this_update = at, s.next_update = kNow + kDay;
    return parsed(s);
  };
  const auto new_one = timed(intermediate, 6, kNow - 3 * kHour), old_one = timed(intermediate, 5, kNow - 4 * kHour);
  pki::CrlStore store;
  REQUIRE(store.add(new_one));
  REQUIRE(store.add(timed(impostor, {}, kNow - 2 * kHour)));
  REQUIRE(store.add(timed(impostor, 1, kNow - kHour)));
  REQUIRE(store.add(old_one));
  const pki::CrlGroup& group = store.of(new_one->issuer()).front();
  REQUIRE(group.size() == 4);
  CHECK(group[0] == old_one);
  CHECK(group[3] == new_one);
  for (std::size_t i = 0; i < group.size(); ++i) CHECK_FALSE(pki::superseded(group, i));
  REQUIRE(tried(old_one, intermediate));
  CHECK_FALSE(pki::superseded(group, 0));
  REQUIRE(tried(new_one, intermediate));
  CHECK(pki::superseded(group, 0));
  CHECK_FALSE(pki::superseded(group, 3));
}

TEST_CASE_FIXTURE(Groups, "of two that are as new, and of one key, the first counts") {
  pki::CrlStore store;
  CrlSpec s = numbered(1);
  const auto one = parsed(s);
  s.entries = {revokes(other)};
  const auto twin = parsed(s);
  REQUIRE(store.add(one));
  REQUIRE(store.add(twin));
  REQUIRE(tried(one, intermediate));
  REQUIRE(tried(twin, intermediate));
  const pki::CrlGroup& group = store.of(one->issuer()).front();
  REQUIRE(group.size() == 2);
  CHECK_FALSE(pki::superseded(group, 0));
  CHECK(pki::superseded(group, 1));
}

TEST_CASE_FIXTURE(Groups, "scopes of one issuer and key: as many as the limit, and one more") {
  pki::CrlStore store;
  const auto of = [&](std::size_t i) {
    CrlSpec s = numbered(1);
    s.distribution_point = issuing_distribution_point({.uris = {"http://crl.example/" + std::to_string(i)}});
    return s;
  };
  for (std::size_t i = 0; i < limits::kMaxCrlScopes; ++i) REQUIRE(store.add(parsed(of(i))));
  const auto more = store.add(parsed(of(limits::kMaxCrlScopes)));
  REQUIRE_FALSE(more);
  CHECK(more.error().code() == Code::bad_crl);
  CHECK(says(more.error().detail(), "CRLs of 'CN=Test Intermediate' for 256 scopes"));
  CrlSpec other_key = of(limits::kMaxCrlScopes);
  other_key.key_identifier = Der{1, 2, 3};
  CHECK(store.add(parsed(other_key)));
}

TEST_CASE_FIXTURE(Groups, "memory: at, below and above the limit") {
  const auto one = own(1), two = own(2);
  const std::size_t both = one->memory() + two->memory();
  for (const std::size_t limit : {both + 1, both, both - 1}) {
    pki::CrlStore store(limit);
    REQUIRE(store.add(one));
    const auto added = store.add(two);
    CHECK(added.has_value() == (limit >= both));
    if (!added) CHECK(says(added.error().detail(), "more than " + std::to_string(limit) + " bytes together"));
  }
  pki::CrlStore store(two->memory()), previous;
  REQUIRE(store.add(two));
  const auto before = forged(3);
  REQUIRE(tried(before, impostor));
  REQUIRE(previous.add(before));
  const auto kept = store.keep(previous, pki::Moment(kNow));
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code() == Code::bad_crl);
}
