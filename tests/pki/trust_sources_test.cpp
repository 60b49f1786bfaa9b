// Files, directories and the environment that say whom to trust.
#include "pki/trust_sources.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/limits.h"
#include "pki/certificate.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::pki;
using namespace sallyport;
namespace fs = std::filesystem;

namespace {

/// A directory for one test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("sallyport-trust-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  const fs::path path_;
};

struct Roots {
  Issued one = self_signed(authority("One"), test::key(KeyType::ecdsa_p256, 1));
  Issued two = self_signed(authority("Two"), test::key(KeyType::ecdsa_p256, 2));
  Issued three = self_signed(authority("Three"), test::key(KeyType::ecdsa_p256, 3));
  Issued below = issue(one, authority("Below One"), test::key(KeyType::ecdsa_p256, 4));
};

bool mentions(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }
bool warns(const FoundTrust& found, std::string_view words) {
  return std::ranges::any_of(found.warnings.words(), [&](const std::string& one) { return mentions(one, words); });
}
std::vector<der::Der> ders(const std::vector<FoundCertificate>& found) {
  std::vector<der::Der> out;
  for (const FoundCertificate& one : found) out.push_back(one.der);
  return out;
}
FoundTrust in_directory(const fs::path& path) {
  TrustSources sources;
  sources.collect_directory(path.string());
  return sources.take();
}
SystemTrust with_variables(const std::map<std::string, std::string>& variables) {
  return system_trust([&](const char* name) {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  });
}

const std::string kBad = "-----BEGIN CERTIFICATE-----\n!!!! not base64 !!!!\n-----END CERTIFICATE-----\n";

/// DER of `one` with trust data that rejects both of our purposes.
std::string distrusted(const Issued& one) {
  const der::Der list = der::concat({der::oid(kServerAuth), der::oid(kClientAuth)});
  return to_pem("TRUSTED CERTIFICATE", der::concat({one.certificate, der::sequence({der::element(0xA0, list)})}));
}
std::string servers_only(const Issued& one) {
  return to_pem("TRUSTED CERTIFICATE",
                der::concat({one.certificate, der::sequence({der::sequence({der::oid(kServerAuth)})})}));
}

}  // namespace

TEST_CASE_FIXTURE(Roots, "certificates of all sources count once, in the order in which they were found") {
  const Folder folder;
  TrustSources sources;
  REQUIRE(sources.add_text(two.pem() + one.pem() + two.pem()));
  sources.collect_text(std::string(as_text(three.certificate)), "'memory'");
  sources.collect_file(folder.write("file", one.pem()));
  const FoundTrust found = sources.take();
  CHECK(ders(found.certificates) == std::vector<der::Der>{two.certificate, one.certificate, three.certificate});
  CHECK(found.certificates[2].where == "'memory'");
  CHECK(found.warnings.count() == 0);
  CHECK(sources.take().certificates.empty());
}

TEST_CASE_FIXTURE(Roots, "one bad block among the system's roots is a warning, not the end of all trust") {
  const Folder folder;
  const std::string file = folder.write("roots.pem", one.pem() + kBad + two.pem());
  TrustSources strict;
  CHECK_FALSE(strict.add_text(one.pem() + kBad + two.pem()));
  const FoundTrust found = read_system_trust(with_variables({{"SSL_CERT_FILE", file}}));
  CHECK(ders(found.certificates) == std::vector<der::Der>{one.certificate, two.certificate});
  REQUIRE(found.warnings.count() == 1);
  CHECK(mentions(found.warnings.words()[0], "roots.pem', block 2 ('CERTIFICATE', line "));
}

