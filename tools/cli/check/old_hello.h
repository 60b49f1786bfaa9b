// ClientHellos that Sallyport itself would not send: of versions before TLS 1.2, and with weak suites alone. Enough to
// see whether a server would go on with them; the handshake ends there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/bytes.h"
#include "tls/environment.h"

namespace sallyport::cli::check {

/// What a server is offered.
enum class OldOffer : std::uint8_t {
  tls10,
  tls11,
  no_forward_secrecy,  ///< TLS 1.2 with RSA key exchange alone
  broken_cipher,       ///< TLS 1.2 with RC4 or 3DES alone
  no_protection,       ///< TLS 1.2 with no encryption, with keys for export or DES, or with nobody's signature alone
};

/// The record with the ClientHello. `name`: a DNS name for server_name; empty: none.
[[nodiscard]] std::vector<std::uint8_t> old_hello(OldOffer offer, std::string_view name, tls::Random& random);

/// How a server has answered.
struct OldAnswer {
  bool complete = false;    ///< enough was read to tell
  bool accepted = false;    ///< it is a ServerHello with a version and a suite that were offered
  std::uint16_t suite = 0;  ///< accepted
};
/// Reads the beginning of what came.
[[nodiscard]] OldAnswer read_old_answer(tls::Bytes answer, OldOffer offer);
/// Bytes of an answer that are ever looked at.
inline constexpr std::size_t kMostOfAnswer = 5 + 4 + 2 + 32 + 1 + 32 + 2;

}  // namespace sallyport::cli::check
