#include "cli/check/clients.h"

#include <algorithm>

#include "crypto/signature_algorithm.h"
#include "pki/oids.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t k20190701 = 1561939200, k20200901 = 1598918400, k20260315 = 1773532800, k20270315 = 1805068800,
                       k20290315 = 1868227200;  // seconds since 1970, each the first of its day

const pki::Certificate& leaf(const ClientCase& server) { return *server.chain->line.path.front(); }
/// anyExtendedKeyUsage is not serverAuth to Apple's clients.
bool names_server_auth(const pki::Certificate& certificate) {
  return certificate.extended_key_usage && std::ranges::any_of(*certificate.extended_key_usage, [](tls::Bytes id) {
           return pki::oid::is(id, pki::oid::kServerAuth);
         });
}
bool has_key(const ClientCase& server, tls::KeyKind kind) { return pki::key_kind(leaf(server)) == kind; }

/// RFC 5280 §4.1.2.5: from notBefore to notAfter, both included.
std::int64_t lifetime(const pki::Certificate& one) { return one.not_after - one.not_before + 1; }

bool signed_with_pss(const pki::Certificate& one) {
  const auto algorithm = pki::parse_algorithm(one.signature_identifier);
  return algorithm && pki::oid::is(algorithm->oid, pki::oid::kRsassaPss);
}
/// The certificates that a client verifies: all but a root.
bool any_with_pss(const ClientCase& server) {
  return std::ranges::any_of(server.chain->line.path,
                             [](const pki::Certificate* one) { return !one->self_issued() && signed_with_pss(*one); });
}

