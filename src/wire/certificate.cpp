#include "wire/certificate.h"

#include "wire/certificate_status.h"
#include "wire/extension_body.h"

namespace tls::wire {
namespace {

Result<void> read_extension(CertificateEntry& entry, const Extension& e) {
  using enum ExtensionType;
  switch (e.extension_type) {
    case status_request:
      return store(entry.status_request, read_ocsp_response(e));
    case signed_certificate_timestamp:
      return store(entry.signed_certificate_timestamp, read_sct_list(e));
    default:
      return {};
  }
}

Result<CertificateEntry> read_entry(Reader& r, ExtensionSet offered) {
  CertificateEntry entry;
  entry.cert_data = r.vector24(1);
  const Bytes block = r.vector16();
  if (!r.ok()) return fail(Code::decode_error, "an entry of certificate_list is malformed");
  const auto list = check_extensions(block, Place::certificate, offered);
  if (!list) return std::unexpected(list.error());
  for (const Extension& e : *list)
    if (auto ok = read_extension(entry, e); !ok) return std::unexpected(std::move(ok.error()));
  return entry;
}

}  // namespace

Result<Certificate> Certificate::parse(Bytes body, ExtensionSet offered) {
  Reader r(body);
  Certificate message;
  message.certificate_request_context = r.vector8();
  Reader entries(r.vector24());
  if (!r.done()) return fail(Code::decode_error, "certificate_list is not the rest of the Certificate message");
  while (!entries.empty()) {
    const auto entry = read_entry(entries, offered);
    if (!entry) return std::unexpected(entry.error());
    if (!message.certificate_list.push_back(*entry))
      return fail(Code::certificate_list_too_long,
                  "more than " + std::to_string(limits::kMaxCertificates) + " certificates");
  }
  return message;
}

void Certificate::encode(Writer& w) const {
  w.vector8(certificate_request_context);
  w.prefixed(3, [&] {
    for (const CertificateEntry& entry : certificate_list) {
      w.vector24(entry.cert_data);
      w.prefixed(2, [&] {
        if (entry.status_request)
          write_extension(w, ExtensionType::status_request,
                          [&] { CertificateStatus{*entry.status_request}.encode(w); });
        write_opaque(w, ExtensionType::signed_certificate_timestamp, entry.signed_certificate_timestamp);
      });
    }
  });
}

}  // namespace tls::wire
