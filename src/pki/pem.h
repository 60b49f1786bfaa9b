// PEM (RFC 7468): what certificates and keys come in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/secret.h"

namespace tls::pki {

/// One encapsulated object. May be a private key: wiped when it goes, and move-only.
struct PemBlock {
  std::string label;              ///< "CERTIFICATE"
  bool encrypted = false;         ///< has a "Proc-Type: 4,ENCRYPTED" header
  std::vector<std::uint8_t> der;  ///< empty when encrypted

  PemBlock() = default;
  PemBlock(PemBlock&&) noexcept = default;
  PemBlock& operator=(PemBlock&&) noexcept = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() { wipe(der); }
};

/// All blocks of `text`, in order; text around them is skipped. At most limits::kMaxPem bytes. Fails with bad_key_file
/// when a block is not ended, is not base64, or there is none.
[[nodiscard]] Result<std::vector<PemBlock>> parse_pem(std::string_view text);

/// DER as PEM with 64 characters a line.
[[nodiscard]] std::string to_pem(std::string_view label, Bytes der);

}  // namespace tls::pki
