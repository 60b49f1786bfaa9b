#include "cli/serve/client_trust.h"

#include "cli/tls_options.h"

namespace sallyport::cli {
namespace {

tls::VerificationMemory new_memory() {
  auto made = tls::VerificationMemory::create();
  if (!made) throw Failure(kIo, made.error().message());
  return *made;
}

}  // namespace

ClientTrust::ClientTrust() : memory(new_memory()) {}

std::shared_ptr<const tls::ChainVerifier> load_client_trust(const std::string& ca_file, const CrlOptions& options,
                                                            ClientTrust& kept) {
  auto verifier = tls::with_memory(load_roots(ca_file), kept.memory);
  if (!verifier) throw Failure(kIo, verifier.error().message());
  return with_crl_options(*std::move(verifier), options, kept.crls);
}

}  // namespace sallyport::cli
