#include "cli/serve/folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <vector>

#include "cli/command.h"

namespace sallyport::cli {
namespace {

constexpr int kMaxLinks = 40;                 // symbolic links on one way, as the kernel has it (path_resolution(7))
constexpr int kTries = 8;                     // of openat2(2)
constexpr int kLooking = O_PATH | O_CLOEXEC;  // finds the file and does not open it
constexpr int kReading = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // a FIFO makes nobody wait
constexpr int kPassing = O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;

std::optional<unsigned> hexadecimal(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// Without its percent-encoding; nothing for what is none, and for a zero byte, behind which a system call sees
/// nothing.
std::optional<std::string> decoded(std::string_view target) {
  std::string out;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '%') {
      out += target[i];
      continue;
    }
    if (target.size() - i < 3) return std::nullopt;
    const auto high = hexadecimal(target[i + 1]), low = hexadecimal(target[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  if (out.find('\0') != std::string::npos) return std::nullopt;
  return out;
}

/// Puts the components of a path onto `stack`, the first on top.
void push_components(std::string_view path, std::vector<std::string>& stack) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end != at) parts.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  stack.insert(stack.end(), parts.rbegin(), parts.rend());
}

/// None, with errno, when it cannot be.
Descriptor open_by_kernel(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long fd = 0;
  // EAGAIN: somebody has renamed a folder while a `..` was followed, and the kernel cannot tell where that leads.
  for (int i = 0; i < kTries; ++i)
    if (fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how); fd >= 0 || errno != EAGAIN) break;
  return Descriptor(static_cast<int>(fd));
}

/// The same without openat2(2): one component after the other, none of them followed by the kernel. Where `..` leads is
/// remembered, not asked for: a folder that is moved meanwhile does not lead out.
class Steps {
 public:
  Steps(int root, const std::string& path, int flags) : root_(root), flags_(flags) {
    if (path.empty() || path.back() == '/') ahead_.emplace_back(".");  // only a folder can be meant
    push_components(path, ahead_);
  }

  Descriptor open() {
    while (!ahead_.empty()) {
      const std::string name = std::move(ahead_.back());
      ahead_.pop_back();
      if (name == ".") {
        if (ahead_.empty()) return Descriptor(::openat(here(), ".", flags_));
      } else if (name == "..") {
        if (behind_.empty()) return refuse(EXDEV);
        behind_.pop_back();
        if (ahead_.empty()) ahead_.emplace_back(".");
      } else if (Descriptor next = step(name); next) {
        if (ahead_.empty()) return next;
        behind_.push_back(std::move(next));
      } else if (const int why = errno; (why != ELOOP && why != ENOTDIR) || !follow(name)) {
        return refuse(why);
      }
    }
    return refuse(ENOENT);
  }

 private:
  [[nodiscard]] int here() const noexcept { return behind_.empty() ? root_ : behind_.back().fd(); }
  static Descriptor refuse(int why) {
    errno = why;
    return {};
  }
  [[nodiscard]] Descriptor step(const std::string& name) const {
    Descriptor next(::openat(here(), name.c_str(), ahead_.empty() ? flags_ | O_NOFOLLOW : kPassing));
    struct stat facts{};
    if (next && ::fstat(next.fd(), &facts) == 0 && !S_ISLNK(facts.st_mode)) return next;
    if (!next) return {};
    next = {};  // O_PATH takes a link for the file
    return refuse(ELOOP);
  }
  bool follow(const std::string& name) {
    std::array<char, PATH_MAX> text;
    const ssize_t n = ::readlinkat(here(), name.c_str(), text.data(), text.size());
    if (n <= 0 || text[0] == '/' || ++links_ > kMaxLinks) return false;
    push_components({text.data(), static_cast<std::size_t>(n)}, ahead_);
    return true;
  }

  const int root_, flags_;
  int links_ = 0;
  std::vector<std::string> ahead_;  // what is to be walked, the next on top
  std::vector<Descriptor> behind_;  // the folders below the root that we came through
};

Descriptor open_beneath(int root, const std::string& path, int flags, Folder::Walk walk) {
  return walk == Folder::Walk::best ? open_by_kernel(root, path, flags) : Steps(root, path, flags).open();
}

/// The kind of file (st_mode); none, with errno, when there is nothing.
std::optional<mode_t> kind_beneath(int root, const std::string& path, Folder::Walk walk) {
  const Descriptor file = open_beneath(root, path, kLooking, walk);
  struct stat facts{};
  if (!file || ::fstat(file.fd(), &facts) != 0) return std::nullopt;
  return facts.st_mode & S_IFMT;
}

}  // namespace

Folder::Folder(const std::string& path, Walk walk) : walk_(walk) {
  root_ = Descriptor(::open(path.c_str(), kReading | O_DIRECTORY));
  if (!root_) throw Failure(kIo, "--root '" + path + "' is not a folder that can be read: " + std::strerror(errno));
  // ENOSYS: a kernel before 5.6. EPERM: a sandbox that does not know the call.
  if (walk_ == Walk::best && !open_by_kernel(root_.fd(), ".", kReading) && (errno == ENOSYS || errno == EPERM))
    walk_ = Walk::own;
}

std::variant<OpenFile, Folder::Miss> Folder::find(std::string_view target) const {
  std::optional<std::string> path = decoded(target);
  if (!path) return Miss::bad_target;
  path->erase(0, std::min(path->find_first_not_of('/'), path->size()));
  if (path->empty()) *path = ".";
  const auto missed = [] {
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? Miss::exhausted : Miss::absent;
  };
  // Looked at before it is opened: the open of a FIFO or of a device is something that others notice.
  std::optional<mode_t> kind = kind_beneath(root_.fd(), *path, walk_);
  if (kind == S_IFDIR) kind = kind_beneath(root_.fd(), *path += "/index.html", walk_);
  if (!kind) return missed();
  if (*kind != S_IFREG) return Miss::absent;
  Descriptor file = open_beneath(root_.fd(), *path, kReading, walk_);
  struct stat facts{};  // again: by now it may be another
  if (!file || ::fstat(file.fd(), &facts) != 0) return missed();
  if (!S_ISREG(facts.st_mode)) return Miss::absent;
  return OpenFile{std::move(file), static_cast<std::uint64_t>(facts.st_size), media_type(*path)};
}

std::string_view media_type(std::string_view name) noexcept {
  struct Row {
    std::string_view ending, type;
  };
  static constexpr Row kRows[] = {
      {".html", "text/html; charset=utf-8"},
      {".htm", "text/html; charset=utf-8"},
      {".txt", "text/plain; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".xml", "application/xml"},
      {".pdf", "application/pdf"},
      {".wasm", "application/wasm"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".mp4", "video/mp4"},
  };
  const auto row = std::ranges::find_if(kRows, [&](const Row& r) { return name.ends_with(r.ending); });
  return row == std::end(kRows) ? "application/octet-stream" : row->type;
}

}  // namespace sallyport::cli
