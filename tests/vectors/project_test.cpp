// The project's own vectors: all pass, none is skipped, and each of them can fail.
#include <algorithm>
#include <iterator>

#include "crypto/aead.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "vectors/support.h"

using namespace tls;
using namespace tls::vectors;

namespace {

File load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {path, {std::istreambuf_iterator<char>(in), {}}};
}

}  // namespace

TEST_CASE("every case of the project's vectors passes with every implementation that this CPU can run") {
  const crypto::Cpu cpu = crypto::detect_cpu();
  std::set<std::string> ran;
  for (const std::string& path : files_of(test::project_vectors())) {
    const FileReport report = run_file(standard_registry(), path, cpu);
    CAPTURE(path);
    for (const auto& failure : report.failures) FAIL_CHECK(failure.where << ": " << failure.words);
    for (const auto& [reason, count] : report.skipped) FAIL_CHECK(count << " cases skipped: " << reason);
    CHECK(report.passed > 0);
    ran.insert(report.implementations.begin(), report.implementations.end());
  }
  for (const crypto::AeadImpl* impl : crypto::all_aeads())
    CHECK(ran.contains(std::string(impl->name)) == cpu.features.contains(impl->required));
  for (const crypto::HashImpl* impl : crypto::all_hashes())
    CHECK(ran.contains(std::string(impl->name)) == cpu.features.contains(impl->required));
  for (const crypto::GroupImpl& group : crypto::all_groups()) CHECK(ran.contains(std::string(group.name)));
}

TEST_CASE("every file names its source") {
  for (const std::string& path : files_of(test::project_vectors())) {
    CAPTURE(path);
    CHECK(load(path).text.starts_with("# source: "));
  }
}

TEST_CASE("a case whose expected value is changed by one bit fails, and so does one said to be the opposite") {
  for (const std::string& path : files_of(test::project_vectors()))
    for (const Case& c : test::cases_of(load(path))) {
      CAPTURE(path);
      CAPTURE(c.id);
      for (const char* name : {"tag", "digest", "okm", "prk", "output", "secret", "share", "signature", "r"}) {
        const bool is_input = std::string(name) == "secret" && c.kind != "GROUP";
        const bool is_key = std::string(name) == "prk" && c.kind == "HKDF-EXPAND";
        if (!c.has(name) || c.expect != Expect::valid || is_input || is_key) continue;
        ByteVector value = c.bytes(name);
        value.back() ^= 1;
        Case changed = c;
        changed.set(name, hex(value));
        CHECK(test::check(changed).verdict == Outcome::Verdict::failed);
      }
      if (c.kind == "AEAD" || c.kind == "VERIFY" || (c.kind == "GROUP" && c.has("public"))) {
        Case opposite = c;
        opposite.expect = c.expect == Expect::valid ? Expect::invalid : Expect::valid;
        opposite.set("secret", c.has("secret") ? c.text("secret") : std::string(64, '1'));
        CHECK(test::check(opposite).verdict == Outcome::Verdict::failed);
      }
    }
}

TEST_CASE("docs/vectors.md: its example runs, and its table has every kind") {
  const std::string page = load(test::project_vectors() + "/../docs/vectors.md").text;
  const std::string begin = "```text\n";
  const std::size_t at = page.find(begin) + begin.size(), end = page.find("```", at);
  REQUIRE(end != std::string::npos);
  const test::TemporaryFolder folder;
  const std::string example = folder.write("example.txt", page.substr(at, end - at));
  const FileReport report = run_file(standard_registry(), example, crypto::detect_cpu());
  CHECK(report.format == "plain");
  for (const auto& failure : report.failures) FAIL_CHECK(failure.where << ": " << failure.words);
  CHECK(report.passed == 2);
  CHECK(report.skipped_cases() == 0);

  std::set<std::string> told, known;
  for (std::size_t row = page.find("\n| `"); row != std::string::npos; row = page.find("\n| `", row + 1))
    told.insert(page.substr(row + 4, page.find('`', row + 4) - row - 4));
  for (const Kind& kind : standard_registry().kinds) known.insert(std::string(kind.name));
  CHECK(told == known);
}
