#include "fuzz/pki_targets.h"

#include <algorithm>
#include <array>

#include "base/certificate_refusals.h"
#include "base/limits.h"
#include "base/reader.h"
#include "handshake/certificates.h"
#include "pki/certificate.h"
#include "pki/certificate_policies.h"
#include "pki/certificate_text.h"
#include "pki/crl_scope.h"
#include "pki/crl_store.h"
#include "pki/der_file.h"
#include "pki/encrypted_key.h"
#include "pki/key_file.h"
#include "pki/leaf.h"
#include "pki/name_constraints.h"
#include "pki/ocsp_response.h"
#include "pki/pem.h"
#include "pki/pkcs12.h"
#include "pki/server_name.h"
#include "pki/staple.h"
#include "pki/trust_sources.h"
#include "support/hex.h"
#include "tls/verifier.h"

namespace tls::fuzz {
namespace {

constexpr Clock::Milliseconds kNow{std::chrono::seconds(1798761600)};  // 2027-01-01: within the seeds' validity

/// A refusal is one of those that ChainVerifier promises, and says what is wrong.
void require_refusal(const Error& error) {
  require(std::ranges::find(kVerifierRefusals, error.code()) != std::end(kVerifierRefusals), error.message());
  require(!error.detail().empty(), "a refusal without a detail");
  require(error.alert().has_value(), "a refusal without an alert");
}

bool within(Bytes part, Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

const ChainVerifier& verifier() {
  static const auto& root = *new auto(*trust_pem(pki::to_pem("CERTIFICATE", test::unhex(test::kEd25519Certificate))));
  return *root;
}

/// Files of the user fail with one code, and in words that can be printed.
void require_file_error(const Error& error) {
  require(error.code() == Code::bad_key_file, error.message());
  require(!error.detail().empty(), "an error without a detail");
  require(std::ranges::all_of(error.detail(), [](char c) { return (c >= 0x20 && c <= 0x7E) || c < 0; }),
          "text that cannot be printed");
}

/// With any kind of leaf the result is PKCS#8 or an error.
void check_keys(Bytes input, bool is_pem) {
  for (const std::optional<KeyKind> leaf :
       {std::optional<KeyKind>{}, std::optional(KeyKind::ecdsa_p256), std::optional(KeyKind::rsa)}) {
    const auto key = pki::load_private_key(as_text(input), leaf);
    if (!key) {
      require_file_error(key.error());
      continue;
    }
    require(is_pem || pki::is_der(as_text(input)), "a key from a text that cannot be parsed");
    require(pki::der_kind(key->der) == pki::DerKind::pkcs8, "a key that is not PKCS#8");
  }
}

/// What is read strictly is what is collected, and then nothing is warned of.
void check_certificates(Bytes input) {
  const auto strict = pki::read_certificates(as_text(input));
  std::vector<pki::FoundCertificate> found;
  pki::Warnings warnings;
  pki::collect_certificates(as_text(input), "'x'", found, warnings);
  require(strict.has_value() == (warnings.count() == 0), "warnings and errors differ");
  require(warnings.words().size() <= limits::kMaxTrustWarnings, "too many warnings");
  if (!strict) require_file_error(strict.error());
  require(!strict || strict->size() == found.size(), "strictly other certificates");
  for (std::size_t i = 0; strict && i < found.size(); ++i)
    require((*strict)[i].der == found[i].der && (*strict)[i].trusted_for == found[i].trusted_for,
            "a certificate that is read differently");
  pki::TrustSources sources;
  sources.collect_text(as_text(input), "'x'");
  sources.collect_text(as_text(input), "'y'");
  const pki::FoundTrust once = sources.take();
  require(once.certificates.size() + once.distrusted.size() <= found.size(), "doubles");
  for (const pki::FoundCertificate& one : once.certificates)
    require(one.trusted_for.servers || one.trusted_for.clients, "a distrusted certificate is trusted");
}

/// What a fuzzer may spend on a password, many times a second.
pki::DerivationLimits little_work() {
  pki::DerivationLimits limits;
  limits.iterations = 64;
  limits.scrypt_memory = limits.scrypt_work = 1 << 14;
  return limits;
}

}  // namespace

void x509(Bytes input) {
  const auto parsed = pki::parse_certificate(input);
  if (!parsed) return require_refusal(parsed.error());
  if (const auto key = pki::leaf_public_key(*parsed); !key) require_refusal(key.error());
  for (Bytes field : {parsed->issuer, parsed->subject, parsed->subject_public_key_info, parsed->subject_public_key})
    require(within(field, input), "a field outside of the certificate");
  require(parsed->dns_names.size() + parsed->addresses.size() <= limits::kMaxCertificateNames, "too many names");
  require(pki::canonical_name(parsed->subject) == pki::canonical_name(parsed->subject), "an unsteady name");
  require(parsed->self_issued() == (pki::canonical_name(parsed->issuer) == pki::canonical_name(parsed->subject)),
          "self_issued()");
  for (const std::string& text : {pki::display_name(parsed->subject), pki::display_names(*parsed)})
    require(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; }), "text that cannot be printed");
  const auto usable = pki::check_constraints_usable(*parsed);
  if (!usable) require_refusal(usable.error());
  for (const auto position : {pki::SubjectPosition::leaf, pki::SubjectPosition::intermediate}) {
    pki::ConstraintBudget budget;
    const auto allowed = pki::check_name_constraints(*parsed, *parsed, position, budget);
    if (!allowed) require_refusal(allowed.error());
    const bool exempt = position == pki::SubjectPosition::intermediate && parsed->self_issued();
    require(usable || exempt || !allowed, "constraints that cannot be used, and allow");
  }
  const std::array<const pki::Certificate*, 3> path{&*parsed, &*parsed, &*parsed};
  if (auto allowed = pki::check_policies(path); !allowed) require_refusal(allowed.error());
}

