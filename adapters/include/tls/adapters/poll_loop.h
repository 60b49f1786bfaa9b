// Many TLS connections on one thread, over epoll(7), with callbacks. What an event costs does not grow with the number
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

/// What an application does with one connection. Called on the loop's thread, and, but for the on_end() that the end of
/// the loop causes, from run_once() alone: no call of the application's own leads back into it. The link is valid from
/// the first call until on_end() returns; so is the handler, which the link owns.
///
/// What a callback (these, PollLoop::Accept, and tasks of post()) may do: use this link and any
/// other that is valid, listen, connect, post, stop, move the loop, and end it by destroying it or assigning another to
/// it. What it changes takes effect behind it: another link is served in a later run_once(), and no handler is called
/// before the callback has returned. Ending the loop calls on_end() for all links at once; what runs then stays in
/// memory until it returns, and finds its link closed. Running the loop fails with misuse. An exception of a callback
/// leaves run_once(); its link ends with misuse, and everything else goes on in the next run_once(). Where memory runs
/// out in the loop itself, nothing is thrown: the link that it was for ends with out_of_memory.
// test: every allocation of a loop fails once
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  /// The handshake is done: the peer is authenticated as configured, data may be sent.
  virtual void on_ready(Link&) {}
  /// Data, decrypted in place; valid during the call.
  virtual void on_data(Link& link, MutableBytes data) = 0;
  /// Data that may be a replay. Not overriding it refuses such data: the connection is aborted.
  virtual void on_early_data(Link& link, MutableBytes data);
  /// The server refused the early data of Link::send_early(): here it is, in full. It is not sent again by itself;
  /// send() is allowed. Not overriding it aborts.
  virtual void on_early_data_rejected(Link& link, Bytes data);
  /// The handshake waits for an answer: Link::complete(), now or later. `operation` is valid during the call, until the
  /// link is answered, closed or aborted. Not overriding it aborts.
  virtual void on_operation(Link& link, OperationId id, const Operation& operation);
  /// What was queued went below LinkOptions::resume_below, after it had been above pause_above.
  virtual void on_drained(Link&) {}
  /// The peer closed its side. By default we close ours.
  virtual void on_peer_closed(Link& link);
  /// The connection is over; null: both sides closed in order. Called once, last, for every link.
  // test: adapters: every change from every callback
  virtual void on_end(Link&, const Error*) {}
};

/// Limits of one connection.
struct LinkOptions {
  /// While more bytes than this wait to be sent to a peer we do not read from it: one that does not read cannot make us
  /// queue without end.
  // test: adapters: a peer that does not read cannot make us queue without end
  std::size_t pause_above = 256 << 10;
  std::size_t resume_below = 64 << 10;
  /// Ends a connection whose handshake takes longer, connecting included; whose abort() is not written for so long; on
  /// which no byte moved for so long after our close(). 0: no limit.
  std::chrono::milliseconds handshake_timeout{10000};
  /// Ends a connection on which no byte moved for so long; 0: no limit.
  std::chrono::milliseconds idle_timeout{0};
};

/// One connection of a loop. Owned by the loop; used on its thread.
class Link {
 public:
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Encrypts and queues `data`; the loop writes it. See Connection::send for errors.
  Result<void> send(Bytes data);
  /// A client's early data: how many bytes of it send_early() takes now, and queueing them. See ClientConnection for
  /// both. Of a server: 0, and misuse.
  [[nodiscard]] std::size_t early_data_left() const noexcept;
  Result<std::size_t> send_early(Bytes data);
  /// Bytes that wait to be written to the transport. Send more when this is small: see on_drained().
  [[nodiscard]] std::size_t queued() const noexcept;
  /// Sends close_notify behind what is queued; reading goes on until the peer closes. Before the handshake is done it
  /// ends the link, with Code::closed.
  void close();
  /// Gives up with an alert; on_end() follows, once what is queued is written, or at LinkOptions::handshake_timeout.
  void abort(Alert alert);
  /// Answers on_operation(), on the loop's thread. See Connection::complete for errors.
  Result<void> complete(OperationId id, OperationResult result);
  /// Answers on_operation() from any thread: what is returned may be called there, as long after as one likes. When the
  /// link or the loop has ended meanwhile, that does nothing. Takes all its memory here, where it may throw
  /// std::bad_alloc: what is returned does not throw.
  // test: adapters: an answer that comes after the link's end, or the loop's, does nothing
  // test: faults: an answer from elsewhere takes no memory when it is given
  [[nodiscard]] std::function<void(OperationResult)> answer_later(OperationId id) const;
  /// See Connection::update_keys.
  Result<void> update_keys(bool request_peer);
  /// "127.0.0.1:4433", "[::1]:4433", "[fe80::1%eth0]:4433": of the other end, also when it has gone; for a client that
  /// is connecting, the address that is tried.
  [[nodiscard]] std::string peer_address() const;
  /// For info() and exporters. Negotiation begins when the source of listen() has given the configuration.
  [[nodiscard]] const Connection& connection() const noexcept;

