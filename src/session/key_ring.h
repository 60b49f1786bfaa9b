// The keys of a ring at one moment, and their publication to threads that seal and open.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/exceptions.h"
#include "session/locked.h"
#include "session/published.h"
#include "session/ticket_key.h"

namespace tls::session {

/// Runs what changes a ring and returns a Result. Without memory it fails with out_of_memory, and changes nothing.
template <class Work>
auto within_memory(Work&& work) noexcept -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (...) {
    return std::unexpected(caught(Code::internal_error));
  }
}

enum class KeyUse : std::uint8_t { next, current, previous };

/// What stands beside a key and need not be secret.
struct KeyFacts {
  TicketName name{};
  KeyUse use = KeyUse::current;  ///< of a ring that is turned by hand
  std::int64_t period = 0;       ///< of a ring that turns by itself
  std::uint32_t generation = 0;  ///< of the master that the key comes from
};

/// An immutable set of keys. `facts()` and `keys()` have the same order: next first, the oldest last.
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
  /// Makes the keys read-only: before they are published.
  void freeze() noexcept { keys_.freeze(); }
  [[nodiscard]] std::size_t size() const noexcept { return facts_.size(); }
  [[nodiscard]] const std::vector<KeyFacts>& facts() const noexcept { return facts_; }
  [[nodiscard]] const TicketKey& key(std::size_t index) const noexcept { return keys_.items()[index]; }
  /// The key that sealed `ticket`, by its name, which is public; size() if there is none.
  [[nodiscard]] std::size_t find(Bytes name) const noexcept;

 private:
  std::vector<KeyFacts> facts_;  // apart from the keys: a search touches little memory
  LockedArray<TicketKey> keys_;
};

/// Behind TicketKeys.
struct KeyRing {
  explicit KeyRing(TicketCrypto c, Keys first) : crypto(c), keys(std::move(first)) {}
  TicketCrypto crypto;
  Published<Keys> keys;
};

}  // namespace tls::session
