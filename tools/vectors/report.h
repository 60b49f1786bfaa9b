// What came out of a file, for people and for programs.
#pragma once

#include <map>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tls::vectors {

/// One file's result. Every case is counted once: passed (by every implementation), failed or skipped.
struct FileReport {
  struct Failure {
    std::string where;  ///< the case's id and comment
    std::string words;  ///< what went wrong
  };
  std::string path;
  std::string format;  ///< the reader's name; empty: nobody reads such files, and the file is skipped as a whole
  std::size_t passed = 0;
  std::vector<Failure> failures;
  std::map<std::string, std::size_t> skipped;     ///< reason -> cases
  std::map<std::string, std::size_t> algorithms;  ///< "AEAD AES-128-GCM" -> cases
  std::set<std::string> implementations;          ///< that ran

  [[nodiscard]] std::size_t skipped_cases() const;
};

/// One JSON document: {"files":[...], "passed":N, "failed":N, "skipped":N}.
void write_json(std::ostream& out, std::span<const FileReport> reports);
/// A table with a line for each file, then each failure, then each reason for skipping.
void write_table(std::ostream& out, std::span<const FileReport> reports);
/// What each file holds: format, kinds and algorithms with their number of cases.
void write_list(std::ostream& out, std::span<const FileReport> reports);

}  // namespace tls::vectors
