// Errors: what went wrong, which alert it makes, which rule of which RFC was broken, and what to do.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tls {

/// AlertDescription (RFC 9846 §6); values as on the wire.
enum class Alert : std::uint8_t {
  close_notify = 0,
  unexpected_message = 10,
  bad_record_mac = 20,
  record_overflow = 22,
  decompression_failure = 30 /* RFC 5246 §7.2 */,
  handshake_failure = 40,
  bad_certificate = 42,
  unsupported_certificate = 43,
  certificate_revoked = 44,
  certificate_expired = 45,
  certificate_unknown = 46,
  illegal_parameter = 47,
  unknown_ca = 48,
  access_denied = 49,
  decode_error = 50,
  decrypt_error = 51,
  protocol_version = 70,
  insufficient_security = 71,
  internal_error = 80,
  inappropriate_fallback = 86,
  user_canceled = 90,
  no_renegotiation = 100,
  missing_extension = 109,
  unsupported_extension = 110,
  unrecognized_name = 112,
  bad_certificate_status_response = 113,
  unknown_psk_identity = 115,
  certificate_required = 116,
  general_error = 117,
  no_application_protocol = 120,
};

/// The name that RFC 9846 §6 gives the alert, or "unknown alert".
[[nodiscard]] std::string_view name(Alert alert) noexcept;

/// Every way in which something can fail. One row of the error table (include/tls/error_codes.inc) describes each:
/// alert, sentence, RFC section, conformance token; a compile-time check proves that the table is total.
enum class Code : std::uint16_t {
#define SALLYPORT_ERROR(code, alert, rfc, token, sentence) code,
#include "tls/error_codes.inc"
#undef SALLYPORT_ERROR
};

/// What the table says of a code.
struct ErrorFacts {
  std::string_view name;       ///< the enumerator's name
  std::optional<Alert> alert;  ///< the alert that we send for it; none: no alert
  std::string_view rule;       ///< the rule that was broken, e.g. "RFC 9846 §4.2.3"
  std::string_view token;      ///< the conformance suite's name for it
  std::string_view sentence;   ///< one sentence for people
};
/// The row of `code`; lives as long as the program.
[[nodiscard]] const ErrorFacts& facts(Code code) noexcept;

/// One failure, as functions return it. Cheap to move. A copy for whose detail there is no memory goes without it.
class [[nodiscard]] Error {
 public:
  explicit Error(Code code, std::string detail = {}) noexcept : code_(code), detail_(std::move(detail)) {}
  Error(const Error& other) noexcept;
  Error& operator=(const Error& other) noexcept { return *this = Error(other); }
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;
  /// A fatal alert that the peer sent.
  static Error from_peer(Alert alert);

  [[nodiscard]] Code code() const noexcept { return code_; }
  /// The alert that the peer sent, when this error is one (code() == Code::peer_alert).
  [[nodiscard]] std::optional<Alert> peer_alert() const noexcept { return peer_alert_; }
  /// The alert that we send because of this error; none for the peer's own alerts, truncation and misuse.
  [[nodiscard]] std::optional<Alert> alert() const noexcept { return alert_ ? alert_ : facts(code_).alert; }
  /// The same failure under another alert, for the rows whose alert depends on the message.
  Error with_alert(Alert alert) && {
    alert_ = alert;
    return std::move(*this);
  }
  /// What was offered, what was configured, what to try; may be empty.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
  /// Sentence, detail and rule in one line for people. Holds no secret.
  [[nodiscard]] std::string message() const;

 private:
  Code code_;
  std::optional<Alert> peer_alert_, alert_;
  std::string detail_;
};

/// A value or what went wrong. A function that returns one warns whoever ignores it: [[nodiscard]] belongs to the type,
/// so no declaration can forget it. `(void)` says that a failure does not matter.
// test: results_must_be_used
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// `return fail(Code::decode_error, "...")` in a function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string detail = {}) {
  return std::unexpected<Error>(std::in_place, code, std::move(detail));
}

}  // namespace tls