TEST_CASE_FIXTURE(Roots, "whom trust data rejects is not trusted, wherever else the certificate stands") {
  for (const std::string& text : {distrusted(one) + one.pem() + two.pem(), one.pem() + two.pem() + distrusted(one)}) {
    TrustSources sources;
    REQUIRE(sources.add_text(text));
    const FoundTrust found = sources.take();
    CHECK(ders(found.certificates) == std::vector<der::Der>{two.certificate});
    CHECK(ders(found.distrusted) == std::vector<der::Der>{one.certificate});
    CHECK(warns(found, "('TRUSTED CERTIFICATE', line "));
    CHECK(warns(found, "it is not trusted"));
  }
  TrustSources sources;
  REQUIRE(sources.add_text(one.pem() + servers_only(one)));
  const FoundTrust found = sources.take();
  REQUIRE(found.certificates.size() == 1);
  CHECK(found.certificates[0].trusted_for == TrustedFor{.servers = true, .clients = false});
}

TEST_CASE_FIXTURE(Roots, "of a directory with OpenSSL's hashed names only those files are read") {
  const Folder folder;
  folder.write("one.pem", one.pem());
  folder.write("three.pem", three.pem());  // no link to it: not trusted
  fs::create_symlink("one.pem", folder.path_ / "01234567.0");
  folder.write("89abcdef.12", two.pem());
  folder.write("01234567.r0", three.pem());  // a CRL's name
  folder.write("0123456G.0", three.pem());
  folder.write("01234567.", three.pem());
  folder.write("ABCDEF01.0", three.pem());  // OpenSSL asks for lower case
  fs::create_symlink("gone.pem", folder.path_ / "00000000.0");
  const FoundTrust found = in_directory(folder.path_);
  CHECK(ders(found.certificates) == std::vector<der::Der>{one.certificate, two.certificate});
  CHECK(found.warnings.count() == 1);
  CHECK(warns(found, "00000000.0': it cannot be read: "));
}

TEST_CASE_FIXTURE(Roots, "of a plain directory the files are read that are named like certificates") {
  const Folder folder;
  folder.write("c.crt", one.pem());
  folder.write("a.pem", two.pem() + kBad);
  folder.write("b.der", as_text(three.certificate));
  folder.write("README", below.pem());
  fs::create_directory(folder.path_ / "d.pem");
  REQUIRE(::mkfifo((folder.path_ / "e.pem").c_str(), 0600) == 0);  // nobody writes: opening it must not wait
  const FoundTrust found = in_directory(folder.path_);
  CHECK(ders(found.certificates) == std::vector<der::Der>{two.certificate, three.certificate, one.certificate});
  CHECK(warns(found, "a.pem', block 2"));
  CHECK(warns(found, "d.pem': it cannot be read: it is a directory"));
  CHECK(warns(found, "e.pem': it cannot be read: it is no file"));
  CHECK(found.warnings.count() == 3);
}

TEST_CASE("directories that are empty, missing or no directories are warnings") {
  const Folder folder;
  CHECK(warns(in_directory(folder.path_), "holds no file of certificates"));
  CHECK(warns(in_directory(folder.path_ / "gone"), "it cannot be read: "));
  CHECK(warns(in_directory(folder.write("file", "x")), "it cannot be read: "));
}

TEST_CASE_FIXTURE(Roots, "the entries of a directory are limited: below, at, above") {
  const Folder folder;
  folder.write("one.pem", one.pem());
  for (std::size_t n = 1; n <= limits::kMaxTrustDirectoryFiles + 1; ++n) {
    if (n > 1) fs::create_hard_link(folder.path_ / "one.pem", folder.path_ / ("x" + std::to_string(n)));
    if (n < limits::kMaxTrustDirectoryFiles - 1) continue;
    const FoundTrust found = in_directory(folder.path_);
    const bool within = n <= limits::kMaxTrustDirectoryFiles;
    CHECK(found.certificates.size() == (within ? 1 : 0));
    CHECK(warns(found, "it is not read at all") == !within);
  }
}

