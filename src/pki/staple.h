// The verdict on a stapled OCSP response: whether it says that a certificate is good, and who says so.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/signature.h"
#include "pki/certificate.h"
#include "pki/moment.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// A response that calls the certificate good. Seconds since 1970.
struct GoodStaple {
  std::int64_t produced_at = 0, this_update = 0;
  std::optional<std::int64_t> next_update;
  std::int64_t until = 0;            ///< until when it counts: nextUpdate, or as long as one without counts
  bool unchecked_responder = false;  ///< signed by a delegate without id-pkix-ocsp-nocheck, whose revocation nobody
                                     ///< has looked at
};

/// Judges what `response` (an OCSPResponse in DER) says of `certificate`, which `issuer` has issued. `issuer_key` is
/// the issuer's key where it is at hand, else null: it is made from the certificate. `now` is wall time.
///
/// The response counts when it tells of that very certificate (CertID by SHA-1 or SHA-256), is current (thisUpdate and
/// producedAt are not in the future; nextUpdate, or thisUpdate and limits::kMaxOcspAge, not in the past; both by
/// limits::kOcspClockSkew) and is signed by the issuer, or by a delegate that the issuer itself has certified for
/// id-kp-OCSPSigning and that is valid now (RFC 6960 §4.2.2.2), with an algorithm that certificates may have. Of
/// several entries only those about the certificate count, and all of them must call it good.
///
/// Fails with certificate_revoked, whose detail tells since when and why, and with bad_staple in all other cases:
/// malformed, an error of the responder, another certificate, too old, forged, or unknown to the responder. Verifies at
/// most 2 * limits::kMaxResponderCertificates signatures; all else is linear in the size.
[[nodiscard]] Result<GoodStaple> judge_staple(Bytes response, const Certificate& certificate, const Certificate& issuer,
                                              const crypto::PublicKey* issuer_key, const Moment& now);

/// The same question of somebody who may staple the response, or keep it: what it says, good or revoked, where it
/// counts as above. Of several entries about the certificate the worst counts. A revocation is news as long as it is
/// current.
struct StapleAnswer {
  GoodStaple facts;  ///< of the entry that ends first, whatever it says
  bool revoked = false;
  std::int64_t revoked_at = 0;         ///< revoked
  std::optional<std::uint8_t> reason;  ///< CRLReason
};
[[nodiscard]] Result<StapleAnswer> read_staple(Bytes response, const Certificate& certificate,
                                               const Certificate& issuer, const Moment& now);

}  // namespace tls::pki
