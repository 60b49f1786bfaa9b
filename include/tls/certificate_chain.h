// Certificates as a peer sent them: DER, leaf first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "tls/bytes.h"

namespace tls {

/// A list of certificates in DER, leaf first. Immutable; all of it lies in one block of memory that copies share: a
/// connection, its session and a verifier hold one chain. Copies may be used by several threads.
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

  /// No certificates.
  CertificateChain() noexcept = default;
  /// Copies `certificates`; at most 2^32 - 1 bytes in all, what is behind is left out.
  explicit CertificateChain(std::span<const Bytes> certificates);
  CertificateChain(const std::vector<std::vector<std::uint8_t>>& certificates);  // NOLINT: a chain in another form

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Certificate `index`, which is below size(). Valid as long as any copy of this chain.
  [[nodiscard]] Bytes operator[](std::size_t index) const noexcept;
  /// The leaf. The chain is not empty.
  [[nodiscard]] Bytes front() const noexcept { return (*this)[0]; }
  [[nodiscard]] Iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {this, size()}; }
  void clear() noexcept { block_.reset(); }

  /// True when both are copies of one chain: the same memory, not only the same bytes.
  [[nodiscard]] bool shares_memory_with(const CertificateChain& other) const noexcept { return block_ == other.block_; }
  /// The same certificates in the same order.
  friend bool operator==(const CertificateChain& a, const CertificateChain& b) noexcept;

 private:
  /// The number of certificates, where each ends (bytes behind this table), then the certificates. Numbers of 32 bits.
  std::shared_ptr<const std::uint8_t[]> block_;
};

bool operator==(const CertificateChain& a, const CertificateChain& b) noexcept;

}  // namespace tls
