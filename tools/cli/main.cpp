// The program `sallyport`: a table of commands.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/words.h"

namespace {

using namespace sallyport::cli;

/// A program that was started with its standard input, output or error closed would get a socket for one of them.
void open_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
}

constexpr const Command* kCommands[] = {
#define SALLYPORT_COMMAND(row) &row,
#include "cli/commands.inc"
#undef SALLYPORT_COMMAND
};

constexpr std::size_t kHelpWidth = 90;  // characters, behind the 30 of the options' names

/// One line for people, and where to read more.
int misused(const CLI::App& app, const std::string& words) {
  const auto chosen = app.get_subcommands();
  const std::string command = chosen.empty() ? "sallyport" : "sallyport " + chosen.front()->get_name();
  std::cerr << command << ": " << words << "; see " << command << " --help\n";
  return kUsage;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string_view meant = nearest(word, known);
  return meant.empty() ? "" : ", did you mean " + std::string(meant) + "?";
}

/// CLI11 only says that a command is missing when the first word is none.
std::string unknown_command(const std::string& word) {
  std::vector<std::string> known;
  std::string list;
  for (const Command* command : kCommands) {
    known.emplace_back(command->name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  return "there is no command '" + word + "'" + did_you_mean(word, known) + "; the commands are " + list;
}

/// What CLI11 says of words that it did not expect, and the option that the first of them may have been.
std::string unexpected(const CLI::App& app, const CLI::ExtrasError& error) {
  const auto chosen = app.get_subcommands();
  const CLI::App& command = chosen.empty() ? app : *chosen.front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (const std::string& word : command.remaining())
    if (word.starts_with("--"))
      return "there is no option " + word + did_you_mean(word.substr(0, word.find('=')), known);
  return error.what();
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
    for (CLI::Option* option : sub->get_options()) option->description(wrapped(option->get_description(), kHelpWidth));
  }
  const auto named = [&](const Command* command) { return argc > 1 && command->name == std::string_view(argv[1]); };
  if (argc > 1 && argv[1][0] != '-' && std::ranges::none_of(kCommands, named))
    return misused(app, unknown_command(argv[1]));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ExtrasError& error) {
    return misused(app, unexpected(app, error));
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
  open_standard_descriptors();
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "sallyport: " << e.what() << "\n";
    return kIo;
  }
}
