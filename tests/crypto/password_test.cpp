// Keys out of passwords, and CBC: what RFCs and others have published.
#include "crypto/password.h"

#include <doctest/doctest.h>

#include "crypto/cbc.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::unhex;

namespace {

std::string shown(const Result<SecretBytes>& made) { return made ? test::hex(made->expose()) : made.error().message(); }

}  // namespace

TEST_CASE("RFC 6070, RFC 7914 §11: PBKDF2") {
  const Bytes password = as_bytes("password"), salt = as_bytes("salt");
  CHECK(shown(pbkdf2(PasswordHash::sha1, password, salt, 1, 20)) == "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  CHECK(shown(pbkdf2(PasswordHash::sha1, password, salt, 4096, 20)) == "4b007901b765489abead49d926f721d065a429c1");
  CHECK(shown(pbkdf2(PasswordHash::sha1, as_bytes("passwordPASSWORDpassword"),
                     as_bytes("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096, 25)) ==
        "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
  CHECK(shown(pbkdf2(PasswordHash::sha256, as_bytes("passwd"), salt, 1, 64)) ==
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

TEST_CASE("RFC 7914 §12: scrypt") {
  CHECK(shown(scrypt({}, {}, 16, 1, 1, 64)) ==
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
        "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  CHECK(shown(scrypt(as_bytes("password"), as_bytes("NaCl"), 1024, 8, 16, 64)) ==
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  CHECK_FALSE(scrypt({}, {}, 15, 1, 1, 16));  // no power of two
}

TEST_CASE("RFC 2202, RFC 4231: HMAC") {
  const Bytes key = as_bytes("Jefe"), message = as_bytes("what do ya want for nothing?");
  CHECK(shown(hmac(PasswordHash::sha1, key, message)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(shown(hmac(PasswordHash::sha224, key, message)) == "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
  CHECK(shown(hmac(PasswordHash::sha256, key, message)) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(shown(hmac(PasswordHash::sha384, key, message)) ==
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  CHECK(shown(hmac(PasswordHash::sha512, key, message)) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("RFC 7292 B.2: PKCS#12's function, as OpenSSL computes it") {
  using enum Pkcs12Purpose;
  const auto smeg = unhex("0073006d006500670000"), queeg = unhex("007100750065006500670000");
  CHECK(shown(pkcs12_derive(PasswordHash::sha1, key, smeg, unhex("0a58cf64530d823f"), 1, 24)) ==
        "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
  CHECK(shown(pkcs12_derive(PasswordHash::sha1, iv, smeg, unhex("0a58cf64530d823f"), 1, 8)) == "79993dfe048d3b76");
  CHECK(shown(pkcs12_derive(PasswordHash::sha1, mac, smeg, unhex("3d83c0e4546ac140"), 1, 20)) ==
        "8d967d88f6caa9d714800ab3d48051d63f73a312");
  CHECK(shown(pkcs12_derive(PasswordHash::sha1, key, queeg, unhex("05dec959acff72f7"), 1000, 24)) ==
        "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4");
  // openssl kdf -keylen 100 -kdfopt digest:HASH -kdfopt hexpass:... -kdfopt hexsalt:... -kdfopt iter:7 -kdfopt id:1
  CHECK(shown(pkcs12_derive(PasswordHash::sha1, key, smeg, unhex("0a58cf64530d823f"), 7, 100)) ==
        "06c87f4590e5ef9034e2bd0db9d0d2acd3b4c7c4961d9220a3d08295c27bcefa9a3f30"
        "f47d41045916af3fed13bdac5a85a56e1f8c5847c14407093762ffb5389ba5b25e8cdf"
        "c34409acb147f27f7cac5670957a7ff8e01a1f83d1a725292f85ad87feec");
  CHECK(shown(pkcs12_derive(PasswordHash::sha224, key, smeg, unhex("0a58cf64530d823f"), 7, 100)) ==
        "c80bbab62e45bee199c2c6d47b090dcadcb0e2d40cc679ca582adab827b2edebc5ba79"
        "527627a50afc3374e482a4bcbfd24f6ea1e2a533b63d1a693b065690cc30d8df2cf7bf"
        "d079ff248b14981437c93a0a033b4484074f4d2838c607dc2388d5c007a2");
  CHECK(shown(pkcs12_derive(PasswordHash::sha256, key, smeg, unhex("0a58cf64530d823f"), 7, 100)) ==
        "bbfb11a9390a17bd6b5ee88ebdc4b6c16b4faece35a7496051ef15d5a2997d146c22d8"
        "495328cd29cf1d186eef6dc905f47e9c225d49b488e43c04250ddafbee4c55c3c0097b"
        "9aeeb8504290f19f8542deee806a11927dd082500bcad71f49243ffb0a5a");
  CHECK(shown(pkcs12_derive(PasswordHash::sha384, key, smeg, unhex("0a58cf64530d823f"), 7, 100)) ==
        "6d8dbe4d65bef7b584b0bb067dd994d61de8b9c67b634b4b8ef4e9fe3b98d961462d6d"
        "67849ec17533518914465c179456369085d157029a717eff43741797db48b2ff294ff6"
        "7210861078afe9485381ef8edcce0da20df62a2a1dcfffed155171adbe44");
  CHECK(shown(pkcs12_derive(PasswordHash::sha512, key, smeg, unhex("0a58cf64530d823f"), 7, 100)) ==
        "f136d96e470cb52742e5e841b42d112e499f6dc537252e86cd98c366373bbadd767e13"
        "c3f87d12dad38e8884e8a6bdc3aaef494668deafbfd71ebed83df79a9188d4ca8e94ae"
        "0b3743fc6a67231ca9d0c6fd8e818e51e1044f4e99d32be391fe79ab0c3c");
  CHECK(shown(pkcs12_derive(PasswordHash::sha256, mac, {}, unhex("0a58cf64530d823f"), 7, 24)) ==
        "2ba64b375885d02e16842046fe2e4f5e6ee07b499537c7c2");
}

TEST_CASE("SP 800-38A F.2.2 and what OpenSSL encrypts: CBC") {
  const auto decrypted = [](CbcCipher cipher, std::string_view key, std::string_view iv, std::string_view hex) {
    auto data = unhex(hex);
    const auto done = decrypt_cbc(cipher, unhex(key), unhex(iv), data);
    return done ? test::hex(data) : done.error().message();
  };
  CHECK(decrypted(CbcCipher::aes_128, "2b7e151628aed2a6abf7158809cf4f3c", "000102030405060708090a0b0c0d0e0f",
                  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2") ==
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  // openssl enc -CIPHER -nopad -K ... -iv ...
  CHECK(decrypted(CbcCipher::aes_192, "000102030405060708090a0b0c0d0e0f1011121314151617",
                  "000102030405060708090a0b0c0d0e0f",
                  "9ca47eff6fd2880b742263496d1c3d3eb4a7657757af7498049138b990de9445") ==
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  CHECK(decrypted(CbcCipher::aes_256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                  "000102030405060708090a0b0c0d0e0f",
                  "78e16b06817a4453abef8a235fa9fa516aea1e8929f1a7a7eeb3450822e766f8") ==
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  CHECK(decrypted(CbcCipher::des_ede3, "000102030405060708090a0b0c0d0e0f1011121314151617", "0102030405060708",
                  "cfcdf249f48b882c61859365b61aafb37ae98e738ea7c51b") ==
        "00112233445566778899aabbccddeeff0011223344556677");
}

TEST_CASE("RFC 8018 §6.1.1: padding is 1 to a block of octets that say how many they are") {
  for (const std::size_t block : {std::size_t{8}, std::size_t{16}}) {
    for (std::size_t n = 0; n <= block + 1; ++n) {
      CAPTURE(n);
      std::vector<std::uint8_t> data(3 * block, 0x77);
      for (std::size_t i = 0; i < n; ++i) data[data.size() - 1 - i] = static_cast<std::uint8_t>(n);
      if (n == 0) data.back() = 0;
      const bool good = n >= 1 && n <= block;
      const auto size = unpadded_size(data, block);
      CHECK(size.has_value() == good);
      if (!size) continue;
      CHECK(*size == data.size() - n);
      for (std::size_t i = 1; i < n; ++i) {  // one octet that is another
        auto wrong = data;
        wrong[data.size() - 1 - i] ^= 0x80;
        CHECK_FALSE(unpadded_size(wrong, block));
      }
    }
  }
  CHECK_FALSE(unpadded_size({}, 16));
  std::vector<std::uint8_t> large(16, 0xFF);
  CHECK_FALSE(unpadded_size(large, 16));
}
