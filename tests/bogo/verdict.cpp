#include "verdict.h"

#include "report.h"

namespace bogo {

tls::Answer<tls::ChainAccepted> Verdict::verify(const tls::ChainToVerify& chain) const {
  if (options_.async || options_.enable_early_data) return std::nullopt;
  return judge(chain, options_);
}

tls::Result<tls::ChainAccepted> Verdict::judge(const tls::ChainToVerify& chain, const Options& now) const {
  judged_ = true;
  if (now.expect_ocsp_response && *now.expect_ocsp_response != chain.ocsp_response)
    disappointed_ = !complain("the OCSP response is not there when the chain is judged, or another");
  // A client that was not told to verify goes on after a refusal; a server that asks always minds it.
  if (now.verify_fail && (now.verify_peer || now.use_custom_verify_callback || now.server)) {
    tls::Error refused(tls::Code::certificate_refused, "-verify-fail");
    if (!now.use_custom_verify_callback) refused = std::move(refused).with_alert(tls::Alert::handshake_failure);
    return std::unexpected(std::move(refused));
  }
  // The staple is looked at after the chain, and also when there is none.
  if (!now.server && now.use_ocsp_callback && now.fail_ocsp_callback)
    return tls::fail(tls::Code::bad_staple, "-fail-ocsp-callback");
  return tls::ChainAccepted{};
}

}  // namespace bogo
