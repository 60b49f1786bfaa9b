#include "tls/adapters/session_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "descriptor.h"
#include "session_file_format.h"
#include "tls/secret.h"
#include "warnings.h"

namespace tls {
namespace {

using session_file::Line;
using session_file::SecretText;

constexpr mode_t kMode = S_IRUSR | S_IWUSR;
constexpr std::chrono::milliseconds kBetweenTries{5};  // to have the file: flock() itself has no limit of time

/// What a look at the file says.
enum class Sight : std::uint8_t {
  readable,  ///< or not there
  damaged,   ///< ours, but not to be believed: it is replaced by the next one that is written
  foreign,   ///< not ours: it is left alone
};

class FileClientSessions final : public ClientSessionStore {
 public:
  FileClientSessions(std::string path, SessionFileWarning warning, ClientSessionLimits limits,
                     std::chrono::milliseconds turn, const Clock& clock)
      : path_(std::move(path)), warnings_(std::move(warning)), limits_(limits), turn_(turn), clock_(clock) {}

  void put(const SessionKey& key, ClientSession session) override {
    const std::scoped_lock mutex(mutex_);
    if (!session_file::can_hold(key))
      return warn("cannot hold a session of the server name \"" + key.server_name + "\"");
    SecretText encoded(0);
    {
      const session_file::SecretVector bytes(session.serialize());
      encoded.reserve(2 * bytes.get().size() + 8);
      session_file::encode(bytes.get(), encoded.text());
    }
    if (encoded.view().size() > session_file::kMaxSession) return warn("cannot hold a session as large as that");

    const Descriptor turn = take_turn();
    SecretText text(0);
    std::vector<Line> lines;
    if (!turn || !read(text, lines)) return;
    lines.insert(lines.begin(), {key, session.expires(), encoded.view()});
    prune(lines);
    write(lines);
  }

  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) override {
    const std::scoped_lock mutex(mutex_);
    if (!exists()) return std::nullopt;  // no need for a lock file beside nothing
    const Descriptor turn = take_turn();
    SecretText text(0);
    std::vector<Line> lines;
    if (!turn || !read(text, lines)) return std::nullopt;
    std::optional<ClientSession> taken;
    bool changed = false;
    for (auto line = lines.begin(); line != lines.end() && !taken;) {
      if (line->key != key) {
        ++line;
        continue;
      }
      taken = session_file::decode(line->session);
      if (!taken) warn("holds a session that cannot be read");
      if (taken && now >= taken->expires()) taken.reset();
      if (taken && !taken->single_use()) break;
      line = lines.erase(line);
      changed = true;
    }
    // One that may be used once must not be found there again by anybody: no file without it, no session.
    if (changed && !write(lines) && taken && taken->single_use()) return std::nullopt;
    return taken;
  }

  void remove(const SessionKey& key) override {
    const std::scoped_lock mutex(mutex_);
    if (!exists()) return;
    const Descriptor turn = take_turn();
    SecretText text(0);
    std::vector<Line> lines;
    if (!turn || !read(text, lines)) return;
    if (std::erase_if(lines, [&](const Line& line) { return line.key == key; }) > 0) write(lines);
  }

 private:
  void warn(std::string_view what) const {
    warnings_.say(what, "the session file " + path_ + " " + std::string(what), Warnings::Time(clock_.monotonic()));
  }
  void warn_of(std::string_view what, int error) const {
    warn(std::string(what) + ": " + std::error_code(error, std::generic_category()).message());
  }

  [[nodiscard]] bool exists() const {
    struct stat facts{};
    return ::lstat(path_.c_str(), &facts) == 0;
  }

  /// The lock file, locked: it stays where it is, for a file that is renamed cannot be locked itself.
  [[nodiscard]] Descriptor take_turn() const {
    const std::string lock = path_ + ".lock";
    const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode);
    if (fd < 0) {
      warn_of("cannot be locked by way of " + lock, errno);
      return Descriptor(-1);
    }
    for (const auto until = clock_.monotonic() + turn_; ::flock(fd, LOCK_EX | LOCK_NB) != 0;) {
      if (clock_.monotonic() > until) {
        warn("is in use by another process: sessions are not kept or resumed this time");
        ::close(fd);
        return Descriptor(-1);
      }
      std::this_thread::sleep_for(kBetweenTries);
    }
    return Descriptor(fd);
  }