TEST_CASE_FIXTURE(Roots, "the bytes of a directory are limited: below, at, above") {
  const Folder folder;
  static_assert(limits::kMaxTrustDirectoryBytes % limits::kMaxPem == 0);
  constexpr std::size_t kFull = limits::kMaxTrustDirectoryBytes / limits::kMaxPem;
  std::string filler = two.pem();
  filler.resize(limits::kMaxPem, 'x');
  for (std::size_t i = 0; i + 1 < kFull; ++i) folder.write("a" + std::to_string(i) + ".pem", filler);
  const std::string last = one.pem();
  folder.write("z.pem", last);
  for (const std::size_t total :
       {limits::kMaxTrustDirectoryBytes - 1, limits::kMaxTrustDirectoryBytes, limits::kMaxTrustDirectoryBytes + 1}) {
    filler.resize(total - (kFull - 1) * limits::kMaxPem - last.size(), 'x');
    folder.write("b.pem", filler);
    const FoundTrust found = in_directory(folder.path_);
    const bool within = total <= limits::kMaxTrustDirectoryBytes;
    CHECK(found.certificates.size() == (within ? 2 : 1));
    CHECK(warns(found, "z.pem': the files of its directory are longer than") == !within);
  }
}

TEST_CASE_FIXTURE(Roots, "the length of a file is limited: below, at, above") {
  const Folder folder;
  for (const std::size_t size : {limits::kMaxPem - 1, limits::kMaxPem, limits::kMaxPem + 1}) {
    std::string text = one.pem();
    text.resize(size, 'x');
    TrustSources sources;
    sources.collect_file(folder.write("roots.pem", text));
    const FoundTrust found = sources.take();
    CHECK(found.certificates.size() == (size <= limits::kMaxPem ? 1 : 0));
    CHECK(warns(found, "longer than") == (size > limits::kMaxPem));
  }
}

TEST_CASE_FIXTURE(Roots, "a file of roots may be a pipe, as SSL_CERT_FILE=<(cat a b) makes one") {
  const Folder folder;
  const std::string pipe = (folder.path_ / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << one.pem(); });
  TrustSources sources;
  sources.collect_file(pipe);
  writer.join();
  CHECK(ders(sources.take().certificates) == std::vector<der::Der>{one.certificate});
}

