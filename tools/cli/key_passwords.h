// Where the passwords of --key and --cert come from: a file, the environment, or the terminal. No argument: those are
// there for everybody to read.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tls/credentials.h"
#include "tls/secret_bytes.h"

namespace sallyport::cli {

/// What --key-password-file and --key-password-env say: one for all credentials, or one for each in their order.
struct KeyPasswordOptions {
  std::vector<std::string> files, names;
};

/// The source of a token's PIN. Self-contained: a shared key may keep it.
struct PinSource {
  std::string name;                                       ///< the option, for messages; empty if none was given
  std::function<tls::Result<tls::SecretBytes>()> read{};  ///< reads the PIN; called at each login to the token
};
/// Returns the source that reads an environment variable. `name` is for messages.
[[nodiscard]] PinSource pin_in_environment(std::string name, std::string variable);

/// Lives as long as credentials may be loaded anew: files and the environment are read at every load, and what was
/// typed is kept, for nobody is asked at a reload.
class KeyPasswords {
 public:
  /// For `credentials` of them. Failure(kUsage) when the options do not go together.
  KeyPasswords(KeyPasswordOptions options, std::size_t credentials);

  /// The password of the credential of this place, from 0. Must not outlive this.
  [[nodiscard]] tls::PasswordSource source(std::size_t place);
  /// Returns the source of the PIN, if the credential's key is in a token. Does not ask at the terminal.
  [[nodiscard]] PinSource pin(std::size_t place) const;
  /// The first load is over: what is not known by now is not asked for.
  void settle() noexcept { settled_ = true; }

 private:
  [[nodiscard]] tls::Result<tls::SecretBytes> get(std::size_t place, const tls::PasswordRequest& request);

  KeyPasswordOptions options_;
  std::map<std::size_t, tls::SecretBytes> typed_;
  bool settled_ = false;
};

}  // namespace sallyport::cli
