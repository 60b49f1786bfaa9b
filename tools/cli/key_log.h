// --keylog FILE: the secrets of connections, for those who look into what was sent.
#pragma once

#include <string>

#include "tls/config.h"

namespace sallyport::cli {

/// Appends a line for each secret to the file, which is made with mode 0600 (RFC 9850). Connections of all threads may
/// share it. Failure(kIo) when it cannot be opened; a line that cannot be written is a warning on the standard error,
/// once: connections do not fail because of it.
[[nodiscard]] tls::KeyLog open_key_log(const std::string& path);

}  // namespace sallyport::cli
