#include "tls/adapters/session_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "session/client_sessions.h"
#include "session_file_format.h"
#include "support/stepped_clock.h"

namespace tls::test {
namespace {

namespace fs = std::filesystem;
constexpr milliseconds kNow{1'782'864'000'000};
constexpr auto k12 = ProtocolVersion::tls12, k13 = ProtocolVersion::tls13;

/// A folder of its own, and a store in it that remembers its warnings.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "sallyport-sessions-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    path = folder / "sessions";
  }
  ~Folder() { fs::remove_all(folder); }
  std::shared_ptr<ClientSessionStore> store(ClientSessionLimits limits = {.sessions = 256, .per_key = 4},
                                            const Clock& clock = system_clock()) {
    const auto warn = [this](std::string_view w) { warnings.emplace_back(w); };
    return file_client_sessions(path, warn, limits, std::chrono::seconds(1), clock);
  }
  std::string text() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path, std::ios::binary) << text;
    REQUIRE(chmod(path.c_str(), mode) == 0);
  }
  mode_t mode() const {
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 07777u;
  }

  fs::path folder, path;
  std::vector<std::string> warnings;
  SessionKey key = session_key("example.com");
};

TEST_CASE_FIXTURE(Folder, "sessions outlive the store; those for a single use are given once, to one of its readers") {
  store()->put(key, client_session(1, k12, kNow));
  store()->put(key, client_session(2, k13, kNow));
  CHECK(mode() == 0600);
  CHECK(text().starts_with("sallyport sessions 1\nexample.com 443 00000000000000000000000000000000 1782871200000 "));
  CHECK(seed_of(store()->take(key, kNow)) == 2);
  CHECK(seed_of(store()->take(key, kNow)) == 1);
  CHECK(seed_of(store()->take(key, kNow)) == 1);
  CHECK_FALSE(store()->take(session_key("example.org"), kNow));
  CHECK_FALSE(store()->take(session_key("example.com", 443, 1), kNow));
  CHECK_FALSE(store()->take(key, kNow + hours(2)));
  CHECK_FALSE(store()->take(key, kNow));  // gone for good
  CHECK(warnings.empty());
}

TEST_CASE_FIXTURE(Folder, "what is wrong with a file is told once, not at every look") {
  write("somebody else's");
  const auto same = store();
  for (int i = 0; i < 5; ++i) {
    CHECK_FALSE(same->take(key, kNow));
    same->put(key, client_session(1, k12, kNow));
  }
  CHECK(warnings.size() == 1);
  CHECK(text() == "somebody else's");
}

TEST_CASE_FIXTURE(Folder, "remove() forgets one key; nothing is made where there is nothing to keep") {
  CHECK_FALSE(store()->take(key, kNow));
  store()->remove(key);
  CHECK(fs::is_empty(folder));
  store()->put(key, client_session(1, k12, kNow));
  store()->put(session_key("other"), client_session(2, k12, kNow));
  store()->remove(key);
  CHECK_FALSE(store()->take(key, kNow));
  CHECK(seed_of(store()->take(session_key("other"), kNow)) == 2);
}

TEST_CASE_FIXTURE(Folder, "both limits hold, and the oldest go first") {
  const auto small = store({.sessions = 3, .per_key = 2});
  for (const unsigned seed : {1u, 2u, 3u}) small->put(key, client_session(seed, k13, kNow));
  for (const unsigned seed : {4u, 5u}) small->put(session_key("b"), client_session(seed, k13, kNow));
  CHECK(seed_of(small->take(key, kNow)) == 3);
  CHECK_FALSE(small->take(key, kNow));
  CHECK(seed_of(small->take(session_key("b"), kNow)) == 5);
  CHECK(seed_of(small->take(session_key("b"), kNow)) == 4);
}

TEST_CASE_FIXTURE(Folder, "a damaged file is ignored with a warning, and replaced") {
  store()->put(key, client_session(1, k12, kNow));
  const std::string good = text();
  for (std::size_t n = 1; n + 1 < good.size(); ++n) {
    if (n == std::string_view(session_file::kHeader).size()) continue;  // a file without sessions
    warnings.clear();
    write(good.substr(0, n));
    CHECK_FALSE(store()->take(key, kNow));
    CHECK(warnings.size() == 1);
  }
  write(std::string(good).append("x y z\n"));
  CHECK_FALSE(store()->take(key, kNow));
  store()->put(key, client_session(7, k12, kNow));
  CHECK(seed_of(store()->take(key, kNow)) == 7);
  // A line that is one, with a session that is none.
  write(std::string(session_file::kHeader) + "example.com 443 00000000000000000000000000000000 99 AAAA\n");
  warnings.clear();
  CHECK_FALSE(store()->take(key, kNow));
  CHECK(warnings.size() == 1);
  CHECK(text() == session_file::kHeader);
}

