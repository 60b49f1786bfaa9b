// What a callback of PollLoop may do: every callback, and in it every change of the loop, its links and its owner.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "adapters/early_data.h"
#include "support/time_scale.h"
#include "tls/adapters/poll_loop.h"

using namespace tls;
using namespace std::chrono_literals;

namespace {

/// The callbacks, those apart that come for different reasons.
enum class Moment : std::uint8_t {
  accept,
  operation,
  ready,
  data,
  drained,
  peer_closed,
  early,
  early_rejected,
  end_in_order,
  end_by_alert,
  end_by_time,
  task,
};
/// What is changed there.
enum class Change : std::uint8_t {
  listen,
  connect,
  send,
  update_keys,
  complete,
  close,
  close_all,
  abort,
  abort_all,
  post,
  stop,
  run,
  move,
  replace,
  destroy,
};
template <class E>
std::vector<E> all(E last) {
  std::vector<E> out;
  for (int i = 0; i <= static_cast<int>(last); ++i) out.push_back(static_cast<E>(i));
  return out;
}

struct LaterVerifier final : ChainVerifier {
  std::string identity() const override { return "later"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return std::nullopt; }
};

/// A loop in which every moment comes by itself, and one of them is used for one change.
class Scene {
 public:
  Scene(Moment moment, Change change) : moment_(moment), change_(change) {}
  void play();
  bool asked(Moment moment) const { return moment_ == moment; }
  /// Said by every callback. `link`: none in Accept and in tasks.
  void now(Moment moment, Link* link);
  void began(Link& link) { links_.insert(&link); }
  void ended(Link& link) { links_.erase(&link); }
  void failed(const char* what) { failures_.emplace_back(what); }

 private:
  void change(Link* link);
  void listen();
  void connect(std::uint16_t port);
  void run_to_the_end();

  const Moment moment_;
  const Change change_;
  test::EarlyData early_;
  std::unique_ptr<PollLoop> loop_ = std::make_unique<PollLoop>(*PollLoop::create());
  std::set<Link*> links_;  // that have had a callback and not their end
  std::vector<std::uint16_t> ports_;
  std::vector<std::string> failures_;
  unsigned posted_ = 0;
  bool changed_ = false;

 public:
  unsigned begun = 0, over = 0, ready = 0;
};

class Probe final : public LinkHandler {
 public:
  Probe(Scene& scene, bool client) : scene_(scene), client_(client) {}
  ~Probe() override {
    if (begun_ && !ended_) scene_.failed("a handler went without on_end()");
  }
  void on_ready(Link& link) override {
    begin(link);
    ++scene_.ready;
    if (client_) static_cast<void>(link.send(as_bytes("question")));
    scene_.now(Moment::ready, &link);
  }
  void on_data(Link& link, MutableBytes data) override {
    begin(link);
    const std::vector<std::uint8_t> copy(data.begin(), data.end());
    scene_.now(Moment::data, &link);
    if (!std::equal(copy.begin(), copy.end(), data.begin())) scene_.failed("the data changed during the call");
    if (client_ && scene_.asked(Moment::end_by_alert)) return link.abort(Alert::access_denied);
    if (client_) return link.close();
    static_cast<void>(link.send(copy));
  }
  void on_early_data(Link& link, MutableBytes data) override {
    begin(link);
    if (as_text(data) != "early") scene_.failed("other early data");
    scene_.now(Moment::early, &link);
  }
  void on_early_data_rejected(Link& link, Bytes data) override {
    begin(link);
    scene_.now(Moment::early_rejected, &link);
    if (as_text(data) != "early") scene_.failed("other early data was refused");
  }
  void on_operation(Link& link, OperationId id, const Operation&) override {
    begin(link);
    scene_.now(Moment::operation, &link);
    static_cast<void>(link.complete(id, Result<ChainAccepted>(ChainAccepted{})));
  }
  void on_drained(Link& link) override {
    begin(link);
    scene_.now(Moment::drained, &link);
  }
  void on_peer_closed(Link& link) override {
    begin(link);
    scene_.now(Moment::peer_closed, &link);
    link.close();
  }
  void on_end(Link& link, const Error* error) override {
    begin(link);
    ++scene_.over;
    ended_ = true;
    scene_.ended(link);
    if (error == nullptr) scene_.now(Moment::end_in_order, &link);
    if (error != nullptr && error->code() == Code::peer_alert) scene_.now(Moment::end_by_alert, &link);
    if (error != nullptr && error->code() == Code::timed_out) scene_.now(Moment::end_by_time, &link);
  }

