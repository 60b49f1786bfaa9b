#include "crypto/hash.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tls/secret.h"

namespace tls::crypto {
namespace {

/// Bytes of one word of the chaining value.
std::size_t word_size(const HashImpl& impl) noexcept { return impl.block_size / 16; }

/// `value` on the right of `width` (4 or 8) bytes, big-endian.
void store_big_endian(std::uint8_t* out, std::uint64_t value, std::size_t width) noexcept {
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value) >> (64 - 8 * width);
  if constexpr (std::endian::native == std::endian::big) value <<= 64 - 8 * width;
  std::memcpy(out, &value, width);
}

/// wipe(), inline: a short hash is over in a hundred cycles, and calls or `rep stos` would be felt.
template <class T>
void wipe_object(T& object) noexcept {
  constexpr std::array<std::uint64_t, 2> kZeros{};  // as much as a vector holds everywhere
  static_assert(sizeof(T) % sizeof kZeros == 0);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(&object);
  for (std::size_t i = 0; i < sizeof(T); i += sizeof kZeros) {
    std::memcpy(bytes + i, kZeros.data(), sizeof kZeros);
    asm volatile("" : : "r"(bytes) : "memory");  // the compiler must not think that nobody looks, nor see a memset
  }
}

/// The digest of what is in `h` and then `rest`, less than a block; `length` bytes in all.
/// FIPS 180-4 §5.1: a one bit, zeros, and the length in bits as a number of two words at the end of the last block.
Digest last_blocks(const HashImpl& impl, std::array<std::uint64_t, 8> h, Bytes rest, std::uint64_t length) noexcept {
  const std::size_t block = impl.block_size, word = word_size(impl);
  const std::size_t blocks = rest.size() + 1 + 2 * word > block ? 2 : 1;
  std::array<std::uint8_t, 2 * kMaxHashBlock> tail;  // filled as far as it is used
  if (!rest.empty()) std::memcpy(tail.data(), rest.data(), rest.size());
  tail[rest.size()] = 0x80;
  std::memset(tail.data() + rest.size() + 1, 0, blocks * block - rest.size() - 1);
  store_big_endian(tail.data() + blocks * block - 8, length * 8, 8);  // 2^61 bytes are more than anybody hashes
  impl.compress(h.data(), tail.data(), blocks);

  Digest out;
  const MutableBytes bytes = out.fill(impl.digest_size);
  for (std::size_t i = 0; i * word < bytes.size(); ++i) store_big_endian(bytes.data() + i * word, h[i], word);
  wipe_object(tail);
  wipe_object(h);
  return out;
}

}  // namespace

Digest::Digest(Bytes b) noexcept : size_(std::min(b.size(), kMaxDigest)) {
  std::copy_n(b.begin(), size_, data_.begin());
}

Digest::~Digest() { wipe_object(data_); }

Hash::Hash(const HashImpl& impl) noexcept : impl_(&impl), h_(impl.initial) { wipe_object(buffer_); }

Hash::~Hash() {
  wipe_object(h_);
  wipe_object(buffer_);
}

void Hash::update(Bytes data) noexcept {
  const std::size_t block = impl_->block_size;
  const std::size_t held = static_cast<std::size_t>(length_ % block);
  length_ += data.size();
  if (held != 0) {
    const std::size_t taken = std::min(block - held, data.size());
    std::copy_n(data.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(held));
    data = data.subspan(taken);
    if (held + taken < block) return;
    impl_->compress(h_.data(), buffer_.data(), 1);
  }
  if (const std::size_t blocks = data.size() / block; blocks != 0) {
    impl_->compress(h_.data(), data.data(), blocks);
    data = data.subspan(blocks * block);
  }
  std::copy(data.begin(), data.end(), buffer_.begin());
}

Digest Hash::digest() const noexcept {
  return last_blocks(*impl_, h_, Bytes(buffer_).first(static_cast<std::size_t>(length_ % impl_->block_size)), length_);
}

/// Without a Hash and its buffer, for a string that is all there.
Digest hash(const HashImpl& impl, Bytes data) noexcept {
  std::array<std::uint64_t, 8> h = impl.initial;
  const std::size_t blocks = data.size() / impl.block_size;
  if (blocks != 0) impl.compress(h.data(), data.data(), blocks);
  Digest out = last_blocks(impl, h, data.subspan(blocks * impl.block_size), data.size());
  wipe_object(h);
  return out;
}

// RFC 2104 §2: a key longer than a block is hashed first; the pads are 0x36 and 0x5C.
HmacKey::HmacKey(const HashImpl& impl, Bytes key) noexcept : inner_(impl), outer_(impl) {
  std::array<std::uint8_t, kMaxHashBlock> pad{};
  const MutableBytes block(pad.data(), impl.block_size);
  if (key.size() > block.size()) {
    const Digest digest = hash(impl, key);
    std::ranges::copy(digest.bytes(), block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  for (std::uint8_t& b : block) b ^= 0x36;
  inner_.update(block);
  for (std::uint8_t& b : block) b ^= 0x36 ^ 0x5C;
  outer_.update(block);
  wipe_object(pad);
}

Digest HmacKey::finish(const Hash& inner) const noexcept {
  const Digest digest = inner.digest();
  Hash outer = outer_;
  outer.update(digest.bytes());
  return outer.digest();
}

Digest HmacKey::mac(Bytes data) const noexcept {
  Hash inner = inner_;
  inner.update(data);
  return finish(inner);
}

}  // namespace tls::crypto
