// The inside of a link: one non-blocking socket, one connection, what waits between them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailbox.h"
#include "tls/adapters/poll_loop.h"

namespace tls {

struct Link::State {
  using Time = std::chrono::steady_clock;

  State(Connection c, Output o, Socket s, std::unique_ptr<LinkHandler> h, LinkOptions options_of_link)
      : connection(std::move(c)),
        out(std::move(o)),
        socket(std::move(s)),
        handler(std::move(h)),
        options(options_of_link) {}

  Connection connection;
  Output out;
  Socket socket;
  std::unique_ptr<LinkHandler> handler;
  LinkOptions options;
  std::shared_ptr<Mailbox> mailbox;    // the loop's
  std::shared_ptr<Link*> self;         // who holds it weakly learns on the loop's thread whether the link is there
  std::vector<std::uint8_t> rest;      // an incomplete record; none while idle
  std::vector<std::string> addresses;  // that a client may still try
  std::string address;                 // that it is connecting to
  Time::time_point began = Time::now(), moved = began;
  std::optional<Error> error;        // why it ends
  std::optional<OperationId> asked;  // on_operation() was called for it
  bool connecting = false, paused = false;
  bool stirred = false;  // step() may have events without new input
  bool peer_closed = false, closed = false;
  bool ending = false;  // only what is queued is still written
  bool over = false;    // on_end() is due, then the link goes

  /// What poll() should wait for.
  [[nodiscard]] short wanted() const noexcept;
  /// Does what poll() said is possible. `scratch` is the loop's one read buffer.
  void serve(Link& link, short ready, MutableBytes scratch);
  /// The next moment at which time alone ends the link.
  [[nodiscard]] std::optional<Time::time_point> deadline() const;
  /// Connects to the next of `addresses`; when there is none left the link ends because of `why`.
  void try_next_address(Error why);
  /// The loop has ended, perhaps inside one of this link's callbacks: nothing more happens here.
  void vanish() noexcept;

 private:
  [[nodiscard]] bool may_read() const noexcept;
  void connected();
  void readable(Link& link, MutableBytes scratch);
  void resume(Link& link, MutableBytes scratch);
  void handle(Link& link, MutableBytes in);
  bool dispatch(Link& link, Event& event);
  void fail_with(Error why);
  void write_some();
  void drain();
  void settle(Link& link);
  void check_time();
};

}  // namespace tls
