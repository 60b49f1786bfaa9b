// Answers on disk.
#include "ocsp_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ocsp_http.h"
#include "place.h"

namespace tls::ocsp {
namespace {

namespace fs = std::filesystem;
const std::vector<std::uint8_t> kDer = {0x30, 0x03, 0x0A, 0x01, 0x00};

struct Place {
  test::TemporaryFolder folder;
  std::string path = folder.path("staples");
  std::string name = Folder::name_for(kDer);
  [[nodiscard]] unsigned mode(const std::string& file) const {
    struct stat facts{};
    REQUIRE(::stat(file.c_str(), &facts) == 0);
    return facts.st_mode & 07777;
  }
};

bool refused(const std::string& path, std::string_view why) {
  const auto opened = Folder::open(path);
  REQUIRE_FALSE(opened);
  INFO(opened.error().detail());
  CHECK(opened.error().code() == Code::bad_config);
  return opened.error().detail().find(why) != std::string::npos &&
         opened.error().detail().find(path) != std::string::npos;
}

bool not_read(const Folder& folder, const std::string& name, std::string_view why) {
  const auto read = folder.read(name);
  REQUIRE_FALSE(read);
  INFO(read.error().detail());
  return read.error().detail().find(why) != std::string::npos;
}

TEST_CASE_FIXTURE(Place, "a folder is made for its user alone, and a file in it comes back") {
  const auto folder_made = Folder::open(path);
  REQUIRE_MESSAGE(folder_made, folder_made.error().detail());
  CHECK(mode(path) == 0700);
  CHECK(*folder_made->read(name) == std::nullopt);
  REQUIRE(folder_made->write(name, kDer));
  CHECK(mode(path + "/" + name) == 0600);
  CHECK(**Folder::open(path)->read(name) == kDer);
  REQUIRE(folder_made->write(name, std::vector<std::uint8_t>{1}));
  CHECK(**folder_made->read(name) == std::vector<std::uint8_t>{1});
  CHECK(std::distance(fs::directory_iterator(path), fs::directory_iterator()) == 1);  // nothing is left over
}

TEST_CASE_FIXTURE(Place, "a name is the SHA-256 of the request") {
  CHECK(Folder::name_for({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.ocsp");
}

TEST_CASE_FIXTURE(Place, "a folder that is none, that cannot be made, or that others may write to is refused") {
  CHECK(refused(folder.path("no/such"), "cannot be made"));
  CHECK(refused(folder.file("file", "x"), "cannot be used"));
  for (const mode_t bit : {mode_t{S_IWGRP}, mode_t{S_IWOTH}}) {
    const std::string open = folder.path("open");
    fs::create_directories(open);
    REQUIRE(::chmod(open.c_str(), 0700 | bit) == 0);
    CHECK(refused(open, "is writable by other users"));
    REQUIRE(::chmod(open.c_str(), 0755) == 0);
    CHECK(Folder::open(open));
  }
  if (::geteuid() == 0) {
    const std::string theirs = folder.path("theirs");
    fs::create_directories(theirs);
    REQUIRE(::chown(theirs.c_str(), 12345, 0) == 0);
    CHECK(refused(theirs, "belongs to another user"));
  }
}

TEST_CASE_FIXTURE(Place, "links, folders, others' files and files that are too large are not read") {
  const Folder it = *Folder::open(path);
  const std::string file = path + "/" + name;
  fs::create_symlink(folder.file("target", "x"), file);
  CHECK(not_read(it, name, "is not read"));
  REQUIRE(it.write(name, kDer));  // the link goes, what it leads to stays
  CHECK(**it.read(name) == kDer);
  CHECK(fs::file_size(folder.path("target")) == 1);
  fs::remove(file);
  fs::create_directory(file);
  CHECK(not_read(it, name, "not a regular file"));
  CHECK_FALSE(it.write(name, kDer));
  CHECK(std::distance(fs::directory_iterator(path), fs::directory_iterator()) == 1);
  fs::remove(file);
  for (const std::size_t size : {kMaxAnswer - 1, kMaxAnswer, kMaxAnswer + 1}) {
    std::ofstream(file) << std::string(size, 'x');
    if (size > kMaxAnswer)
      CHECK(not_read(it, name, "larger than"));
    else
      CHECK((*it.read(name))->size() == size);
  }
  if (::geteuid() == 0) {
    REQUIRE(it.write(name, kDer));
    REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
    CHECK(not_read(it, name, "belongs to another user"));
  }
}

TEST_CASE_FIXTURE(Place, "a folder that has gone is told when something is to be written") {
  const Folder it = *Folder::open(path);
  fs::remove_all(path);
  const auto written = it.write(name, kDer);
  REQUIRE_FALSE(written);
  CHECK(written.error().detail().find("is not written: No such file or directory") != std::string::npos);
}

}  // namespace
}  // namespace tls::ocsp
