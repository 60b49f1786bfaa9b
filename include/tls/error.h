// Errors: what failed, which alert it causes, which rule of which RFC was broken, and what to do.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tls/language.h"

namespace tls {

/// AlertDescription values (RFC 9846 §6).
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

/// Returns IANA's name of the alert, also for alerts outside the enumeration; "unknown alert" if IANA has no name.
[[nodiscard]] std::string_view name(Alert alert) noexcept;

/// The kinds of failure. Each is one row of the error table (include/tls/error_codes.inc): alert, sentence, RFC
/// section, conformance token. A compile-time check proves that the table has a row for each.
enum class Code : std::uint16_t {
#define SALLYPORT_ERROR(code, alert, rfc, token, sentence) code,
#include "tls/error_codes.inc"
#undef SALLYPORT_ERROR
};

/// The row of the error table for a code.
struct ErrorFacts {
  std::string_view name;       ///< the enumerator's name
  std::optional<Alert> alert;  ///< the alert that this side sends; no value: it sends none
  std::string_view rule;       ///< the rule that was broken, for example "RFC 9846 §4.2.3"
  std::string_view token;      ///< the name of the failure in the conformance suite
  std::string_view sentence;   ///< one sentence for people
};
/// Returns the row of `code`. It lives as long as the program.
[[nodiscard]] const ErrorFacts& facts(Code code) noexcept;

/// One failure, as functions return it. Cheap to move. If memory for the detail runs out, a copy has no detail.
class [[nodiscard]] Error {
 public:
  explicit Error(Code code, std::string detail = {}) noexcept : code_(code), detail_(std::move(detail)) {}
  Error(const Error& other) noexcept;
  Error& operator=(const Error& other) noexcept { return *this = Error(other); }
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;
  /// Makes the error for a fatal alert that the peer sent.
  static Error from_peer(Alert alert);

  [[nodiscard]] Code code() const noexcept { return code_; }
  /// Returns the alert that the peer sent. It has a value if code() is Code::peer_alert.
  [[nodiscard]] std::optional<Alert> peer_alert() const noexcept { return peer_alert_; }
  /// Returns the alert that this side sends because of the error. No value for an alert of the peer, for truncation and
  /// for misuse.
  [[nodiscard]] std::optional<Alert> alert() const noexcept { return alert_ ? alert_ : facts(code_).alert; }
  /// Returns the same failure with another alert, for rows whose alert depends on the message.
  Error with_alert(Alert alert) && {
    alert_ = alert;
    return std::move(*this);
  }
  /// Details: the offer, the configuration, what to try. May be empty.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
  /// Returns sentence, detail and rule in one line for people. Contains no secret.
  [[nodiscard]] std::string message() const;

 private:
  Code code_;
  std::optional<Alert> peer_alert_, alert_;
  std::string detail_;
};

/// A value or an Error. The compiler warns if a caller ignores a Result: [[nodiscard]] belongs to the type, so a
/// declaration cannot lack it. A cast to void states that a failure does not matter.
// test: results_must_be_used
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;

  /// Compares with a Result, with a value or with a failure, as std::expected does. The operators of std::expected are
  /// ambiguous for a derived class, and GCC 14 warns about them.
  friend constexpr bool operator==(const Result& a, const Result& b) { return a.base() == b.base(); }
  template <class U>
    requires(!std::is_void_v<T>)
  friend constexpr bool operator==(const Result& a, const U& b) {
    return a.base() == b;
  }
  template <class U>
    requires std::is_void_v<T>
  friend constexpr bool operator==(const Result& a, const std::unexpected<U>& b) {
    return a.base() == b;
  }

 private:
  [[nodiscard]] constexpr const std::expected<T, Error>& base() const noexcept { return *this; }
};

/// Makes a failure: `return fail(Code::decode_error, "...")` in a function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string detail = {}) {
  return std::unexpected<Error>(std::in_place, code, std::move(detail));
}

}  // namespace tls
