// Secrets that this process has never seen: another process makes them, and tells only what to look for.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/memory_scan.h"

namespace tls::test {

/// A folder that goes with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline void put_file(const std::string& path, Bytes bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  ::close(fd);
}
inline std::vector<std::uint8_t> get_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  std::vector<std::uint8_t> all(std::filesystem::file_size(path));
  REQUIRE(::read(fd, all.data(), all.size()) == static_cast<ssize_t>(all.size()));
  ::close(fd);
  return all;
}
/// In the other process: `secret` is to be looked for under this name.
inline void tell(const std::string& path, Bytes secret) { put_file(path, Needle::of(secret).changed()); }
/// In this process.
inline Needle told(const std::string& path) { return Needle(get_file(path)); }

/// Runs `make` in a process of its own, whose memory goes with it.
template <class Make>
void elsewhere(Make&& make) {
  const pid_t child = ::fork();
  if (child == 0) {
    make();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

}  // namespace tls::test
