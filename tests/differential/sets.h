// Chains of other projects, where the reference data is at hand: NIST's PKITS, BoringSSL's pki set, OpenSSL's certs.
#pragma once

#include <filesystem>
#include <functional>

#include "factory/chains/chain.h"

namespace tls::differential {

using TakeChain = std::function<void(const std::string& id, const sallyport::chains::Chain&)>;

/// Every chain of every set that lies under this folder (vectors/x509 of the reference data). False: there is none.
bool each_set_chain(const std::filesystem::path& folder, const TakeChain& take);

}  // namespace tls::differential
