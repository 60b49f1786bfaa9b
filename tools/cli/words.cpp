#include "cli/words.h"

#include <algorithm>

namespace sallyport::cli {
namespace {

/// Letters changed, added, left out, or swapped with their neighbour (the optimal string alignment distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before = last;
    last = now;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string> candidates) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d >= least) continue;
    least = d;
    best = candidate;
  }
  return best;
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  for (std::size_t line = 0; !text.empty();) {  // line: characters that stand in the current one
    const std::size_t end = std::min(text.find(' '), text.size());
    const bool fits = line == 0 || line + 1 + end <= width;
    if (!out.empty()) out += fits ? ' ' : '\n';
    out += text.substr(0, end);
    line = fits && line != 0 ? line + 1 + end : end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace sallyport::cli
