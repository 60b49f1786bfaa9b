// The error table: one row per code, proven total at compile time.
#include <array>
#include <iterator>

#include "tls/error.h"

namespace tls {
namespace {

constexpr ErrorFacts kTable[] = {
#define SALLYPORT_ERROR(code, alert, rfc, token, sentence) ErrorFacts{#code, alert, rfc, token, sentence},
#include "tls/error_codes.inc"
#undef SALLYPORT_ERROR
};

consteval bool every_row_speaks() {
  for (const ErrorFacts& row : kTable) {
    if (row.name.empty() || row.token.empty() || row.sentence.empty()) return false;
    if (row.alert && row.rule.empty()) return false;  // an alert is sent because of a rule
    if (row.sentence.back() == '.') return false;     // sentences are joined with details
  }
  return true;
}
static_assert(every_row_speaks());
static_assert(static_cast<std::size_t>(Code::internal_error) + 1 == std::size(kTable));

struct AlertName {
  Alert alert;
  std::string_view name;
};
#define SALLYPORT_ALERT(a) \
  AlertName { Alert::a, #a }
constexpr AlertName kAlerts[] = {
    SALLYPORT_ALERT(close_notify),
    SALLYPORT_ALERT(unexpected_message),
    SALLYPORT_ALERT(bad_record_mac),
    SALLYPORT_ALERT(record_overflow),
    SALLYPORT_ALERT(decompression_failure),
    SALLYPORT_ALERT(handshake_failure),
    SALLYPORT_ALERT(bad_certificate),
    SALLYPORT_ALERT(unsupported_certificate),
    SALLYPORT_ALERT(certificate_revoked),
    SALLYPORT_ALERT(certificate_expired),
    SALLYPORT_ALERT(certificate_unknown),
    SALLYPORT_ALERT(illegal_parameter),
    SALLYPORT_ALERT(unknown_ca),
    SALLYPORT_ALERT(access_denied),
    SALLYPORT_ALERT(decode_error),
    SALLYPORT_ALERT(decrypt_error),
    SALLYPORT_ALERT(protocol_version),
    SALLYPORT_ALERT(insufficient_security),
    SALLYPORT_ALERT(internal_error),
    SALLYPORT_ALERT(inappropriate_fallback),
    SALLYPORT_ALERT(user_canceled),
    SALLYPORT_ALERT(no_renegotiation),
    SALLYPORT_ALERT(missing_extension),
    SALLYPORT_ALERT(unsupported_extension),
    SALLYPORT_ALERT(unrecognized_name),
    SALLYPORT_ALERT(bad_certificate_status_response),
    SALLYPORT_ALERT(unknown_psk_identity),
    SALLYPORT_ALERT(certificate_required),
    SALLYPORT_ALERT(general_error),
    SALLYPORT_ALERT(no_application_protocol),
    // Registered, and not ours: of old versions and of extensions that are not built.
    {static_cast<Alert>(21), "decryption_failed"},
    {static_cast<Alert>(41), "no_certificate"},
    {static_cast<Alert>(52), "too_many_cids_requested"},
    {static_cast<Alert>(60), "export_restriction"},
    {static_cast<Alert>(111), "certificate_unobtainable"},
    {static_cast<Alert>(114), "bad_certificate_hash_value"},
    {static_cast<Alert>(121), "ech_required"},
};
#undef SALLYPORT_ALERT

}  // namespace

const ErrorFacts& facts(Code code) noexcept { return kTable[static_cast<std::size_t>(code)]; }

std::string_view name(Alert alert) noexcept {
  for (const AlertName& row : kAlerts)
    if (row.alert == alert) return row.name;
  return "unknown alert";
}

Error::Error(const Error& other) noexcept : code_(other.code_), peer_alert_(other.peer_alert_), alert_(other.alert_) {
  try {
    detail_ = other.detail_;
  } catch (...) {  // who reports that memory ran out must not fail for want of it
  }
}

Error Error::from_peer(Alert alert) {
  Error error(Code::peer_alert, std::string(name(alert)) + " (" + std::to_string(static_cast<int>(alert)) + ")");
  error.peer_alert_ = alert;
  return error;
}

std::string Error::message() const {
  const ErrorFacts& row = facts(code_);
  std::string text(row.sentence);
  if (!detail_.empty()) text += ": " + detail_;
  if (!row.rule.empty()) text += " [" + std::string(row.rule) + "]";
  return text;
}

}  // namespace tls
