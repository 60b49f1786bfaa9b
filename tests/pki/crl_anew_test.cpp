// CRLs that are read again: what is there now takes nothing back that its key has not taken back.
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

namespace {

/// Sets that are read anew, one after the other.
struct ReadAnew : Groups {
  struct Set {
    CrlSet crls;
    std::vector<std::string> words;
    [[nodiscard]] pki::CrlPtr front() const {
      pki::CrlPtr found;
      crls.store().for_each([&](const pki::CrlGroup& group) { found = group.front(); });
      return found;
    }
  };
  CrlSpec forgery = numbered(100);
  std::string one = pem(numbered(1)), two = pem(numbered(2)), bad;

  ReadAnew() {
    forgery.signer = &impostor;
    bad = pem(forgery);
  }
  [[nodiscard]] static Set read(const std::vector<std::string>& texts, const CrlSet& previous = {},
                                std::int64_t now = kNow) {
    CrlSet::Builder builder;
    for (const std::string& text : texts) REQUIRE(builder.add(text, "a.pem"));
    const auto kept = builder.keep(previous, std::chrono::seconds(now));
    REQUIRE(kept);
    CHECK(kept->added == kept->words.size());
    return {builder.build(), kept->words};
  }
  /// The same of `texts`, the first of which the issuer's key has verified.
  [[nodiscard]] Set verified(const std::string& text) const {
    Set set = read({text});
    REQUIRE(tried(set.front(), intermediate));
    return set;
  }
};

constexpr std::string_view kPlace = "'a.pem': block 1 ('X509 CRL', line 1): the CRL of 'CN=Test Intermediate' of ";

}  // namespace

TEST_CASE_FIXTURE(ReadAnew, "what is read anew takes nothing back that its key has not taken back") {
  const Set first = verified(one);
  const Set again = read({one}, first.crls);
  CHECK(again.front() == first.front());  // and what is known of its signature
  CHECK(again.words.empty());

  // Somebody else's is found out at once, as often as it is read; and it goes with its file.
  Set overwritten = again;
  for (int i = 0; i < 2; ++i) {
    overwritten = read({bad}, overwritten.crls);
    CHECK(held(overwritten.crls) == Numbers{100, 1});
    CHECK(overwritten.front()->refuted());
    REQUIRE(overwritten.words.size() == 1);
    CHECK(overwritten.words[0] == std::string(kPlace) +
                                      "2026-06-30 23:00:00 UTC (number 64) is not signed by the key that has signed "
                                      "that of 2026-06-30 23:00:00 UTC (number 01), which stays in force");
  }
  // The issuer's next one is known as such at once, and takes the place of the last.
  const Set cured = read({two}, overwritten.crls);
  CHECK(held(cured.crls) == Numbers{2});
  CHECK(cured.front()->proven());
  CHECK(cured.words.empty());

  const Set older = read({one}, cured.crls);
  CHECK(held(older.crls) == Numbers{2});
  REQUIRE(older.words.size() == 1);
  CHECK(older.words[0] == std::string(kPlace) +
                              "2026-06-30 23:00:00 UTC (number 01) is older than that of 2026-06-30 23:00:00 UTC "
                              "(number 02), which was read before and verified, and stays in force");
}

TEST_CASE_FIXTURE(ReadAnew, "before a key has verified any, those that were read before stay beside the others") {
  const Set first = read({one});
  const Set next = read({bad}, first.crls);
  CHECK(held(next.crls) == Numbers{100, 1});
  REQUIRE(next.words.size() == 1);
  CHECK(next.words[0] == std::string(kPlace) +
                             "2026-06-30 23:00:00 UTC (number 64) stands beside that of 2026-06-30 23:00:00 UTC "
                             "(number 01), which was read before and stays in force: no key has verified either yet");
  CHECK(held(read({bad}, next.crls).crls) == Numbers{100, 1});
  // What keys were tried on in vain goes with its file; and all that are unproven, when one is proven.
  const Set wrong = read({bad});
  CHECK_FALSE(tried(wrong.front(), intermediate));
  CHECK(held(read({one}, wrong.crls).crls) == Numbers{1});
  const Set three = read({pem(numbered(3))}, read({two}, first.crls).crls);
  CHECK(held(three.crls) == Numbers{3, 2, 1});
  REQUIRE(tried(three.front(), intermediate));
  CHECK(held(read({pem(numbered(4))}, three.crls).crls) == Numbers{4});
}

