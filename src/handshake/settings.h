// The contents of a configuration after build(). All parts of the library read them. None changes them.
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

/// Hooks for replaying published traces and for tests that misbehave. No builder sets them.
struct Replay {
  /// Applied to each handshake message that we write, before it enters the transcript.
  std::function<void(ByteVector& message)> rewrite;
  ByteVector cookie;                               ///< server: replaces the cookie in HelloRetryRequest
  std::size_t min_rsa_bits = limits::kMinRsaBits;  ///< of the peer's key. RFC 8448 uses 1024 bits
};

/// Settings of both sides. Each field means what the builder's setter of the same name says.
struct CommonSettings {
  crypto::Provider provider;
  ProtocolVersion min_version = ProtocolVersion::tls12, max_version = ProtocolVersion::tls13;
  std::vector<CipherSuite> cipher_suites;
  std::vector<NamedGroup> groups;
  std::vector<SignatureScheme> signature_schemes;
  std::vector<std::string> alpn;
  std::uint16_t record_size_limit = 0;  ///< 0: a client sends none, a server sends the largest value
  Padding padding;
  std::uint16_t max_fragment = limits::kMaxPlaintext;
  std::size_t max_certificate_message = limits::kMaxCertificateMessage;
  std::uint64_t key_update_after = 0;  ///< 0: the suite's limit
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
  std::optional<std::vector<NamedGroup>> wanted_shares;  ///< as configured. No value: the first group
  std::vector<NamedGroup> key_shares;  ///< groups with a share in the first ClientHello. Set by build()
  std::vector<std::vector<std::uint8_t>> certificate_authorities;
  bool authorities_bind = false;
  bool send_server_name = true;
  bool compatibility_mode = true;
  bool request_ocsp = true;
  StaplePolicy staples = StaplePolicy::if_present;  ///< as configured. Use staples_due()
  bool request_scts = false;
  bool grease = false;
  FalseStart false_start = FalseStart::off;
  Require renegotiation_info = Require::always;
  bool fallback_scsv = false;
  std::shared_ptr<ClientSessionStore> sessions;  ///< null: no session is resumed
  bool tickets = true;
  bool verify_resumed = false;
  bool ignore_hello_requests = false;
  bool early_data = false;
  std::optional<std::pair<std::uint8_t, std::uint8_t>> ticket_request;  ///< new_session_count, resumption_count
  std::array<std::uint8_t, 16> session_configuration{};                 ///< SessionKey::configuration. Set by build()

  /// Returns the policy in force: a server that is not asked for a staple need not send one.
  [[nodiscard]] StaplePolicy staples_due() const noexcept { return request_ocsp ? staples : StaplePolicy::ignore; }
};

struct ServerSettings : CommonSettings {
  std::shared_ptr<const CredentialSource> credentials;
  std::shared_ptr<const ChainVerifier> verifier;  ///< of clients. Null if client_auth is none
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
  std::shared_ptr<ReplayGuard> replay_guard;  ///< null: early data is rejected
  std::uint32_t max_early_data = 0;           ///< bytes
  Clock::Milliseconds replay_window = limits::kDefaultReplayWindow;
  std::size_t ticket_certificate = limits::kDefaultTicketLeaf;
  SessionData session_data;  ///< empty: a resumed session keeps the data that it holds
  bool verify_resumed = false;
  /// The settings to which sessions of each version are bound, besides the server name. Set by build().
  std::string session_policy12, session_policy13;
  std::array<std::uint8_t, 32> cookie_key{};  ///< random, set when the config is built
};

/// Makes configurations with settings that no builder makes.
struct ConfigAccess {
  static ClientConfig make(std::shared_ptr<const ClientSettings> settings) { return ClientConfig(std::move(settings)); }
  static ServerConfig make(std::shared_ptr<const ServerSettings> settings) { return ServerConfig(std::move(settings)); }
};

}  // namespace tls
