// The fleet's ticket master, fetched from Redis.
#include <algorithm>

#include "redis_store.h"

namespace tls {

using redis::Reply;

namespace {
constexpr std::chrono::milliseconds kAbsent{1000};  // until a master that is missing is asked for again
}

Result<std::shared_ptr<RotatingTicketKeys>> RedisStore::ticket_keys(RotationPolicy policy) {
  return at_the_edge([&]() -> Result<std::shared_ptr<RotatingTicketKeys>> {
    auto keys = RotatingTicketKeys::at_random(policy);
    if (!keys) return keys;
    const std::scoped_lock lock(state_->shared->mutex);
    state_->shared->followers.push_back(*keys);
    state_->shared->master_wanted = true;
    return keys;
  });
}

void RedisShared::fetch_master(const std::shared_ptr<RedisShared>& self, redis::Connection& connection) {
  const redis::Time at = self->now();
  {
    const std::scoped_lock lock(self->mutex);
    std::erase_if(self->followers, [](const auto& f) { return f.expired(); });
    if (self->followers.empty() || (at < self->next_fetch && !self->master_wanted)) return;
    self->master_wanted = false;
  }
  self->next_fetch = at + self->options.master_period;
  connection.send({{"GET", self->options.prefix + "ticket-master"}}, redis::kStale,
                  [self](const Reply& reply) { self->take_master(reply); });
}

void RedisShared::take_master(const Reply& reply) {
  if (reply.kind == Reply::Kind::none) {
    next_fetch = {};  // with the next tick: no answer is no reason to wait longer
    return;
  }
  const std::string stays = "; the keys that are in use stay";
  const std::string name = "\"" + options.prefix + "ticket-master\"";
  if (reply.kind == Reply::Kind::nil) {  // perhaps not yet
    next_fetch = now() + std::min(options.master_period, kAbsent);
    return warn("master", "it has no ticket master, " + name + stays);
  }
  if (reply.kind != Reply::Kind::text) {
    ++counts.errors;
    return warn("master", "it does not give the ticket master, " + name + ": " + reply.text + stays);
  }
  std::vector<std::weak_ptr<RotatingTicketKeys>> to;
  {
    const std::scoped_lock lock(mutex);
    to = followers;
  }
  for (const auto& follower : to) {
    const auto keys = follower.lock();
    if (!keys) continue;
    if (const auto taken = keys->replace_master(as_bytes(reply.text)); taken)
      ++counts.masters;
    else
      warn("bad master", name + " is refused: " + taken.error().detail() + stays);
  }
}

}  // namespace tls
