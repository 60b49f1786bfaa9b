// What a command of the program is: a line of commands.inc, and a file of its own.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::cli {

/// How the program ends.
enum Exit : int {
  kDone = 0,
  kUsage = 1,    ///< options that make no sense; a test vector that failed, or none that ran
  kIo = 2,       ///< a file or a socket
  kTls = 3,      ///< a TLS failure
  kRefused = 4,  ///< the peer's certificate was refused
  kHttp = 5,     ///< TLS did all that it should, and the server answered --get with an HTTP error
  kWarned = 6,   ///< check found what is to be looked after, and no error
};

/// Ends the command with one line for people. Caught in main().
struct Failure : std::runtime_error {
  Failure(Exit status_, const std::string& words) : std::runtime_error(words), status(status_) {}
  Exit status;
};

/// What runs once the options are parsed; returns an exit status.
using Action = std::function<int()>;

struct Command {
  const char* name;
  const char* summary;              ///< one line of `sallyport --help`
  Action (*define)(CLI::App& app);  ///< adds the options to the command's own App; the action holds their values
};

// Each from the file of its name.
extern const Command kServer, kClient, kKeyserver, kPki, kVerify, kCheck, kVectors, kStates, kCpu, kBench, kLab;

}  // namespace sallyport::cli
