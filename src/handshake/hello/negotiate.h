// The server's decisions, as pure functions: what a ClientHello and a configuration come to. Nothing is sent here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/group.h"
#include "crypto/suite.h"
#include "handshake/authentication13.h"
#include "handshake/settings.h"
#include "wire/client_hello.h"

namespace tls::handshake::hello {

/// The version that both sides prefer (RFC 9846 §4.3.1). Fails with unsupported_version.
[[nodiscard]] Result<ProtocolVersion> choose_version(const wire::ClientHello& hello, const CommonSettings& settings);

/// What was decided for TLS 1.3. Owns all that it needs: the ClientHello is gone when an operation is answered.
struct Decision13 {
  const crypto::SuiteFacts* suite = nullptr;
  const crypto::GroupImpl* group = nullptr;
  ByteVector client_share;  ///< empty: none for this group, a HelloRetryRequest must ask for it
  std::string alpn;         ///< empty: none
  std::optional<std::string> server_name;
  std::uint16_t peer_record_size_limit = 0;  ///< 0: none
  CredentialRequest credential;
  StapleWishes staples;
  wire::ShortBytes<wire::kMaxSessionId> legacy_session_id;
  wire::HelloRandom client_random{};
};
[[nodiscard]] Result<Decision13> negotiate13(const wire::ClientHello& hello, const ServerSettings& settings);

/// RFC 9846 §4.2.2: the second ClientHello is the first but for key_share, cookie, early_data, pre_shared_key and
/// padding. A digest of what must stay the same; `cookie` is not part of it.
[[nodiscard]] crypto::Digest unchanging_part(const wire::ClientHello& hello, const crypto::HashImpl& hash);

}  // namespace tls::handshake::hello
