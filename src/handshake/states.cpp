#include "handshake/states.h"

#include <array>

#include "handshake/client12/client12.h"
#include "handshake/client13/client13.h"
#include "handshake/post12/post12.h"
#include "handshake/post13/post13.h"
#include "handshake/server12/server12.h"
#include "handshake/server13/server13.h"

namespace tls::handshake {
namespace {

std::string_view hash_word(Hash hash) {
  constexpr std::string_view kWords[] = {"-", "before", "after", "handler"};
  return kWords[static_cast<std::size_t>(hash)];
}

std::string successors(const MachineTable& m, IdSet set) {
  std::string text;
  for (unsigned i = 0; i < m.states.size(); ++i)
    if (set >> i & 1) text += (text.empty() ? "" : ", ") + std::string(m.states[i].name);
  return text;
}

std::string may(const Permissions& p) {
  std::string text;
  auto add = [&](bool on, std::string_view word) {
    if (on) text += (text.empty() ? "" : ", ") + std::string(word);
  };
  add(p.write_data, "writes data");
  add(p.read_data, "reads data");
  add(p.read_early_data, "reads early data");
  add(p.write_early_data, "writes early data");
  add(p.skip_early_data, "skips refused early data");
  add(p.ccs == Permissions::Ccs::drop, "drops compatibility CCS");
  add(p.ccs == Permissions::Ccs::deliver, "takes CCS by the table");
  return text.empty() ? "-" : text;
}

std::span<const MachineTable* const> chosen(const MachineTable*& only) {
  return only == nullptr ? machines() : std::span<const MachineTable* const>(&only, 1);
}

}  // namespace

std::span<const MachineTable* const> machines() {
  static const std::array kMachines = {&client13::table(), &server13::table(), &post13::table(),
                                       &client12::table(), &server12::table(), &post12::table()};
  return kMachines;
}

const MachineTable* machine_named(std::string_view name) {
  for (const MachineTable* m : machines())
    if (m->name == name) return m;
  return nullptr;
}

std::string states_markdown(const MachineTable* only) {
  std::string text =
      "# State machines\n\n"
      "Printed by `sallyport states --markdown` from the tables that the code runs by; a test fails when this page is "
      "stale.\n"
      "*Transcript*: when the message enters the transcript hash (`handler`: the handler does it). *Edge*: `aligned` "
      "messages must end their record, for a key change follows.\nAn event without a row is refused with "
      "`unexpected_message` before its body is parsed.\n";
  for (const MachineTable* m : chosen(only)) {
    text += "\n## " + std::string(m->name) + "\n\n| from | on | to | transcript | edge |\n|---|---|---|---|---|\n";
    for (const auto& r : m->rows)
      text += "| " + std::string(m->states[r.from].name) + " | " + std::string(name(r.on)) + " | " +
              successors(*m, r.to) + " | " + std::string(hash_word(r.hash)) + " | " +
              (r.edge == Edge::aligned ? "aligned" : "any") + " |\n";
    text += "\n| state | may |\n|---|---|\n";
    for (const auto& s : m->states) text += "| " + std::string(s.name) + " | " + may(s.may) + " |\n";
  }
  return text;
}

std::string states_dot(const MachineTable* only) {
  std::string text = "digraph sallyport {\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (const MachineTable* m : chosen(only)) {
    const std::string prefix(m->name);
    text += "  subgraph \"cluster_" + prefix + "\" {\n    label=\"" + prefix + "\";\n";
    for (const auto& s : m->states)
      text += "    \"" + prefix + "." + std::string(s.name) + "\" [label=\"" + std::string(s.name) + "\"];\n";
    for (const auto& r : m->rows)
      for (unsigned i = 0; i < m->states.size(); ++i)
        if (r.to >> i & 1)
          text += "    \"" + prefix + "." + std::string(m->states[r.from].name) + "\" -> \"" + prefix + "." +
                  std::string(m->states[i].name) + "\" [label=\"" + std::string(name(r.on)) + "\"];\n";
    text += "  }\n";
  }
  return text + "}\n";
}

std::string states_text(const MachineTable* only) {
  std::string text;
  auto pad = [](std::string_view s, std::size_t n) {
    return std::string(s) + std::string(s.size() < n ? n - s.size() : 1, ' ');
  };
  for (const MachineTable* m : chosen(only)) {
    text += std::string(m->name) + "\n";
    if (m->rows.empty())
      for (const auto& s : m->states) text += "  " + pad(s.name, 26) + "nothing is expected\n";
    for (const auto& r : m->rows)
      text += "  " + pad(m->states[r.from].name, 26) + pad(name(r.on), 22) + "-> " + successors(*m, r.to) + "\n";
  }
  return text;
}

}  // namespace tls::handshake
