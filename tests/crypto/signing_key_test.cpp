#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "crypto/der.h"
#include "crypto/keys.h"
#include "crypto/message_digest.h"
#include "crypto/signature.h"
#include "crypto/software_key.h"
#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::hex;
using test::unhex;

namespace {

using Signature = std::vector<std::uint8_t>;

constexpr const test::KeyPair* kPairs[] = {&test::kRsa2048, &test::kRsaPss2048, &test::kP256,
                                           &test::kP384,    &test::kP521,       &test::kEd25519};

Result<Signature> sign(const SigningKey& key, SignatureScheme scheme, Bytes message, Random& random) {
  auto answer = key.sign(scheme, message, random);
  REQUIRE(answer.has_value());  // a software key never waits
  return std::move(*answer);
}

std::shared_ptr<const SigningKey> load(const test::KeyPair& pair) {
  auto key = software_key(unhex(pair.pkcs8));
  REQUIRE(key.has_value());
  return *key;
}

}  // namespace

TEST_CASE("what a key signs with each of its schemes its public key verifies, and nothing else") {
  constexpr auto k12 = ProtocolVersion::tls12;  // its rule is the wider one: an ECDSA scheme fits every curve
  test::SeededRandom random(1);
  for (const test::KeyPair* pair : kPairs) {
    const auto key = load(*pair);
    const auto public_key = PublicKey::from_spki(unhex(pair->spki));
    REQUIRE(public_key.has_value());
    CHECK(key->kind() == public_key->kind());
    for (const SchemeFacts& scheme : all_schemes()) {
      CAPTURE(scheme.name);
      const Bytes message = as_bytes("what was signed");
      const auto signature = sign(*key, scheme.id, message, random);
      const bool restricted = pair == &test::kRsaPss2048 && scheme.id != SignatureScheme::rsa_pss_pss_sha256;
      if (!fits(scheme.id, key->kind(), k12) || restricted) {
        REQUIRE_FALSE(signature.has_value());
        CHECK(signature.error().code() == Code::signing_failed);
        continue;
      }
      REQUIRE(signature.has_value());
      CHECK(public_key->verify(scheme.id, message, *signature, k12).has_value());
      CHECK(public_key->verify_certificate(algorithm_of(scheme.id), message, *signature).has_value());
      // What is left of a large message that is gone: enough for all but Ed25519.
      const SignatureAlgorithm algorithm = algorithm_of(scheme.id);
      MessageDigest digest = message_digest(algorithm.hash, {message});
      CHECK(public_key->verify_certificate_digest(algorithm, digest.bytes(), *signature).has_value() ==
            (algorithm.kind != SignatureKind::ed25519));
      digest = message_digest(algorithm.hash, {message, message});
      CHECK_FALSE(public_key->verify_certificate_digest(algorithm, digest.bytes(), *signature));
      CHECK(public_key->verify(scheme.id, as_bytes("what was not"), *signature, k12).error().code() ==
            Code::bad_signature);
      for (std::size_t i = 0; i < signature->size(); i += 7) {
        Signature forged = *signature;
        forged[i] ^= 1;
        CHECK_FALSE(public_key->verify(scheme.id, message, forged, k12).has_value());
      }
      Signature longer = *signature;
      longer.push_back(0);
      CHECK_FALSE(public_key->verify(scheme.id, message, longer, k12).has_value());
      CHECK_FALSE(
          public_key->verify(scheme.id, message, Bytes(*signature).first(signature->size() - 1), k12).has_value());
      CHECK_FALSE(public_key->verify(scheme.id, message, {}, k12).has_value());
      for (const SchemeFacts& other : all_schemes())
        if (other.id != scheme.id) CHECK_FALSE(public_key->verify(other.id, message, *signature, k12).has_value());
    }
  }
}

TEST_CASE("a signature is the same when the randomness is the same: a handshake can be replayed") {
  for (const test::KeyPair* pair : kPairs) {
    const auto key = load(*pair);
    for (SignatureScheme scheme : schemes_for(key->kind())) {
      if (pair == &test::kRsaPss2048 && scheme != SignatureScheme::rsa_pss_pss_sha256) continue;
      CAPTURE(name(scheme));
      test::SeededRandom one(5), again(5), other(6);
      const auto a = sign(*key, scheme, as_bytes("m"), one), b = sign(*key, scheme, as_bytes("m"), again),
                 c = sign(*key, scheme, as_bytes("m"), other);
      REQUIRE((a && b && c));
      CHECK(*a == *b);
      const bool salted = name(scheme).starts_with("rsa_pss");
      CHECK((*a != *c) == salted);
      CHECK((one.number() != test::SeededRandom(5).number()) == salted);  // nothing else is drawn from it
    }
  }
}

TEST_CASE("in TLS 1.2 a P-384 key may verify a signature over SHA-256") {
  // Made with `openssl dgst -sha256 -sign` and the key kP384.
  const auto signature = unhex(
      "3066023100a85da7f24b638355c5966104936e5582b2e5e0f0cc7496069f5e1abf43f75d8438d48cbb56c4c318c6bc3570b7358eb3023100"
      "e06c31b485bad3ada67896cfc6e157485c403bb4b05699aa4b284261a3fd2158f02d1c6cd41629477a74cbd7ab3fc978");
  const auto key = PublicKey::from_spki(unhex(test::kP384.spki));
  REQUIRE(key.has_value());
  const auto scheme = SignatureScheme::ecdsa_secp256r1_sha256;
  CHECK(key->verify(scheme, as_bytes("abc"), signature, ProtocolVersion::tls12).has_value());
  CHECK(key->verify(scheme, as_bytes("abc"), signature).error().code() == Code::wrong_signature_scheme);
}

