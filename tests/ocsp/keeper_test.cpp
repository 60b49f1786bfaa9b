// Staples that renew themselves, with a responder that is good, bad or gone, and a clock that is stepped.
#include <doctest/doctest.h>

#include <thread>

#include "scene.h"

namespace tls::test {
namespace {

using sallyport::Issued;
using sallyport::OcspSpec;
using sallyport::OcspStatus;
using Der = std::vector<std::uint8_t>;
using Kind = StapleEvent::Kind;

TEST_CASE_FIXTURE(Scene, "a staple is fetched, renewed at half of its validity, and not sooner") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  CHECK(staple(*ours).empty());
  CHECK(responder.count() == 0);  // source() asks nobody
  const auto for_40_hours = [&] {
    return answer([&](OcspSpec& s) { s.entries[0].next_update = clock.seconds() + 40 * 3600; });
  };
  const Der first = for_40_hours();
  answers(first);
  const auto next = keeper->refresh();
  CHECK(staple(*ours) == first);
  CHECK(next >= clock.wall() + hours(20));
  CHECK(next <= clock.wall() + hours(22));
  auto events = told.take();
  REQUIRE(kinds(events) == "taken");
  CHECK(events[0].subject == "CN=leaf");
  CHECK(events[0].words == "from " + responder.url());
  CHECK(events[0].until == clock.wall() + hours(40));
  CHECK(events[0].next == next);

  clock.step(hours(19));
  CHECK(keeper->refresh() == next);
  CHECK(responder.count() == 1);
  clock.step(hours(3));
  const Der second = for_40_hours();
  answers(second);
  CHECK(keeper->refresh() >= clock.wall() + hours(20));
  CHECK(responder.count() == 2);
  CHECK(staple(*ours) == second);
  CHECK(kinds(told.take()) == "taken");
  CHECK(responder.asked()[0].target == responder.asked()[1].target);
}

TEST_CASE_FIXTURE(Scene, "a staple of ten years is renewed after a day: a revocation is not a secret for years") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(answer([&](OcspSpec& s) { s.entries[0].next_update = clock.seconds() + 3650LL * 86400; }));
  const auto next = keeper->refresh();
  CHECK(next >= clock.wall() + hours(24));
  CHECK(next <= clock.wall() + hours(24) + hours(24) / 20);
  clock.step(next - clock.wall());
  const Der news = revoked();
  answers(news);
  keeper->refresh();
  CHECK(staple(*ours) == news);
}

