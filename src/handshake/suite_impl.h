// A suite and what carries it out.
#pragma once

#include "crypto/provider.h"
#include "crypto/suite.h"

namespace tls::handshake {

/// A suite's implementations, resolved once per connection.
struct SuiteImpl {
  const crypto::SuiteFacts* facts = nullptr;
  const crypto::AeadImpl* aead = nullptr;
  const crypto::HashImpl* hash = nullptr;
};

/// The implementations that a suite uses under this provider.
[[nodiscard]] inline SuiteImpl implement(const crypto::SuiteFacts& suite, const crypto::Provider& provider) {
  return {&suite, &provider.aead(suite.aead), &provider.hash(suite.hash)};
}

}  // namespace tls::handshake
