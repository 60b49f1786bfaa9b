// OCSP responses (RFC 6960 §4.2.1), which Botan reads but does not write.
#include <botan/hash.h>

#include "factory/certificates.h"

namespace sallyport {
namespace {

using namespace der;

Der digest(const std::string& hash, const Der& bytes) {
  const auto state = Botan::HashFunction::create_or_throw(hash);
  state->update(bytes.data(), bytes.size());
  Der out(state->output_length());
  state->final(out.data());
  return out;
}

Der hash_oid(const std::string& hash) {
  if (hash == "SHA-1") return oid("1.3.14.3.2.26");
  if (hash == "SHA-384") return oid("2.16.840.1.101.3.4.2.2");
  return oid("2.16.840.1.101.3.4.2.1");
}

Der cert_id(const Issued& issuer, const OcspEntry& entry) {
  return sequence({sequence({hash_oid(entry.hash), null()}),
                   octet_string(digest(entry.hash, distinguished_name(issuer.spec.common_name))),
                   octet_string(digest(entry.hash, issuer.key->public_bits())), entry.subject->serial});
}

Der cert_status(const OcspEntry& entry) {
  switch (entry.status) {
    case OcspStatus::good:
      return implicitly(0, {});
    case OcspStatus::revoked:
      return explicitly(1, concat({generalized_time(entry.revoked_at),
                                   entry.reason ? explicitly(0, enumerated(*entry.reason)) : Der{}}));
    case OcspStatus::unknown:
      return implicitly(2, {});
  }
  return {};
}

Der single_response(const OcspSpec& spec, const OcspEntry& entry) {
  return sequence({cert_id(entry.issuer == nullptr ? *spec.issuer : *entry.issuer, entry), cert_status(entry),
                   generalized_time(entry.this_update),
                   entry.next_update ? explicitly(0, generalized_time(*entry.next_update)) : Der{}, entry.extensions});
}

Der responder_id(const OcspSpec& spec) {
  if (spec.by_key) return explicitly(2, octet_string(digest("SHA-1", spec.responder->key->public_bits())));
  return explicitly(1, distinguished_name(spec.named.value_or(spec.responder->spec.common_name)));
}

}  // namespace

Der ocsp_response(const OcspSpec& spec) {
  if (spec.status != 0) return sequence({enumerated(spec.status)});
  Der entries;
  for (const OcspEntry& entry : spec.entries) entries = concat({entries, single_response(spec, entry)});
  const Der data =
      sequence({responder_id(spec), generalized_time(spec.produced_at), sequence({entries}), spec.extensions});
  Der certificates;
  for (const Der& one : spec.certificates) certificates = concat({certificates, one});
  if (spec.enclose && spec.responder->certificate != spec.issuer->certificate)
    certificates = concat({certificates, spec.responder->certificate});
  const Der basic = sequence({data, spec.responder->key->signature_algorithm(spec.hash),
                              bit_string(spec.responder->key->sign(data, spec.hash)),
                              certificates.empty() ? Der{} : explicitly(0, sequence({certificates}))});
  return sequence({enumerated(0), explicitly(0, sequence({oid(spec.type), octet_string(basic)}))});
}

Der ocsp_response(const Issued& issuer, const Issued& responder, const Issued& subject, OcspStatus status,
                  std::int64_t this_update, std::int64_t next_update) {
  return ocsp_response({.issuer = &issuer,
                        .responder = &responder,
                        .entries = {{.subject = &subject,
                                     .status = status,
                                     .this_update = this_update,
                                     .next_update = next_update,
                                     .revoked_at = this_update}},
                        .produced_at = this_update});
}

}  // namespace sallyport
