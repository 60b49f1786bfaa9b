// The ring that is turned by hand.
#include "tls/ticket_keys.h"

#include <algorithm>

#include "base/limits.h"
#include "session/key_ring.h"

namespace tls {

using session::KeyFacts;
using session::Keys;
using session::KeyUse;

static_assert(TicketKeys::kTicketSize == session::kTicket && TicketKeys::kTicketStep == session::kTicketStep);

std::size_t session::Keys::find(Bytes name) const noexcept {
  const auto same = [&](const KeyFacts& f) { return std::ranges::equal(f.name, name); };
  return static_cast<std::size_t>(std::ranges::find_if(facts_, same) - facts_.begin());
}

namespace {

/// The name of `key`, which is derived in locked memory.
session::TicketName name_of(const session::TicketCrypto& crypto, Bytes key) {
  Keys one(1);
  one.add(crypto, key, {});
  return one.facts().front().name;
}

std::size_t position(const Keys& keys, KeyUse use) {
  return static_cast<std::size_t>(std::ranges::find(keys.facts(), use, &KeyFacts::use) - keys.facts().begin());
}

/// Publishes `keys` and sees to it that those that are gone are wiped before it returns.
void publish(session::KeyRing& ring, Keys keys, const std::unique_lock<std::mutex>& held) {
  keys.freeze();
  ring.keys.replace(std::move(keys), held);
  while (!ring.keys.tidy(held)) std::this_thread::yield();
}

std::unexpected<Error> already_there() {
  return fail(Code::bad_config,
              "the ticket key is in the ring already; a key that goes and comes back keeps old tickets "
              "alive: draw a new one");
}

/// rotate(), with the ring locked. `keep`: previous keys that stay.
Result<void> turn(session::KeyRing& ring, Bytes key, std::size_t keep, const std::unique_lock<std::mutex>& held) {
  const Keys& old = ring.keys.current(held);
  const std::size_t at = old.find(name_of(ring.crypto, key));
  if (at < old.size() && old.facts()[at].use != KeyUse::next) return already_there();
  keep = std::min(keep, limits::kMaxTicketKeys - 1);
  Keys keys(1 + old.size());
  keys.add(ring.crypto, key, {.use = KeyUse::current});
  for (std::size_t i = 0; i < old.size() && keys.size() < 1 + keep; ++i)
    if (old.facts()[i].use != KeyUse::next) keys.add(old, i, {.use = KeyUse::previous});
  publish(ring, std::move(keys), held);
  return {};
}

}  // namespace

TicketKeys::TicketKeys(std::unique_ptr<session::KeyRing> ring) noexcept : ring_(std::move(ring)) {}
TicketKeys::~TicketKeys() = default;

Result<std::shared_ptr<TicketKeys>> TicketKeys::make(Bytes key) {
  return session::within_memory([&]() -> Result<std::shared_ptr<TicketKeys>> {
    if (auto good = session::check_ticket_secret(key, "the ticket key"); !good) return std::unexpected(good.error());
    const session::TicketCrypto crypto = session::TicketCrypto::best();
    Keys keys(1);
    keys.add(crypto, key, {.use = KeyUse::current});
    keys.freeze();
    return std::shared_ptr<TicketKeys>(new TicketKeys(std::make_unique<session::KeyRing>(crypto, std::move(keys))));
  });
}

Result<void> TicketKeys::prepare(Bytes key) {
  return session::within_memory([&]() -> Result<void> {
    if (auto good = session::check_ticket_secret(key, "the ticket key"); !good) return good;
    const auto held = ring_->keys.writer();
    const Keys& old = ring_->keys.current(held);
    if (old.find(name_of(ring_->crypto, key)) < old.size()) return already_there();
    Keys keys(1 + old.size());
    keys.add(ring_->crypto, key, {.use = KeyUse::next});
    for (std::size_t i = 0; i < old.size(); ++i)
      if (old.facts()[i].use != KeyUse::next) keys.add(old, i, {.use = old.facts()[i].use});
    publish(*ring_, std::move(keys), held);
    return {};
  });
}

Result<void> TicketKeys::rotate(Bytes key, std::size_t keep) {
  return session::within_memory([&]() -> Result<void> {
    if (auto good = session::check_ticket_secret(key, "the ticket key"); !good) return good;
    const auto held = ring_->keys.writer();
    return turn(*ring_, key, keep, held);
  });
}

Result<void> TicketKeys::replace_oldest(Bytes key) {
  return session::within_memory([&]() -> Result<void> {
    if (auto good = session::check_ticket_secret(key, "the ticket key"); !good) return good;
    const auto held = ring_->keys.writer();
    const Keys& old = ring_->keys.current(held);
    const bool has_next = position(old, KeyUse::next) < old.size();
    return turn(*ring_, key, old.size() - (has_next ? 2 : 1), held);
  });
}

std::size_t TicketKeys::size() const noexcept { return ring_->keys.view()->size(); }

std::vector<std::uint8_t> TicketKeys::seal(const SessionState& state, Random& random, Clock::Milliseconds,
                                           Clock::Milliseconds) {
  const auto keys = ring_->keys.view();
  return keys->key(position(*keys, KeyUse::current)).seal(ring_->crypto, state, random);
}

Answer<std::optional<OpenedTicket>> TicketKeys::open(Bytes ticket, Clock::Milliseconds) {
  std::optional<OpenedTicket> opened;
  if (!session::is_ticket_size(ticket.size())) return Result<std::optional<OpenedTicket>>(std::move(opened));
  const auto keys = ring_->keys.view();
  const std::size_t at = keys->find(ticket.first(session::kTicketName));
  if (at < keys->size()) {
    if (auto state = keys->key(at).open(ring_->crypto, ticket))
      opened.emplace(std::move(*state), keys->facts()[at].use == KeyUse::previous);
  }
  return Result<std::optional<OpenedTicket>>(std::move(opened));
}

}  // namespace tls
