// Reloading what a server's configuration was read from: a good set of files replaces the configuration, a bad one
// leaves it as it is, and either is told in one line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/files.h"
#include "tls/credentials.h"
#include "tls/live_config.h"

namespace sallyport::cli {

/// What was made of the files.
struct Loaded {
  tls::ServerConfig config;
  std::vector<tls::CredentialPtr> credentials;
};

class Reload {
 public:
  /// Reads all files, by read_file() and read_secret() alone, and makes a configuration of them and of what `now` has
  /// otherwise. Fails with Failure, which names the file.
  using Load = std::function<Loaded(const tls::ServerConfig& now)>;

  /// `first`: the files that the present configuration of `live` was read from.
  Reload(std::shared_ptr<tls::LiveServerConfig> live, std::vector<FileRead> first, Load load)
      : live_(std::move(live)), files_(std::move(first)), load_(std::move(load)) {}

  enum class Outcome : std::uint8_t { same, replaced, refused };
  struct Report {
    Outcome outcome{};
    std::string words;  ///< one line: what changed, or what is wrong
  };
  /// Reads the files again, regular ones alone: it does not wait for anybody. With the same bytes in all of them the
  /// configuration stays.
  Report again();
  /// The files that are read, those that a refused configuration would have been read from included.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  std::shared_ptr<tls::LiveServerConfig> live_;
  std::vector<FileRead> files_;     // of the present configuration
  std::vector<std::string> tried_;  // by the last attempt
  Load load_;
};

/// "the leaf for example.com ends in 46 days": of the one that ends first. Empty: there is none that can be read.
[[nodiscard]] std::string first_end_of(const std::vector<tls::CredentialPtr>& credentials,
                                       tls::Clock::Milliseconds now);

/// The certificates that have ended or soon will: within a quarter of their validity, and within kEndsSoon. A line
/// each.
inline constexpr std::chrono::days kEndsSoon{7};
[[nodiscard]] std::vector<std::string> ending_soon(const std::vector<tls::CredentialPtr>& credentials,
                                                   tls::Clock::Milliseconds now);

}  // namespace sallyport::cli
