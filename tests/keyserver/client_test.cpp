// The half of a key server that is in the process of the one who asks.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <ctime>
#include <deque>

#include "crypto/signature.h"
#include "key_lane.h"
#include "keyserver/pair.h"
#include "keyserver/running.h"
#include "tls/adapters/key_client.h"

using namespace tls;
using namespace tls::test;
using std::chrono::milliseconds;

namespace {

std::shared_ptr<KeyClient> client_of(const std::string& path,
                                     const std::function<void(KeyClientOptions&)>& change = {}) {
  KeyClientOptions options;
  options.path = path;
  options.deadline = scaled(milliseconds(2000));
  if (change) change(options);
  auto client = KeyClient::open(std::move(options));
  REQUIRE_MESSAGE(client, (client ? "" : client.error().message()));
  return *client;
}

std::shared_ptr<const RemoteKey> key_of(const std::shared_ptr<KeyClient>& client, const std::string& name = "web") {
  auto made = KeyClient::key(client, name);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
  return *made;
}

SignatureRequest request(std::shared_ptr<const SigningKey> key, std::uint8_t filling = 0xAB) {
  Parts parts = parts13();
  parts.transcript_hash.assign(32, filling);
  SignatureRequest out{parts.scheme, *keys::content_to_sign(parts.view()), std::move(key)};
  return out;
}

using Signed = Result<std::vector<std::uint8_t>>;

/// Answers as they come, by the number of the question.
struct Answers {
  std::mutex mutex;
  std::map<int, std::vector<Signed>> all;
  RemoteKey::Done at(int n) {
    return [this, n](OperationResult result) {
      const std::lock_guard lock(mutex);
      all[n].push_back(std::get<Signed>(std::move(result)));
    };
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return all.size();
  }
  /// Every question has one answer.
  bool once() {
    const std::lock_guard lock(mutex);
    return std::ranges::all_of(all, [](const auto& one) { return one.second.size() == 1; });
  }
};

/// Takes connections and does as the test says: a key server that is none.
struct FalseServer {
  TemporaryFolder folder;
  std::string path = folder.path("keys");
  std::optional<keys::Door> door;
  std::thread thread;
  std::atomic<bool> ended{false};
  std::atomic<int> connections{0};

  /// `serve` is called with each connection, on a thread, and what it reads.
  explicit FalseServer(std::function<void(int fd, const keys::Frame& frame)> serve) {
    auto made = keys::Door::open(path, 0600, {});
    REQUIRE(made);
    door.emplace(*std::move(made));
    thread = std::thread([this, serve = std::move(serve)] { run(serve); });
  }
  ~FalseServer() {
    ended = true;
    thread.join();
  }
  void run(const std::function<void(int, const keys::Frame&)>& serve) {
    std::vector<std::pair<Socket, std::vector<std::uint8_t>>> callers;
    while (!ended) {
      std::vector<pollfd> ready{{door->fd(), POLLIN, 0}};
      for (const auto& [socket, in] : callers) ready.push_back({socket.fd(), POLLIN, 0});
      ::poll(ready.data(), ready.size(), 5);
      if (ready[0].revents != 0) {
        ++connections;
        callers.emplace_back(Socket(::accept4(door->fd(), nullptr, nullptr, SOCK_CLOEXEC)),
                             std::vector<std::uint8_t>{});
      }
      for (std::size_t i = 1; i < ready.size(); ++i) {
        if (ready[i].revents == 0) continue;
        auto& [socket, in] = callers[i - 1];
        std::uint8_t piece[4096];
        const ssize_t n = ::recv(socket.fd(), piece, sizeof piece, 0);
        if (n <= 0) {
          callers.erase(callers.begin() + static_cast<std::ptrdiff_t>(i - 1));
          break;
        }
        in.insert(in.end(), piece, piece + n);
        Bytes rest(in);
        while (true) {
          const auto frame = keys::next_frame(rest, keys::kMaxRequest);
          if (!frame || !*frame) break;
          serve(socket.fd(), **frame);
        }
        in.erase(in.begin(), in.end() - static_cast<std::ptrdiff_t>(rest.size()));
      }
    }
  }
  static void send(int fd, const std::vector<std::uint8_t>& bytes) {
    static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  static void describe(int fd, const keys::Frame& frame) {
    send(fd, keys::encode(frame.id,
                          keys::Described{KeyKind::ecdsa_p256, true, true, {SignatureScheme::ecdsa_secp256r1_sha256}}));
  }
};

}  // namespace

TEST_CASE("a key of a key server signs handshakes of both versions, on either side") {
  RunningKeys keys;
  keys.start();
  const Chains chains;
  const auto client = client_of(keys.options.path);
  const auto server_key = key_of(client, "web"), client_key = key_of(client, "client");
  CHECK(server_key->kind() == KeyKind::ecdsa_p256);
  for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    const auto done = Meeting(chains, server_key, client_key, version).handshake();
    CHECK_MESSAGE(done, (done ? "" : done.error().message()));
  }
  CHECK(keys.audit->with("verdict=signed") == 4);
  CHECK(client->stats().asked == 4);
  CHECK(client->stats().signed_ == 4);
}

