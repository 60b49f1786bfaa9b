// Lists of names in options: suites, groups, schemes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/words.h"

namespace sallyport::cli {

/// The pieces between commas or colons; empty ones are left out.
[[nodiscard]] std::vector<std::string> split(const std::string& list);

/// The values of the names in a list. Failure(kUsage) names the option, the word, and all that is known.
template <class Id, class All>
std::vector<Id> parse_names(const char* option, const std::string& list,
                            std::optional<Id> (*named)(std::string_view) noexcept, const All& all) {
  std::vector<Id> out;
  for (const std::string& word : split(list)) {
    const auto id = named(word);
    if (!id) throw Failure(kUsage, std::string(option) + ": '" + word + "' is not known; known are " + names_of(all));
    out.push_back(*id);
  }
  return out;
}

}  // namespace sallyport::cli
