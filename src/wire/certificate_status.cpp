#include "wire/certificate_status.h"

namespace tls::wire {

Result<CertificateStatus> CertificateStatus::parse(Bytes body) {
  Reader r(body);
  const std::uint8_t status_type = r.u8();
  if (r.ok() && status_type != kOcspStatus)
    return fail(Code::decode_error, "the CertificateStatus is of type " + std::to_string(status_type) + ", not OCSP");
  const Bytes response = r.vector24(1);
  if (!r.done()) return fail(Code::decode_error, "the CertificateStatus is malformed");
  return CertificateStatus{response};
}

void CertificateStatus::encode(Writer& w) const {
  w.u8(kOcspStatus);
  w.vector24(response);
}

}  // namespace tls::wire
