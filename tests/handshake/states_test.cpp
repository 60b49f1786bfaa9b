// docs/state-machine.md is what the tables say. When this fails: sallyport states --markdown > docs/state-machine.md
#include "handshake/states.h"
#include "support/places.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace tls::handshake;

TEST_CASE("docs/state-machine.md is fresh") {
  std::ifstream file(tls::test::source_dir() / "docs/state-machine.md");
  REQUIRE_MESSAGE(file, "docs/state-machine.md is missing");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  CHECK_MESSAGE(page == states_markdown(), "stale: run `sallyport states --markdown > docs/state-machine.md`");
}

TEST_CASE("each machine is printed by name, in every form, with every state and event") {
  CHECK(machine_named("nothing") == nullptr);
  for (const MachineTable* m : machines()) {
    REQUIRE(machine_named(m->name) == m);
    const std::string markdown = states_markdown(m), dot = states_dot(m), text = states_text(m);
    for (const std::string& form : {markdown, dot, text}) {
      CHECK(form.find(m->name) != std::string::npos);
      for (const auto& state : m->states) CHECK(form.find(state.name) != std::string::npos);
      for (const auto& row : m->rows) CHECK(form.find(name(row.on)) != std::string::npos);
    }
    CHECK(dot.starts_with("digraph"));
    CHECK(states_dot().find(dot.substr(dot.find("  subgraph"), dot.rfind('}') - dot.find("  subgraph"))) !=
          std::string::npos);
  }
}
