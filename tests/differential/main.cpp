// The differential test: generated chains and the sets of others, judged by Sallyport, OpenSSL, Go and Botan.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "differential/sets.h"
#include "differential/tally.h"
#include "support/places.h"

namespace {

using namespace tls::differential;
using sallyport::chains::Choices;
using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::uint64_t seed = 1, from = 0, count = 20000;
  unsigned seconds = 0;
  std::string only, sets, peers, out = "differential-findings";
  bool all = false, markdown = false, list = false;
};

constexpr unsigned kHang = 40;           // seconds for one chain, ours and the peers' verdicts together
char current[128] = "before the first";  // for a death: a signal handler can only read what stands here

void say_and_die(int number) {
  const auto write_out = [](std::string_view text) { (void)!write(STDERR_FILENO, text.data(), text.size()); };
  write_out(number == SIGALRM ? "FAILED: no verdict in time: " : "FAILED: a crash: ");
  write_out(current);
  write_out("\n");
  signal(number, SIG_DFL);
  raise(number);
}

void guard() {
  for (int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM}) signal(number, say_and_die);
}

/// "reference" stands for the reference data that is at hand, or is not.
std::string sets_folder(const Options& options) {
  if (options.sets != "reference") return options.sets;
  return tls::test::reference_dir() / "vectors/x509";
}

bool run_sets(const Options& options, Judges& judges) {
  Tally tally(options.out, std::cout);
  const std::string folder = sets_folder(options);
  const auto start = SteadyClock::now();
  std::size_t left_out = 0;
  const bool there = each_set_chain(folder, [&](const std::string& id, const Chain& chain) {
    if (options.seconds != 0 && SteadyClock::now() - start > std::chrono::seconds(options.seconds)) {
      ++left_out;
      return;
    }
    std::snprintf(current, sizeof current, "%s", id.c_str());
    alarm(kHang);
    tally.add(id, chain, judges.ask(chain), options.all);
  });
  alarm(0);
  if (left_out != 0) std::cout << "skipped: the last " << left_out << " chains, for want of time\n";
  if (there) return tally.finish();
  std::cout << "skipped: no certificate sets in " << folder << " (SALLYPORT_REFERENCE names the reference data)\n";
  return true;
}

bool run(const Options& options, Judges& judges) {
  Tally tally(options.out, std::cout);
  const auto start = SteadyClock::now();
  std::uint64_t i = options.from;
  for (; i < options.from + options.count; ++i) {
    if (options.seconds != 0 && SteadyClock::now() - start > std::chrono::seconds(options.seconds)) break;
    std::snprintf(current, sizeof current, "--seed %llu --from %llu --count 1%s%s",
                  static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(i),
                  options.only.empty() ? "" : " --only ", options.only.c_str());
    alarm(kHang);
    const Choices choices(options.seed, i);
    const Chain chain = options.only.empty() ? sallyport::chains::make_chain(choices)
                                             : sallyport::chains::make_chain_with(options.only, choices);
    tally.add(current, chain, judges.ask(chain), options.all);
  }
  alarm(0);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start).count();
  std::cout << "seed " << options.seed << ", chains " << options.from << " to " << i << " in " << took << " ms\n";
  return tally.finish();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.peers = std::filesystem::path(argv[0]).parent_path().string();
  CLI::App app("Judges generated certificate chains by Sallyport, OpenSSL, Go and Botan, and compares");
  app.add_option("--seed", options.seed, "Of the chains");
  app.add_option("--from", options.from, "Number of the first chain");
  app.add_option("--count", options.count, "Chains to judge");
  app.add_option("--seconds", options.seconds, "Ends the run after so many seconds; 0: never");
  app.add_option("--only", options.only, "This mutation alone");
  app.add_option(
      "--sets", options.sets,
      "Judges the certificate sets in this folder (vectors/x509 of the reference data; \"reference\" finds it) "
      "instead of generated chains");
  app.add_option("--peers", options.peers, "Folder of the peers' programs; default: this program's");
  app.add_option("--out", options.out, "Folder for chains that fail");
  app.add_flag("--all", options.all, "Also shows where OpenSSL and Go disagree with each other");
  app.add_flag("--list", options.list, "Lists the mutations");
  app.add_flag("--markdown", options.markdown, "Prints the table of argued disagreements");
  CLI11_PARSE(app, argc, argv);
  if (options.markdown) return std::cout << markdown(), 0;
  if (options.list) {
    for (std::string_view name : sallyport::chains::mutation_names()) std::cout << name << '\n';
    return 0;
  }
  guard();
  try {
    std::string said;
    Judges judges(options.peers, said);
    std::cout << said;
    if (!judges.can_compare())
      std::cout << "skipped: the comparison, which takes both OpenSSL and Go; what the standards say is checked\n";
    const bool good = options.sets.empty() ? run(options, judges) : run_sets(options, judges);
    // ctest looks for these words and says Skipped, so they are not said of a run that failed.
    if (good && !judges.can_compare()) std::cout << "nothing was compared\n";
    return good ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
}
