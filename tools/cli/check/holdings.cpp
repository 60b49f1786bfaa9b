#include "cli/check/holdings.h"

#include "base/limits.h"
#include "cli/files.h"
#include "crypto/der.h"
#include "pki/certificate_text.h"
#include "pki/crl_store.h"
#include "pki/der_file.h"
#include "pki/pem.h"
#include "pki/pkcs12.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;
using pki::DerKind;

/// OCSPResponse (RFC 6960 §4.2.1) begins with its status, an ENUMERATED.
bool looks_like_response(std::string_view text) {
  tls::crypto::DerReader outer(tls::as_bytes(text));
  const tls::crypto::DerReader fields(outer.take(tls::crypto::der::kSequence).value);
  return outer.done() && fields.next_is(tls::crypto::der::kEnumerated);
}

bool is_certificate_label(std::string_view label) {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
}
bool is_crl_label(std::string_view label) { return label == "X509 CRL" || label == "CRL"; }
bool is_key_label(std::string_view label) { return label.ends_with("PRIVATE KEY"); }

/// Findings of one file about what cannot be read; further ones are counted.
constexpr std::size_t kMostMalformed = 16;

tls::Result<HeldCertificate> parse(std::vector<std::uint8_t> der, std::string where) {
  HeldCertificate out;
  out.der = std::move(der);
  out.where = std::move(where);
  auto parsed = pki::parse_certificate(out.der);
  if (!parsed) return tls::fail(parsed.error().code(), out.where + ": " + pki::words_of(parsed.error()));
  out.parsed = *parsed;
  return out;
}

/// Reads one file.
class Reader {
 public:
  Reader(std::string_view text, const std::string& file, const tls::PasswordSource& password, Findings& findings)
      : text_(text), findings_(findings), password_(password) {
    held_.file = file;
  }

  Holdings read() && {
    if (pki::is_der(text_))
      read_der();
    else
      read_pem();
    tell();
    return std::move(held_);
  }

 private:
  /// A file may hold thousands that cannot be read: they do not hide what is said of others.
  void malformed(std::string_view words) {
    if (++malformed_ <= kMostMalformed) findings_.add(Id::file_malformed, held_.file, words, "replace the file");
  }

  void read_der() {
    if (looks_like_response(text_)) {
      held_.responses.emplace_back(text_.begin(), text_.end());
      return;
    }
    switch (const DerKind kind = pki::der_kind(tls::as_bytes(text_))) {
      case DerKind::certificate:
        read_certificate_or_crl();
        return;
      case DerKind::pkcs8:
      case DerKind::encrypted_pkcs8:
      case DerKind::pkcs1:
      case DerKind::sec1:
        read_key();
        return;
      case DerKind::pkcs12:
        read_pkcs12(tls::as_bytes(text_), "the PKCS#12 file");
        return;
      default: {
        const std::string_view advice = pki::advice_for(kind);
        findings_.add(Id::file_unknown, held_.file,
                      advice.empty() ? "the DER is no certificate, private key, OCSP response or CRL"
                                     : "the file is " + std::string(advice));
      }
    }
  }

  /// Both are SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING }: what can be parsed as one is that.
  void read_certificate_or_crl() {
    const tls::Bytes der = tls::as_bytes(text_);
    if (!pki::parse_certificate(der) && pki::read_crl(der))
      read_crl_text();
    else
      take({der.begin(), der.end()}, "the DER");
  }

  void read_pem() {
    // Also one whose block is broken: what is left of it is a secret.
    held_.secret = text_.find("PRIVATE KEY-----") != std::string_view::npos;
    bool certificates = false, crls = false;
    std::size_t keys = 0;
    std::vector<std::string> bad;
    pki::PemReader reader(text_);
    while (auto block = reader.next()) {
      if (!*block) {
        bad.push_back(block->error().detail());
        continue;
      }
      const std::string& label = (*block)->label;
      if (is_certificate_label(label))
        certificates = true;
      else if (is_crl_label(label))
        crls = true;
      else if (is_key_label(label))
        ++keys;
      else if (label == "PKCS12")
        read_pkcs12((*block)->der, pki::place_of(**block));
      else if (++ignored_ == 1)
        first_ignored_ = pki::place_of(**block);
    }
    if (ignored_ != 0)
      findings_.add(
          Id::block_ignored, held_.file,
          first_ignored_ +
              (ignored_ == 1 ? " is passed over" : " and " + std::to_string(ignored_ - 1) + " others are passed over"));
    if (reader.blocks() == 0)
      findings_.add(Id::file_unknown, held_.file,
                    "the file is neither PEM nor DER: " + pki::why_no_block(text_, reader));
    if (certificates)
      collect();  // tells of the bad blocks as well
    else
      for (const std::string& words : bad) malformed(words);
    if (crls) read_crl_text();
    if (keys != 0) read_key();
    if (keys > 1)
      findings_.add(Id::keys_several, held_.file,
                    "the file holds " + std::to_string(keys) + " private keys, and the first counts",
                    "leave the others out");
  }

