#include "cli/serve/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

namespace sallyport::cli {
namespace {

/// For what is only said: there may be no memory for the words.
template <class Say>
void ignoring(Say&& say) noexcept {
  try {
    say();
  } catch (...) {
  }
}

constexpr std::size_t kEvents = 64;                   // that are taken from the kernel at once
constexpr std::chrono::milliseconds kSweepRest{100};  // between two looks at all deadlines

Visit::Time now() { return std::chrono::steady_clock::now(); }

/// Errors of accept(2) that end with the visitor: another thread was faster, or he has gone. Of all others there is one
/// as long as its cause lasts, and epoll reports the listener again at once.
bool passes(int error_number) {
  static constexpr int kPassing[] = {EAGAIN,      EINTR,     ECONNABORTED, EPERM,        EPROTO,     ENETDOWN,
                                     ENOPROTOOPT, EHOSTDOWN, ENONET,       EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH};
  return std::ranges::find(kPassing, error_number) != std::end(kPassing);
}

/// An answer of the kind that `operation` wants: that there is none.
tls::OperationResult no_answer(const tls::Operation& operation) {
  const tls::Error error(tls::Code::operation_failed, "nobody answers what the handshake waits for");
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    tls::OperationResult out;
    ((operation.index() == I ? void(out.emplace<I>(std::unexpected(error))) : void()), ...);
    return out;
  }(std::make_index_sequence<std::variant_size_v<tls::OperationResult>>());
}

}  // namespace

struct Loop::Listener : Watched {
  explicit Listener(int fd_) noexcept : Watched(Kind::listener), fd(fd_) {}
  const int fd;  // the house's
  bool resting = false;
  Time rests_until{};
};

/// Answers on their way from other threads, and the bell that makes the loop look.
struct Loop::Mailbox : Watched {
  struct Letter {
    std::uint64_t question;
    tls::OperationId id;
    tls::OperationResult result;
  };

  Mailbox() : Watched(Kind::mailbox), bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void ring() const noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(::write(bell.fd(), &one, sizeof one) == 0);  // full: it rings already
  }
  void post(Letter letter) {
    {
      const std::lock_guard lock(mutex);
      letters.push_back(std::move(letter));
    }
    ring();
  }
  std::vector<Letter> take() {
    std::uint64_t rung = 0;
    static_cast<void>(::read(bell.fd(), &rung, sizeof rung) == 0);
    const std::lock_guard lock(mutex);
    return std::exchange(letters, {});
  }

  const Descriptor bell;
  std::mutex mutex;
  std::vector<Letter> letters;
};

// ---- beginning and end --------------------------------------------------------------------------------------------

Loop::Loop(House& house, std::function<void()> full)
    : house_(house),
      full_(std::move(full)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      mailbox_(std::make_shared<Mailbox>()) {
  const auto watch = [&](int fd, std::uint32_t events, Watched* who) {
    epoll_event event{.events = events, .data = {.ptr = who}};
    if (!epoll_ || fd < 0 || ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0)
      throw Failure(kIo, std::string("no connections can be waited for: ") + std::strerror(errno));
  };
  watch(mailbox_->bell.fd(), EPOLLIN, mailbox_.get());
  for (const tls::Socket& socket : house.listeners) {
    listeners_.push_back(std::make_unique<Listener>(socket.fd()));
    // One thread is woken for one visitor.
    watch(socket.fd(), EPOLLIN | EPOLLEXCLUSIVE, listeners_.back().get());
  }
}

Loop::~Loop() = default;

void Loop::wake() { mailbox_->ring(); }
void Loop::review() {
  review_due_ = true;
  wake();
}

void Loop::run() {
  while (!doors_closed_ || !guests_.empty()) wait();
}

// Those who have not said anything were never among the visitors.
void Loop::close_doors() {
  if (std::exchange(doors_closed_, true)) return;
  for (const auto& listener : listeners_)
    static_cast<void>(::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, listener->fd, nullptr));
  listeners_.clear();
  std::vector<Visit*> silent;
  for (const auto& [visit, guest] : guests_)
    if (visit->silent()) silent.push_back(visit);
  for (Visit* const visit : silent) remove(*visit);
}

void Loop::say_goodbye() {
  if (std::exchange(said_goodbye_, true)) return;
  std::vector<Visit*> all;
  for (const auto& [visit, guest] : guests_) all.push_back(visit);
  for (Visit* const visit : all) serve(*visit, [&](Visit& v) { v.leave(shop_, now()); });
}

void Loop::review_guests() {
  const tls::ServerConfig present = house_.config->current();
  std::vector<Visit*> all;
  for (const auto& [visit, guest] : guests_) all.push_back(visit);
  for (Visit* const visit : all) serve(*visit, [&](Visit& v) { v.review(present, shop_, now()); });
}

void Loop::wait() {
  std::array<epoll_event, kEvents> events;
  const int ready = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), patience());
  bool rung = false;
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto* const watched = static_cast<Watched*>(event.data.ptr);
    switch (watched->kind) {
      case Watched::Kind::listener:
        accept(static_cast<Listener&>(*watched));
        break;
      case Watched::Kind::visit:
        serve(static_cast<Visit&>(*watched), [&](Visit& visit) { visit.serve(event.events, shop_, now()); });
        break;
      case Watched::Kind::mailbox:
        rung = true;
        break;
    }
  }
  if (rung) take_answers();
  if (review_due_.exchange(false)) review_guests();
  if (house_.ledger.full()) close_doors();
  if (house_.ledger.ended()) say_goodbye();
  if (now() >= sweep_due()) sweep(now());
  wake_listeners(now());
}

