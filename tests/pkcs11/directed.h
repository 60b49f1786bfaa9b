// A key in a token whose module does as a test says.
#pragma once

#include "pkcs11/soft_token.h"

namespace tls::test {

inline constexpr SignatureScheme kScheme = SignatureScheme::ecdsa_secp256r1_sha256;

/// A key through the module that the test directs, which is as it should be before and after.
struct Directed {
  SoftToken& token;
  Wayward& module;
  std::shared_ptr<const RemoteKey> key;

  explicit Directed(SoftToken& t, const std::function<void(Pkcs11Options&)>& change = {})
      : token(t), module(t.wayward()) {
    auto made = open_key(token.wayward_uri("p256"), change);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
    key = *made;
  }
  ~Directed() {
    module.gone = module.dead = module.absent = module.short_signature = module.wrong_pin = module.no_sessions =
        module.signs_none = false;
    module.hangs = false;
    module.slow_ms = 0;
    module.stale = 0;
  }
  Directed(const Directed&) = delete;
  Directed& operator=(const Directed&) = delete;
  [[nodiscard]] bool signs() const { return sign_with(key, kScheme, "what is signed").has_value(); }
};

}  // namespace tls::test
