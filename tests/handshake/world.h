// Everything that a handshake takes from outside, in forms that a test controls: credentials of every kind, verifiers
// that accept or refuse, providers that answer later, a clock that stands, randomness that repeats.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "crypto/keys.h"
#include "crypto/software_key.h"
#include "handshake/certificates.h"
#include "handshake/settings.h"
#include "support/environment.h"
#include "support/hex.h"
#include "tls/config.h"

namespace tls::test {

/// A credential for example.com with a key of this kind. Made once.
inline CredentialPtr credential(KeyKind kind) {
  struct Row {
    KeyKind kind;
    KeyPair key;
    std::string_view certificate;
  };
  static constexpr Row kRows[] = {{KeyKind::ecdsa_p256, kP256, kP256Certificate},
                                  {KeyKind::ecdsa_p384, kP384, kP384Certificate},
                                  {KeyKind::ed25519, kEd25519, kEd25519Certificate},
                                  {KeyKind::rsa, kRsa2048, kRsa2048Certificate},
                                  {KeyKind::rsa_pss, kRsaPss2048, kRsaPss2048Certificate}};
  // Never destroyed: Botan's memory pool may end before a static object that holds a key.
  static auto& made = *new std::vector<CredentialPtr>(std::size(kRows));
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].kind != kind) continue;
    if (!made[i]) {
      Credential c;
      c.chain = {unhex(kRows[i].certificate)};
      c.key = *crypto::software_key(unhex(kRows[i].key.pkcs8));
      c.names = {"example.com", "www.example.com"};
      made[i] = std::make_shared<const Credential>(std::move(c));
    }
    return made[i];
  }
  return nullptr;
}
inline constexpr KeyKind kKeyKinds[] = {KeyKind::ecdsa_p256, KeyKind::ecdsa_p384, KeyKind::ed25519, KeyKind::rsa,
                                        KeyKind::rsa_pss};

/// When a provider answers.
enum class When { now, later };

/// Gives one credential, or none, or fails.
struct Source final : CredentialSource {
  std::string id = unique_identity();
  std::string identity() const override { return id; }
  Result<CredentialPtr> answer;
  When when = When::now;
  mutable std::vector<CredentialRequest> asked;
  explicit Source(Result<CredentialPtr> a, When w = When::now) : answer(std::move(a)), when(w) {}
  Answer<CredentialPtr> choose(const CredentialRequest& request) const override {
    asked.push_back(request);
    return when == When::now ? Answer<CredentialPtr>(answer) : std::nullopt;
  }
};

/// Accepts every chain, or refuses it with a code.
struct Verdict final : ChainVerifier {
  std::string id = unique_identity();
  std::string identity() const override { return id; }
  std::optional<Code> refusal;
  std::optional<CertificateChain> refused_chain;  ///< and no other
  Clock::Milliseconds not_after = Clock::Milliseconds::max();
  When when = When::now;
  mutable std::vector<ChainToVerify> asked;
  explicit Verdict(std::optional<Code> r = {}, When w = When::now) : refusal(r), when(w) {}
  Result<ChainAccepted> verdict() const {
    if (refusal) return fail(*refusal, "as the test demands");
    if (refused_chain && !asked.empty() && asked.back().chain == *refused_chain)
      return fail(Code::certificate_revoked, "as the test demands");
    return ChainAccepted{.not_after = not_after};
  }
  Answer<ChainAccepted> verify(const ChainToVerify& chain) const override {
    asked.push_back(chain);
    return when == When::now ? Answer<ChainAccepted>(verdict()) : std::nullopt;
  }
};

/// A key whose signatures come later, or never.
struct RemoteKey final : SigningKey {
  std::shared_ptr<const SigningKey> real;
  std::optional<Code> refusal;
  When when = When::later;
  KeyKind kind() const noexcept override { return real->kind(); }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
    if (when == When::later) return std::nullopt;
    if (refusal) return fail(*refusal, "as the test demands");
    return real->sign(scheme, message, random);
  }
};
/// A key that is told what it signs, and notes it; the signature comes at once.
struct InformedKey final : SigningKey {
  struct Told {
    bool by_server;
    ProtocolVersion version;
    SignatureScheme scheme;
    ByteVector message, transcript_hash, client_random, server_random, parameters;
  };
  std::shared_ptr<const SigningKey> real;
  mutable std::vector<Told> told;
  KeyKind kind() const noexcept override { return real->kind(); }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme, Bytes, Random&) const override {
    return fail(Code::signing_failed, "it is to be told what it signs");
  }
  Answer<std::vector<std::uint8_t>> sign_handshake(const HandshakeToSign& what, Random& random) const override {
    const auto copy = [](Bytes b) { return ByteVector(b.begin(), b.end()); };
    told.push_back({what.by_server, what.version, what.scheme, copy(what.message), copy(what.transcript_hash),
                    copy(what.client_random), copy(what.server_random), copy(what.parameters)});
    return real->sign(what.scheme, what.message, random);
  }
};
/// The credential of that kind with such a key, which is given out as well.
inline CredentialPtr informed_credential(KeyKind kind, std::shared_ptr<InformedKey>& key) {
  auto copy = *credential(kind);
  key = std::make_shared<InformedKey>();
  key->real = copy.key;
  copy.key = key;
  return std::make_shared<const Credential>(std::move(copy));
}

/// The credential of that kind with a RemoteKey.
inline CredentialPtr remote_credential(KeyKind kind, When when, std::optional<Code> refusal = {}) {
  auto copy = *credential(kind);
  auto key = std::make_shared<RemoteKey>();
  key->real = copy.key;
  key->when = when;
  key->refusal = refusal;
  copy.key = key;
  return std::make_shared<const Credential>(std::move(copy));
}

/// Randomness, time, and two configurations that meet: a test changes what it is about and builds.
struct World {
  SeededRandom random;
  FakeClock clock;
  std::shared_ptr<Verdict> verdict = std::make_shared<Verdict>();
  std::shared_ptr<Verdict> client_verdict = std::make_shared<Verdict>();
  std::shared_ptr<Source> source = std::make_shared<Source>(credential(KeyKind::ecdsa_p256));
  ClientConfig::Builder client = ClientConfig::builder();
  ServerConfig::Builder server = ServerConfig::builder();
  Replay client_replay, server_replay;

  explicit World(std::uint64_t seed = 1) : random(seed) {
    client.trust(verdict).random(random).clock(clock).versions(ProtocolVersion::tls13, ProtocolVersion::tls13);
    server.credentials(source).random(random).clock(clock).versions(ProtocolVersion::tls13, ProtocolVersion::tls13);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::shared_ptr<const ClientSettings> client_settings() {
    auto config = client.build();
    REQUIRE_MESSAGE(config, (config ? "" : config.error().message()));
    auto settings = std::make_shared<ClientSettings>(config->settings());
    settings->replay = client_replay;
    return settings;
  }
  std::shared_ptr<const ServerSettings> server_settings() {
    auto config = server.build();
    REQUIRE_MESSAGE(config, (config ? "" : config.error().message()));
    auto settings = std::make_shared<ServerSettings>(config->settings());
    settings->replay = server_replay;
    return settings;
  }
};

}  // namespace tls::test
