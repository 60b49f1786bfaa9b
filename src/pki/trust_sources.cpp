#include "pki/trust_sources.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <system_error>

#include "base/limits.h"
#include "pki/certificate.h"

namespace tls::pki {
namespace {

constexpr const char* kDefaultFile = "/etc/ssl/certs/ca-certificates.crt";  // Debian's

/// For people. Of a long path the end: it names the file.
std::string shown(std::string_view path) {
  const bool whole = path.size() <= limits::kMaxDisplayedName;
  return whole ? "'" + printable(path) + "'"
               : "'..." + printable(path.substr(path.size() - limits::kMaxDisplayedName)) + "'";
}

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

enum class Accept : std::uint8_t { regular_files, pipes_too };

std::unexpected<Error> unreadable(const std::string& path, const std::string& why) {
  return fail(Code::bad_key_file, shown(path) + ": it cannot be read: " + why);
}
std::unexpected<Error> unreadable(const std::string& path, int error) {
  return unreadable(path, std::generic_category().message(error));
}

/// At most `limit` bytes; more is an error. Of a file that is only looked through, opening must not wait: it may be a
/// pipe.
Result<std::string> read_file(const std::string& path, std::size_t limit, Accept accept) {
  const int waits = accept == Accept::regular_files ? O_NONBLOCK : 0;
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | waits));
  struct stat facts{};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return unreadable(path, errno);
  if (!S_ISREG(facts.st_mode) && (accept == Accept::regular_files || !S_ISFIFO(facts.st_mode)))
    return unreadable(path, S_ISDIR(facts.st_mode) ? "it is a directory" : "it is no file");
  std::string text;
  char piece[1 << 14];
  for (;;) {
    const ssize_t n = ::read(file.get(), piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path, errno);
    if (n == 0) return text;
    text.append(piece, static_cast<std::size_t>(n));
    if (text.size() > limit)
      return fail(Code::bad_key_file, shown(path) + ": it is longer than " + std::to_string(limit) + " bytes");
  }
}

/// OpenSSL's X509_LOOKUP_hash_dir asks for "%08lx.%d".
bool is_hashed_name(std::string_view name) {
  constexpr std::size_t kHash = 8;
  const auto only = [](std::string_view part, std::string_view characters) {
    return part.find_first_not_of(characters) == std::string_view::npos;
  };
  return name.size() > kHash + 1 && name[kHash] == '.' && only(name.substr(0, kHash), "0123456789abcdef") &&
         only(name.substr(kHash + 1), "0123456789");
}

bool is_certificate_name(std::string_view name) {
  return name.ends_with(".pem") || name.ends_with(".crt") || name.ends_with(".cer") || name.ends_with(".der");
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// The names to read, sorted.
Result<std::vector<std::string>> names_in(const std::string& path) {
  std::set<std::string> hashed, plain;
  std::size_t entries = 0;
  // Not std::filesystem, whose iterator ends the process where memory runs out.
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) return unreadable(path, std::generic_category().message(errno));
  while (true) {
    errno = 0;
    const dirent* const at = ::readdir(directory.get());
    if (at == nullptr) break;
    std::string name = at->d_name;
    if (name == "." || name == "..") continue;
    if (++entries > limits::kMaxTrustDirectoryFiles)
      return fail(Code::bad_key_file, shown(path) + ": the directory has more than " +
                                          std::to_string(limits::kMaxTrustDirectoryFiles) +
                                          " entries: it is not read at all");
    if (is_hashed_name(name))
      hashed.insert(std::move(name));
    else if (is_certificate_name(name))
      plain.insert(std::move(name));
  }
  if (errno != 0) return unreadable(path, std::generic_category().message(errno));
  const auto& chosen = hashed.empty() ? plain : hashed;
  return std::vector<std::string>(chosen.begin(), chosen.end());
}

/// The environment, unless it is that of somebody with fewer rights than the program has.
const char* trusted_variable(const char* name) { return ::secure_getenv(name); }

}  // namespace

