// Operations: work that may be slow. A handshake hands out an operation, waits, and continues when it has the result.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "tls/config_source.h"
#include "tls/credentials.h"
#include "tls/session.h"
#include "tls/verifier.h"

namespace tls {

/// A signature that a handshake needs. `key` is the key of the chosen credential.
struct SignatureRequest {
  SignatureScheme scheme{};
  std::vector<std::uint8_t> message;
  std::shared_ptr<const SigningKey> key;
  bool by_server = true;  ///< true: a server signs; false: a client
  ProtocolVersion version = ProtocolVersion::tls13;

  /// Returns the parts of `message`. Valid as long as this object is unchanged.
  [[nodiscard]] HandshakeToSign parts() const& noexcept;
  HandshakeToSign parts() && = delete;
};

/// A session to be looked up in a server's cache.
struct SessionLookup {
  std::vector<std::uint8_t> id;
  std::shared_ptr<SessionCache> cache;
  Clock::Milliseconds now{};  ///< wall time
};
/// A ticket to be opened.
struct TicketToOpen {
  std::vector<std::uint8_t> ticket;
  std::shared_ptr<TicketSealer> sealer;
  Clock::Milliseconds now{};  ///< wall time
};
/// A first flight with early data to be claimed.
struct ReplayClaim {
  ReplayToken token;
  Clock::Milliseconds expiry{};  ///< of the guard's clock
  std::shared_ptr<ReplayGuard> guard;
  /// The epoch of the guard's stamp from which `expiry` was computed. If the guard has another epoch now, the verdict
  /// is `unavailable`.
  std::uint64_t epoch = 0;
};

/// The operations that a handshake can wait for. Each alternative owns or shares everything that it holds. Its result
/// is the alternative of OperationResult with the same index.
using Operation = std::variant<ChainToVerify, SignatureRequest, CredentialRequest, SessionLookup, TicketToOpen,
                               ReplayClaim, ConfigRequest>;
using OperationResult = std::variant<Result<ChainAccepted>, Result<std::vector<std::uint8_t>>, Result<CredentialPtr>,
                                     Result<std::optional<SessionState>>, Result<std::optional<OpenedTicket>>,
                                     Result<ReplayVerdict>, Result<ServerConfig>>;

/// Identifies one operation of one connection. Never used twice.
// test: connection: each operation has a number of its own
enum class OperationId : std::uint64_t {};

}  // namespace tls
