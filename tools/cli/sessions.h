// What a server keeps of sessions, as options.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "cli/shared.h"
#include "tls/config.h"

namespace sallyport::cli {

struct SessionOptions {
  std::size_t cache = 20'480;     ///< sessions by ID; 0: none
  std::string tickets = "on";     ///< or off
  std::uint32_t lifetime = 7200;  ///< seconds, of both
  SharedOptions shared;           ///< with other servers
};

void define_session_options(CLI::App& app, SessionOptions& options);
/// Failure(kUsage) for what cannot be had. What `shared` opened must live as long as the connections.
void apply(const SessionOptions& options, const Shared& shared, tls::ServerConfig::Builder& builder);

}  // namespace sallyport::cli
