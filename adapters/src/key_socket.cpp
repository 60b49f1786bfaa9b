#include "key_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tls::keys {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

std::unexpected<Error> failed(const std::string& what, int error) {
  return std::unexpected(transport_error(what, error));
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos)
    return fail(Code::bad_config, "'" + path + "' cannot be the path of a socket: it has 1 to " +
                                      std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<Socket> unix_socket() {
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed("socket", errno);
  return socket;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Whoever can write the folder can put a socket of theirs in the place of ours.
Result<void> check_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  struct stat is{};
  if (::stat(folder.c_str(), &is) != 0) return failed("the folder '" + folder + "'", errno);
  if (!S_ISDIR(is.st_mode)) return fail(Code::bad_config, "'" + folder + "' is not a folder");
  const bool ours = is.st_uid == ::geteuid() || is.st_uid == 0;
  if (!ours || ((is.st_mode & kOthersWrite) != 0 && (is.st_mode & S_ISVTX) == 0))
    return fail(Code::bad_config, "other users can change the folder '" + folder +
                                      "', and so the socket in it: give it to the user of the key server, mode 0755");
  return {};
}

/// What is at `path` may be replaced: nothing, or a socket of ours that nobody listens on.
Result<void> check_old(const std::string& path) {
  struct stat is{};
  if (::lstat(path.c_str(), &is) != 0) return errno == ENOENT ? Result<void>{} : failed("'" + path + "'", errno);
  if (!S_ISSOCK(is.st_mode))
    return fail(Code::bad_config, "'" + path + "' is there and is not a socket: it is not replaced");
  if (is.st_uid != ::geteuid())
    return fail(Code::bad_config, "the socket '" + path + "' belongs to another user: it is not replaced");
  return {};
}

/// Held as long as the server runs, so that a second one does not take the place of the first.
Result<Socket> lock(const std::string& path) {
  const std::string name = path + ".lock";
  Socket file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failed("'" + name + "'", errno);
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return fail(Code::bad_config, "another key server listens on '" + path + "'");
  return failed("'" + name + "'", errno);
}

/// Whoever puts another socket in the place of a key server's gets to know which handshakes there are, and may answer.
Result<void> check_answerer(const Socket& socket, const std::string& path) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return failed("who answers at '" + path + "'", errno);
  struct stat is{};
  const bool owner = ::stat(path.c_str(), &is) == 0 && is.st_uid == who.uid;
  if (who.uid == 0 || who.uid == ::geteuid() || owner) return {};
  return fail(Code::transport_failed, "user " + std::to_string(who.uid) + " answers at '" + path +
                                          "', who is not root, not the user of this process and not the owner of "
                                          "the socket: start the key server as its owner");
}

}  // namespace

Door::Door(Door&& o) noexcept
    : path_(std::exchange(o.path_, {})),
      socket_(std::move(o.socket_)),
      lock_(std::move(o.lock_)),
      device_(o.device_),
      inode_(o.inode_) {}

Door::~Door() {
  if (path_.empty()) return;
  struct stat is{};
  if (::lstat(path_.c_str(), &is) == 0 && is.st_dev == device_ && is.st_ino == inode_) ::unlink(path_.c_str());
}

Result<Door> Door::open(const std::string& path, mode_t mode, std::optional<gid_t> group) {
  // Made under another name, and put into place when its owner and permissions are right.
  const std::string fresh = path + ".new";
  auto address = path.empty() ? address_of(path) : address_of(fresh);
  if (!address) return std::unexpected(std::move(address).error());
  if (auto good = check_folder(path); !good) return std::unexpected(std::move(good).error());
  auto locked = lock(path);
  if (!locked) return std::unexpected(std::move(locked).error());
  for (const std::string& name : {path, fresh})
    if (auto good = check_old(name); !good) return std::unexpected(std::move(good).error());
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return failed("'" + fresh + "'", errno);
  auto socket = unix_socket();
  if (!socket) return std::unexpected(std::move(socket).error());
  // Linux gives the file the permissions of the socket, less the umask: nobody but us connects until chmod().
  if (::fchmod(socket->fd(), 0600) != 0) return failed("fchmod", errno);
  if (::bind(socket->fd(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return failed("'" + fresh + "'", errno);
  Door door;
  door.path_ = fresh;
  door.socket_ = std::move(*socket);
  door.lock_ = std::move(*locked);
  struct stat is{};
  if (::lstat(fresh.c_str(), &is) != 0) return failed("'" + fresh + "'", errno);
  door.device_ = is.st_dev;
  door.inode_ = is.st_ino;
  if (group && ::lchown(fresh.c_str(), static_cast<uid_t>(-1), *group) != 0)
    return failed("giving '" + path + "' to group " + std::to_string(*group), errno);
  if (::chmod(fresh.c_str(), mode) != 0) return failed("the permissions of '" + path + "'", errno);
  if (::lstat(fresh.c_str(), &is) != 0) return failed("'" + fresh + "'", errno);
  if (!S_ISSOCK(is.st_mode) || is.st_uid != ::geteuid() || (is.st_mode & 07777) != mode ||
      (group && is.st_gid != *group) || is.st_dev != door.device_ || is.st_ino != door.inode_)
    return fail(Code::bad_config, "the file system does not keep owner and permissions of '" + path + "'");
  if (::listen(door.fd(), kBacklog) != 0) return failed("listen", errno);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("'" + path + "'", errno);
  door.path_ = path;
  return door;
}

Result<Socket> connect_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  auto socket = unix_socket();
  if (!socket) return std::unexpected(std::move(socket).error());
  // It does not wait: a queue that is full is EAGAIN (unix(7)).
  if (::connect(socket->fd(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return failed("connecting to '" + path + "'", errno);
  if (auto good = check_answerer(*socket, path); !good) return std::unexpected(std::move(good).error());
  return std::move(*socket);
}

}  // namespace tls::keys
