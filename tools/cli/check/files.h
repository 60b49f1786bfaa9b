// All files of one run, judged together: chains, keys, staples and CRLs that belong to one another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/check/chain.h"
#include "cli/check/holdings.h"

namespace sallyport::cli::check {

struct FilesCase {
  std::vector<std::string> names = {};  ///< that each leaf has to be for
  tls::pki::Role role = tls::pki::Role::server;
  std::int64_t now = 0, days = -1;
  Trust trust = {};
};

/// Judges what was read, and gives the leaves of the files. Files that hold authorities alone complete the chains of
/// the others; what an authority's certificate is used for shows by its key, which was given, or by its names.
std::vector<const HeldCertificate*> check_files(const std::vector<Holdings>& files, const FilesCase& how,
                                                Findings& findings);

}  // namespace sallyport::cli::check