TEST_CASE("one key signs from several threads at once") {
  for (const test::KeyPair* pair : {&test::kRsa2048, &test::kP256, &test::kEd25519}) {
    const auto key = load(*pair);
    const auto public_key = PublicKey::from_spki(unhex(pair->spki));
    REQUIRE(public_key.has_value());
    std::atomic<int> verified = 0;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        test::SeededRandom random(t);
        for (int i = 0; i < 8; ++i) {
          const SignatureScheme scheme = schemes_for(key->kind()).front();
          const std::string message = std::to_string(t) + "/" + std::to_string(i);
          const auto answer = key->sign(scheme, as_bytes(message), random);
          if (answer && *answer && public_key->verify(scheme, as_bytes(message), **answer)) ++verified;
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(verified == 32);
  }
}

TEST_CASE("private keys that are cut short, damaged, too small or of another kind are refused with words") {
  for (const test::KeyPair* pair : kPairs) {
    const auto pkcs8 = unhex(pair->pkcs8);
    for (std::size_t n = 0; n < pkcs8.size(); n += 5) {
      const auto key = software_key(Bytes(pkcs8).first(n));
      REQUIRE_FALSE(key.has_value());
      CHECK(key.error().code() == Code::bad_key_file);
      CHECK_FALSE(key.error().detail().empty());
    }
  }
  const auto small = software_key(unhex(test::kRsa2047.pkcs8));
  REQUIRE_FALSE(small.has_value());
  CHECK(small.error().detail().find("2047 bits") != std::string::npos);
  CHECK(software_key(unhex(test::kRsa2047.pkcs8), 2047).has_value());

  auto damaged = unhex(test::kRsa2048.pkcs8);
  damaged[300] ^= 4;
  CHECK_FALSE(software_key(damaged).has_value());
  // Each number of an RSAPrivateKey, and its version, is looked at: its last octet changed, where the next one begins.
  const auto rsa = unhex(test::kRsa2048.pkcs8);
  DerReader outer{rsa};
  DerReader info(outer.take(der::kSequence).value);
  (void)info.next(), (void)info.next();
  DerReader wrapped(info.take(der::kOctetString).value);
  DerReader fields(wrapped.take(der::kSequence).value);
  int numbers = 0;
  while (!fields.empty()) {
    const Bytes field = fields.next().value;
    CAPTURE(numbers);
    auto changed = rsa;
    changed[static_cast<std::size_t>(field.data() + field.size() - rsa.data()) - 1] ^= 2;
    const auto key = software_key(changed);
    REQUIRE_FALSE(key.has_value());
    CHECK_FALSE(key.error().detail().empty());
    ++numbers;
  }
  CHECK(numbers == 9);  // RFC 8017 A.1.2
  auto x25519 = unhex(test::kEd25519.pkcs8);
  x25519[11] = 0x6E;
  CHECK_FALSE(software_key(x25519).has_value());
  auto zero = unhex(test::kP256.pkcs8);
  std::fill(zero.begin() + 36, zero.begin() + 68, std::uint8_t{0});
  CHECK_FALSE(software_key(zero).has_value());
  std::fill(zero.begin() + 36, zero.begin() + 68, std::uint8_t{0xFF});
  CHECK_FALSE(software_key(zero).has_value());
}

TEST_CASE("the scheme that a key signs with depends on the version") {
  using enum SignatureScheme;
  constexpr auto k12 = ProtocolVersion::tls12, k13 = ProtocolVersion::tls13;
  const SignatureScheme sha384[] = {ecdsa_secp384r1_sha384}, pkcs1[] = {rsa_pkcs1_sha512, rsa_pkcs1_sha256};
  CHECK(scheme_for(KeyKind::ecdsa_p256, sha384, k12) == ecdsa_secp384r1_sha384);
  CHECK_FALSE(scheme_for(KeyKind::ecdsa_p256, sha384, k13));
  CHECK(scheme_for(KeyKind::rsa, pkcs1, k12) == rsa_pkcs1_sha256);  // our order, best first
  CHECK_FALSE(scheme_for(KeyKind::rsa, pkcs1, k13));
  CHECK_FALSE(scheme_for(KeyKind::ed25519, sha384, k12));
  CHECK_FALSE(scheme_for(KeyKind::rsa_pss, pkcs1, k12));
  for (const SchemeFacts& scheme : all_schemes())
    if (scheme.tls13_handshake) CHECK(scheme_for(scheme.key, std::span(&scheme.id, 1), k13) == scheme.id);
}

TEST_CASE("FIPS 180-4: the digest that a scheme signs is that of its hash; Ed25519 signs the message") {
  struct Row {
    SignatureScheme scheme;
    std::string_view digest;
  };
  constexpr std::string_view
      k256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      k384 =
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca"
          "134c825a7",
      k512 =
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c2"
          "3a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
  using enum SignatureScheme;
  constexpr Row kRows[] = {
      {ecdsa_secp256r1_sha256, k256}, {ecdsa_secp384r1_sha384, k384},
      {ecdsa_secp521r1_sha512, k512}, {rsa_pkcs1_sha256, k256},
      {rsa_pkcs1_sha384, k384},       {rsa_pkcs1_sha512, k512},
      {rsa_pss_rsae_sha256, k256},    {rsa_pss_pss_sha384, k384},
      {rsa_pss_pss_sha512, k512},     {ed25519, "616263"},
  };
  for (const Row& row : kRows) CHECK(digest_to_sign(row.scheme, as_bytes("abc")) == test::unhex(row.digest));
}
