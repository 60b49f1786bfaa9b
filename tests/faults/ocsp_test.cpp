// A keeper of staples without memory: what it cannot do it does later, and what it has stays.
#include <doctest/doctest.h>

#include <filesystem>

#include "ocsp/scene.h"
#include "support/faults.h"

using namespace tls;
using namespace tls::test;

TEST_CASE_FIXTURE(Scene, "every allocation of a keeper of staples fails once: start, source, refresh") {
  // The responder refuses: its thread would take memory, too.
  subject = leaf_with({responders({"http://127.0.0.1:1/", "http://user@host/"})});
  const auto der = good();
  const auto brings = with_staple(*credential_for(subject), der);
  const std::size_t failed = exhaust_memory([&](std::size_t n) -> bool {
    CAPTURE(n);
    std::filesystem::remove_all(folder.path("staples"));
    auto o = options();
    o.cache_dir = folder.path("staples");
    o.listener = [](const StapleEvent&) {};
    Result<std::unique_ptr<StapleKeeper>> keeper = std::unexpected(Error(Code::internal_error));
    CHECK(goes_well([&] { keeper = StapleKeeper::start(std::move(o)); }));
    if (!keeper) {
      CHECK(keeper.error().code() == Code::out_of_memory);
      return true;
    }
    Result<std::shared_ptr<const CredentialSource>> ours = std::unexpected(Error(Code::internal_error));
    std::vector<CredentialPtr> list = {brings};
    CHECK(goes_well([&] { ours = (*keeper)->source(std::move(list)); }));
    if (!ours) {
      CHECK(ours.error().code() == Code::out_of_memory);
      return true;
    }
    clock.step(hours(60));
    CHECK(goes_well([&] { (*keeper)->refresh(); }));
    clock.step(-hours(60));
    const bool fired = Faults::fired();
    Faults::plan(0);
    // What was missed is made good.
    CHECK((*keeper)->refresh() < clock.wall() + hours(96));
    if (!fired) CHECK(staple(**ours) == der);
    if (fired && !staple(**ours).empty()) CHECK(staple(**ours) == der);
    return fired;
  });
  CHECK(failed > 50);
}
