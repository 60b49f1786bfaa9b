// Sessions in Redis, sealed as tickets are: under a Session ID, or under a ticket that is used once.
#include <algorithm>

#include "redis_store.h"

namespace tls {

using redis::Reply;

namespace {

constexpr std::size_t kTicket = 32;  // bytes of a ticket that names a session
constexpr std::size_t kMaxId = 32;   // bytes of a Session ID
constexpr std::chrono::seconds kLongest = redis::Removals::kLongestLife;
constexpr std::chrono::seconds kNear{60};  // that a session found in Redis is kept near: it may be removed elsewhere

using Found = std::optional<SessionState>;

std::string key_of(const RedisShared& shared, std::string_view kind, Bytes id) {
  std::string key = shared.options.prefix + std::string(kind) + ":";
  for (const std::uint8_t b : id) key += "0123456789abcdef"[b >> 4], key += "0123456789abcdef"[b & 15];
  return key;
}

/// As Redis counts.
std::chrono::seconds in_seconds(Clock::Milliseconds left) { return std::chrono::ceil<std::chrono::seconds>(left); }

/// Sends SETEX without waiting for it.
void keep(const std::shared_ptr<RedisShared>& shared, redis::Connection& connection, std::string key, Bytes sealed,
          Clock::Milliseconds left) {
  if (sealed.size() > redis::kMostText) {  // it could not be read again
    ++shared->counts.dropped;
    return;
  }
  const auto seconds = std::min(kLongest, in_seconds(left));
  connection.send({{"SETEX", std::move(key), std::to_string(seconds.count()), std::string(as_text(sealed))}},
                  redis::kStale, [shared](const Reply& reply) {
                    ++(reply.kind == Reply::Kind::status ? shared->counts.kept : shared->counts.dropped);
                  });
}

/// What was sealed, opened; counted. `value`: the reply that should hold it.
std::optional<OpenedTicket> unseal(RedisShared& shared, TicketSealer& sealer, const Reply* value,
                                   Clock::Milliseconds now) {
  if (value == nullptr || (value->kind != Reply::Kind::text && value->kind != Reply::Kind::nil)) {
    ++shared.counts.lost;
    return std::nullopt;
  }
  Answer<std::optional<OpenedTicket>> opened;
  if (value->kind == Reply::Kind::text) opened = sealer.open(as_bytes(value->text), now);
  const bool hit = opened && *opened && **opened;
  ++(hit ? shared.counts.hits : shared.counts.misses);
  if (!hit) return std::nullopt;
  return std::move(**opened);
}

}  // namespace

// ---- by Session ID --------------------------------------------------------------------------------------------

void RedisSessions::put(Bytes id, const SessionState& state, Clock::Milliseconds now, Clock::Milliseconds expires) {
  if (id.empty() || id.size() > kMaxId || expires <= now) return;
  const auto& s = store_->state_;
  s->shared->removals.kept(in_seconds(expires - now), s->shared->now());
  if (local_) local_->put(id, state, now, expires);
  const std::vector<std::uint8_t> sealed = sealer_->seal(state, system_random(), now, expires);
  if (sealed.empty()) {
    ++s->shared->counts.dropped;
    return;
  }
  keep(s->shared, *s->connection, key_of(*s->shared, "session", id), sealed, expires - now);
}

/// The answer comes later, where there is somebody to give it.
Answer<Found> RedisSessions::ask(Bytes id) const {
  const auto& s = store_->state_;
  const bool removed = s->shared->removals.covers(key_of(*s->shared, "session", id), s->shared->now());
  if (s->connection->connected() && !removed) return std::nullopt;
  ++s->shared->counts.lost;
  return Result<Found>(Found());
}

Answer<Found> RedisSessions::find(Bytes id, Clock::Milliseconds now) {
  if (id.empty() || id.size() > kMaxId) return Result<Found>(Found());
  if (local_) {
    Answer<Found> near = local_->find(id, now);
    if (near && *near && **near) return near;
  }
  return ask(id);
}

// Redis alone can give a session once; an operation that is left open is answered by look_up(), which does not delete:
// so this is no cache to take from. Tickets that are used once are RedisTickets.
Answer<Found> RedisSessions::take(Bytes, Clock::Milliseconds) {
  return Result<Found>(fail(Code::misuse, "sessions shared over Redis are found, not taken: see single_use_tickets()"));
}

void RedisShared::send_removals(const std::shared_ptr<RedisShared>& self, redis::Connection& connection) {
  try {
    for (const std::string& key : self->removals.to_send())
      connection.send({{"DEL", key}}, redis::kStale, [self, key](const Reply& reply) {
        if (reply.kind == Reply::Kind::number)
          self->removals.confirmed(key);
        else
          self->removals.failed(key);  // the next tick tries again
      });
  } catch (...) {
    self->removals.send_all_again();
    throw;
  }
}

void RedisSessions::remove(Bytes id) {
  if (id.empty() || id.size() > kMaxId) return;
  const auto& s = store_->state_;
  // In this order: look_up() keeps a session near, and then looks at the removals once more.
  try {
    s->shared->removals.add(key_of(*s->shared, "session", id), s->shared->now());
  } catch (...) {  // one that cannot be noted must not come back either
    s->shared->removals.lost();
  }
  if (local_) local_->remove(id);
  if (s->connection->connected()) RedisShared::send_removals(s->shared, *s->connection);
}

void RedisSessions::look_up(Bytes id, Clock::Milliseconds now, RedisWaiterPtr waiter) {
  const auto& s = store_->state_;
  const std::string key = key_of(*s->shared, "session", id);
  const auto use = [shared = s->shared, sealer = sealer_, local = local_, id = std::vector(id.begin(), id.end()), key,
                    now, waiter](const Reply& reply) {
    const bool whole = reply.kind == Reply::Kind::list && reply.list.size() == 2;
    std::optional<OpenedTicket> opened = unseal(*shared, *sealer, whole ? reply.list.data() : nullptr, now);
    Found found;
    // Once more: it may have been removed while the store was asked.
    if (opened && !shared->removals.covers(key, shared->now())) {
      const Clock::Milliseconds left(reply.list[1].number);
      shared->removals.kept(left.count() > 0 ? in_seconds(left) : kLongest, shared->now());
      if (local && left.count() > 0)
        local->put(id, opened->state, now, now + std::min<Clock::Milliseconds>(left, kNear));
      if (shared->removals.covers(key, shared->now())) {  // removed just now, perhaps before put()
        if (local) local->remove(id);
      } else {
        found.emplace(std::move(opened->state));
      }
    }
    waiter->tell(Result<Found>(std::move(found)));
  };
  s->connection->send({{"MULTI"}, {"GET", key}, {"PTTL", key}, {"EXEC"}}, s->shared->options.deadline, use);
}

// ---- by a ticket that is used once ----------------------------------------------------------------------------

std::vector<std::uint8_t> RedisTickets::seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                             Clock::Milliseconds expires) {
  const auto& s = store_->state_;
  std::vector<std::uint8_t> sealed, id(kTicket);
  if (expires > now && s->connection->connected()) sealed = sealer_->seal(state, random, now, expires);
  if (sealed.empty()) {
    ++s->shared->counts.dropped;
    return {};
  }
  random.fill(id);
  keep(s->shared, *s->connection, key_of(*s->shared, "ticket", id), sealed, expires - now);
  return id;
}

Answer<std::optional<OpenedTicket>> RedisTickets::open(Bytes ticket, Clock::Milliseconds) {
  const auto& s = store_->state_;
  if (ticket.size() == kTicket && s->connection->connected()) return std::nullopt;
  if (ticket.size() == kTicket) ++s->shared->counts.lost;
  return Result<std::optional<OpenedTicket>>(std::optional<OpenedTicket>());
}

void RedisTickets::redeem(Bytes ticket, Clock::Milliseconds now, RedisWaiterPtr waiter) {
  const auto& s = store_->state_;
  s->connection->send({{"GETDEL", key_of(*s->shared, "ticket", ticket)}}, s->shared->options.deadline,
                      [shared = s->shared, sealer = sealer_, now, waiter](const Reply& reply) {
                        auto opened = unseal(*shared, *sealer, &reply, now);
                        if (opened) opened->renew = true;
                        waiter->tell(Result<std::optional<OpenedTicket>>(std::move(opened)));
                      });
}

}  // namespace tls
