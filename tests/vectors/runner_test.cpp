#include "vectors/runner.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "vectors/support.h"

using namespace tls;
using namespace tls::vectors;

namespace {

constexpr const char* kAbc =
    "# source: FIPS 180-4\n[HASH SHA-256]\nmessage = \"abc\"\n"
    "digest = ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
constexpr const char* kWrong =
    "# source: nowhere\n[HASH SHA-256]\nmessage = \"abd\"\ncomment = abd\n"
    "digest = ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";

struct Run {
  int status;
  std::string programs, people;
};
Run run(std::vector<std::string> paths, bool json = false, bool list = false) {
  std::ostringstream programs, people;
  const int status = run_vectors(paths, json, list, programs, people);
  return {status, programs.str(), people.str()};
}

}  // namespace

TEST_CASE("status 0 when all pass, 1 when one fails, 2 when a path is not there") {
  const test::TemporaryFolder folder;
  const std::string good = folder.write("good.txt", kAbc);
  CHECK(run({good}).status == 0);
  const std::string wrong = folder.write("wrong.txt", kWrong);
  const Run failing = run({folder.path()});
  CHECK(failing.status == 1);
  CHECK(failing.people.find("FAILED " + wrong) != std::string::npos);
  CHECK(failing.people.find("abd") != std::string::npos);
  CHECK(failing.programs.empty());
  const Run missing = run({folder.path() + "/nothing"});
  CHECK(missing.status == 2);
  CHECK(missing.people.find("nothing") != std::string::npos);
}

TEST_CASE("malformed files and cases are failures, never skipped") {
  const test::TemporaryFolder folder;
  const auto status = [&](const std::string& name, const std::string& text) {
    return run({folder.write(name, text)}).status;
  };
  CHECK(status("empty.txt", "# source: nowhere\n") == 1);
  CHECK(status("section.txt", "# source: nowhere\n[HASH]\n") == 1);
  CHECK(status("hex.txt", "# source: nowhere\n[HASH SHA-256]\nmessage = 0\ndigest = 00\n") == 1);
  CHECK(status("name.txt", "# source: nowhere\n[HASH SHA-256]\nmessage = 00\n") == 1);
  CHECK(status("json.json", "{\"testGroups\": ") == 1);
  CHECK(status("key.txt", "# source: nowhere\n[AEAD AES-128-GCM]\nkey = 00\nnonce = 00\ntag = 00\n") == 1);
}

TEST_CASE("what is skipped is counted with its reason, and a folder is searched all the way down") {
  const test::TemporaryFolder folder;
  folder.write("a/b/good.txt", kAbc);
  folder.write("a/LICENSE", "do as you like");
  folder.write("other.txt", "# source: nowhere\n[HASH MD5]\nmessage = 00\ndigest = 00\n\n[TRACE x]\na = 00\n");
  const Run all = run({folder.path()}, true);
  CHECK(all.status == 0);
  CHECK(all.people.empty());
  const auto document = nlohmann::json::parse(all.programs);
  CHECK(document.at("passed") == 1);
  CHECK(document.at("failed") == 0);
  CHECK(document.at("skipped") == 3);
  REQUIRE(document.at("files").size() == 3);
  CHECK(document["files"][0]["skip_reasons"].at("no reader knows this format") == 1);
  CHECK(document["files"][1]["format"] == "plain");
  CHECK_FALSE(document["files"][1]["implementations"].empty());
  CHECK(document["files"][2]["skip_reasons"].at("MD5 is not a hash of this library") == 1);
  CHECK(document["files"][2]["skip_reasons"].at("nobody checks the kind \"TRACE\"") == 1);
}

TEST_CASE("a path that holds nothing to run is status 1 with a sentence, beside others that do") {
  const test::TemporaryFolder folder;
  const std::string good = folder.write("good/good.txt", kAbc),
                    strange = folder.write("strange/LICENSE", "as you like");
  for (const bool list : {false, true}) {
    const Run both = run({good, strange}, false, list);
    CHECK(both.status == 1);
    CHECK(both.people.find(strange + ": nothing to run: no reader knows this format") != std::string::npos);
    CHECK(run({good}, false, list).status == 0);
  }
  const Run alone = run({folder.path() + "/strange"}, true);
  CHECK(alone.status == 1);
  CHECK(alone.people.find("nothing to run") != std::string::npos);
  CHECK(nlohmann::json::parse(alone.programs).at("skipped") == 1);
}

TEST_CASE("vectors that are skipped one and all are no success") {
  const test::TemporaryFolder folder;
  const std::string md5 = folder.write("md5.txt", "# source: nowhere\n[HASH MD5]\nmessage = 00\ndigest = 00\n");
  const Run skipped = run({md5});
  CHECK(skipped.status == 1);
  CHECK(skipped.people.find("no vector was run") != std::string::npos);
  CHECK(run({md5}, false, true).status == 0);
}

TEST_CASE("a list says what files hold and checks nothing") {
  const test::TemporaryFolder folder;
  const std::string wrong = folder.write("wrong.txt", kWrong);
  const Run list = run({wrong}, false, true);
  CHECK(list.status == 0);
  CHECK(list.people.find("HASH SHA-256") != std::string::npos);
  CHECK(list.people.find("plain") != std::string::npos);
}

TEST_CASE("a registry takes new kinds and formats") {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("x.trace", "anything");
  Registry registry = standard_registry();
  registry.formats.push_back({"trace", [](const File& file) { return file.path.ends_with(".trace"); },
                              [](const File& file, const Emit& emit) {
                                Case c;
                                c.kind = "TRACE";
                                c.algorithm = "handshake";
                                c.set("text", file.text);
                                emit(c);
                              }});
  registry.kinds.push_back({"TRACE", "replays", [](const Case& c, Context&) {
                              return c.text("text") == "anything" ? passed() : failed("something else");
                            }});
  const FileReport report = run_file(registry, path, crypto::detect_cpu());
  CHECK(report.passed == 1);
  CHECK(report.format == "trace");
}
