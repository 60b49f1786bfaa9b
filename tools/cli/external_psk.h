// External PSKs (RFC 9846 §2.2) from files: what is on a command line can be read by others.
#pragma once

#include <memory>
#include <vector>

#include "cli/settings.h"

namespace sallyport::cli {

void define_external_psks(CLI::App& app, Settings& settings);

/// The keys of --psk. Failure(kUsage) or Failure(kIo).
[[nodiscard]] std::vector<std::shared_ptr<const tls::ExternalPsk>> external_psks(const Settings& settings);

}  // namespace sallyport::cli
