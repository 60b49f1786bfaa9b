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

/// The folders from the root to the one that holds `path`, which is absolute.
void add_folders(const fs::path& path, std::vector<FolderFacts>& folders) {
  for (fs::path folder = path.parent_path();; folder = folder.parent_path()) {
    struct stat facts{};
    const bool known = std::ranges::find(folders, folder.string(), &FolderFacts::path) != folders.end();
    if (!known && ::stat(folder.c_str(), &facts) == 0)
      folders.push_back({folder.string(), facts.st_mode & 07777, facts.st_uid});
    if (folder == folder.parent_path()) return;
  }
}

/// Who may put another file in place of what is in the folder, beside root and `me`; empty: nobody.
std::string who_may_replace(const FolderFacts& folder, uid_t me) {
  const std::string where = "the folder '" + folder.path + "' (mode " + octal(folder.mode) + ")";
  if (folder.owner != 0 && folder.owner != me)  // the sticky bit does not hold its owner back
    return "the user " + std::to_string(folder.owner) + ", to whom " + where + " belongs,";
  if ((folder.mode & (S_IWGRP | S_IWOTH)) != 0 && (folder.mode & S_ISVTX) == 0) return "whoever may write to " + where;
  return {};
}

}  // namespace

std::optional<PlaceFacts> look_at_place(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  PlaceFacts out{.path = path, .mode = facts.st_mode & 07777, .owner = facts.st_uid, .regular = S_ISREG(facts.st_mode)};
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return out;
  add_folders(absolute, out.folders);
  const fs::path real = fs::canonical(path, error);
  if (error) return out;
  if (real != absolute) out.target = real.string();
  add_folders(real, out.folders);
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