// ---- visitors come ------------------------------------------------------------------------------------------------

// One at a time: epoll reports a listener again as long as somebody waits there, to this thread or to one with less to
// do.
void Loop::accept(Listener& listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const int fd = ::accept4(listener.fd, reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    welcome(fd, {reinterpret_cast<const char*>(&address), length});
  } else if (const int why = errno; !passes(why)) {
    rest(listener);
    ignoring([&] { house_.ledger.say_no_entry(why); });
  }
}

void Loop::welcome(int fd, std::string_view address) try {
  tls::Socket socket(fd);
  Visit::Host& host = *this;
  auto visit = std::make_unique<Visit>(house_.config, std::move(socket), tls::display_address(std::string(address)),
                                       house_.greet(), host, house_.limits, now());
  Visit& guest = *visit;
  const std::uint32_t interest = guest.interest();
  epoll_event event{.events = interest, .data = {.ptr = static_cast<Watched*>(&guest)}};
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, guest.fd(), &event) != 0) return;
  first_deadline_ = std::min(first_deadline_, guest.deadline());
  guests_.emplace(&guest, Guest{std::move(visit), interest});
} catch (const std::exception& e) {
  ignoring([&] { house_.ledger.say(e.what()); });
}

void Loop::rest(Listener& listener) {
  static_cast<void>(::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, listener.fd, nullptr));
  listener.resting = true;
  listener.rests_until = now() + kAcceptRest;
}

void Loop::wake_listeners(Time at) {
  for (const auto& listener : listeners_) {
    if (!listener->resting || listener->rests_until > at) continue;
    epoll_event event{.events = EPOLLIN | EPOLLEXCLUSIVE, .data = {.ptr = static_cast<Watched*>(listener.get())}};
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, listener->fd, &event) == 0)
      listener->resting = false;
    else
      listener->rests_until = at + kAcceptRest;
  }
}

// ---- visitors are served ------------------------------------------------------------------------------------------

/// Calls `what`, and does what follows from it. What one visitor makes fail is no matter of the others.
template <class Serve>
void Loop::serve(Visit& visit, Serve&& what) {
  try {
    what(visit);
  } catch (const std::exception& e) {
    ignoring([&] { house_.ledger.say(visit.peer() + ": " + e.what()); });
    return remove(visit);
  }
  if (visit.over()) return remove(visit);
  Guest& guest = guests_.at(&visit);
  first_deadline_ = std::min(first_deadline_, visit.deadline());
  const std::uint32_t interest = visit.interest();
  if (interest == guest.interest) return;
  epoll_event event{.events = interest, .data = {.ptr = static_cast<Watched*>(&visit)}};
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, visit.fd(), &event) != 0) return remove(visit);
  guest.interest = interest;
}

void Loop::remove(Visit& visit) {
  std::erase_if(asking_, [&](const auto& question) { return question.second == &visit; });
  guests_.erase(&visit);  // closing the socket takes it out of the epoll
  for (const auto& listener : listeners_)
    if (listener->resting) listener->rests_until = {};  // there is a descriptor again
}

bool Loop::admit() {
  const bool in = house_.ledger.admit();
  if (house_.ledger.full()) full_();
  return in;
}

void Loop::ended(const Visit& visit, const tls::Result<void>& result) { house_.ledger.enter(visit, result); }

// ---- answers of other threads -------------------------------------------------------------------------------------

void Loop::ask(Visit& visit, tls::OperationId id, std::shared_ptr<const tls::Operation> operation) {
  const std::uint64_t question = ++questions_;
  asking_.emplace(question, &visit);
  const auto post = [mailbox = mailbox_, question, id, operation](tls::OperationResult result) {
    mailbox->post({question, id, std::move(result)});
  };
  if (!house_.answer || !house_.answer(*operation, post)) post(no_answer(*operation));
}

void Loop::take_answers() {
  for (Mailbox::Letter& letter : mailbox_->take()) {
    const auto asked = asking_.find(letter.question);
    if (asked == asking_.end()) continue;  // it has gone
    Visit& visit = *asked->second;
    asking_.erase(asked);
    serve(visit, [&](Visit& v) { v.complete(letter.id, std::move(letter.result), shop_, now()); });
  }
}

// ---- time ---------------------------------------------------------------------------------------------------------

Loop::Time Loop::sweep_due() const {
  return guests_.empty() ? Time::max() : std::max(first_deadline_, last_sweep_ + kSweepRest);
}

// Deadlines move away whenever something moves: looking at all of them now and then costs less than keeping order.
void Loop::sweep(Time at) {
  last_sweep_ = at;
  first_deadline_ = Time::max();
  std::vector<Visit*> late;
  for (const auto& [visit, guest] : guests_) {
    if (visit->deadline() <= at)
      late.push_back(visit);
    else
      first_deadline_ = std::min(first_deadline_, visit->deadline());
  }
  for (Visit* const visit : late) serve(*visit, [&](Visit& v) { v.expire(shop_, at); });
}

int Loop::patience() const {
  Time first = sweep_due();
  for (const auto& listener : listeners_)
    if (listener->resting) first = std::min(first, listener->rests_until);
  if (first == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

}  // namespace sallyport::cli
