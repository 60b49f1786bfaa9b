#include "differential/peer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "support/time_scale.h"

namespace tls::differential {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kStartPatience{30};  // a loaded machine starts slowly
constexpr std::chrono::seconds kEndPatience{5};     // of one that has closed its output: it may be about to end

void wait_for(int descriptor, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) throw std::runtime_error("no answer in time");
    pollfd one{descriptor, events, 0};
    if (poll(&one, 1, static_cast<int>(left)) > 0) return;
  }
}

}  // namespace

Peer::Peer(std::string name, std::vector<std::string> command, std::chrono::milliseconds patience)
    : name_(std::move(name)), command_(std::move(command)), patience_(patience) {
  start();
}

Peer::~Peer() { stop(); }

void Peer::start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("no socket pair");
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("no process");
  if (process_ == 0) {
    dup2(ends[1], STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (std::string& argument : command_) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  to_ = from_ = ends[0];
  fcntl(to_, F_SETFL, O_NONBLOCK);
  buffer_.clear();
  deadline_ = Clock::now() + test::scaled(kStartPatience);
  try {
    version_ = line();
  } catch (const std::exception& e) {
    throw std::runtime_error(command_[0] + " does not start: " + e.what());
  }
}

void Peer::stop() {
  if (process_ < 0) return;
  close(to_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string Peer::how_it_ended() {
  int status = 0;
  if (!test::within(kEndPatience, [&] { return waitpid(process_, &status, WNOHANG) == process_; }))
    return "it closed its output";
  close(to_);
  process_ = -1;
  if (WIFSIGNALED(status)) return std::string("it died: ") + strsignal(WTERMSIG(status));
  return "it ended with status " + std::to_string(WEXITSTATUS(status));
}

std::string Peer::line() {
  for (;;) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string out = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return out;
    }
    wait_for(from_, POLLIN, deadline_);
    std::array<char, 4096> piece{};
    const ssize_t got = read(from_, piece.data(), piece.size());
    if (got > 0)
      buffer_.append(piece.data(), static_cast<std::size_t>(got));
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      throw std::runtime_error(how_it_ended());
  }
}

void Peer::ask(const std::string& question) {
  not_sent_.clear();
  try {
    if (process_ < 0) start();
    deadline_ = Clock::now() + patience_;
    for (std::string_view rest = question; !rest.empty();) {
      wait_for(to_, POLLOUT, deadline_);
      const ssize_t sent = send(to_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent > 0)
        rest.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR)
        throw std::runtime_error(how_it_ended());
    }
  } catch (const std::exception& e) {
    not_sent_ = e.what();
  }
}

Opinion Peer::answer() {
  std::string why = not_sent_;
  if (why.empty()) try {
      const std::string said = line();
      if (said == "accept") return {Opinion::Verdict::accepts};
      if (said.starts_with("refuse ")) return {Opinion::Verdict::refuses, said.substr(7)};
      why = "it said \"" + said + "\"";
    } catch (const std::exception& e) {
      why = e.what();
    }
  ++failures_;
  stop();
  return {Opinion::Verdict::none, why};
}

}  // namespace tls::differential
