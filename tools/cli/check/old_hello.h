// ClientHellos that Sallyport itself would not send: of versions before TLS 1.2, and with weak suites alone. Enough to
// see whether a server would go on with them; the handshake ends there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tls/bytes.h"
#include "tls/environment.h"

namespace sallyport::cli::check {

/// What a server is offered: a version, or TLS 1.2 with one kind of suite alone. Every suite of the kind that IANA has
/// registered is offered, but for those with a PSK, SRP or Kerberos, which are nothing without their secrets.
enum class OldOffer : std::uint8_t {
  tls10,
  tls11,
  forbidden,           ///< RFC 9325 §4.1, MUST NOT: NULL, RC4, export, DES, RC2; and anonymous
  no_forward_secrecy,  ///< §4.1, SHOULD NOT: RSA key exchange, static DH and ECDH
  broken_cipher,       ///< §4.1, SHOULD NOT: 3DES and IDEA, whose blocks have 64 bits
  finite_field,        ///< §4.1, SHOULD NOT: DHE
  cbc,                 ///< §4.2, SHOULD NOT: ECDHE with CBC and without encrypt_then_mac; and tags of 64 bits (CCM_8)
};
inline constexpr OldOffer kOldOffers[] = {
    OldOffer::tls10,         OldOffer::tls11,        OldOffer::forbidden, OldOffer::no_forward_secrecy,
    OldOffer::broken_cipher, OldOffer::finite_field, OldOffer::cbc};
/// The suites of an offer. Lives as long as the program.
[[nodiscard]] std::span<const std::uint16_t> suites_of(OldOffer offer);

/// The record with the ClientHello. `name`: a DNS name for server_name; empty: none.
[[nodiscard]] std::vector<std::uint8_t> old_hello(OldOffer offer, std::string_view name, tls::Random& random);

/// How a server has answered.
struct OldAnswer {
  bool complete = false;    ///< enough was read to tell
  bool accepted = false;    ///< it is a ServerHello with a version and a suite that were offered
  std::uint16_t suite = 0;  ///< accepted
};
/// Reads the beginning of what came. Warning alerts before a ServerHello, such as unrecognized_name (RFC 6066 §3), are
/// no refusal: kMostWarnings are skipped.
[[nodiscard]] OldAnswer read_old_answer(tls::Bytes answer, OldOffer offer);
inline constexpr std::size_t kMostWarnings = 4;
/// Bytes of an answer that are ever looked at.
inline constexpr std::size_t kMostOfAnswer = kMostWarnings * 7 + 5 + 4 + 2 + 32 + 1 + 32 + 2;

}  // namespace sallyport::cli::check
