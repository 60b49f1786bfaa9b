#include "cli/key_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>

#include "cli/command.h"

namespace sallyport::cli {
namespace {

class KeyLogFile {
 public:
  explicit KeyLogFile(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw Failure(kIo, "--keylog '" + path + "' cannot be opened: " + std::strerror(errno));
    // Made with mode 0600; but it may have been there before, as somebody else's trap.
    struct stat facts{};
    if (::fstat(fd_, &facts) == 0 && S_ISREG(facts.st_mode) &&
        ((facts.st_mode & 077) != 0 || facts.st_uid != ::geteuid()))
      std::cerr << "WARNING: --keylog '" + path + "' can be read by others: chmod 600 it, or name a new file\n";
  }
  ~KeyLogFile() { ::close(fd_); }
  KeyLogFile(const KeyLogFile&) = delete;
  KeyLogFile& operator=(const KeyLogFile&) = delete;

  void append(std::string_view line) {
    // One write without a copy: lines of several threads do not mix, and no memory of ours keeps the secret.
    char end = '\n';
    iovec parts[] = {{const_cast<char*>(line.data()), line.size()}, {&end, 1}};
    ssize_t n = 0;
    do n = ::writev(fd_, parts, 2);
    while (n < 0 && errno == EINTR);
    if (n == static_cast<ssize_t>(line.size() + 1) || warned_.exchange(true)) return;
    const std::string why = n < 0 ? std::strerror(errno) : "only a part of a line went in";
    std::cerr << "WARNING: --keylog '" + path_ + "' cannot be written: " + why + "; secrets are missing there\n";
  }

 private:
  const std::string path_;
  const int fd_;
  std::atomic<bool> warned_ = false;
};

}  // namespace

tls::KeyLog open_key_log(const std::string& path) {
  return [file = std::make_shared<KeyLogFile>(path)](std::string_view line) { file->append(line); };
}

}  // namespace sallyport::cli
