#include "crypto/hash.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tls/secret.h"

namespace tls::crypto {
namespace {

/// Bytes of one word of the chaining value: 4 or 8.
std::size_t word_size(const HashImpl& impl) noexcept { return impl.block_size / 16; }

template <class Word>
void store_big_endian(std::uint8_t* out, std::uint64_t value) noexcept {
  auto word = static_cast<Word>(value);
  if constexpr (std::endian::native == std::endian::little) word = std::byteswap(word);
  std::memcpy(out, &word, sizeof word);
}

/// wipe(), inline: a short hash is over in a hundred cycles, and calls or `rep stos` would be felt. Up to 15
/// bytes behind `size` are overwritten, too, where it is no multiple of 16.
inline void wipe_here(void* memory, std::size_t size) noexcept {
  constexpr std::array<std::uint64_t, 2> kZeros{};  // as much as a vector holds everywhere
  auto* const bytes = static_cast<std::uint8_t*>(memory);
  for (std::size_t i = 0; i < size; i += sizeof kZeros) {
    std::memcpy(bytes + i, kZeros.data(), sizeof kZeros);
    asm volatile("" : : "r"(bytes) : "memory");  // the compiler must not think that nobody looks, nor see a memset
  }
}
template <class T>
void wipe_object(T& object) noexcept {
  static_assert(sizeof(T) % 16 == 0);
  wipe_here(&object, sizeof(T));
}

/// `memory` of one block, copied without a call of memcpy.
void copy_block(std::uint8_t* to, const std::uint8_t* from, std::size_t block) noexcept {
  std::memcpy(to, from, 64);
  if (block > 64) std::memcpy(to + 64, from + 64, 64);
}

/// Room behind a message's last bytes for padding that is written 16 bytes at a time.
constexpr std::size_t kSlack = 16;

/// FIPS 180-4 §5.1: a one bit behind the `waiting` bytes of `tail`, zeros, and the length in bits as a number of two
/// words at the end of the last of `blocks` blocks. kSlack bytes behind them are written, too.
void pad(const HashImpl& impl, std::uint8_t* tail, std::size_t waiting, std::size_t blocks,
         std::uint64_t length) noexcept {
  const std::size_t size = blocks * impl.block_size;
  tail[waiting] = 0x80;
  wipe_here(tail + waiting + 1, size - waiting - 1);
  store_big_endian<std::uint64_t>(tail + size - 8, length * 8);  // 2^61 bytes are more than anybody hashes
}

/// A block or two, with what waits for its end in front, and kSlack.
using Tail = std::array<std::uint8_t, 2 * kMaxHashBlock + kSlack>;

/// Takes in the last `waiting` bytes, less than a block, of a message of `length` bytes.
void end_with(const HashImpl& impl, std::array<std::uint64_t, 8>& h, Tail& tail, std::size_t waiting,
              std::uint64_t length) noexcept {
  const std::size_t blocks = waiting + 1 + 2 * word_size(impl) > impl.block_size ? 2 : 1;
  pad(impl, tail.data(), waiting, blocks, length);
  impl.compress(h.data(), tail.data(), blocks);
  wipe_here(tail.data(), blocks * impl.block_size);
}

/// The chaining value as the digest's bytes.
void store_digest(const HashImpl& impl, std::uint8_t* out, const std::array<std::uint64_t, 8>& h) noexcept {
  if (impl.block_size == 64) {
    for (std::size_t i = 0; i < 8; ++i) store_big_endian<std::uint32_t>(out + 4 * i, h[i]);
  } else {
    for (std::size_t i = 0; i < 6; ++i) store_big_endian<std::uint64_t>(out + 8 * i, h[i]);
  }
}

}  // namespace

Digest::Digest(Bytes b) noexcept : size_(std::min(b.size(), kMaxDigest)) {
  std::copy_n(b.begin(), size_, data_.begin());
}

Digest::~Digest() { wipe_object(data_); }

Hash::Hash(const Hash& o) noexcept : impl_(o.impl_), h_(o.h_), length_(o.length_) {
  if (held() != 0) copy_block(buffer_.data(), o.buffer_.data(), impl_->block_size);
}

Hash& Hash::operator=(const Hash& o) noexcept {
  impl_ = o.impl_, h_ = o.h_, length_ = o.length_;
  if (this != &o && held() != 0) copy_block(buffer_.data(), o.buffer_.data(), impl_->block_size);
  return *this;
}

Hash::~Hash() {
  wipe_object(h_);
  wipe_here(buffer_.data(), impl_->block_size);
}

void Hash::update(Bytes data) noexcept {
  const std::size_t block = impl_->block_size;
  const std::size_t waiting = held();
  length_ += data.size();
  if (waiting != 0) {
    const std::size_t taken = std::min(block - waiting, data.size());
    std::copy_n(data.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(waiting));
    data = data.subspan(taken);
    if (waiting + taken < block) return;
    impl_->compress(h_.data(), buffer_.data(), 1);
  }
  if (data.size() >= block) {
    const std::size_t whole = data.size() & ~(block - 1);
    impl_->compress(h_.data(), data.data(), whole / block);
    data = data.subspan(whole);
  }
  std::copy(data.begin(), data.end(), buffer_.begin());
}

void Hash::end(std::array<std::uint64_t, 8>& h) const noexcept {
  Tail tail;  // filled as far as it is used
  if (held() != 0) copy_block(tail.data(), buffer_.data(), impl_->block_size);
  h = h_;
  end_with(*impl_, h, tail, held(), length_);
}

Digest Hash::digest() const noexcept {
  std::array<std::uint64_t, 8> h;
  end(h);
  Digest out;
  store_digest(*impl_, out.fill(impl_->digest_size).data(), h);
  wipe_object(h);
  return out;
}

// Without a Hash: nothing waits in a buffer.
Digest hash(const HashImpl& impl, Bytes data) noexcept {
  std::array<std::uint64_t, 8> h = impl.initial;
  const std::size_t waiting = data.size() & (impl.block_size - 1), whole = data.size() - waiting;
  if (whole != 0) impl.compress(h.data(), data.data(), whole / impl.block_size);
  Tail tail;  // filled as far as it is used
  if (waiting != 0) std::memcpy(tail.data(), data.data() + whole, waiting);
  end_with(impl, h, tail, waiting, data.size());
  Digest out;
  store_digest(impl, out.fill(impl.digest_size).data(), h);
  wipe_object(h);
  return out;
}

// RFC 2104 §2: a key longer than a block is hashed first; the pads are 0x36 and 0x5C.
HmacKey::HmacKey(const HashImpl& impl, Bytes key) noexcept : impl_(&impl), inner_(impl.initial), outer_(impl.initial) {
  std::array<std::uint8_t, kMaxHashBlock> pad{};
  const MutableBytes block(pad.data(), impl.block_size);
  if (key.size() > block.size()) {
    const Digest digest = hash(impl, key);
    std::ranges::copy(digest.bytes(), block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  for (std::uint8_t& b : block) b ^= 0x36;
  impl.compress(inner_.data(), block.data(), 1);
  for (std::uint8_t& b : block) b ^= 0x36 ^ 0x5C;
  impl.compress(outer_.data(), block.data(), 1);
  wipe_object(pad);
}

HmacKey::~HmacKey() {
  wipe_object(inner_);
  wipe_object(outer_);
}

// The outer hash takes in one digest, which fits a block with its padding: one compression, and no Hash is made for it.
Digest HmacKey::finish(const Hash& inner) const noexcept {
  std::array<std::uint64_t, 8> h;
  std::array<std::uint8_t, kMaxHashBlock + kSlack> block;  // filled as far as it is used
  inner.end(h);
  store_digest(*impl_, block.data(), h);
  pad(*impl_, block.data(), impl_->digest_size, 1, impl_->block_size + impl_->digest_size);
  h = outer_;
  impl_->compress(h.data(), block.data(), 1);
  Digest out;
  store_digest(*impl_, out.fill(impl_->digest_size).data(), h);
  wipe_object(block);
  wipe_object(h);
  return out;
}

Digest HmacKey::mac(Bytes data) const noexcept {
  Hash inner = begin();
  inner.update(data);
  return finish(inner);
}

}  // namespace tls::crypto
