// Many TLS connections on one thread, with callbacks, over epoll(7). The cost of an event does not grow with the number
// of connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tls/adapters/socket.h"
#include "tls/config_source.h"
#include "tls/connection.h"
#include "tls/environment.h"

namespace tls {

class Link;
class PollLoop;

/// The application's callbacks for one connection. They run on the loop's thread, inside run_once(). The one exception
/// is on_end() when the loop is destroyed. No call that the application makes itself leads back into a callback. The
/// link is valid from the first callback until on_end() returns. The link owns the handler, which lives as long.
///
/// The following holds for all callbacks: these functions, PollLoop::Accept, and the tasks of post(). A callback may
/// use this link and any other valid link, and may listen, connect, post, stop, move the loop, and end the loop by
/// destroying it or by assigning another loop to it. Changes take effect after the callback: another link is served in
/// a later run_once(), and no handler is called before the callback has returned. Ending the loop calls on_end() for
/// all links at once. A handler or function that is running at that time stays in memory until it returns, and finds
/// its link closed. Running the loop from a callback fails with misuse. If a callback throws, the exception leaves
/// run_once(). The link of that callback ends with misuse, and everything else continues in the next run_once(). If the
/// loop itself runs out of memory, nothing is thrown: the link that needed the memory ends with out_of_memory.
// test: every allocation of a loop fails once
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  /// The handshake is done. The peer is authenticated as the configuration requires, and data may be sent.
  virtual void on_ready(Link&) {}
  /// Delivers data, decrypted in place. `data` is valid during the call.
  virtual void on_data(Link& link, MutableBytes data) = 0;
  /// Delivers early data, which may be a replay. The default rejects such data by aborting the connection.
  virtual void on_early_data(Link& link, MutableBytes data);
  /// The server rejected the early data of Link::send_early(). `data` is all of it. The link does not send it again,
  /// but the callback may send() it. The default aborts the connection.
  virtual void on_early_data_rejected(Link& link, Bytes data);
  /// The handshake waits for an answer. Give it with Link::complete(), now or later. `operation` is valid during the
  /// call, and until the link is answered, closed or aborted. The default aborts the connection.
  virtual void on_operation(Link& link, OperationId id, const Operation& operation);
  /// The number of queued bytes was above LinkOptions::pause_above and has fallen to LinkOptions::resume_below or less.
  virtual void on_drained(Link&) {}
  /// The peer closed its side. The default closes our side as well.
  virtual void on_peer_closed(Link& link);
  /// The connection has ended. The error is null if both sides closed in order. Called once for every link, as its last
  /// callback.
  // test: adapters: every change from every callback
  virtual void on_end(Link&, const Error*) {}
};

/// Limits of one connection.
struct LinkOptions {
  /// While more bytes than this wait to be sent to a peer, the loop does not read from that peer. So a peer that does
  /// not read cannot make us queue without end.
  // test: adapters: a peer that does not read cannot make us queue without end
  std::size_t pause_above = 256 << 10;
  std::size_t resume_below = 64 << 10;
  /// Ends a connection in three cases: the handshake, including the TCP connection, takes longer than this; the last
  /// bytes after abort() or a failure are not written within this time; no byte moves for this time after our close().
  /// 0: no limit.
  std::chrono::milliseconds handshake_timeout{10000};
  /// Ends a connection on which no byte moves for this time. 0: no limit.
  std::chrono::milliseconds idle_timeout{0};
};

/// One connection of a loop. The loop owns it. Use it on the loop's thread.
class Link {
 public:
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Encrypts and queues `data`. The loop writes it. Fails as Connection::send() does.
  Result<void> send(Bytes data);
  /// Early data of a client. early_data_left() returns the number of bytes that send_early() accepts now, and
  /// send_early() queues them. See ClientConnection for both. For a server, the first returns 0 and the second fails
  /// with misuse.
  [[nodiscard]] std::size_t early_data_left() const noexcept;
  Result<std::size_t> send_early(Bytes data);
  /// Returns the number of bytes that wait to be written to the transport. Send more when this number is small; see
  /// on_drained().
  [[nodiscard]] std::size_t queued() const noexcept;
  /// Sends close_notify after the queued data. Reading continues until the peer closes. Before the handshake is done,
  /// close() ends the link with Code::closed.
  void close();
  /// Ends the connection with an alert. on_end() follows when the queued bytes are written, or after
  /// LinkOptions::handshake_timeout.
  void abort(Alert alert);
  /// Answers on_operation(), on the loop's thread. Fails as Connection::complete() does.
  Result<void> complete(OperationId id, OperationResult result);
  /// Returns a function that answers on_operation() from any thread, at any later time. If the link or the loop has
  /// ended by then, calling it does nothing. answer_later() allocates all the memory and may throw std::bad_alloc. The
  /// function that it returns does not throw.
  // test: adapters: an answer that comes after the link's end, or the loop's, does nothing
  // test: faults: an answer from elsewhere takes no memory when it is given
  [[nodiscard]] std::function<void(OperationResult)> answer_later(OperationId id) const;
  /// See Connection::update_keys().
  Result<void> update_keys(bool request_peer);
  /// Returns the address of the peer, such as "127.0.0.1:4433", "[::1]:4433" or "[fe80::1%eth0]:4433", also after the
  /// peer has disconnected. For a client that is still connecting, it is the address that is being tried.
  [[nodiscard]] std::string peer_address() const;
  /// Returns the connection, for info() and exporters. With a source of configurations, negotiation begins when the
  /// source has returned the configuration.
  [[nodiscard]] const Connection& connection() const noexcept;

