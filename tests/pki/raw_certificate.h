// Certificates put together field by field, well-formed or not. Their signatures are made up: they are for parsers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "factory/der_builder.h"
#include "pki/certificate.h"

namespace tls::test {

namespace der = sallyport::der;

inline der::Der join(const std::vector<der::Der>& parts) {
  der::Der out;
  for (const der::Der& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
inline der::Der sequence_of(const std::vector<der::Der>& parts) { return der::element(0x30, join(parts)); }
inline der::Der set_of(const std::vector<der::Der>& parts) { return der::element(0x31, join(parts)); }

/// One AttributeTypeAndValue; the string type is an identifier octet.
inline der::Der attribute(const char* oid, std::string_view value, std::uint8_t tag = 0x0C) {
  return der::sequence({der::oid(oid), der::element(tag, as_bytes(value))});
}
inline constexpr const char* kCn = "2.5.4.3";
inline constexpr const char* kO = "2.5.4.10";
inline constexpr const char* kOu = "2.5.4.11";
inline constexpr const char* kC = "2.5.4.6";
inline constexpr const char* kEmail = "1.2.840.113549.1.9.1";
/// A Name with an RDN for each attribute.
inline der::Der dn(const std::vector<der::Der>& attributes) {
  std::vector<der::Der> rdns;
  for (const der::Der& one : attributes) rdns.push_back(set_of({one}));
  return sequence_of(rdns);
}

// GeneralName, and GeneralSubtree around one.
inline der::Der dns(std::string_view text) { return der::implicitly(2, as_bytes(text)); }
inline der::Der email(std::string_view text) { return der::implicitly(1, as_bytes(text)); }
inline der::Der uri(std::string_view text) { return der::implicitly(6, as_bytes(text)); }
inline der::Der address(const der::Der& octets) { return der::implicitly(7, octets); }
inline der::Der directory(const der::Der& name) { return der::explicitly(4, name); }
inline der::Der other(const char* type, const der::Der& value) {
  return der::element(0xA0, der::concat({der::oid(type), der::explicitly(0, value)}));
}
inline der::Der utf8_mailbox(std::string_view text) { return other("1.3.6.1.5.5.7.8.9", der::utf8(text)); }
inline der::Der subtree(const der::Der& base) { return der::sequence({base}); }

/// NameConstraints of these GeneralNames; an empty list is left out.
inline der::Der constraints(const std::vector<der::Der>& permitted, const std::vector<der::Der>& excluded) {
  std::vector<der::Der> fields;
  unsigned tag = 0;
  for (const auto* list : {&permitted, &excluded}) {
    std::vector<der::Der> subtrees;
    for (const der::Der& base : *list) subtrees.push_back(subtree(base));
    if (!subtrees.empty()) fields.push_back(der::element(static_cast<std::uint8_t>(0xA0 | tag), join(subtrees)));
    ++tag;
  }
  return sequence_of(fields);
}

inline der::Der extension(const char* oid, const der::Der& value, bool critical = false) {
  return critical ? der::sequence({der::oid(oid), der::boolean(true), der::octet_string(value)})
                  : der::sequence({der::oid(oid), der::octet_string(value)});
}
inline constexpr const char* kSan = "2.5.29.17";
inline constexpr const char* kNameConstraints = "2.5.29.30";

/// The fields of a certificate, each as DER; what is empty is left out.
struct RawCertificate {
  der::Der version = der::explicitly(0, der::integer(2));
  der::Der serial = der::integer(7);
  der::Der algorithm = der::sequence({der::oid("1.2.840.10045.4.3.2")});
  der::Der issuer = dn({attribute(kCn, "Issuer")});
  der::Der validity = der::sequence({der::time(1577836800), der::time(2524607999)});
  der::Der subject = dn({attribute(kCn, "Subject")});
  der::Der spki = der::sequence({der::sequence({der::oid("1.3.101.112")}), der::bit_string(der::Der(32, 1))});
  der::Der unique_ids;
  std::vector<der::Der> extensions;
  der::Der outer_algorithm;  ///< the one beside the signature; empty: `algorithm`
  der::Der signature = der::bit_string(der::Der(8, 1));

  [[nodiscard]] der::Der encode() const {
    const der::Der list = extensions.empty() ? der::Der{} : der::explicitly(3, sequence_of(extensions));
    return der::sequence(
        {der::sequence({version, serial, algorithm, issuer, validity, subject, spki, unique_ids, list}),
         outer_algorithm.empty() ? algorithm : outer_algorithm, signature});
  }
};

/// The code's name and the detail of a refusal, or "accepted".
template <class T>
std::string words(const Result<T>& result) {
  return result ? "accepted" : std::string(facts(result.error().code()).name) + ": " + result.error().detail();
}
inline std::string parsed(const RawCertificate& raw) { return words(pki::parse_certificate(raw.encode())); }
inline bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace tls::test
