// What a person types at the terminal and nobody is to read.
#pragma once

#include <optional>
#include <string>

#include "tls/secret_bytes.h"

namespace sallyport::cli {

/// Asks at the controlling terminal, whatever standard input and output are, and reads a line without showing it.
/// Empty: there is no terminal, or the line did not come to its end. A signal that comes meanwhile waits until the
/// terminal shows again what is typed, and ends the question. At most `most` bytes, without the line end; what is more
/// is one byte too many.
[[nodiscard]] std::optional<tls::SecretBytes> ask_hidden(const std::string& question, std::size_t most);

}  // namespace sallyport::cli
