// Chains that are made to cost a verifier time, each about as large as a Certificate message may be (128 KiB).
#pragma once

#include <string>
#include <vector>

#include "factory/certificates.h"
#include "tls/error.h"

namespace tls::test {

struct HostileChain {
  std::string name;
  std::string roots_pem;
  std::vector<sallyport::der::Der> chain;  ///< leaf first
  Code expected;                           ///< of the refusal: another one tests something else
};

/// Every shape. Takes seconds: keys and signatures are made.
[[nodiscard]] std::vector<HostileChain> hostile_chains();

}  // namespace tls::test
