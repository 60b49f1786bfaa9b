// What stands for an object in a memory: SHA-256 over all of it, in an encoding that is not ambiguous.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/hash.h"
#include "tls/bytes.h"

namespace tls::pki {

using Fingerprint = std::array<std::uint8_t, 32>;  ///< SHA-256; compared whole

/// Takes fields in, each behind its length, so that no two lists of fields are one string. Public data: nothing is
/// wiped for its own sake. Does not allocate.
class Fingerprinter {
 public:
  /// `purpose` tells fingerprints of one kind from those of another.
  explicit Fingerprinter(std::string_view purpose) noexcept;
  void add(std::uint64_t number) noexcept;
  void add(Bytes field) noexcept;
  [[nodiscard]] Fingerprint finish() const noexcept;

 private:
  crypto::Hash hash_;
};

/// Under which something is remembered.
struct MemoryKey {
  Fingerprint place;    ///< of the question: it has one place, where the last answer stands
  Fingerprint content;  ///< of everything that decides, the question included
};

/// A number that no other object of this process has had, nor has this one had with other contents: for an object that
/// is immutable once it is filled. Unlike an address it is not used again. Copies and what was moved are other objects.
class SnapshotNumber {
 public:
  SnapshotNumber() noexcept { renew(); }
  SnapshotNumber(const SnapshotNumber&) noexcept { renew(); }
  SnapshotNumber(SnapshotNumber&& other) noexcept {
    renew();
    other.renew();
  }
  SnapshotNumber& operator=(const SnapshotNumber&) noexcept {
    renew();
    return *this;
  }
  SnapshotNumber& operator=(SnapshotNumber&& other) noexcept {
    renew();
    other.renew();
    return *this;
  }
  ~SnapshotNumber() = default;
  /// The contents have changed.
  void renew() noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }  ///< not 0

 private:
  std::uint64_t value_ = 0;
};

}  // namespace tls::pki
