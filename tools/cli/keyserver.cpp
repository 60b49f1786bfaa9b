// sallyport keyserver: private keys in a process of their own, which signs handshakes for others.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>

#include "cli/far_keys.h"
#include "cli/files.h"
#include "cli/key_passwords.h"
#include "cli/serve/descriptor.h"
#include "crypto/software_key.h"
#include "pki/key_file.h"
#include "tls/adapters/key_server.h"

namespace sallyport::cli {
namespace {

struct Options {
  std::string listen, group, audit;
  std::string mode = "0660";
  std::vector<std::string> keys, client_keys, allow;
  KeyPasswordOptions passwords;
  std::uint32_t rate = tls::KeyServerOptions{}.rate;
};

// ---- numbers and names --------------------------------------------------------------------------------------------

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

uid_t user_named(const std::string& name) {
  if (const auto id = number<uid_t>(name)) return *id;
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) throw Failure(kUsage, "--allow: there is no user '" + name + "'");
  return entry->pw_uid;
}

gid_t group_named(const char* option, const std::string& name) {
  if (const auto id = number<gid_t>(name)) return *id;
  const group* entry = ::getgrnam(name.c_str());
  if (entry == nullptr) throw Failure(kUsage, std::string(option) + ": there is no group '" + name + "'");
  return entry->gr_gid;
}

/// USER:NAME,... or @GROUP:NAME,...; without the names: all keys.
tls::KeyCaller caller_of(const std::string& words) {
  const std::size_t colon = words.find(':');
  const std::string who = words.substr(0, colon);
  if (who.empty() || who == "@")
    throw Failure(kUsage, "--allow " + words + ": it is USER[:NAME,...] or @GROUP[:NAME,...]");
  tls::KeyCaller caller;
  if (who[0] == '@')
    caller.group = group_named("--allow", who.substr(1));
  else
    caller.user = user_named(who);
  if (colon == std::string::npos) return caller;
  std::string names = words.substr(colon + 1) + ",";
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = names.find(',', at);
    if (end == at) throw Failure(kUsage, "--allow " + words + ": a key's name is empty");
    caller.keys.push_back(names.substr(at, end - at));
    at = end + 1;
  }
  return caller;
}

// ---- what must not leave the process ------------------------------------------------------------------------------

/// No core file, no debugger of the same user, no swap.
void keep_to_ourselves() {
  const rlimit none{};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0));
  rlimit most{};
  if (::getrlimit(RLIMIT_MEMLOCK, &most) == 0 && most.rlim_cur != most.rlim_max) {
    most.rlim_cur = most.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_MEMLOCK, &most));
  }
  // Pages as they are touched: the stacks of threads are large, and little of them is used. Who has a limit may run
  // into it later, in the middle of a signature: then nothing is locked that is not there yet.
  const bool no_limit = ::geteuid() == 0 || most.rlim_max == RLIM_INFINITY;
  const int what = MCL_CURRENT | (no_limit ? MCL_FUTURE | MCL_ONFAULT : 0);
  if (::mlockall(what) != 0 || !no_limit)
    std::cerr << "WARNING: keys may be written to swap: the limit on locked memory is too low (ulimit -l, "
                 "LimitMEMLOCK=infinity of systemd)\n";
}

// ---- keys ---------------------------------------------------------------------------------------------------------

void warn_of_readers(const std::string& file) {
  struct stat is{};
  if (::stat(file.c_str(), &is) == 0 && (is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    std::cerr << "WARNING: '" + file + "' is open to other users than its owner: chmod 600\n";
}

std::shared_ptr<const tls::SigningKey> load(const std::string& file, KeyPasswords& passwords, std::size_t place) {
  if (is_far_key(file)) return far_key(file, passwords.pin(place));
  warn_of_readers(file);
  const tls::SecretBytes text = read_secret(file);
  const std::string name = "'" + file + "'";
  const tls::PasswordSource password = passwords.source(place);
  tls::pki::PasswordAsker asker(password, name);
  auto found = tls::pki::find_private_key(text.text(), asker, name);
  if (!found) throw Failure(kIo, found.error().message());
  auto pkcs8 = tls::pki::as_pkcs8(*found, std::nullopt);
  if (!pkcs8) throw Failure(kIo, name + ": " + pkcs8.error().message());
  auto key = tls::crypto::software_key(pkcs8->der);
  if (!key) throw Failure(kIo, name + ": " + key.error().message());
  return *key;
}

/// Behind those that are there already; the place of each tells its password.
void add_keys(const std::vector<std::string>& words, bool for_clients, KeyPasswords& passwords,
              std::vector<tls::ServedKey>& keys) {
  for (const std::string& one : words) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == one.size())
      throw Failure(kUsage, std::string(for_clients ? "--client-key " : "--key ") + one + ": it is NAME=FILE");
    keys.push_back({.name = one.substr(0, equals),
                    .key = load(one.substr(equals + 1), passwords, keys.size()),
                    .for_servers = !for_clients,
                    .for_clients = for_clients});
  }
}

// ---- the audit file -----------------------------------------------------------------------------------------------

std::atomic<bool> reopen{false};  // SIGHUP came

