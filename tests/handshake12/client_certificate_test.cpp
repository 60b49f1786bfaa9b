// What ConnectionInfo says of the client's certificate in TLS 1.2, and of a ClientHello that was refused.
#include <set>

#include "handshake/edit.h"
#include "handshake/hello/negotiate.h"
#include "handshake/server12/server12.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using enum ClientCertificate;

TEST_CASE("TLS 1.2: whether a certificate was asked for, what it had to be, and what was sent") {
  World12 silent;
  Pair none(silent);
  none.run();
  REQUIRE(none.connected());
  CHECK(none.client.info.client_certificate == not_requested);
  CHECK(none.server.info.client_certificate == not_requested);
  CHECK(none.client.info.certificates_sent == 0);
  CHECK(none.server.info.certificates_sent == 1);

  World12 w;
  w.authenticate_client();
  w.server.client_authorities({{0x30, 0x00}})
      .signature_schemes({SignatureScheme::ed25519, SignatureScheme::ecdsa_secp256r1_sha256});
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.client.info.client_certificate == sent);
  CHECK(p.server.info.client_certificate == sent);
  CHECK(p.client.info.certificates_sent == 1);
  REQUIRE(p.client.info.certificate_wish);
  CHECK(p.client.info.certificate_wish->authorities.size() == 1);
  CHECK(p.client.info.certificate_wish->signature_schemes ==
        std::vector{SignatureScheme::ed25519, SignatureScheme::ecdsa_secp256r1_sha256});
}

TEST_CASE("TLS 1.2: an empty Certificate, without credentials, without a fitting one, and where one is required") {
  for (const int way : {0, 1, 2}) {
    CAPTURE(way);
    World12 w;
    w.server.client_auth(way == 2 ? ClientAuth::require : ClientAuth::request, w.client_verdict);
    w.server.signature_schemes({SignatureScheme::ed25519});
    if (way == 1) w.client.credentials(std::make_shared<Source>(credential(KeyKind::rsa)));
    Pair p(w);
    p.run();
    CHECK(p.connected() == (way != 2));
    const ConnectionInfo client = p.client.handshake ? p.client.handshake->take_info() : p.client.info;
    const ConnectionInfo server = p.server.handshake ? p.server.handshake->take_info() : p.server.info;
    CHECK(client.client_certificate == empty);
    CHECK(client.certificates_sent == 0);
    CHECK(server.client_certificate == empty);
  }
}

TEST_CASE("RFC 5246 §7.4.4: a certificate is of the types and of the schemes that the server names, of both") {
  constexpr std::uint8_t kRsaSign = 1, kEcdsaSign = 64;
  for (const std::uint8_t type : {kRsaSign, kEcdsaSign}) {
    World12 w;
    w.server.client_auth(ClientAuth::request, w.client_verdict);
    const auto mine = std::make_shared<Source>(CredentialPtr());
    w.client.credentials(mine);
    w.server_replay.rewrite = [type](ByteVector& m) {
      if (static_cast<handshake::On>(m[0]) == handshake::On::certificate_request)
        std::fill_n(m.begin() + 5, m[4], type);  // certificate_types
    };
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    REQUIRE(mine->asked.size() == 1);
    std::set<bool> of_rsa;
    for (const SignatureScheme scheme : mine->asked[0].signature_schemes)
      of_rsa.insert(handshake::hello::authenticates(crypto::SuiteAuth::rsa, crypto::find_scheme(scheme)->key));
    CHECK(of_rsa == std::set{type == kRsaSign});
  }
}

TEST_CASE("RFC 5246 §7.4.8: a server keeps all messages until the client's signature has come, or none will") {
  namespace machine = handshake::server12;
  World12 w;
  w.server.client_auth(ClientAuth::request, w.client_verdict);
  const CipherSuite suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  const auto context = [&] {
    machine::Context c;
    c.settings = w.server_settings();
    c.transcript.choose_and_keep(c.settings->provider.hash(crypto::HashId::sha256));
    c.transcript.add(as_bytes("what was said"));
    return c;
  };
  {
    machine::Context c = context();
    REQUIRE(on(machine::WaitCertificate{}, wire::Certificate12{}, c));  // an empty list: it has none
    CHECK(c.transcript.messages().empty());
  }
  machine::Context c = context();
  const CredentialPtr mine = credential(KeyKind::ecdsa_p256);
  const auto scheme = SignatureScheme::ecdsa_secp256r1_sha256;
  const auto signature = mine->key->sign(scheme, c.transcript.messages(), w.random);
  REQUIRE((signature && *signature));
  ConnectionInfo info;
  auto peer =
      handshake::take_peer(mine->chain, limits::kMinRsaBits, c.settings->provider.hash(crypto::HashId::sha256), info);
  REQUIRE(peer);
  const handshake::Agreed12 agreed{
      handshake::implement(*crypto::find_suite(suite), c.settings->provider), {}, {}, true};
  auto main = handshake::MainSecret12::of_session(*agreed.suite.hash, handshake::SessionSecret(ByteVector(48, 1)));
  auto block = main.key_block(agreed.suite.facts->aead, agreed.client_random, agreed.server_random);
  machine::WaitCertificateVerify waiting{{agreed, std::move(main), std::move(block)}, {}, std::move(peer->key)};
  REQUIRE(on(std::move(waiting), wire::CertificateVerify{.algorithm = scheme, .signature = **signature}, c));
  CHECK(c.transcript.messages().empty());
}

TEST_CASE("TLS 1.2: a ClientHello without a common suite is told of") {
  World12 w;
  Pair p(w);
  p.on_the_way = [](bool from_client, ByteVector& m) {
    if (!from_client || m[0] != 1) return;
    const std::size_t at = 38 + 1 + m[38];
    m[at + 2] = 0x00, m[at + 3] = 0x2F;  // the first suite; the others go
    const auto old = static_cast<std::ptrdiff_t>(m[at] << 8 | m[at + 1]);
    m.erase(m.begin() + static_cast<std::ptrdiff_t>(at) + 4, m.begin() + static_cast<std::ptrdiff_t>(at) + 2 + old);
    m[at] = 0, m[at + 1] = 2;
    fix_length(m);
  };
  p.run();
  REQUIRE(p.server.code() == Code::no_shared_cipher);
  CHECK(p.server.error->detail().find("TLS_RSA_WITH_AES_128_CBC_SHA") != std::string::npos);
  const auto offer = p.server.handshake->take_info().refused_offer;
  REQUIRE(offer);
  CHECK(offer->suites == std::vector{static_cast<CipherSuite>(0x002F)});
}
