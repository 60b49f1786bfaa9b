// Many leaves and many responders, some of them made to hurt: what one costs the others, the end of the keeper, a log.
#include <doctest/doctest.h>

#include <condition_variable>
#include <thread>

#include "ocsp_fetch.h"
#include "scene.h"

namespace tls::test {
namespace {

using sallyport::OcspSpec;
using Der = std::vector<std::uint8_t>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// "/?1": a query, so that each is asked by POST, and once.
std::vector<std::string> places(const FakeResponder& responder, std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i <= count; ++i) out.push_back(responder.url("/?" + std::to_string(i)));
  return out;
}

TEST_CASE_FIXTURE(Scene, "a leaf's responders: the first kMaxResponders are asked, and more are told") {
  CHECK(ocsp::kMaxResponders == 4);
  responder.handle(says("HTTP/1.1 500 Oh\r\n\r\n"));
  for (const std::size_t named : {ocsp::kMaxResponders - 1, ocsp::kMaxResponders, ocsp::kMaxResponders + 1}) {
    const std::size_t before = responder.count();
    const auto keeper = start(options());
    const auto ours = source(*keeper, {credential_for(leaf_with({responders(places(responder, named))}))});
    const bool more = named > ocsp::kMaxResponders;
    const auto events = told.take();
    REQUIRE(kinds(events) == (more ? "failed" : ""));
    if (more) CHECK(events[0].words.find("more than 4 OCSP responders") != std::string::npos);
    keeper->refresh();
    CHECK(kinds(told.take()) == "failed");
    const auto asked = responder.asked();
    const std::size_t expected = std::min(named, ocsp::kMaxResponders);
    REQUIRE(asked.size() == before + expected);
    for (std::size_t i = 0; i < expected; ++i) CHECK(asked[before + i].target == "/?" + std::to_string(i + 1));
  }
}

TEST_CASE_FIXTURE(Scene,
                  "URLs that cannot be asked take no responder's place, and a thousand of them are a few lines") {
  std::vector<std::string> urls(1000, "http://user@host/");
  urls.push_back(responder.url());
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential_for(subject = leaf_with({responders(urls)}))});
  CHECK(told.take().size() <= ocsp::kMaxResponders + 1);
  const Der der = good();
  answers(der);
  keeper->refresh();
  CHECK(staple(*ours) == der);
  told.take();

  urls.assign(1000, "ldap://ocsp.example/" + std::string(1000, 'x'));
  (void)source(*keeper, {credential_for(leaf_with({responders(urls)}))});
  const auto events = told.take();
  REQUIRE(kinds(events) == "failed");
  CHECK(events[0].words.size() < 2000);
  CHECK(events[0].words.find(" and 996 more") != std::string::npos);
}

TEST_CASE_FIXTURE(Scene, "a leaf's responders share one time, and each has its part of it") {
  responder.handle([](const Caller& caller, const Asked& asked) {
    if (asked.target != "/?4") caller.hang();
  });
  auto o = options();
  o.timeout = scaled(milliseconds(1200));
  const auto keeper = start(std::move(o));
  const auto ours = source(*keeper, {credential_for(leaf_with({responders(places(responder, 4))}))});
  const auto begin = steady_clock::now();
  keeper->refresh();
  CHECK(steady_clock::now() - begin < scaled(milliseconds(2400)));
  CHECK(responder.count() == 4);  // the last one, too
}

TEST_CASE_FIXTURE(Scene, "names that take a leaf's time to resolve: no other one is resolved when it is over") {
  int resolved = 0;
  auto o = options();
  o.timeout = milliseconds(50);
  o.resolve = [&](std::string_view, std::string_view) -> Result<std::vector<std::string>> {
    ++resolved;
    std::this_thread::sleep_for(milliseconds(100));
    return fail(Code::transport_failed, "no such name");
  };
  const auto keeper = start(std::move(o));
  const auto ours = source(
      *keeper, {credential_for(leaf_with({responders({"http://a.test/", "http://b.test/", "http://c.test/"})}))});
  keeper->refresh();
  CHECK(resolved == 1);
  const auto events = told.take();
  REQUIRE(kinds(events) == "failed");
  CHECK(events[0].words.find("http://c.test/: no time was left") != std::string::npos);
}

