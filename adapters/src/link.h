// The inside of a link: one non-blocking socket, one connection, what waits between them.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "epoll.h"
#include "mailbox.h"
#include "tls/adapters/poll_loop.h"

namespace tls {

/// Links in a row, each at most in one. Takes no memory, so that nothing that queues a link can fail.
class LinkQueue {
 public:
  using State = Link::State;
  void push(State& state) noexcept;
  /// Null: it is empty.
  State* pop() noexcept;
  void remove(State& state) noexcept;
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  State *first_ = nullptr, *last_ = nullptr;
  std::size_t size_ = 0;
};

struct Link::State : Watched {
  using Time = Clock::Milliseconds;  // of the loop's clock

  /// A connection of either side.
  using Side = std::variant<ClientConnection, ServerConnection>;

  State(Side c, Output o, Socket s, std::unique_ptr<LinkHandler> h, LinkOptions options_of_link,
        const Clock& clock_of_loop)
      : Watched(Kind::link),
        side(std::move(c)),
        connection(std::visit([](Connection& either) -> Connection& { return either; }, side)),
        out(std::move(o)),
        socket(std::move(s)),
        handler(std::move(h)),
        options(options_of_link),
        clock(clock_of_loop) {}

  Side side;
  Connection& connection;  // `side`
  Output out;
  Socket socket;
  std::unique_ptr<LinkHandler> handler;
  LinkOptions options;
  const Clock& clock;
  Link* link = nullptr;                // that owns this
  std::shared_ptr<Mailbox> mailbox;    // the loop's
  std::shared_ptr<Link*> self;         // who holds it weakly learns on the loop's thread whether the link is there
  std::vector<std::uint8_t> rest;      // an incomplete record; none while idle
  std::vector<std::string> addresses;  // that a client may still try
  std::string address;                 // of the other end, or that it is connecting to
  Time began = clock.monotonic(), moved = began, ends{};
  std::optional<Error> error;        // why it ends
  std::optional<OperationId> asked;  // on_operation() was called for it
  bool connecting = false, paused = false;
  bool stirred = false;  // step() may have events without new input
  bool done = false;     // the handshake
  bool peer_closed = false, closed = false;
  bool ending = false;  // only what is queued is still written
  bool over = false;    // on_end() is due, then the link goes

  // The loop's.
  Epoll* epoll = nullptr;
  LinkQueue* queue = nullptr;  // of links that were changed outside of their own callbacks; null: nobody serves it more
  State* next = nullptr;       // in the queue that it is in
  bool queued = false, serving = false;
  bool calling = false;        // a callback of the application; stays so when that throws
  bool watched = false;        // by `epoll`, for `interest`
  std::uint32_t interest = 0;  // EPOLLIN, EPOLLOUT
  std::size_t index = 0;       // among the loop's links
  Time alarm_at{};             // under which the loop's timers know it; not behind deadline()

  /// Does what epoll said is possible. `scratch` is the loop's one read buffer.
  void serve(std::uint32_t ready, MutableBytes scratch);
  /// The loop should serve it: something was queued or changed.
  void touch() noexcept;
  /// Tells epoll what to wait for; a failure ends the link.
  void watch() noexcept;
  void unwatch() noexcept;
  /// The next moment at which time alone ends the link; the clock's last one: none.
  [[nodiscard]] Time deadline() const noexcept;
  /// Its deadline is over.
  void time_out() noexcept;
  /// Connects to the next of `addresses`; when there is none left the link ends because of `why`.
  void try_next_address(Error why) noexcept;
  /// The link ends because of `why`, unless a reason is known already.
  void fail_with(Error why) noexcept;
  /// The loop has ended, perhaps inside one of this link's callbacks: nothing more happens here.
  void vanish() noexcept;

  /// Calls the application.
  template <class Callback>
  decltype(auto) call(Callback&& callback) {
    struct Calling {
      explicit Calling(bool& f) : flag(f) { flag = true; }
      ~Calling() { flag = std::uncaught_exceptions() > before; }
      bool& flag;
      int before = std::uncaught_exceptions();
    };
    const Calling now(calling);
    return callback();
  }

 private:
  [[nodiscard]] std::uint32_t wanted() const noexcept;
  [[nodiscard]] bool may_read() const noexcept;
  void connected();
  void readable(MutableBytes scratch);
  void resume(MutableBytes scratch);
  void handle(MutableBytes in);
  bool dispatch(Event& event);
  void write_some();
  void drain();
  void settle();
};

}  // namespace tls