TEST_CASE_FIXTURE(Scene, "a bad answer never replaces a good one") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  const Der first = good();
  answers(first);
  keeper->refresh();
  const Der older = answer([&](OcspSpec& s) { s.entries[0].this_update = s.produced_at = clock.seconds() - 3600; });
  told.take();
  clock.step(hours(54));
  const Issued other = leaf_named("other");
  const Issued stranger =
      sallyport::self_signed(sallyport::authority("Test Intermediate"), key(sallyport::KeyType::ecdsa_p256, 7));
  const auto with = [&](auto change) { return [&, change] { return ok(answer(change)); }; };
  const auto text = [](std::string t) { return [t = std::move(t)] { return t; }; };
  const std::pair<std::string, std::function<std::string()>> bad[] = {
      {"older answer", text(ok(older))},
      {"does not know", with([](OcspSpec& s) { s.entries[0].status = OcspStatus::unknown; })},
      {"tryLater", with([](OcspSpec& s) { s.status = 3; })},
      {"other certificates only", with([&](OcspSpec& s) { s.entries[0].subject = &other; })},
      {"is not signed by", with([&](OcspSpec& s) { s.responder = &stranger, s.enclose = false; })},
      {"from the future", with([&](OcspSpec& s) { s.entries[0].this_update = clock.seconds() + 400; })},
      {"too old",
       with([&](OcspSpec& s) { s.entries[0].this_update -= 800, s.entries[0].next_update = clock.seconds() - 400; })},
      {"ends now",
       with([&](OcspSpec& s) { s.entries[0].this_update -= 10, s.entries[0].next_update = clock.seconds(); })},
      {"cannot be read", text(ok("<html>please log in</html>"))},
      {"its answer is empty", text(ok(""))},
      {"HTTP status 500", text("HTTP/1.1 500 Oh\r\n\r\n")},
      {"too large", text(ok(std::string(70'000, '0')))},
      {"redirects to another server", text("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n")},
  };
  for (const auto& [why, make] : bad) {
    INFO(why);
    responder.handle(says(make()));
    const auto next = keeper->refresh();
    CHECK(staple(*ours) == first);
    const auto events = told.take();
    REQUIRE(kinds(events) == "failed");
    INFO(events[0].words);
    CHECK(events[0].words.find(why) != std::string::npos);
    CHECK(events[0].words.find(responder.url()) != std::string::npos);
    CHECK(events[0].next == next);
    CHECK(next > clock.wall());
    CHECK(next <= clock.wall() + minutes(75));
    clock.step(next - clock.wall());
  }
  const Der newer = good();
  answers(newer);
  keeper->refresh();
  CHECK(staple(*ours) == newer);
}

TEST_CASE_FIXTURE(Scene, "an outage: attempts at growing intervals, and the staple goes at its very end") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(good());
  auto next = keeper->refresh();
  const auto end = clock.wall() + hours(96);
  told.take();
  responder.handle([](const Caller&, const Asked&) {});  // closes
  std::vector<Clock::Milliseconds> pauses;
  std::size_t failures = 0;
  while (next < end) {
    CHECK(next > clock.wall());
    clock.step(next - clock.wall());
    CHECK_FALSE(staple(*ours).empty());
    next = keeper->refresh();
    pauses.push_back(next - clock.wall());
    failures += told.take().size();
  }
  CHECK(pauses[0] >= seconds(30));
  CHECK(pauses[0] <= seconds(38));
  for (std::size_t i = 1; i < 7; ++i) CHECK(pauses[i] > pauses[i - 1]);
  CHECK(std::ranges::max(pauses) >= hours(1));
  CHECK(std::ranges::max(pauses) <= minutes(75));
  CHECK(failures == pauses.size());
  CHECK(failures < 100);
  clock.step(end - clock.wall() - std::chrono::milliseconds(1));
  CHECK_FALSE(staple(*ours).empty());
  clock.step(std::chrono::milliseconds(1));
  CHECK(staple(*ours).empty());  // a handshake sees it without anybody's help
  keeper->refresh();
  const auto events = told.take();
  REQUIRE(kinds(events).starts_with("expired"));
  CHECK(events[0].until == std::nullopt);
  // It is back at once when the responder is.
  const Der again = good();
  answers(again);
  for (next = keeper->refresh(); staple(*ours).empty(); next = keeper->refresh()) clock.step(next - clock.wall());
  CHECK(staple(*ours).size() == again.size());
}

TEST_CASE_FIXTURE(Scene,
                  "a revocation replaces the good staple and is stapled; an older good answer does not undo it") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  const Der first = good();
  answers(first);
  keeper->refresh();
  told.take();
  const Der kept = answer(
      [&](OcspSpec& s) { s.entries[0].this_update += 1, s.entries[0].next_update = clock.seconds() + 10 * 86400; });
  clock.step(hours(54));
  const Der news = answer([](OcspSpec& s) { s.entries[0].status = OcspStatus::revoked, s.entries[0].reason = 1; });
  answers(news);
  auto next = keeper->refresh();
  CHECK(staple(*ours) == news);
  auto events = told.take();
  REQUIRE(kinds(events) == "revoked");
  CHECK(events[0].words.find("says so (keyCompromise)") != std::string::npos);
  CHECK(events[0].words.find("replace") != std::string::npos);

  answers(kept);  // somebody on the way has it from before
  clock.step(next - clock.wall());
  next = keeper->refresh();
  CHECK(staple(*ours) == news);
  CHECK(kinds(told.take()) == "failed");
  clock.step(hours(97));  // the revocation's own end
  CHECK(staple(*ours).empty());
  keeper->refresh();
  CHECK(staple(*ours).empty());
  CHECK(kinds(told.take()) == "expired failed");

  // An authority may take back a certificateHold, and says so in a newer answer.
  const Der newer = good();
  answers(newer);
  clock.step(hours(2));
  keeper->refresh();
  CHECK(staple(*ours) == newer);
}

TEST_CASE_FIXTURE(Scene, "a revocation that has ended when it comes is not stapled, but no older good answer counts") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  const Der kept = answer([&](OcspSpec& s) { s.entries[0].next_update = clock.seconds() + 10 * 86400; });
  clock.step(hours(1));
  const Der news = answer([&](OcspSpec& s) {
    s.entries[0].status = OcspStatus::revoked, s.entries[0].next_update = clock.seconds() + 3600;
  });
  clock.step(hours(2));
  answers(kept);
  auto next = keeper->refresh();
  CHECK(staple(*ours) == kept);
  clock.step(next - clock.wall());
  answers(news);
  next = keeper->refresh();
  answers(kept);
  clock.step(next - clock.wall());
  keeper->refresh();
  CHECK(staple(*ours).empty());
  CHECK(kinds(told.take()) == "taken failed failed");
}

