#include "vectors/support.h"

using namespace tls;
using namespace tls::vectors;
using test::cases_of;

TEST_CASE("plain: sections name kind and algorithm, empty lines end cases, indented lines go on") {
  const auto cases = cases_of({"a.txt",
                               "# source: nowhere\n"
                               "[AEAD ChaCha20-Poly1305]\n"
                               "key = 00 01\n"
                               "    02\n"
                               "# a remark inside\n"
                               "aad = \"a = b\"\n"
                               "comment = the first\n"
                               "\n"
                               "\n"
                               "key = 03\n"
                               "result = invalid\n"
                               "[HASH SHA-256]\n"
                               "message =\n"});
  REQUIRE(cases.size() == 3);
  CHECK(cases[0].kind == "AEAD");
  CHECK(cases[0].algorithm == "ChaCha20-Poly1305");
  CHECK(cases[0].id == "line 3");
  CHECK(cases[0].comment == "the first");
  CHECK(cases[0].expect == Expect::valid);
  CHECK(cases[0].bytes("key") == ByteVector{0, 1, 2});
  CHECK(cases[0].bytes("aad") == ByteVector{'a', ' ', '=', ' ', 'b'});
  CHECK(cases[1].expect == Expect::invalid);
  CHECK(cases[2].kind == "HASH");
  CHECK(cases[2].bytes("message").empty());
  CHECK_THROWS_AS((void)cases[2].bytes("digest"), BadVector);
}

TEST_CASE("plain: what is malformed is said, with its line") {
  const auto words = [](const std::string& text) -> std::string {
    try {
      (void)cases_of({"a.txt", "# source: nowhere\n" + text});
    } catch (const BadVector& e) {
      return e.what();
    }
    return "nothing was wrong";
  };
  CHECK(words("key = 00\n").find("line 2") == 0);
  CHECK(words("[AEAD]\n").find("line 2") == 0);
  CHECK(words("[AEAD X]\nnonsense\n").find("line 3") == 0);
  CHECK(words("[AEAD X]\n  00\n").find("line 3") == 0);
  CHECK(words("[AEAD X]\nkey = 00\nkey = 01\n").find("line 4") == 0);
  CHECK(words("[AEAD X]\nresult = perhaps\n\n").find("line 4") == 0);
  CHECK(words("[AEAD X]\nkey = 00\n") == "nothing was wrong");
}

TEST_CASE("values are hex or text between quotation marks") {
  CHECK(unhex("00 fF\n7f") == ByteVector{0x00, 0xFF, 0x7F});
  CHECK(unhex("\"00\"") == ByteVector{'0', '0'});
  CHECK(unhex("").empty());
  CHECK_THROWS_AS((void)unhex("0"), BadVector);
  CHECK_THROWS_AS((void)unhex("0g"), BadVector);
  CHECK(hex({0x00, 0xAB}) == "00ab");
  CHECK(same_name("SHA-256", "sha256"));
  CHECK_FALSE(same_name("SHA-256", "SHA-384"));
}

