#include "cli/advice.h"

#include <algorithm>

#include "base/certificate_refusals.h"
#include "cli/offers.h"
#include "crypto/signature.h"
#include "pki/certificate.h"

namespace sallyport::cli {
namespace {

using tls::Alert;
using tls::ClientCertificate;
using tls::Code;

bool negotiated(const Case& c) { return c.info.version != tls::ProtocolVersion{}; }

std::string joined(const std::vector<std::string>& items, std::string_view between) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : std::string(between)) + item;
  return out;
}

/// "; of 'CN=A', 'CN=B'" where a server has named authorities.
std::string authorities_of(const tls::CertificateWish& wish) {
  constexpr std::size_t kMost = 4;
  std::string out;
  std::size_t n = 0;
  for (const auto& name : wish.authorities)
    if (++n <= kMost) out += (n == 1 ? "" : ", ") + ("'" + tls::pki::display_name(name) + "'");
  if (n == 0) return {};
  return ", issued by one of " + out + (n > kMost ? " and " + std::to_string(n - kMost) + " others" : "");
}

/// What it takes to be let in with a certificate, where none was sent.
std::string about_our_certificate(const Case& c) {
  const std::string start = "the server asked for a client certificate, and an empty list was sent: ";
  const auto& wish = c.info.certificate_wish;
  const std::string kind =
      wish ? " for a key of a kind that it accepts (" + list_of(wish->signature_schemes) + ")" + authorities_of(*wish)
           : std::string();
  if (c.options.certs.empty()) return start + "--cert FILE --key FILE" + kind;
  if (c.options.settings.of("--authorities-bind") == "on" && wish && !wish->authorities.empty())
    return start +
           "--authorities-bind on keeps the --cert back, for none of the authorities that the server names has "
           "issued it: leave it off, or give a --cert" +
           authorities_of(*wish).substr(1);
  return start + "the --cert that was given cannot sign as the server wants: give one" + kind;
}

/// The two sides found nothing in common, and one that we cannot see says so.
std::string about_offers(const Case& c) {
  const std::string who = c.side == Side::client ? "the server" : "the client";
  const auto left = left_to_offer(Offers(c.options));
  const std::string missing = who + " wants something that Sallyport does not have (" + what_is_missing() +
                              "): it must be updated or configured to take more";
  if (left.empty()) return "everything that Sallyport has was offered: " + missing;
  return joined(left, "; ") + ": these are not offered now. If they do not help, " + missing;
}

/// protocol_version.
std::string about_their_version(const Case& c) {
  const Offers ours(c.options);
  const std::string who = c.side == Side::client ? "the server" : "the client";
  if (ours.min > tls::ProtocolVersion::tls12) return "--min-version 1.2: TLS 1.3 alone was offered";
  if (ours.max < tls::ProtocolVersion::tls13) return "--max-version 1.3: TLS 1.2 alone was offered";
  return "no option helps: TLS 1.2 and TLS 1.3 were offered, and " + who +
         " wants an older one (RFC 8996); it must be updated";
}

/// An alert about a certificate, which is ours or the lack of one.
std::string about_certificate_alert(const Case& c, const char* if_sent) {
  if (sent_no_certificate(c)) return about_our_certificate(c);
  if (c.info.certificates_sent != 0) return if_sent;
  return "the peer complains of a certificate, but was sent none: its log may say whose it means";
}

std::string about_our_protocols(const Case& c) {
  if (c.options.alpn.empty()) return "the server demands an application protocol: --alpn h2,http/1.1";
  return "the server has none of " + c.options.alpn + ": --alpn with a protocol that it has";
}

std::string about_our_name(const Case& c) {
  if (c.options.settings.of("--send-server-name") == "off")
    return "--send-server-name on: the server wants to know who is meant";
  return "the server does not serve " + (c.info.server_name.empty() ? "that name" : "'" + c.info.server_name + "'") +
         ": --servername NAME";
}

/// A ClientHello that the other end, or somebody between, stumbled over.
std::string about_stumbling(const Case& c) {
  if (Offers(c.options).max < tls::ProtocolVersion::tls13)
    return "the server, or a middlebox before it, cannot read the ClientHello: its log may say why";
  return "the server, or a middlebox before it, cannot read the ClientHello: --max-version 1.2 --fallback-scsv on "
         "sends "
         "a plain one";
}

constexpr const char* kRefusedOurs = "the peer refused our certificate: its log says why";