TEST_CASE_FIXTURE(Scene,
                  "an answer from the future does not lock out those of a responder whose clock is right again") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(answer([&](OcspSpec& s) {
    s.entries[0].this_update = s.produced_at = clock.seconds() + 365 * 86400;
    s.entries[0].next_update = clock.seconds() + 369 * 86400;
  }));
  const auto next = keeper->refresh();
  CHECK(kinds(told.take()) == "failed");
  clock.step(next - clock.wall());
  const Der der = good();
  answers(der);
  keeper->refresh();
  CHECK(staple(*ours) == der);
}

TEST_CASE_FIXTURE(Scene, "sources for one new leaf that are asked for at a time share what is known of it") {
  subject = leaf_with({responders({responder.url()}), must_staple()});
  const CredentialPtr one = credential_for(subject);
  auto o = options();
  o.listener = [inner = told.listener()](const StapleEvent& event) {
    inner(event);
    std::this_thread::sleep_for(scaled(std::chrono::milliseconds(100)));  // the other one is as far by then
  };
  const auto keeper = start(std::move(o));
  std::vector<std::shared_ptr<const CredentialSource>> made(2);
  {
    std::vector<std::jthread> threads;
    for (auto& place : made) threads.emplace_back([&] { place = *keeper->source({one}); });
  }
  CHECK(kinds(told.take()) == "missing");
  const Der der = good();
  answers(der);
  keeper->refresh();
  CHECK(responder.count() == 1);
  for (const auto& ours : made) CHECK(staple(*ours) == der);
}

TEST_CASE_FIXTURE(Scene, "of two answers of one time the revocation counts, in whatever order they come") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  const Der bad = revoked(), fine = good();
  answers(fine);
  auto next = keeper->refresh();
  CHECK(staple(*ours) == fine);
  answers(bad);
  clock.step(next - clock.wall());
  next = keeper->refresh();
  CHECK(staple(*ours) == bad);
  answers(fine);
  clock.step(next - clock.wall());
  keeper->refresh();
  CHECK(staple(*ours) == bad);
}

TEST_CASE_FIXTURE(Scene, "after an answer, a new one or the same, attempts begin again with the shortest interval") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(good());
  auto next = keeper->refresh();
  for (const bool the_same : {false, true}) {
    const Der last = staple(*ours);
    clock.step(next - clock.wall());
    responder.handle([](const Caller&, const Asked&) {});
    for (int i = 0; i < 5; ++i) {
      next = keeper->refresh();
      clock.step(next - clock.wall());
    }
    answers(the_same ? last : good());
    next = keeper->refresh();
    responder.handle([](const Caller&, const Asked&) {});
    clock.step(next - clock.wall());
    next = keeper->refresh();
    CHECK(next >= clock.wall() + seconds(30));
    CHECK(next <= clock.wall() + seconds(38));
    answers(good());
    clock.step(next - clock.wall());
    next = keeper->refresh();
  }
}

TEST_CASE_FIXTURE(Scene, "of an answer with entries for several certificates the leaf's own counts") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  const Issued other = leaf_named("other");
  const Der der = answer([&](OcspSpec& s) {
    auto entry = s.entries[0];
    entry.subject = &other, entry.status = OcspStatus::revoked, entry.next_update = clock.seconds() + 3600;
    s.entries.insert(s.entries.begin(), entry);
  });
  answers(der);
  keeper->refresh();
  CHECK(staple(*ours) == der);
  const auto events = told.take();
  REQUIRE(kinds(events) == "taken");
  CHECK(events[0].until == clock.wall() + hours(96));
}

