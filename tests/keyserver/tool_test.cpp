// sallyport keyserver, and the tool's server and client with keys of it.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>

#include "keyserver/child.h"
#include "keyserver/running.h"
#include "pki/key_file.h"
#include "support/memory_scan.h"

using namespace tls::test;

namespace {

/// A PKI, and a key server with a server's and a client's key.
struct FarPlace : Place {
  KeyServerProcess keys;
  explicit FarPlace(const Words& more = {}) : keys(folder.path(), words(more)) {}
  Words words(const Words& more) const {
    Words out = {"--key", "web=" + folder.path("ecdsa-p256-key.pem"), "--client-key",
                 "client=" + folder.path("client-key.pem")};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  [[nodiscard]] Words far(const std::string& leaf, const std::string& name) const {
    return {"--cert", folder.path(leaf + "-chain.pem"), "--key", "keyserver:" + keys.path() + "#" + name};
  }
};

#ifdef SALLYPORT_SCANS_MEMORY
/// The private number of an ECDSA key on P-256, most significant byte first (RFC 5915 §3).
std::string private_number(const std::string& pem) {
  const auto block = tls::pki::load_private_key(pem);
  REQUIRE(block);
  const std::string der(tls::as_text(block->der));
  const std::string before = {2, 1, 1, 4, 32};  // ecPrivkeyVer1, and an OCTET STRING of 32 bytes
  const std::size_t at = der.find(before);
  REQUIRE(at != std::string::npos);
  return der.substr(at + before.size(), 32);
}

/// Whether a process has these bytes, in either order, in memory that it can write. Nothing: it lets nobody look.
std::optional<bool> has_in_memory(pid_t pid, const std::string& number) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream memory(folder + "/mem", std::ios::binary);
  std::istringstream maps(slurp(folder + "/maps"));
  if (!memory || maps.str().empty()) return std::nullopt;
  const std::string turned(number.rbegin(), number.rend());
  for (std::string line; std::getline(maps, line);) {
    std::size_t begin = 0, end = 0;
    char mode[5] = {};
    if (std::sscanf(line.c_str(), "%zx-%zx %4s", &begin, &end, mode) != 3 || mode[1] != 'w') continue;
    std::string piece(end - begin, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(memory.gcount()));
    if (piece.find(number) != std::string::npos || piece.find(turned) != std::string::npos) return true;
  }
  return false;
}
#endif

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("tool: server and client with keys of a key server, both versions") {
  const TemporaryFolder logs;
  const FarPlace place({"--audit", logs.path("audit")});
  const RunningServer server(place.far("ecdsa-p256", "web") +
                             Words{"--verify-client", "require", "--client-ca", place.root()});
  for (const std::string version : {"1.2", "1.3"}) {
    const Ran ran =
        place.connect(server, place.far("client", "client") + Words{"--ca", place.root(), "--get", "/", "--max-version",
                                                                    version, "--min-version", version});
    CHECK_MESSAGE(ran.status == 0, ran.err);
    const std::string lines = slurp(logs.path("audit"));
    CHECK(has(lines, "key=web role=server version=" + version));
    CHECK(has(lines, "key=client role=client version=" + version));
  }
  CHECK(has(slurp(logs.path("audit")), "pid=" + std::to_string(server.pid()) + " key=web"));
  CHECK_FALSE(has(slurp("/proc/" + std::to_string(server.pid()) + "/cmdline"), "-key.pem"));
}

TEST_CASE("tool: a key that is not that of the certificate, or not there, is told at the start") {
  const FarPlace place;
  const auto run = [&](const Words& credential) {
    return run_tool(Words{"server", "--listen", "127.0.0.1:0"} + credential);
  };
  const Ran wrong = run(place.far("ecdsa-p384", "web"));
  CHECK(wrong.status == 2);
  CHECK(has(wrong.err, "P-384"));
  const Ran role =
      run({"--cert", place.folder.path("ecdsa-p256-chain.pem"), "--key", "keyserver:" + place.keys.path() + "#client"});
  CHECK(role.status == 2);
  CHECK(has(role.err, "not for servers"));
  const Ran none = run(place.far("ecdsa-p256", "nothing"));
  CHECK(none.status == 2);
  CHECK(has(none.err, "no such key"));
  const Ran words =
      run({"--cert", place.folder.path("ecdsa-p256-chain.pem"), "--key", "keyserver:" + place.keys.path()});
  CHECK(words.status == 1);
  CHECK(has(words.err, "keyserver:PATH#NAME"));
}

TEST_CASE("tool: another key of the same kind is not that of the certificate") {
  const Place place;
  const Place other;
  KeyServerProcess keys(place.folder.path(), {"--key", "web=" + other.folder.path("ecdsa-p256-key.pem")});
  const Ran ran = run_tool({"server", "--listen", "127.0.0.1:0", "--cert", place.folder.path("ecdsa-p256-chain.pem"),
                            "--key", "keyserver:" + keys.path() + "#web"});
  CHECK(ran.status == 2);
  CHECK(has(ran.err, "not that of the leaf"));
}

TEST_CASE("tool: a key server's keys are encrypted, and their passwords are in files or in the environment") {
  const Place place;
  const auto encrypted = [&](const std::string& name, const std::string& password) {
    const std::string out = place.folder.path(name + ".enc");
    const std::string command = "openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:" + password + " -in '" +
                                place.folder.path(name + "-key.pem") + "' -out '" + out + "' 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
    return out;
  };
  const Words two = {"--key", "web=" + encrypted("ecdsa-p256", "one"), "--client-key",
                     "client=" + encrypted("client", "two")};
  const std::string one = place.folder.file("one", "one\n"), other = place.folder.file("other", "two\n");
  const auto starts = [&](const Words& passwords) {
    return run_tool(Words{"keyserver", "--listen", place.folder.path("none/keys")} + two + passwords).err;
  };
  CHECK(has(starts({"--key-password-file", one}), "client.enc"));  // of the second key it is wrong
  CHECK(has(starts({"--key-password-file", other, "--key-password-file", one}), "ecdsa-p256.enc"));
  CHECK(has(starts({"--key-password-env", "SALLYPORT_NO_SUCH"}), "no environment variable 'SALLYPORT_NO_SUCH'"));
  CHECK(has(starts({"--key-password-file", one, "--key-password-env", "X"}), "do not go together"));
  CHECK(has(starts({}), "--key-password-file FILE or --key-password-env NAME"));

  const KeyServerProcess keys(place.folder.path(),
                              two + Words{"--key-password-file", one, "--key-password-file", other});
  const auto far = [&](const std::string& leaf, const std::string& name) {
    return Words{"--cert", place.folder.path(leaf + "-chain.pem"), "--key", "keyserver:" + keys.path() + "#" + name};
  };
  const RunningServer server(far("ecdsa-p256", "web") +
                             Words{"--verify-client", "require", "--client-ca", place.root()});
  CHECK(place.connect(server, far("client", "client") + Words{"--ca", place.root(), "--get", "/"}).status == 0);
}

TEST_CASE("tool: SIGTERM and SIGINT end a key server in order, and its socket goes") {
  for (const int signal : {SIGTERM, SIGINT}) {
    FarPlace place;
    struct stat is{};
    CHECK(::lstat(place.keys.path().c_str(), &is) == 0);
    CHECK((is.st_mode & 07777) == 0660);
    CHECK(place.keys.end(signal) == 0);
    CHECK(::lstat(place.keys.path().c_str(), &is) != 0);
  }
}

TEST_CASE("tool: the audit file is private, is appended to, and opened anew on SIGHUP") {
  const TemporaryFolder logs;
  const std::string audit = logs.path("audit");
  const FarPlace place({"--audit", audit});
  const auto serve_once = [&] {
    const RunningServer server(place.far("ecdsa-p256", "web"));  // its start is a signature
  };
  serve_once();
  struct stat is{};
  REQUIRE(::stat(audit.c_str(), &is) == 0);
  CHECK((is.st_mode & 07777) == 0600);
  const std::string first = slurp(audit);
  CHECK(has(first, "verdict=signed"));
  REQUIRE(::rename(audit.c_str(), logs.path("old").c_str()) == 0);
  serve_once();
  CHECK(slurp(logs.path("old")).size() > first.size());
  place.keys.signal(SIGHUP);
  CHECK(within(std::chrono::milliseconds(20'000), [&] {
    serve_once();
    return has(slurp(audit), "verdict=signed");
  }));
}

TEST_CASE("tool: an audit line that is cut short is marked so, and the next one begins anew") {
  const TemporaryFolder logs;
  const std::string audit = logs.path("audit");
  const FarPlace place({"--audit", audit});
  REQUIRE(ask(place.keys.path(), parts13()) == "signature");
  const std::string first = slurp(audit);
  const auto room_for = [&](rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    return ::prlimit(place.keys.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0;
  };
  if (!room_for(2 * first.size() - 1)) {  // all but the line's end
    MESSAGE("skipped: only root may limit the files of a key server");
    return;
  }
  CHECK(ask(place.keys.path(), parts13()) == "audit");
  CHECK(ask(place.keys.path(), parts13()) == "audit");  // not a byte more
  REQUIRE(room_for(RLIM_INFINITY));
  CHECK(ask(place.keys.path(), parts13()) == "signature");
  std::istringstream all(slurp(audit));
  std::vector<std::string> lines;
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].ends_with("verdict=signed"));
  CHECK(lines[1].ends_with("verdict=signed (cut short: not kept)"));
  CHECK(lines[2].ends_with("verdict=signed"));
  CHECK(lines[2].size() == lines[0].size());
}

