// One ticket key, and the tickets that are sealed under it.
//
//   ticket = name (16) | salt (24, random) | AES-256-GCM(key = HMAC-SHA256(seal key, salt), nonce = 0, AAD = name |
//   salt,
//            length of the state (1) | state | zeros up to 192 bytes | notes) | tag (16)
//   notes  = nothing, or length (2) | notes | zeros up to a multiple of 512 bytes
//
// Each ticket has its own AEAD key, which is derived from its salt. A random 96-bit nonce under one key would repeat
// too soon for a fleet: NIST SP 800-38D §8.3 allows 2^32 tickets per key. Here, among 2^48 tickets under one ticket
// key, two have the same salt with a probability below 2^-96. Servers also need no counters to avoid using the same
// nonce. The cost is an HMAC from a stored midstate and an AES key schedule, which take less than half a microsecond.
//
// The algorithm is AES-256-GCM whatever the CPU prefers, because the servers of a fleet must agree. Without notes, the
// size is constant, so a ticket does not reveal what kind of session it holds. With notes, it reveals their length, in
// steps of 512 bytes. The name is derived from the key. It reveals which key sealed the ticket, and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "session/notes.h"
#include "tls/session.h"

namespace tls::session {

/// The implementations that seal tickets. They are looked up once per ring.
struct TicketCrypto {
  const crypto::HashImpl* sha256;
  const crypto::AeadImpl* aes_256_gcm;
  static TicketCrypto best();
};

inline constexpr std::size_t kTicketName = 16, kTicketSalt = 24;
inline constexpr std::size_t kTicketPlain = 1 + SessionState::kMax;
inline constexpr std::size_t kTicket = kTicketName + kTicketSalt + kTicketPlain + crypto::kAeadTag;
inline constexpr std::size_t kTicketStep = 512;  // step by which notes make a ticket longer
inline constexpr std::size_t kNotesLength = 2;   // bytes in front of the notes
inline constexpr std::size_t kMaxSealed =
    kTicket + (kNotesLength + kMaxNotes + kTicketStep - 1) / kTicketStep * kTicketStep;
static_assert(kMaxNotes <= 0xFFFF && kMaxSealed <= 0xFFFF);
/// Returns true if seal() can make tickets of this size.
[[nodiscard]] constexpr bool is_ticket_size(std::size_t n) noexcept {
  return n >= kTicket && n <= kMaxSealed && (n - kTicket) % kTicketStep == 0;
}
using TicketName = std::array<std::uint8_t, kTicketName>;

/// Fails if `secret` is not acceptable as a key or ticket master: shorter than limits::kMinTicketSecret, longer than
/// limits::kMaxTicketSecret, or one byte repeated. The error says why. `what` names the secret.
[[nodiscard]] Result<void> check_ticket_secret(Bytes secret, std::string_view what);

/// Holds secrets, so it lives in locked memory only. Copies share nothing.
class TicketKey {
 public:
  TicketKey(const TicketCrypto& crypto, Bytes key) noexcept;
  [[nodiscard]] const TicketName& name() const noexcept { return name_; }
  [[nodiscard]] std::vector<std::uint8_t> seal(const TicketCrypto& crypto, const SessionState& state,
                                               Random& random) const;
  /// Returns no value if `ticket` was not sealed under this key, or was changed.
  [[nodiscard]] std::optional<SessionState> open(const TicketCrypto& crypto, Bytes ticket) const;

 private:
  crypto::HmacKey seal_;
  TicketName name_{};
};

}  // namespace tls::session