TEST_CASE("nist: a record becomes a case by the names in it; what was said before it holds for it") {
  const auto gcm =
      cases_of({"gcmDecrypt128.rsp",
                "# CAVS 14.0\n[Keylen = 128]\n[IVlen = 96]\n\nCount = 0\nKey = 000102030405060708090a0b0c0d0e0f\n"
                "IV = 00\nCT = 01\nAAD = 02\nTag = 03\nPT = 04\n\nCount = 1\nKey = 00000000000000000000000000000000\n"
                "IV = 00\nCT = 01\nAAD =\nTag = 03\nFAIL\n"});
  REQUIRE(gcm.size() == 2);
  CHECK(gcm[0].algorithm == "AES-128-GCM");
  CHECK(gcm[0].expect == Expect::valid);
  CHECK(gcm[0].text("plaintext") == "04");
  CHECK(gcm[1].expect == Expect::invalid);

  const auto rsa = cases_of(
      {"SigVerPSS.rsp",
       "# Salt len: 32\n[mod = 2048]\n\nn = 05\n\ne = 03\nSHAAlg = SHA256\nMsg = 01\nS = 02\nResult = F (1)\n\n"
       "SHAAlg = SHA256\ne = 10001\nMsg = 01\nS = 02\nSaltVal = 0011\nResult = P\n"});
  REQUIRE(rsa.size() == 2);
  CHECK(rsa[0].algorithm == "RSA-PSS");
  CHECK(rsa[0].text("salt_size") == "32");
  CHECK(rsa[0].text("modulus") == "05");
  CHECK(rsa[0].expect == Expect::invalid);
  CHECK(rsa[1].text("exponent") == "010001");
  CHECK(rsa[1].text("salt_size") == "2");

  const auto monte = cases_of({"SHA256Monte.rsp", "[L = 32]\n\nSeed = " + std::string(64, '1') +
                                                      "\n\nCOUNT = 0\nMD = " + std::string(64, '2') +
                                                      "\n\nCOUNT = 1\nMD = " + std::string(64, '3') + "\n"});
  REQUIRE(monte.size() == 2);
  CHECK(monte[0].kind == "HASH-MONTE");
  CHECK(monte[0].text("seed") == std::string(64, '1'));
  CHECK(monte[1].text("seed") == std::string(64, '2'));

  const auto curve = cases_of({"KeyPair.rsp", "[P-256]\n\n[B.4.2]\nN = 1\n\nd = 01\nQx = 02\nQy = 03\n"});
  REQUIRE(curve.size() == 1);
  CHECK(curve[0].algorithm == "secp256r1");
  CHECK(curve[0].bytes("share").size() == 65);

  // The coordinates and signatures of secp521r1 have 131 digits, those of smaller numbers fewer.
  const std::string digits(131, '1');
  const auto p521 =
      cases_of({"PKV.rsp", "[P-521]\n\nQx = " + digits + "\nQy = 000000" + digits + "\nResult = P (0 )\n"});
  REQUIRE(p521.size() == 1);
  CHECK(p521[0].algorithm == "secp521r1");
  CHECK(p521[0].bytes("public").size() == 133);
  const auto signature =
      cases_of({"SigVer.rsp", "[P-521,SHA-512]\n\nMsg = 00\nQx = 2\nQy = 3\nR = " + digits + "\nS = 4\nResult = P\n"});
  REQUIRE(signature.size() == 1);
  CHECK(signature[0].text("curve") == "secp521r1");
  CHECK(signature[0].bytes("r").size() == 66);
  CHECK(signature[0].bytes("point").size() == 133);
}

TEST_CASE("wycheproof: what a group is called decides; groups that nobody knows are skipped with a reason") {
  const auto cases = cases_of({"x_test.json", R"({"algorithm": "AES-GCM", "testGroups": [
    {"type": "AeadTest", "keySize": 256, "tests": [{"tcId": 7, "comment": "c", "key": "00", "iv": "01", "aad": "", "msg": "",
     "ct": "", "tag": "02", "result": "invalid", "flags": []}]},
    {"type": "NewTest", "tests": [{"tcId": 8, "result": "valid"}]}]})"});
  REQUIRE(cases.size() == 2);
  CHECK(cases[0].algorithm == "AES-256-GCM");
  CHECK(cases[0].id == "tcId 7");
  CHECK(cases[0].expect == Expect::invalid);
  CHECK(cases[0].skip.empty());
  CHECK_FALSE(cases[1].skip.empty());
  CHECK_THROWS_AS((void)cases_of({"x.json", R"({"testGroups": [{"tests": 3}]})"}), BadVector);
  CHECK_THROWS_AS((void)cases_of({"x.json", R"({"testGroups": [)"}), BadVector);
}

TEST_CASE("openssl-kdf: text and hex controls, and the order of the seeds of the TLS 1.2 PRF") {
  const auto cases =
      cases_of({"kdf.txt",
                "Title = t\n\nKDF = TLS1-PRF\nCtrl.digest = digest:SHA256\nCtrl.Secret = hexsecret:01\n"
                "Ctrl.label = seed:key expansion\nCtrl.client_random = hexseed:0c\nCtrl.server_random = hexseed:05\n"
                "Output = ff\n\nKDF = TLS13-KDF\nCtrl.mode = mode:EXTRACT_ONLY\nCtrl.digest = digest:SHA2-384\n"
                "Output = 00\n\nKDF = HKDF\nCtrl.digest = digest:SHA1\nResult = KDF_DERIVE_ERROR\n"});
  REQUIRE(cases.size() == 3);
  CHECK(cases[0].bytes("seed") == ByteVector{0x05, 0x0C});
  CHECK(cases[0].bytes("label").size() == 13);
  CHECK(cases[1].kind == "HKDF-EXTRACT");
  CHECK(cases[1].algorithm == "SHA-384");
  CHECK_FALSE(cases[1].has("ikm"));
  CHECK_FALSE(cases[2].skip.empty());
}

TEST_CASE("a file that no format knows has no reader") {
  const Registry registry = standard_registry();
  CHECK(registry.format_of({"LICENSE.txt", "Apache License\n"}) == nullptr);
  CHECK(registry.format_of({"a.json", "{}"}) == nullptr);
  CHECK(registry.format_of({"a.bin", "[P-256]"}) == nullptr);
}
