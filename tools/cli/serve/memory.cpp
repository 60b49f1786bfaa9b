#include "cli/serve/memory.h"

#include <algorithm>
#include <array>
#include <limits>

#include "cli/serve/visit.h"

namespace sallyport::cli {
namespace {

constexpr std::array<std::uint8_t, 2> kMark = {'S', 1};  // whose notes they are, and their version
constexpr std::size_t kLength = kMark.size() + 4 * sizeof(std::uint32_t);

void put(std::vector<std::uint8_t>& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t get(tls::Bytes bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.first(4)) value = value << 8 | byte;
  return value;
}

template <class Number>
std::uint32_t clamped(Number value) {
  return static_cast<std::uint32_t>(std::min<Number>(value, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

std::optional<Memory> Memory::parse(tls::Bytes bytes) {
  if (bytes.size() != kLength || !std::ranges::equal(bytes.first(kMark.size()), kMark)) return std::nullopt;
  const tls::Bytes numbers = bytes.subspan(kMark.size());
  return Memory{get(numbers), get(numbers.subspan(4)), get(numbers.subspan(8)), get(numbers.subspan(12))};
}

std::vector<std::uint8_t> Memory::encoded() const {
  std::vector<std::uint8_t> out(kMark.begin(), kMark.end());
  for (const std::uint32_t number : {connections, bytes_in, bytes_out, microseconds}) put(out, number);
  return out;
}

tls::SessionData remember() {
  return [](const tls::ConnectionInfo& info) -> std::vector<std::uint8_t> {
    if (info.resumed != tls::Resumption::none) {
      auto before = Memory::parse(info.session_data);
      if (!before) return info.session_data;
      before->connections = clamped(std::uint64_t{before->connections} + 1);
      return before->encoded();
    }
    const Visit* const visit = Visit::current();
    if (visit == nullptr) return {};
    const Effort effort = visit->effort();
    return Memory{1, clamped(effort.bytes_in), clamped(effort.bytes_out), clamped(effort.ms * 1000)}.encoded();
  };
}

}  // namespace sallyport::cli
