#include "cli/token_keys.h"

#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>

#include "cli/command.h"
#include "tls/adapters/pkcs11.h"

namespace sallyport::cli {
namespace {

constexpr const char* kPin = "SALLYPORT_PKCS11_PIN";

tls::Pkcs11Options options_of(const std::string& uri) {
  tls::Pkcs11Options options;
  options.uri = uri;
  options.warning = [](std::string_view words) { std::cerr << "WARNING: " + std::string(words) + "\n"; };
  const bool in_file = uri.find("pin-source=") != std::string::npos;
  if (!in_file && std::getenv(kPin) != nullptr)
    options.pin = []() -> tls::Result<tls::SecretBytes> {
      const char* const pin = std::getenv(kPin);
      return tls::SecretBytes(tls::as_bytes(pin != nullptr ? pin : ""));
    };
  return options;
}

}  // namespace

std::shared_ptr<const tls::SigningKey> token_key(const std::string& uri) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const tls::SigningKey>> keys;
  const std::lock_guard lock(mutex);
  if (auto key = keys[uri].lock()) return key;
  auto made = tls::pkcs11_key(options_of(uri));
  if (!made)
    throw Failure(made.error().code() == tls::Code::bad_config ? kUsage : kIo,
                  "--key " + uri + ": " + made.error().message());
  keys[uri] = *made;
  return *made;
}

}  // namespace sallyport::cli
