// The builders: every setting is checked once, here, and reported in words.
#include "tls/config.h"

#include <algorithm>

#include "base/exceptions.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "handshake/settings.h"
#include "session/state.h"

namespace tls {
namespace {

constexpr std::size_t kMaxAlpnName = 255;  // RFC 7301 §3.1: opaque ProtocolName<1..2^8-1>
constexpr std::size_t kMaxAlpnList = 0xFFFF - 2;

std::unexpected<Error> bad(std::string detail) { return fail(Code::bad_config, std::move(detail)); }

template <class T>
bool has_duplicates(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

template <class T>
Result<void> check_list(const std::vector<T>& values, std::string_view what) {
  if (values.empty()) return bad("no " + std::string(what) + " is configured");
  if (has_duplicates(values)) return bad("a " + std::string(what) + " is configured twice");
  return {};
}

Result<void> check_algorithms(const CommonSettings& s) {
  if (s.min_version > s.max_version) return bad("the least version is above the greatest");
  if (auto ok = check_list(s.cipher_suites, "cipher suite"); !ok) return ok;
  if (auto ok = check_list(s.groups, "group"); !ok) return ok;
  if (auto ok = check_list(s.signature_schemes, "signature scheme"); !ok) return ok;
  bool usable = false;
  for (CipherSuite id : s.cipher_suites) {
    const crypto::SuiteFacts* suite = crypto::find_suite(id);
    if (suite == nullptr) return bad("cipher suite " + registered_name(id) + " is not built");
    usable |= suite->version >= s.min_version && suite->version <= s.max_version;
  }
  if (!usable) return bad("none of the cipher suites belongs to a configured version");
  for (NamedGroup id : s.groups)
    if (crypto::find_group(id) == nullptr) return bad("group " + registered_name(id) + " is not built");
  for (SignatureScheme id : s.signature_schemes)
    if (crypto::find_scheme(id) == nullptr) return bad("signature scheme " + registered_name(id) + " is not built");
  return {};
}

Result<void> check_external_psks(const CommonSettings& s) {
  if (s.external_psks.size() > limits::kMaxExternalPsks)
    return bad("more than " + std::to_string(limits::kMaxExternalPsks) + " external PSKs are configured");
  std::size_t names = 0;
  for (const auto& psk : s.external_psks) {
    if (!psk || psk->identity.empty() || psk->identity.size() > 0xFFFF)
      return bad("an external PSK's identity is not 1 to 65535 bytes long");
    if (psk->key.size() < limits::kMinExternalPsk)
      return bad("an external PSK has " + std::to_string(psk->key.size()) + " bytes; at least " +
                 std::to_string(limits::kMinExternalPsk) + " are needed (RFC 9257 §6)");
    if (psk->context.size() > 0xFFFF) return bad("an external PSK's context is longer than 65535 bytes");
    names += psk->identity.size() + psk->context.size();
  }
  if (names > limits::kMaxExternalPskNames)
    return bad("the identities and contexts of the external PSKs have " + std::to_string(names) + " bytes; at most " +
               std::to_string(limits::kMaxExternalPskNames) + " fit a ClientHello");
  return {};
}

Result<void> check_common(const CommonSettings& s) {
  if (auto ok = check_algorithms(s); !ok) return ok;
  std::size_t alpn_bytes = 0;
  for (const std::string& protocol : s.alpn) {
    if (protocol.empty() || protocol.size() > kMaxAlpnName)
      return bad("an ALPN protocol name has " + std::to_string(protocol.size()) + " bytes; 1 to 255 are allowed");
    alpn_bytes += 1 + protocol.size();
  }
  if (alpn_bytes > kMaxAlpnList) return bad("the ALPN protocol names are too long together");
  if (has_duplicates(s.alpn)) return bad("an ALPN protocol is configured twice");
  // RFC 8449 §4: 64 at least, and 2^14 + 1 at most in TLS 1.3, where the content type counts.
  if (s.record_size_limit != 0 &&
      (s.record_size_limit < limits::kMinRecordSizeLimit || s.record_size_limit > limits::kMaxPlaintext + 1))
    return bad("record_size_limit " + std::to_string(s.record_size_limit) + " is not within 64 to 16385");
  if (s.max_certificate_message == 0 || s.max_certificate_message > limits::kMaxConfigurableCertificateMessage)
    return bad("max_certificate_message is not within 1 byte to 16 MiB - 1");
  if (s.max_fragment < limits::kMinRecordSizeLimit || s.max_fragment > limits::kMaxPlaintext)
    return bad("max_fragment " + std::to_string(s.max_fragment) + " is not within 64 to 16384");
  if (s.padding.block > limits::kMaxPlaintext) return bad("the padding block is longer than a record");
  return check_external_psks(s);
}

void set_defaults(CommonSettings& s) {
  s.provider = crypto::Provider::best();
  for (const crypto::SuiteFacts& suite : crypto::all_suites()) s.cipher_suites.push_back(suite.id);
  // P-521 is for those who ask for it: it takes ten times as long as P-256, which is strong enough.
  for (const crypto::GroupImpl& group : crypto::all_groups())
    if (group.id != NamedGroup::secp521r1) s.groups.push_back(group.id);
  for (const crypto::SchemeFacts& scheme : crypto::all_schemes())
    if (scheme.id != SignatureScheme::ecdsa_secp521r1_sha512) s.signature_schemes.push_back(scheme.id);
  s.random = &system_random();
  s.clock = &system_clock();
}

Result<void> finish_common(CommonSettings& s, const std::string& forced) {
  if (auto ok = check_common(s); !ok) return ok;
  if (!forced.empty())
    if (auto ok = s.provider.force(forced); !ok) return ok;
  return {};
}

}  // namespace

template <class B>
B& CommonBuilder<B>::versions(ProtocolVersion min, ProtocolVersion max) {
  B& self = static_cast<B&>(*this);
  self.settings_->min_version = min;
  self.settings_->max_version = max;
  return self;
}
#define SALLYPORT_SETTER(setter, type, field) \
  template <class B>                          \
  B& CommonBuilder<B>::setter(type value) {   \
    B& self = static_cast<B&>(*this);         \
    self.settings_->field = std::move(value); \
    return self;                              \
  }
SALLYPORT_SETTER(cipher_suites, std::vector<CipherSuite>, cipher_suites)
SALLYPORT_SETTER(groups, std::vector<NamedGroup>, groups)
SALLYPORT_SETTER(signature_schemes, std::vector<SignatureScheme>, signature_schemes)
SALLYPORT_SETTER(alpn, std::vector<std::string>, alpn)
SALLYPORT_SETTER(record_size_limit, std::uint16_t, record_size_limit)
SALLYPORT_SETTER(padding, Padding, padding)
SALLYPORT_SETTER(max_fragment, std::uint16_t, max_fragment)
SALLYPORT_SETTER(max_certificate_message, std::size_t, max_certificate_message)
SALLYPORT_SETTER(key_log, KeyLog, key_log)
SALLYPORT_SETTER(extended_main_secret, Require, extended_main_secret)
SALLYPORT_SETTER(key_update_after, std::uint64_t, key_update_after)
SALLYPORT_SETTER(psk_without_key_exchange, bool, psk_without_key_exchange)
SALLYPORT_SETTER(external_psks, std::vector<std::shared_ptr<const ExternalPsk>>, external_psks)
#undef SALLYPORT_SETTER
template <class B>
B& CommonBuilder<B>::random(Random& random) {
  B& self = static_cast<B&>(*this);
  self.settings_->random = &random;
  return self;
}
template <class B>
B& CommonBuilder<B>::clock(const Clock& clock) {
  B& self = static_cast<B&>(*this);
  self.settings_->clock = &clock;
  return self;
}
template <class B>
B& CommonBuilder<B>::force_kernel(std::string name) {
  B& self = static_cast<B&>(*this);
  self.forced_ = std::move(name);
  return self;
}
template class CommonBuilder<ClientConfig::Builder>;
template class CommonBuilder<ServerConfig::Builder>;

// ---- client ---------------------------------------------------------------------------------------------------

using ClientBuilder = ClientConfig::Builder;
ClientConfig::Builder ClientConfig::builder() { return {}; }
ClientBuilder::Builder() : settings_(std::make_unique<ClientSettings>()) { set_defaults(*settings_); }
ClientBuilder::Builder(const ClientConfig& config) : settings_(std::make_unique<ClientSettings>(config.settings())) {}
ClientConfig::Builder ClientConfig::rebuild() const { return Builder(*this); }
ClientBuilder::Builder(const Builder& other)
    : CommonBuilder(other), settings_(std::make_unique<ClientSettings>(*other.settings_)), forced_(other.forced_) {}
ClientBuilder::Builder(Builder&&) noexcept = default;
ClientBuilder::~Builder() = default;

#define SALLYPORT_CLIENT_SETTER(setter, type, field) \
  ClientBuilder& ClientBuilder::setter(type value) { \
    settings_->field = std::move(value);             \
    return *this;                                    \
  }
SALLYPORT_CLIENT_SETTER(trust, std::shared_ptr<const ChainVerifier>, verifier)
SALLYPORT_CLIENT_SETTER(credentials, std::shared_ptr<const CredentialSource>, credentials)
SALLYPORT_CLIENT_SETTER(authorities_bind, bool, authorities_bind)
SALLYPORT_CLIENT_SETTER(send_server_name, bool, send_server_name)
SALLYPORT_CLIENT_SETTER(compatibility_mode, bool, compatibility_mode)
SALLYPORT_CLIENT_SETTER(key_shares, std::vector<NamedGroup>, wanted_shares)
SALLYPORT_CLIENT_SETTER(certificate_authorities, std::vector<std::vector<std::uint8_t>>, certificate_authorities)
SALLYPORT_CLIENT_SETTER(request_ocsp, bool, request_ocsp)
SALLYPORT_CLIENT_SETTER(staples, StaplePolicy, staples)
SALLYPORT_CLIENT_SETTER(request_scts, bool, request_scts)
SALLYPORT_CLIENT_SETTER(grease, bool, grease)
SALLYPORT_CLIENT_SETTER(false_start, FalseStart, false_start)
SALLYPORT_CLIENT_SETTER(renegotiation_info, Require, renegotiation_info)
SALLYPORT_CLIENT_SETTER(fallback_scsv, bool, fallback_scsv)
SALLYPORT_CLIENT_SETTER(sessions, std::shared_ptr<ClientSessionStore>, sessions)
SALLYPORT_CLIENT_SETTER(tickets, bool, tickets)
SALLYPORT_CLIENT_SETTER(verify_resumed, bool, verify_resumed)
SALLYPORT_CLIENT_SETTER(ignore_hello_requests, bool, ignore_hello_requests)
SALLYPORT_CLIENT_SETTER(early_data, bool, early_data)
#undef SALLYPORT_CLIENT_SETTER

ClientBuilder& ClientBuilder::ticket_request(std::uint8_t new_session_count, std::uint8_t resumption_count) {
  settings_->ticket_request = {new_session_count, resumption_count};
  return *this;
}

namespace {

/// Values as they are on the wire, in an order that does not tell what is preferred.
template <class T>
void append_sorted(std::vector<T> values, std::string& to) {
  std::ranges::sort(values);
  to += static_cast<char>(values.size());  // each is there once, and there are few
  for (const T value : values) {
    to += static_cast<char>(static_cast<unsigned>(value) >> 8);
    to += static_cast<char>(static_cast<unsigned>(value) & 0xFF);
  }
}

/// What of the algorithms decides whether a peer is accepted: the schemes that it may sign with, and in TLS 1.2 the
/// groups, which its certificate's curve is one of (RFC 8422 §5.1).
std::string accepted_algorithms(const CommonSettings& s, bool groups) {
  std::string out;
  append_sorted(s.signature_schemes, out);
  if (groups) append_sorted(s.groups, out);
  return out;
}

/// All that a session's peer was checked against: who verified it, by which algorithms it could authenticate, and as
/// whom we spoke.
std::array<std::uint8_t, 16> session_configuration(const ClientSettings& s) {
  const std::string verifier = static_cast<char>(s.staples_due()) + s.verifier->identity();
  std::string credentials = s.credentials ? s.credentials->identity() : std::string();
  // Who shows a certificate only to those who name its authority does not speak as one who showed it to anybody.
  if (s.credentials && s.authorities_bind) credentials += " where authorities bind";
  // A server that is known by a key alone has shown no certificate: its sessions are for those who have that key.
  ByteVector psks;
  Writer w(psks);
  for (const auto& psk : s.external_psks) {
    w.u8(psk->imported);
    w.vector16(psk->identity);
    w.vector16(psk->context);
    w.u8(psk->sha384);
    // The key too, under a label of its own: who had another key under the same identity is somebody else.
    const crypto::Digest key = crypto::HmacKey(s.provider.hash(crypto::HashId::sha256), psk->key.expose())
                                   .mac(as_bytes("sallyport client sessions"));
    w.bytes(key.bytes());
  }
  return session::fingerprint(s.provider.hash(crypto::HashId::sha256),
                              {as_bytes("client sessions"), as_bytes(verifier), as_bytes(credentials), psks,
                               as_bytes(accepted_algorithms(s, s.min_version == ProtocolVersion::tls12))});
}

}  // namespace

namespace {

/// RFC 9846 §4.3.4: each name is a vector of 1 to 2^16-1 bytes.
Result<void> check_authorities(const std::vector<std::vector<std::uint8_t>>& names) {
  std::size_t all = 0;
  for (const auto& name : names) {
    if (name.empty()) return bad("the name of an authority is empty");
    all += 2 + name.size();
  }
  if (all <= limits::kMaxAuthorityNames) return {};
  return bad("the names of authorities take " + std::to_string(all) + " bytes; at most " +
             std::to_string(limits::kMaxAuthorityNames) + " are allowed");
}

}  // namespace

Result<ClientConfig> ClientBuilder::build() {
  try {
    return make();
  } catch (...) {
    return std::unexpected(caught(Code::provider_failed));
  }
}

Result<ClientConfig> ClientBuilder::make() {
  ClientSettings& s = *settings_;
  if (auto ok = finish_common(s, forced_); !ok) return std::unexpected(std::move(ok.error()));
  if (!s.verifier) return bad("no verifier: call trust() with trust_system(), trust_pem() or one of your own");
  if (auto ok = check_authorities(s.certificate_authorities); !ok) return std::unexpected(std::move(ok.error()));
  if (s.staples == StaplePolicy::require && !s.request_ocsp)
    return bad("staples are required and request_ocsp is off: a server staples nothing that it is not asked for");
  s.key_shares = s.wanted_shares.value_or(std::vector{s.groups.front()});
  if (has_duplicates(s.key_shares)) return bad("a key share is configured twice");
  // RFC 9846 §4.3.8: shares are for offered groups, in the same order.
  auto position = [&](NamedGroup g) { return std::find(s.groups.begin(), s.groups.end(), g); };
  for (NamedGroup g : s.key_shares)
    if (position(g) == s.groups.end())
      return bad("a key share is configured for a group that is not: " + std::string(name(g)));
  std::sort(s.key_shares.begin(), s.key_shares.end(), [&](auto a, auto b) { return position(a) < position(b); });
  s.session_configuration = session_configuration(s);
  return ClientConfig(std::make_shared<const ClientSettings>(s));
}

// ---- server ---------------------------------------------------------------------------------------------------

using ServerBuilder = ServerConfig::Builder;
ServerConfig::Builder ServerConfig::builder() { return {}; }
ServerBuilder::Builder() : settings_(std::make_unique<ServerSettings>()) { set_defaults(*settings_); }
ServerBuilder::Builder(const ServerConfig& config) : settings_(std::make_unique<ServerSettings>(config.settings())) {}
ServerConfig::Builder ServerConfig::rebuild() const { return Builder(*this); }
ServerBuilder::Builder(const Builder& other)
    : CommonBuilder(other), settings_(std::make_unique<ServerSettings>(*other.settings_)), forced_(other.forced_) {}
ServerBuilder::Builder(Builder&&) noexcept = default;
ServerBuilder::~Builder() = default;

#define SALLYPORT_SERVER_SETTER(setter, type, field) \
  ServerBuilder& ServerBuilder::setter(type value) { \
    settings_->field = std::move(value);             \
    return *this;                                    \
  }
SALLYPORT_SERVER_SETTER(credentials, std::shared_ptr<const CredentialSource>, credentials)
SALLYPORT_SERVER_SETTER(client_authorities, std::vector<std::vector<std::uint8_t>>, client_authorities)
SALLYPORT_SERVER_SETTER(client_staples, StaplePolicy, client_staples)
SALLYPORT_SERVER_SETTER(require_alpn, bool, require_alpn)
SALLYPORT_SERVER_SETTER(prefer_server_order, bool, prefer_server_order)
SALLYPORT_SERVER_SETTER(retry_cookie, bool, retry_cookie)
SALLYPORT_SERVER_SETTER(always_retry, bool, always_retry)
SALLYPORT_SERVER_SETTER(session_cache, std::shared_ptr<SessionCache>, session_cache)
SALLYPORT_SERVER_SETTER(tickets, std::shared_ptr<TicketSealer>, tickets)
SALLYPORT_SERVER_SETTER(ticket_lifetime, std::chrono::seconds, ticket_lifetime)
SALLYPORT_SERVER_SETTER(new_tickets, std::uint8_t, new_tickets)
SALLYPORT_SERVER_SETTER(session_context, std::string, session_context)
SALLYPORT_SERVER_SETTER(ticket_certificate, std::size_t, ticket_certificate)
SALLYPORT_SERVER_SETTER(session_data, SessionData, session_data)
SALLYPORT_SERVER_SETTER(verify_resumed, bool, verify_resumed)
#undef SALLYPORT_SERVER_SETTER

ServerBuilder& ServerBuilder::early_data(std::uint32_t bytes, std::shared_ptr<ReplayGuard> guard,
                                         Clock::Milliseconds window) {
  settings_->max_early_data = bytes;
  settings_->replay_guard = std::move(guard);
  settings_->replay_window = window;
  return *this;
}

ServerBuilder& ServerBuilder::client_auth(ClientAuth mode, std::shared_ptr<const ChainVerifier> verifier) {
  settings_->client_auth = mode;
  settings_->verifier = std::move(verifier);
  return *this;
}

namespace {

Result<void> check_sessions(const ServerSettings& s) {
  if (s.ticket_lifetime < std::chrono::seconds(1) || s.ticket_lifetime > limits::kMaxSessionLifetime)
    return bad("ticket_lifetime is not within 1 second to 7 days");
  if (s.new_tickets > limits::kMaxNewTickets)
    return bad("new_tickets is above " + std::to_string(limits::kMaxNewTickets));
  if (s.session_context.size() > limits::kMaxSessionContext)
    return bad("the session context has " + std::to_string(s.session_context.size()) + " bytes; at most " +
               std::to_string(limits::kMaxSessionContext) + " are allowed");
  if (s.ticket_certificate > limits::kMaxTicketLeaf)
    return bad("ticket_certificate allows " + std::to_string(s.ticket_certificate) + " bytes; at most " +
               std::to_string(limits::kMaxTicketLeaf) + " are allowed");
  if (s.verify_resumed && s.client_auth == ClientAuth::none)
    return bad("verify_resumed needs client_auth(): without it there is no chain of a client's to verify");
  if (s.max_early_data == 0) return {};
  if (s.max_early_data > limits::kMaxEarlyData)
    return bad("early_data allows more than " + std::to_string(limits::kMaxEarlyData) + " bytes");
  if (!s.replay_guard) return bad("early_data needs a guard: give it local_replay_guard() or one of your own");
  if (!s.tickets) return bad("early_data needs tickets(): it is sent with sessions that were resumed by ticket");
  if (s.replay_window <= Clock::Milliseconds(0) || s.replay_window > limits::kMaxReplayWindow)
    return bad("the replay window is not within 1 to 60000 milliseconds");
  return {};
}

/// What sessions are bound to besides the server name: which service this is, what is asked of clients, who verifies
/// them, and by which algorithms.
std::string session_policy(const ServerSettings& s, ProtocolVersion version) {
  std::string policy{static_cast<char>(s.client_auth), static_cast<char>(s.session_context.size())};
  policy += s.session_context;
  if (s.client_auth != ClientAuth::none) {
    policy += accepted_algorithms(s, version == ProtocolVersion::tls12);
    policy += static_cast<char>(s.client_staples);
    policy += s.verifier->identity();
  }
  return policy;
}

}  // namespace

Result<ServerConfig> ServerBuilder::build() {
  try {
    return make();
  } catch (...) {
    return std::unexpected(caught(Code::provider_failed));
  }
}

Result<ServerConfig> ServerBuilder::make() {
  ServerSettings& s = *settings_;
  if (auto ok = finish_common(s, forced_); !ok) return std::unexpected(std::move(ok.error()));
  if (!s.credentials) return bad("no credentials: call credentials() with credential_list() or a source of your own");
  if (s.client_staples != StaplePolicy::ignore && s.client_auth == ClientAuth::none)
    return bad("client_staples needs client_auth: clients that are not asked for certificates staple nothing");
  if (s.client_auth != ClientAuth::none && !s.verifier)
    return bad("clients are asked for certificates but no verifier is given for them");
  // RFC 9846 §4.2.4: a HelloRetryRequest must change the ClientHello; where the share fits only a cookie does.
  if (s.always_retry && !s.retry_cookie)
    return bad("always_retry needs retry_cookie: without a cookie the HelloRetryRequest would ask for nothing");
  if (auto ok = check_authorities(s.client_authorities); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = check_sessions(s); !ok) return std::unexpected(std::move(ok.error()));
  s.session_policy12 = session_policy(s, ProtocolVersion::tls12);
  s.session_policy13 = session_policy(s, ProtocolVersion::tls13);
  s.random->fill(s.cookie_key);
  return ServerConfig(std::make_shared<const ServerSettings>(s));
}

}  // namespace tls
