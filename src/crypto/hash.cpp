#include "crypto/hash.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tls/secret.h"

namespace tls::crypto {
namespace {

/// Bytes of one word of the chaining value: 4 or 8.
std::size_t word_size(const HashImpl& impl) noexcept { return impl.block_size / 16; }

/// Sixteen bytes as two words of eight, as the bytes stand in memory.
using Pair [[gnu::vector_size(16)]] = std::uint64_t;

/// Stores 16 bytes at once. Kernels load as much at once, and a load that needs two stores waits until both have left
/// for the cache, which is after all that comes before them: a third of a short hash.
inline void store(std::uint8_t* out, std::uint64_t first, std::uint64_t second) noexcept {
  Pair pair = {first, second};
#if defined(__x86_64__)
  asm("" : "+x"(pair));  // else the compiler may store the halves
#elif defined(__aarch64__)
  asm("" : "+w"(pair));
#endif
  std::memcpy(out, &pair, sizeof pair);
}

/// `value` as the word whose bytes in memory are those of the number, the highest (or lowest) first.
constexpr std::uint64_t big_endian(std::uint64_t value) noexcept {
  return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}
constexpr std::uint64_t little_endian(std::uint64_t value) noexcept {
  return std::endian::native == std::endian::little ? value : std::byteswap(value);
}

/// The bytes of a Word as a number, the lowest first.
template <class Word>
std::uint64_t load(const std::uint8_t* p) noexcept {
  Word word;
  std::memcpy(&word, p, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return word;
}
/// `size` bytes, at most 7, as a number, the lowest first: words that overlap.
std::uint64_t load_few(const std::uint8_t* p, std::size_t size) noexcept {
  if (size >= 4) return load<std::uint32_t>(p) | load<std::uint32_t>(p + size - 4) << 8 * (size - 4);
  if (size == 0) return 0;
  const std::size_t middle = size / 2, last = size - 1;
  return std::uint64_t{p[0]} | std::uint64_t{p[middle]} << 8 * middle | std::uint64_t{p[last]} << 8 * last;
}

/// wipe(), inline: a short hash is over in a hundred cycles, and calls or `rep stos` would be felt. `size` is a
/// multiple of 16.
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

/// FIPS 180-4 §5.1: a one bit behind the last bytes of a message, zeros, and the length in bits as a number of two
/// words at the end of the `size` bytes of `tail`, whole blocks. From `last` come those of its `waiting` bytes that
/// fill no 16; the others stand in `tail` already.
void pad(std::uint8_t* tail, std::size_t size, const std::uint8_t* last, std::size_t waiting,
         std::uint64_t length) noexcept {
  const std::size_t few = waiting % 16, at = waiting - few, end = size - 16;
  std::uint64_t first = 0, second = 0;
  if (few < 8) {
    first = load_few(last + at, few) | std::uint64_t{0x80} << 8 * few;
  } else {
    first = load<std::uint64_t>(last + at);
    second = load_few(last + at + 8, few - 8) | std::uint64_t{0x80} << 8 * (few - 8);
  }
  first = little_endian(first);
  if (at < end) {
    store(tail + at, first, little_endian(second));
    wipe_here(tail + at + 16, end - at - 16);
    first = 0;
  }
  store(tail + end, first, big_endian(length * 8));  // 2^61 bytes are more than anybody hashes
}

/// Takes in the `waiting` bytes at `last`, less than a block, that end a message of `length` bytes.
void end_with(const HashImpl& impl, std::array<std::uint64_t, 8>& h, const std::uint8_t* last, std::size_t waiting,
              std::uint64_t length) noexcept {
  std::array<std::uint8_t, 2 * kMaxHashBlock> tail;  // a block or two, filled as far as it is used
  const std::size_t blocks = waiting + 1 + 2 * word_size(impl) > impl.block_size ? 2 : 1;
  for (std::size_t i = 0; i + 16 <= waiting; i += 16) std::memcpy(tail.data() + i, last + i, 16);
  pad(tail.data(), blocks * impl.block_size, last, waiting, length);
  impl.compress(h.data(), tail.data(), blocks);
  wipe_here(tail.data(), blocks * impl.block_size);
}

/// Takes in all of `data`, the rest of a message of which whole blocks, `before` bytes, are in `h`. Without a Hash:
/// nothing waits in a buffer.
[[gnu::always_inline]] inline void take_in(const HashImpl& impl, std::array<std::uint64_t, 8>& h, Bytes data,
                                           std::uint64_t before) noexcept {
  const std::size_t waiting = data.size() & (impl.block_size - 1), whole = data.size() - waiting;
  if (whole != 0) impl.compress(h.data(), data.data(), whole / impl.block_size);
  end_with(impl, h, data.data() + whole, waiting, before + data.size());
}

/// Changes every byte of `block` by `mask`, 16 at once for the same reason as store().
void exclusive_or(MutableBytes block, std::uint8_t mask) noexcept {
  const std::uint64_t masks = mask * std::uint64_t{0x0101010101010101};
  for (std::size_t i = 0; i < block.size(); i += 16) {
    Pair pair;
    std::memcpy(&pair, block.data() + i, sizeof pair);
    pair ^= Pair{masks, masks};
    std::memcpy(block.data() + i, &pair, sizeof pair);
  }
}

/// The chaining value as the digest's bytes.
void store_digest(const HashImpl& impl, std::uint8_t* out, const std::array<std::uint64_t, 8>& h) noexcept {
  if (impl.block_size == 64) {
    const auto two = [&h](std::size_t i) { return big_endian(h[i] << 32 | h[i + 1]); };
    store(out, two(0), two(2)), store(out + 16, two(4), two(6));
  } else {
    for (std::size_t i = 0; i < 6; i += 2) store(out + 8 * i, big_endian(h[i]), big_endian(h[i + 1]));
  }
}

/// What the outer hash of an HMAC, `outer` behind its pad, makes of the inner, which ended with `h`. `h` is wiped. One
/// digest fits a block with its padding: one compression, and no Hash is made for it.
Digest hash_outer(const HashImpl& impl, const std::array<std::uint64_t, 8>& outer,
                  std::array<std::uint64_t, 8>& h) noexcept {
  std::array<std::uint8_t, kMaxHashBlock> block;  // filled as far as it is used
  store_digest(impl, block.data(), h);
  pad(block.data(), impl.block_size, block.data(), impl.digest_size, impl.block_size + impl.digest_size);
  h = outer;
  impl.compress(h.data(), block.data(), 1);
  Digest out;
  store_digest(impl, out.fill(impl.digest_size).data(), h);
  wipe_object(block);
  wipe_object(h);
  return out;
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
  h = h_;
  end_with(*impl_, h, buffer_.data(), held(), length_);
}

Digest Hash::digest() const noexcept {
  std::array<std::uint64_t, 8> h;
  end(h);
  Digest out;
  store_digest(*impl_, out.fill(impl_->digest_size).data(), h);
  wipe_object(h);
  return out;
}

Digest hash(const HashImpl& impl, Bytes data) noexcept {
  std::array<std::uint64_t, 8> h = impl.initial;
  take_in(impl, h, data, 0);
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
  exclusive_or(block, 0x36);
  impl.compress(inner_.data(), block.data(), 1);
  exclusive_or(block, 0x36 ^ 0x5C);
  impl.compress(outer_.data(), block.data(), 1);
  wipe_object(pad);
}

HmacKey::~HmacKey() {
  wipe_object(inner_);
  wipe_object(outer_);
}

Digest HmacKey::finish(const Hash& inner) const noexcept {
  std::array<std::uint64_t, 8> h;
  inner.end(h);
  return hash_outer(*impl_, outer_, h);
}

Digest HmacKey::mac(Bytes data) const noexcept {
  std::array<std::uint64_t, 8> h = inner_;
  take_in(*impl_, h, data, impl_->block_size);
  return hash_outer(*impl_, outer_, h);
}

}  // namespace tls::crypto