/// What to do about an alert of the peer's.
std::string about_alert(Alert alert, const Case& c) {
  const bool client = c.side == Side::client;
  switch (alert) {
    case Alert::handshake_failure:
      if (sent_no_certificate(c)) return about_our_certificate(c);
      if (client && c.info.client_certificate == ClientCertificate::sent) return kRefusedOurs;
      if (!negotiated(c)) return about_offers(c);
      return std::string(client ? "the server" : "the client") + " refused what was agreed on: its log may say why";
    case Alert::insufficient_security:
      return about_offers(c);
    case Alert::protocol_version:
      return about_their_version(c);
    case Alert::unknown_ca:
      return about_certificate_alert(
          c,
          "the peer does not trust our certificate: give it the root, or use another --cert; the file of --cert must "
          "hold the whole chain");
    case Alert::certificate_expired:
      return about_certificate_alert(c,
                                     "the peer finds our certificate out of date: renew it, or set the peer's clock");
    case Alert::certificate_revoked:
      return about_certificate_alert(c, "our certificate was revoked: get another, for a new key");
    case Alert::bad_certificate:
    case Alert::certificate_unknown:
    case Alert::unsupported_certificate:
    case Alert::certificate_required:
    case Alert::access_denied:
      return about_certificate_alert(c, kRefusedOurs);
    case Alert::no_application_protocol:
      if (client) return about_our_protocols(c);
      break;
    case Alert::unrecognized_name:
      if (client) return about_our_name(c);
      break;
    case Alert::inappropriate_fallback:
      return "leave --fallback-scsv and --max-version out: the server has a newer version";
    case Alert::unknown_psk_identity:
    case Alert::decrypt_error:
      if (!c.options.settings.psks.empty())
        return "--psk: both sides need the same identity, key, --psk-hash, --psk-import and --psk-context";
      break;
    case Alert::illegal_parameter:
    case Alert::missing_extension:
    case Alert::unsupported_extension:
    case Alert::decode_error:
    case Alert::unexpected_message:
    case Alert::internal_error:
      if (client && !negotiated(c)) return about_stumbling(c);
      break;
    default:
      break;
  }
  return "the peer's log may say more";
}

/// What to do about what we found, where that does not depend on more. `server`: where a server's words differ from a
/// client's.
struct CodeRow {
  Code code;
  const char* client;
  const char* server = client;
};
constexpr CodeRow kCodeRows[] = {
    {Code::unknown_ca,
     "--ca FILE with the root that issued the certificate; or the server must send its chain: leaf, then issuers",
     "--client-ca FILE with the root that issued the certificate; or the client must send its chain"},
    {Code::name_mismatch,
     "--servername NAME, where the certificate is for another name that you mean; else have it issued for the one "
     "above"},
    {Code::certificate_expired,
     "the server must get a new certificate: tell those who run it. If the date above is wrong, set this machine's "
     "clock",
     "the client must get a new certificate. If the date above is wrong, set this machine's clock"},
    {Code::certificate_not_yet_valid,
     "set this machine's clock if the date above is wrong; else wait, or have the certificate issued for now"},
    {Code::certificate_revoked,
     "do not trust it: its issuer has withdrawn the certificate. The server must get another, for a new key",
     "do not trust it: its issuer has withdrawn the certificate. The client must get another, for a new key"},
    {Code::bad_certificate,
     "the server must send a chain that is whole and unchanged: tell those who run it. `sallyport verify --explain` "
     "may say more",
     "the client must send a chain that is whole and unchanged. `sallyport verify --explain` may say more"},
    {Code::unsupported_certificate,
     "the server must get a certificate for TLS servers, with ECDSA (P-256, P-384), Ed25519 or RSA of 2048 bits or "
     "more",
     "the client must get a certificate for TLS clients, with ECDSA (P-256, P-384), Ed25519 or RSA of 2048 bits or "
     "more"},
    {Code::bad_certificate_signature, "the server must send a chain that is whole and unchanged: tell those who run it",
     "the client must send a chain that is whole and unchanged"},
    {Code::weak_certificate_signature, "the server must get a certificate that is signed with SHA-256 or better",
     "the client must get a certificate that is signed with SHA-256 or better"},
    {Code::certificate_purpose,
     "the server must get a certificate for TLS servers: digitalSignature in keyUsage, serverAuth in extKeyUsage",
     "the client must get a certificate for TLS clients: digitalSignature in keyUsage, clientAuth in extKeyUsage"},
    {Code::unknown_critical_extension,
     "the server must get a certificate without that extension, or with one that is not critical",
     "the client must get a certificate without that extension, or with one that is not critical"},
    {Code::issuer_not_an_authority,
     "do not trust it: whoever issued it is no authority. The server must get a certificate from one",
     "do not trust it: whoever issued it is no authority. The client must get a certificate from one"},
    {Code::path_too_long, "the authority that allows fewer below it must issue the certificate itself"},
    {Code::no_valid_policy,
     "the server must get a certificate with a policy that its authorities allow: tell those who run it",
     "the client must get a certificate with a policy that its authorities allow"},
    {Code::name_constraints_violated,
     "do not trust it: the authority may not issue for that name. The server must get a certificate from another",
     "do not trust it: the authority may not issue for that name. The client must get a certificate from another"},
    {Code::certificate_too_complex, "the server must send a smaller chain: tell those who run it",
     "the client must send a smaller chain"},
    {Code::certificate_refused, "the application's own verifier said no: ask it"},
    {Code::revocation_unknown,
     "--crl with a current list of the authority that is named above (openssl crl -in FILE -noout -nextupdate says how "
     "long one counts), or --crl-policy if-present"},
    {Code::bad_staple, "the server must staple a fresh OCSP response for its certificate: tell those who run it"},
    {Code::wrong_signature_scheme, "--sigalgs with the one that the peer signed with, if it is above"},
    {Code::no_extended_main_secret,
     "--extended-main-secret if-offered does without: nothing is resumed or exported then, and the server should be "
     "updated (RFC 9325 §3.5)",
     "--extended-main-secret if-offered does without: nothing is resumed or exported then, and the client should be "
     "updated (RFC 9325 §3.5)"},
    {Code::no_secure_renegotiation,
     "--renegotiation-info if-offered does without; the server should be updated (RFC 9325 §3.5)"},
    {Code::inappropriate_fallback, "",
     "nothing here: the client tried again with an older version than it has; what went wrong at first?"},
    {Code::client_certificate_required, "--verify-client request, or a client with a certificate"},
    {Code::not_tls, "is there a TLS peer at that address and port?"},
    {Code::truncated, "the peer or something between went away: its log may say why"},
};

