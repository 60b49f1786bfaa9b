// OpenSSL's OCSP responses of 2012, which are not part of the project: see reference_dir(). All of them are signed with
// SHA-1, so that none is accepted; what else is wrong with one is found before that, or is not.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "pki/pem.h"
#include "pki/staple.h"
#include "support/places.h"
#include "tls/error.h"

using namespace tls;
namespace fs = std::filesystem;
using ByteList = std::vector<std::uint8_t>;

namespace {

fs::path folder() { return test::reference_dir() / "vectors/x509/openssl/ocsp-tests"; }

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

ByteList base64(const std::string& text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  ByteList out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((count += 6) >= 8) out.push_back(static_cast<std::uint8_t>(bits >> (count -= 8)));
  }
  return out;
}

ByteList certificate(const std::string& name) {
  const std::string text = slurp(folder() / name);
  const std::size_t begin = text.find("-----BEGIN CERTIFICATE-----") + 27;
  return base64(text.substr(begin, text.find("-----END", begin) - begin));
}

/// Why the response of that name is refused, at a time when all of its kind were current.
std::string why(const std::string& response, const std::string& subject, const std::string& issuer) {
  constexpr std::int64_t kThen = 1350994200;  // 2012-10-23 12:10:00 UTC
  const ByteList der = base64(slurp(folder() / (response + ".ors")));
  const ByteList subject_der = certificate(subject), issuer_der = certificate(issuer);
  const auto parsed = pki::parse_certificate(subject_der), parsed_issuer = pki::parse_certificate(issuer_der);
  REQUIRE(parsed);
  REQUIRE(parsed_issuer);
  const auto verdict = pki::judge_staple(der, *parsed, *parsed_issuer, nullptr, pki::Moment(kThen));
  return verdict ? "good" : verdict.error().detail();
}

}  // namespace

TEST_CASE("OpenSSL's OCSP responses: each is refused for what is wrong with it, those of sound responders for SHA-1") {
  if (!fs::exists(folder())) {
    MESSAGE("no reference data: set SALLYPORT_REFERENCE to its folder");
    return;
  }
  const auto says = [](const std::string& text, std::string_view part) {
    if (text.find(part) != std::string::npos) return true;
    MESSAGE(text);
    return false;
  };
  struct Case {
    std::string name, subject, issuer;
  };
  for (const Case& c :
       {Case{"ND1", "ND1_Cert_EE.pem", "ND1_Issuer_ICA.pem"}, Case{"ND2", "ND2_Cert_ICA.pem", "ND2_Issuer_Root.pem"},
        Case{"ND3", "ND3_Cert_EE.pem", "ND3_Issuer_Root.pem"}, Case{"D1", "D1_Cert_EE.pem", "D1_Issuer_ICA.pem"},
        Case{"D2", "D2_Cert_ICA.pem", "D2_Issuer_Root.pem"}, Case{"D3", "D3_Cert_EE.pem", "D3_Issuer_Root.pem"}}) {
    CAPTURE(c.name);
    // The responder's certificate of D3 has a subjectAltName without a name (RFC 5280 §4.2.1.6).
    CHECK(says(why(c.name, c.subject, c.issuer), c.name == "D3" ? "cannot be read: the subjectAltName" : "SHA-1"));
    CHECK(says(why("WINH_" + c.name, c.subject, c.issuer), "tells of other certificates only"));
    CHECK(says(why("WIKH_" + c.name, c.subject, c.issuer), "tells of other certificates only"));
    CHECK(says(why("WRID_" + c.name, c.subject, c.issuer), "neither the certificate's issuer nor enclosed"));
    CHECK(why("ISOP_" + c.name, c.subject, c.issuer) != "good");
    // The issuer's certificate has another name or another key, or a wrong signature on it: a staple is judged behind a
    // path, which such a certificate is not part of. The key it is compared with here.
    CHECK(why(c.name, c.subject, "WSNIC_" + c.issuer) != "good");
    CHECK(says(why(c.name, c.subject, "WKIC_" + c.issuer), "tells of other certificates only"));
    CHECK(why(c.name, c.subject, "ISIC_" + c.issuer) == why(c.name, c.subject, c.issuer));
    if (c.name[0] != 'D') continue;
    CHECK(why("ISDOSC_" + c.name, c.subject, c.issuer) != "good");
    CHECK(why("WKDOSC_" + c.name, c.subject, c.issuer) != "good");
  }
}
