#include "cli/serve/upkeep.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "cli/command.h"

namespace sallyport::cli {
namespace {

bool ignored(int signal) {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

bool has_terminal() { return static_cast<bool>(Descriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC))); }

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

}  // namespace

// ---- signals ------------------------------------------------------------------------------------------------------

Signals::Signals() {
  ::sigemptyset(&ours_);
  ::sigaddset(&ours_, SIGHUP);
  for (const int signal : {SIGINT, SIGTERM})
    if (!ignored(signal)) ::sigaddset(&ours_, signal);
  terminal_ = !ignored(SIGHUP) && has_terminal();
  ::pthread_sigmask(SIG_BLOCK, &ours_, &before_);
  descriptor_ = Descriptor(::signalfd(-1, &ours_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_) throw Failure(kIo, std::string("signals cannot be waited for: ") + std::strerror(errno));
}

Signals::~Signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int Signals::take() const {
  signalfd_siginfo info{};
  if (::read(descriptor_.fd(), &info, sizeof info) != sizeof info) return 0;
  const int signal = static_cast<int>(info.ssi_signo);
  return signal == SIGHUP && terminal_ && !has_terminal() ? SIGTERM : signal;
}

// ---- the thread ---------------------------------------------------------------------------------------------------

Upkeep::Upkeep(const Signals& signals, Reload reload, bool watch, Tasks tasks)
    : signals_(signals),
      reload_(std::move(reload)),
      watching_(watch),
      tasks_(std::move(tasks)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!stop_) throw Failure(kIo, std::string("no thread can be waited for: ") + std::strerror(errno));
  watch_files();  // what is changed from now on is noticed; what was since it was read, by the attempt that follows
  thread_ = std::jthread([this] { run(); });
}

Upkeep::~Upkeep() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.fd(), &one, sizeof one) == 0);
}

void Upkeep::run() {
  for (;;) {
    std::array<pollfd, 3> waits{{{stop_.fd(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {watch_.fd(), POLLIN, 0}}};
    static_cast<void>(::poll(waits.data(), waits.size(), patience()));
    if (waits[0].revents != 0) return;
    again_ = Time::max();
    try {
      if (waits[1].revents != 0) look_at_signals();
      work();
      if (!owes()) troubled_ = false;
    } catch (const std::exception& e) {
      trouble(e.what());
    } catch (...) {
      trouble("something that is no exception of the standard library");
    }
  }
}

// What is begun is owed until it is done: whatever throws is called again.
void Upkeep::work() {
  if (owes_end_) tasks_.end(), owes_end_ = false;
  settle();
  if (watch_.changed() && watching_) noticed();
  if (due_ <= now()) attempt();
  settle();
}

// What an attempt leaves to be done.
void Upkeep::settle() {
  if (!words_.empty()) tasks_.say(words_), words_.clear();
  if (owes_reloaded_) tasks_.reloaded(), owes_reloaded_ = false;
  if (owes_watch_) watch_files(), owes_watch_ = false;
}

bool Upkeep::owes() const { return owes_end_ || owes_reloaded_ || owes_watch_ || !words_.empty() || due_ <= now(); }

// Memory that was not there, most likely: the server serves on, and this thread tries again.
void Upkeep::trouble(const char* what) noexcept {
  again_ = now() + kTryAgain;
  if (std::exchange(troubled_, true)) return;
  try {
    tasks_.say(std::string("cannot look after the server's files: ") + what + "; trying again");
  } catch (...) {
    troubled_ = false;  // nobody has been told
  }
}

int Upkeep::patience() const {
  const Time next = again_ != Time::max() ? again_ : due_;
  if (next == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

void Upkeep::look_at_signals() {
  for (int signal = 0; (signal = signals_.take()) != 0;) {
    if (signal == SIGHUP) {
      asked();
    } else if (std::exchange(ending_, true)) {
      std::_Exit(128 + signal);
    } else {
      owes_end_ = true;
    }
  }
}

// ---- when files are read ------------------------------------------------------------------------------------------

void Upkeep::noticed() {
  if (since_ == Time::max()) since_ = now();
  due_ = std::min(now() + kSettle, std::max(since_ + kSettleAtMost, now()));
  give_up_ = due_ + kSettle;
}

// Whoever says so has finished writing, most likely.
void Upkeep::asked() {
  asked_ = true;
  due_ = now();
  give_up_ = due_ + kSettle;
}

void Upkeep::attempt() {
  Reload::Report report = reload_.again();
  if (report.outcome == Reload::Outcome::refused && now() < give_up_) {
    due_ = now() + kTryAgain;
    return;
  }
  due_ = since_ = Time::max();
  const bool was_asked = std::exchange(asked_, false);
  owes_reloaded_ =
      report.outcome == Reload::Outcome::replaced || (was_asked && report.outcome == Reload::Outcome::same);
  owes_watch_ = true;
  if (report.outcome == Reload::Outcome::refused)
    words_ = "not reloaded: " + report.words;
  else if (report.outcome == Reload::Outcome::replaced || was_asked)
    words_ = "reloaded: " + report.words;
}

// The files may be elsewhere than they were, or lie behind other links.
void Upkeep::watch_files() {
  if (!watching_) return;
  if (watch_.set(reload_.paths())) noticed();
  if (watch_.problem() != complained_ && !watch_.problem().empty()) tasks_.say(watch_.problem() + "; SIGHUP reloads");
  complained_ = watch_.problem();
}

}  // namespace sallyport::cli
