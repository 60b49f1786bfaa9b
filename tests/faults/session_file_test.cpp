// A client's session file without memory: the file is the old one or the new one, and a single-use session comes once.
#include "tls/adapters/session_file.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "session/client_sessions.h"
#include "support/faults.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr Clock::Milliseconds kNow(1'782'864'000'000);

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("every allocation of a session file fails once: put, take and remove") {
  for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    CAPTURE(static_cast<int>(version));
    const Folder folder;
    const std::string path = folder.path / "sessions";
    const std::size_t failed = exhaust_memory([&](std::size_t n) {
      CAPTURE(n);
      std::filesystem::remove(path);
      const auto store = file_client_sessions(path);
      const SessionKey a = session_key("a.example"), b = session_key("b.example");
      {
        Faults::plan(0);
        store->put(a, client_session(1, version, kNow));
        Faults::plan(n);
      }
      auto session = client_session(2, version, kNow);
      const bool kept = goes_well([&] { store->put(b, std::move(session)); });
      std::optional<ClientSession> taken;
      const bool took = goes_well([&] { taken = store->take(a, kNow); });
      const bool removed = goes_well([&] { store->remove(b); });
      const bool fired = Faults::fired();
      Faults::plan(0);
      CHECK((kept && took && removed) == !fired);
      if (took) CHECK(seed_of(taken) == 1);
      // Another process finds what there is, whole.
      const auto again = file_client_sessions(path, [](std::string_view words) { FAIL_CHECK(words); });
      if (kept && !removed) CHECK(seed_of(again->take(b, kNow)) == 2);
      if (removed) CHECK_FALSE(again->take(b, kNow));
      const auto left = again->take(a, kNow);
      if (took && version == ProtocolVersion::tls13) CHECK_FALSE(left);
      if (version == ProtocolVersion::tls12) CHECK(seed_of(left) == 1);
      again->put(b, client_session(3, version, kNow));
      CHECK(seed_of(again->take(b, kNow)) == 3);
      return fired;
    });
    CHECK(failed > 20);
    MESSAGE(failed << " allocations failed");
  }
}
