// The tables of the machines as text and pictures. `sallyport states` prints them, and docs/state-machine.md contains
// them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "handshake/table.h"

namespace tls::handshake {

/// Returns all machines, clients first.
[[nodiscard]] std::span<const MachineTable* const> machines();
/// Returns the machine with that name, or null.
[[nodiscard]] const MachineTable* machine_named(std::string_view name);
/// Returns one machine, or all of them, as Markdown tables.
[[nodiscard]] std::string states_markdown(const MachineTable* only = nullptr);
/// Returns one machine, or all of them, as a Graphviz digraph.
[[nodiscard]] std::string states_dot(const MachineTable* only = nullptr);
/// Returns one machine, or all of them, as plain text for a terminal.
[[nodiscard]] std::string states_text(const MachineTable* only = nullptr);

}  // namespace tls::handshake