 private:
  void begin(Link& link) {
    if (ended_) scene_.failed("a callback after on_end()");
    if (!std::exchange(begun_, true)) ++scene_.begun;
    scene_.began(link);
  }
  Scene& scene_;
  const bool client_;
  bool begun_ = false, ended_ = false;
};

const LinkOptions kOptions{
    .pause_above = 4, .resume_below = 2, .handshake_timeout = test::scaled(10s), .idle_timeout = test::scaled(10s)};
constexpr LinkOptions kImpatient{.handshake_timeout = 5ms};

void Scene::listen() {
  const auto port = loop_->listen(
      "127.0.0.1", 0, early_.server,
      [this] {
        now(Moment::accept, nullptr);
        return std::make_unique<Probe>(*this, false);
      },
      asked(Moment::end_by_time) ? kImpatient : kOptions);
  if (port) ports_.push_back(*port);
  if (!port) failed("listen() failed");
}

void Scene::connect(std::uint16_t port) {
  static const ClientConfig later = test::Localhost::make_client(std::make_shared<LaterVerifier>());
  const bool early = asked(Moment::early) || asked(Moment::early_rejected);
  auto link = loop_->connect(early ? early_.client : later, "127.0.0.1", std::to_string(port),
                             std::make_unique<Probe>(*this, true), kOptions);
  if (!link) return failed("connect() failed");
  if ((*link)->early_data_left() > 0 && (*link)->send_early(as_bytes("early")) != 5) failed("send_early() failed");
}

void Scene::now(Moment moment, Link* link) {
  if (moment != moment_ || std::exchange(changed_, true)) return;
  change(link);
}

void Scene::change(Link* link) {
  const auto everybody = links_;
  switch (change_) {
    case Change::listen:
      for (int i = 0; i < 20; ++i) listen();
      return;
    case Change::connect:
      for (int i = 0; i < 20; ++i) connect(ports_.front());
      return;
    case Change::send:
      for (Link* l : everybody) static_cast<void>(l->send(as_bytes("more")));
      if (link != nullptr) static_cast<void>(link->send(as_bytes("more")));
      return;
    case Change::update_keys:
      for (Link* l : everybody) static_cast<void>(l->update_keys(true));
      if (link != nullptr) static_cast<void>(link->update_keys(false));
      return;
    case Change::complete:
      for (Link* l : everybody) static_cast<void>(l->complete(OperationId{77}, Result<ChainAccepted>(ChainAccepted{})));
      return;
    case Change::close:
      if (link != nullptr) link->close();
      return;
    case Change::close_all:
      for (Link* l : everybody) l->close();
      return;
    case Change::abort:
      if (link != nullptr) link->abort(Alert::access_denied);
      return;
    case Change::abort_all:
      for (Link* l : everybody) l->abort(Alert::access_denied);
      for (Link* l : everybody) l->abort(Alert::access_denied);
      return;
    case Change::post:
      for (int i = 0; i < 20; ++i) loop_->post([this] { ++posted_; });
      return;
    case Change::stop:
      return loop_->stop();
    case Change::run: {
      const Result<void> once = loop_->run_once(0ms), run = loop_->run();
      if (once || once.error().code() != Code::misuse) failed("run_once() ran in a callback");
      if (run || run.error().code() != Code::misuse) failed("run() ran in a callback");
      return;
    }
    case Change::move:
      loop_ = std::make_unique<PollLoop>(std::move(*loop_));
      return;
    case Change::replace:
      *loop_ = *PollLoop::create();
      if (!links_.empty()) failed("a link outlived its loop");
      return;
    case Change::destroy:
      loop_.reset();
      if (!links_.empty()) failed("a link outlived its loop");
      return;
  }
}

/// Until nothing is left, at most 20 seconds.
void Scene::run_to_the_end() {
  const auto limit = std::chrono::steady_clock::now() + test::scaled(20s);
  const auto busy = [&] { return loop_->links() > (asked(Moment::end_by_time) ? 0 : 1) || !changed_; };  // 1: silent
  while (loop_ && busy() && std::chrono::steady_clock::now() < limit)
    if (!loop_->run_once(10ms)) failed("run_once() failed");
  for (int i = 0; loop_ && i < 3; ++i) static_cast<void>(loop_->run_once(1ms));
}

void Scene::play() {
  listen();
  const Result<Socket> silent = Socket::connect("127.0.0.1", std::to_string(ports_.front()));
  if (asked(Moment::early) || asked(Moment::early_rejected)) {
    // The first brings a session.
    connect(ports_.front());
    const auto limit = std::chrono::steady_clock::now() + test::scaled(20s);
    while (over < 2 && std::chrono::steady_clock::now() < limit) static_cast<void>(loop_->run_once(10ms));
    early_.guard->fresh = asked(Moment::early);
  }
  if (!asked(Moment::end_by_time))
    for (int i = 0; i < 3; ++i) connect(ports_.front());
  loop_->post([this] { now(Moment::task, nullptr); });
  run_to_the_end();
  REQUIRE(changed_);
  CHECK(begun == over);
  CHECK(links_.empty());
  if (change_ == Change::post) CHECK(posted_ == 20);
  if (change_ == Change::listen) {
    // What listens since then accepts.
    const unsigned before = ready;
    CHECK(ports_.size() == 21);
    if (!asked(Moment::end_by_time)) {
      for (const std::uint16_t port : ports_) connect(port);
      run_to_the_end();
      CHECK(ready - before == 2 * ports_.size());
    }
  }
  if (change_ == Change::stop) CHECK(loop_->run());
  loop_.reset();
  CHECK(begun == over);
  for (const std::string& failure : failures_) FAIL_CHECK(failure);
}

}  // namespace

