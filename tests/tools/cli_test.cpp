// The contract of the command line: statuses, and where words go.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/run.h"

using namespace tls::test;

namespace {

const std::vector<std::string> kCommands = {"server", "client", "pki", "vectors", "states", "cpu", "bench", "lab"};

bool one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace

TEST_CASE("every command has --help, which is an answer and no failure") {
  const Ran all = run_tool({"--help"});
  CHECK(all.status == 0);
  CHECK(all.err.empty());
  for (const std::string& command : kCommands) {
    CAPTURE(command);
    CHECK(all.out.find("\n  " + command) != std::string::npos);
    const Ran one = run_tool({command, "--help"});
    CHECK(one.status == 0);
    CHECK(one.out.find("--help") != std::string::npos);
    CHECK(one.err.empty());
  }
}

TEST_CASE("misuse is status 1 and one line on stderr that says where to read more") {
  const std::vector<std::vector<std::string>> wrong = {
      {},        {"nonsense"},         {"--nonsense"},
      {"pki"},   {"cpu", "--bogus"},   {"cpu", "word"},
      {"-help"}, {"states", "nobody"}, {"states", "--dot", "--markdown"}};
  for (const auto& arguments : wrong) {
    CAPTURE(arguments.size());
    const Ran ran = run_tool(arguments);
    CHECK(ran.status == 1);
    CHECK(ran.out.empty());
    CHECK(one_line(ran.err));
    CHECK(ran.err.starts_with("sallyport"));
    CHECK(ran.err.find("--help") != std::string::npos);
  }
}

TEST_CASE("a command or option that is not there is named, with the one that was probably meant") {
  const Ran command = run_tool({"sever", "--cert", "x"});
  CHECK(command.status == 1);
  CHECK(command.err.find("no command 'sever', did you mean server?") != std::string::npos);
  const Ran stranger = run_tool({"frobnicate"});
  CHECK(stranger.err.find("'frobnicate'") != std::string::npos);
  CHECK(stranger.err.find("did you mean") == std::string::npos);
  for (const std::string& known : kCommands) CHECK(stranger.err.find(known) != std::string::npos);
  const Ran option = run_tool({"server", "--crt", "x"});
  CHECK(option.status == 1);
  CHECK(option.err.find("no option --crt, did you mean --cert?") != std::string::npos);
  CHECK(run_tool({"server", "--keylgo=x"}).err.find("did you mean --keylog?") != std::string::npos);
}

TEST_CASE("vectors: what cannot be run is an error with a sentence") {
  const TemporaryFolder folder;
  const std::string unknown = folder.file("unknown", "do as you like");
  for (const char* option : {"--list", "--json"}) {
    const Ran strange = run_tool({"vectors", unknown, option});
    CHECK(strange.status == 1);
    CHECK(strange.err.find(unknown + ": nothing to run: no reader knows this format") != std::string::npos);
  }
  const TemporaryFolder empty;
  const Ran nothing = run_tool({"vectors", empty.path()});
  CHECK(nothing.status == 1);
  CHECK(nothing.err.find("the folder holds no file") != std::string::npos);
  CHECK(run_tool({"vectors", empty.path("not there")}).status == 2);
}

TEST_CASE("cpu names an implementation for each algorithm") {
  const Ran people = run_tool({"cpu"});
  CHECK(people.status == 0);
  const Ran programs = run_tool({"cpu", "--json"});
  CHECK(programs.status == 0);
  CHECK(one_line(programs.out));
  CHECK(programs.err.empty());
  const auto json = nlohmann::json::parse(programs.out);
  std::vector<std::string> names;
  for (const auto& row : json.at("algorithms")) {
    names.push_back(row.at("algorithm"));
    CHECK_FALSE(row.at("chosen").get<std::string>().empty());
  }
  for (const char* name : {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "SHA-256", "SHA-384"})
    CHECK(std::ranges::find(names, name) != names.end());
}

TEST_CASE("states prints the machines in three shapes") {
  const Ran text = run_tool({"states"}), dot = run_tool({"states", "--dot"}),
            markdown = run_tool({"states", "--markdown"});
  CHECK(text.status == 0);
  CHECK(dot.out.starts_with("digraph"));
  CHECK(markdown.out.find("|---") != std::string::npos);
  CHECK(text.out.find("Finished") != std::string::npos);
}