TEST_CASE_FIXTURE(Folder, "a file that is not one of sessions is neither believed nor overwritten") {
  write("-----BEGIN PRIVATE KEY-----\n");
  store()->put(key, client_session(1, k12, kNow));
  CHECK_FALSE(store()->take(key, kNow));
  store()->remove(key);
  CHECK(warnings.size() == 3);
  CHECK(text() == "-----BEGIN PRIVATE KEY-----\n");

  fs::remove(path);
  fs::create_symlink(folder / "elsewhere", path);
  store()->put(key, client_session(1, k12, kNow));
  CHECK_FALSE(fs::exists(folder / "elsewhere"));
  CHECK(fs::is_symlink(path));
  fs::remove(path);
  fs::create_directory(path);
  store()->put(key, client_session(1, k12, kNow));
  CHECK_FALSE(store()->take(key, kNow));
  CHECK(warnings.size() == 6);
}

TEST_CASE_FIXTURE(Folder, "a file that others may read is ignored with a warning, and replaced by one they may not") {
  store()->put(key, client_session(1, k12, kNow));
  for (const mode_t open_to : {0640u, 0604u, 0620u, 0601u}) {
    warnings.clear();
    REQUIRE(chmod(path.c_str(), open_to) == 0);
    CHECK_FALSE(store()->take(key, kNow));
    CHECK(warnings.size() == 1);
  }
  store()->put(key, client_session(2, k12, kNow));
  CHECK(mode() == 0600);
  CHECK(seed_of(store()->take(key, kNow)) == 2);
}

TEST_CASE_FIXTURE(Folder, "size: a file at the limit is read, one above it is not") {
  const std::string name(1000, 'n');
  std::string big(session_file::kHeader);
  const std::string end = " 443 00000000000000000000000000000000 99 AAAA\n";
  while (big.size() + 3000 < session_file::kMaxFile) big += name + end;
  store()->put(key, client_session(1, k12, kNow));
  const std::string ours = text().substr(session_file::kHeader.size());
  big += ours;
  big += std::string(session_file::kMaxFile - big.size() - end.size(), 'n') + end;
  REQUIRE(big.size() == session_file::kMaxFile);
  write(big);
  CHECK(seed_of(store()->take(key, kNow)) == 1);
  big.insert(session_file::kHeader.size(), 1, 'n');
  write(big);
  CHECK_FALSE(store()->take(key, kNow));
  CHECK(warnings.size() == 1);
}

TEST_CASE_FIXTURE(Folder, "names that a line cannot hold are not kept") {
  for (const char* name : {"", "a b", "a\nb", "\xC3\xA4"})
    store()->put(session_key(name), client_session(1, k12, kNow));
  CHECK(warnings.size() == 4);
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE_FIXTURE(Folder, "processes that share a file lose nothing and give nothing twice") {
  constexpr int kProcesses = 4, kEach = 20;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      // Long turns: on a busy machine the others may have the file for more than a second.
      const auto mine = file_client_sessions(path, {}, {.sessions = 1000, .per_key = 1000}, std::chrono::seconds(60));
      for (int i = 0; i < kEach; ++i) mine->put(key, client_session(static_cast<unsigned>(p) + 1, k13, kNow));
      int taken = 0;
      for (int i = 0; i < kEach / 2; ++i) taken += mine->take(key, kNow) ? 1 : 0;
      _exit(taken);
    }
    children.push_back(child);
  }
  int taken = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    taken += WEXITSTATUS(status);
  }
  while (store()->take(key, kNow)) ++taken;
  CHECK(taken == kProcesses * kEach);
}

TEST_CASE_FIXTURE(Folder, "a process that keeps the lock costs the others a second and a warning, nothing else") {
  store()->put(key, client_session(1, k12, kNow));
  const int fd = ::open((path.string() + ".lock").c_str(), O_RDWR);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  HastyClock clock(milliseconds(100));
  const auto before = clock.monotonic();
  CHECK_FALSE(store({.sessions = 256, .per_key = 4}, clock)->take(key, kNow));
  CHECK(clock.monotonic() - before > seconds(1));
  CHECK(clock.monotonic() - before < seconds(2));  // and a little for each look at the clock
  CHECK(warnings.size() == 1);
  ::close(fd);
  CHECK(seed_of(store()->take(key, kNow)) == 1);
}

}  // namespace
}  // namespace tls::test
