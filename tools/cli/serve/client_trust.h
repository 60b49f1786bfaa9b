// Whom a server trusts to vouch for clients, read again and again: roots, CRLs, and what was verified before.
#pragma once

#include <memory>
#include <string>

#include "cli/crl.h"
#include "tls/crl.h"
#include "tls/verification_memory.h"
#include "tls/verifier.h"

namespace sallyport::cli {

/// What outlives a reload. Verdicts do not: they are remembered under the very roots and CRLs that led to them, and
/// what was read anew is another object, whatever it holds (pki/fingerprint.h, SnapshotNumber). Signatures do: that a
/// key has signed a certificate is true whoever is trusted.
struct ClientTrust {
  ClientTrust();     ///< Failure(kIo) without memory
  tls::CrlSet crls;  ///< of the last load
  tls::VerificationMemory memory;
};

/// The verifier of clients by the roots in `ca_file` and the CRLs of the options, which remembers in `kept` and keeps
/// the CRLs there. Failure(kIo).
[[nodiscard]] std::shared_ptr<const tls::ChainVerifier> load_client_trust(const std::string& ca_file,
                                                                          const CrlOptions& options, ClientTrust& kept);

}  // namespace sallyport::cli
