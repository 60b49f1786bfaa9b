#include "wire/certificate_request.h"

#include "wire/extension_body.h"

namespace tls::wire {
namespace {

Result<void> read_extension(CertificateRequest& request, const Extension& e) {
  using enum ExtensionType;
  switch (e.extension_type) {
    case signature_algorithms:
      return store(request.signature_algorithms, read_u16_list<SignatureScheme>(e));
    case signature_algorithms_cert:
      return store(request.signature_algorithms_cert, read_u16_list<SignatureScheme>(e));
    case certificate_authorities:
      return store(request.certificate_authorities, read_list<DistinguishedName>(e));
    case status_request:
      return store(request.status_request, read_flag(e));
    case signed_certificate_timestamp:
      return store(request.signed_certificate_timestamp, read_flag(e));
    default:
      return {};  // RFC 9846 §4.4.2: clients MUST ignore unrecognized extensions.
  }
}

}  // namespace

Result<CertificateRequest> CertificateRequest::parse(Bytes body) {
  Reader r(body);
  CertificateRequest request;
  request.certificate_request_context = r.vector8();
  const Bytes block = r.vector16();
  if (!r.done()) return fail(Code::decode_error, "the CertificateRequest is malformed");
  const auto list = check_extensions(block, Place::certificate_request);
  if (!list) return std::unexpected(list.error());
  for (const Extension& e : *list)
    if (auto ok = read_extension(request, e); !ok) return std::unexpected(std::move(ok.error()));
  // RFC 9846 §4.4.2: signature_algorithms MUST be specified.
  if (request.signature_algorithms.empty())
    return fail(Code::missing_extension, "signature_algorithms in CertificateRequest");
  return request;
}

void CertificateRequest::encode(Writer& w) const {
  w.vector8(certificate_request_context);
  w.prefixed(2, [&] {
    write_list(w, ExtensionType::signature_algorithms, std::optional(signature_algorithms));
    write_list(w, ExtensionType::signature_algorithms_cert, signature_algorithms_cert);
    write_list(w, ExtensionType::certificate_authorities, certificate_authorities);
    write_flag(w, ExtensionType::status_request, status_request);
    write_flag(w, ExtensionType::signed_certificate_timestamp, signed_certificate_timestamp);
  });
}

ExtensionSet CertificateRequest::offered() const noexcept {
  ExtensionSet set;
  if (status_request) set.insert(ExtensionType::status_request);
  if (signed_certificate_timestamp) set.insert(ExtensionType::signed_certificate_timestamp);
  return set;
}

}  // namespace tls::wire
