// Which files have changed, by inotify(7): of all that leads to a file its directories and symbolic links are watched,
// so that a file that is written anew, renamed over, or reached by another link, is noticed alike.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/serve/descriptor.h"

namespace sallyport::cli {

/// One thread's. What other machines do to a shared file system is not seen.
class Watch {
 public:
  /// Without inotify nothing is watched, and problem() says so.
  Watch();

  /// Watches what leads to these files, there or not yet, and nothing else any more. True: some of it was not watched
  /// before, so what was changed there until now has not been noticed.
  bool set(const std::vector<std::string>& paths);
  /// Readable when something may have changed; -1: nothing is watched.
  [[nodiscard]] int fd() const noexcept { return inotify_.fd(); }
  /// Reads what the system has to tell: whether any of it was about the files. Does not wait.
  bool changed();
  /// What could not be watched, and why, in words; empty: nothing to complain of.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  using Names = std::unordered_map<int, std::set<std::string>>;  // by watch descriptor

  void lead_to(const std::string& path, Names& names);
  void note(const std::string& folder, const std::string& name, bool last, Names& names);

  Descriptor inotify_;
  Names names_;
  std::string problem_;
};

}  // namespace sallyport::cli
