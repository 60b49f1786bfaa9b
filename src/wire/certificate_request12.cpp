#include "wire/certificate_request12.h"

namespace tls::wire {

Result<CertificateRequest12> CertificateRequest12::parse(Bytes body) {
  Reader r(body);
  CertificateRequest12 request;
  request.certificate_types = r.vector8(1);
  const Bytes schemes = r.vector16(2, 0xFFFE);
  const auto authorities = DistinguishedNameList::parse(r.vector16());
  if (!r.done()) return fail(Code::decode_error, "the CertificateRequest is malformed");
  if (schemes.size() % 2 != 0)
    return fail(Code::decode_error, "supported_signature_algorithms has an odd number of bytes");
  if (!authorities) return fail(Code::decode_error, "an entry of certificate_authorities is malformed");
  request.supported_signature_algorithms = SignatureSchemeList(schemes);
  request.certificate_authorities = *authorities;
  return request;
}

void CertificateRequest12::encode(Writer& w) const {
  w.vector8(certificate_types);
  w.vector16(supported_signature_algorithms.bytes());
  w.vector16(certificate_authorities.bytes());
}

bool CertificateRequest12::accepts(ClientCertificateType type) const noexcept {
  return std::ranges::find(certificate_types, static_cast<std::uint8_t>(type)) != certificate_types.end();
}

}  // namespace tls::wire
