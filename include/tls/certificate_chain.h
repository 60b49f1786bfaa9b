// Certificate chains as peers send them: DER, leaf first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "tls/bytes.h"

namespace tls {

/// A list of certificates in DER, leaf first. Immutable. All of it lies in one block of memory that copies share, so a
/// connection, its session and a verifier hold one chain. Several threads may use copies.
class CertificateChain {
 public:
  /// Visits the certificates in order.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Bytes;
    using difference_type = std::ptrdiff_t;
    using pointer = const Bytes*;
    using reference = Bytes;

    Iterator() = default;
    Iterator(const CertificateChain* chain, std::size_t index) noexcept : chain_(chain), index_(index) {}
    Bytes operator*() const noexcept { return (*chain_)[index_]; }
    Iterator& operator++() noexcept { return ++index_, *this; }
    Iterator operator++(int) noexcept { return {chain_, index_++}; }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const CertificateChain* chain_ = nullptr;
    std::size_t index_ = 0;
  };

  /// Makes an empty chain.
  CertificateChain() noexcept = default;
  /// Copies `certificates`, at most 2^32 - 1 bytes together; the certificates beyond that are left out.
  explicit CertificateChain(std::span<const Bytes> certificates);
  CertificateChain(const std::vector<std::vector<std::uint8_t>>& certificates);  // NOLINT: implicit on purpose

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Returns certificate `index`. Precondition: index < size(). Valid as long as any copy of this chain.
  [[nodiscard]] Bytes operator[](std::size_t index) const noexcept;
  /// Returns the leaf. Precondition: the chain is not empty.
  [[nodiscard]] Bytes front() const noexcept { return (*this)[0]; }
  [[nodiscard]] Iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {this, size()}; }
  void clear() noexcept { block_.reset(); }

  /// Returns true if both are copies of one chain: the same memory, not only the same bytes.
  [[nodiscard]] bool shares_memory_with(const CertificateChain& other) const noexcept { return block_ == other.block_; }
  /// Returns true if both hold the same certificates in the same order.
  friend bool operator==(const CertificateChain& a, const CertificateChain& b) noexcept;

 private:
  /// The number of certificates, then the end of each (as an offset after this table), then the certificates. The
  /// numbers have 32 bits.
  std::shared_ptr<const std::uint8_t[]> block_;
};

bool operator==(const CertificateChain& a, const CertificateChain& b) noexcept;

}  // namespace tls
