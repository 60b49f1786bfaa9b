// The keys of a ring at one moment, and how they are published to the threads that seal and open tickets.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/exceptions.h"
#include "session/locked.h"
#include "session/published.h"
#include "session/ticket_key.h"

namespace tls::session {

/// Runs `work`, which changes a ring and returns a Result. If memory runs out, fails with out_of_memory and the ring is
/// unchanged.
template <class Work>
auto within_memory(Work&& work) noexcept -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (...) {
    return std::unexpected(caught(Code::internal_error));
  }
}

enum class KeyUse : std::uint8_t { next, current, previous };

/// Data about a key that need not be secret.
struct KeyFacts {
  TicketName name{};
  KeyUse use = KeyUse::current;  ///< of a ring that is rotated by hand
  std::int64_t period = 0;       ///< of a ring that rotates automatically
  std::uint32_t generation = 0;  ///< of the ticket master from which the key is derived
};

/// An immutable set of keys. `facts()` and `keys()` have the same order: the next key first, the oldest last.
class Keys {
 public:
  Keys() = default;
  explicit Keys(std::size_t capacity) : keys_(capacity) { facts_.reserve(capacity); }
  void add(const TicketCrypto& crypto, Bytes key, KeyFacts facts) {
    facts.name = keys_.emplace(crypto, key).name();
    facts_.push_back(facts);
  }
  void add(const Keys& from, std::size_t index, KeyFacts facts) {
    facts.name = keys_.emplace(from.keys_.items()[index]).name();
    facts_.push_back(facts);
  }
  /// Makes the keys read-only. Call it before they are published.
  void freeze() noexcept { keys_.freeze(); }
  [[nodiscard]] std::size_t size() const noexcept { return facts_.size(); }
  [[nodiscard]] const std::vector<KeyFacts>& facts() const noexcept { return facts_; }
  [[nodiscard]] const TicketKey& key(std::size_t index) const noexcept { return keys_.items()[index]; }
  /// Returns the index of the key with this name, which is public in a ticket that the key sealed, or size() if there
  /// is none.
  [[nodiscard]] std::size_t find(Bytes name) const noexcept;

 private:
  std::vector<KeyFacts> facts_;  // separate from the keys, so that a search touches little memory
  LockedArray<TicketKey> keys_;
};

/// The implementation of TicketKeys.
struct KeyRing {
  explicit KeyRing(TicketCrypto c, Keys first) : crypto(c), keys(std::move(first)) {}
  TicketCrypto crypto;
  Published<Keys> keys;
};

}  // namespace tls::session
