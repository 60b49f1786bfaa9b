#include "redis_store.h"

#include <array>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <utility>

namespace tls {

using redis::Reply;

namespace {

std::uint64_t random_epoch() {
  std::array<std::uint8_t, 8> bytes;
  system_random().fill(bytes);
  std::uint64_t epoch = 0;
  std::memcpy(&epoch, bytes.data(), bytes.size());
  return epoch;
}

std::string hex(Bytes bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) out += "0123456789abcdef"[b >> 4], out += "0123456789abcdef"[b & 15];
  return out;
}

}  // namespace

// ---- options --------------------------------------------------------------------------------------------------

Result<RedisOptions> RedisOptions::parse(std::string_view url) {
  const auto bad = [&](std::string_view why) {
    // Nothing of it is repeated: it may hold a password anywhere.
    return fail(
        Code::bad_config,
        "this is not an address of a Redis server, redis://[USER:PASSWORD@]HOST[:PORT][/DB]: " + std::string(why));
  };
  constexpr std::string_view kScheme = "redis://";
  RedisOptions options;
  if (!url.starts_with(kScheme)) return bad("it does not begin with redis://");
  std::string_view rest = url.substr(kScheme.size());
  const auto number = [](std::string_view text, auto& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (const std::size_t slash = rest.find('/'); slash != rest.npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !number(database, options.database)) return bad("the database is not a number");
    rest = rest.substr(0, slash);
  }
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    const std::string_view who = rest.substr(0, at);
    const std::size_t colon = who.find(':');
    if (colon == who.npos) return bad("a user has no password");
    options.user = who.substr(0, colon);
    options.password = who.substr(colon + 1);
    rest = rest.substr(at + 1);
  }
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == rest.npos) return bad("a bracket is not closed");
    options.host = rest.substr(1, close - 1);
    rest = rest.substr(close + 1);
  } else {
    options.host = rest.substr(0, rest.find(':'));
    rest = rest.substr(options.host.size());
  }
  if (options.host.empty()) return bad("it names no host");
  if (!rest.empty() && (!rest.starts_with(':') || !number(rest.substr(1), options.port) || options.port == 0))
    return bad("the port is not one");
  return options;
}

// ---- the memory -----------------------------------------------------------------------------------------------

std::optional<redis::Memory> RedisShared::usable(redis::Time at) const {
  const std::scoped_lock lock(mutex);
  return memory && memory->usable(at) ? memory : std::nullopt;
}

void RedisShared::warn(std::string_view kind, std::string_view why) {
  warnings.say(kind,
               "the Redis server at " + options.host + ":" + std::to_string(options.port) + ": " + std::string(why),
               now());
}

/// What the guard makes of the store, and for how long, where there is a guard.
void RedisShared::warn_of_memory(const redis::Judgement& j) {
  using Kind = redis::Judgement::Kind;
  if (!guarding) return;
  if (j.kind == Kind::known && j.memory.settled) {
    told = false;
    return;
  }
  if (j.kind == Kind::useless) return warn(j.why, j.why + "; no early data is accepted");
  const auto pause = std::chrono::ceil<std::chrono::seconds>(redis::quarantine(options.window));
  const std::string later = ": early data is refused for " + std::to_string(pause.count()) + " s, and accepted then";
  if (j.kind == Kind::renew)
    warn("memory", j.why + later);
  else if (!told)
    warn("watch", "what it remembers was not watched by this server until now" + later);
  told = true;
}

void RedisShared::lost(std::string_view why) {
  looking = false;
  unanswered = 0;
  told = false;
  next_fetch = {};
  {
    const std::scoped_lock lock(mutex);
    if (memory) memory->interrupt();  // what happens until the next look is seen by nobody
  }
  if (why.empty()) return;
  in_trouble = true;
  warn("lost", "the connection broke (" + std::string(why) + "); handshakes go on without what it shares");
}

void RedisShared::look(redis::Connection& connection, const std::shared_ptr<RedisShared>& self) {
  if (looking) return;
  looking = true;
  connection.send(redis::look(sentinel_key), redis::kStale / 2, [self, &connection, asked = now()](const Reply& reply) {
    self->looking = false;
    self->looked(connection, reply, asked);
  });
}

