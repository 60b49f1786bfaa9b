// What the runner asks for by flags: one Options for the first connection of a process, one for all later ones, and one
// for what comes of those whose early data is refused.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bogo {

using ByteVector = std::vector<std::uint8_t>;

/// The process's exit statuses that mean something to the runner.
inline constexpr int kSuccess = 0, kFailure = 1, kNotImplemented = 89, kAlwaysFailure = 90;

/// One certificate chain with its key, as files, or one pre-shared key.
struct CredentialOptions {
  bool psk = false;
  ByteVector psk_importer_key, psk_importer_identity, psk_importer_context;
  bool psk_importer_sha256 = false, psk_importer_sha384 = false;
  std::string cert_file, key_file;  ///< PEM
  ByteVector ocsp_response, signed_certificate_timestamps;
  std::vector<std::uint16_t> signing_prefs;
  bool must_match_issuer = false;
};

/// Every field is the flag of the same name; see flags.cpp.
struct Options {
  // the process
  std::optional<long> port, shim_id, resume_count, resumption_delay;
  bool ipv6 = false, server = false, async = false, is_handshaker_supported = false, wait_for_debugger = false;
  // versions
  std::optional<long> min_version, max_version;
  bool no_tls1 = false, no_tls11 = false, no_tls12 = false, no_tls13 = false, fallback_scsv = false;
  bool no_legacy_server_connect = false;
  // credentials: the first is the one that needs no -new-x509-credential
  std::vector<CredentialOptions> credentials = std::vector<CredentialOptions>(1);
  bool fail_cert_callback = false;
  // the peer's certificate
  bool verify_peer = false, require_any_client_certificate = false, verify_fail = false;
  bool use_custom_verify_callback = false, enable_ocsp_stapling = false, enable_signed_cert_timestamps = false;
  bool use_ocsp_callback = false, fail_ocsp_callback = false, set_ocsp_in_callback = false;
  bool decline_ocsp_callback = false;
  std::vector<std::uint16_t> verify_prefs;
  std::optional<long> max_cert_list;
  std::optional<std::string> use_client_ca_list;
  // suites and groups
  std::optional<std::string> cipher;
  std::vector<std::uint16_t> curves, key_shares;
  bool server_preference = false, no_key_shares = false;
  // sessions
  bool reverify_on_resume = false, renegotiate_ignore = false, peek_then_read = false, enable_grease = false;
  bool no_ticket = false, renew_ticket = false, skip_ticket = false, enable_early_data = false;
  // names
  std::optional<std::string> host_name, advertise_alpn, select_alpn;
  bool decline_alpn = false, reject_alpn = false;
  // data
  bool shim_writes_first = false, shim_shuts_down = false, check_close_notify = false, send_alert = false;
  bool key_update = false, key_update_before_read = false, read_with_unfinished_write = false;
  bool implicit_handshake = false, handshake_twice = false, no_op_extra_handshake = false, partial_write = false;
  bool false_start = false, allow_false_start_without_alpn = false;
  std::optional<std::string> shim_initial_write;
  std::optional<long> repeat_shim_initial_write, read_size, max_send_fragment;
  std::optional<long> export_keying_material;
  std::optional<std::string> export_label, export_context;
  bool use_export_context = false, export_traffic_secrets = false;
  // expectations
  bool handshake_never_done = false, expect_verify_result = false;
  bool expect_hrr = false, expect_no_hrr = false, expect_no_server_name = false, expect_no_peer_cert = false;
  bool expect_extended_master_secret = false, expect_secure_renegotiation = false;
  std::optional<long> expect_version, expect_cipher, expect_curve_id, expect_peer_signature_algorithm;
  std::optional<long> expect_ticket_age_skew;
  std::optional<long> expect_total_renegotiations, expect_selected_credential;
  std::vector<std::uint16_t> expect_peer_verify_pref;
  bool expect_session_miss = false, expect_session_id = false, expect_no_session_id = false;
  bool expect_no_session = false, expect_ticket_renewal = false, expect_ticket_supports_early_data = false;
  bool expect_accept_early_data = false, expect_reject_early_data = false, expect_no_offer_early_data = false;
  std::optional<long> expect_cipher_aes, expect_cipher_no_aes;
  std::optional<std::string> expect_advertised_alpn, expect_early_data_reason;
  std::optional<std::string> expect_alpn, expect_server_name, expect_peer_cert_file, expect_client_ca_list;
  std::optional<ByteVector> expect_ocsp_response, expect_signed_cert_timestamps;
};

struct Invocation {
  Options initial, resume;
  Options retry;  ///< of a later connection once its early data was refused
};

/// Reads the command line. On failure the message says which flag is not known or has no usable value: such a case is
/// not implemented.
[[nodiscard]] std::expected<Invocation, std::string> parse_flags(std::span<char*> arguments);

/// What -shim-writes-first writes.
[[nodiscard]] inline std::string initial_write(const Options& o) { return o.shim_initial_write.value_or("hello"); }
/// "aabb,ccdd" as DER names; "<EMPTY>" and "<NULL>" are no names. None when it is not hexadecimal.
[[nodiscard]] std::optional<std::vector<ByteVector>> parse_names(std::string_view text);

}  // namespace bogo
