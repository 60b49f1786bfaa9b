// Findings as lines, as JSON, and as an exit status.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/check/finding.h"
#include "cli/check/server_facts.h"

namespace sallyport::cli::check {

/// How a check ends: 0 without warnings and errors; kWarned with warnings alone; with errors what the worst of them
/// says: kRefused before kTls before kIo. `strict`: a warning counts as an error.
[[nodiscard]] Exit status_of(const Findings& findings, bool strict);

/// One line for each finding, and a last one that counts them. `quiet`: warnings and errors alone, and nothing where
/// there is none.
void print_lines(const Findings& findings, bool quiet, std::ostream& out);

/// `{"checked":[...],"worst":"warning","counts":{...},"findings":[...],"servers":[...]}`.
[[nodiscard]] nlohmann::ordered_json json_of(const Findings& findings, const std::vector<std::string>& checked,
                                             const std::vector<ServerFacts>& servers);

/// The table of kinds.inc: id, severity, meaning.
void print_kinds(std::ostream& out);
[[nodiscard]] nlohmann::ordered_json json_of_kinds();

}  // namespace sallyport::cli::check