/// One write() for each line, behind what is there. Opened anew after SIGHUP, for whoever moves it away.
class Audit {
 public:
  explicit Audit(std::string path) : path_(std::move(path)) {
    if (!open()) throw Failure(kIo, "--audit '" + path_ + "' cannot be written: " + std::strerror(errno));
  }
  bool keep(std::string_view line) {
    if (reopen.exchange(false) && !open()) {
      reopen = true;
      return false;
    }
    // What is left of a line that was not kept must not read as one that was, nor grow together with the next.
    const std::string whole = (cut_ ? " (cut short: not kept)\n" : "") + std::string(line) + "\n";
    ssize_t n = 0;
    do n = ::write(file_.fd(), whole.data(), whole.size());
    while (n < 0 && errno == EINTR);
    const bool kept = n == static_cast<ssize_t>(whole.size());
    if (n > 0) cut_ = !kept;
    return kept;
  }

 private:
  bool open() {
    Descriptor file(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return false;
    file_ = std::move(file);
    cut_ = false;
    return true;
  }

  const std::string path_;
  Descriptor file_;
  bool cut_ = false;  // the file ends in a part of a line
};

// ---- the command --------------------------------------------------------------------------------------------------

std::atomic<tls::KeyServer*> running{nullptr};

void on_signal(int signal) {
  if (signal == SIGHUP)
    reopen = true;
  else if (tls::KeyServer* server = running.load())
    server->stop();
}

void catch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) static_cast<void>(::sigaction(signal, &action, nullptr));
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));  // an audit file at its limit is an error of write()
}

tls::KeyServerOptions options_of(const Options& o) {
  tls::KeyServerOptions options;
  options.path = o.listen;
  const auto mode = number<unsigned>(o.mode, 8);
  if (!mode || *mode > 0777) throw Failure(kUsage, "--mode " + o.mode + ": it is an octal number such as 0660");
  options.mode = static_cast<mode_t>(*mode);
  if (!o.group.empty()) options.group = group_named("--group", o.group);
  for (const std::string& words : o.allow) options.callers.push_back(caller_of(words));
  if (options.callers.empty()) options.callers.push_back({.user = ::geteuid(), .group = {}, .keys = {}});
  options.rate = o.rate;
  options.warning = [](std::string_view words) { std::cerr << "WARNING: " + std::string(words) + "\n"; };
  return options;
}

int serve(const Options& o) {
  keep_to_ourselves();
  tls::KeyServerOptions options = options_of(o);
  if (o.keys.empty() && o.client_keys.empty())
    throw Failure(kUsage, "a key server needs --key NAME=FILE or --client-key NAME=FILE");
  KeyPasswords passwords(o.passwords, o.keys.size() + o.client_keys.size());
  add_keys(o.keys, false, passwords, options.keys);
  add_keys(o.client_keys, true, passwords, options.keys);
  if (!o.audit.empty())
    options.audit = [audit = std::make_shared<Audit>(o.audit)](std::string_view line) { return audit->keep(line); };
  auto server = tls::KeyServer::open(std::move(options));
  if (!server) throw Failure(server.error().code() == tls::Code::bad_config ? kUsage : kIo, server.error().message());
  running = &*server;
  catch_signals();
  std::cerr << "listening on " + o.listen + "\n" << std::flush;
  const auto ended = server->run();
  running = nullptr;
  if (!ended) throw Failure(kIo, ended.error().message());
  return kDone;
}

Action define(CLI::App& app) {
  auto o = std::make_shared<Options>();
  const auto add = [&](const char* name, auto& value, const char* type, const char* words) {
    return app.add_option(name, value, words)->type_name(type);
  };
  add("--listen", o->listen, "PATH",
      "The Unix socket, in a folder that other users cannot change; one that a server has left is replaced")
      ->required();
  add("--key", o->keys, "NAME=FILE",
      "A private key that signs for servers (repeatable): PEM or DER, encrypted or not, or pkcs11:... Default: none")
      ->allow_extra_args(false);
  add("--client-key", o->client_keys, "NAME=FILE", "The same for clients' certificates (repeatable); default: none")
      ->allow_extra_args(false);
  add("--key-password-file", o->passwords.files, "FILE",
      "The first line is the password of an encrypted key, or the PIN of a pkcs11: key, which must have no other "
      "source; "
      "once for all, or once for each: those of --key, then those of --client-key; default: a password is asked for at "
      "the terminal")
      ->allow_extra_args(false);
  add("--key-password-env", o->passwords.names, "NAME",
      "The environment variable that holds the password or the PIN; once for all, or once for each as above; default: "
      "as above")
      ->allow_extra_args(false);
  add("--allow", o->allow, "USER[:NAME,...]",
      "Who may call, by the user of its process or, as @GROUP[:NAME,...], its group, and which keys it may use "
      "(repeatable). Default: the user of this process, all keys")
      ->allow_extra_args(false);
  add("--rate", o->rate, "N", "Requests a second of each user; 0: no limit; default 2000")
      ->check(CLI::Range(0u, 1'000'000u));
  add("--audit", o->audit, "FILE",
      "Appends a line for each signature and each refusal, mode 0600; opened anew on SIGHUP. What cannot be written "
      "there "
      "is not signed. Default: none");
  add("--mode", o->mode, "OCTAL", "Permissions of the socket; default 0660");
  add("--group", o->group, "GROUP", "Group of the socket; default: the system's choice");
  return [o] { return serve(*o); };
}

}  // namespace

const Command kKeyserver = {"keyserver", "Keeps private keys in a process of its own, and signs handshakes with them",
                            define};

}  // namespace sallyport::cli
