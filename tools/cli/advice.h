// What to do about a failure: it follows from what this side is configured with, what was asked of it, and what it
// sent.
#pragma once

#include <string>

#include "cli/tls_options.h"
#include "tls/error.h"
#include "tls/info.h"

namespace sallyport::cli {

/// One failure, and whose it is. Holds references alone.
struct Case {
  const tls::Error& error;
  const TlsOptions& options;
  Side side;
  const tls::ConnectionInfo& info;  ///< as far as the connection came
};

/// Whether a client was asked for a certificate and answered with none, so that what the server says is about that.
[[nodiscard]] bool sent_no_certificate(const Case& failure);
/// Whether what the two sides have in common has to do with it: only then is it worth a reader's time.
[[nodiscard]] bool about_negotiation(const Case& failure);

/// What a user of that side can do about it; empty where sentence and detail say it all.
[[nodiscard]] std::string advice(const Case& failure);

}  // namespace sallyport::cli