/// Whether the chain begins with an authority's certificate and holds others: what was looked at is not the leaf.
bool wrong_order(const tls::ConnectionInfo& info) {
  if (info.unproven_certificates.size() < 2) return false;
  const auto first = tls::pki::parse_certificate(info.unproven_certificates.front());
  return first && first->is_ca;
}

/// What to do about what we found, where it depends on what was offered and sent.
std::optional<std::string> about_code(const Case& c) {
  const Offers ours(c.options);
  const auto& theirs = c.info.refused_offer;
  switch (c.error.code()) {
    case Code::unsupported_version:
      return theirs ? about_versions(ours, *theirs) : about_their_version(c);
    case Code::no_shared_cipher:
      return theirs ? about_suites(ours, *theirs) : about_offers(c);
    case Code::no_shared_group:
      return theirs ? about_groups(ours, *theirs) : about_offers(c);
    case Code::no_shared_signature_scheme:
      return theirs ? about_schemes(*theirs) : "--cert and --key of another kind: the client's schemes are above";
    case Code::no_application_protocol:
      return theirs ? about_protocols(*theirs) : "--alpn";
    case Code::name_mismatch:
      if (wrong_order(c.info)) return "the server must send its own certificate first: tell those who run it";
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

bool sent_no_certificate(const Case& c) {
  return c.side == Side::client && c.info.client_certificate == ClientCertificate::empty;
}

bool about_negotiation(const Case& c) {
  static constexpr Code kCodes[] = {Code::unsupported_version,    Code::version_not_offered,
                                    Code::downgrade_detected,     Code::no_shared_cipher,
                                    Code::no_shared_group,        Code::no_shared_signature_scheme,
                                    Code::wrong_cipher,           Code::wrong_group,
                                    Code::wrong_signature_scheme, Code::no_application_protocol,
                                    Code::bad_alpn_answer,        Code::missing_extension};
  static constexpr Alert kAlerts[] = {Alert::handshake_failure,     Alert::protocol_version,
                                      Alert::insufficient_security, Alert::illegal_parameter,
                                      Alert::missing_extension,     Alert::no_application_protocol};
  if (!c.error.peer_alert()) return std::ranges::find(kCodes, c.error.code()) != std::end(kCodes);
  if (std::ranges::find(kAlerts, *c.error.peer_alert()) == std::end(kAlerts)) return false;
  return !negotiated(c);
}

std::string advice(const Case& c) {
  if (c.error.peer_alert()) return about_alert(*c.error.peer_alert(), c);
  if (auto words = about_code(c)) return *words;
  const auto row = std::ranges::find(kCodeRows, c.error.code(), &CodeRow::code);
  if (row == std::end(kCodeRows)) return {};
  return c.side == Side::server ? row->server : row->client;
}

}  // namespace sallyport::cli