TEST_CASE("a key that the server has for the other role fails the handshake in words") {
  RunningKeys keys;
  keys.start();
  const auto key = key_of(client_of(keys.options.path), "client");
  const auto done = Meeting(Chains(), key).handshake();
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == Code::signing_failed);
  CHECK(done.error().detail().find("not for servers") != std::string::npos);
}

TEST_CASE("a key signs nothing but handshakes") {
  RunningKeys keys;
  keys.start();
  const auto key = key_of(client_of(keys.options.path));
  const auto answer = key->sign(SignatureScheme::ecdsa_secp256r1_sha256, as_bytes("anything"), system_random());
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().code() == Code::signing_failed);
  // Not even by the way that handshakes take.
  const Operation operation = SignatureRequest{SignatureScheme::ecdsa_secp256r1_sha256, ByteVector(120, 'x'), key};
  const auto later = wait_for_signature(operation);
  REQUIRE(later);
  CHECK_FALSE(std::get<Signed>(*later));
  CHECK_FALSE(wait_for_signature(Operation(CredentialRequest{})));
  CHECK_FALSE(
      answer_signature(Operation(SignatureRequest{SignatureScheme::ed25519, {}, software()}), [](OperationResult) {}));
}

TEST_CASE("a key that is not there, and a server that is not there, are told in words") {
  RunningKeys keys;
  keys.start();
  const auto client = client_of(keys.options.path);
  const auto none = KeyClient::key(client, "nothing");
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::bad_key_file);
  CHECK(none.error().detail().find("no such key") != std::string::npos);
  CHECK_FALSE(KeyClient::key(client, "a b"));
  const TemporaryFolder folder;
  const auto nobody = client_of(folder.path("nobody"), [](KeyClientOptions& o) { o.deadline = milliseconds(50); });
  const auto gone = KeyClient::key(nobody, "web");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code() == Code::timed_out);
  CHECK(gone.error().detail().find("there is no key server") != std::string::npos);
}

