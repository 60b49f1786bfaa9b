// The server's decisions, as pure functions: what a ClientHello and a configuration come to. Nothing is sent here.
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

/// The version that both sides prefer (RFC 9846 §4.3.1). Fails with unsupported_version.
[[nodiscard]] Result<ProtocolVersion> choose_version(const wire::ClientHello& hello, const CommonSettings& settings);

/// How a PSK is used, should one be accepted (RFC 9846 §4.3.9).
enum class PskMode : std::uint8_t {
  none,              ///< none is offered, or in no mode that both sides allow
  with_exchange,     ///< psk_dhe_ke
  without_exchange,  ///< psk_ke: only where psk_dhe_ke cannot be had and the policy allows it
};

/// What was decided for TLS 1.3. Owns all that it needs: the ClientHello is gone when an operation is answered.
struct Decision13 {
  const crypto::SuiteFacts* suite = nullptr;
  std::vector<const crypto::SuiteFacts*> suites;  ///< common ones, best first: a PSK may need another than the best
  const crypto::GroupImpl* group = nullptr;       ///< null: none in common; then only a PSK without exchange will do
  ByteVector client_share;                        ///< empty: none for this group, a HelloRetryRequest must ask for it
  std::string alpn;                               ///< empty: none
  std::optional<std::string> server_name;
  std::uint16_t peer_record_size_limit = 0;  ///< 0: none
  CredentialRequest credential;
  StapleWishes staples;
  wire::ShortBytes<wire::kMaxSessionId> legacy_session_id;
  wire::HelloRandom client_random{};
  PskMode psk_mode = PskMode::none;
  bool takes_tickets = false;  ///< the client can use tickets of ours
  std::optional<wire::TicketRequest> ticket_request;
  bool early_data = false;               ///< is offered
  bool retried = false;                  ///< this is the second ClientHello
  std::optional<Error> certificate_bar;  ///< why nothing but a PSK will do
};
[[nodiscard]] Result<Decision13> negotiate13(const wire::ClientHello& hello, const ServerSettings& settings);

/// What was decided for TLS 1.2, whether a session is resumed or not. Owns all that it needs.
struct Common12 {
  std::vector<const crypto::SuiteFacts*> suites;  ///< common ones, best first
  std::string alpn;                               ///< empty: none
  std::optional<std::string> server_name;
  std::uint16_t peer_record_size_limit = 0;  ///< 0: none
  wire::HelloRandom client_random{};
  bool extended_main_secret = false;
  bool renegotiation_info = false;                   ///< the client signalled RFC 5746
  bool point_formats = false;                        ///< ec_point_formats was sent, and must be answered
  bool session_ticket = false;                       ///< the client takes tickets
  bool mark_downgrade = false;                       ///< we have TLS 1.3, and our random says so (RFC 9846 §4.2.3)
  wire::ShortBytes<wire::kMaxSessionId> session_id;  ///< of a session that the client offers, or beside its ticket
};
[[nodiscard]] Result<Common12> negotiate12(const wire::ClientHello& hello, const ServerSettings& settings);
/// And what a full handshake takes besides. The suite is chosen with the credential: see suite_for().
struct Decision12 : Common12 {
  const crypto::GroupImpl* group = nullptr;
  CredentialRequest credential;
  StapleWishes staples;
};
/// `common` was made of the same ClientHello.
[[nodiscard]] Result<Decision12> negotiate12_in_full(Common12&& common, const wire::ClientHello& hello,
                                                     const ServerSettings& settings);
/// The best of the suites for which a credential can sign, and the scheme; nothing when there is none.
struct SuiteAndScheme {
  const crypto::SuiteFacts* suite = nullptr;
  SignatureScheme scheme{};
};
[[nodiscard]] std::optional<SuiteAndScheme> suite_for(const Decision12& decision, const Credential& credential);

/// What an ECDHE group of TLS 1.2 is: its shares fit an ECPoint and are alike on both sides (RFC 8422 §5.4). A KEM has
/// none.
[[nodiscard]] bool has_points(const crypto::GroupImpl& group) noexcept;
/// Whether a suite of TLS 1.2 is authenticated by a key of that kind (RFC 8422 §2, RFC 9846 §4.3.3).
[[nodiscard]] bool authenticates(crypto::SuiteAuth auth, KeyKind key) noexcept;

/// RFC 9846 §4.2.2: the second ClientHello is the first but for key_share, cookie, early_data, pre_shared_key and
/// padding. A digest of what must stay the same; `cookie` is not part of it.
[[nodiscard]] crypto::Digest unchanging_part(const wire::ClientHello& hello, const crypto::HashImpl& hash);

}  // namespace tls::handshake::hello
