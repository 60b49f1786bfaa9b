#include "cli/token_keys.h"

#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <vector>

#include "cli/command.h"
#include "tls/adapters/pkcs11.h"

namespace sallyport::cli {
namespace {

constexpr const char* kPin = "SALLYPORT_PKCS11_PIN";

/// The URI for words, without its PIN (RFC 7512 §2.4, pin-value): words end in logs.
std::string shown(const std::string& uri) {
  constexpr std::string_view kPinValue = "pin-value=";
  const std::size_t at = uri.find(kPinValue);
  if (at == std::string::npos) return uri;
  const std::size_t end = uri.find_first_of("&;", at);
  return uri.substr(0, at) + std::string(kPinValue) + "***" + (end == std::string::npos ? "" : uri.substr(end));
}

/// Returns the only source that is given, or an empty one. Two are an error, because a wrong guess may lock the token.
PinSource one_of(const std::string& uri, const PinSource& option) {
  const bool in_uri = uri.find("pin-source=") != std::string::npos;
  std::vector<PinSource> given;
  if (option.read) given.push_back(option);
  if (in_uri) given.push_back({.name = "pin-source in the URI"});
  if (std::getenv(kPin) != nullptr) given.push_back(pin_in_environment(kPin, kPin));
  if (given.size() > 1)
    throw Failure(kUsage, "--key " + shown(uri) + ": its PIN has two sources, " + given[0].name + " and " +
                              given[1].name + ": remove one");
  return given.empty() ? PinSource{} : given.front();
}

tls::Pkcs11Options options_of(const std::string& uri, const PinSource& pin) {
  tls::Pkcs11Options options;
  options.uri = uri;
  options.warning = [](std::string_view words) { std::cerr << "WARNING: " + std::string(words) + "\n"; };
  options.pin = one_of(uri, pin).read;  // empty: that of the URI, if there is one
  return options;
}

}  // namespace

std::shared_ptr<const tls::SigningKey> token_key(const std::string& uri, const PinSource& pin) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const tls::SigningKey>> keys;
  const tls::Pkcs11Options options = options_of(uri, pin);
  const std::lock_guard lock(mutex);
  if (auto key = keys[uri].lock()) return key;
  auto made = tls::pkcs11_key(options);
  if (!made)
    throw Failure(made.error().code() == tls::Code::bad_config ? kUsage : kIo,
                  "--key " + shown(uri) + ": " + made.error().message());
  keys[uri] = *made;
  return *made;
}

}  // namespace sallyport::cli
