#include "pki/staple.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"
#include "crypto/message_digest.h"
#include "crypto/sha1.h"
#include "pki/distinguished_name.h"
#include "pki/ocsp_response.h"
#include "pki/oids.h"
#include "pki/policy.h"

namespace tls::pki {
namespace {

constexpr std::uint8_t kCertificateHold = 6;  // CRLReason

bool same(Bytes a, Bytes b) noexcept { return std::ranges::equal(a, b); }

std::unexpected<Error> refuse(const Certificate& certificate, const std::string& why) {
  return fail(Code::bad_staple, "the OCSP response for '" + display_name(certificate.subject) + "' " + why);
}

/// Name and key of the issuer, hashed as a CertID has them.
class IssuerHashes {
 public:
  IssuerHashes(const Certificate& certificate, const Certificate& issuer)
      : name_(certificate.issuer), key_(issuer.subject_public_key) {}

  Result<bool> are_in(const CertId& id) {
    switch (id.hash) {
      case CertId::Hash::sha1: {
        if (!sha1_) {
          auto name = crypto::sha1(name_), key = crypto::sha1(key_);
          if (!name) return std::unexpected(std::move(name).error());
          if (!key) return std::unexpected(std::move(key).error());
          sha1_.emplace(*name, *key);
        }
        return same(id.issuer_name_hash, sha1_->first) && same(id.issuer_key_hash, sha1_->second);
      }
      case CertId::Hash::sha256:
        if (!sha256_)
          sha256_.emplace(crypto::message_digest(crypto::SchemeHash::sha256, {name_}),
                          crypto::message_digest(crypto::SchemeHash::sha256, {key_}));
        return same(id.issuer_name_hash, sha256_->first.bytes()) && same(id.issuer_key_hash, sha256_->second.bytes());
      case CertId::Hash::other:
        break;
    }
    return false;
  }

 private:
  Bytes name_, key_;
  std::optional<std::pair<crypto::Sha1, crypto::Sha1>> sha1_;
  std::optional<std::pair<crypto::MessageDigest, crypto::MessageDigest>> sha256_;
};

std::int64_t until_of(const SingleResponse& entry) {
  return entry.next_update.value_or(entry.this_update + limits::kMaxOcspAge.count());
}

/// RFC 6960 §3.2 (5), (6), §4.2.2.1.
Result<void> check_times(const OcspResponse& response, const SingleResponse& entry, const Certificate& certificate,
                         const Moment& now) {
  constexpr std::int64_t kSkew = limits::kOcspClockSkew.count();
  if (!now.reached(entry.this_update - kSkew) || !now.reached(response.produced_at - kSkew))
    return refuse(certificate, "is from the future: it was made for " + display_time(entry.this_update) +
                                   ", and it is " + display_time(now.seconds()));
  const std::int64_t until = until_of(entry);
  if (!now.is_past(until + kSkew)) return {};
  return refuse(certificate, "is too old: it is of " + display_time(entry.this_update) +
                                 (entry.next_update ? ", was good until " + display_time(until)
                                                    : ", names no end, and counts for ten days") +
                                 ", and it is " + display_time(now.seconds()) + "; the server has to renew it");
}

Result<void> check_status(const SingleResponse& entry, const Certificate& certificate) {
  if (entry.status == RevocationStatus::good) return {};
  if (entry.status == RevocationStatus::unknown)
    return refuse(certificate, "says that the responder does not know the certificate");
  return fail(Code::certificate_revoked, "the certificate of '" + display_name(certificate.subject) +
                                             "' was revoked at " + display_time(entry.revoked_at) +
                                             (entry.reason ? " (" + reason_name(*entry.reason) + ")" : ""));
}

Result<void> check_signature(const OcspResponse& response, const crypto::PublicKey& key) {
  const auto algorithm = crypto::read_signature_algorithm(response.signature_identifier);
  if (!algorithm) return std::unexpected(algorithm.error());
  return key.verify_certificate(*algorithm, response.signed_data, response.signature);
}

/// Not by anyExtendedKeyUsage: whoever issues a responder's certificate means it (RFC 6960 §4.2.2.2).
bool may_answer(const Certificate& delegate) {
  if (!delegate.extended_key_usage) return false;
  return std::ranges::any_of(*delegate.extended_key_usage,
                             [](Bytes purpose) { return oid::is(purpose, oid::kOcspSigning); });
}

/// Who may sign for an issuer.
class Responder {
 public:
  Responder(const OcspResponse& response, const Certificate& certificate, const Certificate& issuer,
            const crypto::PublicKey* issuer_key, const Moment& now)
      : response_(response), certificate_(certificate), issuer_(issuer), issuer_key_(issuer_key), now_(now) {}

