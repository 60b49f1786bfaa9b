// Vector files in memory and on disk, for the tests of their runner.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/places.h"
#include "vectors/runner.h"

namespace tls::test {

/// A folder that goes away with its files.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sallyport-vectors-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  /// Writes a file and gives its path.
  std::string write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// The cases of a file that some format of the standard registry reads.
inline std::vector<vectors::Case> cases_of(const vectors::File& file) {
  const vectors::Registry registry = vectors::standard_registry();
  const vectors::Format* format = registry.format_of(file);
  REQUIRE(format != nullptr);
  std::vector<vectors::Case> cases;
  format->read(file, [&](vectors::Case c) { cases.push_back(std::move(c)); });
  return cases;
}

inline vectors::Outcome check(const vectors::Case& c) {
  const vectors::Registry registry = vectors::standard_registry();
  const vectors::Kind* kind = registry.kind_named(c.kind);
  REQUIRE(kind != nullptr);
  vectors::Context context{crypto::detect_cpu()};
  return kind->check(c, context);
}

inline std::string project_vectors() { return source_dir() / "vectors"; }

}  // namespace tls::test
