// The ring that turns by itself.
#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"
#include "crypto/hkdf.h"
#include "session/key_ring.h"
#include "tls/ticket_keys.h"

namespace tls {
namespace session {
namespace {

using Period = std::int64_t;

struct PeriodKeyRole;
using PeriodKey = Secret<PeriodKeyRole, 32>;

/// Where the keys of new periods come from: a master, or, without one, randomness.
using Masters = LockedArray<crypto::HmacKey>;

Masters master_of(const TicketCrypto& crypto, Bytes master) {
  Masters kept(1);
  const crypto::Digest prk = crypto::hkdf_extract(*crypto.sha256, as_bytes("sallyport ticket master 1"), master);
  kept.emplace(*crypto.sha256, prk.bytes());
  kept.freeze();
  return kept;
}

/// Tells masters apart, and nothing of what they are.
using MasterName = std::array<std::uint8_t, 16>;
MasterName name_of(const Masters& masters) {
  MasterName name{};
  crypto::hkdf_expand(masters.items().front(), as_bytes("sallyport ticket master name"), name);
  return name;
}

/// A master, or none, and those that it has replaced.
struct Source {
  Masters masters;
  MasterName name{};
  std::uint32_t generation = 0;            // of the master; 0: none was set
  std::set<MasterName> replaced, refused;  // masters of before; those of them that must not come back
};

}  // namespace

/// Behind RotatingTicketKeys. Everything but `keys` is the writer's.
struct Rotation {
  Rotation(RotationPolicy p, Random& r) : policy(p), random(r), keys(Keys{}) {}

  [[nodiscard]] Period period_at(Clock::Milliseconds now) const noexcept {
    const Clock::Milliseconds period = policy.period;
    return now.count() / period.count() - (now.count() % period.count() < 0 ? 1 : 0);
  }
  /// Periods before the current one whose tickets may still live.
  [[nodiscard]] Period kept() const noexcept {
    return (policy.ticket_lifetime.count() + policy.period.count() - 1) / policy.period.count();
  }

  /// RFC 5869's expansion, over the number of the period and its length: masters are not used for two policies alike.
  void derive(Period period, MutableBytes out) noexcept {
    if (source.masters.items().empty()) return random.fill(out);
    std::array<std::uint8_t, 16> info{};
    for (unsigned i = 0; i < 8; ++i) {
      info[7 - i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(period) >> (8 * i));
      info[15 - i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(policy.period.count()) >> (8 * i));
    }
    crypto::hkdf_expand(source.masters.items().front(), info, out);
  }

  /// Whether a key stays in the ring when `present` is the current period. Keys of a master that was replaced stay for
  /// the tickets that they have sealed: those of later periods have sealed none, but for whoever has the master.
  [[nodiscard]] bool stays(const KeyFacts& facts, Period present, OldTickets of_old_master) const noexcept {
    return facts.generation == source.generation || (of_old_master == OldTickets::open_on && facts.period <= present);
  }

  /// The keys that belong into the ring when `present` is the current period: those that are there stay, the others are
  /// made. Random keys of the past cannot be: nobody else has them.
  [[nodiscard]] Keys keys_for(Period present, const Keys& old, OldTickets of_old_master) {
    const Period oldest = present - kept(), newest = present + 1;
    const auto room = static_cast<std::size_t>(kept() + 2);
    Keys made(room + std::min(old.size(), limits::kMaxTicketKeys));
    std::size_t stay = 0;
    for (Period p = newest; p >= oldest; --p) {
      bool there = false;
      for (std::size_t i = 0; i < old.size(); ++i) {
        const KeyFacts& facts = old.facts()[i];
        if (facts.period != p || stay == limits::kMaxTicketKeys || !stays(facts, present, of_old_master)) continue;
        made.add(old, i, facts);
        ++stay;
        there = there || facts.generation == source.generation;
      }
      if (there || (source.masters.items().empty() && p < present)) continue;
      PeriodKey key;
      derive(p, key.fill(32));
      made.add(crypto, key.expose(), {.period = p, .generation = source.generation});
    }
    made.freeze();
    return made;
  }