TEST_CASE_FIXTURE(Scene, "the leaf whose staple ends first is served first, one without a staple last") {
  const auto leaf_at = [&](const std::string& name) {
    return leaf_with({responders({responder.url("/?" + name)})}, name);
  };
  const sallyport::Issued a = leaf_at("a"), b = leaf_at("b"), c = leaf_at("c");
  // What each is answered: for 30 hours, for 20; never.
  responder.handle([&](const Caller& caller, const Asked& asked) {
    if (asked.target == "/?c") return;
    const bool first = asked.target == "/?a";
    caller.write(ok(answer([&](OcspSpec& s) {
      s.entries[0].subject = first ? &a : &b;
      s.entries[0].next_update = clock.seconds() + (first ? 30 : 20) * 3600;
    })));
  });
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential_for(c), credential_for(a), credential_for(b)});
  keeper->refresh();
  const std::size_t before = responder.count();
  CHECK(before == 3);
  clock.step(hours(17));
  keeper->refresh();
  const auto asked = responder.asked();
  REQUIRE(asked.size() == before + 3);
  CHECK(asked[before].target == "/?b");
  CHECK(asked[before + 1].target == "/?a");
  CHECK(asked[before + 2].target == "/?c");
}

TEST_CASE_FIXTURE(Scene, "the end of the keeper waits for one name that is being resolved, and for no other") {
  std::mutex mutex;
  std::condition_variable changed;
  int resolved = 0;
  bool ending = false;
  auto o = options();
  o.own_thread = true;
  o.resolve = [&](std::string_view, std::string_view) -> Result<std::vector<std::string>> {
    std::unique_lock lock(mutex);
    ++resolved;
    changed.notify_all();
    CHECK(changed.wait_for(lock, scaled(seconds(30)), [&] { return ending; }));
    lock.unlock();
    std::this_thread::sleep_for(scaled(milliseconds(700)));  // the system's resolver cannot be told to stop
    return fail(Code::transport_failed, "no such name");
  };
  auto keeper = start(std::move(o));
  std::vector<CredentialPtr> leaves;
  for (const std::string name : {"a", "b", "c"})
    leaves.push_back(
        credential_for(leaf_with({responders({"http://" + name + "1.test/", "http://" + name + "2.test/"})}, name)));
  const auto ours = source(*keeper, std::move(leaves));
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, scaled(seconds(30)), [&] { return resolved > 0; }));
    ending = true;
  }
  changed.notify_all();
  keeper.reset();
  CHECK(resolved == 1);
}

TEST_CASE_FIXTURE(Scene, "what a certificate says writes no line of its own into a log") {
  const std::string forged = "\r\n2026-12-01T00:00:00Z staple of 'CN=bank': REVOKED\x1B[2J\x7F\xC2\x85";
  const auto clean = [](const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  };
  const auto keeper = start(options());
  const auto told_of = [&](const CredentialPtr& one) {
    (void)source(*keeper, {one});
    auto events = told.take();
    REQUIRE(kinds(events) == "failed");
    CHECK(clean(events[0].words));
    CHECK(clean(events[0].subject));
    return events[0];
  };
  const auto other = told_of(credential_for(leaf_with({responders({"ldap://a" + forged})})));
  CHECK(other.words.find("but ldap://a??2026-12-01T00:00:00Z?staple") != std::string::npos);
  (void)told_of(credential_for(leaf_with({responders({"http://a" + forged})})));

  // A leaf without its issuer is called by its first name.
  const CredentialPtr sound = *load_credential(subject.pem(), subject.key_pem());
  Credential named = *sound;
  named.names = {"a" + forged};
  CHECK(told_of(std::make_shared<const Credential>(named)).subject.starts_with("a??2026"));
}

}  // namespace
}  // namespace tls::test
