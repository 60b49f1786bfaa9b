// The library's settings as options: one for each setter of the builders, by the setter's name, where there is no
// option of a better name (tls_options.h, sessions.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command.h"
#include "tls/config.h"

namespace sallyport::cli {

/// Whose options, or whose failure: a client's or a server's.
enum class Side : std::uint8_t { client, server };

struct Settings {
  std::map<std::string, std::string> values;  ///< by option; empty: not given, what the library does by default
  std::vector<std::string> psks;              ///< IDENTITY=FILE

  /// What was given for an option; empty: nothing.
  [[nodiscard]] const std::string& of(const std::string& option) const;
};

void define_settings(CLI::App& app, Settings& settings, Side side);

/// Failure(kUsage) for a value that cannot be, Failure(kIo) for a file that cannot be read.
void apply(const Settings& settings, tls::ClientConfig::Builder& builder);
void apply(const Settings& settings, tls::ServerConfig::Builder& builder);

/// "client_auth() is missing (verify_resumed is --verify-resumed here)": words of the library's that name its settings,
/// with the options that set them.
[[nodiscard]] std::string with_options(const std::string& words, Side side);

}  // namespace sallyport::cli
