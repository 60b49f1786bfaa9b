// The files of `sallyport server --root`: what a target leads to, and that nothing leads out. Both ways of walking are
// the same to a visitor: the kernel's (openat2) and ours.
#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "cli/command.h"
#include "cli/serve/folder.h"
#include "tools/run.h"

using namespace sallyport::cli;
using tls::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

constexpr Folder::Walk kWalks[] = {Folder::Walk::best, Folder::Walk::own};

struct Tree {
  TemporaryFolder folder;
  Tree() {
    for (const char* name : {"www", "www/a", "www/a/b", "www/empty", "other"}) fs::create_directory(folder.path(name));
    (void)folder.file("secret", "secret");
    (void)folder.file("other/secret", "secret");
    (void)folder.file("www/one.txt", "one");
    (void)folder.file("www/two words.txt", "two");
    (void)folder.file("www/per%cent", "percent");
    (void)folder.file("www/a/index.html", "index");
    (void)folder.file("www/a/b/deep.css", "deep");
    const auto link = [&](const char* to, const char* from) { fs::create_symlink(to, folder.path(from)); };
    link("one.txt", "www/inside");
    fs::create_directory(folder.path("www/linked"));
    link("../one.txt", "www/linked/index.html");
    link("../../one.txt", "www/a/b/up");
    link("a/b", "www/short");
    link("../a/b/../../one.txt", "www/a/around");
    link("../secret", "www/out");
    link("../../../secret", "www/a/b/out");
    link("..", "www/parent");
    link("/etc", "www/absolute");
    link(folder.path("www/one.txt").c_str(), "www/absolute-inside");
    link("loop", "www/loop");
    link("../other", "www/other");
    REQUIRE(::mkfifo(folder.path("www/fifo").c_str(), 0600) == 0);
  }
  [[nodiscard]] std::string root() const { return folder.path("www"); }
};

std::string contents(const OpenFile& file) {
  std::string out(static_cast<std::size_t>(file.size) + 1, '\0');
  const ssize_t n = ::read(file.descriptor.fd(), out.data(), out.size());
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return out;
}

std::string seen(const Folder& folder, const std::string& target) {
  auto found = folder.find(target);
  if (const auto* file = std::get_if<OpenFile>(&found)) return contents(*file);
  switch (std::get<Folder::Miss>(found)) {
    case Folder::Miss::absent:
      return "absent";
    case Folder::Miss::bad_target:
      return "bad target";
    case Folder::Miss::exhausted:
      return "exhausted";
  }
  return {};
}

}  // namespace

TEST_CASE_FIXTURE(Tree, "--root: files, folders with an index, and links that stay inside") {
  for (const Folder::Walk walk : kWalks) {
    CAPTURE(static_cast<int>(walk));
    const Folder there(root(), walk);
    const std::pair<const char*, const char*> rows[] = {{"/one.txt", "one"},
                                                        {"//one.txt", "one"},
                                                        {"/./one.txt", "one"},
                                                        {"/a/../one.txt", "one"},
                                                        {"/two%20words.txt", "two"},
                                                        {"/per%25cent", "percent"},
                                                        {"/a", "index"},
                                                        {"/a/", "index"},
                                                        {"/linked/", "one"},
                                                        {"/a/b/..", "index"},
                                                        {"/a/b/deep.css", "deep"},
                                                        {"/a/b/up", "one"},
                                                        {"/inside", "one"},
                                                        {"/short/deep.css", "deep"},
                                                        {"/a/around", "one"},
                                                        {"/%61/index.html", "index"},
                                                        {"/a//b///deep.css", "deep"}};
    for (const auto& [target, text] : rows) {
      CAPTURE(target);
      CHECK(seen(there, target) == text);
    }
  }
}

TEST_CASE_FIXTURE(Tree, "--root: nothing leads out of it, and what is no file is not there") {
  for (const Folder::Walk walk : kWalks) {
    CAPTURE(static_cast<int>(walk));
    const Folder there(root(), walk);
    for (const char* target : {"/../secret",
                               "//../secret",
                               "/%2e%2e/secret",
                               "/..%2fsecret",
                               "/a/../../secret",
                               "/out",
                               "/a/b/out",
                               "/parent/secret",
                               "/absolute/passwd",
                               "/absolute-inside",
                               "/loop",
                               "/other/secret",
                               "/other",
                               "/nothing",
                               "/a/nothing",
                               "/one.txt/",
                               "/one.txt/x",
                               "/empty",
                               "/fifo",
                               "/",
                               "",
                               "/.."}) {
      CAPTURE(target);
      CHECK(seen(there, target) == "absent");
    }
    for (const char* target : {"/%", "/%4", "/%zz", "/one.txt%00", "/%00"}) {
      CAPTURE(target);
      CHECK(seen(there, target) == "bad target");
    }
  }
}

TEST_CASE_FIXTURE(Tree, "--root: what is no file is not opened either, not even to look at it") {
  for (const Folder::Walk walk : kWalks) {
    CAPTURE(static_cast<int>(walk));
    const Folder there(root(), walk);
    const Descriptor watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    REQUIRE(watch);
    for (const char* name : {"www/fifo", "www/one.txt"})
      REQUIRE(::inotify_add_watch(watch.fd(), folder.path(name).c_str(), IN_OPEN) >= 0);
    std::array<char, 1024> events;
    CHECK(seen(there, "/fifo") == "absent");
    CHECK(::read(watch.fd(), events.data(), events.size()) == -1);
    CHECK(seen(there, "/one.txt") == "one");
    CHECK(::read(watch.fd(), events.data(), events.size()) == sizeof(inotify_event));  // an open would have been seen
  }
}

TEST_CASE_FIXTURE(Tree, "--root: 40 links on one way are followed, 41 are not") {
  fs::create_symlink("one.txt", folder.path("www/link1"));
  for (int i = 2; i <= 41; ++i)
    fs::create_symlink("link" + std::to_string(i - 1), folder.path("www/link" + std::to_string(i)));
  for (const Folder::Walk walk : kWalks) {
    const Folder there(root(), walk);
    CHECK(seen(there, "/link39") == "one");
    CHECK(seen(there, "/link40") == "one");
    CHECK(seen(there, "/link41") == "absent");
  }
}

TEST_CASE_FIXTURE(Tree, "--root: a file that cannot be opened now is told apart from one that is not there") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  for (const Folder::Walk walk : kWalks) {
    const Folder there(root(), walk);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const std::string without = seen(there, "/one.txt");
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(without == "exhausted");
    CHECK(seen(there, "/one.txt") == "one");
  }
}

TEST_CASE_FIXTURE(Tree, "--root: what is no folder is refused at the start") {
  CHECK_THROWS_AS(Folder(folder.path("www/one.txt")), Failure);
  CHECK_THROWS_AS(Folder(folder.path("nowhere")), Failure);
}

TEST_CASE("--root: media types by the name's ending") {
  CHECK(media_type("a.html") == "text/html; charset=utf-8");
  CHECK(media_type("a.b.css") == "text/css; charset=utf-8");
  CHECK(media_type("picture.svg") == "image/svg+xml");
  CHECK(media_type("archive") == "application/octet-stream");
}
