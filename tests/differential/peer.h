// A peer: another library behind the line protocol of peers/line.h, in a process of its own that may hang or die.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tls::differential {

/// What somebody says of a chain.
struct Opinion {
  enum class Verdict : std::uint8_t { none, accepts, refuses } verdict = Verdict::none;
  std::string reason{};  ///< of a refusal, or why there is no verdict

  [[nodiscard]] bool accepts() const noexcept { return verdict == Verdict::accepts; }
  [[nodiscard]] bool refuses() const noexcept { return verdict == Verdict::refuses; }
};

class Peer {
 public:
  /// Starts the program. Throws std::runtime_error when it does not say its version.
  Peer(std::string name, std::vector<std::string> command, std::chrono::milliseconds patience);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Sends a question (one line, its end included).
  void ask(const std::string& line);
  /// The answer to it. No answer in time, or a death: no verdict, and the next question goes to a new process.
  [[nodiscard]] Opinion answer();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& version() const noexcept { return version_; }
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }  ///< deaths and questions without an answer

 private:
  void start();
  void stop();
  [[nodiscard]] std::string line();  ///< throws std::runtime_error
  [[nodiscard]] std::string how_it_ended();

  std::string name_, version_, buffer_;
  std::vector<std::string> command_;
  std::chrono::milliseconds patience_;
  std::chrono::steady_clock::time_point deadline_;
  std::string not_sent_;  // why the last question did not reach it
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
  unsigned failures_ = 0;
};

}  // namespace tls::differential
