#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace sallyport::cli {
namespace {

constexpr int kLook = 100;  // milliseconds between looks for a signal

/// Signals that end or stop the program are held back while this lives.
class HeldSignals {
 public:
  HeldSignals() {
    ::sigemptyset(&held_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigaddset(&held_, signal);
    ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  [[nodiscard]] bool came() const {
    sigset_t pending;
    ::sigpending(&pending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP})
      if (::sigismember(&pending, signal) == 1) return true;
    return false;
  }

 private:
  sigset_t held_{}, before_{};
};

/// The controlling terminal, which does not show what is typed.
class Terminal {
 public:
  Terminal() : fd_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    usable_ = ::tcsetattr(fd_, TCSAFLUSH, &hidden) == 0;
  }
  ~Terminal() {
    if (usable_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) ::close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool usable() const noexcept { return usable_; }
  void write(const std::string& words) const {
    [[maybe_unused]] const ssize_t written = ::write(fd_, words.data(), words.size());
  }
  /// One byte; false at the end, and when a signal came.
  [[nodiscard]] bool read(std::uint8_t& byte, const HeldSignals& signals) const {
    while (!signals.came()) {
      pollfd input{fd_, POLLIN, 0};
      if (::poll(&input, 1, kLook) <= 0) continue;
      const ssize_t n = ::read(fd_, &byte, 1);
      if (n < 0 && errno == EINTR) continue;
      return n == 1;
    }
    return false;
  }

 private:
  int fd_;
  termios before_{};
  bool usable_ = false;
};

}  // namespace

std::optional<tls::SecretBytes> ask_hidden(const std::string& question, std::size_t most) {
  const HeldSignals signals;  // outlives the terminal
  const Terminal terminal;
  if (!terminal.usable()) return std::nullopt;
  terminal.write(question);
  tls::SecretBytes line;
  line.reserve(most + 1);
  std::uint8_t byte = 0;
  bool whole = false;
  while (terminal.read(byte, signals)) {
    whole = byte == '\n';
    if (whole) break;
    if (line.size() <= most) line.append({&byte, 1});
  }
  tls::wipe({&byte, 1});
  terminal.write("\n");
  if (!whole) return std::nullopt;
  return line;
}

}  // namespace sallyport::cli