Result<void> TrustSources::add_text(std::string_view text) {
  auto read = read_certificates(text);
  if (!read) return std::unexpected(std::move(read).error());
  std::ranges::move(*read, std::back_inserter(found_));
  return {};
}

void TrustSources::collect_text(std::string_view text, std::string_view source) {
  collect_certificates(text, source, found_, warnings_);
}

void TrustSources::collect_file(const std::string& path) {
  const auto text = read_file(path, limits::kMaxPem, Accept::pipes_too);
  if (!text) return warnings_.add(text.error().detail());
  collect_text(*text, shown(path));
}

void TrustSources::collect_directory(const std::string& path) {
  const auto names = names_in(path);
  if (!names) return warnings_.add(names.error().detail());
  if (names->empty()) warnings_.add(shown(path) + ": the directory holds no file of certificates");
  std::size_t room = limits::kMaxTrustDirectoryBytes;
  for (const std::string& name : *names) {
    const std::string file = path + (path.ends_with('/') ? "" : "/") + name;
    const auto text = read_file(file, limits::kMaxPem, Accept::regular_files);
    if (!text) {
      warnings_.add(text.error().detail());
      continue;
    }
    if (text->size() > room)
      return warnings_.add(shown(file) + ": the files of its directory are longer than " +
                           std::to_string(limits::kMaxTrustDirectoryBytes) +
                           " bytes together: it and those after it are not read");
    room -= text->size();
    collect_text(*text, shown(file));
  }
}

FoundTrust TrustSources::take() {
  FoundTrust result;
  result.warnings = std::exchange(warnings_, {});
  std::map<std::string_view, std::size_t> seen;  // of DER; the bytes stay where they are when a vector is moved
  std::vector<FoundCertificate> once;
  once.reserve(found_.size());
  for (FoundCertificate& one : found_) {
    const auto [at, added] = seen.emplace(as_text(one.der), once.size());
    if (added) {
      once.push_back(std::move(one));
      continue;
    }
    // What one place allows and another does not is not allowed.
    FoundCertificate& known = once[at->second];
    const bool was_trusted = known.trusted_for.servers || known.trusted_for.clients;
    known.trusted_for.servers &= one.trusted_for.servers, known.trusted_for.clients &= one.trusted_for.clients;
    if (was_trusted && !known.trusted_for.servers && !known.trusted_for.clients) known.where = std::move(one.where);
  }
  found_.clear();
  for (FoundCertificate& one : once) {
    if (one.trusted_for.servers || one.trusted_for.clients) {
      result.certificates.push_back(std::move(one));
      continue;
    }
    result.warnings.add(one.where + ": its trust data allows neither TLS servers nor TLS clients: it is not trusted");
    result.distrusted.push_back(std::move(one));
  }
  return result;
}

SystemTrust system_trust(const std::function<const char*(const char*)>& variable) {
  const auto value = [&](const char* name) {
    const char* set = variable(name);
    return std::string(set == nullptr ? "" : set);
  };
  SystemTrust result;
  result.file = value("SSL_CERT_FILE");
  const std::string list = value("SSL_CERT_DIR");
  std::size_t named = 0;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    if (end != at && ++named <= limits::kMaxTrustDirectories) result.directories.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  if (named > limits::kMaxTrustDirectories)
    result.warnings.add("SSL_CERT_DIR names " + std::to_string(named) + " directories; the first " +
                        std::to_string(limits::kMaxTrustDirectories) + " are read");
  if (result.file.empty() && named == 0) result.file = kDefaultFile;
  return result;
}

SystemTrust system_trust() { return system_trust(trusted_variable); }

FoundTrust read_system_trust(const SystemTrust& system) {
  TrustSources sources;
  if (!system.file.empty()) sources.collect_file(system.file);
  for (const std::string& directory : system.directories) sources.collect_directory(directory);
  FoundTrust found = sources.take();
  for (const std::string& words : system.warnings.words()) found.warnings.add(words);
  return found;
}

}  // namespace tls::pki
