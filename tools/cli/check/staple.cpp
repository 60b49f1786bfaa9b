#include "cli/check/staple.h"

#include <algorithm>

#include "cli/times.h"
#include "pki/ocsp_response.h"
#include "pki/password_asker.h"
#include "pki/staple.h"

namespace sallyport::cli::check {

namespace pki = tls::pki;

bool is_about(const StapleCase& staple) {
  if (staple.leaf == nullptr || staple.issuer == nullptr) return false;
  return pki::read_staple(staple.response, *staple.leaf, *staple.issuer, pki::Moment(staple.now)).has_value();
}

void check_staple(const StapleCase& staple, Findings& findings) {
  const auto add = [&](Id id, const std::string& words, std::string_view advice = {}) {
    findings.add(id, staple.subject, words, advice);
  };
  if (staple.leaf == nullptr || staple.issuer == nullptr)
    return add(Id::staple_alone, "the OCSP response can be judged only beside " + staple.of + " and its issuer",
               "name the file of the chain as well");
  const auto answer = pki::read_staple(staple.response, *staple.leaf, *staple.issuer, pki::Moment(staple.now));
  if (!answer)
    return add(Id::staple_refused,
               "the OCSP response for " + staple.of + " does not count: " + pki::words_of(answer.error()),
               "have another one fetched: docs/stapling.md");
  const std::string until = rfc3339(answer->facts.until);
  if (answer->revoked)
    return add(Id::revoked,
               "the OCSP response says that " + staple.of + " was revoked on " + rfc3339(answer->revoked_at) +
                   (answer->reason ? " (" + pki::reason_name(*answer->reason) + ")" : ""),
               "get another certificate, for a new key");
  if (answer->facts.unchecked_responder)
    add(Id::staple_unchecked,
        "the responder's own certificate lacks id-pkix-ocsp-nocheck, and nobody looks whether it was revoked");
  if (answer->facts.until - staple.now <
      std::min(kStapleWarning, (answer->facts.until - answer->facts.this_update) / 4))
    add(Id::staple_ends_soon, "the OCSP response calls " + staple.of + " good, and ends on " + until,
        "see why it was not renewed: docs/stapling.md");
  else
    add(Id::staple_good, "the OCSP response calls " + staple.of + " good until " + until);
}

}  // namespace sallyport::cli::check
