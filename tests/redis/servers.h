// Redis servers for tests: a real one on a free port, and one that answers whatever a test wants.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "session/states.h"
#include "support/stepped_clock.h"
#include "support/time_scale.h"
#include "tls/adapters/redis.h"
#include "tls/adapters/socket.h"

namespace tls::test {

inline std::uint16_t free_port() {
  auto socket = Socket::listen("127.0.0.1", 0);
  REQUIRE(socket);
  return *socket->local_port();
}

/// Where a program lies on PATH; empty: nowhere.
inline std::string found(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    std::string file = std::string(folder) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

/// A Redis server without a memory on disk, in a folder of its own. Debian has the program in redis-tools, under the
/// name of redis-check-rdb: it is what its name says, and redis-server is no more than a link to it, in a package that
/// starts a service. So no more is needed than the name.
class RedisServer {
 public:
  explicit RedisServer(std::string file = program()) : program_(std::move(file)) {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-redis-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    start();
  }
  ~RedisServer() {
    stop();
    std::filesystem::remove_all(folder_);
  }
  RedisServer(const RedisServer&) = delete;

  static std::string program() {
    const std::string server = found("redis-server");
    return server.empty() ? found("redis-check-rdb") : server;
  }
  static bool installed() { return !program().empty(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void start() {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const std::string port = std::to_string(port_);
      REQUIRE(chdir(folder_.c_str()) == 0);
      const int nothing = ::open("/dev/null", O_WRONLY);
      dup2(nothing, STDOUT_FILENO);
      execl(program_.c_str(), "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", static_cast<char*>(nullptr));
      _exit(127);
    }
    REQUIRE(within(seconds(10), [&] { return Socket::connect("127.0.0.1", std::to_string(port_)).has_value(); }));
  }
  void stop() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void pause() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }

  /// Sends one inline command and gives the first bytes of what comes back.
  [[nodiscard]] std::string command(const std::string& text) const {
    auto socket = Socket::connect("127.0.0.1", std::to_string(port_));
    REQUIRE(socket);
    const std::string line = text + "\r\n";
    REQUIRE(::send(socket->fd(), line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size()));
    std::string reply(4096, 0);
    const ssize_t n = ::recv(socket->fd(), reply.data(), reply.size(), 0);
    reply.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    return reply;
  }

 private:
  const std::string program_;
  std::filesystem::path folder_;
  std::uint16_t port_ = free_port();
  pid_t pid_ = -1;
};

/// Answers each command with what a function makes of its words, or not at all.
class FakeRedis {
 public:
  using Words = std::vector<std::string>;
  /// `answer`: the bytes to be sent; empty: nothing. "close": the connection ends.
  /// `at_once`: it says it once, unasked, and ends the connection.
  explicit FakeRedis(std::function<std::string(const Words&)> answer, bool at_once = false)
      : answer_(std::move(answer)), at_once_(at_once) {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    listener_ = std::move(*listener);
    port_ = *listener_.local_port();
    REQUIRE(listener_.timeouts(milliseconds(50), milliseconds(50)));
    thread_ = std::thread([this] { run(); });
  }
  ~FakeRedis() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int commands() const { return commands_; }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int ended() const { return ended_; }  ///< of these, whoever ended them
  void hang_up() { hang_up_ = true; }                 ///< ends the connection that there is
  /// Answers nothing, and takes nothing, for a while: from the moment when this returns.
  void mute(bool on) {
    muted_ = on;
    // What it was about to take, it takes in the turn that it is in.
    const int turns = turns_;
    REQUIRE(within(seconds(10), [&] { return turns_ >= turns + 2; }));
  }

 private:
  void run() {
    while (!stop_) {
      ++turns_;
      auto socket = listener_.accept();
      if (!socket || !socket->timeouts(milliseconds(20), milliseconds(1000))) continue;
      ++connections_;
      std::string buffer;
      if (at_once_) {
        const std::string reply = answer_({});
        [[maybe_unused]] const auto sent = ::send(socket->fd(), reply.data(), reply.size(), MSG_NOSIGNAL);
        continue;
      }
      while (!stop_ && serve(*socket, buffer)) {
      }
      ++ended_;
    }
  }
  bool serve(const Socket& socket, std::string& buffer) {
    ++turns_;
    if (hang_up_.exchange(false)) return false;
    if (muted_) return std::this_thread::sleep_for(milliseconds(5)), true;
    char chunk[4096];
    const ssize_t n = ::recv(socket.fd(), chunk, sizeof chunk, 0);
    if (n == 0) return false;
    if (n > 0) buffer.append(chunk, static_cast<std::size_t>(n));
    Words words;
    while (take(buffer, words)) {
      ++commands_;
      const std::string reply = answer_(words);
      if (reply == "close") return false;
      if (!reply.empty()) [[maybe_unused]]
        const auto sent = ::send(socket.fd(), reply.data(), reply.size(), MSG_NOSIGNAL);
    }
    return true;
  }
  /// A whole command, "*<n>\r\n" and n times "$<size>\r\n<bytes>\r\n", out of the buffer.
  static bool take(std::string& buffer, Words& words) {
    std::size_t at = 0;
    const auto number = [&](char mark, std::size_t& out) {
      const std::size_t end = buffer.find("\r\n", at);
      if (end == std::string::npos || buffer[at] != mark) return false;
      std::from_chars(buffer.data() + at + 1, buffer.data() + end, out);
      at = end + 2;
      return true;
    };
    std::size_t count = 0, size = 0;
    words.clear();
    if (buffer.empty() || !number('*', count)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (at >= buffer.size() || !number('$', size) || buffer.size() < at + size + 2) return false;
      words.push_back(buffer.substr(at, size));
      at += size + 2;
    }
    buffer.erase(0, at);
    return true;
  }

  std::function<std::string(const Words&)> answer_;
  const bool at_once_;
  Socket listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false}, hang_up_{false}, muted_{false};
  std::atomic<int> commands_{0}, connections_{0}, ended_{0}, turns_{0};
  std::thread thread_;
};

/// Sends one thing, and then another again and again, whatever it is asked, until it is left.
class FloodingRedis {
 public:
  FloodingRedis(std::string first, std::string again, milliseconds pause) {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    port_ = *listener->local_port();
    REQUIRE(listener->timeouts(milliseconds(50), milliseconds(50)));
    thread_ = std::thread([this, l = std::move(*listener), first = std::move(first), again = std::move(again), pause] {
      while (!stop_) {
        auto socket = l.accept();
        if (!socket || !socket->timeouts(milliseconds(1000), milliseconds(50))) continue;
        char command[4096];
        if (::recv(socket->fd(), command, sizeof command, 0) <= 0) continue;
        if (::send(socket->fd(), first.data(), first.size(), MSG_NOSIGNAL) < 0) continue;
        std::size_t sent = 0;
        const auto begin = std::chrono::steady_clock::now();
        while (!stop_) {
          const ssize_t n = ::send(socket->fd(), again.data(), again.size(), MSG_NOSIGNAL);
          if (n > 0) sent += static_cast<std::size_t>(n);
          if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) break;
          std::this_thread::sleep_for(pause);
        }
        most_ = std::max<std::size_t>(most_, sent);
        held_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
        ++left_;
      }
    });
  }
  ~FloodingRedis() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int left() const { return left_; }                         ///< how often it was
  [[nodiscard]] std::size_t most() const { return most_; }                 ///< bytes that one connection took
  [[nodiscard]] milliseconds held() const { return milliseconds(held_); }  ///< for how long the last one was kept