TEST_CASE("a pipe that does not end is read as far as a file may be long") {
  const Folder folder;
  const std::string pipe = (folder.path_ / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::size_t written = 0;
  std::thread writer([&] {
    sigset_t broken_pipe;  // is told by write()
    ::sigemptyset(&broken_pipe), ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    const int end = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
    const std::string piece(1 << 16, 'x');
    for (ssize_t n = 1; n > 0 && written < 2 * limits::kMaxPem;
         written += static_cast<std::size_t>(std::max<ssize_t>(n, 0)))
      n = ::write(end, piece.data(), piece.size());
    ::close(end);
  });
  TrustSources sources;
  sources.collect_file(pipe);
  writer.join();
  CHECK(warns(sources.take(), "longer than"));
  CHECK(written < 2 * limits::kMaxPem);
}

TEST_CASE("SSL_CERT_FILE and SSL_CERT_DIR replace what the system has; both count where both are set") {
  const SystemTrust none = with_variables({});
  CHECK(none.file == "/etc/ssl/certs/ca-certificates.crt");
  CHECK(none.directories.empty());
  CHECK(with_variables({{"SSL_CERT_FILE", ""}, {"SSL_CERT_DIR", ""}}).file == none.file);
  CHECK(with_variables({{"SSL_CERT_FILE", ""}, {"SSL_CERT_DIR", ":"}}).file == none.file);
  const SystemTrust file = with_variables({{"SSL_CERT_FILE", "/f"}});
  CHECK(file.file == "/f");
  CHECK(file.directories.empty());
  const SystemTrust directory = with_variables({{"SSL_CERT_DIR", "/a:/b::/c"}});
  CHECK(directory.file.empty());
  CHECK(directory.directories == std::vector<std::string>{"/a", "/b", "/c"});
  const SystemTrust both = with_variables({{"SSL_CERT_FILE", "/f"}, {"SSL_CERT_DIR", "/a"}});
  CHECK(both.file == "/f");
  CHECK(both.directories == std::vector<std::string>{"/a"});
}

TEST_CASE("a set-user-ID program does not let its caller name the roots") {
  constexpr const char* kChild = "SALLYPORT_TEST_IS_SET_USER_ID";
  if (std::getenv(kChild) != nullptr) {  // run below; ends here, for LeakSanitizer may not look into it
    const bool set = ::geteuid() != ::getuid() && std::getenv("SSL_CERT_FILE") != nullptr;
    const SystemTrust system = system_trust();
    std::_Exit(set && system.file == with_variables({}).file && system.directories.empty() ? 0 : 1);
  }
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can make a program of another user");
    return;
  }
  const Folder folder;
  struct statvfs facts{};
  if (::statvfs(folder.path_.c_str(), &facts) != 0 || (facts.f_flag & ST_NOSUID) != 0) {
    MESSAGE("skipped: the folder for temporary files knows no set-user-ID programs");
    return;
  }
  const fs::path program = folder.path_ / "test";
  fs::copy_file("/proc/self/exe", program);
  constexpr uid_t kNobody = 65534;
  REQUIRE(::chown(program.c_str(), kNobody, kNobody) == 0);
  REQUIRE(::chmod(program.c_str(), 04755) == 0);
  const std::string environment = std::string(kChild) + "=1 SSL_CERT_FILE=/f SSL_CERT_DIR=/d ";
  const std::string command = environment + program.string() + " -tc='a set-user-ID program*' >&2";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE_FIXTURE(Roots, "a file and directories are read together; what is missing is a warning") {
  const Folder folder;
  fs::create_directory(folder.path_ / "dir");
  folder.write("dir/two.pem", two.pem());
  const std::string file = folder.write("file.pem", one.pem());
  const std::string list = (folder.path_ / "gone").string() + ":" + (folder.path_ / "dir").string();
  const FoundTrust found = read_system_trust(with_variables({{"SSL_CERT_FILE", file}, {"SSL_CERT_DIR", list}}));
  CHECK(ders(found.certificates) == std::vector<der::Der>{one.certificate, two.certificate});
  CHECK(found.warnings.count() == 1);
  CHECK(warns(found, "gone': it cannot be read: "));
}

TEST_CASE("the directories of SSL_CERT_DIR are limited: below, at, above") {
  std::string list;
  for (std::size_t n = 1; n <= limits::kMaxTrustDirectories + 1; ++n) {
    list += "/" + std::to_string(n) + ":";
    const SystemTrust system = with_variables({{"SSL_CERT_DIR", list}});
    CHECK(system.directories.size() == std::min(n, limits::kMaxTrustDirectories));
    CHECK((system.warnings.count() == 1) == (n > limits::kMaxTrustDirectories));
    CHECK((read_system_trust(system).warnings.count() == system.directories.size() + system.warnings.count()));
  }
}

TEST_CASE("a long path is shown by its end, which names the file") {
  TrustSources sources;
  sources.collect_file("/" + std::string(limits::kMaxDisplayedName * 2, 'x') + "/roots.pem");
  const FoundTrust found = sources.take();
  CHECK(warns(found, "x/roots.pem': "));
  CHECK(found.warnings.words()[0].size() < 2 * limits::kMaxDisplayedName);
}

TEST_CASE("the machine's own directory of roots can be read") {
  if (!fs::exists("/etc/ssl/certs/ca-certificates.crt")) return;
  TrustSources file;
  file.collect_file("/etc/ssl/certs/ca-certificates.crt");
  const FoundTrust from_file = file.take();
  CHECK_FALSE(from_file.certificates.empty());
  CHECK(from_file.warnings.count() == 0);
}
