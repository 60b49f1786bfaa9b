// Many leaves and many responders, some of them made to hurt: what one costs the others, the end of the keeper, a log.
#include <doctest/doctest.h>

#include <condition_variable>
#include <thread>

#include "scene.h"

namespace tls::test {
namespace {

using std::chrono::milliseconds;

TEST_CASE_FIXTURE(Scene, "the end of the keeper waits for one name that is being resolved, and for no other") {
  std::mutex mutex;
  std::condition_variable changed;
  int resolved = 0;
  auto o = options();
  o.own_thread = true;
  o.resolve = [&](std::string_view, std::string_view) -> Result<std::vector<std::string>> {
    std::unique_lock lock(mutex);
    ++resolved;
    changed.notify_all();
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
  }
  keeper.reset();
  CHECK(resolved == 1);
}

}  // namespace
}  // namespace tls::test
