// --staple FILE: OCSP responses that a server hands on with its certificates (RFC 6066 §8).
#pragma once

#include <string>
#include <vector>

#include "tls/credentials.h"

namespace sallyport::cli {

/// Gives each credential the staple of the same place; there may be fewer staples. Only the form is looked at: a
/// responder's refusal ("try later") is none. What a response says is for clients to judge. Failure(kUsage) for more
/// files than credentials, Failure(kIo) for a file that is no successful OCSP response.
void attach_staples(const std::vector<std::string>& files, std::vector<tls::CredentialPtr>& credentials);

}  // namespace sallyport::cli