TEST_CASE_FIXTURE(Scene, "an answer without nextUpdate counts for ten days, and is renewed after an hour") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(answer([](OcspSpec& s) { s.entries[0].next_update = {}; }));
  const auto next = keeper->refresh();
  CHECK(next >= clock.wall() + hours(1));
  CHECK(next <= clock.wall() + minutes(63));
  CHECK(told.take()[0].until == clock.wall() + hours(240));
  clock.step(hours(240) - std::chrono::milliseconds(1));
  CHECK_FALSE(staple(*ours).empty());
  clock.step(std::chrono::milliseconds(1));
  CHECK(staple(*ours).empty());
}

TEST_CASE_FIXTURE(Scene, "a responder that hands out what it has is asked again, and the same answer is no news") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  const Der first = good();
  answers(first);
  keeper->refresh();
  told.take();
  clock.step(hours(60));
  const auto next = keeper->refresh();
  CHECK(next >= clock.wall() + hours(18));
  CHECK(next <= clock.wall() + hours(19));
  CHECK(told.take().empty());
  CHECK(responder.count() == 2);
  CHECK(staple(*ours) == first);
}

TEST_CASE_FIXTURE(Scene, "the next responder is asked where one fails") {
  FakeResponder second;
  subject = leaf_with({responders({"http://user@bad/", responder.url(), second.url()})});
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential_for(subject)});
  auto events = told.take();
  REQUIRE(kinds(events) == "failed");
  CHECK(events[0].words.find("cannot be asked") != std::string::npos);
  responder.handle(says("HTTP/1.1 500 Oh\r\n\r\n"));
  second.handle(says("HTTP/1.1 501 Ah\r\n\r\n"));
  auto next = keeper->refresh();
  events = told.take();
  REQUIRE(kinds(events) == "failed");
  CHECK(events[0].words.find("500") != std::string::npos);
  CHECK(events[0].words.find("501") != std::string::npos);
  const Der der = good();
  second.handle(says(ok(der)));
  clock.step(next - clock.wall());
  keeper->refresh();
  CHECK(staple(*ours) == der);
  events = told.take();
  REQUIRE(kinds(events) == "taken");
  CHECK(events[0].words == "from " + second.url());
}

TEST_CASE_FIXTURE(Scene, "a leaf that demands a staple and has none is told, at the start and at the end") {
  subject = leaf_with({responders({responder.url()}), must_staple()});
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential_for(subject)});
  CHECK(kinds(told.take()) == "missing");
  answers(good());
  keeper->refresh();
  CHECK(kinds(told.take()) == "taken");
  responder.handle(says("HTTP/1.1 500 Oh\r\n\r\n"));
  clock.step(hours(96));
  keeper->refresh();
  CHECK(kinds(told.take()) == "expired missing failed");
  auto o = options();
  o.fetch = false;
  const auto other = start(std::move(o));
  (void)source(*other, {credential_for(subject)});
  CHECK(kinds(told.take()) == "missing");
}

TEST_CASE_FIXTURE(Scene, "leaves that cannot be asked about are told, and served as they are") {
  const auto keeper = start(options());
  const auto told_of = [&](const CredentialPtr& one) {
    const auto ours = source(*keeper, {one});
    CHECK(chosen(*ours)->chain == one->chain);
    keeper->refresh();
    const auto events = told.take();
    REQUIRE(kinds(events) == "failed");
    CHECK(events[0].next == std::nullopt);
    return events[0].words;
  };
  CHECK(told_of(credential_for(leaf_with({}))).find("names no OCSP responder (authorityInfoAccess)") !=
        std::string::npos);
  CHECK(told_of(credential_for(leaf_with({responders({"https://a.example"})}))).find("but https://a.example") !=
        std::string::npos);
  CHECK(told_of(*load_credential(subject.pem(), subject.key_pem())).find("append the certificate of") !=
        std::string::npos);
  CHECK(responder.count() == 0);
  // RFC 9608: nobody tells of its revocation, and that is all right.
  const auto exempt = source(
      *keeper,
      {credential_for(leaf_with({responders({responder.url()}), {"2.5.29.56", false, sallyport::der::null()}}))});
  CHECK(keeper->refresh() == Clock::Milliseconds::max());
  CHECK(told.take().empty());
  CHECK(responder.count() == 0);
  // One that is broken is refused by choose(), as in a list.
  const auto broken = source(*keeper, {nullptr, std::make_shared<Credential>()});
  CHECK_FALSE(*broken->choose({}));
}

