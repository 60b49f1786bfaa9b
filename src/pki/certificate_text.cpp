#include "pki/certificate_text.h"

#include <optional>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/der_file.h"
#include "pki/oids.h"
#include "pki/pem.h"

namespace tls::pki {
namespace {

/// Which of our purposes a list of OIDs names.
TrustedFor named_purposes(Bytes list, bool& well_formed) {
  TrustedFor named{.servers = false, .clients = false};
  crypto::DerReader reader(list);
  while (reader.ok() && !reader.empty()) {
    const Bytes id = reader.take(crypto::der::kOid).value;
    const bool any = oid::is(id, oid::kAnyExtendedKeyUsage);
    named.servers |= any || oid::is(id, oid::kServerAuth);
    named.clients |= any || oid::is(id, oid::kClientAuth);
  }
  well_formed &= reader.done();
  return named;
}

/// OpenSSL's trust data, which stands behind a certificate: SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0]
/// SEQUENCE OF OID OPTIONAL, alias UTF8String OPTIONAL, keyid OCTET STRING OPTIONAL, other [1] OPTIONAL }.
/// Empty: malformed, and then nobody knows what was rejected.
std::optional<TrustedFor> read_trust_data(crypto::DerReader& reader) {
  TrustedFor result;
  if (reader.done()) return result;  // no trust data at all: as OpenSSL takes it
  crypto::DerReader data(reader.take(crypto::der::kSequence).value);
  bool well_formed = true;
  if (const auto trust = data.take_if(crypto::der::kSequence)) result = named_purposes(trust->value, well_formed);
  if (const auto reject = data.take_if(crypto::der::context_constructed(0))) {
    const TrustedFor rejected = named_purposes(reject->value, well_formed);
    result.servers &= !rejected.servers, result.clients &= !rejected.clients;
  }
  (void)data.take_if(crypto::der::kUtf8String);
  (void)data.take_if(crypto::der::kOctetString);
  (void)data.take_if(crypto::der::context_constructed(1));
  return well_formed && data.done() && reader.done() ? std::optional(result) : std::nullopt;
}

std::unexpected<Error> refused(const std::string& where, std::string_view reason) {
  return fail(Code::bad_key_file, where + ": " + std::string(reason));
}

bool is_certificate_label(std::string_view label) {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
}

/// What DER that is no certificate is, in words. What is unknown is left to the parser of certificates, which says
/// more.
std::string_view not_a_certificate(DerKind kind) {
  if (kind == DerKind::pkcs8 || kind == DerKind::pkcs1 || kind == DerKind::sec1) return "a private key";
  return advice_for(kind);
}

/// The certificate of one block. `where` names it.
Result<FoundCertificate> from_block(PemBlock block, std::string where) {
  if (block.encrypted) return refused(where, "a certificate that is encrypted cannot be read");
  FoundCertificate found;
  if (block.label == "TRUSTED CERTIFICATE") {
    crypto::DerReader reader(block.der);
    const Bytes certificate = reader.take(crypto::der::kSequence).whole;
    const auto trust = read_trust_data(reader);
    if (!trust) return refused(where, "the certificate or the trust data behind it is not DER");
    found.trusted_for = *trust;
    found.der.assign(certificate.begin(), certificate.end());
  } else {
    if (const std::string_view other = not_a_certificate(der_kind(block.der)); !other.empty())
      return refused(where, "it is no certificate: it is " + std::string(other));
    found.der = std::move(block.der);
  }
  found.where = std::move(where);
  return found;
}

/// Of a text that has blocks and no certificate; `first` is the place of the first.
std::string why_no_certificate(const std::string& first, std::size_t blocks) {
  const bool pkcs7 = first.find("'PKCS7'") != std::string::npos || first.find("'CMS'") != std::string::npos;
  return "there is no certificate in it: " + (pkcs7 ? first + " is " + std::string(advice_for(DerKind::pkcs7))
                                                    : "it has " + first + (blocks == 1 ? "" : " and others"));
}

/// Calls `take(Result<FoundCertificate>)` for what `text` holds until it returns false. `prefix` stands in front of
/// every place.
template <class Take>
void for_each_certificate(std::string_view text, const std::string& prefix, Take&& take) {
  const std::string whole = prefix.empty() ? "the text" : prefix.substr(0, prefix.size() - 2);
  if (text.size() > limits::kMaxPem)
    return (void)take(refused(whole, "it is longer than " + std::to_string(limits::kMaxPem) + " bytes"));
  if (is_der(text)) {
    PemBlock block;
    block.label = "CERTIFICATE";
    block.der.assign(text.begin(), text.end());
    return (void)take(from_block(std::move(block), prefix.empty() ? "the DER" : whole));
  }
  PemReader reader(text);
  std::string other;  // the place of the first block that is no certificate
  bool any = false;
  while (auto block = reader.next()) {
    if (*block && !is_certificate_label((*block)->label)) {
      if (other.empty()) other = place_of(**block);
      continue;
    }
    any = true;
    if (!*block) {
      if (!take(fail(Code::bad_key_file, prefix + block->error().detail()))) return;
    } else {
      std::string where = prefix + place_of(**block);
      if (!take(from_block(std::move(**block), std::move(where)))) return;
    }
  }
  if (any) return;
  (void)take(refused(whole, other.empty() ? why_no_block(text, reader) : why_no_certificate(other, reader.blocks())));
}

}  // namespace

void Warnings::add(std::string words) {
  if (words_.size() < limits::kMaxTrustWarnings) words_.push_back(std::move(words));
  ++count_;
}

std::vector<std::string> Warnings::told() const {
  std::vector<std::string> all = words_;
  if (count_ > words_.size()) all.push_back("and " + std::to_string(count_ - words_.size()) + " more");
  return all;
}

std::string Warnings::summary() const {
  if (words_.empty()) return {};
  return words_.front() + (count_ == 1 ? "" : "; and " + std::to_string(count_ - 1) + " more");
}

Result<std::vector<FoundCertificate>> read_certificates(std::string_view text, std::string_view source) {
  std::vector<FoundCertificate> found;
  std::optional<Error> problem;
  const std::string prefix = source.empty() ? "" : std::string(source) + ", ";
  for_each_certificate(text, prefix, [&](Result<FoundCertificate> one) {
    if (one)
      found.push_back(std::move(*one));
    else
      problem = std::move(one).error();
    return !problem;
  });
  if (problem) return std::unexpected(std::move(*problem));
  return found;
}

void collect_certificates(std::string_view text, std::string_view source, std::vector<FoundCertificate>& found,
                          Warnings& warnings) {
  for_each_certificate(text, std::string(source) + ", ", [&](Result<FoundCertificate> one) {
    if (one)
      found.push_back(std::move(*one));
    else
      warnings.add(one.error().detail());
    return true;
  });
}

}  // namespace tls::pki
