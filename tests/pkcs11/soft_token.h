// A token of softhsm2 for a test program, with a key of each kind. Made when first asked for.
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "pkcs11/wayward.h"
#include "support/pki.h"
#include "support/time_scale.h"
#include "tls/adapters/pkcs11.h"
#include "tools/run.h"

namespace tls::test {

inline constexpr const char* kUserPin = "1234";

struct SoftKey {
  const char* label;
  sallyport::KeyType type;
  KeyKind kind;
};
inline constexpr SoftKey kSoftKeys[] = {{"p256", sallyport::KeyType::ecdsa_p256, KeyKind::ecdsa_p256},
                                        {"p384", sallyport::KeyType::ecdsa_p384, KeyKind::ecdsa_p384},
                                        {"p521", sallyport::KeyType::ecdsa_p521, KeyKind::ecdsa_p521},
                                        {"rsa", sallyport::KeyType::rsa_2048, KeyKind::rsa},
                                        {"ed25519", sallyport::KeyType::ed25519, KeyKind::ed25519}};

class SoftToken {
 public:
  /// Null: softhsm2 is not here, which is said.
  static SoftToken* get() {
    static SoftToken* const token = [] {
      const std::string module = find_module();
      return module.empty() ? nullptr : new SoftToken(module);
    }();
    if (token == nullptr) MESSAGE("skipped: softhsm2 is not here (Debian: softhsm2)");
    return token;
  }

  [[nodiscard]] std::string uri(const std::string& label, const std::string& more = {}) const {
    return "pkcs11:token=sallyport;object=" + label + "?module-path=" + module + more;
  }
  /// The same through the module that a test directs.
  [[nodiscard]] std::string wayward_uri(const std::string& label) const {
    return "pkcs11:token=sallyport;object=" + label + "?module-path=" + SALLYPORT_WAYWARD +
           "&pin-source=file:" + pin_file;
  }
  [[nodiscard]] Wayward& wayward() const {
    static Wayward* const control = [] {
      void* const library = dlopen(SALLYPORT_WAYWARD, RTLD_NOW | RTLD_LOCAL);
      REQUIRE_MESSAGE(library != nullptr, dlerror());
      const auto get = reinterpret_cast<Wayward* (*)()>(dlsym(library, "wayward_control"));
      REQUIRE((get != nullptr));
      return get();
    }();
    return *control;
  }

  std::string module, pin_file;

 private:
  explicit SoftToken(const std::string& path) : module(path) {
    std::filesystem::create_directory(folder_.path("tokens"));
    const std::string conf = folder_.file("softhsm2.conf", "directories.tokendir = " + folder_.path("tokens") +
                                                               "\nobjectstore.backend = file\nlog.level = ERROR\n");
    pin_file = folder_.file("pin", std::string(kUserPin) + "\n");
    ::setenv("SOFTHSM2_CONF", conf.c_str(), 1);
    ::setenv("SALLYPORT_WAYWARD_REAL", module.c_str(), 1);
    run("--init-token --free --label sallyport --so-pin 12345678 --pin " + std::string(kUserPin));
    int id = 1;
    for (const SoftKey& one : kSoftKeys) {
      const std::string file = folder_.file("key.pem", sallyport::to_pem("PRIVATE KEY", key(one.type)->pkcs8()));
      run("--import " + file + " --token sallyport --label " + one.label + " --id 0" + std::to_string(id++) +
          " --pin " + kUserPin);
    }
    // Two of one label, which only their numbers tell apart.
    for (const int number : {0, 1}) {
      const std::string file = folder_.file(
          "key.pem", sallyport::to_pem("PRIVATE KEY", key(sallyport::KeyType::ecdsa_p256, number)->pkcs8()));
      run("--import " + file + " --token sallyport --label twin --id 1" + std::to_string(number) + " --pin " +
          kUserPin);
    }
    ::unlink(folder_.path("key.pem").c_str());
  }
  void run(const std::string& options) const {
    const std::string command = "softhsm2-util " + options + " >" + folder_.path("out") + " 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("this failed: softhsm2-util " + options);
  }
  static std::string find_module() {
    for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
                             "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"})
      if (std::filesystem::exists(path)) return path;
    return {};
  }
  TemporaryFolder folder_;
};

inline Result<std::shared_ptr<const RemoteKey>> open_key(const std::string& uri,
                                                         const std::function<void(Pkcs11Options&)>& change = {}) {
  Pkcs11Options options;
  options.uri = uri;
  options.pin = [] { return SecretBytes(as_bytes(kUserPin)); };
  options.deadline = scaled(std::chrono::milliseconds(20'000));
  if (change) change(options);
  return pkcs11_key(std::move(options));
}

using Signed = Result<std::vector<std::uint8_t>>;

inline Signed sign_with(const std::shared_ptr<const RemoteKey>& key, SignatureScheme scheme, std::string_view message) {
  const Bytes bytes = as_bytes(message);
  auto answer = wait_for_signature(SignatureRequest{scheme, {bytes.begin(), bytes.end()}, key});
  REQUIRE(answer);
  return std::get<Signed>(*std::move(answer));
}

}  // namespace tls::test