TEST_CASE_FIXTURE(
    Scene,
    "what a credential brings is its first staple: judged, warned of before its end, and renewed by fetching alone") {
  auto o = options();
  o.fetch = false;
  const auto keeper = start(std::move(o));
  const Der der = good();
  const auto ours = source(*keeper, {with_staple(*credential, der)});
  CHECK(staple(*ours) == der);
  auto events = told.take();
  REQUIRE(kinds(events) == "taken");
  CHECK(events[0].next == std::nullopt);
  CHECK(keeper->refresh() == clock.wall() + hours(72));
  CHECK(told.take().empty());
  clock.step(hours(72));
  CHECK(keeper->refresh() == clock.wall() + hours(24));
  events = told.take();
  REQUIRE(kinds(events) == "ending");
  CHECK(events[0].until == clock.wall() + hours(24));
  keeper->refresh();
  CHECK(told.take().empty());  // told before
  clock.step(hours(24));
  CHECK(keeper->refresh() == Clock::Milliseconds::max());
  CHECK(kinds(told.take()) == "expired");
  CHECK(staple(*ours).empty());
  CHECK(responder.count() == 0);

  // Another file is given, and warned of in its turn.
  const auto again = source(*keeper, {with_staple(*credential, good())});
  CHECK_FALSE(staple(*again).empty());
  CHECK(keeper->refresh() == clock.wall() + hours(72));
}

TEST_CASE_FIXTURE(Scene, "a staple that is brought and does not fit, or is out of date, is refused") {
  const Issued other = leaf_named("other");
  const Der wrong = answer([&](OcspSpec& s) { s.entries[0].subject = &other; });
  const Der ended = answer([](OcspSpec& s) {
    s.entries[0].this_update -= 7200, s.entries[0].next_update = s.entries[0].this_update + 3600;
  });
  auto o = options();
  o.fetch = false;
  const auto keeper = start(std::move(o));
  for (const Der& der : {wrong, ended, Der{1, 2, 3}}) {
    const auto made = keeper->source({with_staple(*credential, der)});
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == Code::bad_staple);
  }
  const auto alone = *load_credential(subject.pem(), subject.key_pem());
  CHECK(keeper->source({with_staple(*alone, good())}).error().code() == Code::bad_key_file);
  CHECK(keeper->source({alone}));
  CHECK(told.take().empty());
  // Where responders are asked it is no reason not to serve.
  const auto asking = start(options());
  const auto ours = source(*asking, {with_staple(*credential, ended)});
  CHECK(kinds(told.take()) == "failed");
  CHECK(staple(*ours).empty());
  const Der der = good();
  answers(der);
  asking->refresh();
  CHECK(staple(*ours) == der);
}

TEST_CASE_FIXTURE(Scene,
                  "a source chooses as a list does, under the same identity, and gives each leaf its own staple") {
  const Issued two = leaf_named("two");
  const std::vector<CredentialPtr> both = {credential, credential_for(two)};
  const auto keeper = start(options());
  const auto ours = source(*keeper, both);
  CHECK(ours->identity() == credential_list(both)->identity());
  responder.handle([&](const Caller& caller, const Asked& asked) {
    const bool first = asked.target == responder.asked()[0].target;
    caller.write(ok(answer([&](OcspSpec& s) { s.entries[0].subject = first ? &subject : &two; })));
  });
  keeper->refresh();
  CHECK(kinds(told.take()) == "taken taken");
  CHECK(ours->identity() == credential_list(both)->identity());
  for (const auto& [name, one] : {std::pair{"leaf.example", both[0]}, std::pair{"two.example", both[1]}}) {
    const CredentialPtr given = chosen(*ours, name);
    CHECK(given->chain == one->chain);
    CHECK(read_ocsp_answer(*one, given->ocsp_response, clock.wall()));
    CHECK(chosen(*ours, name) == given);  // no copy for each handshake
  }
}

