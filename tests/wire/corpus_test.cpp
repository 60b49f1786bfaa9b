// The fuzz targets as test cases: seeds, whatever ever failed, and what is made of the seeds by cutting and flipping.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/wire_targets.h"
#include "wire/build.h"

namespace fs = std::filesystem;
using namespace tls;
using tls::fuzz::Target;

namespace {

const fs::path kFuzz = fs::path(SALLYPORT_SOURCE_DIR) / "fuzz";

ByteVector contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Files below `folder`; none when there is no such folder.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

void run(const Target& target, Bytes input, const std::string& what) {
  try {
    target.run(input);
  } catch (const std::logic_error& broken) {
    FAIL_CHECK(target.name << ": " << what << ": " << broken.what());
  }
}

}  // namespace

TEST_CASE("every target has seeds") {
  for (const Target& target : fuzz::kWireTargets)
    CHECK_MESSAGE(!files_below(kFuzz / "seeds" / target.name).empty(), target.name);
}

TEST_CASE("seeds and regressions hold") {
  for (const Target& target : fuzz::kWireTargets)
    for (const char* folder : {"seeds", "regressions"})
      for (const fs::path& file : files_below(kFuzz / folder / target.name))
        run(target, contents(file), file.filename());
}

TEST_CASE("seeds cut short anywhere hold") {
  for (const Target& target : fuzz::kWireTargets)
    for (const fs::path& file : files_below(kFuzz / "seeds" / target.name)) {
      const ByteVector seed = contents(file);
      for (std::size_t size = 0; size < seed.size(); ++size) {
        const ByteVector cut(seed.begin(),
                             seed.begin() + static_cast<std::ptrdiff_t>(size));  // so that ASan sees its end
        run(target, cut, file.filename().string() + " cut to " + std::to_string(size));
      }
    }
}

TEST_CASE("seeds with any one byte changed hold") {
  for (const Target& target : fuzz::kWireTargets)
    for (const fs::path& file : files_below(kFuzz / "seeds" / target.name)) {
      ByteVector seed = contents(file);
      for (std::size_t i = 0; i < seed.size(); ++i)
        for (std::uint8_t change : std::to_array<std::uint8_t>({0x01, 0x80, 0xFF})) {
          seed[i] = static_cast<std::uint8_t>(seed[i] ^ change);
          run(target, seed, file.filename().string() + " changed at " + std::to_string(i));
          seed[i] = static_cast<std::uint8_t>(seed[i] ^ change);
        }
    }
}