void RedisShared::looked(redis::Connection& connection, const Reply& reply, redis::Time asked) {
  std::optional<redis::Memory> before;
  {
    const std::scoped_lock lock(mutex);
    before = memory;
  }
  redis::Judgement j = redis::judge(reply, asked, now(), before, options.window, random_epoch());
  using Kind = redis::Judgement::Kind;
  if (j.kind == Kind::useless && reply.kind != Reply::Kind::none) ++counts.errors;
  {
    const std::scoped_lock lock(mutex);
    if (j.kind == Kind::known) {
      if (!before || before->sentinel.epoch != j.memory.sentinel.epoch) ++counts.epochs;
      memory = std::move(j.memory);
    } else if (j.kind == Kind::renew) {
      memory.reset();
    } else if (memory && reply.kind == Reply::Kind::none) {
      memory->settled = false;  // a look that comes in time may make up for it
    } else if (memory) {
      memory->interrupt();
    }
  }
  if (reply.kind != Reply::Kind::none && std::exchange(in_trouble, false)) warn("back", "it answers again");
  unanswered = reply.kind == Reply::Kind::none ? unanswered + 1 : 0;
  if (unanswered != 1) warn_of_memory(j);  // the first may be the end of the connection, which is told apart
  if (j.kind != Kind::renew) return;
  redis::Command set = {"SET", sentinel_key, j.sentinel.text()};
  if (j.absent) set.emplace_back("NX");  // servers that begin together agree
  connection.send({std::move(set)}, redis::kStale / 2, [](const Reply&) {});
}

// ---- the guard ------------------------------------------------------------------------------------------------

std::optional<ReplayGuard::Stamp> RedisGuard::stamp() const {
  RedisShared& s = *store_->state_->shared;
  const redis::Time at = s.now();
  const std::scoped_lock lock(s.mutex);
  if (!s.memory || !s.memory->usable(at)) return std::nullopt;
  const std::uint64_t epoch = s.memory->sentinel.epoch;
  const std::int64_t time = s.memory->store_time(at);
  s.stamped = epoch == s.stamped_epoch ? std::max(s.stamped, time) : time;
  s.stamped_epoch = epoch;
  return Stamp{epoch, Clock::Milliseconds(s.stamped)};
}

Answer<ReplayVerdict> RedisGuard::claim(const ReplayToken&, Clock::Milliseconds) {
  RedisShared& s = *store_->state_->shared;
  if (s.usable(s.now())) return std::nullopt;  // asked by RedisStore::answer()
  ++s.counts.unavailable;
  return Result<ReplayVerdict>(ReplayVerdict::unavailable);
}

std::optional<ReplayCounts> RedisGuard::counts() const {
  const RedisStats stats = store_->stats();
  return ReplayCounts{.fresh = stats.fresh, .seen = stats.seen, .late = 0, .unavailable = stats.unavailable};
}

namespace {

OperationResult counted(RedisShared& s, redis::Verdict v) {
  using enum ReplayVerdict;
  ++(v == redis::Verdict::fresh ? s.counts.fresh : v == redis::Verdict::seen ? s.counts.seen : s.counts.unavailable);
  return Result<ReplayVerdict>(v == redis::Verdict::fresh ? fresh : v == redis::Verdict::seen ? seen : unavailable);
}

// What is said for want of an answer.
OperationResult no_verdict(RedisShared& s) { return counted(s, redis::Verdict::unavailable); }
OperationResult no_session(RedisShared& s) {
  ++s.counts.lost;
  return Result<std::optional<SessionState>>(std::optional<SessionState>());
}
OperationResult no_ticket(RedisShared& s) {
  ++s.counts.lost;
  return Result<std::optional<OpenedTicket>>(std::optional<OpenedTicket>());
}

}  // namespace

