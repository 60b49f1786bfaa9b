// The encrypted keys and PKCS#12 files of tests/pki/keys (made by the script `make` there), and who gives their
// password.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/places.h"
#include "tls/credentials.h"

namespace tls::test {

inline std::string key_file(const std::string& name) {
  std::ifstream in(source_dir() / "tests/pki/keys" / name, std::ios::binary);
  REQUIRE_MESSAGE(in, name);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Counts how often it is asked, and notes for what.
struct Asked {
  std::vector<PasswordRequest> requests;
  [[nodiscard]] PasswordSource giving(std::string_view password) {
    return [this, password](const PasswordRequest& request) -> Result<SecretBytes> {
      requests.push_back(request);
      return SecretBytes(as_bytes(password));
    };
  }
};

/// How load_credential() is to ask for that password.
inline CredentialOptions with_password(std::string_view password) {
  return {.password = fixed_password(SecretBytes(as_bytes(password))), .chain_file = {}, .key_file = {}};
}

/// "loaded", or the detail of a refusal by bad_key_file.
inline std::string said(const Result<CredentialPtr>& loaded) {
  if (loaded) return "loaded";
  CHECK(loaded.error().code() == Code::bad_key_file);
  return loaded.error().detail();
}
inline bool mentions(std::string_view text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace tls::test