  void publish(Period present, const std::unique_lock<std::mutex>& held,
               OldTickets of_old_master = OldTickets::open_on) {
    Keys made = keys_for(present, keys.current(held), of_old_master);
    Period first = present;  // the first of the unbroken row of periods in which this ring can seal
    while (index_of(made, first - 1) < made.size()) --first;
    keys.replace(std::move(made), held);
    first_sealed.store(first, std::memory_order_relaxed);
    turned_to.store(present, std::memory_order_release);
  }
  /// Takes a master, of which generation and those before it are filled in here. What it throws has changed nothing.
  Result<void> follow(Source next, OldTickets old, const std::unique_lock<std::mutex>& held) {
    if (source.refused.contains(next.name))
      return fail(Code::bad_config, "this master of the ticket keys was given up as stolen (OldTickets::refused)");
    const bool same = source.generation > 0 && source.name == next.name;
    if (same && old == OldTickets::open_on) return {};
    next.generation = source.generation + (same ? 0 : 1);
    next.replaced = source.replaced;
    next.refused = source.refused;
    if (!same && source.generation > 0) next.replaced.insert(source.name);
    if (old == OldTickets::refused) {
      next.replaced.erase(next.name);
      next.refused.merge(next.replaced);
    }
    std::swap(source, next);
    try {
      if (keys.current(held).size() > 0) publish(turned_to, held, old);
    } catch (...) {
      std::swap(source, next);
      throw;
    }
    while (!keys.tidy(held)) std::this_thread::yield();
    return {};
  }
  /// True when `present` can be served as the ring stands. A thread whose clock is a little behind the one that has
  /// turned the ring does not turn it back.
  [[nodiscard]] bool fits(Period present) const noexcept {
    return present <= turned_to.load(std::memory_order_acquire) &&
           present >= first_sealed.load(std::memory_order_relaxed);
  }
  /// Brings the ring to `present`, unless it is there: by the first thread that sees a new period, while the others go
  /// on with the old ring, which has the key of that period already. They wait only when it does not: in the very
  /// beginning, and when the clock jumped.
  void keep_up(Period present) {
    if (fits(present) && !keys.stale()) return;
    const bool can_wait = fits(present) || present == turned_to.load(std::memory_order_relaxed) + 1;
    const auto held = can_wait ? keys.try_writer() : keys.writer();
    if (!held) return;
    if (!fits(present)) publish(present, held);
    keys.tidy(held);
  }
  /// The key that seals in `present`: of the newest master.
  [[nodiscard]] static std::size_t index_of(const Keys& keys, Period present) noexcept {
    std::size_t best = keys.size();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const KeyFacts& f = keys.facts()[i];
      if (f.period == present && (best == keys.size() || f.generation > keys.facts()[best].generation)) best = i;
    }
    return best;
  }

  const TicketCrypto crypto = TicketCrypto::best();
  const RotationPolicy policy;
  Random& random;
  Source source;
  static constexpr Period kNever = INT64_MIN / 2;
  std::atomic<Period> turned_to{kNever}, first_sealed{kNever + 1};
  Published<Keys> keys;
};

namespace {

Result<void> check(RotationPolicy policy) {
  using limits::kMaxTicketKeyPeriod, limits::kMinTicketKeyPeriod;
  if (policy.period < kMinTicketKeyPeriod || policy.period > kMaxTicketKeyPeriod)
    return fail(Code::bad_config,
                "a ticket key seals for " + std::to_string(policy.period.count()) + " s; 60 s to 24 hours are allowed");
  if (policy.ticket_lifetime < std::chrono::seconds(1) || policy.ticket_lifetime > limits::kMaxSessionLifetime)
    return fail(Code::bad_config, "tickets live for " + std::to_string(policy.ticket_lifetime.count()) +
                                      " s; 1 second to 7 days are allowed");
  const auto kept = (policy.ticket_lifetime + policy.period - std::chrono::seconds(1)) / policy.period;
  if (static_cast<std::size_t>(kept) + 2 > limits::kMaxTicketKeys)
    return fail(Code::bad_config, "tickets live for " + std::to_string(kept) + " periods of a key, more than the " +
                                      std::to_string(limits::kMaxTicketKeys - 2) +
                                      " that a ring holds: choose a longer period");
  return {};
}

}  // namespace
}  // namespace session