void RedisStore::State::claim(const ReplayClaim& claim, RedisWaiterPtr waiter) {
  const redis::Time at = shared->now();
  const auto memory = shared->usable(at);
  // Under another epoch than that of its stamp: the expiry is of a clock that may be another one by now, and what the
  // old epoch's memory knew of the token is forgotten.
  if (!memory || memory->sentinel.epoch != claim.epoch) return waiter->tell(no_verdict(*shared));
  const Clock::Milliseconds left = claim.expiry - Clock::Milliseconds(memory->store_time(at));
  if (!redis::claimable(left, shared->options.window)) return waiter->tell(no_verdict(*shared));
  char epoch[17] = {};
  std::to_chars(epoch, epoch + 16, memory->sentinel.epoch, 16);
  const std::string key = shared->options.prefix + "0rtt:" + epoch + ":" + hex(claim.token.bytes);
  connection->send(redis::claim(shared->sentinel_key, key, left + redis::kMargin), shared->options.deadline,
                   [s = shared, waiter, memory, expiry = claim.expiry](const Reply& reply) {
                     const auto v = redis::verdict(reply, *memory, expiry.count(), s->now());
                     if (v == redis::Verdict::unavailable && reply.kind != Reply::Kind::none) ++s->counts.errors;
                     waiter->tell(counted(*s, v));
                   });
}

// ---- the store ------------------------------------------------------------------------------------------------

RedisStore::RedisStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
RedisStore::~RedisStore() = default;

namespace {

/// What every connection begins with.
void greet_with(redis::ConnectionOptions& c, const RedisOptions& options) {
  std::vector<redis::Command> hello;
  if (!options.password.empty()) {
    redis::Command& auth = hello.emplace_back();
    auth.reserve(3);  // a word that moves could leave a copy behind
    auth.emplace_back("AUTH");
    if (!options.user.empty()) auth.push_back(options.user);
    auth.emplace_back(options.password.expose());
  }
  const redis::WipedCommands wiped(hello);
  if (options.database != 0) hello.push_back({"SELECT", std::to_string(options.database)});
  c.hello = redis::encoded(hello);
  c.hello_commands = hello.size();
}

}  // namespace

Result<std::shared_ptr<RedisStore>> RedisStore::open(RedisOptions options) {
  if (options.host.empty() || options.port == 0) return fail(Code::bad_config, "the Redis server has no host or port");
  if (options.deadline.count() < 1 || options.deadline > redis::kStale)
    return fail(Code::bad_config, "the deadline of answers from Redis is " + std::to_string(options.deadline.count()) +
                                      " ms; 1 to 1000 are allowed");
  if (options.window.count() < 1 || 2 * options.window > redis::kMaxClaim)
    return fail(Code::bad_config,
                "the window of the shared guard is not one: " + std::to_string(options.window.count()) + " ms");
  if (options.master_period.count() < 1)
    return fail(Code::bad_config,
                "a ticket master cannot be fetched every " + std::to_string(options.master_period.count()) + " ms");
  return at_the_edge([&] { return begin(std::move(options)); });
}

Result<std::shared_ptr<RedisStore>> RedisStore::begin(RedisOptions options) {
  redis::ConnectionOptions c;
  greet_with(c, options);
  options.password.clear();  // the connection alone needs it
  auto state = std::make_shared<State>();
  state->shared = std::make_shared<RedisShared>(std::move(options));
  const RedisOptions& o = state->shared->options;
  c.host = o.host;
  c.port = o.port;
  c.clock = o.clock;
  c.on_tick = [shared = state->shared](redis::Connection& connection) {
    shared->look(connection, shared);
    RedisShared::send_removals(shared, connection);
    if (const auto left = shared->removals.unsure_for(shared->now()); left.count() > 0)
      shared->warn("removals",
                   "more sessions were removed than could be remembered until it heard of them; those that "
                   "it holds are not resumed by this server for " +
                       std::to_string(left.count()) +
                       " s, when they all have ended: or empty it, and start the server again");
    RedisShared::fetch_master(shared, connection);
  };
  c.on_lost = [shared = state->shared](std::string_view why) { shared->lost(why); };
  c.on_unreachable = [shared = state->shared](std::string_view why) {
    shared->in_trouble = true;
    shared->warn("unreachable", "it cannot be reached (" + std::string(why) +
                                    "); handshakes go on without what it shares, and it is tried again every second");
  };
  auto connection = redis::Connection::open(std::move(c));
  if (!connection) return std::unexpected(connection.error());
  state->connection = std::move(*connection);
  return std::shared_ptr<RedisStore>(new RedisStore(std::move(state)));
}

