#include "sessions.h"

#include <array>

#include "tls/ticket_keys.h"

namespace bogo {

void Cache::put(tls::Bytes id, const tls::SessionState& state, tls::Clock::Milliseconds,
                tls::Clock::Milliseconds expires) {
  ++puts_;
  kept_.insert_or_assign(std::string(tls::as_text(id)), Entry{state.clone(), expires});
}

std::optional<tls::SessionState> Cache::look_up(tls::Bytes id, tls::Clock::Milliseconds now) const {
  const auto found = kept_.find(std::string(tls::as_text(id)));
  if (found == kept_.end() || now >= found->second.expires) return std::nullopt;
  return found->second.state.clone();
}

tls::Answer<std::optional<tls::SessionState>> Cache::find(tls::Bytes id, tls::Clock::Milliseconds now) {
  if (async_) return std::nullopt;
  return tls::Result<std::optional<tls::SessionState>>(look_up(id, now));
}

tls::Answer<std::optional<tls::SessionState>> Cache::take(tls::Bytes id, tls::Clock::Milliseconds now) {
  auto found = look_up(id, now);
  remove(id);
  return tls::Result<std::optional<tls::SessionState>>(std::move(found));
}

std::vector<std::uint8_t> Tickets::seal(const tls::SessionState& state, tls::Random& random,
                                        tls::Clock::Milliseconds now, tls::Clock::Milliseconds expires) {
  if (options_.skip_ticket) return {};
  return inner_->seal(state, random, now, expires);
}

tls::Answer<std::optional<tls::OpenedTicket>> Tickets::open(tls::Bytes ticket, tls::Clock::Milliseconds now) {
  if (options_.async) return std::nullopt;
  return open_now(ticket, now);
}

tls::Result<std::optional<tls::OpenedTicket>> Tickets::open_now(tls::Bytes ticket, tls::Clock::Milliseconds now) {
  auto opened = *inner_->open(ticket, now);
  if (opened && *opened && options_.renew_ticket) (*opened)->renew = true;
  return opened;
}

std::shared_ptr<tls::TicketSealer> Memory::draw_ticket_keys() {
  std::array<std::uint8_t, 32> key;
  tls::system_random().fill(key);
  return *tls::TicketKeys::make(key);
}

}  // namespace bogo
