#include "crypto/signature_algorithm.h"

#include "crypto/oids.h"
#include "crypto/signature.h"

namespace tls::crypto {
namespace {

using namespace std::string_view_literals;
using enum SignatureKind;

struct Row {
  std::string_view oid;
  SignatureKind kind;
  SchemeHash hash;
};
// RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3. RSASSA-PSS says in its parameters what it is.
constexpr Row kAccepted[] = {
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"sv, rsa_pkcs1, SchemeHash::sha256},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"sv, rsa_pkcs1, SchemeHash::sha384},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"sv, rsa_pkcs1, SchemeHash::sha512},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x02"sv, ecdsa, SchemeHash::sha256},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x03"sv, ecdsa, SchemeHash::sha384},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x04"sv, ecdsa, SchemeHash::sha512},
    {oid::kEd25519, SignatureKind::ed25519, SchemeHash::sha512},
};

struct Refused {
  std::string_view oid;
  std::string_view name;
};
constexpr Refused kRefused[] = {
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x02"sv, "MD2 (md2WithRSAEncryption)"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04"sv, "MD5 (md5WithRSAEncryption)"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"sv, "SHA-1 (sha1WithRSAEncryption)"},
    {"\x2B\x0E\x03\x02\x1D"sv, "SHA-1 (sha1WithRSASignature)"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0E"sv, "SHA-224 (sha224WithRSAEncryption)"},
    {"\x2A\x86\x48\xCE\x3D\x04\x01"sv, "SHA-1 (ecdsa-with-SHA1)"},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x01"sv, "SHA-224 (ecdsa-with-SHA224)"},
    {"\x2A\x86\x48\xCE\x38\x04\x03"sv, "SHA-1 (dsa-with-sha1)"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x02"sv, "DSA (dsa-with-sha256)"},
    {"\x2B\x65\x71"sv, "Ed448"},
};

constexpr std::string_view kWhatIs = ": RSA and ECDSA with SHA-256, SHA-384 or SHA-512, and Ed25519 are accepted";

std::unexpected<Error> refuse(Bytes oid) {
  for (const Refused& row : kRefused)
    if (oid::is(oid, row.oid))
      return fail(Code::unsupported_certificate, "a signature with " + std::string(row.name) + std::string(kWhatIs));
  return fail(Code::unsupported_certificate, "a signature with the algorithm " + oid::text(oid) + std::string(kWhatIs));
}

std::unexpected<Error> malformed(const char* why) {
  return fail(Code::bad_certificate, std::string("the signature's AlgorithmIdentifier ") + why);
}

Result<SignatureAlgorithm> read_pss(DerReader& fields) {
  if (fields.empty()) return malformed("lacks the parameters of RSASSA-PSS (RFC 4055 §3.1)");
  const auto pss = read_pss_parameters(fields, Code::bad_certificate, Code::unsupported_certificate);
  if (!pss) return fail(pss.error().code(), "a signature with " + pss.error().detail());
  if (!fields.done()) return malformed("has more than parameters");
  // Any salt: RFC 4055 asks for none in particular, `openssl x509 -sigopt rsa_padding_mode:pss` takes the longest that
  // fits, and what is verified is that the salt has the length that stands here. A shorter one weakens the proof of
  // security, not the scheme; with none it is a full-domain hash. OpenSSL 3.0 accepts all lengths and any hash of
  // MGF1; Go 1.26 only what TLS has a scheme for.
  return SignatureAlgorithm{rsa_pss, pss->hash, pss->mgf1_hash, pss->salt};
}

}  // namespace

Result<SignatureAlgorithm> read_signature_algorithm(Bytes contents) {
  DerReader fields(contents);
  const Bytes oid = fields.take(der::kOid).value;
  if (!fields.ok()) return malformed("is not DER");
  if (oid::is(oid, oid::kRsassaPss)) return read_pss(fields);
  for (const Row& row : kAccepted) {
    if (!oid::is(oid, row.oid)) continue;
    // RFC 4055 §5: NULL for RSA. Some authorities leave it out, and OpenSSL 3.0 and Go 1.26 verify what they issue:
    // the parameters say nothing, and the certificate's signature covers them. RFC 5758 §3.2 and RFC 8410 §3: absent
    // for ECDSA and Ed25519; a NULL is refused there, though both accept it with ECDSA: the RFC says MUST.
    if (row.kind == rsa_pkcs1)
      if (const auto null = fields.take_if(der::kNull); null && !null->value.empty()) fields.fail();
    if (!fields.done())
      return malformed(row.kind == rsa_pkcs1 ? "has parameters, which are NULL for RSA (RFC 4055 §5)"
                                             : "has parameters, which ECDSA and Ed25519 do not have");
    return SignatureAlgorithm{row.kind, row.hash, row.hash, 0};
  }
  return refuse(oid);
}

SignatureAlgorithm algorithm_of(SignatureScheme scheme) noexcept {
  const SchemeHash hash = hash_of(scheme);
  const SchemeFacts* row = find_scheme(scheme);
  const KeyKind key = row != nullptr ? row->key : KeyKind::ed25519;
  if (curve_of(key)) return {ecdsa, hash, hash, 0};
  if (key == KeyKind::ed25519) return {SignatureKind::ed25519, hash, hash, 0};
  if (!row->tls13_handshake) return {rsa_pkcs1, hash, hash, 0};
  return {rsa_pss, hash, hash, size(hash)};  // RFC 9846 §4.3.3: a salt as long as the hash
}

std::optional<SignatureScheme> scheme_of(const SignatureAlgorithm& algorithm) noexcept {
  for (const SchemeFacts& row : all_schemes())  // rsa_pss_rsae stands before rsa_pss_pss
    if (algorithm_of(row.id) == algorithm) return row.id;
  return std::nullopt;
}

std::string_view name(SchemeHash hash) noexcept {
  return hash == SchemeHash::sha256 ? "SHA-256" : hash == SchemeHash::sha384 ? "SHA-384" : "SHA-512";
}

std::string describe(const SignatureAlgorithm& algorithm) {
  const std::string with = " with " + std::string(name(algorithm.hash));
  switch (algorithm.kind) {
    case rsa_pkcs1:
      return "RSA PKCS #1 v1.5" + with;
    case rsa_pss:
      return "RSASSA-PSS" + with +
             (algorithm.mgf1_hash == algorithm.hash ? "" : ", MGF1 with " + std::string(name(algorithm.mgf1_hash))) +
             " and a salt of " + std::to_string(algorithm.salt) + " bytes";
    case ecdsa:
      return "ECDSA" + with;
    case SignatureKind::ed25519:
      break;
  }
  return "Ed25519";
}

}  // namespace tls::crypto
