// Runs vector files: the library behind `sallyport vectors` and the test suite.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "vectors/registry.h"
#include "vectors/report.h"

namespace tls::vectors {

/// The files that a file or folder stands for, folders all the way down, in order of their names. Throws
/// std::filesystem::filesystem_error.
[[nodiscard]] std::vector<std::string> files_of(const std::string& path);

/// Reads one file and checks its cases, or with `check` false only counts them. A file that cannot be read or parsed is
/// a failure; one that no format knows is skipped, and both say so.
[[nodiscard]] FileReport run_file(const Registry& registry, const std::string& path, const crypto::Cpu& cpu,
                                  bool check = true);

/// Files and folders. Does what the command line says of `vectors`: a table (or, with `list`, what the files hold)
/// for people, or with `json` one JSON document for programs. Returns the exit status: 0, 1 if a case failed, if a path
/// holds nothing that a reader knows or if no case was run at all (with a line for people), 2 if a path cannot be read.
[[nodiscard]] int run_vectors(std::span<const std::string> paths, bool json, bool list, std::ostream& programs,
                              std::ostream& people, const Registry& registry = standard_registry());

}  // namespace tls::vectors
