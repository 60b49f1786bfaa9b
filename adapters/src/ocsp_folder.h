// Answers of responders on disk, so that a restart has them at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::ocsp {

/// A folder with a file for each leaf: the DER as it came, named by the SHA-256 of the request. What is read has been
/// judged by nobody. Processes may share it: a file is replaced as a whole (a new file, fsync, rename).
class Folder {
 public:
  /// Makes `path`, with mode 0700, where it is not there and its parent is. Fails with bad_config and words where it is
  /// no directory, another user's, or open to writers other than its owner.
  [[nodiscard]] static Result<Folder> open(std::string path);

  /// "<64 hex digits>.ocsp"
  [[nodiscard]] static std::string name_for(Bytes request);
  /// None: there is no such file. Fails with transport_failed for one that cannot be read, is no regular file, another
  /// user's, or larger than an answer may be. Symbolic links are not followed.
  [[nodiscard]] Result<std::optional<std::vector<std::uint8_t>>> read(const std::string& name) const;
  /// With mode 0600. Fails with transport_failed and words; what was there is then there still.
  [[nodiscard]] Result<void> write(const std::string& name, Bytes der) const;

 private:
  explicit Folder(std::string path) noexcept : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace tls::ocsp
