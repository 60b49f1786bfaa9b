// Files of the command line: failures name the file and what the system said.
#pragma once

#include <string>

#include "tls/bytes.h"

namespace sallyport::cli {

/// A whole file. Failure(kIo) when it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);

/// Writes a whole file with these permissions (0600 for secrets), replacing what was there. Failure(kIo) otherwise.
void write_file(const std::string& path, tls::Bytes contents, unsigned mode);

}  // namespace sallyport::cli
