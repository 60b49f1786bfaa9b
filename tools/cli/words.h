// Words for people: lists of names, and the name that was meant.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

/// "a, b, c" of the rows' names.
template <class Rows>
[[nodiscard]] std::string names_of(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) out += (out.empty() ? "" : ", ") + std::string(row.name);
  return out;
}

/// The same of what is configured where nothing is asked for: all that is built but P-521.
template <class Rows>
[[nodiscard]] std::string default_names_of(const Rows& rows) {
  std::string out;
  for (const auto& row : rows)
    if (row.name.find("secp521r1") == std::string_view::npos) out += (out.empty() ? "" : ", ") + std::string(row.name);
  return out;
}

/// The candidate that `word` was probably meant to be: with the fewest letters changed, added, left out or swapped, and
/// no more than a third of them. Empty: none is near.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

/// The text with line ends where words begin, for lines of at most `width` characters (a longer word stays whole).
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);

}  // namespace sallyport::cli
