#include "cli/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

#include "cli/command.h"
#include "crypto/provider.h"
#include "tls/environment.h"

namespace sallyport::cli {
namespace {

[[noreturn]] void give_up(const std::string& path, const char* what) {
  throw Failure(kIo, "'" + path + "' cannot be " + what + ": " + std::strerror(errno));
}

[[noreturn]] void too_large(const std::string& path, std::size_t most) {
  throw Failure(kIo, "'" + path + "' holds more than " + std::to_string(most) + " bytes: is it the right file?");
}

/// A descriptor that is closed when it goes.
struct Descriptor {
  explicit Descriptor(int value) : fd(value) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int fd;
};

const tls::crypto::HashImpl& sha256() {
  static const auto provider = tls::crypto::Provider::best();
  return provider.hash(tls::crypto::HashId::sha256);
}

/// A digest that is good for this process alone.
std::array<std::uint8_t, 32> keyed(const tls::crypto::Digest& digest) {
  static const auto under = [] {
    tls::SecretBytes key;
    tls::system_random().fill(key.extend(32));
    return tls::crypto::HmacKey(sha256(), key.expose());
  }();
  std::array<std::uint8_t, 32> out{};
  const tls::crypto::Digest mac = under.mac(digest.bytes());
  std::ranges::copy(mac.bytes(), out.begin());
  return out;
}

/// `fd` -1: it cannot be opened, with errno, or is not regular where it has to be.
struct Opened {
  int fd = -1;
  bool regular = true;
};
bool is_regular(int fd) {
  struct stat facts{};
  return fd < 0 || (::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode));
}
/// Does not wait for the writer of a pipe: Waiting does.
Opened open_any(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  return {fd, is_regular(fd)};
}

/// Reads what may come late. A server hears no signals while it begins, so that it would wait for the writer of a pipe
/// whatever a terminal says: here SIGINT and SIGTERM do what they do anywhere else.
class Waiting {
 public:
  Waiting(int fd, bool regular, const std::string& path) : fd_(fd), regular_(regular), path_(path) {
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask_);
    ::sigdelset(&mask_, SIGINT);
    ::sigdelset(&mask_, SIGTERM);
  }
  /// As read(), but for EAGAIN.
  ssize_t read(void* to, std::size_t size) {
    while (true) {
      // A pipe that nobody has opened for writing yet reads as one that has ended.
      if (!regular_) wait();
      const ssize_t n = ::read(fd_, to, size);
      if (n >= 0 || regular_ || errno != EAGAIN) return n;
    }
  }

 private:
  void wait() {
    constexpr timespec kPatience{.tv_sec = 1, .tv_nsec = 0};
    pollfd waiting{fd_, POLLIN, 0};
    if (::ppoll(&waiting, 1, told_ ? nullptr : &kPatience, &mask_) != 0 || told_) return;
    told_ = true;
    std::cerr << "waiting for what is written to '" + path_ + "'\n" << std::flush;
    wait();
  }

  const int fd_;
  const bool regular_;
  const std::string& path_;
  bool told_ = false;
  sigset_t mask_{};
};
/// Does not wait. A pipe is not even opened: a writer would go on who waits for its reader.
Opened open_regular(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) return {-1, false};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (is_regular(fd)) return {fd, true};
  ::close(fd);  // it has taken the file's place meanwhile
  return {-1, false};
}

thread_local FilesRead* noting = nullptr;

}  // namespace

FilesRead::FilesRead(When when) : when_(when) { noting = this; }
FilesRead::~FilesRead() { noting = nullptr; }

/// One file: it is opened, and its bytes are noted when it is read to the end.
struct Noting {
  explicit Noting(const std::string& path) {
    if (noting != nullptr) noting->files_.push_back({path, {}});
  }
  /// Fails with Failure.
  [[nodiscard]] Opened open(const std::string& path) const {
    const bool again = noting != nullptr && noting->when_ == FilesRead::When::again;
    const Opened opened = again ? open_regular(path) : open_any(path);
    if (noting != nullptr) noting->files_.back().regular = opened.regular;
    if (again && !opened.regular) throw Failure(kIo, not_again(path));
    if (opened.fd < 0) give_up(path, "read");
    return opened;
  }
  void whole(tls::Bytes bytes) const {
    if (noting == nullptr || !noting->files_.back().regular) return;
    noting->files_.back().digest = keyed(tls::crypto::hash(sha256(), bytes));
  }
};

std::string not_again(const std::string& path) {
  return "'" + path + "' cannot be read again: it is no regular file; give a file, or start the server anew";
}

FileRead look_at(const std::string& path) {
  const Opened opened = open_regular(path);
  FileRead out{path, {}, opened.regular};
  const Descriptor file(opened.fd);
  tls::SecretBytes piece;
  const tls::MutableBytes room = piece.extend(16384);
  tls::crypto::Hash hash(sha256());
  for (std::size_t all = 0; file.fd >= 0 && all <= kMaxFile;) {
    const ssize_t n = ::read(file.fd, room.data(), room.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    if (n == 0) {
      out.digest = keyed(hash.digest());
      break;
    }
    hash.update(room.first(static_cast<std::size_t>(n)));
    all += static_cast<std::size_t>(n);
  }
  return out;
}

std::string read_file(const std::string& path) {
  const Noting note(path);
  const Opened opened = note.open(path);
  const Descriptor file(opened.fd);
  Waiting waiting(file.fd, opened.regular, path);
  std::string out;
  std::array<char, 16384> piece{};
  while (true) {
    const ssize_t n = waiting.read(piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up(path, "read");
    if (n == 0) {
      note.whole(tls::as_bytes(out));
      return out;
    }
    if (out.size() + static_cast<std::size_t>(n) > kMaxFile) too_large(path, kMaxFile);
    out.append(piece.data(), static_cast<std::size_t>(n));
  }
}

tls::SecretBytes read_secret(const std::string& path, std::size_t most) {
  const Noting note(path);
  constexpr std::size_t kPiece = 16384;  // bytes; growing wipes what was too small
  const Opened opened = note.open(path);
  const Descriptor file(opened.fd);
  Waiting waiting(file.fd, opened.regular, path);
  tls::SecretBytes out;
  while (true) {
    const std::size_t before = out.size();
    const tls::MutableBytes room = out.extend(kPiece);
    const ssize_t n = waiting.read(room.data(), room.size());
    const int error = errno;
    out.shorten(before + static_cast<std::size_t>(n > 0 ? n : 0));
    errno = error;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up(path, "read");
    if (n == 0) {
      note.whole(out.expose());
      return out;
    }
    if (out.size() > most) too_large(path, most);
  }
}

void write_file(const std::string& path, tls::Bytes contents, unsigned mode) {
  // Made anew and moved into place: an older file's permissions are not kept, and no reader sees half of it.
  const std::string fresh = path + ".new";
  (void)::unlink(fresh.c_str());
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (file.fd < 0) give_up(path, "written");
    while (!contents.empty()) {
      const ssize_t n = ::write(file.fd, contents.data(), contents.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) give_up(path, "written");
      contents = contents.subspan(static_cast<std::size_t>(n));
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) give_up(path, "written");
}

}  // namespace sallyport::cli
