#include "tls/ticket_keys.h"

namespace tls {
namespace {

constexpr std::size_t kId = 32;  // bytes: nobody guesses one, and no two are the same

class SingleUseTickets final : public TicketSealer {
 public:
  explicit SingleUseTickets(std::shared_ptr<SessionCache> cache) : cache_(std::move(cache)) {}

  bool keeps_sessions() const noexcept override { return true; }
  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override {
    std::vector<std::uint8_t> id(kId);
    random.fill(id);
    cache_->put(id, state, now, expires);
    return id;
  }

  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override {
    std::optional<OpenedTicket> opened;
    if (ticket.size() != kId) return Result<std::optional<OpenedTicket>>(std::move(opened));
    Answer<std::optional<SessionState>> taken = cache_->take(ticket, now);
    if (!taken) return std::nullopt;  // the cache answers later, through complete()
    if (!*taken) return Result<std::optional<OpenedTicket>>(std::unexpect, taken->error());
    // The ticket is used up: without a new one the next handshake is a full one.
    if (std::optional<SessionState>& state = **taken) opened.emplace(std::move(*state), true);
    return Result<std::optional<OpenedTicket>>(std::move(opened));
  }

 private:
  std::shared_ptr<SessionCache> cache_;
};

}  // namespace

std::shared_ptr<TicketSealer> single_use_tickets(std::shared_ptr<SessionCache> cache) {
  return std::make_shared<SingleUseTickets>(std::move(cache));
}

}  // namespace tls
