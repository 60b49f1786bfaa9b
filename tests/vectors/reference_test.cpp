// Vectors of others, where they are at hand: Wycheproof, NIST CAVP, OpenSSL's key derivation files.
#include <cstdlib>

#include "support/places.h"
#include "vectors/support.h"

using namespace tls;
using namespace tls::vectors;

namespace {

/// The vectors of the reference data, or empty.
std::string reference_folder() {
  const std::filesystem::path folder = test::reference_dir() / "vectors";
  return std::filesystem::is_directory(folder) ? folder : "";
}

/// Runs files (or all of a folder) and returns how many cases passed.
std::size_t run(std::initializer_list<const char*> names) {
  std::size_t passed = 0;
  for (const char* name : names)
    for (const std::string& path : files_of(reference_folder() + "/" + name)) {
      const FileReport report = run_file(standard_registry(), path, crypto::detect_cpu());
      for (const auto& failure : report.failures) FAIL_CHECK(path << ", " << failure.where << ": " << failure.words);
      passed += report.passed;
    }
  return passed;
}

bool absent() {
  if (!reference_folder().empty()) return false;
  MESSAGE("no reference data: set SALLYPORT_REFERENCE to its folder");
  return true;
}

}  // namespace

// The numbers below are the cases of the files that TLS can ask for; fewer would mean that some were lost on the way.

TEST_CASE("wycheproof: AEADs") {
  if (absent()) return;
  CHECK(run({"wycheproof/aes_gcm_test.json"}) == 90);
  CHECK(run({"wycheproof/chacha20_poly1305_test.json"}) == 192);
}

TEST_CASE("wycheproof: key exchange") {
  if (absent()) return;
  CHECK(run({"wycheproof/x25519_test.json"}) == 359);
  CHECK(run({"wycheproof/ecdh_secp256r1_test.json", "wycheproof/ecdh_secp256r1_ecpoint_test.json"}) == 412 + 229);
  CHECK(run({"wycheproof/ecdh_secp384r1_test.json", "wycheproof/ecdh_secp384r1_ecpoint_test.json"}) == 699 + 505);
}

TEST_CASE("wycheproof: ECDSA and Ed25519") {
  if (absent()) return;
  CHECK(run({"wycheproof/ecdsa_secp256r1_sha256_test.json"}) == 331);
  CHECK(run({"wycheproof/ecdsa_secp384r1_sha384_test.json", "wycheproof/ecdsa_secp384r1_sha256_test.json"}) ==
        326 + 319);
  CHECK(run({"wycheproof/ecdsa_secp256r1_sha512_test.json", "wycheproof/ecdsa_secp384r1_sha512_test.json",
             "wycheproof/ecdsa_secp521r1_sha512_test.json"}) == 376 + 381 + 368);
  CHECK(run({"wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"}) == 164);
  CHECK(run({"wycheproof/ecdsa_secp384r1_sha384_p1363_test.json"}) == 174);
  CHECK(run({"wycheproof/ed25519_test.json"}) == 109);
}

TEST_CASE("wycheproof: RSA-PSS, with and without parameters in the key") {
  if (absent()) return;
  CHECK(run({"wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json", "wycheproof/rsa_pss_2048_sha384_mgf1_48_test.json",
             "wycheproof/rsa_pss_3072_sha256_mgf1_32_test.json"}) == 70 + 93 + 71);
  CHECK(run({"wycheproof/rsa_pss_4096_sha256_mgf1_32_test.json", "wycheproof/rsa_pss_4096_sha384_mgf1_48_test.json",
             "wycheproof/rsa_pss_4096_sha512_mgf1_64_test.json"}) == 63 + 92 + 118);
  CHECK(run({"wycheproof/rsa_pss_2048_sha256_mgf1_32_params_test.json",
             "wycheproof/rsa_pss_3072_sha256_mgf1_32_params_test.json"}) == 79 + 65);
  CHECK(run({"wycheproof/rsa_pss_misc_test.json"}) == 1);
}

TEST_CASE("wycheproof: RSA PKCS#1 v1.5, verified and signed") {
  if (absent()) return;
  CHECK(run({"wycheproof/rsa_signature_2048_sha256_test.json", "wycheproof/rsa_signature_2048_sha384_test.json",
             "wycheproof/rsa_signature_2048_sha512_test.json"}) == 185 + 176 + 177);
  CHECK(run({"wycheproof/rsa_signature_4096_sha256_test.json", "wycheproof/rsa_signature_4096_sha384_test.json",
             "wycheproof/rsa_signature_4096_sha512_test.json"}) == 180 + 176 + 174);
  CHECK(run({"wycheproof/rsa_pkcs1_2048_sig_gen_test.json", "wycheproof/rsa_pkcs1_4096_sig_gen_test.json"}) == 21 + 15);
}

TEST_CASE("wycheproof: HKDF and HMAC") {
  if (absent()) return;
  CHECK(run({"wycheproof/hkdf_sha256_test.json", "wycheproof/hkdf_sha384_test.json"}) == 58 + 50);
  CHECK(run({"wycheproof/hmac_sha256_test.json", "wycheproof/hmac_sha384_test.json"}) == 118 + 122);
}

TEST_CASE("NIST CAVP, and files in its manner") {
  if (absent()) return;
  CHECK(run({"nist"}) == 3407);
}

TEST_CASE("key derivation: TLS 1.3 (NIST ACVP), TLS 1.2 PRF, HKDF") {
  if (absent()) return;
  CHECK(run({"kdf/evpkdf_tls13_kdf.txt"}) == 562);
  CHECK(run({"kdf/evpkdf_tls12_prf.txt", "kdf/evpkdf_hkdf.txt"}) == 3 + 9);
}
