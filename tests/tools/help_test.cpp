// --help tells all: every option that is documented, and of every option its default.
#include <doctest/doctest.h>

#include <map>
#include <sstream>

#include "tools/place.h"

using namespace tls::test;

namespace {

const std::vector<std::string> kTlsOptions = {
    "--key-password-file", "--key-password-env", "--cert",    "--key",  "--min-version", "--max-version",
    "--ciphers",           "--groups",           "--sigalgs", "--alpn", "--keylog",      "--json"};

/// What scripts and the documentation rely on.
const std::map<std::string, std::vector<std::string>> kDocumented = {
    {"server",
     {"--listen",
      "--www",
      "--root",
      "--echo",
      "--send",
      "--session-cache",
      "--tickets",
      "--num-tickets",
      "--ticket-lifetime",
      "--ticket-master",
      "--early-data",
      "--replay-window",
      "--shared-store",
      "--staple",
      "--staple-fetch",
      "--staple-cache",
      "--staple-allow-private",
      "--verify-client",
      "--client-ca",
      "--crl",
      "--crl-policy",
      "--no-watch",
      "--recheck-open",
      "--accept",
      "--threads"}},
    {"client",
     {"--connect", "--servername", "--ca", "--crl", "--crl-policy", "--insecure", "--get", "--get-early",
      "--error-body", "--session", "--early-data", "--reconnect", "--false-start"}},
    {"keyserver", {"--listen", "--key", "--client-key", "--allow", "--rate", "--audit", "--mode", "--group"}},
    {"verify",
     {"CHAIN", "--roots", "--intermediates", "--name", "--client", "--time", "--crl", "--crl-policy", "--json",
      "--explain"}},
    {"check",
     {"TARGET", "--name", "--connect", "--ca", "--client", "--staple", "--crl", "--crl-policy", "--key-password-file",
      "--key-password-env", "--days", "--time", "--timeout", "--only", "--skip", "--strict", "--quiet", "--list",
      "--json"}},
    {"pki", {"DIR", "--force", "--json"}},
    {"vectors", {"PATH", "--list", "--json"}},
    {"states", {"MACHINE", "--dot", "--markdown"}},
    {"cpu", {"--json"}},
    {"bench", {"WHAT", "--seconds", "--kernel", "--size", "--json"}},
    {"lab", {"--address", "--port", "--ca-out", "--run", "--connections", "--json"}}};

/// The entries of --help by their names: the line that an option begins with and those that belong to it.
std::map<std::string, std::string> entries(const std::string& command) {
  std::istringstream text(run_tool({command, "--help"}).out);
  std::map<std::string, std::string> out;
  std::string line, name;
  while (std::getline(text, line)) {
    if (line.starts_with("  ") && line.size() > 2 && line[2] != ' ') name = line.substr(2, line.find(' ', 2) - 2);
    if (line.empty() || line[0] != ' ') name.clear();
    if (!name.empty()) out[name] += line + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("every documented option is in --help") {
  for (const auto& [command, options] : kDocumented) {
    const auto all = entries(command);
    std::vector<std::string> wanted = options;
    if (command == "server" || command == "client") wanted.insert(wanted.end(), kTlsOptions.begin(), kTlsOptions.end());
    for (const std::string& option : wanted) {
      CAPTURE(command);
      CAPTURE(option);
      CHECK(all.contains(option));
    }
  }
}

TEST_CASE("every option that takes a value says its default or that it is required, in lines that fit") {
  for (const auto& [command, options] : kDocumented) {
    for (const auto& [name, entry] : entries(command)) {
      CAPTURE(command);
      CAPTURE(entry);
      const std::size_t value = 3 + name.size();  // where the name of a value would begin, in capitals
      const bool takes_value =
          name[0] != '-' || (entry.size() > value && entry[value] >= 'A' && entry[value] <= 'Z' &&
                             entry.compare(value, 8, "Excludes") != 0 && entry.compare(value, 5, "Needs") != 0);
      if (takes_value) CHECK((has(entry, "default") || has(entry, "Default") || has(entry, "REQUIRED")));
      std::istringstream lines(entry);
      for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 125);
    }
  }
}

/// The words of an entry with one space between them.
static std::string words(const std::string& entry) {
  std::istringstream in(entry);
  std::string out;
  for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

TEST_CASE("what a default of 0 means, and what must be the same everywhere, is said") {
  const auto server = entries("server"), client = entries("client");
  CHECK(has(words(server.at("--accept")), "default 0: runs until"));
  CHECK(has(words(server.at("--replay-window")), "the same on all"));
  CHECK(has(words(server.at("--verify-client")), "default none"));
  CHECK(has(words(client.at("--reconnect")), "default 0"));
  CHECK(has(words(client.at("--get")), "400"));
}
