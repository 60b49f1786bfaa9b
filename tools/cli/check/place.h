// Who may read, change or replace a file that holds a secret.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/check/finding.h"

namespace sallyport::cli::check {

/// A folder on the way to a file.
struct FolderFacts {
  std::string path;
  mode_t mode = 0;
  uid_t owner = 0;
};

/// A symbolic link on the way to a file. In a folder where others may write and the sticky bit keeps them from what is
/// another's, its owner can lead it elsewhere.
struct LinkFacts {
  std::string path;
  uid_t owner = 0;
  mode_t folder = 0;  ///< permissions of the folder that it lies in
};

/// Where a file lies, and whose it is.
struct PlaceFacts {
  std::string path;         ///< as it was given
  std::string target = {};  ///< where links lead to; empty: there is none on the way
  mode_t mode = 0;          ///< permissions of the file itself
  uid_t owner = 0;
  bool regular = true;
  std::vector<FolderFacts> folders = {};  ///< all through which the way leads, from link to link
  std::vector<LinkFacts> links = {};      ///< in the order of the way
};

/// Looks at the file system. Empty: the file is not there, or cannot be reached.
[[nodiscard]] std::optional<PlaceFacts> look_at_place(const std::string& path);

/// Judges what was seen; `me` is the user who runs the program. `what`: "the private key". Modes and owners count;
/// access control lists are not looked at.
void check_place(const PlaceFacts& place, uid_t me, const std::string& what, Findings& findings);

}  // namespace sallyport::cli::check
