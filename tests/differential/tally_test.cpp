// A run fails when it must, and leaves the chain behind.
#include "differential/tally.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>

using namespace tls::differential;
using sallyport::chains::Right;
using Verdict = Opinion::Verdict;

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sallyport-differential-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

/// Whether a run of this one chain succeeds.
bool succeeds(Right right, Verdict ours, Verdict openssl, Verdict go, bool* files = nullptr) {
  const Folder folder;
  std::ostringstream out;
  Tally tally(folder.path, out);
  Chain chain;
  chain.roots = {{0x30, 0x00}};
  chain.leaf = {0x30, 0x00};
  chain.right = right;
  Opinions opinions;
  opinions.ours.verdict = ours;
  opinions.others[kOpenssl].verdict = openssl;
  opinions.others[kGo].verdict = go;
  tally.add("--seed 1 --from 7 --count 1", chain, opinions, false);
  if (files != nullptr)
    *files = std::filesystem::exists(folder.path / "1" / "chain.pem") &&
             std::filesystem::exists(folder.path / "1" / "roots.pem") &&
             out.str().find("--seed 1 --from 7 --count 1") != std::string::npos;
  return tally.finish();
}

}  // namespace

TEST_CASE("what everybody says succeeds") {
  using enum Verdict;
  CHECK(succeeds(Right::open, accepts, accepts, accepts));
  CHECK(succeeds(Right::open, refuses, refuses, accepts));
  CHECK(succeeds(Right::refuse, refuses, refuses, refuses));
}

TEST_CASE("a disagreement that nobody has argued fails, and its chain is in a file") {
  using enum Verdict;
  bool files = false;
  CHECK_FALSE(succeeds(Right::open, accepts, refuses, refuses, &files));
  CHECK(files);
  CHECK_FALSE(succeeds(Right::open, refuses, accepts, accepts));
}

TEST_CASE("what the standards say counts even where nobody else does") {
  using enum Verdict;
  CHECK_FALSE(succeeds(Right::refuse, accepts, none, none));
  CHECK_FALSE(succeeds(Right::accept, refuses, none, none));
  CHECK_FALSE(succeeds(Right::refuse, accepts, accepts, accepts));
}

TEST_CASE("a verdict of ours that is missing fails") {
  CHECK_FALSE(succeeds(Right::open, Verdict::none, Verdict::accepts, Verdict::accepts));
}
