#include "pki/ocsp_request.h"

#include <initializer_list>

#include "crypto/der.h"
#include "crypto/sha1.h"
#include "pki/general_name.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

using Octets = std::vector<std::uint8_t>;
namespace der = crypto::der;

Octets element(std::uint8_t tag, std::initializer_list<Bytes> contents) {
  std::size_t size = 0;
  for (const Bytes part : contents) size += part.size();
  Octets out{tag};
  if (size < 0x80) {
    out.push_back(static_cast<std::uint8_t>(size));
  } else if (size < 0x100) {
    out.insert(out.end(), {0x81, static_cast<std::uint8_t>(size)});
  } else {  // a serial may be as long as a certificate lets it be
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
  }
  for (const Bytes part : contents) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Octets sequence(std::initializer_list<Bytes> contents) { return element(der::kSequence, contents); }

/// The value of an extension of a certificate that was parsed, and so is well-formed.
std::optional<Bytes> find_extension(const Certificate& certificate, std::string_view id) {
  crypto::DerReader outer(certificate.tbs);
  crypto::DerReader fields(outer.take(der::kSequence).value);
  while (!fields.empty() && !fields.next_is(der::context_constructed(3))) (void)fields.next();
  if (fields.empty()) return std::nullopt;
  crypto::DerReader wrapped(fields.next().value);
  crypto::DerReader list(wrapped.take(der::kSequence).value);
  while (!list.empty()) {
    crypto::DerReader extension(list.take(der::kSequence).value);
    if (const Bytes found = extension.take(der::kOid).value; !oid::is(found, id)) continue;
    if (extension.next_is(der::kBoolean)) (void)extension.next();
    return extension.take(der::kOctetString).value;
  }
  return std::nullopt;
}

}  // namespace

Result<Octets> ocsp_request(const Certificate& certificate, const Certificate& issuer) {
  const auto name = crypto::sha1(certificate.issuer), key = crypto::sha1(issuer.subject_public_key);
  if (!name) return std::unexpected(name.error());
  if (!key) return std::unexpected(key.error());
  const Octets algorithm = sequence({element(der::kOid, {as_bytes(oid::kSha1)}), element(der::kNull, {})});
  const Octets id = sequence({algorithm, element(der::kOctetString, {*name}), element(der::kOctetString, {*key}),
                              element(der::kInteger, {certificate.serial})});
  // OCSPRequest { TBSRequest { requestList { Request { CertID } } } }
  return sequence({sequence({sequence({sequence({id})})})});
}

Result<std::vector<std::string>> ocsp_responders(const Certificate& certificate) {
  std::vector<std::string> found;
  const auto value = find_extension(certificate, oid::kAuthorityInfoAccess);
  if (!value) return found;
  crypto::DerReader reader(*value);
  crypto::DerReader list(reader.take(der::kSequence).value);
  bool sound = reader.done() && !list.empty();
  while (sound && !list.empty()) {
    crypto::DerReader access(list.take(der::kSequence).value);
    const Bytes method = access.take(der::kOid).value;
    const auto location = general_name(access.next());
    sound = list.ok() && access.done() && location.has_value();
    if (sound && oid::is(method, oid::kAccessOcsp) && location->form == NameForm::uri)
      found.emplace_back(as_text(location->value));
  }
  if (sound) return found;
  return fail(Code::bad_certificate, "the authorityInfoAccess in the certificate of '" +
                                         display_name(certificate.subject) +
                                         "' is malformed: it is not a list of methods and locations");
}

}  // namespace tls::pki
