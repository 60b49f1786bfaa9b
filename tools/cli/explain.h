// Reports on failures: what happened, by which rule, what we were configured with, and what to do.
#pragma once

#include <string>

#include "cli/tls_options.h"
#include "tls/error.h"

namespace sallyport::cli {

/// Whose failure it is: what a user can do, and the options' names, differ.
enum class Side : std::uint8_t { client, server };

/// How a failure ends the program: kIo for the transport, kRefused for a certificate that we refused, else kTls.
[[nodiscard]] Exit status_of(const tls::Error& error);

/// What a user of that side can do about it; empty where sentence and detail say it all.
[[nodiscard]] std::string advice(const tls::Error& error, Side side);

/// Everything about a failure, in lines for people: what happened, the alert and who sent it, the rule, what we were
/// configured with, what to try.
[[nodiscard]] std::string explain(const tls::Error& error, const TlsOptions& options, Side side);

}  // namespace sallyport::cli
