// Fuzz targets as test cases: seeds, whatever ever failed, and what is made of the seeds by cutting and flipping.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/places.h"
#include "tls/bytes.h"

namespace tls::test {

/// Files below fuzz/`kind`/`target`, in order; none when there is no such folder.
inline std::vector<std::filesystem::path> corpus(std::string_view kind, std::string_view target) {
  std::vector<std::filesystem::path> files;
  const auto folder = source_dir() / "fuzz" / kind / target;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// Runs a target (fuzz/target.h) over its corpus, over every seed cut short and with any one byte changed.
template <class Target>
void run_corpus(const Target& target) {
  const auto run = [&](Bytes input, const std::string& what) {
    try {
      target.run(input);
    } catch (const std::logic_error& broken) {
      FAIL_CHECK(target.name << ": " << what << ": " << broken.what());
    }
  };
  CHECK_FALSE(corpus("seeds", target.name).empty());
  for (const char* kind : {"seeds", "regressions"}) {
    for (const auto& file : corpus(kind, target.name)) {
      std::ifstream in(file, std::ios::binary);
      std::vector<std::uint8_t> seed{std::istreambuf_iterator<char>(in), {}};
      const std::string name = file.filename();
      run(seed, name);
      for (std::size_t n = 0; n < seed.size(); ++n) {
        const std::vector<std::uint8_t> cut(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(n));
        run(cut, name + " cut to " + std::to_string(n));
        for (const unsigned flip : {0x01u, 0x80u, 0xFFu}) {
          std::vector<std::uint8_t> changed = seed;
          changed[n] = static_cast<std::uint8_t>(changed[n] ^ flip);
          run(changed, name + " changed at " + std::to_string(n));
        }
      }
    }
  }
}

}  // namespace tls::test
