// CRLs (RFC 5280 §5), with all that they may hold and some that they may not.
#include "factory/certificates.h"

namespace sallyport {
namespace {

using namespace der;

Der time_of(std::int64_t seconds, bool generalized) { return generalized ? generalized_time(seconds) : time(seconds); }

Der extension(const Extension& one) {
  return sequence({oid(one.oid), one.critical ? boolean(true) : Der{}, octet_string(one.value)});
}

Der extensions(const std::vector<Extension>& list) {
  Der out;
  for (const Extension& one : list) out = concat({out, extension(one)});
  return out;
}

void append(Der& out, const Der& more) { out.insert(out.end(), more.begin(), more.end()); }

Der entry(const CrlEntrySpec& one) {
  std::vector<Extension> all = one.extra;
  if (one.reason) all.push_back({"2.5.29.21", false, enumerated(*one.reason)});
  return sequence(
      {one.serial, time_of(one.revoked_at, one.generalized), all.empty() ? Der{} : sequence({extensions(all)})});
}

Der crl_extensions(const CrlSpec& spec) {
  std::vector<Extension> all = spec.extra;
  if (spec.number) all.push_back({"2.5.29.20", false, integer(*spec.number)});
  if (spec.key_identifier)  // as the factory's certificates name their keys: by their own extension
    all.push_back({"2.5.29.35", false, sequence({implicitly(0, *spec.key_identifier)})});
  if (spec.distribution_point) all.push_back({"2.5.29.28", true, *spec.distribution_point});
  return all.empty() ? Der{} : explicitly(0, sequence({extensions(all)}));
}

}  // namespace

Der uri_names(const std::vector<std::string>& uris) {
  Der names;
  for (const std::string& uri : uris) append(names, implicitly(6, tls::as_bytes(uri)));
  return names;
}

Der issuing_distribution_point(const ScopeSpec& spec) {
  const auto flag = [](unsigned n, bool value) {
    const std::uint8_t octet = 0xFF;
    return value ? implicitly(n, tls::Bytes(&octet, 1)) : Der{};
  };
  const Der names = uri_names(spec.uris);
  return sequence({names.empty() ? Der{} : explicitly(0, element(0xA0, names)), flag(1, spec.user_certificates),
                   flag(2, spec.ca_certificates), spec.reasons.empty() ? Der{} : implicitly(3, spec.reasons),
                   flag(4, spec.indirect), flag(5, spec.attribute_certificates)});
}

Extension crl_distribution_points(const std::vector<std::string>& uris) {
  return {"2.5.29.31", false, sequence({sequence({explicitly(0, element(0xA0, uri_names(uris)))})})};
}

Der crl(const CrlSpec& spec) {
  Der entries;
  for (const CrlEntrySpec& one : spec.entries) append(entries, entry(one));
  append(entries, spec.more_entries);
  const Key& key = *(spec.signer == nullptr ? spec.issuer : spec.signer)->key;
  const Der algorithm = key.signature_algorithm(spec.hash, spec.pss);
  const Der tbs =
      sequence({spec.version == 1 ? Der{} : integer(spec.version - 1), algorithm,
                distinguished_name(spec.named.value_or(spec.issuer->spec.common_name)), time(spec.this_update),
                spec.next_update ? time(*spec.next_update) : Der{},
                entries.empty() && !spec.empty_list ? Der{} : element(0x30, entries), crl_extensions(spec)});
  return sequence({tbs, algorithm, bit_string(key.sign(tbs, spec.hash, spec.pss))});
}

}  // namespace sallyport
