// A Visit of `sallyport server` and the client at its other end, without a server around them: whoever tests says what
// is ready and what time it is.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/serve/visit.h"
#include "tls/config.h"
#include "tls/connection.h"
#include "tls/credentials.h"
#include "tls/live_config.h"
#include "tls/session_stores.h"
#include "tls/verifier.h"
#include "tools/place.h"

namespace tls::test {

using namespace std::chrono_literals;

/// Configurations under a Place's root.
struct Sides : Place {
  [[nodiscard]] ServerConfig::Builder server() const {
    auto loaded = load_credential(slurp(folder.path("ecdsa-p256-chain.pem")), slurp(folder.path("ecdsa-p256-key.pem")));
    REQUIRE(loaded);
    ServerConfig::Builder out = ServerConfig::builder();
    out.credentials(credential_list({*std::move(loaded)}));
    return out;
  }
  [[nodiscard]] ClientConfig::Builder client() const {
    auto roots = trust_pem(slurp(root()));
    REQUIRE(roots);
    ClientConfig::Builder out = ClientConfig::builder();
    out.trust(*std::move(roots));
    return out;
  }
  template <class Builder>
  [[nodiscard]] static auto built(Builder&& builder) {
    auto config = std::forward<Builder>(builder).build();
    REQUIRE(config);
    return *std::move(config);
  }
};

/// One visit and its visitor, on a pair of sockets.
class Guest final : sallyport::cli::Visit::Host {
 public:
  using Visit = sallyport::cli::Visit;
  using Service = sallyport::cli::Service;

  Guest(const ServerConfig& server, const ClientConfig& client, std::unique_ptr<Service> service, Bytes early = {},
        bool admitted = true, const sallyport::cli::Limits& limits = {})
      : Guest(pair(), server, client, std::move(service), early, admitted, limits) {}

  /// Lets both sides do what they can, until nothing moves.
  void run() {
    for (bool moved = true; moved;) {
      const auto before = std::pair(sent_, received_);
      step_client();
      step_visit();
      moved = before != std::pair(sent_, received_);
    }
  }
  void step_client() {
    if (!socket_) return;
    read_client();
    write_client();
  }
  void write_client() {
    const ssize_t n = out.empty() ? 0 : ::send(socket_.fd(), out.bytes().data(), out.size(), MSG_NOSIGNAL);
    if (n > 0) {
      sent_ += static_cast<std::uint64_t>(n);
      out.consume(static_cast<std::size_t>(n));
    }
  }
  void read_client() {
    std::vector<std::uint8_t> piece(1 << 20);
    const ssize_t got = ::recv(socket_.fd(), piece.data(), piece.size(), 0);
    if (got > 0) {
      received_ += static_cast<std::uint64_t>(got);
      in_.insert(in_.end(), piece.begin(), piece.begin() + got);
    }
    for (bool more = true; more && !failed;) {
      Step step = connection.step(in_, out);
      if (const auto* data = std::get_if<AppData>(&step.event)) text += as_text(data->bytes);
      done = done || std::holds_alternative<HandshakeDone>(step.event);
      closed = closed || std::holds_alternative<PeerClosed>(step.event);
      if (auto* error = std::get_if<Failed>(&step.event)) failed = error->error;
      more = !std::holds_alternative<NeedInput>(step.event) && !closed;
      in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    }
  }

  void step_visit() {
    if (!visit.over()) visit.serve(visit.interest(), shop, now);
  }
  void send(std::string_view words) { REQUIRE(connection.send(as_bytes(words), out)); }
  /// The visitor's socket is closed.
  void vanish() { socket_ = Socket(); }
  void send_raw(std::string_view bytes) const {
    REQUIRE(::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  /// Nothing: it is not over yet.
  [[nodiscard]] const std::optional<Result<void>>& result() const { return result_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }

  const Visit::Time began = Visit::Time{} + 1h;
  Visit::Time now = began;
  sallyport::cli::Workshop shop;
  Output out;  // before the connection, which writes to it at once
  ClientConnection connection;
  Visit visit;
  std::string text;  ///< that the visitor got
  bool done = false, closed = false;
  std::optional<Error> failed;

 private:
  using Pair = std::pair<Socket, Socket>;
  static Pair pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    return {Socket(ends[0]), Socket(ends[1])};
  }
  Guest(Pair ends, const ServerConfig& server, const ClientConfig& client, std::unique_ptr<Service> service,
        Bytes early, bool admitted, const sallyport::cli::Limits& limits)
      : connection(start(client, early)),
        visit(std::make_shared<const LiveServerConfig>(server), std::move(ends.first), "somebody", std::move(service),
              *this, limits, now),
        admitted_(admitted),
        socket_(std::move(ends.second)) {}
  ClientConnection start(const ClientConfig& client, Bytes early) {
    auto made = ClientConnection::start(client, "localhost", out);
    REQUIRE(made);
    if (!early.empty()) {
      const Result<std::size_t> taken = made->send_early(early, out);
      REQUIRE(taken);
      REQUIRE(*taken == early.size());
    }
    return *std::move(made);
  }

  bool admit() override { return admitted_; }
  void ask(Visit&, OperationId, std::shared_ptr<const Operation>) override { FAIL("nothing is asked"); }
  void ended(const Visit&, const Result<void>& result) override {
    CHECK_FALSE(result_);
    result_ = result;
  }

  const bool admitted_;
  Socket socket_;
  std::vector<std::uint8_t> in_;
  std::uint64_t sent_ = 0, received_ = 0;
  std::optional<Result<void>> result_;
};

}  // namespace tls::test
