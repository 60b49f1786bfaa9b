// Connections to one server that is asked from outside, one after the other, each bounded: what is done with them is
// for probe.cpp to say.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/check/old_hello.h"
#include "cli/check/probe.h"
#include "tls/adapters/socket.h"
#include "tls/config.h"
#include "tls/session.h"
#include "tls/verifier.h"

namespace sallyport::cli {
class Channel;
}

namespace sallyport::cli::check {

/// The sessions of one server, newest first out. For one thread.
class Kept : public tls::ClientSessionStore {
 public:
  void put(const tls::SessionKey&, tls::ClientSession session) override { sessions_.push_back(std::move(session)); }
  std::optional<tls::ClientSession> take(const tls::SessionKey&, tls::Clock::Milliseconds) override;
  void remove(const tls::SessionKey&) override { sessions_.clear(); }
  [[nodiscard]] bool empty() const noexcept { return sessions_.empty(); }
  [[nodiscard]] std::uint32_t early_data() const { return sessions_.empty() ? 0 : sessions_.back().max_early_data(); }

 private:
  std::vector<tls::ClientSession> sessions_;
};

/// Accepts every chain, and keeps what the connection tells nobody but its verifier. For one thread.
class Onlooker : public tls::ChainVerifier {
 public:
  std::string identity() const override { return "whoever comes is looked at"; }
  tls::Answer<tls::ChainAccepted> verify(const tls::ChainToVerify& chain) const override;
  /// The staples behind the leaf of the last chain, and none any more.
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> take() const { return std::exchange(seen_, {}); }

 private:
  mutable std::vector<std::vector<std::uint8_t>> seen_;
};

/// The time is up, or the server does not answer any more: what was found so far is all there will be.
struct Stop {
  std::string why;
};

/// What one connection came to.
struct Outcome {
  std::optional<tls::Error> error;
  tls::ConnectionInfo info;
  std::vector<std::vector<std::uint8_t>> issuer_staples;  ///< see ChainToVerify::issuer_ocsp_responses
};

class Caller {
 public:
  Caller(const ProbeTarget& target, const ProbeLimits& limits);

  /// One handshake. `wait_for`: tickets are waited for until this has one. Nothing: no first connection came about, see
  /// unreachable(). Throws Stop where the time is up, a limit is reached, or no further connection comes about.
  std::optional<Outcome> shake_hands(const tls::ClientConfig& config, const Kept* wait_for = nullptr);
  /// The suite with which the server would go on. Throws Stop as shake_hands().
  std::optional<std::uint16_t> ask(OldOffer offer);

  /// Whom configurations trust.
  [[nodiscard]] const std::shared_ptr<const Onlooker>& onlooker() const noexcept { return onlooker_; }
  [[nodiscard]] const std::optional<tls::Error>& unreachable() const noexcept { return unreachable_; }
  [[nodiscard]] unsigned connections() const noexcept { return connections_; }
  /// To which all connections go: the first that took one. Empty: none yet.
  [[nodiscard]] const std::string& address() const noexcept { return taken_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  std::optional<tls::Socket> connect();
  tls::Result<tls::Socket> connect_first();
  [[nodiscard]] tls::Result<tls::Socket> connect_to(const std::string& address) const;
  [[nodiscard]] std::chrono::milliseconds left_in_all() const;
  void part(Channel& channel) const;
  void wait(Channel& channel, const Kept& store) const;

  const ProbeTarget& target_;
  const ProbeLimits limits_;
  const Time end_;
  std::uint16_t port_ = 0;
  std::string address_, taken_;
  unsigned connections_ = 0;
  std::optional<tls::Error> unreachable_;
  std::shared_ptr<const Onlooker> onlooker_ = std::make_shared<const Onlooker>();
};

}  // namespace sallyport::cli::check
