#include "session/state.h"

#include <algorithm>

#include "base/limits.h"
#include "base/reader.h"
#include "session/packer.h"

namespace tls::session {
namespace {

constexpr std::uint8_t kFormat = 2;  // of what follows; a state of another format is unknown
constexpr unsigned kExtended = 1, kCertified = 2, k13 = 4, kNoted = 8;  // flags

constexpr std::size_t kFixed =
    1 + 1 + 2 + 1 + 8 + 4 + 8 + 16;  // format, flags, suite, length of secret, times, binding
constexpr std::size_t kOf13 = 4 + 4 + 16 + 8 + 8;
static_assert(kFixed + ResumptionKey::kMax + kOf13 <= SessionState::kMax);

std::uint64_t count(Clock::Milliseconds t) { return static_cast<std::uint64_t>(t.count()); }
Clock::Milliseconds time(std::uint64_t v) { return Clock::Milliseconds(static_cast<std::int64_t>(v)); }

template <std::size_t N>
void take_into(Reader& in, std::array<std::uint8_t, N>& to) {
  const Bytes taken = in.take(N);
  std::ranges::copy(taken, to.begin());
}

}  // namespace

Fingerprint fingerprint(const crypto::HashImpl& sha256, std::initializer_list<Bytes> parts) noexcept {
  crypto::Hash hash(sha256);
  for (Bytes part : parts) {
    const std::uint8_t length[] = {static_cast<std::uint8_t>(part.size() >> 24),
                                   static_cast<std::uint8_t>(part.size() >> 16),
                                   static_cast<std::uint8_t>(part.size() >> 8), static_cast<std::uint8_t>(part.size())};
    hash.update(length);
    hash.update(part);
  }
  const crypto::Digest digest = hash.digest();
  Fingerprint out;
  std::copy_n(digest.bytes().begin(), out.size(), out.begin());
  return out;
}

bool State::expired(Clock::Milliseconds now) const noexcept {
  return now + limits::kMaxClockDifference < issued || now >= issued + lifetime ||
         now >= authenticated + limits::kMaxSessionLifetime || now >= not_after();
}

Clock::Milliseconds State::age(Clock::Milliseconds now) const noexcept {
  return std::max(now - issued, Clock::Milliseconds(0));
}

SessionState State::encode() const {
  const bool is13 = version == ProtocolVersion::tls13;
  SessionState state;
  state.note(notes);
  Packer out(state.fill(kFixed + secret.size() + (is13 ? kOf13 : 0)));
  out.number(kFormat, 1);
  out.number((extended_main_secret ? kExtended : 0) | (has_certificate() ? kCertified : 0) | (is13 ? k13 : 0) |
                 (notes ? kNoted : 0),
             1);
  out.number(static_cast<std::uint16_t>(suite), 2);
  out.vector(secret.expose(), 1);
  out.number(count(issued), 8);
  out.number(static_cast<std::uint64_t>(lifetime.count()), 4);
  out.number(count(authenticated), 8);
  out.bytes(binding);
  if (!is13) return state;
  out.number(age_add, 4);
  out.number(max_early_data, 4);
  out.bytes(alpn);
  out.number(stamp.epoch, 8);
  out.number(count(stamp.time), 8);
  return state;
}

std::optional<State> State::decode(const SessionState& state) {
  Reader in(state.expose());
  State s;
  s.notes = state.notes();
  if (in.u8() != kFormat) return std::nullopt;
  const std::uint8_t flags = in.u8();
  if ((flags & ~(kExtended | kCertified | k13 | kNoted)) != 0) return std::nullopt;
  // A store that has lost the notes must not make somebody else of a client.
  if (((flags & kNoted) != 0) != (s.notes != nullptr) || ((flags & kCertified) != 0) != s.has_certificate())
    return std::nullopt;
  s.extended_main_secret = (flags & kExtended) != 0;
  s.version = (flags & k13) != 0 ? ProtocolVersion::tls13 : ProtocolVersion::tls12;
  s.suite = static_cast<CipherSuite>(in.u16());
  const Bytes secret = in.vector8(32, ResumptionKey::kMax);
  s.secret = ResumptionKey(secret);
  s.issued = time(in.u64());
  s.lifetime = std::chrono::seconds(in.u32());
  s.authenticated = time(in.u64());
  take_into(in, s.binding);
  if (s.version == ProtocolVersion::tls13) {
    s.age_add = in.u32();
    s.max_early_data = in.u32();
    take_into(in, s.alpn);
    s.stamp.epoch = in.u64();
    s.stamp.time = time(in.u64());
  }
  if (!in.done()) return std::nullopt;
  return s;
}

}  // namespace tls::session
