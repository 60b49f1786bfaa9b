// A cipher suite and its implementations.
#pragma once

#include "crypto/provider.h"
#include "crypto/suite.h"

namespace tls::handshake {

/// The implementations of a suite, looked up once per connection.
struct SuiteImpl {
  const crypto::SuiteFacts* facts = nullptr;
  const crypto::AeadImpl* aead = nullptr;
  const crypto::HashImpl* hash = nullptr;
};

/// Returns the implementations of a suite in this provider.
[[nodiscard]] inline SuiteImpl implement(const crypto::SuiteFacts& suite, const crypto::Provider& provider) {
  return {&suite, &provider.aead(suite.aead), &provider.hash(suite.hash)};
}

}  // namespace tls::handshake