 private:
  friend class PollLoop;
  friend class LinkQueue;
  struct State;
  explicit Link(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The event loop. Destroying it ends all links: it calls on_end() with Code::aborted, drops exceptions of on_end(),
/// and closes the sockets. After that, listen() and connect() fail with misuse. One thread at a time. Other threads may
/// call post() and stop() alone, while the loop exists.
class PollLoop {
 public:
  /// Makes the handler of an accepted connection. A null handler rejects the connection. Takes a function without
  /// parameters or with a tls::Socket& parameter. The socket knows the peer's address and accepts options. It is valid
  /// during the call.
  class Accept {
   public:
    using Handler = std::unique_ptr<LinkHandler>;
    template <class F>
      requires std::is_invocable_r_v<Handler, F&, Socket&>
    Accept(F make) : make_(std::move(make)) {}
    template <class F>
      requires std::is_invocable_r_v<Handler, F&>
    Accept(F make) : make_([make = std::move(make)](Socket&) mutable -> Handler { return make(); }) {}
    Handler operator()(Socket& socket) const { return make_(socket); }

   private:
    std::function<Handler(Socket&)> make_;
  };

  /// Creates a loop. The times of LinkOptions are measured with the monotonic time of `clock`, which must outlive the
  /// loop. A clock other than the system's is read in every run_once(), but run_once() itself waits in the system's
  /// time. Fails with transport_failed if the system provides no pipe or no epoll instance.
  [[nodiscard]] static Result<PollLoop> create(const Clock& clock = system_clock());
  PollLoop(PollLoop&&) noexcept;
  PollLoop& operator=(PollLoop&&) noexcept;
  ~PollLoop();

  /// Accepts TLS connections on an address. Port 0 means any free port. Returns the port. Fails with transport_failed,
  /// out_of_memory, and with misuse if the loop has ended.
  Result<std::uint16_t> listen(std::string_view address, std::uint16_t port, ServerConfig config, Accept accept,
                               LinkOptions options = {});
  /// Like listen() with a ServerConfig, but `source` chooses the configuration for each client's ClientHello. Examples
  /// are LiveServerConfig and config_source(a function). The source is asked once for each link, on the loop's thread,
  /// and under the rules for providers (see Connection). It may answer later, through on_operation(). If it returns an
  /// Error, the link ends and the client receives the alert of that Error. Waiting for the ClientHello and for the
  /// answer is part of the handshake and of handshake_timeout.
  // test: adapters: a source gives each link its configuration
  Result<std::uint16_t> listen(std::string_view address, std::uint16_t port,
                               std::shared_ptr<const ServerConfigSource> source, Accept accept,
                               LinkOptions options = {});
  /// Opens a connection. The certificate must be valid for `host`, without the zone of a scoped IPv6 address. Sessions
  /// are stored by that name and the port. connect() resolves the name, which blocks. It does not block to connect: if
  /// connecting fails, the handler's on_end() reports it.
  Result<Link*> connect(const ClientConfig& config, std::string_view host, std::string_view port,
                        std::unique_ptr<LinkHandler> handler, LinkOptions options = {});

  /// Waits for at most `timeout`, or without limit if it is negative, and handles the events that are ready. Fails with
  /// transport_failed, and with misuse inside a callback.
  Result<void> run_once(std::chrono::milliseconds timeout);
  /// Calls run_once() until stop() is called, or until there is neither a listener nor a link.
  Result<void> run();
  /// Makes run() return. Thread-safe.
  void stop();
  /// Calls `task` on the loop's thread, inside run_once(). Thread-safe. If the loop ends before a task runs, the task
  /// is dropped. Throws std::bad_alloc if there is no memory to keep the task, which is then not called.
  void post(std::move_only_function<void()> task);
  [[nodiscard]] std::size_t links() const noexcept;

 private:
  struct State;
  explicit PollLoop(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tls