  /// RFC 6960 §4.2.2.2. True: the signer is a delegate without id-pkix-ocsp-nocheck.
  Result<bool> check() {
    if (auto ready = make_issuer_key(); !ready) return std::unexpected(std::move(ready).error());
    auto issuer_signed = is_named(issuer_);
    if (!issuer_signed) return std::unexpected(std::move(issuer_signed).error());
    std::optional<Error> refusal;
    if (*issuer_signed) {
      const auto verified = check_signature(response_, *issuer_key_);
      if (verified) return false;
      refusal = forged("the certificate's issuer", verified.error()).error();  // a delegate may bear the same name
    }
    std::string unreadable;
    for (const Bytes der : response_.certificates) {
      const auto delegate = parse_certificate(der);
      if (!delegate) {  // it may be nobody's that signs
        if (unreadable.empty())
          unreadable = "; a certificate that is enclosed cannot be read: " + delegate.error().detail();
        continue;
      }
      auto named = is_named(*delegate);
      if (!named) return std::unexpected(std::move(named).error());
      if (!*named) continue;
      auto good = check_delegate(*delegate);
      if (good) return !delegate->ocsp_no_check;
      if (!refusal) refusal = std::move(good).error();
    }
    if (refusal) return std::unexpected(std::move(*refusal));
    return refuse(certificate_, "is signed by " + responder() +
                                    ", which is neither the certificate's issuer nor enclosed as its delegate" +
                                    unreadable);
  }

 private:
  Result<void> make_issuer_key() {
    if (issuer_key_ != nullptr) return {};
    auto made = crypto::PublicKey::from_spki(issuer_.subject_public_key_info);
    if (!made) return refuse(certificate_, "cannot be verified: " + made.error().detail());
    issuer_key_ = &own_key_.emplace(std::move(*made));
    return {};
  }

  [[nodiscard]] std::string responder() const {
    return response_.responder_name.empty() ? "a key without a name"
                                            : "'" + display_name(response_.responder_name) + "'";
  }

  /// Whether the responderID names this certificate.
  [[nodiscard]] Result<bool> is_named(const Certificate& candidate) const {
    if (!response_.responder_name.empty()) return same_name(response_.responder_name, candidate.subject);
    const auto hash = crypto::sha1(candidate.subject_public_key);
    if (!hash) return std::unexpected(hash.error());
    return same(response_.responder_key, *hash);
  }

  [[nodiscard]] std::unexpected<Error> forged(const std::string& by, const Error& why) const {
    return refuse(certificate_, "is not signed by " + by + ": " + why.detail());
  }

  Result<void> check_delegate(const Certificate& delegate) {
    const std::string name = "its delegate '" + display_name(delegate.subject) + "'";
    if (!may_answer(delegate))
      return refuse(certificate_, "is signed by " + name + ", whose extKeyUsage does not allow it (id-kp-OCSPSigning)");
    if (delegate.key_usage && (*delegate.key_usage & key_usage::kDigitalSignature) == 0)
      return refuse(certificate_, "is signed by " + name + ", whose keyUsage does not allow it");
    if (delegate.unknown_critical)
      return refuse(certificate_, "is signed by " + name + ", whose certificate has the critical extension " +
                                      oid::text(*delegate.unknown_critical) + ", which is not supported");
    // A responder's certificate that was renewed just now is borne as its responses are.
    if (!now_.reached(delegate.not_before - limits::kOcspClockSkew.count()) || now_.is_past(delegate.not_after))
      return refuse(certificate_, "is signed by " + name + ", whose certificate is not valid now");
    if (!same_name(delegate.issuer, issuer_.subject))
      return refuse(certificate_, "is signed by " + name + ", which the certificate's issuer has not certified itself");
    if (auto key = check_key(delegate); !key) return forged(name, key.error());
    const auto algorithm = crypto::read_signature_algorithm(delegate.signature_identifier);
    if (!algorithm) return forged(name, algorithm.error());
    if (auto verified = issuer_key_->verify_certificate(*algorithm, delegate.tbs, delegate.signature); !verified)
      return refuse(certificate_, "is signed by " + name + ", which the certificate's issuer has not certified: " +
                                      verified.error().detail());
    const auto key = crypto::PublicKey::from_spki(delegate.subject_public_key_info);
    if (!key) return forged(name, key.error());
    if (auto verified = check_signature(response_, *key); !verified) return forged(name, verified.error());
    return {};
  }

