// What is proven of the tables when they are compiled (handshake/proof.h) is false for every table that differs in one
// place: each row, each successor. That a false proof fails the build is seen by tables_must_agree.py.
#include <doctest/doctest.h>

#include <vector>

#include "handshake/proof.h"
#include "handshake/states.h"

using namespace tls::handshake;

namespace {

using Rows = std::vector<MachineTable::Transition>;

MachineTable with(const MachineTable& machine, const Rows& rows) {
  return {machine.name, rows, machine.states, machine.handlers};
}
Rows rows_of(const MachineTable& machine) { return {machine.rows.begin(), machine.rows.end()}; }

}  // namespace

TEST_CASE("each machine as it is: rows are unique, handlers agree, states are reachable") {
  for (const MachineTable* m : machines()) {
    CAPTURE(m->name);
    CHECK(rows_are_unique(*m));
    CHECK(rows_and_handlers_agree(*m));
    CHECK(all_states_are_reachable(*m));
  }
}

TEST_CASE("a row that is taken out leaves a handler without a row") {
  std::size_t tried = 0;
  for (const MachineTable* m : machines())
    for (std::size_t i = 0; i < m->rows.size(); ++i, ++tried) {
      Rows rows = rows_of(*m);
      rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
      CAPTURE(m->name);
      CAPTURE(i);
      CHECK_FALSE(rows_and_handlers_agree(with(*m, rows)));
    }
  CHECK(tried > 50);  // there are rows to take out
}

TEST_CASE("a row that leads to one state more, or one less, is not what its handler says") {
  std::size_t tried = 0;
  for (const MachineTable* m : machines())
    for (std::size_t i = 0; i < m->rows.size(); ++i)
      for (std::size_t state = 0; state < 32; ++state, ++tried) {
        Rows rows = rows_of(*m);
        rows[i].to ^= IdSet{1} << state;
        CAPTURE(m->name);
        CAPTURE(i);
        CAPTURE(state);
        CHECK_FALSE(rows_and_handlers_agree(with(*m, rows)));
      }
  CHECK(tried > 1600);
}

TEST_CASE("a row that moves to another state or event has no handler, or is there twice") {
  for (const MachineTable* m : machines())
    for (std::size_t i = 0; i < m->rows.size(); ++i) {
      CAPTURE(m->name);
      CAPTURE(i);
      for (unsigned state = 0; state < m->states.size(); ++state) {
        if (state == m->rows[i].from) continue;
        Rows rows = rows_of(*m);
        rows[i].from = state;
        CHECK_FALSE(rows_and_handlers_agree(with(*m, rows)));
      }
      for (const auto& other : m->rows) {
        if (other.on == m->rows[i].on) continue;
        Rows rows = rows_of(*m);
        rows[i].on = other.on;
        CHECK_FALSE(rows_and_handlers_agree(with(*m, rows)));
      }
    }
}

TEST_CASE("a row that stands twice is seen") {
  for (const MachineTable* m : machines())
    for (std::size_t i = 0; i < m->rows.size(); ++i) {
      Rows rows = rows_of(*m);
      rows.push_back(rows[i]);
      CHECK_FALSE(rows_are_unique(with(*m, rows)));
    }
}

TEST_CASE("a state that nothing leads to is seen") {
  for (const MachineTable* m : machines())
    for (std::size_t state = 1; state < m->states.size(); ++state) {
      Rows rows = rows_of(*m);
      for (auto& row : rows) row.to &= ~(IdSet{1} << state);
      CHECK_FALSE(all_states_are_reachable(with(*m, rows)));
    }
}
