// What a server keeps of sessions, as options.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "tls/config.h"

namespace sallyport::cli {

struct SessionOptions {
  std::size_t cache = 20'480;     ///< sessions by ID; 0: none
  std::string tickets = "on";     ///< or off
  std::uint32_t lifetime = 7200;  ///< seconds, of both
};

void define_session_options(CLI::App& app, SessionOptions& options);
/// Failure(kUsage) for what cannot be had.
void apply(const SessionOptions& options, tls::ServerConfig::Builder& builder);

}  // namespace sallyport::cli
