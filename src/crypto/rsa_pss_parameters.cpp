// RSASSA-PSS-params (RFC 4055 §3.1), of a public key and of a signature.
#include <algorithm>

#include "crypto/oids.h"
#include "crypto/spki.h"

namespace tls::crypto {
namespace {

/// Fails when `reader`, one of the parameters' fields, is not DER of what was taken from it.
Result<void> done(const DerReader& reader, Code malformed) {
  if (!reader.done()) return fail(malformed, "the RSASSA-PSS parameters are not DER");
  return {};
}

/// A hash's AlgorithmIdentifier; RFC 4055 §2.1: its parameters are absent or NULL.
Result<SchemeHash> read_hash(DerReader& reader, const char* use, Code malformed, Code unsupported) {
  DerReader algorithm(reader.take(der::kSequence).value);
  const Bytes oid = algorithm.take(der::kOid).value;
  if (const auto null = algorithm.take_if(der::kNull); null && !null->value.empty()) algorithm.fail();
  if (!reader.ok() || !algorithm.done()) return fail(malformed, "the RSASSA-PSS parameters are not DER");
  if (const auto hash = oid::hash(oid)) return *hash;
  return fail(unsupported, std::string("RSASSA-PSS with ") + oid::hash_name(oid) + use +
                               ": SHA-256, SHA-384 and SHA-512 are accepted");
}

}  // namespace

Result<PssParameters> read_pss_parameters(DerReader& reader, Code malformed, Code unsupported) {
  PssParameters result;
  DerReader fields(reader.take(der::kSequence).value);
  if (!reader.ok()) return fail(malformed, "the RSASSA-PSS parameters are not DER");

  // What is absent is SHA-1, and a salt of 20 bytes.
  const auto hash_field = fields.take_if(der::context_constructed(0));
  if (fields.ok() && !hash_field)
    return fail(unsupported,
                "RSASSA-PSS with SHA-1, which is what its parameters mean when they name no hash: SHA-256, "
                "SHA-384 and SHA-512 are accepted");
  DerReader hash_reader(hash_field ? hash_field->value : Bytes{});
  const auto hash = read_hash(hash_reader, "", malformed, unsupported);
  if (!hash) return std::unexpected(hash.error());
  if (auto ok = done(hash_reader, malformed); !ok) return std::unexpected(ok.error());
  result.hash = *hash;

  const auto mask_field = fields.take_if(der::context_constructed(1));
  if (fields.ok() && !mask_field)
    return fail(unsupported,
                "RSASSA-PSS with SHA-1 in its mask generation function, which is what its parameters mean when they "
                "name none: SHA-256, SHA-384 and SHA-512 are accepted");
  DerReader mask_reader(mask_field ? mask_field->value : Bytes{});
  DerReader mask(mask_reader.take(der::kSequence).value);
  const Bytes generator = mask.take(der::kOid).value;
  if (!mask_reader.done() || !mask.ok()) return fail(malformed, "the RSASSA-PSS parameters are not DER");
  if (!oid::is(generator, oid::kMgf1))
    return fail(unsupported,
                "RSASSA-PSS with the mask generation function " + oid::text(generator) + ": MGF1 is accepted");
  const auto mask_hash = read_hash(mask, " in its mask generation function", malformed, unsupported);
  if (!mask_hash) return std::unexpected(mask_hash.error());
  if (auto ok = done(mask, malformed); !ok) return std::unexpected(ok.error());
  result.mgf1_hash = *mask_hash;

  // DER leaves out a value that is the default. Encoders exist that write it all the same, and OpenSSL and Go read it:
  // a 20 or a trailer that stands there means what it says.
  if (const auto salt_field = fields.take_if(der::context_constructed(2))) {
    DerReader salt(salt_field->value);
    result.salt = salt.small_integer();
    if (auto ok = done(salt, malformed); !ok) return std::unexpected(ok.error());
  }
  if (const auto trailer_field = fields.take_if(der::context_constructed(3))) {
    DerReader trailer(trailer_field->value);
    const std::uint32_t value = trailer.small_integer();
    if (auto ok = done(trailer, malformed); !ok) return std::unexpected(ok.error());
    if (value != 1)
      return fail(unsupported, "RSASSA-PSS with trailer field " + std::to_string(value) + ": 1 is the only one");
  }
  if (auto ok = done(fields, malformed); !ok) return std::unexpected(ok.error());
  return result;
}

}  // namespace tls::crypto
