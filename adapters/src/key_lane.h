// One connection of a key client: what is to be written, what is waited for, when to connect again. It is told what
// happens and what time it is, and does no waiting of its own.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "key_protocol.h"
#include "tls/adapters/socket.h"

namespace tls::keys {

using Time = std::chrono::steady_clock::time_point;

/// Given the reply, or why there is none, once. A reply's views are valid during the call.
using Answered = std::move_only_function<void(Result<Reply>)>;

struct Question {
  std::uint32_t id = 0;
  std::vector<std::uint8_t> frame;
  Time deadline;
  Answered done;  ///< empty: it was answered, for its deadline was over
  /// When a connection broke while it was waited for, the first time. It is asked again, until one breaks that was made
  /// later: a server that ends closes its connections one after another.
  std::optional<Time> broke = {};
};
/// In the order of their deadlines, also of those that are asked again: whoever waits looks at the first.
using Questions = std::list<Question>;

/// Puts the first of `from` where it belongs in `to`, which is mostly the end.
void move_first(Questions& from, Questions& to);
/// Puts all of `from` where they belong in `to`.
void move_all(Questions&& from, Questions& to);

class Lane {
 public:
  // Between two attempts: twice as long each time, until something was answered.
  static constexpr std::chrono::milliseconds kFirstRetry{10}, kLastRetry{1000};
  static constexpr unsigned kPatience = 3;  // deadlines that an answer may be late: then the connection is given up

  explicit Lane(std::string path, std::chrono::milliseconds deadline) : path_(std::move(path)), deadline_(deadline) {}

  [[nodiscard]] bool up() const noexcept { return static_cast<bool>(socket_); }
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return asked_.size(); }
  /// What poll() is to wait for: POLLIN, POLLOUT.
  [[nodiscard]] short interest() const noexcept;
  /// When it has something to do though nothing comes; Time::max(): never.
  [[nodiscard]] Time due() const noexcept;

  /// Looks whether the other end is still there, so that no question is lost with a connection that was idle when it
  /// ended.
  [[nodiscard]] bool alive(Time now);
  /// Takes the first of `questions`, to be sent. It is up.
  void ask(Questions& questions);
  /// Does what poll() says is possible.
  void serve(short ready, Time now);
  /// Does what is due. True: a connection was made.
  bool tick(Time now);
  /// Ends the connection. Questions that were lost before it was made are answered with `why`, the others are lost().
  void drop(const Error& why, Time now);
  /// Questions whose connection broke, to be asked again: the oldest first. They are the caller's then.
  [[nodiscard]] Questions lost() noexcept { return std::move(lost_); }
  /// Why there is no connection; empty: there is one, or none was tried.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  bool write_some();
  bool read_some();
  bool take_replies();

  const std::string path_;
  const std::chrono::milliseconds deadline_;
  Socket socket_;
  std::vector<std::uint8_t> in_, out_;
  std::size_t written_ = 0;  // of out_
  Questions asked_;
  Questions lost_;
  Time made_{}, next_try_{};
  std::chrono::milliseconds retry_ = kFirstRetry;
  std::string trouble_;
};

}  // namespace tls::keys
