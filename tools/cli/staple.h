// Staples of a server: OCSP responses that it hands on with its certificates (RFC 6066 §8), from files, from responders
// and from a folder in which they outlive the program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tls/adapters/ocsp.h"
#include "tls/credentials.h"

namespace CLI {
class App;
}

namespace sallyport::cli {

struct StapleOptions {
  std::vector<std::string> files;  ///< --staple
  std::string folder;              ///< --staple-cache
  bool fetch = false, allow_private = false;
};

void define_staple_options(CLI::App& app, StapleOptions& options);

/// What became of a leaf's staple, in one line without its end, as it is known at `seconds` since 1970.
[[nodiscard]] std::string line_of(const tls::StapleEvent& event, std::int64_t seconds);

/// The staples of a server, renewed while this lives. Each event is a line on the standard error.
class Staples {
 public:
  /// `options` must outlive this. Failure(kUsage) for options that contradict each other, Failure(kIo) for a folder
  /// that cannot be used.
  explicit Staples(const StapleOptions& options);

  /// Chooses among the credentials, each with its staple: at first the one of --staple of the same place; there may be
  /// fewer. Failure(kUsage) for more files than credentials, Failure(kIo) for a file that is no successful OCSP
  /// response and, unless responders are asked, for one that does not fit its leaf or is out of date. A leaf that
  /// demands a staple and has none is a line. Thread-safe.
  [[nodiscard]] std::shared_ptr<const tls::CredentialSource> source(std::vector<tls::CredentialPtr> credentials);

 private:
  const StapleOptions& options_;
  std::unique_ptr<tls::StapleKeeper> keeper_;
};

}  // namespace sallyport::cli
