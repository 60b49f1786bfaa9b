// Everything slow suspends: a handshake hands out an operation and goes on when it is answered.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "tls/config_source.h"
#include "tls/credentials.h"
#include "tls/session.h"
#include "tls/verifier.h"

namespace tls {

/// A signature that is needed. `key` is that of the chosen credential.
struct SignatureRequest {
  SignatureScheme scheme{};
  std::vector<std::uint8_t> message;
  std::shared_ptr<const SigningKey> key;
  bool by_server = true;  ///< who signs
  ProtocolVersion version = ProtocolVersion::tls13;

  /// What `message` is made from. Valid as long as this object is unchanged.
  [[nodiscard]] HandshakeToSign parts() const& noexcept;
  HandshakeToSign parts() && = delete;
};

/// A session that a server's cache should look up.
struct SessionLookup {
  std::vector<std::uint8_t> id;
  std::shared_ptr<SessionCache> cache;
  Clock::Milliseconds now{};  ///< wall time
};
/// A ticket that should be opened.
struct TicketToOpen {
  std::vector<std::uint8_t> ticket;
  std::shared_ptr<TicketSealer> sealer;
  Clock::Milliseconds now{};  ///< wall time
};
/// A first flight with early data that should be claimed.
struct ReplayClaim {
  ReplayToken token;
  Clock::Milliseconds expiry{};  ///< on the guard's clock
  std::shared_ptr<ReplayGuard> guard;
  std::uint64_t epoch = 0;  ///< of the guard's stamp by which `expiry` was reckoned: under another one, `unavailable`
};

/// What a handshake waits for. Each alternative owns, or shares, all that it holds. The matching answer is the
/// alternative of the same index in OperationResult.
using Operation = std::variant<ChainToVerify, SignatureRequest, CredentialRequest, SessionLookup, TicketToOpen,
                               ReplayClaim, ConfigRequest>;
using OperationResult = std::variant<Result<ChainAccepted>, Result<std::vector<std::uint8_t>>, Result<CredentialPtr>,
                                     Result<std::optional<SessionState>>, Result<std::optional<OpenedTicket>>,
                                     Result<ReplayVerdict>, Result<ServerConfig>>;

/// Names one operation of one connection; never used twice.
// test: connection: each operation has a number of its own
enum class OperationId : std::uint64_t {};

}  // namespace tls