 private:
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> left_{0};
  std::atomic<std::size_t> most_{0};
  std::atomic<std::int64_t> held_{0};
  std::thread thread_;
};

/// Returns when whoever waits by the clock has seen what it shows now: a thread that asks it a few times in each turn.
inline void seen_by_all(const SteppedClock& clock) {
  const unsigned before = clock.looks();
  REQUIRE(within(seconds(10), [&] { return clock.looks() >= before + 30; }));
}

inline RedisOptions options_for(std::uint16_t port, const Clock& clock = system_clock()) {
  RedisOptions options;
  options.port = port;
  options.clock = clock;
  options.window = milliseconds(100);
  options.deadline = milliseconds(1000);  // the longest: machines that test are busy
  return options;
}

inline ReplayToken some_token(unsigned n) {
  ReplayToken token;
  for (std::size_t i = 0; i < 4; ++i) token.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return token;
}

/// A claim as a server makes it: to the guard, and where that leaves it open, to the store.
inline ReplayVerdict claimed(RedisStore& store, const std::shared_ptr<ReplayGuard>& guard, const ReplayToken& token,
                             milliseconds expiry) {
  if (auto now = guard->claim(token, expiry)) return **now;
  const auto stamp = guard->stamp();
  const auto later = store.wait(ReplayClaim{token, expiry, guard, stamp ? stamp->epoch : 0});
  REQUIRE(later);
  return *std::get<Result<ReplayVerdict>>(*later);
}

}  // namespace tls::test