TEST_CASE_FIXTURE(ReadAnew, "a file full of forgeries crowds out nothing that was read before it") {
  const Set first = read({pem(numbered(50))});
  std::vector<std::string> forgeries;
  for (const std::uint32_t number : {100u, 1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
    CrlSpec one_of_them = numbered(number);
    one_of_them.signer = &impostor;
    forgeries.push_back(pem(one_of_them));
  }
  REQUIRE(forgeries.size() == limits::kMaxCrlsOfScope);
  const Set flooded = read(forgeries, first.crls);
  const Numbers numbers = held(flooded.crls);
  CHECK(numbers.size() == limits::kMaxCrlsOfScope);
  CHECK(std::ranges::count(numbers, 50u) == 1);
  CHECK(numbers.front() == 100);  // what was read last is there as well
  CHECK(flooded.words.size() == 1);
}

TEST_CASE_FIXTURE(ReadAnew, "an earlier CRL that is found again brings its place, and its memory is counted") {
  CrlSet::Builder builder;
  REQUIRE(builder.add(one, std::string(5000, 'x')));
  const Set again = read({one}, builder.build());
  CHECK(held(again.crls) == Numbers{1});  // and compares the memory
}

TEST_CASE_FIXTURE(ReadAnew, "what no key has verified and is not there any more makes room for what is") {
  const auto mine = own(2), gone = parsed([&] {
                              CrlSpec s = numbered(3);
                              s.distribution_point = issuing_distribution_point({.user_certificates = true});
                              return s;
                            }());
  const std::size_t both = mine->memory() + gone->memory();
  for (const std::size_t limit : {both, both - 1}) {
    pki::CrlStore previous, store(limit);
    REQUIRE(previous.add(gone));
    REQUIRE(store.add(mine));
    const auto kept = store.keep(previous, pki::Moment(kNow));
    REQUIRE(kept);
    REQUIRE(kept->size() == 1);
    const bool stays = limit == both;
    CHECK(kept->front().why == (stays ? pki::KeptCrl::Why::gone : pki::KeptCrl::Why::crowded_out));
    CHECK(held(store).size() == (stays ? 2 : 1));
  }
  // What a key has verified does not give way: the reload fails, and the earlier CRLs stay in force.
  REQUIRE(tried(gone, intermediate));
  pki::CrlStore previous, store(both - 1);
  REQUIRE(previous.add(gone));
  REQUIRE(store.add(mine));
  CHECK_FALSE(store.keep(previous, pki::Moment(kNow)));
}

TEST_CASE_FIXTURE(ReadAnew, "of a scope that is not there any more its CRLs stay until they are over") {
  const Set first = verified(one);
  const std::string others = pem(empty_crl(root));
  constexpr std::int64_t kEnd = kNow + kDay + limits::kCrlClockSkew.count();
  for (const std::int64_t now : {kNow, kEnd}) {
    const Set gone = read({others}, first.crls, now);
    CHECK(gone.crls.size() == 2);
    REQUIRE(gone.words.size() == 1);
    CHECK(gone.words[0] == std::string(kPlace) +
                               "2026-06-30 23:00:00 UTC (number 01) is not there any more; it stays in force until "
                               "2026-07-02 00:00:00 UTC");
    CHECK(read({others}, gone.crls, now).crls.size() == 2);
    CHECK(held(read({two}, gone.crls, now).crls).size() == 2);
  }
  // Another scope of the same key takes nothing of this one's place.
  CrlSpec scoped = numbered(7);
  scoped.distribution_point = issuing_distribution_point({.user_certificates = true});
  CHECK(read({pem(scoped)}, first.crls).crls.size() == 2);
  const Set over = read({others}, first.crls, kEnd + 1);
  CHECK(over.crls.size() == 1);
  CHECK(over.words.empty());
  // Of those that others have verified, too, each stays.
  CrlSpec foreign = numbered(7);
  foreign.signer = &impostor;
  const Set both = read({pem(foreign)}, first.crls);
  REQUIRE(tried(both.front(), impostor));
  CHECK(held(read({others}, both.crls).crls).size() == 3);
  const Set back = read({one}, both.crls);
  CHECK(held(back.crls) == Numbers{7, 1});
  REQUIRE(back.words.size() == 1);
  CHECK(says(back.words[0], "(number 07) is not there any more"));
  // A CRL from the future is not over.
  CHECK(read({others}, first.crls, kNow - 2 * kDay).crls.size() == 2);
}