TEST_CASE_FIXTURE(Scene, "staples pass to a new source, and leaves that no source has are not asked about") {
  const auto keeper = start(options());
  auto old = source(*keeper, {credential});
  const Der der = good();
  answers(der);
  keeper->refresh();
  auto now = source(*keeper, {credential_for(leaf_named("new")), credential});
  CHECK(staple(*now) == der);
  old.reset();
  CHECK(staple(*now) == der);
  now.reset();
  CHECK(keeper->refresh() == Clock::Milliseconds::max());
  clock.step(hours(96));
  keeper->refresh();
  CHECK(responder.count() == 1);
}

TEST_CASE_FIXTURE(Scene, "sources outlive the keeper, and drop what has ended") {
  auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(good());
  keeper->refresh();
  keeper.reset();
  CHECK_FALSE(staple(*ours).empty());
  clock.step(hours(96));
  CHECK(staple(*ours).empty());
}

TEST_CASE_FIXTURE(Scene, "a clock that is set back leads to a new question, not to years of silence") {
  const auto keeper = start(options());
  clock.step(hours(24 * 365));
  const auto ours = source(*keeper, {credential});
  answers(good());
  keeper->refresh();
  clock.step(-hours(24 * 365));
  answers(answer([](OcspSpec&) {}));
  keeper->refresh();
  CHECK(responder.count() == 2);
  const auto next = keeper->refresh();
  CHECK(responder.count() == 2);
  CHECK(next <= clock.wall() + hours(96));
}

TEST_CASE_FIXTURE(Scene, "a listener that throws costs its own news alone") {
  auto o = options();
  o.listener = [](const StapleEvent&) { throw std::runtime_error("no"); };
  const auto keeper = start(std::move(o));
  const auto ours = source(*keeper, {credential});
  const Der der = good();
  answers(der);
  keeper->refresh();
  CHECK(staple(*ours) == der);
}

TEST_CASE_FIXTURE(Scene, "a keeper with a thread works by itself, and a handshake wakes it that finds something due") {
  auto o = options();
  o.own_thread = true;
  const auto keeper = start(std::move(o));
  const Der first = good();
  answers(first);
  const auto ours = source(*keeper, {credential});
  CHECK(within(seconds(10), [&] { return staple(*ours) == first; }));
  clock.step(hours(60));  // the thread sleeps, and does not see it
  const Der second = good();
  answers(second);
  CHECK(within(seconds(10), [&] { return staple(*ours) == second; }));
}

TEST_CASE_FIXTURE(Scene, "a handshake never waits for a responder, nor does the end of the keeper") {
  auto o = options();
  o.own_thread = true;
  o.timeout = scaled(std::chrono::milliseconds(120'000));
  auto keeper = start(std::move(o));
  responder.handle([](const Caller& caller, const Asked&) { caller.hang(); });
  const auto begin = std::chrono::steady_clock::now();
  const auto ours = source(*keeper, {credential});
  REQUIRE(within(seconds(30), [&] { return responder.count() == 1; }));
  for (int i = 0; i < 1000; ++i) CHECK(staple(*ours).empty());
  (void)source(*keeper, {credential});  // nor does a new configuration
  keeper.reset();
  CHECK(std::chrono::steady_clock::now() - begin < scaled(seconds(60)));
}

TEST_CASE_FIXTURE(Scene, "handshakes of several threads while staples change: each sees one that is whole") {
  auto o = options();
  const auto keeper = start(std::move(o));
  const auto ours = source(*keeper, {credential});
  responder.handle([&](const Caller& caller, const Asked&) { caller.write(ok(good())); });
  std::atomic<bool> done{false};
  std::atomic<int> seen{0};
  std::vector<std::jthread> threads;  // last: they use what stands above
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (!done) {
        const auto der = staple(*ours);
        if (der.empty()) continue;
        ++seen;
        if (der[0] != 0x30) done = true;
      }
    });
  for (int i = 0; i < 30; ++i) {
    keeper->refresh();
    clock.step(hours(60));
  }
  CHECK(within(seconds(10), [&] { return seen > 0; }));
  CHECK_FALSE(done.exchange(true));
}

}  // namespace
}  // namespace tls::test