 private:
  friend class PollLoop;
  friend class LinkQueue;
  struct State;
  explicit Link(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The loop. Destroying it ends all links: on_end() with Code::aborted, sockets closed, what on_end() throws dropped;
/// listen() and connect() then fail with misuse. One thread; only post() and stop() may be called from others, while
/// the loop exists.
class PollLoop {
 public:
  /// Makes the handler of a connection that was accepted; null refuses it. A function without parameters, or of the
  /// socket, which knows the peer's address and takes options: tls::Socket&, valid during the call.
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

  /// The limits of LinkOptions are of the monotonic time of `clock`, which must outlive the loop; one that is not the
  /// system's is asked in every run_once(), which itself waits in the system's time. Fails with transport_failed when
  /// the system gives no pipe or no epoll.
  [[nodiscard]] static Result<PollLoop> create(const Clock& clock = system_clock());
  PollLoop(PollLoop&&) noexcept;
  PollLoop& operator=(PollLoop&&) noexcept;
  ~PollLoop();

  /// Accepts TLS connections on an address; port 0: any. Returns the port. Fails with transport_failed, out_of_memory,
  /// and misuse when the loop has ended.
  Result<std::uint16_t> listen(std::string_view address, std::uint16_t port, ServerConfig config, Accept accept,
                               LinkOptions options = {});
  /// The same with the configuration that `source` gives for each client's ClientHello, such as a LiveServerConfig or
  /// config_source(a function). It is asked once for a link, on the loop's thread and as a provider: see Connection. It
  /// may answer later: on_operation(). An Error of it ends the link, and the client is sent its alert. Waiting for the
  /// ClientHello and for the answer is part of the handshake and of handshake_timeout.
  // test: adapters: a source gives each link its configuration
  Result<std::uint16_t> listen(std::string_view address, std::uint16_t port,
                               std::shared_ptr<const ServerConfigSource> source, Accept accept,
                               LinkOptions options = {});
  /// Opens a connection; `host` is also the name that the certificate must be for, without the zone of a scoped IPv6
  /// address; sessions are kept apart by it and the port. The name is resolved here and now, which blocks; connecting
  /// does not: a failure of it is the handler's on_end().
  Result<Link*> connect(const ClientConfig& config, std::string_view host, std::string_view port,
                        std::unique_ptr<LinkHandler> handler, LinkOptions options = {});

  /// Waits up to `timeout` (negative: for ever) and handles what is ready then. Fails with transport_failed, and with
  /// misuse inside a callback.
  Result<void> run_once(std::chrono::milliseconds timeout);
  /// run_once() until stop(), or until there is no listener and no link left.
  Result<void> run();
  /// Thread-safe: makes run() return.
  void stop();
  /// Thread-safe: calls `task` on the loop's thread, in run_once(). Tasks that the end of the loop overtakes are
  /// dropped. Throws std::bad_alloc where there is no memory to keep it: it is not called then.
  void post(std::move_only_function<void()> task);
  [[nodiscard]] std::size_t links() const noexcept;

 private:
  struct State;
  explicit PollLoop(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tls
