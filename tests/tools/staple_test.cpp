// The options about staples, and the lines that tell of them.
#include "cli/staple.h"

#include <doctest/doctest.h>

#include "tools/place.h"

using namespace tls::test;
using tls::StapleEvent;
using Kind = StapleEvent::Kind;

namespace {

constexpr std::int64_t kNow = 1796083200;  // 2026-12-01T00:00:00Z

std::chrono::milliseconds at(std::int64_t seconds) { return std::chrono::seconds(seconds); }

std::string line(StapleEvent event) {
  event.subject = "CN=a";
  return sallyport::cli::line_of(event, kNow);
}

}  // namespace

TEST_CASE("a staple's line: when, whose, what, until when, and when its responder is asked") {
  CHECK(
      line({Kind::taken, "", "from http://b/", at(kNow + 3600), at(kNow + 1800)}) ==
      "2026-12-01T00:00:00Z staple of 'CN=a': good: from http://b/; stapled until 2026-12-01T01:00:00Z; its responder "
      "is asked at 2026-12-01T00:30:00Z");
  CHECK(line({Kind::failed, "", "http://b/: no", {}, at(kNow)}) ==
        "2026-12-01T00:00:00Z staple of 'CN=a': not renewed: http://b/: no; its responder is asked now");
  CHECK(line({Kind::failed, "", "private; allow_private lets it", {}, {}}) ==
        "2026-12-01T00:00:00Z staple of 'CN=a': not renewed: private; allow_private lets it (allow_private is "
        "--staple-allow-private)");
  const std::pair<Kind, const char*> kinds[] = {{Kind::revoked, ": REVOKED: "},
                                                {Kind::ending, ": ends soon: "},
                                                {Kind::expired, ": has ended: "},
                                                {Kind::missing, ": missing: "},
                                                {Kind::cache, ": folder: "}};
  for (const auto& [kind, words] : kinds) CHECK(has(line({kind, "", "x", {}, {}}), words));
}

TEST_CASE_FIXTURE(Place, "options about staples that make no sense, and a folder that cannot be used, are refused") {
  const auto run = [&](const Words& more) {
    Words words = serve(more);
    words.insert(words.begin(), "server");
    return run_tool(words);
  };
  const Ran alone = run({"--staple-allow-private"});
  CHECK(alone.status == 1);
  CHECK(has(alone.err, "--staple-allow-private needs --staple-fetch"));
  const Ran folderless = run({"--staple-fetch", "--staple-cache", folder.path("no/such")});
  CHECK(folderless.status == 2);
  CHECK(has(folderless.err, "cannot be made"));
}

TEST_CASE_FIXTURE(Place, "a server tells what it staples, and what of its leaves cannot be fetched") {
  const RunningServer one(serve({"--staple", folder.path("ecdsa-p256-ocsp-good.der")}));
  CHECK(has(one.errors(), "staple of 'CN=localhost': good: the credential brought it; stapled until "));
  const RunningServer two(serve({"--staple", folder.path("ecdsa-p256-ocsp-revoked.der")}));
  CHECK(has(two.errors(), "REVOKED: its responder says so, and clients hear it: replace key and certificate"));
  const RunningServer three(serve({"--staple-fetch"}));
  CHECK(has(three.errors(), "it names no OCSP responder (authorityInfoAccess)"));
  const RunningServer four(serve());
  CHECK_FALSE(has(four.errors(), "staple"));
}
