// OCSP for the holder of a certificate: the request to a responder, and whether its response may be stapled. There is
// no I/O in this header: the adapter sallyport::ocsp sends the request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/bytes.h"
#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/error.h"

namespace tls {

/// The OCSP request for the leaf of a credential, and the responders to send it to.
struct OcspQuestion {
  /// OCSPRequest in DER according to RFC 5019 §2.1: one certificate, CertID by SHA-1, no nonce, not signed. It is the
  /// same for the same leaf at all times.
  std::vector<std::uint8_t> request;
  std::vector<std::string> responders;        ///< the http:// URLs in the leaf (authorityInfoAccess), in its order
  std::vector<std::string> other_responders;  ///< the URLs with other schemes, which are not used
  bool must_staple = false;                   ///< clients reject the leaf without a staple (RFC 7633)
  bool no_rev_avail = false;                  ///< the leaf's authority publishes no revocations (RFC 9608)
  std::string subject;                        ///< the leaf's subject, for people
};

/// Returns the request for `credential`. Its chain must hold the leaf and the leaf's issuer, because the CertID is made
/// of both. Fails with bad_key_file if the issuer is missing, if the leaf is self-issued, or if a certificate is
/// malformed; the detail says what to do. Thread-safe.
[[nodiscard]] Result<OcspQuestion> ocsp_question(const Credential& credential);

/// The statements of a responder about a leaf, from a response that is authentic and current. Times are wall times.
struct OcspAnswer {
  bool revoked = false;  ///< false: the leaf is good
  Clock::Milliseconds produced_at{}, this_update{};
  std::optional<Clock::Milliseconds> next_update;
  Clock::Milliseconds until{};       ///< when the response expires: nextUpdate, or ten days after thisUpdate
  Clock::Milliseconds revoked_at{};  ///< if revoked
  std::string reason;                ///< if revoked: the name in RFC 5280 §5.3.1; empty: not given
  bool unchecked_responder = false;  ///< see StapleInfo
};

/// Judges `response` (an OCSPResponse in DER) as clients of this stack do, for the leaf of `credential` and its issuer
/// at the time `now`, and returns its statements. A revocation is a result and not an error. It is valid for as long as
/// any other statement. Fails with bad_staple if the response is malformed, reports an error of the responder, is about
/// another certificate, too old, from the future or forged, or has the status `unknown`. Also fails in the cases of
/// ocsp_question(). Thread-safe.
[[nodiscard]] Result<OcspAnswer> read_ocsp_answer(const Credential& credential, Bytes response,
                                                  Clock::Milliseconds now);

/// Does the same for a response that may have expired or may not be valid yet: returns its statements at the time when
/// it was made (producedAt). For programs that must know earlier statements about the leaf, not for stapling. Fails as
/// read_ocsp_answer() does, with producedAt in place of the present time: a response that was out of date when it was
/// made is rejected. Thread-safe.
[[nodiscard]] Result<OcspAnswer> ocsp_answer_when_made(const Credential& credential, Bytes response);

/// Returns a copy of the credential with another staple, or without one if `response` is empty. Does not check the
/// response.
// test: pki: a credential is copied with another staple
[[nodiscard]] CredentialPtr with_staple(const Credential& credential, std::vector<std::uint8_t> response);

}  // namespace tls
