// One visitor of `sallyport server`: a connection over a socket that does not block, what waits between them, and the
// service on top. Nothing in here waits and no clock is read but to measure the handshake: who calls says what is ready
// and what time it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/channel.h"
#include "cli/serve/limits.h"
#include "cli/serve/service.h"
#include "tls/adapters/socket.h"
#include "tls/connection.h"

namespace sallyport::cli {

/// What is watched by a loop's epoll.
struct Watched {
  enum class Kind : std::uint8_t { listener, visit, mailbox };
  explicit Watched(Kind k) noexcept : kind(k) {}
  const Kind kind;
};

/// What the handshake took so far: all of it once it is done.
struct Effort {
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< tickets of TLS 1.3 and requests not included
  double ms = 0;
};

/// Memory that all visits of a thread share, one after the other.
struct Workshop {
  std::vector<std::uint8_t> in = std::vector<std::uint8_t>(64 << 10);  // grows for a record that was kept
  std::vector<std::uint8_t> piece = std::vector<std::uint8_t>(kPiece);
};

class Visit final : public Watched {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Whom a visit tells what it cannot do itself.
  class Host {
   public:
    virtual ~Host() = default;
    /// The visitor has said something, for the first time. False: it is served no more.
    virtual bool admit() = 0;
    /// The handshake waits for an answer: complete(), later or at once, but not from in here.
    virtual void ask(Visit& visit, tls::OperationId id, std::shared_ptr<const tls::Operation> operation) = 0;
    /// It is over but for the transport. Called once, unless the visit is destroyed before.
    virtual void ended(const Visit& visit, const tls::Result<void>& result) = 0;
  };

  Visit(std::shared_ptr<const tls::ServerConfigSource> config, tls::Socket socket, std::string peer,
        std::unique_ptr<Service> service, Host& host, const Limits& limits, Time now);

  // ---- for the loop ----
  /// Does what epoll said is possible: EPOLLIN, EPOLLOUT...
  void serve(std::uint32_t ready, Workshop& shop, Time now);
  /// Answers Host::ask(). An answer that is not waited for any more is forgotten.
  void complete(tls::OperationId id, tls::OperationResult result, Workshop& shop, Time now);
  /// When time alone ends it, or its present part.
  [[nodiscard]] Time deadline() const noexcept;
  /// Its deadline is over.
  void expire(Workshop& shop, Time now);
  /// Sends the visitor away, once its handshake is done, if `config` would not let it in.
  void review(const tls::ServerConfig& config, Workshop& shop, Time now);
  /// The server ends: who is not in the middle of something is told at once, the others have Limits::linger.
  void leave(Workshop& shop, Time now);
  /// What epoll is to wait for.
  [[nodiscard]] std::uint32_t interest() const noexcept;
  [[nodiscard]] bool over() const noexcept { return phase_ == Phase::over; }
  /// It has not said anything yet.
  [[nodiscard]] bool silent() const noexcept { return phase_ == Phase::silent; }
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }

  // ---- for the service ----
  tls::Result<void> write(tls::Bytes data) { return connection_.send(data, out_); }
  /// Sends close_notify behind what was written; nothing more comes.
  tls::Result<void> close();
  /// Bytes that wait to be sent.
  [[nodiscard]] std::size_t queued() const noexcept { return out_.size(); }
  [[nodiscard]] bool handshake_done() const noexcept { return done_; }

  // ---- for both ----
  [[nodiscard]] const tls::ConnectionInfo& info() const noexcept { return connection_.info(); }
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
  [[nodiscard]] Effort effort() const noexcept;
  /// "127.0.0.1:50000"
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }
  /// The one whose connection is in a call of this thread, for callbacks of the configuration; null: none.
  [[nodiscard]] static const Visit* current() noexcept;

 private:
  enum class Phase : std::uint8_t {
    silent,     // nothing has come
    open,       // the handshake, and what follows it
    ending,     // only what is queued is still written
    lingering,  // our side is closed: the peer's is waited for, so that what was written arrives
    over,
  };
  enum class Way : std::uint8_t { none, in, out };

  void receive(Workshop& shop, Time now);
  void take(tls::MutableBytes in, Time now);
  bool dispatch(tls::Event& event, Time now);
  void handshake_ended(Time now);
  void judge(const tls::ServerConfig& config, Time now);
  void work(Workshop& shop, Time now);
  bool flush(Time now);
  void hang_up(Time now);
  void drain(Workshop& shop);
  void end(tls::Result<void> result, Time now);
  /// The transport is gone, or given up.
  void vanish(tls::Result<void> result, Time now);
  void check(const tls::Result<void>& done, Time now);
  void count(Way way);
  [[nodiscard]] Time own_deadline() const noexcept;
  [[nodiscard]] bool may_take() const noexcept;
  [[nodiscard]] bool may_produce() const noexcept;
  [[nodiscard]] bool may_read() const noexcept;

  tls::ServerConnection connection_;
  tls::Socket socket_;
  std::string peer_;
  std::unique_ptr<Service> service_;
  Host& host_;
  const Limits limits_;
  tls::Output out_;
  std::vector<std::uint8_t> rest_;  // what came and could not be handled; none while idle
  std::optional<tls::Result<void>> result_;
  std::optional<tls::OperationId> asked_;
  Traffic traffic_;
  Effort effort_;            // set once the handshake is done
  std::uint64_t used_ = 0;   // bytes of what came that the connection has used up
  std::size_t in_hand_ = 0;  // those that it is looking at
  std::size_t drained_ = 0;
  Time began_, moved_, ended_{}, leaves_ = Time::max();
  std::optional<tls::ServerConfig> judge_by_;  // when the handshake is done; none: by the one that it had
  Way last_ = Way::none;
  Phase phase_ = Phase::silent;
  bool done_ = false;     // the handshake
  bool stirred_ = false;  // rest_ may hold what can be handled now
  bool told_ = false;     // the host, of the end
};

}  // namespace sallyport::cli
