// A loop without memory: links end and say why, each once; the loop itself goes on, and throws nothing.
#include "tls/adapters/poll_loop.h"

#include <doctest/doctest.h>
#include <new>

#include "faults/peers.h"
#include "support/faults.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

struct Ends {
  int accepted = 0, ended = 0, in_order = 0, answered = 0;
  std::optional<Code> first;
};

/// Takes no memory of its own: what fails is the loop's.
class Handler final : public LinkHandler {
 public:
  Handler(Ends& ends, bool asks) : ends_(ends), asks_(asks) {}
  void on_ready(Link& link) override {
    if (asks_) static_cast<void>(link.send(as_bytes("hello")));
  }
  void on_data(Link& link, MutableBytes data) override {
    if (!asks_) return static_cast<void>(link.send(data));
    ++ends_.answered;
    link.close();
  }
  void on_end(Link&, const Error* error) override {
    ++ends_.ended;
    if (error == nullptr) ++ends_.in_order;
    if (error != nullptr && !ends_.first) ends_.first = error->code();
  }

 private:
  Ends& ends_;
  bool asks_;
};

}  // namespace

TEST_CASE("every allocation of a loop fails once: from create() to the end of its links, with and without a chooser") {
  constexpr LinkOptions kOptions{.handshake_timeout = 300ms, .idle_timeout = 300ms};
  for (const bool with_source : {false, true}) {
    CAPTURE(with_source);
    std::string escaped;
    static_cast<void>(peers());
    const std::size_t failed = exhaust_memory([&](std::size_t n) {
      CAPTURE(n);
      Ends client, server;
      std::unique_ptr<LinkHandler> asking = std::make_unique<Handler>(client, true),
                                   answering = std::make_unique<Handler>(server, false);
      const PollLoop::Accept accept = [&] {
        ++server.accepted;
        return std::move(answering);
      };
      const auto source = config_source([](const ConfigRequest&) -> Answer<ServerConfig> { return peers().server; });
      try {
        auto loop = guarded_call(escaped, "create", [] { return PollLoop::create(); });
        if (!loop) {
          CHECK((loop.error().code() == Code::out_of_memory));
          return;
        }
        auto port = guarded_call(escaped, "listen", [&] {
          return with_source ? loop->listen("127.0.0.1", 0, source, accept, kOptions)
                             : loop->listen("127.0.0.1", 0, peers().server, accept, kOptions);
        });
        if (!port) {
          CHECK((port.error().code() == Code::out_of_memory));
          return;
        }
        const std::string at = std::to_string(*port);
        auto link = guarded_call(escaped, "connect", [&] {
          return loop->connect(peers().client, "127.0.0.1", at, std::move(asking), kOptions);
        });
        if (!link) CHECK((link.error().code() == Code::out_of_memory));
        for (int i = 0; i < 2000 && (loop->links() > 0 || (link && server.accepted == 0)); ++i)
          if (!guarded_call(escaped, "run_once", [&] { return loop->run_once(5ms); })) break;
        CHECK(loop->links() == 0);
        if (link) CHECK(client.ended == 1);
        CHECK(server.ended <= 1);
        if (!Faults::fired()) {
          CHECK(client.in_order == 1);
          CHECK(server.in_order == 1);
          CHECK(client.answered == 1);
        }
        // It goes on: the next connection is like any other.
        Ends again, served;
        const auto second = loop->listen(
            "127.0.0.1", 0, peers().server, [&] { return std::make_unique<Handler>(served, false); }, kOptions);
        REQUIRE(second);
        REQUIRE(loop->connect(peers().client, "127.0.0.1", std::to_string(*second),
                              std::make_unique<Handler>(again, true), kOptions));
        for (int i = 0; i < 2000 && loop->links() > 0; ++i) REQUIRE(loop->run_once(5ms));
        CHECK(again.in_order == 1);
      } catch (const std::bad_alloc&) {
      }
    });
    CHECK(escaped == "");
    CHECK(failed > 80);
    MESSAGE(failed << " allocations failed");
  }
}

TEST_CASE("an answer from elsewhere takes no memory when it is given; a task that cannot be kept throws") {
  struct Waiting final : ChainVerifier {
    std::string identity() const override { return "waits"; }
    Answer<ChainAccepted> verify(const ChainToVerify&) const override { return std::nullopt; }
  };
  struct Later final : LinkHandler {
    std::function<void(OperationResult)>& answer;
    int& ready;
    Later(std::function<void(OperationResult)>& a, int& r) : answer(a), ready(r) {}
    void on_operation(Link& link, OperationId id, const Operation&) override { answer = link.answer_later(id); }
    void on_ready(Link& link) override {
      ++ready;
      link.close();
    }
    void on_data(Link&, MutableBytes) override {}
  };
  auto loop = PollLoop::create();
  REQUIRE(loop);
  Ends server;
  const auto port =
      loop->listen("127.0.0.1", 0, peers().server, [&] { return std::make_unique<Handler>(server, false); });
  REQUIRE(port);
  std::function<void(OperationResult)> answer;
  int ready = 0;
  REQUIRE(loop->connect(Localhost::make_client(std::make_shared<Waiting>()), "127.0.0.1", std::to_string(*port),
                        std::make_unique<Later>(answer, ready)));
  for (int i = 0; i < 2000 && !answer; ++i) REQUIRE(loop->run_once(5ms));
  REQUIRE(answer);
  OperationResult result = Result<ChainAccepted>(ChainAccepted{});
  Faults::plan(1);
  {
    const Faults::Call now;
    answer(std::move(result));
  }
  CHECK_FALSE(Faults::fired());
  bool thrown = false;
  try {
    const Faults::Call now;
    loop->post([] {});
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  CHECK(thrown);
  Faults::plan(0);
  for (int i = 0; i < 2000 && ready == 0; ++i) REQUIRE(loop->run_once(5ms));
  CHECK(ready == 1);
}