TEST_CASE("every change from every callback") {
  for (const Moment moment : all(Moment::task))
    for (const Change change : all(Change::destroy)) {
      CAPTURE(static_cast<int>(moment));
      CAPTURE(static_cast<int>(change));
      Scene(moment, change).play();
    }
}

namespace {

PollLoop make_loop() { return *PollLoop::create(); }

/// Tells how it ended.
struct Quiet : LinkHandler {
  explicit Quiet(std::vector<std::optional<Code>>& told) : ends(told) {}
  void on_data(Link&, MutableBytes) override {}
  void on_peer_closed(Link&) override {}  // keeps its own side open
  void on_end(Link&, const Error* error) override {
    ends.push_back(error == nullptr ? std::optional<Code>() : error->code());
  }
  std::vector<std::optional<Code>>& ends;
};

}  // namespace

TEST_CASE("abort() behind a close that was written ends the link at once, whatever its deadlines") {
  for (const auto timeout : {0ms, 600'000ms}) {
    CAPTURE(timeout.count());
    std::vector<std::optional<Code>> served, asked;
    PollLoop loop = make_loop();
    const LinkOptions options{.handshake_timeout = timeout};
    const auto port =
        loop.listen("127.0.0.1", 0, test::localhost().server, [&] { return std::make_unique<Quiet>(served); }, options);
    REQUIRE(port);
    const auto link = loop.connect(test::localhost().client, "127.0.0.1", std::to_string(*port),
                                   std::make_unique<Quiet>(asked), options);
    REQUIRE(link);
    const auto run_until = [&](auto done) {
      REQUIRE(test::within(10s, [&] {
        REQUIRE(loop.run_once(10ms));
        return done();
      }));
    };
    run_until([&] { return (*link)->connection().established(); });
    REQUIRE((*link)->connection().established());
    (*link)->close();
    run_until([&] { return (*link)->queued() == 0; });
    for (int i = 0; i < 3; ++i) REQUIRE(loop.run_once(5ms));
    REQUIRE(asked.empty());
    (*link)->abort(Alert::user_canceled);
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(loop.run_once(test::scaled(5000ms)));
    CHECK(std::chrono::steady_clock::now() - before < test::scaled(4s));
    CHECK(asked == std::vector<std::optional<Code>>{Code::aborted});
  }
}

TEST_CASE("an exception of a callback leaves run_once() and ends its link; the loop goes on") {
  struct Oops {};
  struct Throwing final : Quiet {
    using Quiet::Quiet;
    void on_ready(Link&) override { throw Oops(); }
  };
  std::vector<std::optional<Code>> served, asked;
  PollLoop loop = make_loop();
  bool refuse = true;
  const auto port = loop.listen("127.0.0.1", 0, test::localhost().server, [&]() -> std::unique_ptr<LinkHandler> {
    if (std::exchange(refuse, false)) throw Oops();
    return std::make_unique<Throwing>(served);
  });
  REQUIRE(port);
  for (int i = 0; i < 3; ++i)
    REQUIRE(loop.connect(test::localhost().client, "127.0.0.1", std::to_string(*port), std::make_unique<Quiet>(asked)));
  unsigned thrown = 0, tasks = 0;
  loop.post([] { throw Oops(); });
  loop.post([&] { ++tasks; });
  const auto limit = std::chrono::steady_clock::now() + test::scaled(20s);
  while (loop.links() > 0 && std::chrono::steady_clock::now() < limit) try {
      const Result<void> once = loop.run_once(10ms);
      REQUIRE(once);
    } catch (const Oops&) {
      ++thrown;
    }
  CHECK(loop.links() == 0);
  CHECK(thrown == 4);  // the first that came, two that were ready, a task
  CHECK(tasks == 1);   // that was behind it
  CHECK(served == std::vector<std::optional<Code>>(2, Code::misuse));
  CHECK(asked.size() == 3);
}

TEST_CASE("close() and abort() before there is a connection end the link") {
  for (const bool closes : {true, false}) {
    const auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    std::vector<std::optional<Code>> asked;
    PollLoop loop = make_loop();
    const auto link = loop.connect(test::localhost().client, "127.0.0.1", std::to_string(*listener->local_port()),
                                   std::make_unique<Quiet>(asked), {.handshake_timeout = 0ms});
    REQUIRE(link);
    closes ? (*link)->close() : (*link)->abort(Alert::user_canceled);
    REQUIRE(loop.run_once(5000ms));
    CHECK(asked == std::vector<std::optional<Code>>{closes ? Code::closed : Code::aborted});
    CHECK(loop.links() == 0);
  }
}