constexpr ClientRow kRows[] = {
    // "curl doesn't fetch missing intermediates", nor Java, Go and Python; Chrome fetches them by AIA and Firefox has a
    // list: https://certpulse.dev/blog/certificate-works-in-chrome-breaks-everywhere-else. RFC 9846 §4.5.1: the server
    // sends them.
    {Id::client_gap, "curl, wget, Python, Java, Go and other clients that fetch no intermediates",
     "the certificate of an issuer is missing; browsers may hide it, for they fetch or remember it",
     "put the missing certificate behind the leaf", [](const ClientCase& s) { return s.chain->gap; }},
    // Chrome 58 and Firefox 48: https://chromestatus.com/feature/4981025180483584; Go 1.15 (its release notes);
    // iOS 13 and macOS 10.15: https://support.apple.com/en-us/103769; RFC 9525 §2.
    {Id::client_common_name, "Chrome from 58, Firefox from 48, iOS from 13, macOS from 10.15, Go from 1.15, Sallyport",
     "the leaf has no subjectAltName, and its common name counts for nothing", "have it issued with a subjectAltName",
     [](const ClientCase& s) { return leaf(s).dns_names.size() == 0 && leaf(s).addresses.size() == 0; }},
    // BoringSSL's kVerifySignatureAlgorithms (ssl/extensions.cc) lacks ed25519, and applications have to add it; Chrome
    // and Safari: https://lists.cabforum.org/pipermail/servercert-wg/2019-June/000875.html. The Baseline Requirements
    // (§7.1.3.1) have RSA and ECDSA alone, so that no public authority issues such certificates.
    {Id::client_ed25519, "Chrome, Edge and Safari", "the leaf's key is Ed25519, whose signatures they do not offer",
     "add a second certificate for ECDSA P-256: servers choose by what a client offers",
     [](const ClientCase& s) { return has_key(s, tls::KeyKind::ed25519); }},
    // ecdsa_secp521r1_sha512 is not in that list of BoringSSL; https://github.com/brave/brave-browser/issues/13184,
    // https://github.com/google/conscrypt/issues/681, https://github.com/pi-hole/FTL/pull/1583.
    {Id::client_p521, "Chrome, Edge and Android, whose BoringSSL does not offer it, and Sallyport unless it is told to",
     "the leaf's key is ECDSA P-521", "use ECDSA P-256 or P-384",
     [](const ClientCase& s) { return has_key(s, tls::KeyKind::ecdsa_p521); }},
    // The same list has no rsa_pss_pss_*. Baseline Requirements §7.1.3.1.1: authorities SHALL NOT use id-RSASSA-PSS for
    // keys. Browsers: https://github.com/zmap/zlint/issues/326. Java 8 has RSASSA-PSS from 8u251
    // (https://mail.openjdk.org/pipermail/jdk8u-dev/2019-November/010573.html).
    {Id::client_rsa_pss_key, "Chrome, Edge, Firefox, Safari, and Java 8 before 8u251",
     "the leaf's key is id-RSASSA-PSS",
     "use a key of rsaEncryption, with which RSASSA-PSS signatures can be made as well",
     [](const ClientCase& s) { return has_key(s, tls::KeyKind::rsa_pss); }},
    // RSASSA-PSS came with Java 11 and was brought to Java 8 in 2020 (as above). Browsers of 2019 have none in
    // certificates (https://github.com/zmap/zlint/issues/326), Firefox 70 by name
    // (https://github.com/mozilla/pkipolicy/issues/217).
    {Id::client_pss_signature, "Java 8 before 8u251, browsers of 2019 such as Firefox 70",
     "a certificate of the chain is signed with RSASSA-PSS", "have it signed with ECDSA, or with RSA PKCS#1 v1.5",
     any_with_pss},
    // https://support.apple.com/en-us/103769, for certificates that were issued after 1 July 2019, public or not.
    {Id::client_no_server_auth, "Safari and apps on iOS from 13 and macOS from 10.15",
     "the leaf has no extKeyUsage with serverAuth", "have it issued with extKeyUsage: serverAuth",
     [](const ClientCase& s) {
       const auto& one = leaf(s);
       return one.not_before > k20190701 && !names_server_auth(one);
     }},
    // The same page.
    {Id::client_825_days, "Safari and apps on iOS from 13 and macOS from 10.15",
     "the leaf is valid for more than 825 days, from a private authority too", "have it issued for 825 days or less",
     [](const ClientCase& s) { return leaf(s).not_before > k20190701 && lifetime(leaf(s)) > 825 * kDay; }},
    // Baseline Requirements §6.3.2 as of ballot SC-081v3: 398 days from 2020-09-01, 200 from 2026-03-15, 100 from
    // 2027-03-15, 47 from 2029-03-15, for roots that browsers ship. Of 398 days:
    // https://support.apple.com/en-us/102028.
    {Id::client_public_lifetime, "browsers, where its root is one that they ship",
     "the leaf is valid for longer than the CA/Browser Forum's Baseline Requirements allow public certificates",
     "have it issued for less",
     [](const ClientCase& s) {
       const std::int64_t most = public_lifetime(leaf(s).not_before);
       return s.chain->public_ && most != 0 && lifetime(leaf(s)) > most * kDay;
     }},
    // GnuTLS from 3.5.1 (https://gnutls.org/manual/html_node/OCSP-stapling.html); RFC 7633 §4.2.3.
    {Id::client_must_staple, "GnuTLS from 3.5.1, Sallyport, and other clients that know RFC 7633",
     "the leaf demands a staple, and there is none", "staple an OCSP response: docs/stapling.md",
     [](const ClientCase& s) { return s.outside && leaf(s).must_staple && !s.stapled; }},
    // OpenSSL's CHANGES: TLS 1.3 came with 1.1.1. Java: 11 (JEP 332) and 8u261 (JDK-8248721).
    {Id::client_no_tls12, "OpenSSL before 1.1.1, Java before 8u261 and 11", "the server has no TLS 1.2",
     "allow TLS 1.2 as well, if such clients come",
     [](const ClientCase& s) { return s.outside && s.tls13 && !s.tls12; }},
    // RFC 9846 §9.1: secp256r1 is what all must have, x25519 what they should have. NIST SP 800-56A, Revision 3,
    // Appendix D, has no Curve25519, so a client in FIPS mode may lack it.
    {Id::client_no_nist_curve, "clients in FIPS mode, and others that have no x25519",
     "the server has x25519 and no curve of NIST", "allow secp256r1 as well",
     [](const ClientCase& s) { return s.outside && !s.nist_curve; }},
};

}  // namespace

std::span<const ClientRow> client_rows() noexcept { return kRows; }

std::int64_t public_lifetime(std::int64_t not_before) noexcept {
  if (not_before >= k20290315) return 47;
  if (not_before >= k20270315) return 100;
  if (not_before >= k20260315) return 200;
  return not_before >= k20200901 ? 398 : 0;
}

void check_clients(const ClientCase& server, Findings& findings) {
  bool any = false;
  for (const ClientRow& row : kRows) {
    if (!row.fails(server)) continue;
    any = true;
    findings.add(row.id, server.subject, std::string(row.who) + " will fail: " + std::string(row.why), row.advice);
  }
  if (!any)
    findings.add(
        Id::clients, server.subject,
        "none of the " + std::to_string(std::size(kRows)) + " reasons applies for which well-known clients fail");
}

}  // namespace sallyport::cli::check
