#include "crypto/provider.h"

#include <doctest/doctest.h>

using namespace tls;
using namespace tls::crypto;

TEST_CASE("the best provider holds what select gives") {
  const Cpu cpu = detect_cpu();
  const Provider provider = Provider::best(cpu);
  for (AeadId id : {AeadId::aes_128_gcm, AeadId::aes_256_gcm, AeadId::chacha20_poly1305}) {
    CHECK(provider.aead(id).id == id);
    CHECK(&provider.aead(id) == &select_aead(id, cpu));
  }
  for (HashId id : {HashId::sha256, HashId::sha384}) CHECK(&provider.hash(id) == &select_hash(id, cpu));
}

TEST_CASE("an implementation can be forced by name, and takes its algorithm's place alone") {
  Provider provider = Provider::best();
  const Provider before = provider;
  REQUIRE(provider.force("aes-256-gcm-botan").has_value());
  CHECK(provider.aead(AeadId::aes_256_gcm).name == "aes-256-gcm-botan");
  CHECK(&provider.aead(AeadId::aes_128_gcm) == &before.aead(AeadId::aes_128_gcm));
  REQUIRE(provider.force("sha384-sodium").has_value());
  CHECK(provider.hash(HashId::sha384).name == "sha384-sodium");
}

TEST_CASE("a name that is not there is refused, with the list of those that are") {
  Provider provider = Provider::best();
  const auto refused = provider.force("aes-128-gcm-abacus");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == Code::bad_config);
  CHECK(refused.error().detail().find("aes-128-gcm-abacus") != std::string::npos);
  CHECK(refused.error().detail().find("chacha20-poly1305-sodium") != std::string::npos);
  CHECK(refused.error().detail().find("sha256-sodium") != std::string::npos);
}

TEST_CASE("what a CPU cannot run is never selected and cannot be forced") {
  Provider bare = Provider::best(Cpu{});
  for (const AeadImpl* impl : bare.aeads) CHECK(impl->required == Features{});
  for (const AeadImpl* impl : all_aeads()) {
    const auto forced = bare.force(impl->name);
    CHECK(forced.has_value() == (impl->required == Features{}));
    if (!forced) CHECK(forced.error().detail().find("lacks") != std::string::npos);
  }
  for (const HashImpl* impl : all_hashes()) CHECK(bare.force(impl->name).has_value() == (impl->required == Features{}));
}
