// Names of what others offer: IANA's registries, and what has no name there.
#include <doctest/doctest.h>

#include <set>

#include "tls/info.h"

using namespace tls;

namespace {

std::string suite(unsigned value) { return registered_name(static_cast<CipherSuite>(value)); }
std::string group(unsigned value) { return registered_name(static_cast<NamedGroup>(value)); }
std::string scheme(unsigned value) { return registered_name(static_cast<SignatureScheme>(value)); }
std::string version(unsigned value) { return registered_name(static_cast<ProtocolVersion>(value)); }

}  // namespace

TEST_CASE("suites that are not built have the registry's names: the first, the last and both ends of each gap") {
  const std::pair<unsigned, const char*> rows[] = {
      {0x0000, "TLS_NULL_WITH_NULL_NULL"},
      {0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
      {0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
      {0x001B, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA"},
      {0x001C, "suite 0x001C"},
      {0x001E, "TLS_KRB5_WITH_DES_CBC_SHA"},
      {0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"},
      {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
      {0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
      {0x0046, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA"},
      {0x0047, "suite 0x0047"},
      {0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
      {0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
      {0x00C7, "TLS_SM4_CCM_SM3"},
      {0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},
      {0x1304, "TLS_AES_128_CCM_SHA256"},
      {0x5600, "TLS_FALLBACK_SCSV"},
      {0xC000, "suite 0xC000"},
      {0xC001, "TLS_ECDH_ECDSA_WITH_NULL_SHA"},
      {0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
      {0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
      {0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
      {0xC0B5, "TLS_SHA384_SHA384"},
      {0xC106, "TLS_GOSTR341112_256_WITH_MAGMA_MGM_S"},
      {0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
      {0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"},
      {0xFFFF, "suite 0xFFFF"},
  };
  for (const auto& [value, name] : rows) CHECK(suite(value) == name);
}

TEST_CASE("groups and schemes too, the post-quantum ones and the pairs of TLS 1.2 among them") {
  CHECK(group(21) == "secp224r1");
  CHECK(group(30) == "x448");
  CHECK(group(41) == "curveSM2");
  CHECK(group(42) == "group 0x002A");
  CHECK(group(0x0100) == "ffdhe2048");
  CHECK(group(0x0202) == "MLKEM1024");
  CHECK(group(0x11EC) == "X25519MLKEM768");
  CHECK(group(0x6399) == "X25519Kyber768Draft00");
  CHECK(scheme(0x0201) == "rsa_pkcs1_sha1");
  CHECK(scheme(0x0202) == "dsa_sha1");
  CHECK(scheme(0x0301) == "rsa_pkcs1_sha224");
  CHECK(scheme(0x0808) == "ed448");
  CHECK(scheme(0x0905) == "mldsa65");
  CHECK(scheme(0x0700) == "signature scheme 0x0700");
  CHECK(scheme(0x0700 | 4) == "eccsi_sha256");
}

TEST_CASE("versions, the old ones too; GREASE is said to be that") {
  CHECK(version(0x0002) == "SSL 2.0");
  CHECK(version(0x0300) == "SSL 3.0");
  CHECK(version(0x0301) == "TLS 1.0");
  CHECK(version(0x0302) == "TLS 1.1");
  CHECK(version(0x7F1C) == "draft 28 of TLS 1.3");
  CHECK(version(0x0305) == "version 0x0305");
  CHECK(version(0x0A0A) == "GREASE 0x0A0A");
  CHECK(suite(0x0A0A) == "GREASE 0x0A0A");
  CHECK(group(0xFAFA) == "GREASE 0xFAFA");
  CHECK(scheme(0x1A1A) == "GREASE 0x1A1A");
}

TEST_CASE("no two values have one name") {
  std::set<std::string> suites, groups, schemes;
  for (unsigned value = 0; value <= 0xFFFF; ++value) {
    CHECK(suites.insert(suite(value)).second);
    CHECK(groups.insert(group(value)).second);
    CHECK(schemes.insert(scheme(value)).second);
  }
}