std::shared_ptr<ReplayGuard> RedisStore::replay_guard() {
  state_->shared->guarding = true;
  return std::make_shared<RedisGuard>(shared_from_this());
}
std::shared_ptr<SessionCache> RedisStore::session_cache(std::shared_ptr<TicketSealer> sealer,
                                                        std::shared_ptr<SessionCache> local) {
  return std::make_shared<RedisSessions>(shared_from_this(), std::move(sealer), std::move(local));
}
std::shared_ptr<TicketSealer> RedisStore::single_use_tickets(std::shared_ptr<TicketSealer> sealer) {
  return std::make_shared<RedisTickets>(shared_from_this(), std::move(sealer));
}

namespace {

/// Gives `ask` somebody to tell, who is told even if there is no memory to ask.
template <class Ask>
bool ask_for(const std::shared_ptr<RedisShared>& shared, RedisWaiter::Unanswered unanswered,
             std::function<void(OperationResult)>&& done, Ask&& ask) {
  RedisWaiterPtr waiter;
  come_what_may([&] { waiter = std::make_shared<RedisWaiter>(shared, unanswered); });
  if (!waiter) {
    come_what_may([&] { done(unanswered(*shared)); });
    return true;
  }
  waiter->tell_to(std::move(done));
  come_what_may([&] { ask(waiter); });
  return true;
}

}  // namespace

bool RedisStore::answer(const Operation& operation, std::function<void(OperationResult)> done) {
  const std::shared_ptr<RedisShared>& shared = state_->shared;
  if (const auto* claim = std::get_if<ReplayClaim>(&operation)) {
    const auto* guard = dynamic_cast<RedisGuard*>(claim->guard.get());
    if (guard == nullptr || guard->store() != this) return false;
    return ask_for(shared, no_verdict, std::move(done), [&](const auto& waiter) { state_->claim(*claim, waiter); });
  }
  if (const auto* lookup = std::get_if<SessionLookup>(&operation)) {
    auto* cache = dynamic_cast<RedisSessions*>(lookup->cache.get());
    if (cache == nullptr || cache->store() != this) return false;
    return ask_for(shared, no_session, std::move(done),
                   [&](const auto& waiter) { cache->look_up(lookup->id, lookup->now, waiter); });
  }
  if (const auto* ticket = std::get_if<TicketToOpen>(&operation)) {
    auto* tickets = dynamic_cast<RedisTickets*>(ticket->sealer.get());
    if (tickets == nullptr || tickets->store() != this) return false;
    return ask_for(shared, no_ticket, std::move(done),
                   [&](const auto& waiter) { tickets->redeem(ticket->ticket, ticket->now, waiter); });
  }
  return false;
}

std::optional<OperationResult> RedisStore::wait(const Operation& operation) {
  struct Slot {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<OperationResult> result;
  };
  const auto slot = std::make_shared<Slot>();
  const bool ours = answer(operation, [slot](OperationResult result) {
    const std::scoped_lock lock(slot->mutex);
    slot->result.emplace(std::move(result));
    slot->arrived.notify_one();
  });
  if (!ours) return std::nullopt;
  std::unique_lock lock(slot->mutex);
  slot->arrived.wait(lock, [&] { return slot->result.has_value(); });
  return std::move(slot->result);
}

RedisStats RedisStore::stats() const {
  const auto& c = state_->shared->counts;
  const redis::ConnectionStats s = state_->connection->stats();
  return {.fresh = c.fresh,
          .seen = c.seen,
          .unavailable = c.unavailable,
          .hits = c.hits,
          .misses = c.misses,
          .lost = c.lost,
          .kept = c.kept,
          .dropped = c.dropped,
          .connections = s.connections,
          .timeouts = s.timeouts,
          .errors = c.errors,
          .epochs = c.epochs,
          .masters = c.masters,
          .removals_waiting = state_->shared->removals.size()};
}

}  // namespace tls
