#include "cli/explain.h"

#include <algorithm>

#include "base/certificate_refusals.h"
#include "cli/words.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "handshake/settings.h"

namespace sallyport::cli {
namespace {

/// What was asked for, else the defaults.
template <class All>
std::string or_defaults(const std::string& value, const All& all) {
  return value.empty() ? default_names_of(all) : value;
}

std::string version_range(const TlsOptions& o) {
  const tls::CommonSettings defaults;
  const std::string min = o.min_version.empty() ? std::string(tls::name(defaults.min_version)) : "TLS " + o.min_version;
  const std::string max = o.max_version.empty() ? std::string(tls::name(defaults.max_version)) : "TLS " + o.max_version;
  return min == max ? min : min + " to " + max;
}

/// Whether what we are configured with has to do with it: only then is it worth a reader's time.
bool about_negotiation(const tls::Error& error) {
  using tls::Alert;
  using tls::Code;
  static constexpr Code kCodes[] = {Code::unsupported_version,    Code::version_not_offered,
                                    Code::downgrade_detected,     Code::no_shared_cipher,
                                    Code::no_shared_group,        Code::no_shared_signature_scheme,
                                    Code::wrong_cipher,           Code::wrong_group,
                                    Code::wrong_signature_scheme, Code::no_application_protocol,
                                    Code::bad_alpn_answer,        Code::missing_extension};
  static constexpr Alert kAlerts[] = {Alert::handshake_failure,     Alert::protocol_version,
                                      Alert::insufficient_security, Alert::illegal_parameter,
                                      Alert::missing_extension,     Alert::no_application_protocol};
  if (error.peer_alert()) return std::ranges::find(kAlerts, *error.peer_alert()) != std::end(kAlerts);
  return std::ranges::find(kCodes, error.code()) != std::end(kCodes);
}

/// What to do about an alert of the peer's.
struct AlertRow {
  tls::Alert alert;
  const char* words;
};
constexpr const char* kRefusedOurs = "the peer refused our certificate: its log says why";
constexpr AlertRow kAlertRows[] = {
    {tls::Alert::handshake_failure, "offer more: --ciphers, --groups, --sigalgs; the two sides have nothing in common"},
    {tls::Alert::protocol_version, "the peer wants another version: --min-version, --max-version"},
    {tls::Alert::unknown_ca, "the peer does not trust our certificate: give it the root, or use another --cert"},
    {tls::Alert::certificate_required, "the peer wants a client certificate: --cert FILE --key FILE"},
    {tls::Alert::no_application_protocol, "the peer wants another protocol: --alpn"},
    {tls::Alert::unrecognized_name, "the peer does not serve that name: --servername"},
    {tls::Alert::certificate_expired, "the peer finds our certificate out of date: renew it, or set the peer's clock"},
    {tls::Alert::certificate_revoked, "our certificate was revoked: get another, for a new key"},
    {tls::Alert::bad_certificate, kRefusedOurs},
    {tls::Alert::certificate_unknown, kRefusedOurs},
    {tls::Alert::unsupported_certificate, kRefusedOurs},
};

/// What to do about what we found. `server`: where a server's words differ from a client's.
struct CodeRow {
  tls::Code code;
  const char* client;
  const char* server = client;
};
constexpr CodeRow kCodeRows[] = {
    {tls::Code::unknown_ca,
     "--ca FILE with the root that issued the certificate; or the server must send its chain: leaf, then issuers",
     "--client-ca FILE with the root that issued the certificate; or the client must send its chain"},
    {tls::Code::name_mismatch,
     "--servername NAME, where the certificate is for another name that you mean; else have it issued for the one "
     "above"},
    {tls::Code::certificate_expired,
     "the server must get a new certificate: tell those who run it. If the date above is wrong, set this machine's "
     "clock",
     "the client must get a new certificate. If the date above is wrong, set this machine's clock"},
    {tls::Code::certificate_not_yet_valid,
     "set this machine's clock if the date above is wrong; else wait, or have the certificate issued for now"},
    {tls::Code::certificate_revoked,
     "do not trust it: its issuer has withdrawn the certificate. The server must get another, for a new key",
     "do not trust it: its issuer has withdrawn the certificate. The client must get another, for a new key"},
    {tls::Code::bad_certificate,
     "the server must send a chain that is whole and unchanged: tell those who run it. `sallyport verify --explain` "
     "may say more",
     "the client must send a chain that is whole and unchanged. `sallyport verify --explain` may say more"},
    {tls::Code::unsupported_certificate,
     "the server must get a certificate for TLS servers, with ECDSA (P-256, P-384), Ed25519 or RSA of 2048 bits or "
     "more",
     "the client must get a certificate for TLS clients, with ECDSA (P-256, P-384), Ed25519 or RSA of 2048 bits or "
     "more"},
    {tls::Code::bad_certificate_signature,
     "the server must send a chain that is whole and unchanged: tell those who run it",
     "the client must send a chain that is whole and unchanged"},
    {tls::Code::weak_certificate_signature, "the server must get a certificate that is signed with SHA-256 or better",
     "the client must get a certificate that is signed with SHA-256 or better"},
    {tls::Code::certificate_purpose,
     "the server must get a certificate for TLS servers: digitalSignature in keyUsage, serverAuth in extKeyUsage",
     "the client must get a certificate for TLS clients: digitalSignature in keyUsage, clientAuth in extKeyUsage"},
    {tls::Code::unknown_critical_extension,
     "the server must get a certificate without that extension, or with one that is not critical",
     "the client must get a certificate without that extension, or with one that is not critical"},
    {tls::Code::issuer_not_an_authority,
     "do not trust it: whoever issued it is no authority. The server must get a certificate from one",
     "do not trust it: whoever issued it is no authority. The client must get a certificate from one"},
    {tls::Code::path_too_long, "the authority that allows fewer below it must issue the certificate itself"},
    {tls::Code::no_valid_policy,
     "the server must get a certificate with a policy that its authorities allow: tell those who run it",
     "the client must get a certificate with a policy that its authorities allow"},
    {tls::Code::name_constraints_violated,
     "do not trust it: the authority may not issue for that name. The server must get a certificate from another",
     "do not trust it: the authority may not issue for that name. The client must get a certificate from another"},
    {tls::Code::certificate_too_complex, "the server must send a smaller chain: tell those who run it",
     "the client must send a smaller chain"},
    {tls::Code::certificate_refused, "the application's own verifier said no: ask it"},
    {tls::Code::bad_staple, "the server must staple a fresh OCSP response for its certificate: tell those who run it"},
    {tls::Code::unsupported_version, "--min-version, --max-version"},
    {tls::Code::no_shared_cipher, "--ciphers"},
    {tls::Code::no_shared_group, "--groups"},
    {tls::Code::no_shared_signature_scheme, "--sigalgs, or another --cert"},
    {tls::Code::no_application_protocol, "--alpn"},
    {tls::Code::client_certificate_required, "--verify-client request, or a client with a certificate"},
    {tls::Code::not_tls, "is there a TLS peer at that address and port?"},
    {tls::Code::truncated, "the peer or something between went away: its log may say why"},
};

}  // namespace

std::string advice(const tls::Error& error, Side side) {
  if (error.peer_alert()) {
    const auto row = std::ranges::find(kAlertRows, *error.peer_alert(), &AlertRow::alert);
    return row == std::end(kAlertRows) ? "the peer's log may say more" : row->words;
  }
  const auto row = std::ranges::find(kCodeRows, error.code(), &CodeRow::code);
  if (row == std::end(kCodeRows)) return {};
  return side == Side::server ? row->server : row->client;
}

Exit status_of(const tls::Error& error) {
  using tls::Code;
  if (error.code() == Code::transport_failed || error.code() == Code::timed_out) return kIo;
  return tls::refuses_certificate(error.code()) ? kRefused : kTls;
}

std::string explain(const tls::Error& error, const TlsOptions& o, Side side) {
  std::string out = error.message();
  if (status_of(error) == kIo) return out;
  if (error.peer_alert()) {
    out += "\n  alert       " + std::string(tls::name(*error.peer_alert())) + ", sent by the peer";
  } else if (error.alert()) {
    out += "\n  alert       " + std::string(tls::name(*error.alert())) + ", sent by us";
  } else {
    out += "\n  alert       none";
  }
  const auto rule = tls::facts(error.code()).rule;
  if (!rule.empty()) out += "\n  rule        " + std::string(rule);
  if (about_negotiation(error)) {
    out += "\n  versions    " + version_range(o);
    out += "\n  suites      " + or_defaults(o.ciphers, tls::crypto::all_suites());
    out += "\n  groups      " + or_defaults(o.groups, tls::crypto::all_groups());
    out += "\n  signatures  " + or_defaults(o.sigalgs, tls::crypto::all_schemes());
    out += "\n  protocols   " + (o.alpn.empty() ? "none" : o.alpn);
  }
  const std::string help = advice(error, side);
  if (!help.empty()) out += "\n  try         " + help;
  return out;
}

}  // namespace sallyport::cli