TEST_CASE("tool: a key server refuses options that cannot be, in one line") {
  const Place place;
  const std::string key = "web=" + place.folder.path("ecdsa-p256-key.pem"), path = place.folder.path("keys");
  struct Row {
    Words options;
    int status;
    const char* words;
  };
  const Row rows[] = {
      {{}, 1, "needs --key NAME=FILE"},
      {{"--key", "web"}, 1, "it is NAME=FILE"},
      {{"--key", "=file"}, 1, "it is NAME=FILE"},
      {{"--key", "web=/no/such/file"}, 2, "/no/such/file"},
      {{"--key", "web=" + place.folder.path("ecdsa-p256-chain.pem")}, 2, "ecdsa-p256-chain.pem"},
      {{"--key", key, "--key", key}, 1, "two keys"},
      {{"--key", key, "--allow", "no-such-user:web"}, 1, "no user 'no-such-user'"},
      {{"--key", key, "--allow", "@no-such-group"}, 1, "no group 'no-such-group'"},
      {{"--key", key, "--allow", "@"}, 1, "USER[:NAME,...]"},
      {{"--key", key, "--allow", "0:web,"}, 1, "name is empty"},
      {{"--key", key, "--allow", "0:other"}, 1, "none of that name"},
      {{"--key", key, "--mode", "0999"}, 1, "octal"},
      {{"--key", key, "--mode", "1777"}, 1, "octal"},
      {{"--key", key, "--audit", "/no/such/folder/audit"}, 2, "/no/such/folder/audit"},
  };
  for (const Row& row : rows) {
    const Ran ran = run_tool(Words{"keyserver", "--listen", path} + row.options);
    CAPTURE(ran.err);
    CHECK(ran.status == row.status);
    CHECK(has(ran.err, row.words));
  }
}

