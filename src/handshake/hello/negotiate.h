// The server's decisions from a ClientHello and a configuration, as pure functions. Nothing is sent here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/group.h"
#include "crypto/suite.h"
#include "handshake/authentication.h"
#include "handshake/settings.h"
#include "wire/client_hello.h"

namespace tls::handshake::hello {

/// Returns the version that both sides prefer (RFC 9846 §4.3.1). Fails with unsupported_version.
[[nodiscard]] Result<ProtocolVersion> choose_version(const wire::ClientHello& hello, const CommonSettings& settings);

/// How a PSK is used, if one is accepted (RFC 9846 §4.3.9).
enum class PskMode : std::uint8_t {
  none,              ///< no PSK is offered, or none in a mode that both sides allow
  with_exchange,     ///< psk_dhe_ke
  without_exchange,  ///< psk_ke. Used only if psk_dhe_ke is not possible and the policy allows psk_ke
};

/// The decisions for TLS 1.3. Owns all its data, because the ClientHello no longer exists when an operation is
/// answered.
struct Decision13 {
  const crypto::SuiteFacts* suite = nullptr;
  std::vector<const crypto::SuiteFacts*> suites;  ///< in common, best first. A PSK may not fit the best
  const crypto::GroupImpl* group = nullptr;  ///< null: no group in common. Then only a PSK without exchange is possible
  ByteVector client_share;                   ///< empty: no share for this group, so a HelloRetryRequest must ask for it
  std::string alpn;                          ///< empty: none
  std::optional<std::string> server_name;
  std::uint16_t peer_record_size_limit = 0;  ///< 0: none
  CredentialRequest credential;
  StapleWishes staples;
  wire::ShortBytes<wire::kMaxSessionId> legacy_session_id;
  wire::HelloRandom client_random{};
  PskMode psk_mode = PskMode::none;
  bool takes_tickets = false;  ///< the client can use our tickets
  std::optional<wire::TicketRequest> ticket_request;
  bool early_data = false;               ///< early data is offered
  bool retried = false;                  ///< this is the second ClientHello
  std::optional<Error> certificate_bar;  ///< why only a PSK is possible
};
[[nodiscard]] Result<Decision13> negotiate13(const wire::ClientHello& hello, const ServerSettings& settings);

/// The decisions for TLS 1.2, for full and resumed handshakes. Owns all its data.
struct Common12 {
  std::vector<const crypto::SuiteFacts*> suites;  ///< suites in common, best first
  std::string alpn;                               ///< empty: none
  std::optional<std::string> server_name;
  std::uint16_t peer_record_size_limit = 0;  ///< 0: none
  wire::HelloRandom client_random{};
  bool extended_main_secret = false;
  bool renegotiation_info = false;                   ///< the client signalled RFC 5746
  bool point_formats = false;                        ///< ec_point_formats was sent and must be answered
  bool session_ticket = false;                       ///< the client accepts tickets
  bool mark_downgrade = false;                       ///< we support TLS 1.3, and our random says so (RFC 9846 §4.2.3)
  wire::ShortBytes<wire::kMaxSessionId> session_id;  ///< of the offered session, or beside the ticket
};
[[nodiscard]] Result<Common12> negotiate12(const wire::ClientHello& hello, const ServerSettings& settings);
/// The additional decisions for a full handshake. suite_for() chooses the suite together with the credential.
struct Decision12 : Common12 {
  const crypto::GroupImpl* group = nullptr;
  CredentialRequest credential;
  StapleWishes staples;
};
/// Precondition: `common` was made from the same ClientHello.
[[nodiscard]] Result<Decision12> negotiate12_in_full(Common12&& common, const wire::ClientHello& hello,
                                                     const ServerSettings& settings);
/// The best of the suites for which a credential can sign, and the scheme. suite_for() returns no value if there is
/// none.
struct SuiteAndScheme {
  const crypto::SuiteFacts* suite = nullptr;
  SignatureScheme scheme{};
};
[[nodiscard]] std::optional<SuiteAndScheme> suite_for(const Decision12& decision, const Credential& credential);

/// Returns true if a group is usable for ECDHE in TLS 1.2: its shares fit into an ECPoint, and both sides' shares have
/// the same form (RFC 8422 §5.4). A KEM does not meet this.
[[nodiscard]] bool has_points(const crypto::GroupImpl& group) noexcept;
/// Returns true if a key of that kind authenticates the TLS 1.2 suites with `auth` (RFC 8422 §2, RFC 9846 §4.3.3).
[[nodiscard]] bool authenticates(crypto::SuiteAuth auth, KeyKind key) noexcept;

/// Returns a digest of the parts of a ClientHello that must not change. RFC 9846 §4.2.2: the second ClientHello equals
/// the first except for key_share, cookie, early_data, pre_shared_key and padding.
[[nodiscard]] crypto::Digest unchanging_part(const wire::ClientHello& hello, const crypto::HashImpl& hash);

}  // namespace tls::handshake::hello
