#include "cli/staple.h"

#include "cli/command.h"
#include "cli/files.h"
#include "crypto/der.h"

namespace sallyport::cli {
namespace {

/// OCSPResponse (RFC 6960 §4.2.1): responseStatus is successful, and responseBytes follow.
bool is_ocsp_response(tls::Bytes der) {
  using namespace tls::crypto;
  DerReader outer(der);
  DerReader response(outer.take(der::kSequence).value);
  const tls::Bytes status = response.take(der::kEnumerated).value;
  (void)response.take(der::context_constructed(0));
  return outer.done() && response.done() && status.size() == 1 && status[0] == 0;
}

}  // namespace

void attach_staples(const std::vector<std::string>& files, std::vector<tls::CredentialPtr>& credentials) {
  if (files.size() > credentials.size())
    throw Failure(kUsage, "every --staple is for the --cert of its place: there are " + std::to_string(files.size()) +
                              " and " + std::to_string(credentials.size()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string der = read_file(files[i]);
    if (!is_ocsp_response(tls::as_bytes(der)))
      throw Failure(kIo, "--staple '" + files[i] + "' is not a successful OCSP response in DER; " +
                             "`openssl ocsp -respin FILE -text` shows what it is");
    auto with = std::make_shared<tls::Credential>(*credentials[i]);
    with->ocsp_response.assign(der.begin(), der.end());
    credentials[i] = std::move(with);
  }
}

}  // namespace sallyport::cli
