// A listening Unix socket in a folder that other users cannot change.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "tls/adapters/socket.h"

namespace tls::keys {

/// A socket that listens, its name in the file system, and the lock that says that it is ours. When it goes, so does
/// the name, unless somebody has put another file there.
class Door {
 public:
  /// Makes the socket at `path`, with these permissions and, where one is given, this group, before anybody can
  /// connect. A socket that is left of a server that has ended is replaced in one step. Refused in words: a server
  /// that still runs (flock on `path`.lock), a file that is no socket or another user's, a folder that users other than
  /// us and root can write (one with the sticky bit, as /tmp, apart), and a path that is too long for the system.
  /// Fails with bad_config and transport_failed.
  static Result<Door> open(const std::string& path, mode_t mode, std::optional<gid_t> group);
  Door(Door&& o) noexcept;
  Door& operator=(Door&&) = delete;
  ~Door();
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }

 private:
  Door() = default;
  std::string path_;
  Socket socket_, lock_;  // the lock is a file, and closed as a socket is
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Connects to a Unix socket; the socket does not block. Who listens there is root, our own user or the owner of the
/// socket (SO_PEERCRED), or it fails with transport_failed, as it does when nobody does; with bad_config when the path
/// is too long.
[[nodiscard]] Result<Socket> connect_unix(const std::string& path);

}  // namespace tls::keys
