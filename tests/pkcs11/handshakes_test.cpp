// Many handshakes whose keys are in a token, which is taken out half-way. SALLYPORT_FAR_HANDSHAKES says how many; the
// issue's figure is 10000:
//   SALLYPORT_FAR_HANDSHAKES=10000 build/release/bin/test_pkcs11 -s -tc='many handshakes*'
#include "keyserver/pair.h"
#include "pkcs11/soft_token.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr unsigned kThreads = 4;
constexpr unsigned long kUsual = 400;

std::vector<Meeting> meetings(const std::shared_ptr<const RemoteKey>& key) {
  const Chains chains;
  return {Meeting(chains, key), Meeting(chains, key, key), Meeting(chains, key, nullptr, ProtocolVersion::tls12),
          Meeting(chains, key, key, ProtocolVersion::tls12)};
}

}  // namespace

TEST_CASE("many handshakes: each is signed by the token") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const unsigned long count = handshakes(kUsual);
  const auto key = open_key(token->uri("p256"));
  REQUIRE(key);
  Tally tally;
  shake_hands(meetings(*key), count, kThreads, tally, count, [] {});
  CHECK_MESSAGE(tally.failed == 0, (tally.words.empty() ? "" : tally.words.front()));
}

TEST_CASE("many handshakes: a module whose other half is killed half-way costs those under way") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const unsigned long count = handshakes(kUsual);
  const auto key = open_key(token->wayward_uri("p256"));
  REQUIRE(key);
  Wayward& module = token->wayward();
  const unsigned long starts = module.starts;
  Tally tally;
  unsigned long before = 0;
  shake_hands(meetings(*key), count, kThreads, tally, count / 2, [&] {
    before = tally.done;
    module.dead = true;
  });
  CHECK(before < count);
  CHECK(module.starts > starts);
  CHECK(tally.done == count);
  CHECK_MESSAGE(tally.failed <= kThreads, (tally.words.empty() ? "" : tally.words.front()));
}

TEST_CASE("many handshakes: a module that is away for a while half-way costs none that waits for it") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const unsigned long count = handshakes(kUsual);
  const auto key = open_key(token->wayward_uri("p256"));
  REQUIRE(key);
  Wayward& module = token->wayward();
  Tally tally;
  unsigned long before = 0;
  std::atomic<unsigned long> meanwhile{0};
  shake_hands(meetings(*key), count, kThreads, tally, count / 2, [&] {
    const unsigned long starts = module.starts;
    module.absent = true;
    before = tally.done;
    CHECK(within(std::chrono::milliseconds(20'000), [&] { return module.starts >= starts + 4; }));
    meanwhile = tally.done - before;
    module.absent = false;
  });
  CHECK(meanwhile <= kThreads);  // they wait, and do not fail
  CHECK(tally.done == count);
  CHECK_MESSAGE(tally.failed == 0, (tally.words.empty() ? "" : tally.words.front()));
}
