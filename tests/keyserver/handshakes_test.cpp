// Many handshakes whose keys are in another process, which is killed half-way. SALLYPORT_FAR_HANDSHAKES says how many;
// the figure is 10000:
//   SALLYPORT_FAR_HANDSHAKES=10000 build/release/bin/test_keyserver -s -tc='many handshakes*'
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "keyserver/child.h"
#include "keyserver/pair.h"
#include "tls/adapters/key_client.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr unsigned kThreads = 4;
constexpr unsigned long kUsual = 400;

/// A key server of the tool with a key of each role, and a client of it.
struct Elsewhere {
  TemporaryFolder folder;
  std::string audit = folder.path("audit");
  KeyServerProcess process;
  std::shared_ptr<KeyClient> client;
  std::shared_ptr<const RemoteKey> server_key, client_key;

  explicit Elsewhere(const Words& more = {}) : process(folder.path(), words(more)) {
    auto opened = KeyClient::open({.path = process.path(), .deadline = scaled(std::chrono::milliseconds(20'000))});
    REQUIRE(opened);
    client = *opened;
    for (auto& [name, key] :
         {std::pair<const char*, std::shared_ptr<const RemoteKey>*>{"web", &server_key}, {"client", &client_key}}) {
      auto made = KeyClient::key(client, name);
      REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
      *key = *made;
    }
  }
  Words words(const Words& more) {
    const std::string file = folder.file("key.pem", sallyport::to_pem("PRIVATE KEY", key()->pkcs8()));
    static_cast<void>(::chmod(file.c_str(), 0600));
    Words out = {"--key", "web=" + file, "--client-key", "client=" + file, "--rate", "0", "--audit", audit};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  std::vector<Meeting> meetings() {
    const Chains chains;
    return {Meeting(chains, server_key), Meeting(chains, server_key, client_key),
            Meeting(chains, server_key, nullptr, ProtocolVersion::tls12),
            Meeting(chains, server_key, client_key, ProtocolVersion::tls12)};
  }
  std::size_t lines(std::string_view words) {
    std::istringstream in(slurp(audit));
    std::size_t n = 0;
    for (std::string line; std::getline(in, line);) n += line.find(words) != std::string::npos ? 1 : 0;
    return n;
  }
};

}  // namespace

TEST_CASE("many handshakes: each is signed by the key server, and has its line") {
  const unsigned long count = handshakes(kUsual);
  Elsewhere keys;
  Tally tally;
  shake_hands(keys.meetings(), count, kThreads, tally, count, [] {});
  CHECK_MESSAGE(tally.failed == 0, (tally.words.empty() ? "" : tally.words.front()));
  // Of four in a row two show a client's certificate as well.
  const std::size_t signatures = count + (count + 2) / 4 + count / 4;
  CHECK(keys.lines("verdict=signed") == signatures);
  CHECK(keys.lines("role=client version=1.3") == (count + 2) / 4);
  CHECK(keys.client->stats().signed_ == signatures);
}

TEST_CASE("many handshakes: a key server that is killed half-way costs those under way") {
  const unsigned long count = handshakes(kUsual);
  Elsewhere keys;
  Tally tally;
  unsigned long before = 0;
  shake_hands(keys.meetings(), count, kThreads, tally, count / 2, [&] {
    before = tally.done;
    CHECK(keys.process.end(SIGKILL) == 128 + SIGKILL);
    keys.process.start();
  });
  CHECK(before < count);  // it was killed while handshakes went on
  CHECK(tally.done == count);
  // Each thread has one handshake under way, which waits for one signature.
  CHECK_MESSAGE(tally.failed <= kThreads, (tally.words.empty() ? "" : tally.words.front()));
  CHECK(keys.client->stats().lost <= kThreads);
  CHECK(keys.client->stats().connections >= 3);
}

TEST_CASE("many handshakes: a key server that ends in order answers what it has begun") {
  const unsigned long count = handshakes(kUsual);
  Elsewhere keys;
  Tally tally;
  shake_hands(keys.meetings(), count, kThreads, tally, count / 2, [&] {
    CHECK(keys.process.end(SIGTERM) == 0);
    keys.process.start();
  });
  CHECK_MESSAGE(tally.failed <= kThreads, (tally.words.empty() ? "" : tally.words.front()));
}