RotatingTicketKeys::RotatingTicketKeys(std::unique_ptr<session::Rotation> rotation) noexcept
    : rotation_(std::move(rotation)) {}
RotatingTicketKeys::~RotatingTicketKeys() = default;

Result<std::shared_ptr<RotatingTicketKeys>> RotatingTicketKeys::from_master(Bytes master, RotationPolicy policy) {
  auto made = at_random(policy);
  if (!made) return made;
  if (auto set = (*made)->replace_master(master); !set) return std::unexpected(set.error());
  return made;
}

Result<std::shared_ptr<RotatingTicketKeys>> RotatingTicketKeys::at_random(RotationPolicy policy, Random& random) {
  return session::within_memory([&]() -> Result<std::shared_ptr<RotatingTicketKeys>> {
    if (auto good = session::check(policy); !good) return std::unexpected(good.error());
    return std::shared_ptr<RotatingTicketKeys>(
        new RotatingTicketKeys(std::make_unique<session::Rotation>(policy, random)));
  });
}

Result<void> RotatingTicketKeys::replace_master(Bytes master, OldTickets old) {
  return session::within_memory([&]() -> Result<void> {
    if (auto good = session::check_ticket_secret(master, "the master of the ticket keys"); !good) return good;
    session::Rotation& r = *rotation_;
    session::Source next;
    next.masters = session::master_of(r.crypto, master);
    next.name = session::name_of(next.masters);
    const auto held = r.keys.writer();
    return r.follow(std::move(next), old, held);
  });
}

void RotatingTicketKeys::turn(Clock::Milliseconds now) { rotation_->keep_up(rotation_->period_at(now)); }

std::size_t RotatingTicketKeys::size() const noexcept { return rotation_->keys.view()->size(); }

std::vector<std::uint8_t> RotatingTicketKeys::seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                                   Clock::Milliseconds) {
  const auto present = rotation_->period_at(now);
  rotation_->keep_up(present);
  const auto keys = rotation_->keys.view();
  const std::size_t at = session::Rotation::index_of(*keys, present);
  // Another thread, with another idea of the time, has turned the ring in between: no ticket this time.
  if (at == keys->size()) return {};
  return keys->key(at).seal(rotation_->crypto, state, random);
}

Answer<std::optional<OpenedTicket>> RotatingTicketKeys::open(Bytes ticket, Clock::Milliseconds now) {
  std::optional<OpenedTicket> opened;
  if (!session::is_ticket_size(ticket.size())) return Result<std::optional<OpenedTicket>>(std::move(opened));
  const auto present = rotation_->period_at(now);
  rotation_->keep_up(present);
  const auto keys = rotation_->keys.view();
  const std::size_t at = keys->find(ticket.first(session::kTicketName));
  if (at < keys->size()) {
    const session::KeyFacts& facts = keys->facts()[at];
    const std::size_t seals = session::Rotation::index_of(*keys, present);
    const bool older = facts.period < present || (facts.period == present && at != seals);
    if (facts.period >= present - rotation_->kept() && facts.period <= present + 1) {
      if (auto state = keys->key(at).open(rotation_->crypto, ticket)) opened.emplace(std::move(*state), older);
    }
  }
  return Result<std::optional<OpenedTicket>>(std::move(opened));
}

}  // namespace tls
