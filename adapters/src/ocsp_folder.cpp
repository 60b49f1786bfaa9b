#include "ocsp_folder.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "descriptor.h"
#include "ocsp_http.h"
#include "tls/environment.h"

namespace tls::ocsp {
namespace {

constexpr mode_t kFileMode = S_IRUSR | S_IWUSR, kFolderMode = S_IRWXU;

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

std::unexpected<Error> refuse(Code code, const std::string& path, const std::string& why) {
  return fail(code, "the folder of staples " + path + " " + why);
}

std::unexpected<Error> bad_file(const std::string& path, const std::string& why) {
  return fail(Code::transport_failed, "the file " + path + " " + why);
}

std::string hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t b : bytes) out.append({kDigits[b >> 4], kDigits[b & 15]});
  return out;
}

/// A name that no other process has: two may write the same file at a time.
std::string temporary_name(const std::string& path) {
  std::array<std::uint8_t, 8> random{};
  system_random().fill(random);
  return path + "." + hex(random) + ".new";
}

bool write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

Result<Folder> Folder::open(std::string path) {
  if (::mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST)
    return refuse(Code::bad_config, path, "cannot be made: " + reason(errno));
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat facts{};
  if (!folder || ::fstat(folder.fd(), &facts) != 0)
    return refuse(Code::bad_config, path, "cannot be used: " + reason(errno));
  if (facts.st_uid != ::geteuid())
    return refuse(Code::bad_config, path, "belongs to another user: give one that is this user's own");
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse(Code::bad_config, path, "is writable by other users: `chmod go-w` it");
  return Folder(std::move(path));
}

std::string Folder::name_for(Bytes request) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), request.data(), request.size());
  return hex(hash) + ".ocsp";
}

Result<std::optional<std::vector<std::uint8_t>>> Folder::read(const std::string& name) const {
  using Read = std::optional<std::vector<std::uint8_t>>;
  const std::string path = path_ + "/" + name;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return Read();
  struct stat facts{};
  if (!file || ::fstat(file.fd(), &facts) != 0) return bad_file(path, "is not read: " + reason(errno));
  if (!S_ISREG(facts.st_mode)) return bad_file(path, "is not read: it is not a regular file");
  if (facts.st_uid != ::geteuid()) return bad_file(path, "is not read: it belongs to another user");
  if (facts.st_size < 0 || static_cast<std::size_t>(facts.st_size) > kMaxAnswer)
    return bad_file(path, "is not read: it is larger than an OCSP response may be");
  std::vector<std::uint8_t> der(static_cast<std::size_t>(facts.st_size));
  std::size_t got = 0;
  while (got < der.size()) {
    const ssize_t n = ::read(file.fd(), der.data() + got, der.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return bad_file(path, "is not read: " + (n < 0 ? reason(errno) : std::string("it became shorter")));
    got += static_cast<std::size_t>(n);
  }
  return Read(std::move(der));
}

Result<void> Folder::write(const std::string& name, Bytes der) const {
  const std::string path = path_ + "/" + name, temporary = temporary_name(path);
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file) return bad_file(path, "is not written: " + reason(errno));
  if (write_all(file.fd(), der) && ::fsync(file.fd()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(temporary.c_str());
  return bad_file(path, "is not written: " + reason(error));
}

}  // namespace tls::ocsp
