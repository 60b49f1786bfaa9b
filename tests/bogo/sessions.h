// What a process keeps from one connection to the next: a client's newest session; a server's cache and tickets.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "options.h"
#include "tls/session.h"

namespace bogo {

/// A client's store with room for the newest session.
class NewestSession final : public tls::ClientSessionStore {
 public:
  void put(const tls::SessionKey& key, tls::ClientSession session) override {
    fresh_.emplace(key, std::move(session));
    ++puts_;
  }
  std::optional<tls::ClientSession> take(const tls::SessionKey& key, tls::Clock::Milliseconds) override {
    if (!offered_ || offered_->first != key) return std::nullopt;
    return std::exchange(offered_, std::nullopt)->second;
  }
  void remove(const tls::SessionKey&) override { fresh_.reset(); }

  /// Another connection begins: it may offer the session of the last one. False: there is none.
  bool next_connection() {
    offered_ = std::exchange(fresh_, std::nullopt);
    puts_ = 0;
    return offered_.has_value();
  }
  /// Sessions that this connection has given.
  [[nodiscard]] unsigned puts() const noexcept { return puts_; }
  [[nodiscard]] const tls::ClientSession* newest() const noexcept { return fresh_ ? &fresh_->second : nullptr; }

 private:
  using Kept = std::pair<tls::SessionKey, tls::ClientSession>;
  std::optional<Kept> fresh_, offered_;
  unsigned puts_ = 0;
};

/// A server's cache. With -async find() answers by look_up(), one step later.
class Cache final : public tls::SessionCache {
 public:
  void put(tls::Bytes id, const tls::SessionState& state, tls::Clock::Milliseconds,
           tls::Clock::Milliseconds expires) override;
  tls::Answer<std::optional<tls::SessionState>> find(tls::Bytes id, tls::Clock::Milliseconds now) override;
  tls::Answer<std::optional<tls::SessionState>> take(tls::Bytes id, tls::Clock::Milliseconds now) override;
  void remove(tls::Bytes id) override { kept_.erase(std::string(tls::as_text(id))); }
  std::optional<tls::SessionState> look_up(tls::Bytes id, tls::Clock::Milliseconds now) const;
  [[nodiscard]] unsigned puts() const noexcept { return puts_; }
  void next_connection(bool async) noexcept { puts_ = 0, async_ = async; }

 private:
  struct Entry {
    tls::SessionState state;
    tls::Clock::Milliseconds expires;
  };
  bool async_ = false;
  std::map<std::string, Entry> kept_;
  unsigned puts_ = 0;
};

/// The stack's own tickets, behind what the flags want of a ticket callback. With -async open() answers by
/// open_now(), one step later.
class Tickets final : public tls::TicketSealer {
 public:
  Tickets(std::shared_ptr<tls::TicketSealer> inner, const Options& options)
      : inner_(std::move(inner)), options_(options) {}
  std::vector<std::uint8_t> seal(const tls::SessionState& state, tls::Random& random, tls::Clock::Milliseconds now,
                                 tls::Clock::Milliseconds expires) override;
  tls::Answer<std::optional<tls::OpenedTicket>> open(tls::Bytes ticket, tls::Clock::Milliseconds now) override;
  tls::Result<std::optional<tls::OpenedTicket>> open_now(tls::Bytes ticket, tls::Clock::Milliseconds now);

 private:
  std::shared_ptr<tls::TicketSealer> inner_;
  const Options& options_;
};

/// A guard that remembers nothing: the suite replays no first flight, and its window is the stack's. With -async the
/// answer comes one step later.
class Guard final : public tls::ReplayGuard {
 public:
  Guard(const tls::Clock& clock, const Options& options) : clock_(clock), options_(options) {}
  [[nodiscard]] std::optional<Stamp> stamp() const override { return Stamp{1, clock_.wall()}; }
  tls::Answer<tls::ReplayVerdict> claim(const tls::ReplayToken&, tls::Clock::Milliseconds) override {
    if (options_.async) return std::nullopt;
    return tls::ReplayVerdict::fresh;
  }

 private:
  const tls::Clock& clock_;
  const Options& options_;
};

/// One process's memory.
struct Memory {
  std::shared_ptr<NewestSession> client = std::make_shared<NewestSession>();
  std::shared_ptr<Cache> cache = std::make_shared<Cache>();
  std::shared_ptr<tls::TicketSealer> ticket_keys = draw_ticket_keys();
  static std::shared_ptr<tls::TicketSealer> draw_ticket_keys();
};

}  // namespace bogo