  const OcspResponse& response_;
  const Certificate &certificate_, &issuer_;
  const crypto::PublicKey* issuer_key_;
  std::optional<crypto::PublicKey> own_key_;
  const Moment& now_;
};

/// A response with what it says of the certificate in question, and who signed it.
struct Authentic {
  OcspResponse response;
  std::vector<const SingleResponse*> matching;  ///< at least one; they point into `response`
  bool unchecked_responder = false;
};

Result<Authentic> authenticate(Bytes der, const Certificate& certificate, const Certificate& issuer,
                               const crypto::PublicKey* issuer_key, const Moment& now) {
  auto response = parse_ocsp_response(der);
  if (!response) return std::unexpected(std::move(response).error());
  Authentic out;
  out.response = std::move(*response);
  IssuerHashes hashes(certificate, issuer);
  for (const SingleResponse& entry : out.response.responses) {
    if (!same(entry.id.serial, certificate.serial)) continue;
    const auto ours = hashes.are_in(entry.id);
    if (!ours) return std::unexpected(ours.error());
    if (*ours) out.matching.push_back(&entry);
  }
  if (out.matching.empty()) return refuse(certificate, "tells of other certificates only");
  // Whoever signed it goes first: what a stranger writes is not repeated as a responder's word.
  const auto unchecked = Responder(out.response, certificate, issuer, issuer_key, now).check();
  if (!unchecked) return std::unexpected(unchecked.error());
  out.unchecked_responder = *unchecked;
  return out;
}

GoodStaple facts_of(const Authentic& said, const SingleResponse& entry) {
  return {.produced_at = said.response.produced_at,
          .this_update = entry.this_update,
          .next_update = entry.next_update,
          .until = until_of(entry),
          .unchecked_responder = said.unchecked_responder};
}

const SingleResponse& first_to_end(const std::vector<const SingleResponse*>& entries) {
  return **std::ranges::min_element(entries, {}, [](const SingleResponse* entry) { return until_of(*entry); });
}

}  // namespace

Result<GoodStaple> judge_staple(Bytes der, const Certificate& certificate, const Certificate& issuer,
                                const crypto::PublicKey* issuer_key, const Moment& now) {
  const auto said = authenticate(der, certificate, issuer, issuer_key, now);
  if (!said) return std::unexpected(said.error());
  // Whatever its age: a revoked certificate stays revoked, unless it was only put on hold (RFC 5280 §5.3.1).
  for (const SingleResponse* entry : said->matching)
    if (entry->status == RevocationStatus::revoked && entry->reason != kCertificateHold)
      return std::unexpected(check_status(*entry, certificate).error());
  for (const SingleResponse* entry : said->matching) {
    if (auto current = check_times(said->response, *entry, certificate, now); !current)
      return std::unexpected(std::move(current).error());
    if (auto good = check_status(*entry, certificate); !good) return std::unexpected(std::move(good).error());
  }
  return facts_of(*said, first_to_end(said->matching));
}

Result<StapleAnswer> read_staple(Bytes der, const Certificate& certificate, const Certificate& issuer,
                                 const Moment& now) {
  const auto said = authenticate(der, certificate, issuer, nullptr, now);
  if (!said) return std::unexpected(said.error());
  StapleAnswer answer;
  answer.facts = facts_of(*said, first_to_end(said->matching));
  for (const SingleResponse* entry : said->matching) {
    if (auto current = check_times(said->response, *entry, certificate, now); !current)
      return std::unexpected(std::move(current).error());
    if (entry->status == RevocationStatus::revoked) {
      answer.revoked = true;
      answer.revoked_at = entry->revoked_at;
      answer.reason = entry->reason;
    } else if (auto good = check_status(*entry, certificate); !good) {
      return std::unexpected(std::move(good).error());
    }
  }
  return answer;
}

}  // namespace tls::pki
