// `sallyport keyserver` as a process of its own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "support/time_scale.h"
#include "tools/place.h"

extern char** environ;

namespace tls::test {

class KeyServerProcess {
 public:
  /// Listens on `folder`/keys. Throws unless it does within 20 s.
  KeyServerProcess(std::string folder, Words options) : folder_(std::move(folder)), options_(std::move(options)) {
    start();
  }
  ~KeyServerProcess() {
    if (child_ != 0) static_cast<void>(end(SIGKILL));
  }
  KeyServerProcess(const KeyServerProcess&) = delete;
  KeyServerProcess& operator=(const KeyServerProcess&) = delete;

  void start() {
    Words words = {SALLYPORT_TOOL, "keyserver", "--listen", path()};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, errors_path().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int failed = posix_spawn(&child_, SALLYPORT_TOOL, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("the tool cannot be started");
    if (!within(std::chrono::milliseconds(20'000), [&] { return has(errors(), "listening on "); }))
      throw std::runtime_error("the key server did not start: " + errors());
  }
  /// Sends the signal, and gives the exit status; 128 + the signal's number where that ended it.
  int end(int signal) {
    ::kill(child_, signal);
    int state = 0;
    static_cast<void>(::waitpid(child_, &state, 0));
    child_ = 0;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  }
  void signal(int signal) const { ::kill(child_, signal); }
  [[nodiscard]] std::string path() const { return folder_ + "/keys"; }
  [[nodiscard]] std::string errors() const { return slurp(errors_path()); }
  [[nodiscard]] pid_t pid() const noexcept { return child_; }

 private:
  [[nodiscard]] std::string errors_path() const { return folder_ + "/errors"; }
  std::string folder_;
  Words options_;
  pid_t child_ = 0;
};

}  // namespace tls::test
