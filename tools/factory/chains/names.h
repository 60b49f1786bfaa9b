// Names in DER: Name with any string type, and every form of GeneralName (RFC 5280 §4.1.2.4, §4.2.1.6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "factory/der_builder.h"

namespace sallyport::chains {

inline constexpr std::uint8_t kUtf8 = 0x0C, kPrintable = 0x13, kTeletex = 0x14, kIa5 = 0x16, kBmp = 0x1E;
inline constexpr const char *kCountry = "2.5.4.6", *kOrganization = "2.5.4.10", *kUnit = "2.5.4.11",
                            *kCommonName = "2.5.4.3", *kEmailAddress = "1.2.840.113549.1.9.1";

struct Attribute {
  std::string oid;
  std::string text;
  std::uint8_t tag = kUtf8;
};
using Rdn = std::vector<Attribute>;

[[nodiscard]] inline der::Der attribute(const Attribute& a) {
  return der::sequence({der::oid(a.oid), der::element(a.tag, tls::as_bytes(a.text))});
}
[[nodiscard]] inline der::Der name(const std::vector<Rdn>& rdns) {
  der::Der out;
  for (const Rdn& rdn : rdns) {
    der::Der members;
    for (const Attribute& a : rdn) members = der::concat({members, attribute(a)});
    out = der::concat({out, der::element(0x31, members)});
  }
  return der::element(0x30, out);
}
/// C=DE, O=Corp, CN=...
[[nodiscard]] inline der::Der usual_name(const std::string& common_name) {
  return name({{{kCountry, "DE", kPrintable}}, {{kOrganization, "Corp"}}, {{kCommonName, common_name}}});
}

namespace general {
[[nodiscard]] inline der::Der email(std::string_view text) { return der::implicitly(1, tls::as_bytes(text)); }
[[nodiscard]] inline der::Der dns(std::string_view text) { return der::implicitly(2, tls::as_bytes(text)); }
[[nodiscard]] inline der::Der directory(const der::Der& name) { return der::explicitly(4, name); }
[[nodiscard]] inline der::Der uri(std::string_view text) { return der::implicitly(6, tls::as_bytes(text)); }
[[nodiscard]] inline der::Der address(const der::Der& octets) { return der::implicitly(7, octets); }
[[nodiscard]] inline der::Der other(const char* type, const der::Der& value) {
  return der::element(0xA0, der::concat({der::oid(type), der::explicitly(0, value)}));
}
[[nodiscard]] inline der::Der smtp_utf8(std::string_view text) {  // RFC 9598 §3
  return other("1.3.6.1.5.5.7.8.9", der::utf8(text));
}
[[nodiscard]] inline der::Der upn(std::string_view text) { return other("1.3.6.1.4.1.311.20.2.3", der::utf8(text)); }
[[nodiscard]] inline der::Der registered_id() { return der::element(0x88, der::Der{0x2A, 0x03, 0x04}); }
[[nodiscard]] inline der::Der x400() { return der::element(0xA3, der::sequence({der::sequence({})})); }
[[nodiscard]] inline der::Der edi_party() {
  return der::element(0xA5, der::explicitly(1, der::element(kPrintable, tls::as_bytes("party"))));
}
}  // namespace general

}  // namespace sallyport::chains
