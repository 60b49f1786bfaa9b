#include "wire/certificate_verify.h"

namespace tls::wire {

Result<CertificateVerify> CertificateVerify::parse(Bytes body) {
  Reader r(body);
  CertificateVerify message;
  message.algorithm = static_cast<SignatureScheme>(r.u16());
  message.signature = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the CertificateVerify is malformed");
  return message;
}

void CertificateVerify::encode(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(algorithm));
  w.vector16(signature);
}

}  // namespace tls::wire
