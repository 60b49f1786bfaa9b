// sallyport states: the tables by which the handshakes run.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "handshake/states.h"

namespace sallyport::cli {
namespace {

using namespace tls::handshake;

struct Options {
  std::string machine;
  bool dot = false, markdown = false;
};

const MachineTable* find(const std::string& wanted) {
  if (wanted.empty()) return nullptr;
  if (const MachineTable* machine = machine_named(wanted)) return machine;
  std::string names;
  for (const MachineTable* machine : machines()) names += (names.empty() ? "" : ", ") + std::string(machine->name);
  throw Failure(kUsage, "there is no machine '" + wanted + "'; there are " + names);
}

Action define(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MACHINE", options->machine, "One machine; default: all");
  auto* dot = app.add_flag("--dot", options->dot, "As a Graphviz digraph");
  app.add_flag("--markdown", options->markdown, "As Markdown tables")->excludes(dot);
  return [options] {
    const MachineTable* machine = find(options->machine);
    std::cout << (options->dot        ? states_dot(machine)
                  : options->markdown ? states_markdown(machine)
                                      : states_text(machine));
    return static_cast<int>(kDone);
  };
}

}  // namespace

const Command kStates = {"states", "Prints the state machines' tables", define};

}  // namespace sallyport::cli
