// Answers that outlive a process: judged when they are read as if a responder had sent them.
#include <doctest/doctest.h>

#include "ocsp_folder.h"
#include "scene.h"

namespace tls::test {
namespace {

using sallyport::Issued;
using sallyport::OcspSpec;
using Der = std::vector<std::uint8_t>;

struct WithFolder : Scene {
  [[nodiscard]] StapleOptions options() {
    StapleOptions o = Scene::options();
    o.cache_dir = folder.path("staples");
    return o;
  }
  [[nodiscard]] std::string file_of(const CredentialPtr& one) const {
    return folder.path("staples") + "/" + ocsp::Folder::name_for(ocsp_question(*one)->request);
  }
  void fetch(const Der& der) {
    answers(der);
    const auto keeper = start(options());
    const auto ours = source(*keeper, {credential});
    keeper->refresh();
    CHECK(staple(*ours) == der);
    CHECK(std::filesystem::exists(file_of(credential)));
    told.take();
  }
};

TEST_CASE_FIXTURE(WithFolder, "a restart has the staple at once, and asks when it would have asked") {
  const Der der = good();
  fetch(der);
  clock.step(hours(1));
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  CHECK(staple(*ours) == der);
  const auto events = told.take();
  REQUIRE(kinds(events) == "taken");
  CHECK(events[0].words == "from the folder");
  const auto next = keeper->refresh();
  CHECK(responder.count() == 1);
  CHECK(next >= clock.wall() + hours(23));
  clock.step(next - clock.wall());
  const Der newer = good();
  answers(newer);
  keeper->refresh();
  CHECK(staple(*ours) == newer);
  const auto again = start(options());
  CHECK(staple(*source(*again, {credential})) == newer);
}

TEST_CASE_FIXTURE(WithFolder, "what is past its half on disk is renewed at once: an outage may be over") {
  const Der der = good();
  fetch(der);
  clock.step(hours(60));
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  CHECK(staple(*ours) == der);
  const Der newer = good();
  answers(newer);
  keeper->refresh();
  CHECK(staple(*ours) == newer);
}

TEST_CASE_FIXTURE(WithFolder, "what is on disk is judged: ended, of another leaf, changed, cut, garbage") {
  const Der der = good();
  fetch(der);
  const Issued other = leaf_named("other");
  const Der wrong = answer([&](OcspSpec& s) { s.entries[0].subject = &other; });
  Der changed = der;
  changed[changed.size() / 2] ^= 1;
  const auto with = [&](const Der& content) {
    std::ofstream(file_of(credential), std::ios::binary) << as_text(content);
    const auto keeper = start(options());
    const auto ours = source(*keeper, {credential});
    CHECK(staple(*ours).empty());
    const auto events = told.take();
    REQUIRE(kinds(events) == "cache");
    CHECK(events[0].words.find("what the folder holds is not used") != std::string::npos);
    answers(der);
    keeper->refresh();
    CHECK(staple(*ours) == der);
    CHECK(**ocsp::Folder::open(folder.path("staples"))
                ->read(ocsp::Folder::name_for(ocsp_question(*credential)->request)) == der);
    told.take();
  };
  for (const Der& bad : {wrong, changed, Der(der.begin(), der.end() - 1), Der{}, Der(100, 0x30)}) with(bad);
  clock.step(hours(96));
  const auto keeper = start(options());
  CHECK(staple(*source(*keeper, {credential})).empty());
  CHECK(kinds(told.take()) == "cache");
}

TEST_CASE_FIXTURE(WithFolder, "a revocation outlives a restart, too, and an older good answer does not undo it") {
  const Der old = answer([&](OcspSpec& s) { s.entries[0].this_update -= 60; });
  fetch(revoked());
  const auto keeper = start(options());
  const auto ours = source(*keeper, {with_staple(*credential, old)});
  CHECK(kinds(told.take()) == "taken revoked");
  CHECK(read_ocsp_answer(*credential, staple(*ours), clock.wall())->revoked);
}

TEST_CASE_FIXTURE(WithFolder, "a revocation is remembered across a restart when its answer has ended meanwhile") {
  // Somebody on the way has kept a good answer from before, which is in date for longer.
  const Der kept = answer([&](OcspSpec& s) { s.entries[0].next_update = clock.seconds() + 10 * 86400; });
  clock.step(hours(1));
  const Der news = revoked();
  fetch(news);
  clock.step(hours(97));
  {  // nor does a file that somebody goes on giving
    const auto keeper = start(options());
    CHECK(staple(*source(*keeper, {with_staple(*credential, kept)})).empty());
    CHECK(kinds(told.take()) == "taken cache");
  }
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  CHECK(staple(*ours).empty());
  CHECK(kinds(told.take()) == "cache");
  answers(kept);
  auto next = keeper->refresh();
  CHECK(staple(*ours).empty());
  CHECK(kinds(told.take()) == "failed");
  // At the very time of the revocation, too; what is newer counts.
  const auto back = clock.wall();
  clock.step(hours(-97));
  const Der same_time = answer([&](OcspSpec& s) { s.entries[0].next_update = clock.seconds() + 10 * 86400; });
  clock.step(back - clock.wall());
  answers(same_time);
  clock.step(next - clock.wall());
  next = keeper->refresh();
  CHECK(staple(*ours).empty());
  const Der newer = good();
  answers(newer);
  clock.step(next - clock.wall());
  keeper->refresh();
  CHECK(staple(*ours) == newer);
}

TEST_CASE_FIXTURE(WithFolder, "a revocation in the folder is remembered where the clock was set back behind it") {
  const Der kept = answer([&](OcspSpec& s) { s.entries[0].next_update = clock.seconds() + 10 * 86400; });
  clock.step(hours(48));
  fetch(revoked());
  clock.step(hours(-47));
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  CHECK(kinds(told.take()) == "cache");
  answers(kept);
  keeper->refresh();
  CHECK(staple(*ours).empty());
  CHECK(kinds(told.take()) == "failed");
}

TEST_CASE_FIXTURE(WithFolder,
                  "what is no answer about the leaf makes nothing older, in the folder or from a responder") {
  const Issued other = leaf_named("other");
  const Der der = good();
  clock.step(hours(1));
  const Der wrong = answer([&](OcspSpec& s) {
    s.entries[0].subject = &other, s.entries[0].status = sallyport::OcspStatus::revoked;
    s.entries[0].next_update = clock.seconds() + 1;
  });
  clock.step(hours(1));
  {
    const auto keeper = start(options());
  }
  std::ofstream(file_of(credential), std::ios::binary) << as_text(wrong);
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  answers(wrong);
  const auto next = keeper->refresh();
  clock.step(next - clock.wall());
  answers(der);
  keeper->refresh();
  CHECK(staple(*ours) == der);
}

TEST_CASE_FIXTURE(WithFolder,
                  "of the folder's and what the credential brings the newer counts, without a word about the other") {
  const Der der = good();
  fetch(der);
  const Der older = answer([&](OcspSpec& s) { s.entries[0].this_update -= 60; });
  clock.step(seconds(60));
  const Der newer = good();
  const auto first = start(options());
  CHECK(staple(*source(*first, {with_staple(*credential, newer)})) == newer);
  CHECK(kinds(told.take()) == "taken");
  const auto second = start(options());
  CHECK(staple(*source(*second, {with_staple(*credential, older)})) == der);
  CHECK(kinds(told.take()) == "taken taken");
}

TEST_CASE_FIXTURE(WithFolder, "a folder that does not work is told, and costs what it holds alone") {
  const auto keeper = start(options());
  const auto ours = source(*keeper, {credential});
  std::filesystem::remove_all(folder.path("staples"));
  const Der der = good();
  answers(der);
  keeper->refresh();
  CHECK(staple(*ours) == der);
  CHECK(kinds(told.take()) == "cache taken");
  auto o = options();
  o.cache_dir = folder.file("file", "x");
  const auto refused = StapleKeeper::start(std::move(o));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::bad_config);
}

}  // namespace
}  // namespace tls::test
