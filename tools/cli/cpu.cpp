// sallyport cpu: what this CPU can do, and which implementation of each algorithm is chosen because of it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "crypto/group.h"
#include "crypto/provider.h"

namespace sallyport::cli {
namespace {

using nlohmann::ordered_json;
using namespace tls::crypto;

/// One algorithm: the implementation in use, all that would run here, and those that would not.
struct Row {
  std::string algorithm, chosen;
  std::vector<std::string> others, lacking;
};

template <class Impl>
Row row(std::string algorithm, const Impl& chosen, std::span<const Impl* const> all, const Cpu& cpu) {
  Row out{std::move(algorithm), std::string(chosen.name), {}, {}};
  for (const Impl* impl : all) {
    if (impl->id != chosen.id || impl == &chosen) continue;
    (cpu.features.contains(impl->required) ? out.others : out.lacking).emplace_back(impl->name);
  }
  return out;
}

std::vector<Row> rows(const Provider& provider) {
  std::vector<Row> out;
  for (const AeadImpl* impl : provider.aeads)
    out.push_back(row(std::string(name(impl->id)), *impl, all_aeads(), provider.cpu));
  for (const HashImpl* impl : provider.hashes)
    out.push_back(row(impl->id == HashId::sha256 ? "SHA-256" : "SHA-384", *impl, all_hashes(), provider.cpu));
  return out;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "-" : out;
}

void print_table(const Provider& provider) {
  std::cout << provider.cpu.brand << "\n" << to_string(provider.cpu.features) << "\n\n";
  for (const Row& r : rows(provider)) {
    std::cout << r.algorithm << "\n  chosen        " << r.chosen << "\n  also runs     " << join(r.others)
              << "\n  does not run  " << join(r.lacking) << "\n";
  }
  std::cout << "Key exchange\n ";
  for (const GroupImpl& group : all_groups()) std::cout << ' ' << group.name;
  std::cout << "\n";
}

void print_json(const Provider& provider) {
  ordered_json algorithms = ordered_json::array(), groups = ordered_json::array();
  for (const Row& r : rows(provider))
    algorithms.push_back(
        {{"algorithm", r.algorithm}, {"chosen", r.chosen}, {"also_runs", r.others}, {"does_not_run", r.lacking}});
  for (const GroupImpl& group : all_groups()) groups.push_back(group.name);
  std::cout << ordered_json{{"cpu", provider.cpu.brand},
                            {"features", to_string(provider.cpu.features)},
                            {"algorithms", algorithms},
                            {"groups", groups}}
                   .dump()
            << "\n";
}

Action define(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "JSON on the standard output");
  return [json] {
    const Provider provider = Provider::best();
    *json ? print_json(provider) : print_table(provider);
    return static_cast<int>(kDone);
  };
}

}  // namespace

const Command kCpu = {"cpu", "Shows the CPU's features and the implementation chosen for each algorithm", define};

}  // namespace sallyport::cli
