// What was negotiated, in the one schema of `server --json`, `client --json` and the page /json.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/channel.h"
#include "tls/info.h"

namespace sallyport::cli {

[[nodiscard]] nlohmann::ordered_json facts(const tls::ConnectionInfo& info, const Traffic& traffic);
/// The same in one line for people.
[[nodiscard]] std::string facts_line(const tls::ConnectionInfo& info, const Traffic& traffic);

}  // namespace sallyport::cli
