// The types in which parsed messages hold fields of variable size. Views point into the message body or, for a message
// that is to be encoded, into the caller's memory, and are valid as long as that memory. Nothing here allocates except
// `write`.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "base/reader.h"
#include "base/writer.h"
#include "tls/bytes.h"

namespace tls::wire {

/// `opaque` of the presentation language: a view that is compared by content. Not for bytes that are secret or that
/// authenticate. Such fields are plain Bytes, which have no ==.
struct Opaque : Bytes {
  using Bytes::Bytes;
  constexpr Opaque(Bytes bytes) noexcept : Bytes(bytes) {}
  friend bool operator==(Opaque a, Opaque b) noexcept { return std::ranges::equal(a, b); }
};

/// Holds up to N bytes by value, such as a session ID that must outlive its message.
template <std::size_t N>
class ShortBytes {
 public:
  ShortBytes() = default;
  /// Precondition: `bytes.size() <= N`.
  explicit ShortBytes(Bytes bytes) noexcept : size_(bytes.size()) {
    assert(size_ <= N);
    std::ranges::copy(bytes, bytes_.begin());
  }
  [[nodiscard]] Bytes bytes() const noexcept { return Bytes(bytes_).first(size_); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  friend bool operator==(const ShortBytes&, const ShortBytes&) = default;

 private:
  std::array<std::uint8_t, N> bytes_{};
  std::size_t size_ = 0;
};

/// A list of 16-bit numbers as on the wire, read as T, an enum of the RFC. Values outside the enum are kept unchanged.
template <class T>
class U16List {
 public:
  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    iterator() = default;
    explicit iterator(const std::uint8_t* at) noexcept : at_(at) {}
    T operator*() const noexcept { return static_cast<T>(static_cast<std::uint16_t>(at_[0] << 8 | at_[1])); }
    iterator& operator++() noexcept { return at_ += 2, *this; }
    iterator operator++(int) noexcept { return iterator(std::exchange(at_, at_ + 2)); }
    bool operator==(const iterator&) const = default;

   private:
    const std::uint8_t* at_ = nullptr;
  };

  U16List() = default;
  /// `bytes` holds the items, big-endian, without the length prefix. Precondition: its size is even.
  explicit U16List(Bytes bytes) noexcept : bytes_(bytes) { assert(bytes.size() % 2 == 0); }
  /// Writes the items to `storage` and returns a list of them. `storage` must outlive the list.
  static U16List write(ByteVector& storage, std::span<const T> items) {
    storage.clear();
    storage.reserve(2 * items.size());
    Writer w(storage);
    for (T item : items) w.u16(static_cast<std::uint16_t>(item));
    return U16List(storage);
  }

  [[nodiscard]] iterator begin() const noexcept { return iterator(bytes_.data()); }
  [[nodiscard]] iterator end() const noexcept { return iterator(bytes_.data() + bytes_.size()); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() / 2; }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  /// Precondition: `i < size()`.
  [[nodiscard]] T operator[](std::size_t i) const noexcept { return *iterator(bytes_.data() + 2 * i); }
  [[nodiscard]] bool contains(T item) const noexcept { return std::find(begin(), end(), item) != end(); }
  /// Returns the items without their length prefix.
  [[nodiscard]] Opaque bytes() const noexcept { return bytes_; }
  friend bool operator==(const U16List&, const U16List&) = default;

 private:
  Opaque bytes_;
};

/// A list of structures as on the wire. An Entry has `static Entry read(Reader&)`, which makes the reader fail if the
/// entry is malformed, and `void write(Writer&) const`. Iteration reads one entry at a time.
template <class Entry>
class EntryList {
 public:
  class iterator {
   public:
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    iterator() = default;
    explicit iterator(Bytes rest) noexcept : rest_(rest) {}
    Entry operator*() const noexcept {
      Reader r(rest_);
      return Entry::read(r);
    }
    iterator& operator++() noexcept {
      Reader r(rest_);
      (void)Entry::read(r);
      rest_ = rest_.last(r.remaining());
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const noexcept { return rest_.size() == other.rest_.size(); }

   private:
    Bytes rest_;
  };

  EntryList() = default;
  /// `bytes` holds the entries without the length prefix of the list. Returns no value if they are not complete,
  /// well-formed entries.
  static std::optional<EntryList> parse(Bytes bytes) noexcept {
    Reader r(bytes);
    EntryList list;
    for (; r.ok() && !r.empty(); ++list.size_) (void)Entry::read(r);
    if (!r.ok()) return std::nullopt;
    list.bytes_ = bytes;
    return list;
  }
  /// Writes the entries to `storage` and returns a list of them. `storage` must outlive the list. Precondition: the
  /// entries are well-formed.
  static EntryList write(ByteVector& storage, std::span<const Entry> entries) {
    storage.clear();
    Writer w(storage);
    for (const Entry& entry : entries) entry.write(w);
    EntryList list;
    list.bytes_ = storage;
    list.size_ = entries.size();
    return list;
  }

  [[nodiscard]] iterator begin() const noexcept { return iterator(bytes_); }
  [[nodiscard]] iterator end() const noexcept { return iterator(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Precondition: `i < size()`. Reads all entries before it.
  [[nodiscard]] Entry operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return *std::next(begin(), static_cast<std::ptrdiff_t>(i));
  }
  /// Returns the entries without the length prefix of the list.
  [[nodiscard]] Opaque bytes() const noexcept { return bytes_; }
  friend bool operator==(const EntryList&, const EntryList&) = default;

 private:
  Opaque bytes_;
  std::size_t size_ = 0;
};

/// Holds a list of at most N items by value.
template <class T, std::size_t N>
class FixedList {
 public:
  /// Returns false, and adds nothing, if the list has N items already.
  [[nodiscard]] bool push_back(const T& item) noexcept {
    if (size_ == N) return false;
    items_[size_++] = item;
    return true;
  }
  [[nodiscard]] const T* begin() const noexcept { return items_.data(); }
  [[nodiscard]] const T* end() const noexcept { return items_.data() + size_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return items_[i];
  }
  friend bool operator==(const FixedList& a, const FixedList& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<T, N> items_{};
  std::size_t size_ = 0;
};

}  // namespace tls::wire
