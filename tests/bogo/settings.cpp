#include "settings.h"

#include <sodium.h>

namespace bogo {
namespace {

struct Version {
  long wire;
  bool Options::* disabled;
  tls::ProtocolVersion ours;
};
constexpr Version kVersions[] = {
    {0x0303, &Options::no_tls12, tls::ProtocolVersion::tls12},
    {0x0304, &Options::no_tls13, tls::ProtocolVersion::tls13},
};

constexpr std::chrono::seconds kReplayWindow(60);  // and for its patience
constexpr std::uint32_t kEarlyData = 14336;        // what the suite takes for the server's limit, bytes

template <class T>
std::vector<T> as(const std::vector<std::uint16_t>& values) {
  std::vector<T> list;
  for (std::uint16_t value : values) list.push_back(static_cast<T>(value));
  return list;
}

/// A wire list of names, each behind its length.
std::vector<std::string> protocol_list(std::string_view wire) {
  std::vector<std::string> names;
  while (!wire.empty()) {
    const auto size = static_cast<unsigned char>(wire.front());
    names.emplace_back(wire.substr(1, size));
    wire.remove_prefix(std::min<std::size_t>(wire.size(), 1u + size));
  }
  return names;
}

/// Names of TLS 1.2 suites between colons, after those of TLS 1.3, which no flag configures. One that is not known is
/// a suite that no configuration takes.
std::vector<tls::CipherSuite> suite_list(std::string_view names) {
  using enum tls::CipherSuite;
  std::vector<tls::CipherSuite> suites = {TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256};
  while (!names.empty()) {
    const std::string_view one = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(names.size(), one.size() + 1));
    suites.push_back(tls::cipher_suite_named(one).value_or(tls::CipherSuite{}));
  }
  return suites;
}

template <class Builder>
void common(Builder& builder, const Settings& s) {
  const Options& o = s.options;
  const Versions range = *versions(o);
  builder.versions(range.min, range.max).clock(s.clock);
  // What the suite takes for granted, and what it takes for granted that we can do without.
  builder.extended_main_secret(tls::Require::if_offered);
  if (!s.credentials->psks().empty()) builder.external_psks(s.credentials->psks());
  if (o.cipher) builder.cipher_suites(suite_list(*o.cipher));
  if (!o.curves.empty()) builder.groups(as<tls::NamedGroup>(o.curves));
  if (!o.verify_prefs.empty()) builder.signature_schemes(as<tls::SignatureScheme>(o.verify_prefs));
  if (o.max_send_fragment) builder.max_fragment(static_cast<std::uint16_t>(*o.max_send_fragment));
  if (o.max_cert_list) builder.max_certificate_message(static_cast<std::size_t>(*o.max_cert_list));
  if (o.export_traffic_secrets) builder.key_log([secrets = s.secrets](std::string_view line) { secrets->take(line); });
}

}  // namespace

void TrafficSecrets::take(std::string_view line) {
  const bool of_client = line.starts_with("CLIENT_TRAFFIC_SECRET_0 "),
             of_server = line.starts_with("SERVER_TRAFFIC_SECRET_0 ");
  if (!of_client && !of_server) return;
  const std::string_view hex = line.substr(line.rfind(' ') + 1);
  ByteVector& secret = of_client ? client : server;
  secret.resize(hex.size() / 2);
  static_cast<void>(sodium_hex2bin(secret.data(), secret.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr));
}

std::optional<Versions> versions(const Options& o) {
  std::optional<Versions> range;
  for (const Version& row : kVersions) {
    if (o.*row.disabled || row.wire < o.min_version.value_or(0) || row.wire > o.max_version.value_or(0xFFFF)) continue;
    range = Versions{range ? range->min : row.ours, row.ours};
  }
  return range;
}

std::optional<Settings> load_settings(const Options& options, MockClock& clock, Memory& memory, bool resumes) {
  auto credentials = Credentials::load(options);
  if (!credentials) return std::nullopt;
  return Settings{options,
                  clock,
                  memory,
                  resumes,
                  std::make_shared<Verdict>(options),
                  std::move(credentials),
                  std::make_shared<TrafficSecrets>()};
}

tls::Result<tls::ClientConfig> client_config(const Settings& s) {
  const Options& o = s.options;
  auto builder = tls::ClientConfig::builder();
  common(builder, s);
  builder.trust(s.verdict).request_ocsp(o.enable_ocsp_stapling).request_scts(o.enable_signed_cert_timestamps);
  // A handshake that is done is then a proof of it.
  const bool secure = o.no_legacy_server_connect || o.expect_secure_renegotiation;
  builder.renegotiation_info(secure ? tls::Require::always : tls::Require::if_offered);
  builder.fallback_scsv(o.fallback_scsv).sessions(s.memory.client).tickets(!o.no_ticket);
  builder.early_data(o.enable_early_data).verify_resumed(o.reverify_on_resume).grease(o.enable_grease);
  builder.ignore_hello_requests(o.renegotiate_ignore);
  if (o.false_start)
    builder.false_start(o.allow_false_start_without_alpn ? tls::FalseStart::without_alpn : tls::FalseStart::with_alpn);
  builder.send_server_name(o.host_name.has_value());
  if (!s.credentials->empty() || o.fail_cert_callback || o.async) builder.credentials(s.credentials);
  if (o.no_key_shares) builder.key_shares({});
  if (!o.key_shares.empty()) builder.key_shares(as<tls::NamedGroup>(o.key_shares));
  if (o.advertise_alpn) builder.alpn(protocol_list(*o.advertise_alpn));
  return builder.build();
}

tls::Result<tls::ServerConfig> server_config(const Settings& s) {
  const Options& o = s.options;
  auto builder = tls::ServerConfig::builder();
  common(builder, s);
  // The suite has servers follow their clients, but choose among pre-shared keys in their own order.
  builder.credentials(s.credentials).session_cache(s.memory.cache);
  builder.prefer_server_order(o.server_preference || !s.credentials->psks().empty());
  if (!o.no_ticket) builder.tickets(std::make_shared<Tickets>(s.memory.ticket_keys, o));
  if (!o.no_ticket && o.enable_early_data)
    builder.early_data(kEarlyData, std::make_shared<Guard>(s.clock, o), kReplayWindow);
  if (o.require_any_client_certificate)
    builder.client_auth(tls::ClientAuth::require, s.verdict);
  else if (o.verify_peer)
    builder.client_auth(tls::ClientAuth::request, s.verdict);
  if (o.use_client_ca_list)
    builder.client_authorities(parse_names(*o.use_client_ca_list).value_or(std::vector<ByteVector>()));
  if (o.select_alpn && !o.decline_alpn) builder.alpn({*o.select_alpn});
  // A protocol that no client offers is how the whole offer is refused.
  if (o.reject_alpn) builder.alpn({"none of those"});
  return builder.build();
}

}  // namespace bogo
