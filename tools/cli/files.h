// Files of the command line: failures name the file and what the system said.
#pragma once

#include <string>

#include "tls/bytes.h"
#include "tls/secret_bytes.h"

namespace sallyport::cli {

/// A whole file. Failure(kIo) when it cannot be read. Not for secrets: copies of it stay in memory.
[[nodiscard]] std::string read_file(const std::string& path);
/// The same for a file that holds, or may hold, a key: it is in one place, and wiped when it goes.
[[nodiscard]] tls::SecretBytes read_secret(const std::string& path);

/// Writes a whole file with these permissions (0600 for secrets), replacing what was there. Failure(kIo) otherwise.
void write_file(const std::string& path, tls::Bytes contents, unsigned mode);

}  // namespace sallyport::cli
