// The socket of a key server: whose it is, who may connect, and what is replaced by it.
#include "key_socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tools/run.h"

using namespace tls;
using tls::keys::Door;
using tls::test::TemporaryFolder;

namespace {

struct stat status_of(const std::string& path) {
  struct stat is{};
  REQUIRE(::lstat(path.c_str(), &is) == 0);
  return is;
}

bool is_there(const std::string& path) {
  struct stat is{};
  return ::lstat(path.c_str(), &is) == 0;
}

/// The refusal's words.
std::string refusal(const std::string& path, mode_t mode = 0600) {
  const auto door = Door::open(path, mode, {});
  REQUIRE_FALSE(door);
  return door.error().detail();
}

}  // namespace

TEST_CASE("the socket has the permissions that are asked for, whatever the umask, and goes with the server") {
  const TemporaryFolder folder;
  const std::string path = folder.path("keys");
  for (const mode_t mask : {mode_t{0}, mode_t{0077}}) {
    const mode_t before = ::umask(mask);
    for (const mode_t mode : {mode_t{0600}, mode_t{0660}, mode_t{0666}}) {
      auto door = Door::open(path, mode, ::getegid());
      REQUIRE(door);
      const struct stat is = status_of(path);
      CHECK(S_ISSOCK(is.st_mode));
      CHECK((is.st_mode & 07777) == mode);
      CHECK(is.st_uid == ::geteuid());
      CHECK(is.st_gid == ::getegid());
      CHECK_FALSE(is_there(path + ".new"));
      CHECK(keys::connect_unix(path));
    }
    ::umask(before);
    CHECK_FALSE(is_there(path));
  }
}

TEST_CASE("a socket that a server left is replaced, one that is served is not") {
  const TemporaryFolder folder;
  const std::string path = folder.path("keys");
  ino_t left = 0;
  {
    auto door = Door::open(path, 0600, {});
    REQUIRE(door);
    left = status_of(path).st_ino;
    CHECK(refusal(path).find("another key server") != std::string::npos);
    CHECK(status_of(path).st_ino == left);
    REQUIRE(::link(path.c_str(), folder.path("kept").c_str()) == 0);
  }
  REQUIRE(::rename(folder.path("kept").c_str(), path.c_str()) == 0);  // as a server leaves it that was killed
  CHECK_FALSE(keys::connect_unix(path));
  auto door = Door::open(path, 0600, {});
  REQUIRE(door);
  CHECK(status_of(path).st_ino != left);
  CHECK(keys::connect_unix(path));
}

TEST_CASE("what somebody else has put in its place stays when the server ends") {
  const TemporaryFolder folder;
  const std::string path = folder.path("keys");
  {
    auto door = Door::open(path, 0600, {});
    REQUIRE(door);
    REQUIRE(::unlink(path.c_str()) == 0);
    static_cast<void>(folder.file("keys", "another's"));
  }
  CHECK(is_there(path));
}

TEST_CASE("files, links and folders are not replaced") {
  const TemporaryFolder folder;
  for (const char* name : {"keys", "keys.new"}) {
    CAPTURE(name);
    const std::string path = folder.path(name);
    static_cast<void>(folder.file(name, "a file"));
    CHECK(refusal(folder.path("keys")).find("not a socket") != std::string::npos);
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::symlink("/etc/passwd", path.c_str()) == 0);
    CHECK(refusal(folder.path("keys")).find("not a socket") != std::string::npos);
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    CHECK(refusal(folder.path("keys")).find("not a socket") != std::string::npos);
    REQUIRE(::rmdir(path.c_str()) == 0);
  }
  static_cast<void>(::unlink(folder.path("keys.lock").c_str()));
  REQUIRE(::symlink(folder.path("elsewhere").c_str(), folder.path("keys.lock").c_str()) == 0);
  static_cast<void>(refusal(folder.path("keys")));
  CHECK_FALSE(is_there(folder.path("elsewhere")));
}

TEST_CASE("a folder that others can change is refused, but for one with the sticky bit") {
  const TemporaryFolder folder;
  for (const mode_t mode : {mode_t{0770}, mode_t{0702}, mode_t{0777}}) {
    REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
    CHECK(refusal(folder.path("keys")).find("other users can change the folder") != std::string::npos);
  }
  for (const mode_t mode : {mode_t{0700}, mode_t{0755}, mode_t{01777}}) {
    REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
    CHECK(Door::open(folder.path("keys"), 0600, {}));
  }
  CHECK(refusal(folder.path("nowhere") + "/keys").find("the folder") != std::string::npos);
}

TEST_CASE("a folder, and a socket, of another user are refused") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can give files away");
    return;
  }
  const TemporaryFolder folder;
  REQUIRE(::chown(folder.path().c_str(), 65534, 65534) == 0);
  CHECK(refusal(folder.path("keys")).find("other users can change") != std::string::npos);
  REQUIRE(::chown(folder.path().c_str(), 0, 0) == 0);
  {
    auto door = Door::open(folder.path("keys"), 0600, {});
    REQUIRE(door);
    REQUIRE(::link(folder.path("keys").c_str(), folder.path("kept").c_str()) == 0);
  }
  REQUIRE(::rename(folder.path("kept").c_str(), folder.path("keys").c_str()) == 0);
  REQUIRE(::lchown(folder.path("keys").c_str(), 65534, 65534) == 0);
  CHECK(refusal(folder.path("keys")).find("belongs to another user") != std::string::npos);
  // The group is set, and by root alone can be any.
  REQUIRE(::unlink(folder.path("keys").c_str()) == 0);
  auto door = Door::open(folder.path("keys"), 0660, 65534);
  REQUIRE(door);
  CHECK(status_of(folder.path("keys")).st_gid == 65534);
}

TEST_CASE("a socket at which another user than its owner answers is not connected to") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can become another user");
    return;
  }
  const TemporaryFolder folder;
  const std::string path = folder.path("keys");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::ranges::copy(path, address.sun_path);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {  // the socket is root's, and nobody listens: user 65534
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::setuid(65534) != 0 ||
        ::listen(fd, 8) != 0)
      ::_exit(1);
    static_cast<void>(::write(ready[1], "x", 1));
    while (true) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  const bool listens = ::read(ready[0], &byte, 1) == 1;
  ::close(ready[0]);
  const auto refused = keys::connect_unix(path);
  const bool given = ::lchown(path.c_str(), 65534, 65534) == 0;
  const auto taken = keys::connect_unix(path);  // its owner answers
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  REQUIRE(listens);
  REQUIRE(given);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::transport_failed);
  CHECK(refused.error().detail().find("user 65534 answers") != std::string::npos);
  CHECK(taken);
}

TEST_CASE("paths are as long as the system lets them be, with the name under which the socket is made") {
  const TemporaryFolder folder;
  const std::string base = folder.path() + "/";
  const std::size_t most = 107 - std::string_view(".new").size();
  for (const std::size_t size : {most - 1, most})
    CHECK(Door::open(base + std::string(size - base.size(), 'k'), 0600, {}));
  CHECK(refusal(base + std::string(most + 1 - base.size(), 'k')).find("cannot be the path") != std::string::npos);
  CHECK_FALSE(keys::connect_unix(base + std::string(108 - base.size(), 'k')));
  CHECK_FALSE(keys::connect_unix(""));
}
