// sallyport check: what is wrong with certificates, keys and servers, before a client says so.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/check/crls.h"
#include "cli/check/files.h"
#include "cli/check/place.h"
#include "cli/check/probe.h"
#include "cli/check/report.h"
#include "cli/check/server.h"
#include "cli/command.h"
#include "cli/crl.h"
#include "cli/files.h"
#include "cli/host.h"
#include "cli/key_passwords.h"
#include "cli/times.h"
#include "pki/anchor_sources.h"
#include "pki/server_name.h"
#include "tls/adapters/socket.h"
#include "tls/environment.h"

namespace sallyport::cli {
namespace {

namespace pki = tls::pki;
using check::Findings;
using check::Id;

constexpr std::int64_t kMaxDays = 3650;  // of --days
constexpr unsigned kMaxSeconds = 3600;   // of --timeout

struct Options {
  std::vector<std::string> targets, names, staples, only, skip;
  std::string ca, time, connect;
  CrlOptions crls;
  KeyPasswordOptions passwords;
  std::int64_t days = -1;
  unsigned timeout = static_cast<unsigned>(check::kServerLimit.count());
  bool client = false, strict = false, quiet = false, json = false, list = false;
};

bool is_there(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0;
}

/// A word that names no file which is there can be one that is missing, or a host.
bool means_file(const std::string& word) {
  if (word.starts_with("pkcs11:") || word.starts_with("keyserver:"))
    throw Failure(kUsage, "a key that is kept elsewhere is not asked here: name the file of its chain");
  if (is_there(word) || word.find('/') != std::string::npos) return true;
  for (const char* end : {".pem", ".crt", ".cer", ".der", ".key", ".p12", ".pfx", ".crl", ".ocsp"})
    if (word.ends_with(end)) return true;
  return false;
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), passwords_(options.passwords, 1), password_(passwords_.source(0)) {
    std::vector<Id> only, skip;
    for (const std::string& name : options.only) only.push_back(check::id_named("--only", name));
    for (const std::string& name : options.skip) skip.push_back(check::id_named("--skip", name));
    findings_ = Findings(std::move(only), std::move(skip));
    for (const std::string& name : options.names)
      if (const auto parsed = pki::ServerName::parse(name); !parsed)
        throw Failure(kUsage, "--name: " + parsed.error().detail());
    for (const std::string& word : options.targets) (means_file(word) ? files_ : hosts_).push_back(word);
    if (!options.connect.empty() && hosts_.size() != 1)
      throw Failure(kUsage, "--connect is for one host, and " + std::to_string(hosts_.size()) + " are named");
    if (options.client && !options.names.empty())
      throw Failure(kUsage, "--client: a client's chain is for no name, and --name is given");
    if (options.client && !hosts_.empty()) throw Failure(kUsage, "--client is for files, and a host is a server");
    now_ = time_of(options.time);
  }

  int run() {
    read_trust();
    for (const std::string& file : files_) read(file);
    for (const std::string& file : options_.staples) read(file);
    for (const std::string& file : options_.passwords.files) look_at(file, "the password");
    read_crls();
    const check::FilesCase how{.names = options_.names,
                               .role = options_.client ? pki::Role::client : pki::Role::server,
                               .now = now_,
                               .days = options_.days,
                               .trust = trust()};
    leaves_ = check::check_files(holdings_, how, findings_);
    for (const std::string& host : hosts_) ask(host);
    return report();
  }

 private:
  static std::int64_t time_of(const std::string& text) {
    if (text.empty()) return std::chrono::floor<std::chrono::seconds>(tls::system_clock().wall()).count();
    if (const auto seconds = parse_time(text)) return *seconds;
    throw Failure(kUsage,
                  "--time " + text + ": give seconds since 1970, 2027-01-01, or 2027-01-01T12:00:00Z (UTC), to 9999");
  }

