#include "key_lane.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "key_socket.h"

namespace tls::keys {
namespace {

constexpr const char* kBroke = "the key server closed the connection: it ended, or does not let this user call";

}  // namespace

void move_first(Questions& from, Questions& to) {
  auto at = to.end();
  while (at != to.begin() && from.front().deadline < std::prev(at)->deadline) --at;
  to.splice(at, from, from.begin());
}

void move_all(Questions&& from, Questions& to) {
  to.merge(from, [](const Question& a, const Question& b) { return a.deadline < b.deadline; });
}

short Lane::interest() const noexcept { return static_cast<short>(POLLIN | (written_ < out_.size() ? POLLOUT : 0)); }

Time Lane::due() const noexcept {
  if (!up()) return next_try_;
  if (asked_.empty()) return Time::max();
  const Question& first = asked_.front();
  Time due = first.deadline + kPatience * deadline_;
  for (const Question& question : asked_)
    if (question.done) return std::min(due, question.deadline);
  return due;
}

bool Lane::alive(Time now) {
  std::uint8_t byte = 0;
  const ssize_t n = ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))) return true;
  drop(Error(Code::signing_failed, kBroke), now);
  return false;
}

void Lane::ask(Questions& questions) {
  Question& question = questions.front();
  if (written_ == out_.size()) {
    out_.clear();
    written_ = 0;
  }
  out_.insert(out_.end(), question.frame.begin(), question.frame.end());
  move_first(questions, asked_);
}

void Lane::drop(const Error& why, Time now) {
  socket_ = {};
  in_ = {};
  out_ = {};
  written_ = 0;
  trouble_ = why.detail().empty() ? why.message() : why.detail();
  next_try_ = now + retry_;
  retry_ = std::min(2 * retry_, kLastRetry);
  Questions asked;
  asked.swap(asked_);
  while (!asked.empty()) {
    Question& question = asked.front();
    if (question.done && (!question.broke || made_ <= *question.broke)) {
      if (!question.broke) question.broke = now;
      move_first(asked, lost_);
      continue;
    }
    if (question.done) question.done(std::unexpected(why));
    asked.pop_front();
  }
}

bool Lane::tick(Time now) {
  if (!up()) {
    if (now < next_try_) return false;
    auto socket = connect_unix(path_);
    if (!socket) {
      drop(socket.error(), now);
      return false;
    }
    socket_ = std::move(*socket);
    made_ = now;
    return true;
  }
  for (Question& question : asked_) {
    if (question.deadline > now) break;
    if (!question.done) continue;
    Answered done = std::exchange(question.done, nullptr);
    done(fail(Code::timed_out, "the key server does not answer in time"));
  }
  // What is late may still come, but a server that answers nothing at all is no server.
  if (!asked_.empty() && now >= asked_.front().deadline + kPatience * deadline_)
    drop(Error(Code::timed_out, "the key server answers nothing"), now);
  return false;
}

void Lane::serve(short ready, Time now) {
  bool good = true;
  if ((ready & POLLOUT) != 0) good = write_some();
  if (good && (ready & (POLLIN | POLLHUP | POLLERR)) != 0) good = read_some();
  if (!good) drop(Error(Code::signing_failed, kBroke), now);
}

bool Lane::write_some() {
  while (written_ < out_.size()) {
    const ssize_t n = ::send(fd(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    written_ += static_cast<std::size_t>(n);
  }
  return true;
}

bool Lane::read_some() {
  std::array<std::uint8_t, 16384> piece;
  const ssize_t n = ::recv(fd(), piece.data(), piece.size(), 0);
  if (n < 0) return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
  if (n == 0) return false;
  in_.insert(in_.end(), piece.begin(), piece.begin() + n);
  return take_replies();
}

bool Lane::take_replies() {
  Bytes rest(in_);
  while (true) {
    const auto frame = next_frame(rest, kMaxAnswer);
    if (!frame) return false;
    if (!*frame) break;
    auto reply = parse_reply(**frame);
    const auto question = std::ranges::find(asked_, (*frame)->id, &Question::id);
    if (!reply || question == asked_.end()) return false;  // nobody has asked for that
    Answered done = std::move(question->done);
    asked_.erase(question);
    retry_ = kFirstRetry;
    trouble_.clear();
    if (done) done(std::move(reply));
  }
  in_.erase(in_.begin(), in_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return true;
}

}  // namespace tls::keys
