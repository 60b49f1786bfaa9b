// The thread that looks after a server: signals, reloads, and tasks that fail.
#include "cli/serve/upkeep.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <new>

#include "cli/command.h"
#include "cli/tls_options.h"
#include "tools/guest.h"

using namespace tls::test;
using namespace sallyport::cli;
using namespace std::chrono_literals;

namespace {

/// Tasks that fail so many times before they do what they should.
struct Keeper : Sides {
  std::mutex mutex;
  std::condition_variable moved;
  std::vector<std::string> said;
  int say_fails = 0, reloaded_fails = 0, end_fails = 0, load_fails = 0;
  int reloaded = 0, ended = 0;
  std::string watched = folder.file("watched", "1");

  template <class What>
  void task(int& fails, What&& what) {
    const std::lock_guard held(mutex);
    if (fails > 0) {
      --fails;
      throw std::bad_alloc();
    }
    what();
    moved.notify_all();
  }
  template <class Holds>
  [[nodiscard]] bool wait(Holds&& holds) {
    std::unique_lock held(mutex);
    return moved.wait_for(held, 20s, holds);
  }
  [[nodiscard]] int count(const std::string& words) const {
    return static_cast<int>(std::ranges::count_if(said, [&](const std::string& line) { return has(line, words); }));
  }
  Upkeep::Tasks tasks() {
    return {.say = [this](const std::string& words) { task(say_fails, [&] { said.push_back(words); }); },
            .reloaded = [this] { task(reloaded_fails, [&] { ++reloaded; }); },
            .end = [this] { task(end_fails, [&] { ++ended; }); }};
  }
  Reload reload() {
    const FilesRead reading;
    (void)read_file(watched);
    return Reload(std::make_shared<tls::LiveServerConfig>(built(server())), reading.files(),
                  [this](const tls::ServerConfig& now) -> Loaded {
                    (void)read_file(watched);
                    if (std::exchange(load_fails, 0) != 0) throw 1;  // not even an exception
                    return {now, {}};
                  });
  }
};

}  // namespace

TEST_CASE_FIXTURE(Keeper, "what a task throws ends nothing: it is told once, and the task is called until it returns") {
  const Signals signals;
  reloaded_fails = 3;
  Upkeep upkeep(signals, reload(), false, tasks());
  REQUIRE(::kill(::getpid(), SIGHUP) == 0);
  CHECK(wait([&] { return reloaded == 1; }));
  {
    const std::lock_guard held(mutex);
    CHECK(count("reloaded: nothing has changed") == 1);
    CHECK(count("cannot look after the server's files: std::bad_alloc; trying again") == 1);
    say_fails = 2;
    load_fails = 1;
    (void)folder.file("watched", "2");
  }
  REQUIRE(::kill(::getpid(), SIGHUP) == 0);
  CHECK(wait([&] { return reloaded == 2; }));
  {
    const std::lock_guard held(mutex);
    CHECK(count("reloaded: '" + watched + "' changed; this is configuration 2") == 1);
    end_fails = 3;
  }
  REQUIRE(::kill(::getpid(), SIGTERM) == 0);
  CHECK(wait([&] { return ended == 1; }));
}
