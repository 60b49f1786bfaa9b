// What is left of PINs in the memory of the process.
#include "cli/key_passwords.h"
#include "pkcs11/directed.h"
#include "support/memory_scan.h"

#ifdef SALLYPORT_SCANS_MEMORY

using namespace tls;
using namespace tls::test;

namespace {

constexpr std::size_t kPinSize = 16;

/// A PIN that is drawn into a file, and is nowhere else in this process.
Needle draw(const std::string& path) {
  SecretBytes pin;
  const MutableBytes room = pin.extend(kPinSize);
  system_random().fill(room);
  for (std::uint8_t& b : room) b = static_cast<std::uint8_t>('a' + b % 16);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(::write(fd, room.data(), room.size()) == static_cast<ssize_t>(room.size()));
  ::close(fd);
  return Needle::of(pin.expose());
}

}  // namespace

// The module that the test directs takes or refuses the PIN by itself: what softhsm2 keeps of one is its own affair.
TEST_CASE("nothing is left of a PIN that was used; of one that was refused one copy, until the token's last key goes") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TemporaryFolder folder;
  Wayward& module = token->wayward();
  const std::string uri = "pkcs11:token=sallyport;object=p256?module-path=" + std::string(SALLYPORT_WAYWARD);
  const std::string path = folder.path("drawn");
  const sallyport::cli::KeyPasswords passwords({.files = {path}, .names = {}}, 1);
  const auto by_source = [](Pkcs11Options& o) { o.pin = nullptr; };
  const auto by_option = [&](Pkcs11Options& o) { o.pin = passwords.pin(0).read; };
  // Another key keeps the module and its logins.
  auto other = open_key(token->wayward_uri("p384"));
  REQUIRE(other);
  const Needle refused = draw(path);
  module.wrong_pin = true;
  CHECK_FALSE(open_key(uri + "&pin-source=file:" + path, by_source));
  CHECK(occurrences(refused) == 1);
  CHECK_FALSE(open_key(uri, by_option));  // the same one: it is not tried again
  CHECK(occurrences(refused) == 1);
  module.wrong_pin = false;
  other->reset();
  CHECK(occurrences(refused) == 0);
  // One that is taken, while its key is in use.
  const Needle taken = draw(path);
  module.any_pin = true;
  for (const auto& [name, change] :
       {std::pair<std::string, std::function<void(Pkcs11Options&)>>{uri + "&pin-source=file:" + path, by_source},
        {uri, by_option}}) {
    const unsigned long logins = module.logins;
    const auto made = open_key(name, change);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
    CHECK(sign_with(*made, SignatureScheme::ecdsa_secp256r1_sha256, "x"));
    CHECK(module.logins > logins);
    CHECK(occurrences(taken) == 0);
  }
  module.any_pin = false;
  CHECK(occurrences(taken) == 0);
}

#endif
