#include "pki/der_file.h"

#include "crypto/der.h"

namespace tls::pki {
namespace {

namespace der = crypto::der;
using crypto::DerReader;

/// What follows an INTEGER `version` at the start of a SEQUENCE.
DerKind versioned(std::uint32_t version, DerReader rest) noexcept {
  if (version == 1 && rest.next_is(der::kOctetString)) return DerKind::sec1;
  if (version <= 1 && rest.next_is(der::kSequence)) {
    (void)rest.take(der::kSequence);
    return rest.next_is(der::kOctetString) ? DerKind::pkcs8 : DerKind::unknown;
  }
  if (version == 3 && rest.next_is(der::kSequence)) return DerKind::pkcs12;
  unsigned integers = 0;
  while (rest.next_is(der::kInteger)) (void)rest.take(der::kInteger), ++integers;
  if (version == 0 && integers == 8 && rest.done()) return DerKind::pkcs1;
  if (version == 1 && integers == 8 && rest.next_is(der::kSequence)) return DerKind::pkcs1_multiprime;
  return version == 0 && integers == 5 && rest.done() ? DerKind::dsa : DerKind::unknown;
}

/// CertificationRequestInfo: version, subject and subjectPublicKeyInfo, where a certificate of version 1 has the
/// issuer's name and a CertificateList its own.
bool is_request_info(Bytes contents) noexcept {
  DerReader fields(contents);
  (void)fields.take(der::kInteger);
  (void)fields.take(der::kSequence);
  DerReader key(fields.take(der::kSequence).value);
  (void)key.take(der::kSequence);
  (void)key.take(der::kBitString);
  return fields.ok() && key.done();
}

}  // namespace

DerKind der_kind(Bytes bytes) noexcept {
  DerReader outer(bytes);
  DerReader fields(outer.take(der::kSequence).value);
  if (!outer.done() || fields.empty()) return DerKind::unknown;
  if (fields.next_is(der::kOid)) return DerKind::pkcs7;
  if (fields.next_is(der::kInteger)) {
    const std::uint32_t version = fields.small_integer();
    return fields.ok() ? versioned(version, fields) : DerKind::unknown;
  }
  const Bytes first = fields.take(der::kSequence).value;
  if (fields.next_is(der::kBitString)) return DerKind::public_key;
  if (fields.next_is(der::kOctetString)) return DerKind::encrypted_pkcs8;
  (void)fields.take(der::kSequence);
  if (!fields.next_is(der::kBitString)) return DerKind::unknown;
  return is_request_info(first) ? DerKind::request : DerKind::certificate;
}

bool is_der(std::string_view text) noexcept {
  DerReader outer(as_bytes(text));
  (void)outer.take(der::kSequence);
  return outer.done() && !text.empty();
}

std::string_view advice_for(DerKind kind) noexcept {
  switch (kind) {
    case DerKind::public_key:
      return "a public key, where its private key is needed";
    case DerKind::request:
      return "a certificate request: send it to an authority, and give the certificate that it issues";
    case DerKind::encrypted_pkcs8:
      return "an encrypted private key";
    case DerKind::pkcs1_multiprime:
      return "an RSA key of more than two primes, which is not supported";
    case DerKind::dsa:
      return "a DSA key, which TLS 1.3 and this implementation cannot sign with: use ECDSA, Ed25519 or RSA";
    case DerKind::pkcs7:
      return "PKCS#7: take its certificates out, e.g. with 'openssl pkcs7 -in FILE -print_certs' (with -inform DER "
             "where it is DER)";
    case DerKind::pkcs12:
      return "PKCS#12, which has its own key: give it alone, or take its certificates out, e.g. with 'openssl pkcs12 "
             "-in FILE -nokeys -out NEW'";
    case DerKind::certificate:
    case DerKind::pkcs8:
    case DerKind::pkcs1:
    case DerKind::sec1:
    case DerKind::unknown:
      break;
  }
  return {};
}

}  // namespace tls::pki
