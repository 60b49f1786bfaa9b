#include "cli/serve/watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string_view>

namespace sallyport::cli {
namespace {

constexpr int kMaxLinks = 40;  // of one path, as the kernel has it
constexpr std::uint32_t kEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE |
                                  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

void put_first(std::string_view path, std::deque<std::string>& parts) {
  std::deque<std::string> fresh;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) fresh.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  parts.insert(parts.begin(), fresh.begin(), fresh.end());
}

std::string link_at(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  return n <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(n));
}

}  // namespace

Watch::Watch() : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_) problem_ = std::string("no file is watched: ") + std::strerror(errno);
}

bool Watch::set(const std::vector<std::string>& paths) {
  if (!inotify_) return false;
  problem_.clear();
  Names names;
  for (const std::string& path : paths) lead_to(path, names);
  bool fresh = false;
  for (const auto& [watch, what] : names) fresh = fresh || !names_.contains(watch);
  for (const auto& [watch, what] : names_)
    if (!names.contains(watch)) static_cast<void>(::inotify_rm_watch(inotify_.fd(), watch));
  names_ = std::move(names);
  return fresh;
}

// `folder` has no symbolic link in it: each that is met is followed, and watched where it lies.
void Watch::lead_to(const std::string& path, Names& names) {
  std::string folder = path.starts_with('/') ? "/" : ".";
  std::deque<std::string> parts;
  put_first(path, parts);
  for (int links = 0; !parts.empty();) {
    const std::string part = std::move(parts.front());
    parts.pop_front();
    if (part == ".") continue;
    const std::string here = (folder == "/" ? "" : folder) + "/" + part;
    const std::string target = part == ".." ? std::string() : link_at(here);
    if (part != "..") note(folder, part, parts.empty() && target.empty(), names);
    if (target.empty()) {
      folder = here;
    } else {
      if (++links > kMaxLinks) return;
      if (target.starts_with('/')) folder = "/";
      put_first(target, parts);
    }
  }
}

void Watch::note(const std::string& folder, const std::string& name, bool last, Names& names) {
  const int watch = ::inotify_add_watch(inotify_.fd(), folder.c_str(), kEvents | IN_ONLYDIR);
  if (watch >= 0)
    names[watch].insert(name);
  else if (last || errno == ENOSPC)  // a folder on the way that may not be read is no matter while it stays
    problem_ = "'" + folder + "' cannot be watched: " + std::strerror(errno);
}

bool Watch::changed() {
  if (!inotify_) return false;
  alignas(inotify_event) std::array<char, 16 << 10> events;
  bool any = false;
  for (ssize_t n = 0; (n = ::read(inotify_.fd(), events.data(), events.size())) > 0;) {
    for (const char* at = events.data(); at < events.data() + n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      const auto watched = names_.find(event->wd);
      if ((event->mask & IN_Q_OVERFLOW) != 0)
        any = true;
      else if (watched == names_.end())
        continue;
      else if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0)
        any = true;
      else
        any = any || (event->len != 0 && watched->second.contains(event->name));
      if ((event->mask & IN_IGNORED) != 0) names_.erase(event->wd);
    }
  }
  return any;
}

}  // namespace sallyport::cli
