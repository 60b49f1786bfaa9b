// Everything slow suspends: a handshake hands out an operation and goes on when it is answered.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "tls/credentials.h"
#include "tls/verifier.h"

namespace tls {

/// A signature that is needed. `key` is that of the chosen credential.
struct SignatureRequest {
  SignatureScheme scheme{};
  std::vector<std::uint8_t> message;
  std::shared_ptr<const SigningKey> key;
};

/// What a handshake waits for. The matching answer is the alternative of the same index in OperationResult.
using Operation = std::variant<ChainToVerify, SignatureRequest, CredentialRequest>;
using OperationResult = std::variant<Result<ChainAccepted>, Result<std::vector<std::uint8_t>>, Result<CredentialPtr>>;

/// Names one operation of one connection; never used twice.
enum class OperationId : std::uint64_t {};

}  // namespace tls
