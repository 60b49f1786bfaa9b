// What a server reloads: which files, when they have changed, and what becomes of a bad one.
#include "cli/serve/reload.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/command.h"
#include "cli/serve/watch.h"
#include "cli/tls_options.h"
#include "crypto/provider.h"
#include "factory/certificates.h"
#include "pki/certificate.h"
#include "support/hex.h"
#include "tools/guest.h"

using namespace tls::test;
using namespace sallyport::cli;
namespace fs = std::filesystem;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
/// Written beside and renamed over.
void replace(const std::string& path, const std::string& text) {
  write(path + ".new", text);
  fs::rename(path + ".new", path);
}

std::vector<std::string> paths_of(const FilesRead& reading) {
  std::vector<std::string> out;
  for (const FileRead& file : reading.files()) out.push_back(file.path);
  return out;
}

/// A server's files, and a reload of them.
struct Files : Place {
  std::string cert = folder.path("cert.pem"), key = folder.path("key.pem");
  std::shared_ptr<tls::LiveServerConfig> live;
  std::optional<Reload> reload;

  Files() {
    put("ecdsa-p256");
    const FilesRead reading;
    auto builder = tls::ServerConfig::builder();
    live = std::make_shared<tls::LiveServerConfig>(load(builder).config);
    reload.emplace(live, reading.files(), [this](const tls::ServerConfig& now) {
      auto again = now.rebuild();
      return load(again);
    });
  }
  void put(const std::string& leaf) const { put_cert(leaf), put_key(leaf); }
  void put_cert(const std::string& leaf) const { replace(cert, slurp(folder.path(leaf + "-chain.pem"))); }
  void put_key(const std::string& leaf) const { replace(key, slurp(folder.path(leaf + "-key.pem"))); }
  [[nodiscard]] Loaded load(tls::ServerConfig::Builder& builder) const {
    TlsOptions options;
    options.certs = {cert};
    options.keys = {key};
    auto credentials = load_credentials(options);
    builder.credentials(tls::credential_list(credentials));
    return {*builder.build(), credentials};
  }
};

}  // namespace

