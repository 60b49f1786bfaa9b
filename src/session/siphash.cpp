#include "session/siphash.h"

#include <bit>

namespace tls::session {
namespace {

std::uint64_t little_endian(Bytes bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = (word << 8) | bytes[i];
  return word;
}

class SipState {
 public:
  SipState(const SipKey& key, std::uint64_t tweak) noexcept {
    const std::uint64_t k0 = little_endian(Bytes(key).first(8)), k1 = little_endian(Bytes(key).last(8));
    v0_ = k0 ^ 0x736f6d6570736575;
    v1_ = k1 ^ 0x646f72616e646f6d ^ tweak;
    v2_ = k0 ^ 0x6c7967656e657261;
    v3_ = k1 ^ 0x7465646279746573;
  }

  void absorb(Bytes message) noexcept {
    const std::uint64_t length = message.size();
    for (; message.size() >= 8; message = message.subspan(8)) absorb(little_endian(message.first(8)));
    absorb((length << 56) | little_endian(message));
  }

  std::uint64_t finish(std::uint64_t tweak) noexcept {
    v2_ ^= tweak;
    return squeeze();
  }
  std::uint64_t finish_second() noexcept {
    v1_ ^= 0xdd;
    return squeeze();
  }

 private:
  void absorb(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }
  std::uint64_t squeeze() noexcept {
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }
  void round() noexcept {
    v0_ += v1_, v1_ = std::rotl(v1_, 13) ^ v0_, v0_ = std::rotl(v0_, 32);
    v2_ += v3_, v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_, v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_, v1_ = std::rotl(v1_, 17) ^ v2_, v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

constexpr std::uint64_t kShort = 0xff, kLong = 0xee;  // which of the two is computed

}  // namespace

std::uint64_t siphash64(const SipKey& key, Bytes message) noexcept {
  SipState state(key, 0);
  state.absorb(message);
  return state.finish(kShort);
}

std::array<std::uint64_t, 2> siphash128(const SipKey& key, Bytes message) noexcept {
  SipState state(key, kLong);
  state.absorb(message);
  const std::uint64_t first = state.finish(kLong);
  return {first, state.finish_second()};
}

}  // namespace tls::session
