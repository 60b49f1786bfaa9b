// The addresses of a host, within a time: a resolver may take minutes over servers that do not answer.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tls/error.h"

namespace sallyport::cli::check {

/// As tls::resolve(host, port, false): called on a thread of its own, which may outlive the call that began it.
using Lookup = std::function<tls::Result<std::vector<std::string>>(const std::string& host, const std::string& port)>;

/// What `lookup` gives, an empty one: the system's resolver. Fails with timed_out when it takes longer than `limit`;
/// its thread is left alone then, and ends when the resolver does.
[[nodiscard]] tls::Result<std::vector<std::string>> look_up(const std::string& host, const std::string& port,
                                                            std::chrono::milliseconds limit, const Lookup& lookup = {});

}  // namespace sallyport::cli::check