void chain(Bytes input) {
  ChainToVerify question;
  question.server_name = "example.com";
  question.now = kNow;
  std::vector<Bytes> certificates;
  for (Reader r(input); !r.empty();)
    if (const Bytes der = r.vector16(); r.ok()) certificates.push_back(der);
  question.chain = CertificateChain(certificates);
  const auto verdict = verifier().verify(question);
  require(verdict.has_value(), "a verdict that is put off");
  const auto root = test::unhex(test::kEd25519Certificate);
  if (!*verdict) return require_refusal(verdict->error());
  require(!question.chain.empty() && std::ranges::equal(question.chain.front(), root), "a stranger is trusted");
}

void pem(Bytes input) {
  const auto blocks = pki::parse_pem(as_text(input));
  if (!blocks) require_file_error(blocks.error());
  check_keys(input, blocks.has_value());
  check_certificates(input);
  if (!blocks) return;
  for (const pki::PemBlock& block : *blocks) {
    require(block.number <= blocks->size() && block.line >= block.number, "a block that is misplaced");
    if (block.encrypted) continue;
    const auto again = pki::parse_pem(pki::to_pem(block.label, block.der));
    require(again && again->size() == 1, "what was written is not read");
    require((*again)[0].label == block.label && (*again)[0].der == block.der, "what was written is read differently");
  }
}

void ocsp_response(Bytes input) {
  static const auto& der = *new auto(test::unhex(test::kEd25519Certificate));
  static const pki::Certificate& certificate = *new auto(*pki::parse_certificate(der));
  const auto parsed = pki::parse_ocsp_response(input);
  const auto verdict = pki::judge_staple(input, certificate, certificate, nullptr, pki::Moment(kNow));
  require(!verdict, "a response that the fuzzer has signed");
  require(verdict.error().code() == Code::bad_staple, verdict.error().message());
  require(!verdict.error().detail().empty(), "a refusal without a detail");
  if (!parsed) return;
  require(parsed->responder_name.empty() != parsed->responder_key.empty(), "a responder with two names, or none");
  require(within(parsed->signed_data, input) && within(parsed->signature, input), "a field from elsewhere");
  require(!parsed->responses.empty(), "a response without entries");
  require(parsed->responses.size() <= limits::kMaxSingleResponses, "more entries than the limit");
  require(parsed->certificates.size() <= limits::kMaxResponderCertificates, "more certificates than the limit");
  for (const pki::SingleResponse& entry : parsed->responses) {
    require(within(entry.id.serial, input) && !entry.id.serial.empty(), "an entry without a serial number");
    require(!entry.next_update || *entry.next_update >= entry.this_update, "an entry that ends before it begins");
    if (entry.reason) require(!pki::reason_name(*entry.reason).empty(), "a reason without a name");
  }
}

