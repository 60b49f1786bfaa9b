// Asks a server from outside: one connection after the other, each bounded, none of them with data of an application.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/check/lookup.h"
#include "cli/check/server_facts.h"

namespace sallyport::cli::check {

/// One connection, from connecting to the end of its handshake; and the look-up of the host's addresses.
inline constexpr std::chrono::milliseconds kConnectionLimit{10'000};
/// All connections to one server; --timeout changes it.
inline constexpr std::chrono::seconds kServerLimit{60};
/// How long a TLS 1.3 server may take for a ticket after its handshake.
inline constexpr std::chrono::milliseconds kTicketWait{1'000};
/// Between two connections: a server is not to be crowded.
inline constexpr std::chrono::milliseconds kPause{20};
/// Connections to one server.
inline constexpr unsigned kMaxConnections = 40;

struct ProbeLimits {
  std::chrono::milliseconds connection = kConnectionLimit, server = kServerLimit, ticket = kTicketWait, pause = kPause;
  unsigned connections = kMaxConnections;
  Lookup lookup = {};  ///< empty: the system's resolver
};

struct ProbeTarget {
  std::string host, port;  ///< where to connect
  std::string name;        ///< that is asked for
  std::string shown;       ///< for people
};

/// `progress` is told what is looked at next, in a few words. The chain is not verified here: it is judged later, as it
/// was sent. Sends no early data: nobody but the application knows which request may be repeated, and what a ticket
/// promises tells as much.
[[nodiscard]] ServerFacts probe(const ProbeTarget& target, const ProbeLimits& limits,
                                const std::function<void(const std::string&)>& progress);

}  // namespace sallyport::cli::check