TEST_CASE("tool: who may call which key") {
  const Place place;
  const std::string me = std::to_string(::geteuid());
  const std::string key = place.folder.path("ecdsa-p256-key.pem");
  const auto starts = [&](const Words& allow) {
    KeyServerProcess keys(place.folder.path(), Words{"--key", "web=" + key, "--key", "other=" + key} + allow);
    const Ran ran = run_tool({"server", "--listen", "127.0.0.1:0", "--cert", place.folder.path("rsa-2048-chain.pem"),
                              "--key", "keyserver:" + keys.path() + "#web"});
    return has(ran.err, "they do not belong together");  // the key was described
  };
  CHECK(starts({}));
  CHECK(starts({"--allow", me}));
  CHECK(starts({"--allow", me + ":other,web"}));
  CHECK(starts({"--allow", "@" + std::to_string(::getegid()) + ":web"}));
  CHECK_FALSE(starts({"--allow", me + ":other"}));
  CHECK_FALSE(starts({"--allow", "54321:web"}));
}

TEST_CASE("tool: a key file that others can read is told") {
  const Place place;
  const std::string key = place.folder.path("ecdsa-p256-key.pem");
  REQUIRE(::chmod(key.c_str(), 0644) == 0);
  const KeyServerProcess keys(place.folder.path(), {"--key", "web=" + key});
  CHECK(has(keys.errors(), "open to other users"));
}

#ifdef SALLYPORT_SCANS_MEMORY
TEST_CASE("tool: the private key is in the key server's memory, and not in the server's") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: a key server lets nobody but root look into its memory");
    return;
  }
  const FarPlace place;
  const RunningServer server(place.far("ecdsa-p256", "web"));
  CHECK(place.connect(server, {"--ca", place.root(), "--get", "/"}).status == 0);
  const std::string number = private_number(slurp(place.folder.path("ecdsa-p256-key.pem")));
  const auto there = has_in_memory(place.keys.pid(), number), here = has_in_memory(server.pid(), number);
  if (!there || !here) {
    MESSAGE("skipped: the system lets nobody look into another process");
    return;
  }
  CHECK(*there);
  CHECK_FALSE(*here);
}
#endif