  void read_trust() {
    std::vector<std::string> warnings;
    auto anchors = options_.ca.empty() ? pki::read_system_anchors(&warnings)
                                       : pki::read_anchors(read_file(options_.ca), pki::AnchorSource::roots);
    for (const std::string& words : warnings) std::cerr << "WARNING: " + check::shown(words) + "\n";
    if (anchors)
      anchors_ = std::move(*anchors);
    else if (!options_.ca.empty())
      throw Failure(kIo, check::shown("--ca '" + options_.ca + "': " + anchors.error().detail()));
    else
      std::cerr << "WARNING: " + check::shown(anchors.error().detail()) + "\n";
  }

  [[nodiscard]] check::Trust trust() const {
    return {
        .anchors = anchors_ ? &*anchors_ : nullptr,
        .named = !options_.ca.empty(),
        .crls = {crls_.empty() && options_.crls.policy.empty() ? nullptr : &crls_.store(), policy_of(options_.crls)}};
  }

  void read(const std::string& file) {
    holdings_.push_back(check::read_holdings_of(file, password_, findings_));
    if (holdings_.back().secret) look_at(file, "the private key");
  }

  void look_at(const std::string& file, const std::string& what) {
    if (const auto place = check::look_at_place(file)) check::check_place(*place, ::geteuid(), what, findings_);
  }

  void read_crls() {
    tls::CrlSet::Builder builder;
    const auto add = [&](const std::string& file, std::string_view text) {
      tls::CrlSet::Builder alone;
      if (const auto added = alone.add(text); !added)
        return findings_.add(Id::file_malformed, file, added.error().detail(), "replace the file");
      if (const auto added = builder.add(text); !added)  // a limit of all of them together
        return findings_.add(Id::file_malformed, file, "with the CRLs before it: " + added.error().detail(),
                             "check fewer CRLs at once");
      check::check_crls({alone.build(), file, holdings_, trust().anchors, !hosts_.empty(), now_}, findings_);
    };
    for (const check::Holdings& file : holdings_)
      for (const std::string& text : file.crls) add(file.file, text);
    for (const std::string& file : options_.crls.files) try {
        add(file, read_file(file));
      } catch (const Failure& failure) {
        findings_.add(Id::file_unreadable, file, failure.what(), "name a file that the user who asks may read");
      }
    crls_ = builder.build();
  }

  void ask(const std::string& word) {
    std::string host, port = "443";
    split_host(word, host, port);
    check::ProbeTarget target{.host = host, .port = port, .name = {}, .shown = join_host(host, port)};
    if (!options_.connect.empty()) split_host(options_.connect, target.host, target.port);
    target.name = options_.names.empty() ? std::string(tls::without_zone(host)) : options_.names.front();
    if (const auto name = pki::ServerName::parse(target.name); !name)
      throw Failure(kUsage, "'" + word + "': " + name.error().detail());
    const check::ProbeLimits limits{.server = std::chrono::seconds(options_.timeout)};
    const bool told = ::isatty(STDERR_FILENO) == 1 && !options_.quiet;
    servers_.push_back(check::probe(target, limits, [told](const std::string& what) {
      if (told) std::cerr << "sallyport check: " + check::shown(what) + "\n";
    }));
    std::vector<std::string> names = options_.names;
    if (names.empty()) names.push_back(target.name);
    check::check_server(
        servers_.back(),
        {.names = std::move(names), .now = now_, .days = options_.days, .trust = trust(), .leaves = leaves_},
        findings_);
  }

  [[nodiscard]] int report() const {
    if (options_.json)
      std::cout << check::json_of(findings_, options_.targets, servers_).dump() << "\n";
    else
      check::print_lines(findings_, options_.quiet, std::cout);
    return check::status_of(findings_, options_.strict);
  }

