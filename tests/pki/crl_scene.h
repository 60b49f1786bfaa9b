// A chain and the CRLs of its authorities: what the tests of CRLs begin with.
#pragma once

#include <doctest/doctest.h>

#include "pki/certificate.h"
#include "pki/crl.h"
#include "support/pki.h"

namespace tls::test {

inline constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;

inline bool says(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE(text);
  return false;
}

/// A leaf, its issuer and a root, and what a CRL says unless a test changes it: nothing, from an hour ago for a day.
struct CrlScene : Authority {
  using Der = sallyport::der::Der;
  sallyport::Issued subject = leaf(sallyport::server_leaf("leaf", {"a.example"}));
  sallyport::Issued other = leaf(sallyport::server_leaf("other", {"b.example"}));

  [[nodiscard]] static sallyport::CrlSpec empty_crl(const sallyport::Issued& issuer) {
    return {.issuer = &issuer, .this_update = kNow - kHour, .next_update = kNow + kDay};
  }
  [[nodiscard]] sallyport::CrlSpec spec() const { return empty_crl(intermediate); }
  [[nodiscard]] static sallyport::CrlEntrySpec revokes(const sallyport::Issued& one) {
    return {.serial = one.serial, .revoked_at = kNow - kDay};
  }
  /// Contents octets of a serial number.
  [[nodiscard]] static Bytes serial_of(const sallyport::Issued& one) { return Bytes(one.serial).subspan(2); }
  [[nodiscard]] static std::string pem(const Der& crl) { return sallyport::to_pem("X509 CRL", crl); }
  [[nodiscard]] static std::string pem(const sallyport::CrlSpec& spec) { return pem(sallyport::crl(spec)); }
  [[nodiscard]] static Der key_identifier(const sallyport::Issued& one) {
    const auto parsed = pki::parse_certificate(one.certificate);
    return {parsed->subject_key_identifier.begin(), parsed->subject_key_identifier.end()};
  }

  [[nodiscard]] static pki::CrlPtr parsed(const sallyport::CrlSpec& spec) {
    auto crl = pki::Crl::parse(sallyport::crl(spec));
    REQUIRE(crl);
    return *crl;
  }
  /// Why a CRL is not taken, in words.
  [[nodiscard]] static std::string why(const Der& der) {
    const auto crl = pki::Crl::parse(der);
    if (crl) return "taken";
    CHECK(crl.error().code() == Code::bad_crl);
    return crl.error().detail();
  }
  [[nodiscard]] static std::string why(const sallyport::CrlSpec& spec) { return why(sallyport::crl(spec)); }
};

}  // namespace tls::test
