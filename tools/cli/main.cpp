// The program `sallyport`: a table of commands.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <vector>

#include "cli/command.h"

namespace {

using namespace sallyport::cli;

constexpr const Command* kCommands[] = {
#define SALLYPORT_COMMAND(row) &row,
#include "cli/commands.inc"
#undef SALLYPORT_COMMAND
};

/// One line for people, and where to read more.
int misused(const CLI::App& app, const std::string& words) {
  const auto chosen = app.get_subcommands();
  const std::string command = chosen.empty() ? "sallyport" : "sallyport " + chosen.front()->get_name();
  std::cerr << command << ": " << words << "; see " << command << " --help\n";
  return kUsage;
}

int run(int argc, char** argv) {
  CLI::App app("TLS 1.2 and 1.3: servers, clients, and what is needed to try them out", "sallyport");
  app.set_help_flag("--help", "This text");
  app.set_version_flag("--version", SALLYPORT_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& e) { return std::string(e.what()); });

  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const Command* command : kCommands) {
    CLI::App* sub = app.add_subcommand(command->name, command->summary);
    sub->set_help_flag("--help", "This text");
    actions.emplace_back(sub, command->define(*sub));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return misused(app, error.what());
  }
  const auto chosen = std::ranges::find_if(actions, [](const auto& row) { return row.first->parsed(); });
  try {
    const int status = chosen->second();
    if (std::cout.flush()) return status;
    throw Failure(kIo, "the standard output cannot be written");
  } catch (const Failure& failure) {
    if (failure.status == kUsage) return misused(app, failure.what());
    std::cerr << "sallyport " << chosen->first->get_name() << ": " << failure.what() << "\n";
    return failure.status;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "sallyport: " << e.what() << "\n";
    return kIo;
  }
}
