// `sallyport server` when many are there: idle visitors, no descriptors, large files.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <memory>
#include <thread>

#include "tls/adapters/socket.h"
#include "tools/place.h"

using namespace tls::test;
using namespace std::chrono_literals;

namespace {

/// The soft limit of descriptors, for this process and those that it starts, while it lives.
class Descriptors {
 public:
  explicit Descriptors(rlim_t count) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit now = before_;
    now.rlim_cur = std::min(count, before_.rlim_max);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  ~Descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

 private:
  rlimit before_{};
};

/// Connections that say nothing.
std::vector<tls::Socket> idle(const RunningServer& server, std::size_t count) {
  std::vector<tls::Socket> out;
  for (std::size_t i = 0; i < count; ++i) {
    auto socket = tls::Socket::connect("127.0.0.1", server.port(), 10s);
    REQUIRE(socket);
    out.push_back(*std::move(socket));
  }
  return out;
}

/// User and system time of the server so far.
std::chrono::duration<double> cpu_time(const RunningServer& server) {
  std::istringstream fields(slurp("/proc/" + std::to_string(server.pid()) + "/stat"));
  std::string word;
  for (int i = 0; i < 13; ++i) fields >> word;  // proc(5): utime and stime are the fields 14 and 15
  double user = 0, system = 0;
  fields >> user >> system;
  return std::chrono::duration<double>((user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

/// A limit of descriptors that leaves a server `count` of them: descriptors are counted by their numbers.
rlim_t below_which_are_free(const RunningServer& server, int count) {
  rlim_t number = 0;
  for (; count > 0; ++number)
    if (!std::filesystem::is_symlink("/proc/" + std::to_string(server.pid()) + "/fd/" + std::to_string(number)))
      --count;
  return number;
}

/// A number of /proc/PID/status, or the sum of its threads'.
long status(const std::string& folder, const std::string& name) {
  const std::string text = slurp(folder + "/status");
  const std::size_t at = text.find(name + ":");
  REQUIRE(at != std::string::npos);
  return std::stol(text.substr(at + name.size() + 1));
}
long wakes(const RunningServer& server) {
  long sum = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/task"))
    sum += status(task.path().string(), "voluntary_ctxt_switches");
  return sum;
}

bool served(const Place& place, const RunningServer& server) {
  const auto client = place.connect(server, {"--ca", place.root(), "--get", "/json"});
  if (client.status != 0) MESSAGE(client.err);
  return client.status == 0;
}

}  // namespace

TEST_CASE_FIXTURE(Place, "server: a thousand idle connections do not hold up the next client") {
  const Descriptors many(1100);  // of what the system allows
  const RunningServer server(serve({"--threads", "2"}));
  for (const std::size_t count : {16U, 1000U}) {
    CAPTURE(count);
    const std::vector<tls::Socket> there = idle(server, count);
    CHECK(served(*this, server));
    // Not because the others were sent away: the last of them is there still.
    char nothing = 0;
    CHECK(::recv(there.back().fd(), &nothing, 1, MSG_DONTWAIT) == -1);
    CHECK(errno == EAGAIN);
  }
}

TEST_CASE_FIXTURE(Place, "server: without descriptors it waits, spends no time, and goes on when there are some") {
  // --no-watch: a reload would fail meanwhile, and UBSan needs a pipe to look at the exception.
  const RunningServer server(serve({"--threads", "4", "--no-watch"}));
  CHECK(served(*this, server));  // what is opened once (by sanitizers, too) is open then
  rlimit few{};
  REQUIRE(::prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &few) == 0);
  few.rlim_cur = below_which_are_free(server, 2);  // two visitors
  REQUIRE(::prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  std::vector<tls::Socket> there = idle(server, 40);
  std::this_thread::sleep_for(200ms);
  const auto before = cpu_time(server);
  std::this_thread::sleep_for(1s);
  CHECK((cpu_time(server) - before).count() <= 0.05);
  there.clear();
  CHECK(served(*this, server));
  CHECK(has(server.errors(), "new visitors wait: Too many open files; `ulimit -n` allows more"));
}

TEST_CASE_FIXTURE(Place, "server: it takes as many descriptors as it may have") {
  std::unique_ptr<RunningServer> server;
  {
    const Descriptors few(32);  // the soft limit: a server with 20 threads needs more to begin with
    server = std::make_unique<RunningServer>(serve({"--threads", "20"}));
  }
  const std::vector<tls::Socket> there = idle(*server, 40);
  CHECK(served(*this, *server));
  CHECK_FALSE(has(server->errors(), "new visitors wait"));
}

TEST_CASE("server: one to 1024 threads") {
  for (const char* count : {"0", "1025"}) CHECK(has(run_tool({"server", "--threads", count}).err, "--threads"));
  for (const char* count : {"1", "1024"}) {
    const Ran ran = run_tool({"server", "--threads", count});
    CHECK(ran.status == 1);
    CHECK(has(ran.err, "a server needs --cert"));
  }
}

TEST_CASE_FIXTURE(Place, "server: a visitor wakes one thread") {
  constexpr long kVisitors = 100, kThreads = 16;
  const RunningServer server(serve({"--threads", std::to_string(kThreads)}));
  const long before = wakes(server);
  for (long i = 0; i < kVisitors; ++i) {
    const auto visitor = idle(server, 1);
    std::this_thread::sleep_for(1ms);
  }
  std::this_thread::sleep_for(100ms);
  const long woken = wakes(server) - before;
  CAPTURE(woken);
  CHECK(woken >= kVisitors);      // or nothing was counted
  CHECK(woken <= 4 * kVisitors);  // for coming and for leaving, and for other threads' time; all threads: 16 times
}

TEST_CASE_FIXTURE(Place, "server: a file of 100 MB is not held in memory") {
  std::filesystem::create_directory(folder.path("www"));
  (void)folder.file("www/large", "");
  constexpr std::uintmax_t kSize = 100'000'000;
  std::filesystem::resize_file(folder.path("www/large"), kSize);
  (void)folder.file("www/small", "small");
  const RunningServer server(serve({"--root", folder.path("www")}));
  const std::string process = "/proc/" + std::to_string(server.pid());
  CHECK(connect(server, {"--ca", root(), "--get", "/small"}).out == "small");
  const long before = status(process, "VmHWM");  // KiB
  CHECK(connect(server, {"--ca", root(), "--get", "/large"}).out.size() == kSize);
  const long grown = status(process, "VmHWM") - before;
  CAPTURE(grown);
  CHECK(grown < 8 << 10);
}
