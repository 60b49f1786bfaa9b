// OCSP as the holder of a certificate sees it: what a responder is asked, and whether its answer may be stapled. There
// is no I/O in here: the adapter sallyport::ocsp asks.
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

/// What is asked about the leaf of a credential, and whom.
struct OcspQuestion {
  /// OCSPRequest in DER, as RFC 5019 §2.1 has it: one certificate, CertID by SHA-1, no nonce, not signed. The same for
  /// the same leaf at all times.
  std::vector<std::uint8_t> request;
  std::vector<std::string> responders;  ///< URLs of http:// that the leaf names (authorityInfoAccess), in its order
  std::vector<std::string> other_responders;  ///< those of other schemes, which are not asked
  bool must_staple = false;                   ///< clients refuse the leaf without a staple (RFC 7633)
  bool no_rev_avail = false;                  ///< its authority tells of no revocation (RFC 9608)
  std::string subject;                        ///< of the leaf, for people
};

/// The question about `credential`, whose chain must hold the leaf and its issuer: the CertID is made of both. Fails
/// with bad_key_file where the issuer is missing or a certificate is malformed; the detail says what to do.
/// Thread-safe.
[[nodiscard]] Result<OcspQuestion> ocsp_question(const Credential& credential);

/// What a responder says of a leaf, in a response that is authentic and current. Times are wall time.
struct OcspAnswer {
  bool revoked = false;  ///< else it is good
  Clock::Milliseconds produced_at{}, this_update{};
  std::optional<Clock::Milliseconds> next_update;
  Clock::Milliseconds until{};       ///< until when it counts: nextUpdate, or ten days after thisUpdate
  Clock::Milliseconds revoked_at{};  ///< revoked
  std::string reason;                ///< revoked: as RFC 5280 §5.3.1 names it; empty: not told
  bool unchecked_responder = false;  ///< see StapleInfo
};

/// Judges `response` (an OCSPResponse in DER) as clients of this stack do, by the leaf of `credential` and its issuer
/// at the time `now`, and says what it tells. Fails with bad_staple where it is malformed, an error of the responder,
/// about another certificate, too old, from the future, forged or of the status `unknown`, and as ocsp_question() does.
/// Revoked is an answer here, not an error, and counts as long as any other. Thread-safe.
[[nodiscard]] Result<OcspAnswer> read_ocsp_answer(const Credential& credential, Bytes response,
                                                  Clock::Milliseconds now);

/// The same of a response whose time may be over, or to come: what it told at the time that it was made (producedAt).
/// For who has to know what was said of the leaf before, not for stapling. Fails as read_ocsp_answer() does but for the
/// present time: a response that was out of date when it was made is refused. Thread-safe.
[[nodiscard]] Result<OcspAnswer> ocsp_answer_when_made(const Credential& credential, Bytes response);

/// The same credential with another staple; empty: with none. Nothing is checked.
// test: pki: a credential is copied with another staple
[[nodiscard]] CredentialPtr with_staple(const Credential& credential, std::vector<std::uint8_t> response);

}  // namespace tls
