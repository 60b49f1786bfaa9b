// What stores and adapters leave of secrets in memory.
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "secrets/made_elsewhere.h"
#include "session/client_sessions.h"
#include "tls/adapters/redis.h"
#include "tls/adapters/session_file.h"
#include "tls/adapters/socket.h"
#include "tls/session_cache.h"
#include "tls/session_stores.h"

#ifdef SALLYPORT_SCANS_MEMORY

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSecretAt =
    20 + 2 + 2 + 1 + 1;  // in ClientSession::serialize(): behind magic, numbers and length

/// A client's session in a file: made elsewhere, read here.
struct SessionFiles {
  Folder folder;
  Needle octets, text;  // of its secret, and of that in base64
  SessionFiles() {
    elsewhere([&] {
      auto state = std::make_shared<session::ClientState>();
      state->suite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
      randombytes_buf(state->secret.fill(48).data(), 48);
      state->received = state->authenticated = Clock::Milliseconds(1'782'864'000'000);
      state->lifetime = 7200s;
      state->ticket = std::vector<std::uint8_t>(100, 7);
      const auto bytes = ClientSession(state).serialize();
      if (!std::ranges::equal(Bytes(bytes).subspan(kSecretAt, 48), state->secret.expose())) std::abort();
      put_file(folder.file("session"), bytes);
      tell(folder.file("octets"), Bytes(bytes).subspan(kSecretAt + 8, 16));
      std::vector<char> base64(2 * bytes.size());
      sodium_bin2base64(base64.data(), base64.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
      tell(folder.file("text"), as_bytes({base64.data(), base64.size()}).subspan((kSecretAt + 8) / 3 * 4 + 4, 16));
    });
    octets = told(folder.file("octets"));
    text = told(folder.file("text"));
  }
  [[nodiscard]] ClientSession read() const {
    const int fd = ::open(folder.file("session").c_str(), O_RDONLY | O_CLOEXEC);
    SecretBytes bytes;
    const MutableBytes room = bytes.extend(std::filesystem::file_size(folder.file("session")));
    REQUIRE(::read(fd, room.data(), room.size()) == static_cast<ssize_t>(room.size()));
    ::close(fd);
    auto parsed = ClientSession::parse(bytes.expose());
    REQUIRE(parsed);
    return *parsed;
  }
  [[nodiscard]] std::size_t left() const { return occurrences(octets) + occurrences(text); }
};

/// A Redis server in a process of its own: it takes any password, has `master`, and says no to all else.
class RedisElsewhere {
 public:
  explicit RedisElsewhere(const std::string& master_file) {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    port_ = *listener->local_port();
    child_ = ::fork();
    if (child_ != 0) return;
    for (;;) {
      auto client = listener->accept();
      if (!client) ::_exit(1);
      serve(client->fd(), master_file);
    }
  }
  ~RedisElsewhere() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  static void say(int fd, std::string_view words) {
    static_cast<void>(::send(fd, words.data(), words.size(), MSG_NOSIGNAL));
  }
  static void serve(int fd, const std::string& master_file) {
    std::string in;
    char piece[4096];
    for (ssize_t n = 0; (n = ::recv(fd, piece, sizeof piece, 0)) > 0;) {
      in.append(piece, static_cast<std::size_t>(n));
      for (std::vector<std::string> words; take(in, words); words.clear()) {
        if (words[0] == "AUTH" || words[0] == "SELECT") {
          say(fd, "+OK\r\n");
        } else if (words[0] == "GET" && words[1].ends_with("ticket-master") && !master_file.empty()) {
          const int file = ::open(master_file.c_str(), O_RDONLY);
          const ssize_t size = ::read(file, piece, sizeof piece);
          ::close(file);
          say(fd, "$" + std::to_string(size) + "\r\n" + std::string(piece, static_cast<std::size_t>(size)) + "\r\n");
        } else {
          say(fd, "-ERR no\r\n");
        }
      }
    }
  }
  /// A whole command at the front of `in`.
  static bool take(std::string& in, std::vector<std::string>& words) {
    std::size_t at = 0;
    const auto number = [&](char mark) -> std::ptrdiff_t {
      const std::size_t end = in.find("\r\n", at);
      if (end == std::string::npos || in[at] != mark) return -1;
      const std::ptrdiff_t n = std::stol(in.substr(at + 1, end - at - 1));
      at = end + 2;
      return n;
    };
    for (std::ptrdiff_t left = number('*'); left != 0; --left) {
      if (left < 0) return false;
      const std::ptrdiff_t size = number('$');
      if (size < 0 || in.size() < at + static_cast<std::size_t>(size) + 2) return false;
      words.push_back(in.substr(at, static_cast<std::size_t>(size)));
      at += static_cast<std::size_t>(size) + 2;
    }
    in.erase(0, at);
    return true;
  }
  std::uint16_t port_ = 0;
  pid_t child_ = 0;
};

/// A password of letters that nobody has seen, and what to look for.
RedisPassword password(std::size_t size, Needle& needle) {
  SecretBytes letters;
  const MutableBytes room = letters.extend(size);
  randombytes_buf(room.data(), room.size());
  for (std::uint8_t& b : room) b = static_cast<std::uint8_t>('a' + b % 26);
  needle = Needle::of(letters.expose().last(std::min<std::size_t>(size, 24)));
  return RedisPassword(letters.text());
}

template <class Done>
void wait_until(Done done) {
  const auto limit = std::chrono::steady_clock::now() + 30s;
  while (!done() && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(5ms);
  REQUIRE(done());
}

}  // namespace

TEST_CASE("a session that goes leaves nothing behind: of its file, of what was read, of what is found again") {
  const SessionFiles files;
  const SessionKey key = session_key("a.example");
  {
    const auto store = file_client_sessions(files.folder.file("kept"));
    {
      const ClientSession session = files.read();
      CHECK(occurrences(files.octets) == 1);
      store->put(key, session);
    }
    CHECK(files.left() == 0);
    {
      const auto taken = store->take(key, Clock::Milliseconds(1'782'864'000'000));
      REQUIRE(taken);
      CHECK(occurrences(files.octets) == 1);
      CHECK(occurrences(files.text) == 0);
    }
    CHECK(files.left() == 0);
    store->remove(key);
  }
  CHECK(files.left() == 0);
}

TEST_CASE("a session that cannot be kept leaves nothing behind") {
  const SessionFiles files;
  std::string warning;
  const auto store = file_client_sessions(files.folder.file("no/such/folder"),
                                          [&](std::string_view words) { warning = std::string(words); });
  store->put(session_key("a.example"), files.read());
  CHECK_FALSE(warning.empty());
  CHECK(files.left() == 0);
  store->put(session_key("a name with spaces"), files.read());
  CHECK(files.left() == 0);
  const auto in_memory = memory_client_sessions({.sessions = 1, .per_key = 1});
  in_memory->put(session_key("a.example"), files.read());
  CHECK(occurrences(files.octets) == 1);
  in_memory->remove(session_key("a.example"));
  CHECK(files.left() == 0);
}

TEST_CASE("a cache's sessions are wiped when they are taken, removed, replaced and evicted, and when the cache goes") {
  Folder folder;
  elsewhere([&] {
    std::uint8_t bytes[100];
    randombytes_buf(bytes, sizeof bytes);
    put_file(folder.file("state"), bytes);
    tell(folder.file("needle"), Bytes(bytes).subspan(8, 16));
  });
  const Needle needle = told(folder.file("needle"));
  const auto state = [&] {
    const int fd = ::open(folder.file("state").c_str(), O_RDONLY | O_CLOEXEC);
    SessionState s;
    REQUIRE(::read(fd, s.fill(100).data(), 100) == 100);
    ::close(fd);
    return s;
  };
  constexpr Clock::Milliseconds kNow(1000), kLater(100'000);
  const std::uint8_t id[] = {1, 2, 3}, other[] = {4, 5, 6};
  for (const int way : {0, 1, 2, 3, 4}) {
    CAPTURE(way);
    auto made = memory_session_cache({.entries = 1, .shards = 1});
    REQUIRE(made);
    std::shared_ptr<SessionCache> cache = *made;
    *made = nullptr;
    cache->put(id, state(), kNow, kLater);
    CHECK(occurrences(needle) == 1);
    if (way == 0) static_cast<void>(cache->take(id, kNow));
    if (way == 1) cache->remove(id);
    if (way == 2) cache->put(id, SessionState(as_bytes("another")), kNow, kLater);
    if (way == 3) cache->put(other, SessionState(as_bytes("another")), kNow, kLater);
    if (way == 4) cache.reset();
    CHECK(occurrences(needle) == 0);
  }
}

TEST_CASE("Redis's password is kept where it is needed, and nowhere when the store has gone; short ones too") {
  for (const std::size_t size : {std::size_t{12}, std::size_t{40}, std::size_t{5000}}) {
    CAPTURE(size);
    const RedisElsewhere server("");
    Needle needle;
    RedisOptions options;
    options.port = server.port();
    options.password = password(size, needle);
    CHECK(occurrences(needle) == 1);
    auto store = RedisStore::open(std::move(options));
    REQUIRE(store);
    wait_until([&] { return (*store)->stats().connections == 1; });
    CHECK(occurrences(needle) == 1);  // for the next connection
    *store = nullptr;
    CHECK(occurrences(needle) == 0);
  }
}

TEST_CASE("Redis's password: nothing is left where the store does not open, and where the server is not there") {
  for (const std::size_t size : {std::size_t{12}, std::size_t{40}}) {
    Needle needle;
    RedisOptions bad;
    bad.port = 1;
    bad.password = password(size, needle);
    bad.deadline = 0ms;
    CHECK_FALSE(RedisStore::open(std::move(bad)));
    CHECK(occurrences(needle) == 0);
    RedisOptions nobody;
    nobody.port = 1;
    nobody.password = password(size, needle);
    {
      const auto store = RedisStore::open(std::move(nobody));
      REQUIRE(store);
      std::this_thread::sleep_for(20ms);
      CHECK(occurrences(needle) == 1);
    }
    CHECK(occurrences(needle) == 0);
  }
}

TEST_CASE("a ticket master from Redis: nothing is left of the reply, whether it is taken or refused") {
  for (const std::size_t size : {std::size_t{64}, std::size_t{31}}) {
    CAPTURE(size);
    Folder folder;
    elsewhere([&] {
      std::vector<std::uint8_t> bytes(size);
      randombytes_buf(bytes.data(), bytes.size());
      put_file(folder.file("master"), bytes);
      tell(folder.file("needle"), Bytes(bytes).last(15));  // the front of what is freed is overwritten
    });
    const Needle needle = told(folder.file("needle"));
    const RedisElsewhere server(folder.file("master"));
    std::atomic<bool> refused = false;
    RedisOptions options;
    options.port = server.port();
    options.warning = [&](std::string_view words) {
      if (words.find("is refused") != std::string_view::npos) refused = true;
    };
    auto store = RedisStore::open(std::move(options));
    REQUIRE(store);
    const auto keys = (*store)->ticket_keys();
    REQUIRE(keys);
    wait_until([&] { return (*store)->stats().masters == 1 || refused; });
    *store = nullptr;  // its thread has ended, and with it the callback
    CHECK(refused == (size < 32));
    CHECK(occurrences(needle) == 0);
  }
}

#endif
