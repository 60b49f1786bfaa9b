// The machines' fuzz targets as test cases: seeds, whatever ever failed, and what is made of them by cutting and
// flipping.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/machine_targets.h"
#include "support/environment.h"
#include "support/places.h"

namespace fs = std::filesystem;
using namespace tls;
using ByteList = std::vector<std::uint8_t>;

namespace {

const fs::path kFuzz = test::source_dir() / "fuzz";

ByteList contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void run(const fuzz::Target& target, Bytes input, const std::string& what) {
  try {
    target.run(input);
  } catch (const std::logic_error& broken) {
    FAIL_CHECK(target.name << ": " << what << ": " << broken.what());
  }
}
std::vector<ByteList> seeds_of(const fuzz::Target& target) {
  if (target.name == "client12") return fuzz::client12_seeds();
  if (target.name == "server12") return fuzz::server12_seeds();
  return target.name == "client13" ? fuzz::client13_seeds() : fuzz::server13_seeds();
}

}  // namespace

TEST_CASE("seeds: our own handshakes, as they are now and as they were; SALLYPORT_UPDATE_SEEDS=1 writes them anew") {
  for (const fuzz::Target& target : fuzz::kMachineTargets) {
    const fs::path folder = kFuzz / "seeds" / target.name;
    const auto seeds = seeds_of(target);
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      const fs::path file = folder / ("handshake-" + std::to_string(i));
      if (std::getenv("SALLYPORT_UPDATE_SEEDS")) {
        fs::create_directories(folder);
        std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(seeds[i].data()), static_cast<std::streamsize>(seeds[i].size()));
      }
      run(target, seeds[i], "handshake " + std::to_string(i));
      CHECK_MESSAGE(fs::exists(file), file.string());
      run(target, contents(file), file.string());
    }
  }
}

TEST_CASE("whatever ever failed") {
  for (const fuzz::Target& target : fuzz::kMachineTargets) {
    const fs::path folder = kFuzz / "regressions" / target.name;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) run(target, contents(entry.path()), entry.path().string());
  }
}

TEST_CASE("seeds that are cut, flipped, and put together from two") {
  for (const fuzz::Target& target : fuzz::kMachineTargets) {
    const auto seeds = seeds_of(target);
    test::SeededRandom random(7);
    for (int i = 0; i < 1500; ++i) {
      ByteList input = seeds[random.below(seeds.size())];
      if (i % 5 == 0) {
        const ByteList& other = seeds[random.below(seeds.size())];
        const std::size_t at = random.below(std::min(input.size(), other.size()));
        input.resize(at);
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(at), other.end());
      }
      if (i % 7 == 0) input.resize(random.below(input.size()) + 1);
      for (std::uint64_t flips = random.below(4); flips > 0; --flips)
        input[random.below(input.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
      if (i % 3 == 0 && input.size() > 1) input[1] = static_cast<std::uint8_t>(random.below(20));
      run(target, input, "mutation " + std::to_string(i));
    }
  }
}
