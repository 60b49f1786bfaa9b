// What a server does besides serving: it reloads its files when they change or it is told to, and ends when it is told
// to. A thread of its own, which waits for signals and for inotify.
#pragma once

#include <signal.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "cli/serve/descriptor.h"
#include "cli/serve/reload.h"
#include "cli/serve/watch.h"

namespace sallyport::cli {

/// For which files must be left alone before they are read: key and certificate are not written at once.
inline constexpr std::chrono::milliseconds kSettle{500};
/// After which they are read though they change on and on.
inline constexpr std::chrono::milliseconds kSettleAtMost{5'000};
/// Between attempts to read files that do not fit each other, as long as kSettle.
inline constexpr std::chrono::milliseconds kTryAgain{100};

/// SIGHUP, SIGINT and SIGTERM, for all threads that begin while it lives: to be made before any other thread. Whoever
/// started the program with SIGINT or SIGTERM ignored, as shells do in the background, is obeyed.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  /// Readable when one came.
  [[nodiscard]] int fd() const noexcept { return descriptor_.fd(); }
  /// The one that came; 0: none. SIGHUP of a terminal that is gone is SIGTERM, unless it was ignored (nohup).
  [[nodiscard]] int take() const;

 private:
  sigset_t ours_{}, before_{};
  bool terminal_ = false;  // that can go
  Descriptor descriptor_;
};

class Upkeep {
 public:
  struct Tasks {
    std::function<void(const std::string& words)> say;
    std::function<void()> reloaded;  ///< the configuration was replaced, or looked at again by SIGHUP
    std::function<void()> end;       ///< SIGINT or SIGTERM; a second one ends the process at once
  };
  /// What a task throws ends neither the thread nor the server: it is told once, and the task is called again until it
  /// returns.
  ///
  /// Begins. `watch`: files that change are noticed; else SIGHUP alone reloads. `signals` must outlive it.
  Upkeep(const Signals& signals, Reload reload, bool watch, Tasks tasks);
  /// Ends.
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run();
  [[nodiscard]] int patience() const;
  void look_at_signals();
  void noticed();
  void asked();
  void attempt();
  void watch_files();
  void work();
  void settle();
  [[nodiscard]] bool owes() const;
  void trouble(const char* what) noexcept;

  const Signals& signals_;
  Reload reload_;
  const bool watching_;
  Tasks tasks_;
  Watch watch_;
  Descriptor stop_;
  std::string complained_;    // of the watch
  Time due_ = Time::max();    // of the next attempt
  Time since_ = Time::max();  // the first change that it is for
  Time give_up_{};            // when files that do not fit are told of
  bool asked_ = false;        // by SIGHUP
  bool ending_ = false;
  // What a task that threw, or words that were not said, leave to be done.
  bool owes_end_ = false, owes_reloaded_ = false, owes_watch_ = false;
  std::string words_;
  Time again_ = Time::max();  // when that is tried
  bool troubled_ = false;     // and was told of
  std::jthread thread_;
};

}  // namespace sallyport::cli
