// SHA-256 and SHA-384 as values that can be copied: a transcript or an HMAC key is forked, never recomputed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/cpu.h"
#include "tls/bytes.h"

namespace tls::crypto {

enum class HashId : std::uint8_t { sha256, sha384 };
inline constexpr std::size_t kHashes = 2;
inline constexpr std::size_t kMaxDigest = 48;
inline constexpr std::size_t kMaxHashBlock = 128;

/// One implementation of one hash: the compression function; framing is done once, in Hash.
struct HashImpl {
  std::string_view name;  ///< e.g. "sha256-shani"; unique
  HashId id;
  Features required;
  std::size_t digest_size;               ///< bytes
  std::size_t block_size;                ///< bytes; a power of two
  std::array<std::uint64_t, 8> initial;  ///< the initial chaining value, one word per element (32 or 64 bits used)
  /// Runs `count` whole blocks into the chaining value `h` (words as in `initial`).
  void (*compress)(std::uint64_t* h, const std::uint8_t* blocks, std::size_t count) noexcept;
};

[[nodiscard]] std::span<const HashImpl* const> all_hashes() noexcept;
[[nodiscard]] const HashImpl& select_hash(HashId id, const Cpu& cpu) noexcept;
[[nodiscard]] const HashImpl* hash_named(std::string_view name) noexcept;

/// A digest, or an HMAC output: at most 48 bytes. Wiped when it goes, for it may be secret.
class Digest {
 public:
  Digest() = default;
  explicit Digest(Bytes b) noexcept;
  Digest(const Digest&) = default;
  Digest& operator=(const Digest&) = default;
  ~Digest();
  bool operator==(const Digest&) const = delete;
  [[nodiscard]] Bytes bytes() const& noexcept { return {data_.data(), size_}; }
  Bytes bytes() && = delete;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] MutableBytes fill(std::size_t n) noexcept {
    size_ = n;
    return {data_.data(), n};
  }

 private:
  std::array<std::uint8_t, kMaxDigest> data_{};
  std::size_t size_ = 0;
};

/// A running hash; copying forks it, and copies no more than is in use. No allocation. Wiped when it goes.
class Hash {
 public:
  explicit Hash(const HashImpl& impl) noexcept : impl_(&impl), h_(impl.initial) {}
  Hash(const Hash& o) noexcept;
  Hash& operator=(const Hash& o) noexcept;
  ~Hash();
  void update(Bytes data) noexcept;
  /// The digest of all that was given; the hash itself goes on unchanged.
  [[nodiscard]] Digest digest() const noexcept;
  [[nodiscard]] const HashImpl& impl() const noexcept { return *impl_; }

 private:
  friend class HmacKey;
  /// Goes on from a chaining value that has taken in one block.
  Hash(const HashImpl& impl, const std::array<std::uint64_t, 8>& h) noexcept
      : impl_(&impl), h_(h), length_(impl.block_size) {}
  /// The chaining value at the end of all that was given.
  void end(std::array<std::uint64_t, 8>& h) const noexcept;
  /// Bytes of the buffer that wait for a whole block.
  [[nodiscard]] std::size_t held() const noexcept {
    return static_cast<std::size_t>(length_) & (impl_->block_size - 1);
  }

  const HashImpl* impl_;
  std::array<std::uint64_t, 8> h_;
  std::uint64_t length_ = 0;                        // bytes so far
  std::array<std::uint8_t, kMaxHashBlock> buffer_;  // filled as far as held() says
};

/// The digest of one string.
[[nodiscard]] Digest hash(const HashImpl& impl, Bytes data) noexcept;

/// An HMAC key (RFC 2104) as two midstates: each use costs two compressions less than the textbook. Wiped when it goes.
class HmacKey {
 public:
  HmacKey(const HashImpl& impl, Bytes key) noexcept;
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;
  ~HmacKey();
  /// The inner hash, to be updated and given to finish().
  [[nodiscard]] Hash begin() const noexcept { return {*impl_, inner_}; }
  [[nodiscard]] Digest finish(const Hash& inner) const noexcept;
  [[nodiscard]] Digest mac(Bytes data) const noexcept;
  [[nodiscard]] const HashImpl& impl() const noexcept { return *impl_; }

 private:
  const HashImpl* impl_;
  std::array<std::uint64_t, 8> inner_, outer_;  // chaining values behind the pads
};

}  // namespace tls::crypto
