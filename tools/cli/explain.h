// Reports on failures: what happened, by which rule, what we were configured with, what was asked of us, and what to
// do.
#pragma once

#include <string>

#include "cli/advice.h"

namespace sallyport::cli {

/// How a failure ends the program: kIo for the transport, kRefused for a certificate that we refused, else kTls.
[[nodiscard]] Exit status_of(const tls::Error& error);

/// Everything about a failure, in lines for people: what happened, the alert and who sent it, the rule, what we were
/// configured with, what was asked of us and sent, what to try. `info`: of the connection, as far as it came.
[[nodiscard]] std::string explain(const tls::Error& error, const TlsOptions& options, Side side,
                                  const tls::ConnectionInfo& info = {});

}  // namespace sallyport::cli
