// OCSP responses (RFC 6960 §4.2.1), parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// Which certificate a SingleResponse is about: CertID (RFC 6960 §4.1.1).
struct CertId {
  enum class Hash : std::uint8_t { sha1, sha256, other };
  Hash hash = Hash::other;
  Bytes issuer_name_hash, issuer_key_hash;
  Bytes serial;  ///< contents octets of the INTEGER
};

enum class RevocationStatus : std::uint8_t { good, revoked, unknown };

/// What a response says of one certificate. Seconds since 1970.
struct SingleResponse {
  CertId id;
  RevocationStatus status = RevocationStatus::unknown;
  std::int64_t revoked_at = 0;         ///< revoked
  std::optional<std::uint8_t> reason;  ///< CRLReason (RFC 5280 §5.3.1), where the responder tells
  std::int64_t this_update = 0;
  std::optional<std::int64_t> next_update;
};

/// A successful response of the type id-pkix-ocsp-basic. All spans point into the DER that was parsed, which must
/// outlive this.
struct OcspResponse {
  Bytes signed_data;     ///< ResponseData, the whole SEQUENCE: what is signed
  Bytes responder_name;  ///< Name, the whole SEQUENCE; empty: the responder is named by its key
  Bytes responder_key;   ///< SHA-1 of the responder's public key; empty: it is named by its name
  std::int64_t produced_at = 0;
  std::vector<SingleResponse> responses;  ///< at least one
  Bytes signature_identifier;             ///< contents octets of the AlgorithmIdentifier
  Bytes signature;                        ///< the BIT STRING's octets
  std::vector<Bytes> certificates;        ///< DER, not parsed: the first limits::kMaxResponderCertificates
};

/// Parses strictly: DER, nothing left over, no unknown critical extension. Fails with bad_staple: the detail tells what
/// is wrong, or which status other than `successful` the responder gave. Cost is linear in the size; at most
/// limits::kMaxOcspResponse bytes and limits::kMaxSingleResponses entries are read.
[[nodiscard]] Result<OcspResponse> parse_ocsp_response(Bytes der);

/// The name that RFC 5280 §5.3.1 gives a CRLReason, or "reason N".
[[nodiscard]] std::string reason_name(std::uint8_t reason);

}  // namespace tls::pki
