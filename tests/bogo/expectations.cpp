#include "expectations.h"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <climits>

#include "credentials.h"
#include "report.h"

namespace bogo {
namespace {

/// Collects: every expectation is looked at, and each that fails is told.
class Checks {
 public:
  void that(bool holds, std::string_view what) {
    if (!holds) good_ = complain("expected otherwise: " + std::string(what));
  }
  void number(const std::optional<long>& expected, long actual, std::string_view what) {
    if (expected && *expected != actual)
      good_ = complain("expected " + std::string(what) + " " + std::to_string(*expected) + ", not " +
                       std::to_string(actual));
  }
  template <class T, class U>
  void same(const std::optional<T>& expected, const U& actual, std::string_view what) {
    if (expected && !std::ranges::equal(*expected, actual)) that(false, what);
  }
  [[nodiscard]] bool good() const noexcept { return good_; }

 private:
  bool good_ = true;
};

/// The certificates of a PEM file, as the peer sends them.
std::vector<ByteVector> chain_of(const std::string& path) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----", kEnd = "-----END CERTIFICATE-----";
  const std::string pem = read_file(path);
  std::vector<ByteVector> chain;
  for (std::size_t at = pem.find(kBegin); at != std::string::npos; at = pem.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = pem.find(kEnd, at);
    if (end == std::string::npos) break;
    ByteVector& der = chain.emplace_back(end - at);
    std::size_t size = 0;
    if (sodium_base642bin(der.data(), der.size(), pem.data() + at, end - at, "\r\n", &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
      return {};
    der.resize(size);
  }
  return chain;
}

void check_peer(Checks& check, const Options& o, const tls::ConnectionInfo& info) {
  check.that(!o.expect_no_peer_cert || info.peer_certificates.empty(), "no certificate of the peer");
  check.that(!o.expect_peer_cert_file || info.peer_certificates == chain_of(*o.expect_peer_cert_file),
             "the peer's certificates");
  check.same(o.expect_ocsp_response, info.ocsp_response, "the OCSP response");
  check.same(o.expect_signed_cert_timestamps, info.signed_certificate_timestamps, "certificate timestamps");
  // A resumed handshake has no signature: it is the first connection's that is looked at.
  if (info.resumed == tls::Resumption::none)
    check.number(o.expect_peer_signature_algorithm,
                 static_cast<long>(info.signature_scheme.value_or(tls::SignatureScheme{})), "the signature scheme");
}

/// Which of the keys an ImportedIdentity (RFC 9258 §5.1) names, counted among all credentials.
long index_of_psk(const Options& o, const ByteVector& imported) {
  const auto is_it = [&](const CredentialOptions& one) {
    if (!one.psk) return false;
    ByteVector start;
    for (const ByteVector* part : {&one.psk_importer_identity, &one.psk_importer_context}) {
      start.push_back(static_cast<std::uint8_t>(part->size() >> 8));
      start.push_back(static_cast<std::uint8_t>(part->size()));
      start.insert(start.end(), part->begin(), part->end());
    }
    return imported.size() == start.size() + 4 && std::ranges::equal(start, std::span(imported).first(start.size()));
  };
  const auto psk = std::ranges::find_if(o.credentials, is_it);
  return psk == o.credentials.end() ? -1 : psk - o.credentials.begin() - 1;
}

void check_negotiated(Checks& check, const Settings& s, const tls::ConnectionInfo& info) {
  const Options& o = s.options;
  check.number(o.expect_version, static_cast<long>(info.version), "version");
  check.number(o.expect_cipher, static_cast<long>(info.suite), "cipher suite");
#if defined(__x86_64__)
  const bool aes = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#else
  const bool aes = true;
#endif
  check.number(aes ? o.expect_cipher_aes : o.expect_cipher_no_aes, static_cast<long>(info.suite), "cipher suite");
  const long index = info.external_psk.empty() ? s.credentials->selected() : index_of_psk(o, info.external_psk);
  check.number(o.expect_selected_credential, index, "selected credential");
  // A session of TLS 1.2 is resumed without a key exchange.
  const bool exchanged = info.resumed == tls::Resumption::none || info.version == tls::ProtocolVersion::tls13;
  if (exchanged) check.number(o.expect_curve_id, static_cast<long>(info.group.value_or(tls::NamedGroup{})), "group");
  check.that(!o.expect_hrr || info.hello_retry, "a HelloRetryRequest");
  check.that(!o.expect_no_hrr || !info.hello_retry, "no HelloRetryRequest");
  check.same(o.expect_server_name, info.server_name, "the server name");
  check.that(!o.expect_no_server_name || info.server_name.empty(), "no server name");
  // On the client's side a protocol that the case does not name must not be agreed on.
  if (!o.server || o.expect_alpn) check.that(o.expect_alpn.value_or("") == info.alpn, "ALPN");
}

/// Why there was early data or none, as far as the stack's user can tell.
std::string_view early_data_reason(const Settings& s, const tls::ConnectionInfo& info) {
  if (info.early_data == tls::EarlyDataStatus::accepted) return "accept";
  if (!s.options.enable_early_data) return "disabled";
  if (info.early_data_refusal == tls::EarlyDataRefusal::other_protocol) return "alpn_mismatch";
  if (info.early_data_refusal == tls::EarlyDataRefusal::session_without) return "unsupported_for_session";
  if (info.early_data_refusal == tls::EarlyDataRefusal::ticket_age) return "ticket_age_skew";
  if (info.version != tls::ProtocolVersion::tls13) return "protocol_version";
  if (info.hello_retry && !s.options.server) return "hello_retry_request";
  if (!s.resumes) return "no_session_offered";
  if (info.resumed == tls::Resumption::none) return "session_not_resumed";
  if (info.hello_retry) return "hello_retry_request";
  return "peer_declined";
}

void check_sessions(Checks& check, const Settings& s, const tls::ConnectionInfo& info) {
  const Options& o = s.options;
  const bool resumed = info.resumed != tls::Resumption::none;
  // The stack counts a pre-shared key as a resumption, the suite does not.
  if (s.credentials->psks().empty())
    check.that(resumed == (s.resumes && !o.expect_session_miss), resumed ? "no resumption" : "a resumption");
  const bool accepted = info.early_data == tls::EarlyDataStatus::accepted;
  check.that(!o.expect_accept_early_data || accepted, "early data accepted");
  if (o.expect_early_data_reason)
    check.that(*o.expect_early_data_reason == early_data_reason(s, info), "the reason for early data or none");
  using std::chrono::seconds, std::chrono::round;
  const auto skew = info.ticket_age_skew;
  if (o.server && s.resumes)
    check.number(o.expect_ticket_age_skew, skew ? round<seconds>(*skew).count() : LONG_MIN, "ticket age skew");
  check.that(!o.expect_reject_early_data || !accepted, "early data refused");
  // TLS 1.3 gives sessions after the handshake, see session_holds().
  if (!o.server && info.version == tls::ProtocolVersion::tls12 && !o.false_start) {
    // RFC 7627 §5.3: without extended_main_secret none is kept, whatever the suite thinks of it.
    const bool gives = !o.expect_no_session && (!resumed || o.expect_ticket_renewal) && info.extended_main_secret;
    check.that(gives == (s.memory.client->puts() != 0), gives ? "a new session" : "no new session");
  }
  if (s.resumes) return;
  check.that(!o.expect_session_id || s.memory.cache->puts() != 0, "a session in the cache");
  check.that(!o.expect_no_session_id || s.memory.cache->puts() == 0, "no session in the cache");
}

}  // namespace

bool new_session_holds(const Settings& s, const tls::Connection& connection) {
  const Options& o = s.options;
  if (o.server || connection.info().version != tls::ProtocolVersion::tls13) return true;
  Checks check;
  const tls::ClientSession* newest = s.memory.client->newest();
  const bool wanted = !o.expect_no_session && !o.shim_shuts_down;
  check.that(wanted == (newest != nullptr), wanted ? "a new session" : "no new session");
  if (newest != nullptr)
    check.that(o.expect_ticket_supports_early_data == (newest->max_early_data() != 0), "early data of the new session");
  return check.good();
}

bool expectations_hold(const Settings& s, const tls::Connection& connection) {
  const Options& o = s.options;
  const tls::ConnectionInfo& info = connection.info();
  Checks check;
  check.that(!s.verdict->disappointed() && !s.credentials->disappointed(), "what the callbacks saw");
  const bool judges = !info.peer_certificates.empty() && info.resumed == tls::Resumption::none;
  check.that(!o.expect_verify_result || !judges || s.verdict->judged(), "a verdict on the peer's chain");
  check_negotiated(check, s, info);
  check_peer(check, o, info);
  check_sessions(check, s, info);
  check.that(!o.expect_extended_master_secret || info.extended_main_secret, "extended_main_secret");
  check.number(o.expect_total_renegotiations, 0, "renegotiations");
  return check.good();
}

}  // namespace bogo
