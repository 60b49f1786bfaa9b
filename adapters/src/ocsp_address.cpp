#include "ocsp_address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace tls::ocsp {
namespace {

using Octets = std::span<const std::uint8_t>;

/// The first `bits` of an address.
struct Block {
  std::array<std::uint8_t, 16> start;
  unsigned bits;
};

bool lies_in(Octets address, const Block& block) {
  for (unsigned bit = 0; bit < block.bits; bit += 8) {
    const unsigned left = std::min(8u, block.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xFF00u >> left);
    if (((address[bit / 8] ^ block.start[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

// The IANA special-purpose registry of IPv4: all that is not "globally reachable", multicast and the reserved rest.
constexpr std::array kNotPublic4 = {
    Block{{0}, 8},              // "this network"
    Block{{10}, 8},             // private
    Block{{100, 64}, 10},       // shared: carrier-grade NAT
    Block{{127}, 8},            // loopback
    Block{{169, 254}, 16},      // link-local, and what clouds tell of themselves
    Block{{172, 16}, 12},       // private
    Block{{192, 0, 0}, 24},     // protocol assignments
    Block{{192, 0, 2}, 24},     // documentation
    Block{{192, 88, 99}, 24},   // 6to4 relays, deprecated
    Block{{192, 168}, 16},      // private
    Block{{198, 18}, 15},       // benchmarks
    Block{{198, 51, 100}, 24},  // documentation
    Block{{203, 0, 113}, 24},   // documentation
    Block{{224}, 3},            // multicast, reserved, broadcast
};

constexpr Block kGlobal6{{0x20}, 3};  // 2000::/3: the only global unicast block there is
constexpr std::array kNotPublic6 = {
    Block{{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo, ORCHID
    Block{{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    Block{{0x3F, 0xFF, 0x00}, 20},        // documentation
};
constexpr Block kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96};       // ::ffff:0:0/96
constexpr Block kNat64{{0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}, 96};  // 64:ff9b::/96 (RFC 6052)
constexpr Block kSixToFour{{0x20, 0x02}, 16};                                  // 2002::/16 (RFC 3056)

bool is_public4(Octets address) {
  return std::ranges::none_of(kNotPublic4, [&](const Block& block) { return lies_in(address, block); });
}

bool is_public6(Octets address) {
  if (lies_in(address, kMapped) || lies_in(address, kNat64)) return is_public4(address.subspan(12, 4));
  if (lies_in(address, kSixToFour)) return is_public4(address.subspan(2, 4));
  return lies_in(address, kGlobal6) &&
         std::ranges::none_of(kNotPublic6, [&](const Block& block) { return lies_in(address, block); });
}

}  // namespace

bool is_public(const std::string& address) noexcept {
  sockaddr_storage storage{};
  std::memcpy(&storage, address.data(), std::min(address.size(), sizeof storage));
  std::array<std::uint8_t, 16> octets{};
  if (storage.ss_family == AF_INET && address.size() >= sizeof(sockaddr_in)) {
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, 4);
    return is_public4(octets);
  }
  if (storage.ss_family == AF_INET6 && address.size() >= sizeof(sockaddr_in6)) {
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr, 16);
    return is_public6(octets);
  }
  return false;
}

}  // namespace tls::ocsp