  /// Reads all lines; false: the file is somebody else's and stays as it is. What is not to be believed reads as empty.
  bool read(SecretText& text, std::vector<Line>& lines) const {
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno == ENOENT) return true;
    if (!file) return warn_of("is ignored", errno), false;
    struct stat facts{};
    if (::fstat(file.fd(), &facts) != 0 || !S_ISREG(facts.st_mode))
      return warn("is ignored: it is not a regular file"), false;
    if (facts.st_uid != ::geteuid()) return warn("is ignored: it belongs to another user"), false;
    if (!read_all(file.fd(), static_cast<std::size_t>(facts.st_size), text)) return false;
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      warn("is ignored and will be replaced: other users may read or write it; its mode must be 0600");
      return true;
    }
    auto parsed = session_file::parse(text.view());
    if (parsed) lines = std::move(*parsed);
    if (!parsed) warn("is ignored and will be replaced: it is damaged");
    return true;
  }

  /// False, with a warning: not of our format. Too large a file of ours reads as empty.
  bool read_all(int fd, std::size_t size, SecretText& text) const {
    const bool too_large = size > session_file::kMaxFile;
    std::string& to = text.text();
    to.resize(too_large ? session_file::kHeader.size() : size);
    std::size_t got = 0;
    for (ssize_t n = 1; got < to.size() && n > 0; got += static_cast<std::size_t>(std::max<ssize_t>(n, 0)))
      n = ::read(fd, to.data() + got, to.size() - got);
    to.resize(got);
    if (!to.empty() && !text.view().starts_with(session_file::kHeader))
      return warn("is ignored: it is not a file of sessions, or of another version"), false;
    if (!too_large) return true;
    to.clear();
    warn("is ignored and will be replaced: it is larger than 4 MiB");
    return true;
  }

  void prune(std::vector<Line>& lines) const {
    std::map<SessionKey, std::size_t> of_key;
    std::erase_if(lines,
                  [&](const Line& line) { return ++of_key[line.key] > std::max<std::size_t>(1, limits_.per_key); });
    if (lines.size() > limits_.sessions) lines.resize(std::max<std::size_t>(1, limits_.sessions));
    while (session_file::size_of(lines) > session_file::kMaxFile) lines.pop_back();
  }

  /// Puts a new file in the place of the old one. False, with a warning: the old one is still there.
  bool write(const std::vector<Line>& lines) const {
    SecretText text(session_file::size_of(lines));
    session_file::write(lines, text.text());
    const std::string temporary = path_ + ".new";  // ours alone, for we have the lock; a left-over goes first
    ::unlink(temporary.c_str());
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
    if (!file) return warn_of("cannot be written by way of " + temporary, errno), false;
    std::string_view rest = text.view();
    while (!rest.empty()) {
      const ssize_t n = ::write(file.fd(), rest.data(), rest.size());
      if (n <= 0 && errno != EINTR) break;
      rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
    if (rest.empty() && ::fsync(file.fd()) == 0 && ::rename(temporary.c_str(), path_.c_str()) == 0) return true;
    warn_of("cannot be written", errno);
    ::unlink(temporary.c_str());
    return false;
  }

  const std::string path_;
  mutable Warnings warnings_;  // each once, or the two looks of every connection would tell it twice
  const ClientSessionLimits limits_;
  const std::chrono::milliseconds turn_;  // for which a process waits for another one that has the file
  const Clock& clock_;
  std::mutex mutex_;
};

}  // namespace

std::shared_ptr<ClientSessionStore> file_client_sessions(std::string path, SessionFileWarning warning,
                                                         ClientSessionLimits limits, std::chrono::milliseconds turn,
                                                         const Clock& clock) {
  return std::make_shared<FileClientSessions>(std::move(path), std::move(warning), limits, turn, clock);
}

}  // namespace tls
