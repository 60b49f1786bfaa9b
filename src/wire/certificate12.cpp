#include "wire/certificate12.h"

namespace tls::wire {

Result<Certificate12> Certificate12::parse(Bytes body) {
  Reader r(body);
  Reader entries(r.vector24());
  if (!r.done()) return fail(Code::decode_error, "certificate_list is not the whole of the Certificate message");
  Certificate12 message;
  while (!entries.empty()) {
    const Bytes certificate = entries.vector24(1);
    if (!entries.ok()) return fail(Code::decode_error, "an entry of certificate_list is malformed");
    if (!message.certificate_list.push_back(certificate))
      return fail(Code::certificate_list_too_long,
                  "more than " + std::to_string(limits::kMaxCertificates) + " certificates");
  }
  return message;
}

void Certificate12::encode(Writer& w) const {
  w.prefixed(3, [&] {
    for (Bytes certificate : certificate_list) w.vector24(certificate);
  });
}

}  // namespace tls::wire