TEST_CASE("files that are read are noted, with their bytes; what cannot be read is noted as well") {
  const TemporaryFolder folder;
  const std::string one = folder.path("one"), two = folder.path("two"), none = folder.path("none");
  write(one, "1");
  write(two, std::string(40'000, '2'));
  std::vector<FileRead> noted;
  {
    const FilesRead reading;
    CHECK(read_file(one) == "1");
    CHECK(read_secret(two).size() == 40'000);
    CHECK_THROWS_AS((void)read_file(none), Failure);
    noted = reading.files();
    CHECK(paths_of(reading) == std::vector<std::string>{one, two, none});
  }
  CHECK(noted[0] == look_at(one));
  CHECK(noted[1] == look_at(two));
  CHECK(noted[0].digest != noted[1].digest);
  CHECK(noted[2] == look_at(none));
  CHECK(noted[2].digest == std::array<std::uint8_t, 32>{});
  write(one, "3");
  CHECK(noted[0] != look_at(one));
  (void)read_file(one);  // after the end of FilesRead nothing is noted
  CHECK(noted.size() == 3);
}

TEST_CASE_FIXTURE(Files, "a good set of files is taken, the same bytes are no change") {
  CHECK(reload->again().outcome == Reload::Outcome::same);
  put("ecdsa-p256");
  CHECK(reload->again().outcome == Reload::Outcome::same);
  CHECK(live->generation() == 1);
  put("ed25519");
  const Reload::Report report = reload->again();
  CHECK(report.outcome == Reload::Outcome::replaced);
  CHECK_MESSAGE(has(report.words, "'" + cert + "' and '" + key + "' changed; the certificate of localhost ends in "),
                report.words);
  CHECK(has(report.words, "; this is configuration 2"));
  CHECK(live->generation() == 2);
  CHECK(reload->again().outcome == Reload::Outcome::same);
}

TEST_CASE_FIXTURE(Files, "a bad file changes nothing, and is named; when it is mended it is taken") {
  const auto before = live->current().share();
  struct Row {
    const char* name;
    void (*how)(const Files&);
  };
  const Row kRows[] = {
      {"another key", [](const Files& f) { f.put_key("ed25519"); }},
      {"no certificate", [](const Files& f) { replace(f.cert, "none"); }},
      {"no file", [](const Files& f) { fs::remove(f.key); }},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    put("ecdsa-p256");
    row.how(*this);
    const Reload::Report report = reload->again();
    CHECK(report.outcome == Reload::Outcome::refused);
    CHECK_MESSAGE((has(report.words, cert) || has(report.words, key)), report.words);
    CHECK(has(report.words, "; configuration 1 stays in force"));
    CHECK(live->current().share() == before);
    const auto watched = reload->paths();
    CHECK(std::ranges::find(watched, key) != watched.end());
  }
  put("ecdsa-p384");
  CHECK(reload->again().outcome == Reload::Outcome::replaced);
}

TEST_CASE("what is noted of a file is no digest of it that another process could make") {
  const TemporaryFolder folder;
  const std::string path = folder.path("password");
  write(path, "abc");
  const std::string noted = hex(look_at(path).digest);
  CHECK(noted != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2 B.1
  CHECK(noted == hex(look_at(path).digest));
  // Nor under a key that anybody knows.
  const auto& sha256 = tls::crypto::Provider::best().hash(tls::crypto::HashId::sha256);
  const tls::crypto::Digest plain = tls::crypto::hash(sha256, tls::as_bytes("abc"));
  const std::array<std::uint8_t, 32> zeros{};
  for (const tls::Bytes key : {tls::Bytes(zeros), tls::Bytes()}) {
    const tls::crypto::Digest guessed = tls::crypto::HmacKey(sha256, key).mac(plain.bytes());
    CHECK(noted != hex(guessed.bytes()));
  }
}

TEST_CASE("a pipe is read once, and at a reload neither waited for nor opened") {
  const TemporaryFolder folder;
  const std::string pipe = folder.path("pipe"), plain = folder.path("plain");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::vector<FileRead> noted;
  {
    std::jthread writer([&] { write(pipe, "once"); });
    const FilesRead reading;
    const tls::SecretBytes text = read_secret(pipe);
    CHECK(text.text() == "once");
    noted = reading.files();
  }
  REQUIRE(noted.size() == 1);
  CHECK_FALSE(noted[0].regular);
  CHECK(look_at(pipe) == noted[0]);  // nobody knows better
  // The writer who waits for a reader goes on waiting: where there is no reader open() fails.
  const auto wait_for_reader = [&] { return ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); };
  std::jthread writer([&] { write(pipe, "twice"); });
  {
    const FilesRead reading(FilesRead::When::again);
    for (const auto& read : {+[](const std::string& path) { (void)read_file(path); },
                             +[](const std::string& path) { (void)read_secret(path); }}) {
      std::string words;
      try {
        read(pipe);
      } catch (const Failure& failure) {
        words = failure.what();
      }
      CHECK_MESSAGE(has(words, "'" + pipe + "' cannot be read again: it is no regular file"), words);
    }
    CHECK(reading.files() == std::vector<FileRead>{noted[0], noted[0]});
    write(plain, "plain");
    CHECK(read_file(plain) == "plain");
  }
  CHECK(wait_for_reader() == -1);
  CHECK(errno == ENXIO);
  CHECK(read_file(pipe) == "twice");
  // In the place of a file it is a change, and a file in its place is one.
  fs::rename(pipe, plain);
  write(pipe, "once");
  CHECK(look_at(pipe) != noted[0]);
  CHECK_FALSE(look_at(plain).regular);
}

TEST_CASE_FIXTURE(Place, "a server that begins waits for what is written to a pipe, says so, and can be ended") {
  const std::string pipe = folder.path("pipe"), key = folder.path("ecdsa-p256-key.pem");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const Words words = {"server", "--listen", "127.0.0.1:0", "--cert", folder.path("ecdsa-p256-chain.pem"),
                       "--key",  pipe};
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    StartedTool tool(words);
    CHECK(tool.says("waiting for what is written to '" + pipe + "'"));
    REQUIRE(::kill(tool.pid(), signal) == 0);
    CHECK(tool.finish() == 128 + signal);
  }
  StartedTool tool(words);
  CHECK(tool.says("waiting for what is written to '" + pipe + "'"));
  {
    std::ofstream slowly(pipe, std::ios::binary);  // open, and silent
    const std::string text = slurp(key);
    slowly << text.substr(0, 20) << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    slowly << text.substr(20);
  }
  CHECK(tool.says("listening on 127.0.0.1:"));
  REQUIRE(::kill(tool.pid(), SIGTERM) == 0);
  CHECK(tool.finish() == 0);
}

TEST_CASE_FIXTURE(Files, "a key that came through a pipe: nothing has changed as far as one knows, and it is told") {
  const FilesRead reading;
  const std::string text = slurp(key);
  fs::remove(key);
  REQUIRE(::mkfifo(key.c_str(), 0600) == 0);
  std::jthread writer([&] { write(key, text); });
  auto builder = tls::ServerConfig::builder();
  live->replace(load(builder).config);
  reload.emplace(live, reading.files(), [this](const tls::ServerConfig& now) {
    auto again = now.rebuild();
    return load(again);
  });
  Reload::Report report = reload->again();
  CHECK(report.outcome == Reload::Outcome::same);
  CHECK_MESSAGE(has(report.words, "nothing has changed in the files; '" + key + "' cannot be read again"),
                report.words);
  put_cert("ed25519");
  report = reload->again();
  CHECK(report.outcome == Reload::Outcome::refused);
  CHECK_MESSAGE(has(report.words, "'" + key + "' cannot be read again"), report.words);
  put_key("ed25519");
  CHECK(reload->again().outcome == Reload::Outcome::replaced);
}

TEST_CASE("the certificate that ends first is told, in days, in hours, and when it is over") {
  Files files;
  auto builder = tls::ServerConfig::builder();
  const auto credentials = files.load(builder).credentials;
  const auto at = [&](std::int64_t seconds) { return first_end_of(credentials, std::chrono::seconds(seconds)); };
  const std::string words = at(0);
  const auto end = tls::pki::parse_certificate(credentials.front()->chain.front())->not_after;
  CHECK(has(at(end - 86'400 * 46 - 5), "ends in 46 days ("));
  CHECK(has(at(end - 86'400 - 5), "ends in 1 day ("));
  CHECK(has(at(end - 7'200), "ends in 2 hours ("));
  CHECK(has(at(end), "has ended ("));
  CHECK(first_end_of({}, {}).empty());
}

TEST_CASE("a watch sees a file that is written, renamed over, removed, made, and reached by another link") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path("a/b"));
  fs::create_directories(folder.path("other/b"));
  const std::string plain = folder.path("a/b/plain"), link = folder.path("a/link"), late = folder.path("a/late");
  write(plain, "1");
  write(folder.path("a/target"), "1");
  write(folder.path("a/next"), "2");
  fs::create_symlink("target", link);
  fs::create_directory_symlink("a", folder.path("way"));
  Watch watch;
  REQUIRE(watch.fd() >= 0);
  CHECK(watch.set({plain, link, late, folder.path("way/b/plain")}));
  CHECK(watch.problem().empty());
  CHECK_FALSE(watch.set({plain, link, late, folder.path("way/b/plain")}));
  CHECK_FALSE(watch.changed());
  const auto sees = [&](const char* what, const std::function<void()>& how) {
    CAPTURE(what);
    how();
    CHECK(watch.changed());
    CHECK_FALSE(watch.changed());
  };
  sees("written", [&] { write(plain, "2"); });
  sees("renamed over", [&] { replace(plain, "3"); });
  sees("removed", [&] { fs::remove(plain); });
  sees("made", [&] { write(late, "1"); });
  sees("a link's target", [&] { write(folder.path("a/target"), "2"); });
  sees("another link", [&] {
    fs::remove(link);
    fs::create_symlink("next", link);
  });
  sees("a folder's link", [&] {
    fs::create_directory_symlink("other", folder.path("way.new"));
    fs::rename(folder.path("way.new"), folder.path("way"));
  });
  sees("a folder", [&] {
    fs::rename(folder.path("a/b"), folder.path("a/c"));
    fs::rename(folder.path("other/b"), folder.path("a/b"));
  });
  // What nobody asked about is not told.
  write(folder.path("a/elsewhere"), "1");
  CHECK_FALSE(watch.changed());
  CHECK(watch.set({folder.path("a/elsewhere")}) == false);  // its folder was watched already
  write(plain, "4");
  write(folder.path("a/next"), "4");
  CHECK_FALSE(watch.changed());
  write(folder.path("a/elsewhere"), "2");
  CHECK(watch.changed());
}

TEST_CASE("a watch that goes round in links ends, and a folder that cannot be watched is told") {
  const TemporaryFolder folder;
  fs::create_symlink("b", folder.path("a"));
  fs::create_symlink("a", folder.path("b"));
  Watch watch;
  CHECK(watch.set({folder.path("a")}));
  CHECK(watch.problem().empty());
  write(folder.path("file"), "");
  (void)watch.set({folder.path("file/below")});
  CHECK(has(watch.problem(), "cannot be watched"));
}

TEST_CASE_FIXTURE(Sides,
                  "a visitor that would not be let in any more is sent away; in the handshake, when that is done") {
  auto asked = server();
  const auto roots = tls::trust_pem(slurp(root()));
  REQUIRE(roots);
  asked.client_auth(tls::ClientAuth::request, *roots);
  const auto config = built(asked);
  const auto strict = built(config.rebuild().client_auth(tls::ClientAuth::require, *roots));
  for (const bool early : {false, true}) {
    CAPTURE(early);
    Guest guest(config, built(client()), std::make_unique<Echo>());
    if (early)
      guest.visit.review(strict, guest.shop, guest.now);
    else
      guest.run();
    if (!early) {
      CHECK(guest.done);
      guest.visit.review(config, guest.shop, guest.now);
      CHECK_FALSE(guest.result());
      guest.visit.review(strict, guest.shop, guest.now);
    }
    guest.run();
    REQUIRE(guest.result());
    REQUIRE_FALSE(*guest.result());
    CHECK(guest.result()->error().code() == tls::Code::client_certificate_required);
    REQUIRE(guest.failed);
    CHECK(guest.failed->peer_alert() == tls::Alert::certificate_required);
  }
}

TEST_CASE_FIXTURE(Sides, "a server that ends tells who is idle, and gives the others two seconds") {
  Guest idle(built(server()), built(client()), std::make_unique<Echo>());
  idle.run();
  idle.visit.leave(idle.shop, idle.now);
  idle.run();
  CHECK(idle.closed);
  Guest shaking(built(server()), built(client()), std::make_unique<Echo>());
  shaking.visit.leave(shaking.shop, shaking.now);
  CHECK(shaking.visit.deadline() == shaking.now + kLingerLimit);
  shaking.now += kLingerLimit;
  shaking.visit.expire(shaking.shop, shaking.now);
  CHECK(shaking.visit.over());
}

TEST_CASE(
    "a certificate that ends within a quarter of its validity, and within a week, is warned of; so is one that has") {
  using namespace std::chrono;
  constexpr std::int64_t kBegin = 1'700'000'000, kDay = 86'400;
  for (const auto& [days, warned_from] : {std::pair<std::int64_t, std::int64_t>{8, 2 * kDay}, {365, 7 * kDay}}) {
    CAPTURE(days);
    sallyport::CertificateSpec spec = sallyport::server_leaf("a.example", {"a.example"});
    spec.not_before = kBegin;
    spec.not_after = kBegin + days * kDay;
    const sallyport::Issued one = sallyport::self_signed(spec, sallyport::Key::generate(sallyport::KeyType::ed25519));
    const auto credential = tls::load_credential(one.pem(), one.key_pem());
    REQUIRE(credential);
    const auto at = [&](std::int64_t left) { return ending_soon({*credential}, seconds(spec.not_after - left)); };
    CHECK(at(warned_from + 1).empty());
    for (const std::int64_t left : {warned_from, std::int64_t{1}, std::int64_t{-kDay}}) {
      REQUIRE(at(left).size() == 1);
      CHECK(has(at(left)[0], "the certificate of a.example "));
      CHECK(has(at(left)[0], ": renew it"));
    }
    CHECK(has(at(-kDay)[0], "has ended"));
  }
}