  const Options& options_;
  KeyPasswords passwords_;
  tls::PasswordSource password_;
  std::vector<std::string> files_, hosts_;
  std::int64_t now_ = 0;
  std::optional<pki::Anchors> anchors_;
  tls::CrlSet crls_;
  std::vector<check::Holdings> holdings_;
  std::vector<const check::HeldCertificate*> leaves_;  // of them
  std::vector<check::ServerFacts> servers_;
  Findings findings_;
};

int run(const Options& options) {
  if (options.list) {
    if (options.json)
      std::cout << check::json_of_kinds().dump() << "\n";
    else
      check::print_kinds(std::cout);
    return kDone;
  }
  if (options.targets.empty() && options.staples.empty()) throw Failure(kUsage, "name files, or a HOST[:PORT]");
  return Run(options).run();
}

Action define(CLI::App& app) {
  auto o = std::make_shared<Options>();
  const auto add = [&](const char* name, auto& value, const char* type, const char* words) {
    return app.add_option(name, value, words)->type_name(type);
  };
  add("TARGET", o->targets, "FILE | HOST[:PORT]",
      "Files that belong together, PEM, DER or PKCS#12: chains, private keys, OCSP responses, CRLs; which is which is "
      "told by their content. And hosts, which are asked from outside; default port 443. Default: none, and one is "
      "needed but with --list");
  const auto several = [&](const char* name, auto& value, const char* type, const char* words) {
    return add(name, value, type, words)->allow_extra_args(false);
  };
  several("--name", o->names, "NAME",
          "That the leaf has to be for, and that a host is asked for (repeatable; the first is asked for); default: "
          "HOST, and of files no name is demanded");
  add("--connect", o->connect, "ADDRESS:PORT", "Connects there instead; default: HOST and its port");
  add("--ca", o->ca, "FILE", "PEM or DER: the roots to trust; default: the system's");
  app.add_flag("--client", o->client, "The chain of the files is a client's: no name is looked at");
  several("--staple", o->staples, "FILE",
          "DER: an OCSP response of the leaf (repeatable); it may as well be a TARGET; default: none");
  define_crl_options(app, o->crls, "the chains");
  several("--key-password-file", o->passwords.files, "FILE",
          "The first line is the password of an encrypted key; default: it is asked for at the terminal, if there is "
          "one");
  several("--key-password-env", o->passwords.names, "NAME",
          "The environment variable that holds the password; default: as above");
  add("--days", o->days, "N",
      "Warns of certificates that end within so many days; default: a quarter of their validity, but 21 at most")
      ->check(CLI::Range(std::int64_t{0}, kMaxDays));
  add("--time", o->time, "TIME",
      "Judges as of then: seconds since 1970, 2027-01-01, or 2027-01-01T12:00:00Z (UTC); default: now");
  add("--timeout", o->timeout, "SECONDS", "For all connections to one host; each has 10 at most; default 60")
      ->check(CLI::Range(1u, kMaxSeconds));
  several("--only", o->only, "ID",
          "Looks for this finding alone (repeatable), and tells what was not looked at; default: for all");
  several("--skip", o->skip, "ID", "Leaves this finding out (repeatable); default: none");
  app.add_flag("--strict", o->strict, "Warnings count as errors");
  app.add_flag("--quiet", o->quiet, "Warnings and errors alone: says nothing where all is fine, as cron likes it");
  app.add_flag("--list", o->list, "Every finding that there is: its id, how bad it is, and what it means");
  app.add_flag("--json", o->json, "One JSON object on the standard output, and nothing else there");
  app.footer(
      "Exit status: 0 fine, notes or not; 6 warnings; 4 errors; 3 no handshake came about, 2 a file could not be read "
      "or\na host not be reached, and no other error; 1 usage. With --strict a warning is an error. What --skip leaves "
      "out does not count.");
  return [o] { return run(*o); };
}

}  // namespace

const Command kCheck = {"check", "Lints certificates, keys and staples in files, or a server from outside", define};

}  // namespace sallyport::cli
