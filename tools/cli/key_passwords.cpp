#include "cli/key_passwords.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/terminal.h"

namespace sallyport::cli {
namespace {

using tls::Result;
using tls::SecretBytes;

void check(const char* option, std::size_t given, std::size_t credentials) {
  if (given > 1 && given != credentials)
    throw Failure(kUsage, std::string(option) + " is given once for all keys or once for each: there are " +
                              std::to_string(given) + " for " + std::to_string(credentials));
  if (given != 0 && credentials == 0)
    throw Failure(kUsage, std::string(option) + " needs --cert and its --key, of which there are none");
}

const std::string& of_place(const std::vector<std::string>& list, std::size_t place) {
  return list.size() == 1 ? list.front() : list[place];
}

/// The first line, without its end.
Result<SecretBytes> from_file(const std::string& path) {
  try {
    SecretBytes text = read_secret(path);
    std::size_t size = std::min(text.text().find('\n'), text.size());
    if (size != 0 && size < text.size() && text.text()[size - 1] == '\r') --size;
    text.shorten(size);
    return text;
  } catch (const Failure& failure) {
    return tls::fail(tls::Code::bad_key_file, std::string("--key-password-file ") + failure.what());
  }
}

Result<SecretBytes> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return tls::fail(tls::Code::bad_key_file, "--key-password-env: there is no environment variable '" + name + "'");
  return SecretBytes(tls::as_bytes(value));
}

/// Rejects an empty PIN, for example of a pipe that was read before, because the token would count it as a wrong one.
Result<SecretBytes> as_pin(Result<SecretBytes> text, const std::string& words) {
  if (!text) return text;
  if (text->empty()) return tls::fail(tls::Code::bad_key_file, words + " holds no PIN: its first line is empty");
  if (text->size() > tls::limits::kMaxPassword)
    return tls::fail(tls::Code::bad_key_file,
                     words + " holds no PIN: it has more than " + std::to_string(tls::limits::kMaxPassword) + " bytes");
  return text;
}

}  // namespace

PinSource pin_in_environment(std::string name, std::string variable) {
  std::string words = "the environment variable '" + variable + "'";
  return {std::move(name), [variable = std::move(variable), words = std::move(words)] {
            return as_pin(from_environment(variable), words);
          }};
}

KeyPasswords::KeyPasswords(KeyPasswordOptions options, std::size_t credentials) : options_(std::move(options)) {
  if (!options_.files.empty() && !options_.names.empty())
    throw Failure(kUsage, "--key-password-file and --key-password-env do not go together");
  check("--key-password-file", options_.files.size(), credentials);
  check("--key-password-env", options_.names.size(), credentials);
}

tls::PasswordSource KeyPasswords::source(std::size_t place) {
  return [this, place](const tls::PasswordRequest& request) { return get(place, request); };
}

PinSource KeyPasswords::pin(std::size_t place) const {
  if (!options_.names.empty()) return pin_in_environment("--key-password-env", of_place(options_.names, place));
  if (options_.files.empty()) return {};
  return {"--key-password-file", [file = of_place(options_.files, place)]() -> Result<SecretBytes> {
            // It is read at each login, in a thread of the key's: a pipe would hold it up, and be empty the next time.
            std::error_code none;
            if (!std::filesystem::is_regular_file(file, none))
              return tls::fail(tls::Code::bad_key_file,
                               "'" + file + "' is no regular file: a PIN is read again at each login");
            return as_pin(from_file(file), "'" + file + "'");
          }};
}

Result<SecretBytes> KeyPasswords::get(std::size_t place, const tls::PasswordRequest& request) {
  if (!options_.files.empty()) return from_file(of_place(options_.files, place));
  if (!options_.names.empty()) return from_environment(of_place(options_.names, place));
  if (const auto known = typed_.find(place); known != typed_.end()) return known->second.clone();
  constexpr const char* kOptions = "give the password by --key-password-file FILE or --key-password-env NAME";
  if (settled_)
    return tls::fail(
        tls::Code::bad_key_file,
        std::string("it is encrypted, and no password is known; nobody is asked at a reload: ") + kOptions);
  auto typed = ask_hidden("Password of " + request.what + ": ", tls::limits::kMaxPassword);
  if (!typed)
    return tls::fail(tls::Code::bad_key_file,
                     std::string("it is encrypted, and no password came from a terminal: ") + kOptions);
  typed_[place] = typed->clone();
  return std::move(*typed);
}

}  // namespace sallyport::cli
