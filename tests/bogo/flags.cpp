// The flags as a table: name and field. A flag without a row is not implemented.
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <variant>

#include "options.h"

namespace bogo {
namespace {

enum class Ignore : std::uint8_t { flag, flag_and_value };
struct NewCredential {
  bool psk = false;
};
using Switch = bool Options::*;
using Number = std::optional<long> Options::*;
using Text = std::optional<std::string> Options::*;
using Base64 = std::optional<ByteVector> Options::*;
using List = std::vector<std::uint16_t> Options::*;
using CredentialText = std::string CredentialOptions::*;
using CredentialBase64 = ByteVector CredentialOptions::*;
using CredentialList = std::vector<std::uint16_t> CredentialOptions::*;
using CredentialSwitch = bool CredentialOptions::*;
using Field = std::variant<CredentialSwitch, Switch, Number, Text, Base64, List, CredentialText, CredentialBase64,
                           CredentialList, NewCredential, Ignore>;

struct Flag {
  std::string_view name;
  Field field;
};

constexpr Flag kFlags[] = {
    // the process
    {"port", &Options::port},
    {"shim-id", &Options::shim_id},
    {"ipv6", &Options::ipv6},
    {"server", &Options::server},
    {"async", &Options::async},
    {"resume-count", &Options::resume_count},
    {"is-handshaker-supported", &Options::is_handshaker_supported},
    {"wait-for-debugger", &Options::wait_for_debugger},
    {"write-settings", Ignore::flag_and_value},  // for the runner's own fuzzers
    {"trust-cert", Ignore::flag_and_value},      // the verdict is the case's own, see verdict.h
    {"resumption-delay", &Options::resumption_delay},
    // no handshake is ever called for: every step drives it
    {"implicit-handshake", &Options::implicit_handshake},
    {"no-op-extra-handshake", &Options::no_op_extra_handshake},
    {"handshake-twice", &Options::handshake_twice},
    {"partial-write", &Options::partial_write},
    // how credentials are set: here the stack always asks for them, see credentials.h
    {"use-early-callback", Ignore::flag},
    {"use-old-client-cert-callback", Ignore::flag},
    // versions
    {"min-version", &Options::min_version},
    {"max-version", &Options::max_version},
    {"no-tls1", &Options::no_tls1},
    {"no-tls11", &Options::no_tls11},
    {"no-tls12", &Options::no_tls12},
    {"no-tls13", &Options::no_tls13},
    {"fallback-scsv", &Options::fallback_scsv},
    {"no-legacy-server-connect", &Options::no_legacy_server_connect},
    // credentials
    {"cert-file", &CredentialOptions::cert_file},
    {"key-file", &CredentialOptions::key_file},
    {"ocsp-response", &CredentialOptions::ocsp_response},
    {"signed-cert-timestamps", &CredentialOptions::signed_certificate_timestamps},
    {"signing-prefs", &CredentialOptions::signing_prefs},
    {"must-match-issuer", &CredentialOptions::must_match_issuer},
    {"new-x509-credential", NewCredential{}},
    {"new-psk-credential", NewCredential{.psk = true}},
    {"psk-importer-key", &CredentialOptions::psk_importer_key},
    {"psk-importer-identity", &CredentialOptions::psk_importer_identity},
    {"psk-importer-context", &CredentialOptions::psk_importer_context},
    {"psk-importer-sha256", &CredentialOptions::psk_importer_sha256},
    {"psk-importer-sha384", &CredentialOptions::psk_importer_sha384},
    {"fail-cert-callback", &Options::fail_cert_callback},
    // the peer's certificate
    {"verify-peer", &Options::verify_peer},
    {"require-any-client-certificate", &Options::require_any_client_certificate},
    {"verify-fail", &Options::verify_fail},
    {"use-custom-verify-callback", &Options::use_custom_verify_callback},
    {"reverify-on-resume", &Options::reverify_on_resume},
    {"verify-prefs", &Options::verify_prefs},
    {"enable-ocsp-stapling", &Options::enable_ocsp_stapling},
    {"enable-signed-cert-timestamps", &Options::enable_signed_cert_timestamps},
    {"use-ocsp-callback", &Options::use_ocsp_callback},
    {"fail-ocsp-callback", &Options::fail_ocsp_callback},
    {"set-ocsp-in-callback", &Options::set_ocsp_in_callback},
    {"decline-ocsp-callback", &Options::decline_ocsp_callback},
    {"max-cert-list", &Options::max_cert_list},
    {"use-client-ca-list", &Options::use_client_ca_list},
    // suites and groups
    {"cipher", &Options::cipher},
    {"server-preference", &Options::server_preference},
    {"curves", &Options::curves},
    {"key-shares", &Options::key_shares},
    {"no-key-shares", &Options::no_key_shares},
    // sessions
    {"no-ticket", &Options::no_ticket},
    {"use-ticket-callback", Ignore::flag},  // they always pass through one, see sessions.h
    {"use-ticket-aead-callback", Ignore::flag},
    {"expect-ticket-age-skew", &Options::expect_ticket_age_skew},
    {"renew-ticket", &Options::renew_ticket},
    {"skip-ticket", &Options::skip_ticket},
    {"expect-session-miss", &Options::expect_session_miss},
    {"expect-session-id", &Options::expect_session_id},
    {"expect-no-session-id", &Options::expect_no_session_id},
    {"expect-no-session", &Options::expect_no_session},
    {"expect-ticket-renewal", &Options::expect_ticket_renewal},
    {"enable-early-data", &Options::enable_early_data},
    {"expect-accept-early-data", &Options::expect_accept_early_data},
    {"expect-reject-early-data", &Options::expect_reject_early_data},
    {"expect-early-data-reason", &Options::expect_early_data_reason},
    {"expect-no-offer-early-data", &Options::expect_no_offer_early_data},
    {"expect-ticket-supports-early-data", &Options::expect_ticket_supports_early_data},
    // names
    {"enable-grease", &Options::enable_grease},
    {"host-name", &Options::host_name},
    {"advertise-alpn", &Options::advertise_alpn},
    {"select-alpn", &Options::select_alpn},
    {"decline-alpn", &Options::decline_alpn},
    {"reject-alpn", &Options::reject_alpn},
    // data
    {"shim-writes-first", &Options::shim_writes_first},
    {"shim-initial-write", &Options::shim_initial_write},
    {"repeat-shim-initial-write", &Options::repeat_shim_initial_write},
    {"shim-shuts-down", &Options::shim_shuts_down},
    {"check-close-notify", &Options::check_close_notify},
    {"send-alert", &Options::send_alert},
    {"peek-then-read", &Options::peek_then_read},
    {"renegotiate-ignore", &Options::renegotiate_ignore},
    {"read-size", &Options::read_size},
    {"max-send-fragment", &Options::max_send_fragment},
    {"read-with-unfinished-write", &Options::read_with_unfinished_write},
    {"false-start", &Options::false_start},
    {"allow-false-start-without-alpn", &Options::allow_false_start_without_alpn},
    {"key-update", &Options::key_update},
    {"key-update-before-read", &Options::key_update_before_read},
    {"export-keying-material", &Options::export_keying_material},
    {"export-label", &Options::export_label},
    {"export-context", &Options::export_context},
    {"use-export-context", &Options::use_export_context},
    {"export-traffic-secrets", &Options::export_traffic_secrets},
    // expectations
    {"handshake-never-done", &Options::handshake_never_done},
    {"expect-verify-result", &Options::expect_verify_result},
    {"expect-version", &Options::expect_version},
    {"expect-cipher", &Options::expect_cipher},
    {"expect-cipher-aes", &Options::expect_cipher_aes},
    {"expect-cipher-no-aes", &Options::expect_cipher_no_aes},
    {"expect-selected-credential", &Options::expect_selected_credential},
    {"expect-advertised-alpn", &Options::expect_advertised_alpn},
    {"expect-curve-id", &Options::expect_curve_id},
    {"expect-peer-signature-algorithm", &Options::expect_peer_signature_algorithm},
    {"expect-peer-verify-pref", &Options::expect_peer_verify_pref},
    {"expect-hrr", &Options::expect_hrr},
    {"expect-no-hrr", &Options::expect_no_hrr},
    {"expect-alpn", &Options::expect_alpn},
    {"expect-server-name", &Options::expect_server_name},
    {"expect-no-server-name", &Options::expect_no_server_name},
    {"expect-ocsp-response", &Options::expect_ocsp_response},
    {"expect-signed-cert-timestamps", &Options::expect_signed_cert_timestamps},
    {"expect-peer-cert-file", &Options::expect_peer_cert_file},
    {"expect-no-peer-cert", &Options::expect_no_peer_cert},
    {"expect-client-ca-list", &Options::expect_client_ca_list},
    {"expect-extended-master-secret", &Options::expect_extended_master_secret},
    {"expect-secure-renegotiation", &Options::expect_secure_renegotiation},
    {"expect-total-renegotiations", &Options::expect_total_renegotiations},
};

std::optional<long> parse_number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<ByteVector> parse_base64(std::string_view text) {
  ByteVector bytes(text.size());
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

/// Sets one field; false: the value is not of its kind.
bool apply(const Field& field, std::string_view value, Options& o) {
  auto list = [&](std::vector<std::uint16_t>& to) {
    const auto number = parse_number(value);
    if (number) to.push_back(static_cast<std::uint16_t>(*number));
    return number && *number >= 0 && *number <= 0xFFFF;
  };
  CredentialOptions& credential = o.credentials.back();
  return std::visit(Overloaded{
                        [&](CredentialSwitch f) { return credential.*f = true; },
                        [&](Switch f) { return o.*f = true; },
                        [&](Number f) { return (o.*f = parse_number(value)).has_value(); },
                        [&](Text f) { return (o.*f = std::string(value)).has_value(); },
                        [&](Base64 f) { return (o.*f = parse_base64(value)).has_value(); },
                        [&](List f) { return list(o.*f); },
                        [&](CredentialText f) { return credential.*f = value, true; },
                        [&](CredentialBase64 f) {
                          auto bytes = parse_base64(value);
                          if (bytes) credential.*f = std::move(*bytes);
                          return bytes.has_value();
                        },
                        [&](CredentialList f) { return list(credential.*f); },
                        [&](NewCredential f) { return o.credentials.emplace_back().psk = f.psk, true; },
                        [&](Ignore) { return true; },
                    },
                    field);
}

bool takes_value(const Field& field) {
  if (const Ignore* ignore = std::get_if<Ignore>(&field)) return *ignore == Ignore::flag_and_value;
  return !std::holds_alternative<Switch>(field) && !std::holds_alternative<CredentialSwitch>(field) &&
         !std::holds_alternative<NewCredential>(field);
}

bool strip(std::string_view& flag, std::string_view prefix) {
  if (!flag.starts_with(prefix)) return false;
  flag.remove_prefix(prefix.size());
  return true;
}

const Flag* find(std::string_view name) {
  for (const Flag& row : kFlags)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

std::expected<Invocation, std::string> parse_flags(std::span<char*> arguments) {
  Invocation all;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view whole = arguments[i];
    std::string_view flag = whole;
    if (!strip(flag, "-")) return std::unexpected("not a flag: " + std::string(whole));
    // The other half of a split handshake, which is not built: its flags are read past.
    const bool elsewhere = strip(flag, "on-handshaker-");
    if (!elsewhere) strip(flag, "on-shim-");
    const bool initial = strip(flag, "on-initial-"), resume = !initial && strip(flag, "on-resume-"),
               retry = !initial && !resume && strip(flag, "on-retry-"), all_of_them = !initial && !resume && !retry;
    const Flag* row = find(flag);
    if (row == nullptr) return std::unexpected(std::string(whole));
    std::string_view value;
    if (takes_value(row->field)) {
      if (++i == arguments.size()) return std::unexpected(std::string(whole) + " without a value");
      value = arguments[i];
    }
    bool good = true;
    if (!elsewhere && (initial || all_of_them)) good &= apply(row->field, value, all.initial);
    if (!elsewhere && (resume || all_of_them)) good &= apply(row->field, value, all.resume);
    if (!elsewhere && (retry || all_of_them)) good &= apply(row->field, value, all.retry);
    if (!good) return std::unexpected(std::string(whole) + " with the value " + std::string(value));
  }
  return all;
}

std::optional<std::vector<ByteVector>> parse_names(std::string_view text) {
  std::vector<ByteVector> names;
  if (text == "<EMPTY>" || text == "<NULL>") return names;
  while (!text.empty()) {
    const std::string_view hex = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), hex.size() + 1));
    ByteVector& name = names.emplace_back(hex.size() / 2);
    std::size_t size = 0;
    if (sodium_hex2bin(name.data(), name.size(), hex.data(), hex.size(), nullptr, &size, nullptr) != 0 ||
        size * 2 != hex.size())
      return std::nullopt;
  }
  return names;
}

}  // namespace bogo
