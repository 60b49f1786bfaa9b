// Keys in a token of softhsm2.
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/signature.h"
#include "keyserver/pair.h"
#include "pkcs11/soft_token.h"

using namespace tls;
using namespace tls::test;

TEST_CASE("each key signs by every scheme that it allows, and the signature verifies") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  for (const SoftKey& one : kSoftKeys) {
    CAPTURE(one.label);
    const auto made = open_key(token->uri(one.label));
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
    CHECK((*made)->kind() == one.kind);
    const auto public_key = crypto::PublicKey::from_spki(key(one.type)->spki());
    REQUIRE(public_key);
    for (const SignatureScheme scheme : schemes_for(one.kind)) {
      CAPTURE(std::string(name(scheme)));
      CHECK((*made)->allows(scheme));
      const Signed signature = sign_with(*made, scheme, "what is signed");
      REQUIRE_MESSAGE(signature, (signature ? "" : signature.error().message()));
      CHECK(public_key->verify(scheme, as_bytes("what is signed"), *signature, ProtocolVersion::tls12));
    }
    CHECK_FALSE(
        (*made)->allows(one.kind == KeyKind::rsa ? SignatureScheme::ed25519 : SignatureScheme::rsa_pkcs1_sha256));
    CHECK_FALSE(sign_with(*made, static_cast<SignatureScheme>(0x0203), "a scheme that nobody has"));
  }
}

TEST_CASE("RFC 9846 §4.3.3: in TLS 1.2 a curve goes with any hash") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const auto made = open_key(token->uri("p256"));
  REQUIRE(made);
  const auto public_key = crypto::PublicKey::from_spki(key()->spki());
  for (const SignatureScheme scheme :
       {SignatureScheme::ecdsa_secp384r1_sha384, SignatureScheme::ecdsa_secp521r1_sha512}) {
    const Signed signature = sign_with(*made, scheme, "what is signed");
    REQUIRE(signature);
    CHECK(public_key->verify(scheme, as_bytes("what is signed"), *signature, ProtocolVersion::tls12));
  }
}

TEST_CASE("handshakes of both versions with keys of a token on either side") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  for (const SoftKey& one : kSoftKeys) {
    if (one.type == sallyport::KeyType::ecdsa_p521) continue;  // its scheme is not among the defaults
    CAPTURE(one.label);
    const Chains chains(one.type);
    const auto made = open_key(token->uri(one.label));
    REQUIRE(made);
    for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
      const auto done = Meeting(chains, *made, *made, version).handshake();
      CHECK_MESSAGE(done, (done ? "" : done.error().message()));
    }
  }
}

TEST_CASE("keys are found by label, by id, and by the token's other names; several, and none, are told") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const std::string module = "?module-path=" + token->module;
  CHECK(open_key("pkcs11:token=sallyport;id=%01" + module));
  CHECK(open_key("pkcs11:token=sallyport;object=twin;id=%11" + module));
  CHECK(open_key("pkcs11:manufacturer=SoftHSM%20project;object=p256" + module));
  const auto refusal = [&](const std::string& uri) {
    const auto made = open_key(uri);
    REQUIRE_FALSE(made);
    return made.error();
  };
  struct Row {
    std::string uri;
    Code code;
    const char* words;
  };
  const Row rows[] = {
      {"pkcs11:token=sallyport;object=twin" + module, Code::bad_key_file, "several private keys"},
      {"pkcs11:token=sallyport;object=none" + module, Code::bad_key_file, "no private key"},
      {"pkcs11:token=other;object=p256" + module, Code::bad_key_file, "no token"},
      {"pkcs11:token=sallyport" + module, Code::bad_config, "names no key"},
      {"pkcs11:token=sallyport;object=p256;nonsense=1" + module, Code::bad_config, "unknown"},
      {"pkcs11:token=%zz", Code::bad_config, "no PKCS#11 URI"},
      {"https://example.com", Code::bad_config, "no PKCS#11 URI"},
      {"pkcs11:token=sallyport;object=p256?module-path=/no/such/module.so", Code::bad_key_file, "/no/such/module.so"},
      {"pkcs11:object=p256?module-name=no-such-module", Code::bad_key_file, "no module that fits"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.uri);
    const Error error = refusal(row.uri);
    CHECK(error.code() == row.code);
    CHECK_MESSAGE(error.detail().find(row.words) != std::string::npos, error.detail());
  }
}

