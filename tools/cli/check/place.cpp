#include "cli/check/place.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

namespace sallyport::cli::check {
namespace {

namespace fs = std::filesystem;

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

constexpr std::size_t kMaxLinks = 40;  // on the way to one file; Linux follows no more

/// Follows a path name by name, as the system does, and notes through which folders and links it leads.
class Walk {
 public:
  explicit Walk(PlaceFacts& out) : out_(out) {}

  /// `path` is absolute. Where it leads; empty: it leads nowhere.
  fs::path follow(const fs::path& path) {
    push(path);
    while (!ahead_.empty()) {
      const fs::path name = std::move(ahead_.back());
      ahead_.pop_back();
      if (name.empty() || name == "." || name.is_absolute()) continue;
      if (name == "..")
        at_ = at_.parent_path();  // `at_` has no links in it
      else if (!step(name))
        return {};
    }
    return at_;
  }

 private:
  void push(const fs::path& path) {
    if (path.is_absolute()) at_ = "/";
    const std::vector<fs::path> names(path.begin(), path.end());
    ahead_.insert(ahead_.end(), names.rbegin(), names.rend());
  }

  bool step(const fs::path& name) {
    const mode_t folder = note_folder();
    const fs::path next = at_ / name;
    struct stat facts{};
    if (::lstat(next.c_str(), &facts) != 0) return false;
    if (!S_ISLNK(facts.st_mode)) {
      at_ = next;
      return true;
    }
    if (out_.links.size() == kMaxLinks) return false;
    out_.links.push_back({next.string(), facts.st_uid, folder});
    std::error_code error;
    const fs::path target = fs::read_symlink(next, error);
    if (error) return false;
    push(target);
    return true;
  }

  /// The folder at which the walk stands; gives its permissions.
  mode_t note_folder() {
    const auto known = std::ranges::find(out_.folders, at_.string(), &FolderFacts::path);
    if (known != out_.folders.end()) return known->mode;
    struct stat facts{};
    if (::lstat(at_.c_str(), &facts) != 0) return 0;
    out_.folders.push_back({at_.string(), facts.st_mode & 07777, facts.st_uid});
    return out_.folders.back().mode;
  }

  PlaceFacts& out_;
  fs::path at_ = "/";
  std::vector<fs::path> ahead_;  // the names that are still to be followed, the next one last
};

constexpr mode_t kOthersMayWrite = S_IWGRP | S_IWOTH;

/// Who may lead the link elsewhere though its folder's sticky bit holds others back; empty: nobody.
std::string who_may_lead(const LinkFacts& link, uid_t me) {
  if (link.owner == 0 || link.owner == me) return {};
  if ((link.folder & S_ISVTX) == 0 || (link.folder & kOthersMayWrite) == 0) return {};
  return "the user " + std::to_string(link.owner) + ", to whom the link '" + link.path + "' belongs,";
}

/// Who may put another file in place of what is in the folder, beside root and `me`; empty: nobody.
std::string who_may_replace(const FolderFacts& folder, uid_t me) {
  const std::string where = "the folder '" + folder.path + "' (mode " + octal(folder.mode) + ")";
  if (folder.owner != 0 && folder.owner != me)  // the sticky bit does not hold its owner back
    return "the user " + std::to_string(folder.owner) + ", to whom " + where + " belongs,";
  if ((folder.mode & kOthersMayWrite) != 0 && (folder.mode & S_ISVTX) == 0) return "whoever may write to " + where;
  return {};
}

}  // namespace

std::optional<PlaceFacts> look_at_place(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  PlaceFacts out{.path = path, .mode = facts.st_mode & 07777, .owner = facts.st_uid, .regular = S_ISREG(facts.st_mode)};
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return out;
  const fs::path real = Walk(out).follow(absolute);
  if (!out.links.empty()) out.target = real.string();
  return out;
}

void check_place(const PlaceFacts& place, uid_t me, const std::string& what, Findings& findings) {
  if (!place.regular) return;  // a pipe or a device: what it gives does not lie there
  const std::string mode = " (mode " + octal(place.mode) + ")";
  const std::string close = "chmod 600, or 640 where the server needs a group to read it";
  const std::string& file = place.target.empty() ? place.path : place.target;
  const auto how_many = findings.list().size();
  if ((place.mode & S_IROTH) != 0)
    findings.add(Id::key_readable_by_all, place.path, "every user may read " + what + mode, close);
  else if ((place.mode & S_IRGRP) != 0)
    findings.add(Id::key_readable_by_group, place.path, "the file's group may read " + what + mode,
                 "chmod 600; where the group is meant to, --skip key_readable_by_group");
  if ((place.mode & (S_IWGRP | S_IWOTH)) != 0)
    findings.add(
        Id::key_writable, place.path,
        std::string((place.mode & S_IWOTH) != 0 ? "every user" : "the file's group") + " may write to " + what + mode,
        close);
  for (const FolderFacts& folder : place.folders)
    if (const std::string who = who_may_replace(folder, me); !who.empty())
      findings.add(Id::key_folder, place.path, who + " can put another file in place of " + what,
                   "let the folder be root's or the server's, and chmod go-w");
  for (const LinkFacts& link : place.links)
    if (const std::string who = who_may_lead(link, me); !who.empty())
      findings.add(Id::key_folder, place.path, who + " can put another file in place of " + what,
                   "make the link anew, as root or the server's user, in a folder of theirs");
  const bool closed = findings.list().size() == how_many;
  if (place.owner != 0 && place.owner != me)
    findings.add(Id::key_owner, place.path,
                 "'" + file + "' belongs to the user " + std::to_string(place.owner) +
                     ", who can read and replace it, and not to root or the user who asks");
  if (!place.target.empty())
    findings.add(Id::key_link, place.path, "a link leads to '" + place.target + "', which is what was looked at");
  if (closed) findings.add(Id::key_private, place.path, "nobody but its owner and root may read " + what + mode);
}

}  // namespace sallyport::cli::check
