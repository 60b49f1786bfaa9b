// OCSP responses (RFC 6960 §4.2.1), which Botan reads but does not write.
#include <sodium.h>

#include "factory/certificates.h"

namespace sallyport {
namespace {

using namespace der;

Der sha256(const Der& bytes) {
  Der digest(crypto_hash_sha256_BYTES);
  crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  return digest;
}

/// CertID, with SHA-256.
Der cert_id(const Issued& issuer, const Issued& subject) {
  return sequence({sequence({oid("2.16.840.1.101.3.4.2.1"), null()}),
                   octet_string(sha256(distinguished_name(issuer.spec.common_name))),
                   octet_string(sha256(issuer.key->public_bits())), subject.serial});
}

Der cert_status(OcspStatus status, std::int64_t since) {
  switch (status) {
    case OcspStatus::good:
      return implicitly(0, {});
    case OcspStatus::revoked:
      return explicitly(1, generalized_time(since));
    case OcspStatus::unknown:
      return implicitly(2, {});
  }
  return {};
}

}  // namespace

Der ocsp_response(const Issued& issuer, const Issued& responder, const Issued& subject, OcspStatus status,
                  std::int64_t this_update, std::int64_t next_update) {
  const Der single = sequence({cert_id(issuer, subject), cert_status(status, this_update),
                               generalized_time(this_update), explicitly(0, generalized_time(next_update))});
  const Der data = sequence({explicitly(1, distinguished_name(responder.spec.common_name)),
                             generalized_time(this_update), sequence({single})});
  const Der algorithm = responder.key->signature_algorithm("SHA-256");
  const Der signature = bit_string(responder.key->sign(data, "SHA-256"));
  const bool delegated = responder.certificate != issuer.certificate;
  const Der basic = delegated ? sequence({data, algorithm, signature, explicitly(0, sequence({responder.certificate}))})
                              : sequence({data, algorithm, signature});
  return sequence({enumerated(0), explicitly(0, sequence({oid("1.3.6.1.5.5.7.48.1.1"), octet_string(basic)}))});
}

}  // namespace sallyport