TEST_CASE("a PIN in the URI is refused") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const auto made = open_key(token->uri("p256", "&pin-value=1234"));
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == Code::bad_config);
  CHECK(made.error().detail().find("pin-source") != std::string::npos);
  CHECK(made.error().message().find("1234") == std::string::npos);
}

TEST_CASE("the PIN comes from the file that the URI names, or from the function; a wrong or missing one is told") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const auto without = [](Pkcs11Options& o) { o.pin = nullptr; };
  CHECK(open_key(token->uri("p256", "&pin-source=file:" + token->pin_file), without));
  CHECK(open_key(token->uri("p256", "&pin-source=file://" + token->pin_file), without));
  CHECK(open_key(token->uri("p256", "&pin-source=" + token->pin_file), without));
  const auto words = [&](const std::string& more, const std::function<void(Pkcs11Options&)>& change) {
    const auto made = open_key(token->uri("p256", more), change);
    REQUIRE_FALSE(made);
    return made.error().detail();
  };
  CHECK(words("", without).find("may need a PIN") != std::string::npos);
  CHECK(words("&pin-source=file:/no/such/pin", without).find("/no/such/pin") != std::string::npos);
  CHECK(words("&pin-source=pin", without).find("absolute path") != std::string::npos);
  CHECK(words("&pin-source=%7Cecho%201234", without).find("absolute path") != std::string::npos);  // "|echo 1234"
  const TemporaryFolder folder;
  const std::string empty = folder.file("empty", "\n");
  const unsigned long logins = token->wayward().logins;
  CHECK_FALSE(open_key(
      "pkcs11:token=sallyport;object=p256?module-path=" + std::string(SALLYPORT_WAYWARD) + "&pin-source=file:" + empty,
      without));
  CHECK(token->wayward().logins == logins);  // the token would count it
  CHECK(words("&pin-source=file:" + empty, without).find("holds no PIN") != std::string::npos);
  CHECK(words("", [](Pkcs11Options& o) { o.pin = [] { return SecretBytes(as_bytes("wrong")); }; }).find("login") !=
        std::string::npos);
  CHECK(words("", [](Pkcs11Options& o) {
          o.pin = []() -> Result<SecretBytes> { return fail(Code::bad_config, "nobody typed it"); };
        }).find("nobody typed it") != std::string::npos);
}

TEST_CASE("options of a PKCS#11 key that cannot be are refused; those at the bounds are not") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  using std::chrono::milliseconds;
  struct Row {
    void (*change)(Pkcs11Options&);
    bool good;
  };
  constexpr Row kRows[] = {
      {[](Pkcs11Options& o) { o.deadline = milliseconds(0); }, false},
      {[](Pkcs11Options& o) { o.deadline = milliseconds(1); }, true},
      {[](Pkcs11Options& o) { o.deadline = milliseconds(60'000); }, true},
      {[](Pkcs11Options& o) { o.deadline = milliseconds(60'001); }, false},
      {[](Pkcs11Options& o) { o.sessions = 0; }, false},
      {[](Pkcs11Options& o) { o.sessions = 1; }, true},
      {[](Pkcs11Options& o) { o.sessions = 32; }, true},
      {[](Pkcs11Options& o) { o.sessions = 33; }, false},
      {[](Pkcs11Options& o) { o.under_way = 0; }, false},
      {[](Pkcs11Options& o) { o.under_way = 65536; }, true},
      {[](Pkcs11Options& o) { o.under_way = 65537; }, false},
  };
  for (const Row& row : kRows) CHECK(open_key(token->uri("p256"), row.change).has_value() == row.good);
}

TEST_CASE("a child of fork() is told to open its own") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const auto made = open_key(token->uri("p256"));
  REQUIRE(made);
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 0;
    (*made)->sign_later({SignatureScheme::ecdsa_secp256r1_sha256, {}, nullptr}, [&](OperationResult result) {
      const auto& answer = std::get<Signed>(result);
      code = !answer && answer.error().code() == Code::misuse ? 7 : 1;
    });
    ::_exit(code);
  }
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  CHECK(WEXITSTATUS(state) == 7);
  CHECK(sign_with(*made, SignatureScheme::ecdsa_secp256r1_sha256, "the parent's is as it was"));
}
