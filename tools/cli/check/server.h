// The judgement of a server, by what the probes found.
#pragma once

#include <string>
#include <vector>

#include "cli/check/chain.h"
#include "cli/check/server_facts.h"

namespace sallyport::cli::check {

struct ServerCase {
  std::vector<std::string> names = {};  ///< that its leaf has to be for
  std::int64_t now = 0, days = -1;
  Trust trust = {};
  std::vector<const HeldCertificate*> leaves = {};  ///< of files that were given as well
};
void check_server(const ServerFacts& server, const ServerCase& how, Findings& findings);

}  // namespace sallyport::cli::check
