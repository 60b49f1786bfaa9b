// CheckedSequence: the elements of a SEQUENCE OF that a parser has walked once, read again from the DER when they are
// asked for. Nothing is allocated.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>

#include "crypto/der.h"
#include "tls/bytes.h"

namespace tls::pki {

/// A forward range over the elements of `contents` that `Select` wants. `Select` has a `value_type`, a
/// `static bool wanted(const crypto::DerElement&)` and a `static value_type value(const crypto::DerElement&)`. The DER
/// is not owned and must outlive the range. Malformed DER ends the range early; parsers make ranges of what they have
/// checked.
template <class Select>
class CheckedSequence {
 public:
  using value_type = typename Select::value_type;

  class iterator {
   public:
    using value_type = typename Select::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = value_type;
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::forward_iterator_tag;

    iterator() = default;
    explicit iterator(Bytes rest) noexcept : rest_(rest) { find(); }
    [[nodiscard]] value_type operator*() const noexcept { return Select::value(current_); }
    iterator& operator++() noexcept {
      find();
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      find();
      return before;
    }
    [[nodiscard]] bool operator==(const iterator& other) const noexcept {
      return current_.whole.data() == other.current_.whole.data();
    }

   private:
    /// Goes to the next element that is wanted; at the end current_ is empty.
    void find() noexcept {
      crypto::DerReader reader(rest_);
      current_ = {};
      while (!reader.empty()) {
        const crypto::DerElement element = reader.next();
        if (!reader.ok()) return;
        rest_ = rest_.subspan(element.whole.size());
        if (!Select::wanted(element)) continue;
        current_ = element;
        return;
      }
    }
    Bytes rest_;
    crypto::DerElement current_;
  };

  CheckedSequence() = default;
  /// `count` is how many elements of `contents` are wanted.
  CheckedSequence(Bytes contents, std::size_t count) noexcept : contents_(contents), count_(count) {}

  [[nodiscard]] iterator begin() const noexcept { return count_ == 0 ? iterator() : iterator(contents_); }
  [[nodiscard]] iterator end() const noexcept { return {}; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Octets of all elements, wanted or not.
  [[nodiscard]] std::size_t octets() const noexcept { return contents_.size(); }
  [[nodiscard]] value_type front() const noexcept { return *begin(); }

 private:
  Bytes contents_;
  std::size_t count_ = 0;
};

}  // namespace tls::pki