  void collect() {
    std::vector<pki::FoundCertificate> found;
    pki::Warnings warnings;
    constexpr std::string_view kSource = "the file";  // its name stands before every finding
    pki::collect_certificates(text_, kSource, found, warnings);
    const auto place = [&](std::string_view words) {
      const std::string_view ahead = ", ";
      return words.starts_with(kSource) ? words.substr(kSource.size() + ahead.size()) : words;
    };
    for (const std::string& words : warnings.told()) malformed(place(words));
    for (pki::FoundCertificate& one : found) take(std::move(one.der), std::string(place(one.where)));
  }

  void take(std::vector<std::uint8_t> der, std::string where) {
    auto one = parse(std::move(der), std::move(where));
    if (one)
      held_.certificates.push_back(std::move(*one));
    else
      malformed(one.error().detail());
  }

  void read_crl_text() {
    if (const auto crls = pki::read_crls(text_); !crls)
      malformed(crls.error().detail());
    else
      held_.crls.push_back(pki::is_der(text_) ? std::string(text_) : crl_blocks());
  }

  /// Nothing else: there may be a key beside them.
  [[nodiscard]] std::string crl_blocks() const {
    std::string out;
    pki::PemReader reader(text_);
    while (auto block = reader.next())
      if (*block && is_crl_label((*block)->label)) out += pki::to_pem((*block)->label, (*block)->der);
    return out;
  }

  /// What is encrypted and stays so is a finding of its own: nobody may be there to give a password.
  void key_fails(const tls::Error& error) {
    const std::string words = pki::words_of(error);
    if (asked_)
      findings_.add(Id::key_locked, held_.file, words, "--key-password-file FILE or --key-password-env NAME");
    else if (!findings_.has(Id::file_malformed, held_.file))  // a bad block may be told of already
      malformed(words);
  }

  tls::PasswordSource noting_source() {
    return [this](const tls::PasswordRequest& request) -> tls::Result<tls::SecretBytes> {
      asked_ = true;
      if (!password_) return tls::fail(tls::Code::bad_key_file, "it is encrypted, and no password was given");
      return password_(request);
    };
  }

  void read_key() {
    held_.secret = true;
    const tls::PasswordSource source = noting_source();
    pki::PasswordAsker asker(source, held_.file);
    auto found = pki::find_private_key(text_, asker);
    if (!found) return key_fails(found.error());
    held_.key = std::move(*found);
  }

  void read_pkcs12(tls::Bytes der, const std::string& where) {
    held_.secret = true;
    const tls::PasswordSource source = noting_source();
    pki::PasswordAsker asker(source, held_.file);
    auto opened = pki::open_pkcs12(der, where, asker);
    if (!opened) return key_fails(opened.error());
    held_.key = pki::FoundKey{std::move(opened->key), std::move(opened->key_where)};
    for (pki::FoundCertificate& one : opened->certificates) take(std::move(one.der), std::move(one.where));
  }

  void tell() {
    if (malformed_ > kMostMalformed)
      findings_.add(Id::file_malformed, held_.file,
                    "there are " + std::to_string(malformed_ - kMostMalformed) + " more that cannot be read",
                    "replace the file");
    std::string words;
    const auto count = [&](std::size_t n, const std::string& one, const std::string& several) {
      if (n != 0) words += (words.empty() ? "" : ", ") + std::to_string(n) + " " + (n == 1 ? one : several);
    };
    count(held_.certificates.size(), "certificate", "certificates");
    count(held_.key ? 1 : 0, "private key", "");
    count(held_.responses.size(), "OCSP response", "OCSP responses");
    if (!held_.crls.empty()) words += std::string(words.empty() ? "" : ", ") + "CRLs";
    if (!words.empty()) findings_.add(Id::file_read, held_.file, "the file holds " + words);
  }

  const std::string_view text_;
  Findings& findings_;
  const tls::PasswordSource& password_;
  Holdings held_;
  bool asked_ = false;  // for a password
  std::size_t malformed_ = 0, ignored_ = 0;
  std::string first_ignored_;  // its place
};

}  // namespace

std::optional<HeldCertificate> hold(std::vector<std::uint8_t> der, std::string where, const std::string& subject,
                                    Findings& findings) {
  auto one = parse(std::move(der), std::move(where));
  if (one) return std::move(*one);
  findings.add(Id::file_malformed, subject, one.error().detail(), "have the certificate issued anew");
  return std::nullopt;
}

Holdings read_holdings(std::string_view text, const std::string& file, const tls::PasswordSource& password,
                       Findings& findings) {
  return Reader(text, file, password, findings).read();
}

Holdings read_holdings_of(const std::string& file, const tls::PasswordSource& password, Findings& findings) {
  try {
    // CRLs are long, and what else such a file holds shows when it is read: a key may be in it.
    const tls::SecretBytes text = read_secret(file, kMaxFile);
    return read_holdings(text.text(), file, password, findings);
  } catch (const Failure& failure) {
    findings.add(Id::file_unreadable, file, failure.what(), "name a file that the user who asks may read");
    Holdings none;
    none.file = file;
    return none;
  }
}

}  // namespace sallyport::cli::check
