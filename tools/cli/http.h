// As much HTTP/1.1 as a server for trying things out needs.
#pragma once

#include <string>

#include "cli/channel.h"

namespace sallyport::cli {

/// Serves requests until the peer closes or asks for it. `root`: folder of static files; empty: the pages / and /json.
tls::Result<void> serve_http(Channel& channel, const std::string& root);

}  // namespace sallyport::cli