void pkcs8(Bytes input) {
  const PasswordSource source = fixed_password(SecretBytes(as_bytes("password")));
  for (const auto container : {pki::KeyContainer::pkcs8, pki::KeyContainer::pkcs12}) {
    pki::PasswordAsker asker(source, {}, little_work());
    const auto key = pki::decrypt_pkcs8(input, container, asker, "x");
    if (!key) {
      require_file_error(key.error());
      continue;
    }
    require(pki::der_kind(key->der) == pki::DerKind::pkcs8, "a key that is not PKCS#8");
    require(key->der.size() < input.size(), "more than was encrypted");
  }
}

void pkcs12(Bytes input) {
  for (const std::string_view password : {"password", ""}) {
    unsigned asked = 0;
    const PasswordSource source = [&](const PasswordRequest&) -> Result<SecretBytes> {
      ++asked;
      return SecretBytes(as_bytes(password));
    };
    pki::PasswordAsker asker(source, {}, little_work());
    const auto opened = pki::open_pkcs12(input, "'x'", asker);
    require(asked <= 1, "asked twice");
    if (!opened) {
      require_file_error(opened.error());
      require(opened.error().detail().starts_with("'x'"), "an error without its place");
      continue;
    }
    require(pki::der_kind(opened->key.der) == pki::DerKind::pkcs8, "a key that is not PKCS#8");
    std::size_t size = opened->key.der.size();
    for (const pki::FoundCertificate& one : opened->certificates) {
      require(!one.where.empty(), "a certificate without a place");
      size += one.der.size();
    }
    require(size < input.size(), "more than the file holds");
    require(opened->certificates.size() <= limits::kMaxPkcs12Items, "more certificates than the limit");
  }
}

namespace {

/// A CRL that was read, beside the octets that it was read from.
void check_crl(const pki::Crl& crl, Bytes input) {
  const auto fields = pki::read_crl(input);
  require(fields.has_value(), "a CRL that is read one time alone");
  require(crl.entries() == fields->count && crl.entries() <= limits::kMaxCrlEntries, "another number of entries");
  require(crl.this_update() <= crl.next_update(), "a CRL that ends before it begins");
  require(crl.scope().relative.empty(), "a name by halves");
  std::size_t left = 1000;  // of many all cost too much
  for (Bytes rest = fields->entries; !rest.empty() && left > 0; --left) {
    const auto entry = pki::read_crl_entry(rest, fields->version);
    require(entry.has_value(), "an entry that is read one time alone");
    require(crl.find(entry->serial).has_value(), "an entry that is not found");
  }
}

}  // namespace

void crl(Bytes input) {
  static const auto& der = *new auto(test::unhex(test::kEd25519Certificate));
  static const pki::Certificate& certificate = *new auto(*pki::parse_certificate(der));
  static const crypto::PublicKey& key = *new auto(*crypto::PublicKey::from_spki(certificate.subject_public_key_info));
  const auto parsed = pki::Crl::parse(input);
  if (parsed) {
    check_crl(**parsed, input);
    require(!(*parsed)->verify(certificate.subject_public_key_info, key), "a CRL that the fuzzer has signed");
    require((*parsed)->refuted(), "a signature that is forgotten");
    (void)pki::reasons_told((*parsed)->scope(), certificate);
  }
  CrlSet::Builder builder;
  const auto added = builder.add(as_text(input));
  const auto error = parsed ? std::optional<Error>() : std::optional<Error>(std::in_place, parsed.error());
  for (const Error* one : {error ? &*error : nullptr, added ? nullptr : &added.error()}) {
    if (one == nullptr) continue;
    require(one->code() == Code::bad_crl, one->message());
    require(!one->detail().empty(), "an error without a detail");
  }
  const CrlSet crls = builder.build();
  require(crls.size() == crls.facts().size(), "a set that miscounts");
  require(added.has_value() == !crls.empty(), "a text that is refused adds something");
  ChainToVerify question;
  question.server_name = "example.com";
  question.now = kNow;
  question.chain = CertificateChain(std::vector<Bytes>{der});
  const auto strict = with_crls(std::shared_ptr<const ChainVerifier>(&verifier(), [](const ChainVerifier*) {}), crls,
                                CrlPolicy::require_chain);
  require(strict.has_value(), "a verifier that takes no CRLs");
  (void)(*strict)->may_resume({.certificates = question.chain, .summary = nullptr, .now = kNow});
  const auto verdict = (*strict)->verify(question);
  require(verdict.has_value(), "a verdict that is put off");
  if (!*verdict) require_refusal(verdict->error());
}

}  // namespace tls::fuzz
