// A server with one thread, and clients that show it chains made to cost time.
#include <doctest/doctest.h>

#include <deque>
#include <map>

#include "adapters/localhost.h"
#include "chain_cost/hostile.h"
#include "tls/adapters/poll_loop.h"

using namespace tls;
using namespace std::chrono_literals;
using ByteList = std::vector<std::uint8_t>;

namespace {

/// Judges each hostile chain by the roots that it is made for, and accepts the one that is not hostile.
struct ByLeaf final : ChainVerifier {
  std::map<ByteList, std::shared_ptr<const ChainVerifier>> verifiers;
  mutable std::size_t judged = 0;
  std::string identity() const override { return "by leaf"; }
  Answer<ChainAccepted> verify(const ChainToVerify& chain) const override {
    const auto own = verifiers.find(ByteList(chain.chain.front().begin(), chain.chain.front().end()));
    if (own == verifiers.end()) return ChainAccepted{};
    ++judged;
    ChainToVerify question = chain;  // as tests/chain_cost asks
    question.peer_is_server = true;
    question.server_name = "a.example";
    question.now = std::chrono::seconds(test::kNow);
    return own->second->verify(question);
  }
};

struct Echo final : LinkHandler {
  explicit Echo(std::map<Code, std::size_t>& refused) : refusals(refused) {}
  void on_data(Link& link, MutableBytes data) override { CHECK(link.send(data)); }
  void on_end(Link&, const Error* error) override {
    if (error != nullptr) ++refusals[error->code()];
  }
  std::map<Code, std::size_t>& refusals;
};

/// Asks again as soon as it is answered, until it is told to stop; notes how many chains were judged in between.
struct Honest final : LinkHandler {
  Honest(const ByLeaf& by_leaf, std::vector<std::size_t>& noted) : verifier(by_leaf), judged_between(noted) {}
  void on_ready(Link& link) override { ask(link); }
  void on_data(Link& link, MutableBytes) override {
    judged_between.push_back(verifier.judged - before);
    ask(link);
  }
  void ask(Link& link) {
    before = verifier.judged;
    CHECK(link.send(ByteList{1}));
  }
  void on_end(Link&, const Error*) override {}
  const ByLeaf& verifier;
  std::size_t before = 0;
  std::vector<std::size_t>& judged_between;
};

struct Hostile final : LinkHandler {
  Hostile(std::size_t number, std::deque<std::size_t>& queue) : who(number), to_come_back(queue) {}
  void on_data(Link&, MutableBytes) override { FAIL_CHECK("data for a hostile client"); }
  void on_end(Link&, const Error*) override { to_come_back.push_back(who); }
  std::size_t who;
  std::deque<std::size_t>& to_come_back;
};

ClientConfig client_with(CredentialPtr credential) {
  auto config = ClientConfig::builder()
                    .trust(*trust_pem(test::localhost().authority.root.pem()))
                    .credentials(credential_list({std::move(credential)}))
                    .build();
  REQUIRE(config);
  return *std::move(config);
}

}  // namespace

TEST_CASE("one thread: however fast hostile clients come back, the server answers whoever is connected in between") {
  constexpr std::size_t kTimes = 3;  // that each client shows its chain
  const std::vector<test::HostileChain> chains = test::hostile_chains();
  const auto verifier = std::make_shared<ByLeaf>();
  for (const test::HostileChain& hostile : chains) {
    auto own = trust_pem(hostile.roots_pem);
    REQUIRE(own);
    verifier->verifiers[hostile.chain.front()] = *own;
  }
  const sallyport::Issued leaf = test::localhost().authority.leaf(sallyport::client_leaf("somebody"));
  const CredentialPtr sound = *load_credential(leaf.pem(), leaf.key_pem());
  const auto server = test::localhost().server_builder().client_auth(ClientAuth::require, verifier).build();
  REQUIRE(server);

  std::map<Code, std::size_t> refusals;
  std::vector<std::size_t> judged_between;
  std::deque<std::size_t> to_come_back;
  auto loop = PollLoop::create();  // goes first: its links tell their handlers
  REQUIRE(loop);
  const auto port =
      loop->listen("127.0.0.1", 0, *server, [&refusals] { return std::make_unique<Echo>(refusals); }, LinkOptions{});
  REQUIRE(port);
  const std::string service = std::to_string(*port);
  REQUIRE(loop->connect(client_with(sound), "localhost", service, std::make_unique<Honest>(*verifier, judged_between)));
  while (judged_between.empty()) REQUIRE(loop->run_once(1s));
  judged_between.clear();

  std::vector<ClientConfig> configs;
  for (const test::HostileChain& hostile : chains) {
    auto credential = std::make_shared<Credential>(*sound);
    credential->chain = hostile.chain;
    configs.push_back(client_with(credential));
    to_come_back.push_back(configs.size() - 1);
  }
  std::size_t shown = 0;
  const auto ended = [&] {
    std::size_t count = 0;
    for (const auto& [code, n] : refusals) count += n;
    return count;
  };
  while (ended() < kTimes * chains.size()) {
    for (; !to_come_back.empty() && shown < kTimes * chains.size(); to_come_back.pop_front(), ++shown) {
      const std::size_t who = to_come_back.front();
      REQUIRE(loop->connect(configs[who], "localhost", service, std::make_unique<Hostile>(who, to_come_back)));
    }
    REQUIRE(loop->run_once(1s));
  }
  CHECK(verifier->judged > ended() / 2);  // the others cannot be parsed
  // Each that is connected costs at most one verdict before the next answer, and a verdict is bounded (chain_cost).
  REQUIRE_FALSE(judged_between.empty());
  MESSAGE("judged " << verifier->judged << " chains; at most " << std::ranges::max(judged_between)
                    << " between a question and its answer, " << judged_between.size() << " questions");
  CHECK(std::ranges::max(judged_between) <= chains.size());
}
