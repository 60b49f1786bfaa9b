// The machines' tables in words and pictures: what `sallyport states` prints and docs/state-machine.md holds.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "handshake/table.h"

namespace tls::handshake {

/// All machines, clients first.
[[nodiscard]] std::span<const MachineTable* const> machines();
/// The machine of that name, or null.
[[nodiscard]] const MachineTable* machine_named(std::string_view name);
/// One machine, or all of them, as Markdown tables.
[[nodiscard]] std::string states_markdown(const MachineTable* only = nullptr);
/// The same as a Graphviz digraph.
[[nodiscard]] std::string states_dot(const MachineTable* only = nullptr);
/// The same as plain text for a terminal.
[[nodiscard]] std::string states_text(const MachineTable* only = nullptr);

}  // namespace tls::handshake
