// The proofs about each machine. They run at compile time (machine.h, post13.cpp), and tests run them on modified
// tables.
#pragma once

#include "handshake/table.h"

namespace tls::handshake {

/// Returns true if no two rows share state and event.
constexpr bool rows_are_unique(const MachineTable& machine) {
  for (const auto& a : machine.rows)
    for (const auto& b : machine.rows)
      if (&a != &b && a.from == b.from && a.on == b.on) return false;
  return true;
}

/// Returns true if a handler exists for exactly the rows of the table, and its type names exactly the row's successors.
constexpr bool rows_and_handlers_agree(const MachineTable& machine) {
  for (const auto& row : machine.rows) {
    bool handled = false;
    for (const auto& h : machine.handlers) handled |= h.from == row.from && h.on == row.on && h.to == row.to;
    if (!handled) return false;
  }
  for (const auto& h : machine.handlers) {
    bool has_row = false;
    for (const auto& row : machine.rows) has_row |= h.from == row.from && h.on == row.on;
    if (!has_row) return false;
  }
  return true;
}

/// Returns true if each state is reachable from the first state.
constexpr bool all_states_are_reachable(const MachineTable& machine) {
  IdSet seen = 1, before = 0;
  while (seen != before) {
    before = seen;
    for (const auto& row : machine.rows)
      if (seen >> row.from & 1) seen |= row.to;
  }
  return seen == (std::uint64_t{1} << machine.states.size()) - 1;
}

}  // namespace tls::handshake
