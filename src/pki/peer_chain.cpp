#include "pki/peer_chain.h"

#include <algorithm>

#include "base/limits.h"

namespace tls::pki {

Result<PeerChainPtr> PeerChain::parse(CertificateChain der) {
  const std::size_t count = der.size();
  if (count == 0) return fail(Code::bad_certificate, "the peer sent no certificate");
  if (count > limits::kMaxCertificates)
    return fail(Code::certificate_too_complex, "the chain has " + std::to_string(count) + " certificates; at most " +
                                                   std::to_string(limits::kMaxCertificates) + " are looked at");
  std::shared_ptr<PeerChain> chain(new PeerChain(std::move(der)));
  chain->certificates_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes one = chain->der_[i];
    const auto same = [one](const Certificate& other) { return std::ranges::equal(other.der, one); };
    if (std::ranges::any_of(chain->certificates_, same)) continue;
    auto parsed = parse_certificate(one);
    if (parsed)
      chain->certificates_.push_back(std::move(*parsed));
    else if (i == 0)
      return std::unexpected(std::move(parsed).error());
    else if (!chain->unreadable_)
      chain->unreadable_ = std::move(parsed).error();
  }
  return chain;
}

}  // namespace tls::pki
