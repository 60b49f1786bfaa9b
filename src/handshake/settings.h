// What a configuration holds once it is built: read by everything, changed by nobody.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/writer.h"
#include "crypto/provider.h"
#include "tls/config.h"

namespace tls {

/// For replaying published traces and for tests that misbehave; no builder reaches it.
struct Replay {
  /// Applied to each handshake message that we write, before it enters the transcript.
  std::function<void(ByteVector& message)> rewrite;
  ByteVector cookie;                               ///< a server's HelloRetryRequest holds it instead of one of our own
  std::size_t min_rsa_bits = limits::kMinRsaBits;  ///< of the peer's key: RFC 8448 has 1024 bits
};

/// Both sides'. The meaning of each field is that of the builder's setter of the same name.
struct CommonSettings {
  crypto::Provider provider;
  ProtocolVersion min_version = ProtocolVersion::tls12, max_version = ProtocolVersion::tls13;
  std::vector<CipherSuite> cipher_suites;
  std::vector<NamedGroup> groups;
  std::vector<SignatureScheme> signature_schemes;
  std::vector<std::string> alpn;
  std::uint16_t record_size_limit = 0;  ///< 0: a client sends none, a server the greatest that is allowed
  Padding padding;
  std::uint16_t max_fragment = limits::kMaxPlaintext;
  std::size_t max_certificate_message = limits::kMaxCertificateMessage;
  std::uint64_t key_update_after = 0;  ///< 0: the limit of the suite
  Require extended_main_secret = Require::if_offered;
  bool psk_without_key_exchange = false;
  std::vector<std::shared_ptr<const ExternalPsk>> external_psks;
  KeyLog key_log;
  Random* random = nullptr;
  const Clock* clock = nullptr;
  Replay replay;
};

struct ClientSettings : CommonSettings {
  std::shared_ptr<const ChainVerifier> verifier;
  std::shared_ptr<const CredentialSource> credentials;   ///< null: none
  std::optional<std::vector<NamedGroup>> wanted_shares;  ///< as configured; not at all: the first group
  std::vector<NamedGroup> key_shares;  ///< for which the first ClientHello holds a share; made by build()
  std::vector<std::vector<std::uint8_t>> certificate_authorities;
  bool authorities_bind = false;
  bool send_server_name = true;
  bool compatibility_mode = true;
  bool request_ocsp = true;
  StaplePolicy staples = StaplePolicy::if_present;  ///< as configured; see staples_due()
  bool request_scts = false;
  bool grease = false;
  FalseStart false_start = FalseStart::off;
  Require renegotiation_info = Require::always;
  bool fallback_scsv = false;
  std::shared_ptr<ClientSessionStore> sessions;  ///< null: nothing is resumed
  bool tickets = true;
  bool verify_resumed = false;
  bool ignore_hello_requests = false;
  bool early_data = false;
  std::optional<std::pair<std::uint8_t, std::uint8_t>> ticket_request;  ///< new_session_count, resumption_count
  std::array<std::uint8_t, 16> session_configuration{};                 ///< SessionKey::configuration; made by build()

  /// A server that is not asked for a staple owes none.
  [[nodiscard]] StaplePolicy staples_due() const noexcept { return request_ocsp ? staples : StaplePolicy::ignore; }
};

struct ServerSettings : CommonSettings {
  std::shared_ptr<const CredentialSource> credentials;
  std::shared_ptr<const ChainVerifier> verifier;  ///< of clients; null when client_auth is none
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::vector<std::uint8_t>> client_authorities;
  StaplePolicy client_staples = StaplePolicy::ignore;
  bool require_alpn = true;
  bool prefer_server_order = true;
  bool retry_cookie = true;
  bool always_retry = false;
  std::shared_ptr<SessionCache> session_cache;  ///< null: no Session ID resumption
  std::shared_ptr<TicketSealer> tickets;        ///< null: no tickets
  std::chrono::seconds ticket_lifetime = limits::kDefaultSessionLifetime;
  std::uint8_t new_tickets = limits::kDefaultNewTickets;
  std::string session_context;
  std::shared_ptr<ReplayGuard> replay_guard;  ///< null: early data is refused
  std::uint32_t max_early_data = 0;           ///< bytes
  Clock::Milliseconds replay_window = limits::kDefaultReplayWindow;
  std::size_t ticket_certificate = limits::kDefaultTicketLeaf;
  SessionData session_data;  ///< empty: what a resumed session holds goes on
  bool verify_resumed = false;
  /// What sessions of each version are bound to besides the server name; made by build().
  std::string session_policy12, session_policy13;
  std::array<std::uint8_t, 32> cookie_key{};  ///< drawn when the config is built
};

/// Configurations of settings that no builder makes.
struct ConfigAccess {
  static ClientConfig make(std::shared_ptr<const ClientSettings> settings) { return ClientConfig(std::move(settings)); }
  static ServerConfig make(std::shared_ptr<const ServerSettings> settings) { return ServerConfig(std::move(settings)); }
};

}  // namespace tls
