// TCP streams out of a capture file (libpcap's format, Ethernet, IPv4 and IPv6), as far as tests need them.
#pragma once

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/writer.h"
#include "tls/bytes.h"

namespace tls::test {

/// One TCP connection: what was sent, in the order in which it can be read.
struct TcpStream {
  struct Piece {
    bool from_client = false;
    ByteVector bytes;
  };
  std::uint16_t client_port = 0, server_port = 0;  ///< the client is who sent the first packet
  std::vector<Piece> pieces;
};

namespace detail {

/// Puts the segments of one direction in order.
struct Direction {
  std::optional<std::uint32_t> next;
  std::map<std::uint32_t, ByteVector> early;

  template <class Emit>
  void take(std::uint32_t seq, bool syn, Bytes payload, Emit emit) {
    if (syn || !next) next = seq + (syn ? 1 : 0);
    if (payload.empty()) return;
    early[seq].assign(payload.begin(), payload.end());
    for (auto at = early.begin(); at != early.end();) {
      const auto behind = static_cast<std::int32_t>(*next - at->first);
      if (behind < 0) {
        ++at;
        continue;
      }
      const auto known = static_cast<std::size_t>(behind);
      if (known < at->second.size()) {
        emit(Bytes(at->second).subspan(known));
        *next = at->first + static_cast<std::uint32_t>(at->second.size());
      }
      at = early.erase(at);
    }
  }
};

inline std::uint32_t number(Bytes b, std::size_t at, std::size_t n) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < n; ++i) value = value << 8 | b[at + i];
  return value;
}

/// The TCP segment of an Ethernet frame, with a name for the two addresses; empty when it is something else.
inline Bytes tcp_of(Bytes frame, std::string& addresses) {
  if (frame.size() < 14 + 40) return {};
  const Bytes ip = frame.subspan(14);
  if (number(frame, 12, 2) == 0x0800 && ip[9] == 6) {
    addresses.assign(ip.begin() + 12, ip.begin() + 20);
    const std::size_t header = 4u * (ip[0] & 15), total = number(ip, 2, 2);
    return total >= header && total <= ip.size() ? ip.subspan(header, total - header) : Bytes{};
  }
  if (number(frame, 12, 2) == 0x86DD && ip[6] == 6) {
    addresses.assign(ip.begin() + 8, ip.begin() + 40);
    return ip.subspan(40, std::min<std::size_t>(number(ip, 4, 2), ip.size() - 40));
  }
  return {};
}

}  // namespace detail

/// The streams in the order of their first packets, as tshark numbers them. Empty when the file cannot be read.
inline std::vector<TcpStream> read_pcap(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const ByteVector file{std::istreambuf_iterator<char>(in), {}};
  const Bytes all(file);
  constexpr std::size_t kHeader = 24, kRecord = 16;
  std::vector<TcpStream> streams;
  std::map<std::string, std::size_t> known;
  std::vector<std::array<detail::Direction, 2>> order;
  for (std::size_t at = kHeader; at + kRecord <= file.size();) {
    const auto size =
        static_cast<std::size_t>(file[at + 8] | file[at + 9] << 8 | file[at + 10] << 16);  // little-endian
    const Bytes frame = all.subspan(at + kRecord, size);
    at += kRecord + size;
    std::string addresses;
    const Bytes tcp = detail::tcp_of(frame, addresses);
    if (tcp.size() < 20) continue;
    const auto source = static_cast<std::uint16_t>(detail::number(tcp, 0, 2));
    const auto target = static_cast<std::uint16_t>(detail::number(tcp, 2, 2));
    const std::string a = addresses.substr(0, addresses.size() / 2) + std::to_string(source);
    const std::string b = addresses.substr(addresses.size() / 2) + std::to_string(target);
    const auto [row, is_new] = known.emplace(std::min(a, b) + "|" + std::max(a, b), streams.size());
    if (is_new) {
      streams.push_back({source, target, {}});
      order.emplace_back();
    }
    TcpStream& stream = streams[row->second];
    const bool from_client = source == stream.client_port;
    order[row->second][from_client].take(
        detail::number(tcp, 4, 4), (tcp[13] & 2) != 0,
        tcp.subspan(std::min<std::size_t>(4u * (tcp[12] >> 4), tcp.size())),
        [&](Bytes b2) { stream.pieces.push_back({from_client, {b2.begin(), b2.end()}}); });
  }
  return streams;
}

}  // namespace tls::test