TEST_CASE("a server that comes later is waited for, within the deadline") {
  RunningKeys keys;
  const auto client =
      client_of(keys.options.path, [](KeyClientOptions& o) { o.deadline = scaled(milliseconds(20'000)); });
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(50));
    keys.start();
  });
  CHECK(KeyClient::key(client, "web"));
  later.join();
}

TEST_CASE("a server that is killed costs the signatures under way") {
  RunningKeys keys;
  keys.start();
  const auto client = client_of(keys.options.path);
  const auto key = key_of(client);
  const auto sign = [&] { return std::get<Signed>(*wait_for_signature(Operation(request(key)))).has_value(); };
  for (int round = 0; round < 5; ++round) {
    CHECK(sign());
    keys.stop();
    keys.start();
    CHECK(sign());  // it was lost when nothing was under way: nobody notices
  }
  CHECK(client->stats().connections >= 6);
  CHECK(client->stats().lost == 0);
}

TEST_CASE("a key server that stays away fails each signature at its deadline, and says what to do") {
  const milliseconds deadline = scaled(milliseconds(700)), slack = scaled(milliseconds(400));
  const auto now = [] { return std::chrono::steady_clock::now(); };
  struct One {
    std::chrono::steady_clock::time_point asked, answered{};
    std::optional<Signed> answer;
  };
  std::mutex mutex;
  std::deque<One> all;
  RunningKeys keys;
  keys.start();
  const auto client = client_of(keys.options.path, [&](KeyClientOptions& o) {
    o.deadline = deadline;
    o.under_way = 40;
  });
  const auto key = key_of(client);
  const auto ask = [&] {
    One* one = nullptr;
    {
      const std::lock_guard lock(mutex);
      one = &all.emplace_back(One{.asked = now(), .answered = {}, .answer = {}});
    }
    key->sign_later(request(key), [&, one](OperationResult result) {
      const std::lock_guard lock(mutex);
      one->answered = now();
      one->answer = std::get<Signed>(std::move(result));
    });
  };
  const auto answered = [&] {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::ranges::count_if(all, [](const One& one) { return one.answer.has_value(); }));
  };
  keys.stop();
  const std::clock_t spent = std::clock();
  for (int i = 0; i < 10; ++i) {  // in the pauses between attempts
    for (int j = 0; j < 4; ++j) ask();
    std::this_thread::sleep_for(scaled(milliseconds(30)));
  }
  CHECK(answered() == 0);  // as many as may be under way
  ask();
  CHECK(answered() == 1);
  CHECK(all.back().answer->error().detail().contains("40 signatures"));
  all.pop_back();
  REQUIRE(within(milliseconds(20'000), [&] { return answered() == all.size(); }));
  CHECK(static_cast<double>(std::clock() - spent) / CLOCKS_PER_SEC <
        std::chrono::duration<double>(now() - all.front().asked).count() / 2);  // nobody spins
  for (const One& one : all) {
    REQUIRE_FALSE(*one.answer);
    CHECK(one.answer->error().code() == Code::timed_out);
    CHECK(one.answer->error().detail().contains("there is no key server"));
    CHECK(one.answer->error().detail().contains("start it"));
    CHECK(one.answered - one.asked >= deadline - milliseconds(1));  // the clock counts whole milliseconds
    CHECK(one.answered - one.asked < deadline + slack);
  }
  all.clear();
  ask();
  ask();
  keys.start();  // within the deadline
  REQUIRE(within(milliseconds(20'000), [&] { return answered() == 2; }));
  for (const One& one : all) CHECK(*one.answer);
}

TEST_CASE("between two attempts to connect the pause grows, up to a second, and is short again after an answer") {
  RunningKeys keys;
  keys::Lane lane(keys.options.path, milliseconds(1000));
  keys::Time at{};
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(lane.tick(at));
    CHECK_FALSE(lane.up());
    pauses.push_back(std::chrono::duration_cast<milliseconds>(lane.due() - at));
    CHECK_FALSE(lane.tick(lane.due() - milliseconds(1)));
    at = lane.due();
  }
  const std::vector<milliseconds> wanted = {milliseconds(10),  milliseconds(20),   milliseconds(40),
                                            milliseconds(80),  milliseconds(160),  milliseconds(320),
                                            milliseconds(640), milliseconds(1000), milliseconds(1000)};
  CHECK(pauses == wanted);
  CHECK_FALSE(lane.trouble().empty());
  keys.start();
  REQUIRE(lane.tick(at));
  REQUIRE(lane.alive(at));
  bool answered = false;
  keys::Questions questions;
  questions.push_back({1, *keys::encode(1, keys::Describe{"web"}), at + milliseconds(1000),
                       [&](Result<keys::Reply> reply) { answered = reply.has_value(); }});
  lane.ask(questions);
  CHECK(within(milliseconds(10'000), [&] {
    lane.serve(static_cast<short>(lane.interest() | POLLOUT), at);
    return answered;
  }));
  CHECK(lane.trouble().empty());
  keys.stop();
  CHECK_FALSE(lane.alive(at));
  CHECK(lane.due() - at == milliseconds(10));
}

TEST_CASE("what is asked again behind newer questions is still late at its own deadline") {
  const TemporaryFolder folder;
  const auto door = keys::Door::open(folder.path("keys"), 0600, {});  // takes connections, and answers nothing
  REQUIRE(door);
  keys::Lane broken(folder.path("keys"), milliseconds(1000)), lane(folder.path("keys"), milliseconds(1000));
  const keys::Time at{};
  REQUIRE(broken.tick(at));
  REQUIRE(lane.tick(at));
  std::vector<int> late;
  const auto question = [&](int n, milliseconds deadline) {
    keys::Questions one;
    one.push_back({static_cast<std::uint32_t>(n), *keys::encode(static_cast<std::uint32_t>(n), keys::Describe{"web"}),
                   at + deadline, [&late, n](const Result<keys::Reply>& reply) {
                     CHECK(reply.error().code() == Code::timed_out);
                     late.push_back(n);
                   }});
    return one;
  };
  for (const int n : {1, 2}) {
    auto one = question(n, milliseconds(n * 100));
    broken.ask(one);
  }
  for (const int n : {3, 4}) {
    auto one = question(n, milliseconds(n * 100));
    lane.ask(one);
  }
  keys::Questions waiting = question(5, milliseconds(150));
  broken.drop(Error(Code::signing_failed, "as the test demands"), at);
  keys::move_all(broken.lost(), waiting);
  CHECK(waiting.front().id == 1);
  CHECK(waiting.back().id == 2);
  while (!waiting.empty()) lane.ask(waiting);
  std::vector<int> wanted;
  for (const auto& [n, when] : {std::pair{1, 100}, {5, 150}, {2, 200}, {3, 300}, {4, 400}}) {
    CHECK(lane.due() == at + milliseconds(when));
    static_cast<void>(lane.tick(at + milliseconds(when - 1)));
    CHECK(late == wanted);
    static_cast<void>(lane.tick(at + milliseconds(when)));
    wanted.push_back(n);
    CHECK(late == wanted);
  }
}

TEST_CASE("a server that ends closes one connection after another: a question is lost with each that is older") {
  const TemporaryFolder folder;
  const auto door = keys::Door::open(folder.path("keys"), 0600, {});
  REQUIRE(door);
  keys::Time at{};
  keys::Lane first(folder.path("keys"), milliseconds(1000)), second(folder.path("keys"), milliseconds(1000));
  REQUIRE(first.tick(at));
  REQUIRE(second.tick(at));
  int answers = 0;
  keys::Questions waiting;
  waiting.push_back({1, *keys::encode(1, keys::Describe{"web"}), at + milliseconds(1000),
                     [&answers](const Result<keys::Reply>& reply) {
                       CHECK(reply.error().code() == Code::signing_failed);
                       ++answers;
                     }});
  const Error broke(Code::signing_failed, "as the test demands");
  at += milliseconds(5);
  for (keys::Lane* const lane : {&first, &second}) {  // the second breaks a little later, and was there before
    lane->ask(waiting);
    lane->drop(broke, at);
    CHECK(answers == 0);
    keys::move_all(lane->lost(), waiting);
    REQUIRE(waiting.size() == 1);
    at += milliseconds(1);
  }
  at += milliseconds(100);
  REQUIRE(first.tick(at));  // a new server, by all that is known
  first.ask(waiting);
  first.drop(broke, at);
  CHECK(answers == 1);
  CHECK(first.lost().empty());
}

TEST_CASE("an answer that does not come: timed out, and the connection is made anew when nothing comes at all") {
  Answers answers;
  std::atomic<bool> mute{true};
  FalseServer server([&](int fd, const keys::Frame& frame) {
    if (frame.type == keys::Type::describe) return FalseServer::describe(fd, frame);
    if (!mute) FalseServer::send(fd, keys::encode(frame.id, keys::Signature{as_bytes("made")}));
  });
  const auto client = client_of(server.path, [](KeyClientOptions& o) {
    o.deadline = milliseconds(100);
    o.connections = 1;
  });
  const auto key = key_of(client);
  key->sign_later(request(key), answers.at(0));
  REQUIRE(within(milliseconds(10'000), [&] { return answers.count() == 1; }));
  CHECK(answers.all[0][0].error().code() == Code::timed_out);
  CHECK(within(milliseconds(10'000), [&] { return server.connections == 2; }));
  mute = false;
  CHECK(within(milliseconds(10'000),
               [&] { return std::get<Signed>(*wait_for_signature(Operation(request(key)))).has_value(); }));
  CHECK(client->stats().timeouts >= 1);
  CHECK(answers.once());
}

TEST_CASE("an answer that comes too late is dropped, and those behind it are taken") {
  std::vector<std::uint32_t> asked;
  FalseServer server([&](int fd, const keys::Frame& frame) {
    if (frame.type == keys::Type::describe) return FalseServer::describe(fd, frame);
    asked.push_back(frame.id);
    if (asked.size() < 2) return;  // the first is answered with the second
    for (const std::uint32_t id : asked) FalseServer::send(fd, keys::encode(id, keys::Signature{as_bytes("made")}));
    asked.clear();
  });
  const auto client = client_of(server.path, [](KeyClientOptions& o) {
    o.deadline = scaled(milliseconds(300));
    o.connections = 1;
  });
  const auto key = key_of(client);
  CHECK_FALSE(std::get<Signed>(*wait_for_signature(Operation(request(key)))));  // timed out
  CHECK(std::get<Signed>(*wait_for_signature(Operation(request(key)))));
  CHECK(server.connections == 1);
}

TEST_CASE("signatures under way are bounded: one more fails at once") {
  Answers answers;  // outlives the client, which answers the last when it goes
  std::mutex mutex;
  std::vector<std::pair<int, std::uint32_t>> held;
  FalseServer server([&](int fd, const keys::Frame& frame) {
    if (frame.type == keys::Type::describe) return FalseServer::describe(fd, frame);
    const std::lock_guard lock(mutex);
    held.emplace_back(fd, frame.id);
  });
  const auto client = client_of(server.path, [](KeyClientOptions& o) {
    o.under_way = 4;
    o.deadline = scaled(milliseconds(20'000));
  });
  const auto key = key_of(client);
  for (int i = 0; i < 4; ++i) key->sign_later(request(key), answers.at(i));
  CHECK(answers.count() == 0);
  key->sign_later(request(key), answers.at(4));
  REQUIRE(answers.count() == 1);
  CHECK(answers.all[4][0].error().code() == Code::signing_failed);
  CHECK(answers.all[4][0].error().detail().find("too slow") != std::string::npos);
  CHECK(client->stats().overflows == 1);
  REQUIRE(within(milliseconds(10'000), [&] {
    const std::lock_guard lock(mutex);
    return held.size() == 4;
  }));
  {
    const std::lock_guard lock(mutex);
    for (const auto& [fd, id] : held) FalseServer::send(fd, keys::encode(id, keys::Signature{as_bytes("made")}));
    held.clear();
  }
  REQUIRE(within(milliseconds(10'000), [&] { return answers.count() == 5; }));
  key->sign_later(request(key), answers.at(5));  // there is room again
  CHECK(answers.count() == 5);
  CHECK(answers.once());
}

TEST_CASE("whoever asks is answered once, whatever becomes of the server") {
  // Answers: twice, of nobody's question, of another kind, garbage, half an answer and the end, a refusal.
  const std::vector<std::function<void(int, const keys::Frame&)>> ways = {
      [](int fd, const keys::Frame& f) {
        const auto answer = keys::encode(f.id, keys::Signature{as_bytes("made")});
        FalseServer::send(fd, answer);
        FalseServer::send(fd, answer);
      },
      [](int fd, const keys::Frame& f) {
        FalseServer::send(fd, keys::encode(f.id + 1000, keys::Signature{as_bytes("x")}));
      },
      [](int fd, const keys::Frame& f) { FalseServer::describe(fd, f); },
      [](int fd, const keys::Frame&) { FalseServer::send(fd, ByteVector(50, 'x')); },
      [](int fd, const keys::Frame& f) {
        FalseServer::send(fd, keys::encode(f.id, keys::Signature{{}}));  // an empty one
      },
      [](int fd, const keys::Frame& f) {
        auto answer = keys::encode(f.id, keys::Signature{as_bytes("made")});
        answer.resize(9);
        FalseServer::send(fd, answer);
        ::shutdown(fd, SHUT_RDWR);
      },
      [](int fd, const keys::Frame& f) {
        FalseServer::send(fd, keys::encode(f.id, keys::Refused{keys::Refusal::rate, "no"}));
      },
  };
  std::atomic<std::size_t> way{0};
  FalseServer server([&](int fd, const keys::Frame& frame) {
    if (frame.type == keys::Type::describe) return FalseServer::describe(fd, frame);
    ways[way % ways.size()](fd, frame);
  });
  Answers answers;
  int asked = 0;
  {
    const auto client = client_of(server.path, [](KeyClientOptions& o) { o.deadline = scaled(milliseconds(300)); });
    const auto key = key_of(client);
    for (; way < ways.size(); ++way)
      for (int i = 0; i < 3; ++i, ++asked) {
        const std::size_t before = answers.count();
        key->sign_later(request(key), answers.at(asked));
        REQUIRE(within(milliseconds(20'000), [&] { return answers.count() == before + 1; }));
      }
    for (int i = 0; i < 20; ++i, ++asked) key->sign_later(request(key), answers.at(asked));  // and the client goes
  }
  CHECK(answers.count() == static_cast<std::size_t>(asked));
  CHECK(answers.once());
}

TEST_CASE("the last reference may go in an answer, on the client's own thread") {
  RunningKeys keys;
  keys.start();
  std::atomic<bool> done{false};
  {
    auto key = key_of(client_of(keys.options.path));
    const auto asked = request(key);
    auto* last = new std::shared_ptr<const RemoteKey>(key);
    const RemoteKey& raw = *key;
    key.reset();
    const SignatureRequest without{asked.scheme, asked.message, nullptr};
    raw.sign_later(without, [last, &done](OperationResult) {
      delete last;
      done = true;
    });
  }
  CHECK(within(milliseconds(10'000), [&] { return done.load(); }));
}

TEST_CASE("a child of fork() is told to open its own") {
  RunningKeys keys;
  keys.start();
  const auto key = key_of(client_of(keys.options.path));
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 0;
    key->sign_later(request(key), [&](OperationResult result) {
      const auto& made = std::get<Signed>(result);
      code = !made && made.error().code() == Code::misuse ? 7 : 1;
    });
    ::_exit(code);
  }
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  CHECK(WIFEXITED(state));
  CHECK(WEXITSTATUS(state) == 7);
  CHECK(std::get<Signed>(*wait_for_signature(Operation(request(key)))));  // the parent's is as it was
}

TEST_CASE("options of a client that cannot be are refused; those at the bounds are not") {
  struct Row {
    void (*change)(KeyClientOptions&);
    bool good;
  };
  constexpr Row kRows[] = {
      {[](KeyClientOptions& o) { o.path.clear(); }, false},
      {[](KeyClientOptions& o) { o.deadline = milliseconds(0); }, false},
      {[](KeyClientOptions& o) { o.deadline = milliseconds(1); }, true},
      {[](KeyClientOptions& o) { o.deadline = milliseconds(60'000); }, true},
      {[](KeyClientOptions& o) { o.deadline = milliseconds(60'001); }, false},
      {[](KeyClientOptions& o) { o.connections = 0; }, false},
      {[](KeyClientOptions& o) { o.connections = 16; }, true},
      {[](KeyClientOptions& o) { o.connections = 17; }, false},
      {[](KeyClientOptions& o) { o.under_way = 0; }, false},
      {[](KeyClientOptions& o) { o.under_way = 65536; }, true},
      {[](KeyClientOptions& o) { o.under_way = 65537; }, false},
  };
  for (const Row& row : kRows) {
    KeyClientOptions options;
    options.path = "/nowhere/keys";
    row.change(options);
    CHECK(KeyClient::open(options).has_value() == row.good);
  }
}

TEST_CASE("a key server that is away is told to people once") {
  const TemporaryFolder folder;
  const auto lines = std::make_shared<Lines>();
  const auto client = client_of(folder.path("nobody"), [&](KeyClientOptions& o) {
    o.deadline = milliseconds(200);
    o.warning = [lines](std::string_view words) { lines->add(words); };
  });
  CHECK_FALSE(KeyClient::key(client, "web"));
  CHECK(lines->copy().size() == 1);
  CHECK(lines->with("connecting to") == 1);
}
