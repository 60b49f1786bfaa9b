// What `client` does without --get: standard input to the server, and the server to standard output.
#pragma once

#include "cli/channel.h"

namespace sallyport::cli {

/// Until the server closes in order, which is the good end, whatever waits on our side then. `print`: whether what
/// comes goes to the standard output.
tls::Result<void> relay(Channel& channel, bool print);

}  // namespace sallyport::cli
