// Wycheproof's JSON, schemas v1: groups of tests; what a group is called says what its tests hold.
#include <nlohmann/json.hpp>

#include "vectors/der_build.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

using Json = nlohmann::json;

std::string text(const Json& object, const char* name) { return object.at(name).get<std::string>(); }

/// "SHA-256" of "HKDF-SHA-256" or "HMACSHA256".
std::string hash_of_algorithm(const std::string& algorithm) {
  const auto at = algorithm.find("SHA");
  return at == algorithm.npos ? algorithm : algorithm.substr(at);
}

void aead(Case& c, const Json& file, const Json& group, const Json& test) {
  c.kind = "AEAD";
  c.algorithm = text(file, "algorithm");
  const std::string bits = std::to_string(group.at("keySize").get<int>());
  if (c.algorithm.starts_with("AES-")) c.algorithm.insert(4, bits + "-");  // AES-GCM: AES-128-GCM
  c.set("key", text(test, "key"));
  c.set("nonce", text(test, "iv"));
  c.set("aad", text(test, "aad"));
  c.set("plaintext", text(test, "msg"));
  c.set("ciphertext", text(test, "ct"));
  c.set("tag", text(test, "tag"));
}

void hmac(Case& c, const Json& file, const Json&, const Json& test) {
  c.kind = "HMAC";
  c.algorithm = hash_of_algorithm(text(file, "algorithm"));
  c.set("key", text(test, "key"));
  c.set("message", text(test, "msg"));
  c.set("tag", text(test, "tag"));
}

void hkdf(Case& c, const Json& file, const Json&, const Json& test) {
  c.kind = "HKDF";
  c.algorithm = hash_of_algorithm(text(file, "algorithm"));
  for (const char* name : {"ikm", "salt", "info", "okm"}) c.set(name, text(test, name));
}

void group_case(Case& c, const Json&, const Json& group, const Json& test) {
  c.kind = "GROUP";
  c.algorithm = text(group, "curve");
  const std::string type = text(group, "type");
  if (type == "XdhAsnComp") c.skip = "an X25519 key in a SubjectPublicKeyInfo: TLS carries its 32 bytes alone";
  const std::string scalar = text(test, "private");
  c.set("private", scalar.size() % 2 == 0 ? scalar : "0" + scalar);
  c.set(type == "EcdhTest" ? "spki" : "public", text(test, "public"));
  c.set("secret", text(test, "shared"));
}

void verify(Case& c, const Json&, const Json& group, const Json& test) {
  c.kind = "VERIFY";
  const std::string type = text(group, "type");
  c.set("message", text(test, "msg"));
  c.set("signature", text(test, "sig"));
  c.set("spki", text(group, "publicKeyDer"));
  if (group.contains("sha")) c.set("hash", text(group, "sha"));
  if (type.starts_with("Ecdsa")) {
    c.algorithm = "ECDSA";
    c.set("curve", text(group.at("publicKey"), "curve"));
  } else if (type == "EddsaVerify") {
    c.algorithm = "ed25519";
  } else if (type == "RsassaPkcs1Verify") {
    c.algorithm = "RSA-PKCS1";
  } else {
    c.algorithm = type == "RsassaPssWithParametersVerify" ? "RSA-PSS-KEY" : "RSA-PSS";
    c.set("mgf_hash", text(group, "mgfSha"));
    c.set("salt_size", std::to_string(group.at("sLen").get<int>()));
  }
}

/// IEEE P1363's r | s: of the right length it becomes the DER that TLS carries.
void verify_p1363(Case& c, const Json& file, const Json& group, const Json& test) {
  verify(c, file, group, test);
  const std::size_t size = text(group.at("publicKey"), "curve") == "secp256r1" ? 32 : 48;
  const ByteVector plain = unhex(text(test, "sig"));
  if (plain.size() != 2 * size) {
    c.skip = "a plain signature of another length, which has no DER";
    return;
  }
  const auto half = plain.begin() + static_cast<std::ptrdiff_t>(size);
  c.set("signature", hex(der::ecdsa_signature({plain.begin(), half}, {half, plain.end()})));
}

void sign_rsa(Case& c, const Json&, const Json& group, const Json& test) {
  c.kind = "SIGN";
  c.algorithm = "RSA-PKCS1";
  c.set("hash", text(group, "sha"));
  c.set("pkcs8", text(group, "privateKeyPkcs8"));
  c.set("message", text(test, "msg"));
  c.set("signature", text(test, "sig"));
}

struct GroupType {
  std::string_view name;
  void (*fill)(Case&, const Json& file, const Json& group, const Json& test);
};
constexpr GroupType kTypes[] = {
    {"AeadTest", aead},
    {"MacTest", hmac},
    {"HkdfTest", hkdf},
    {"XdhComp", group_case},
    {"XdhAsnComp", group_case},
    {"EcdhTest", group_case},
    {"EcdhEcpointTest", group_case},
    {"EcdsaVerify", verify},
    {"EcdsaP1363Verify", verify_p1363},
    {"EddsaVerify", verify},
    {"RsassaPssVerify", verify},
    {"RsassaPssWithParametersVerify", verify},
    {"RsassaPkcs1Verify", verify},
    {"RsassaPkcs1Generate", sign_rsa},
};

Expect expectation(const std::string& result) {
  if (result == "valid") return Expect::valid;
  if (result == "invalid") return Expect::invalid;
  if (result == "acceptable") return Expect::acceptable;
  throw BadVector("the result is \"" + result + "\"");
}

Case case_of(const Json& file, const Json& group, const Json& test) {
  Case c;
  c.id = "tcId " + std::to_string(test.at("tcId").get<int>());
  c.comment = test.value("comment", "");
  c.expect = expectation(text(test, "result"));
  const std::string type = text(group, "type");
  for (const GroupType& row : kTypes)
    if (row.name == type) {
      row.fill(c, file, group, test);
      return c;
    }
  c.kind = type;
  c.algorithm = text(file, "algorithm");
  c.skip = type + " of " + c.algorithm + ": not in this library";
  return c;
}

bool accepts(const File& file) {
  return file.path.ends_with(".json") && file.text.find("\"testGroups\"") != std::string::npos;
}

void read(const File& file, const Emit& emit) {
  try {
    const Json document = Json::parse(file.text);
    for (const Json& group : document.at("testGroups"))
      for (const Json& test : group.at("tests")) emit(case_of(document, group, test));
  } catch (const Json::exception& e) {
    throw BadVector(e.what());
  }
}

}  // namespace

constinit const Format kWycheproofFormat = {"wycheproof", accepts, read};

}  // namespace tls::vectors
