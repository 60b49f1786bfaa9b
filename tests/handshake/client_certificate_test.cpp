// What ConnectionInfo says of the client's certificate: what was asked of the client, and what was sent. TLS 1.3.
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;
using enum ClientCertificate;

namespace {

Bytes name_of(const std::vector<std::uint8_t>& der) { return der; }

/// A certificate with two more behind it.
CredentialPtr long_chain(KeyKind kind) {
  Credential c = *credential(kind);
  const std::vector<std::uint8_t> leaf(c.chain[0].begin(), c.chain[0].end());
  c.chain = {leaf, leaf, leaf};
  return std::make_shared<const Credential>(std::move(c));
}

}  // namespace

TEST_CASE("nothing was asked: neither side says that there was") {
  World w;
  w.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  for (const ConnectionInfo* info : {&p.client.info, &p.server.info}) {
    CHECK(info->client_certificate == not_requested);
    CHECK_FALSE(info->certificate_wish);
    CHECK_FALSE(info->refused_offer);
  }
  CHECK(p.client.info.certificates_sent == 0);
  CHECK(p.server.info.certificates_sent == 1);
}

TEST_CASE("a certificate was asked for and sent: by which schemes, of which authorities, and how many") {
  World w;
  w.server.client_auth(ClientAuth::require, w.client_verdict).client_authorities({{0x30, 0x00}});
  w.server.signature_schemes({SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256});
  w.client.credentials(std::make_shared<Source>(long_chain(KeyKind::ed25519)));
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.client.info.client_certificate == sent);
  CHECK(p.server.info.client_certificate == sent);
  CHECK(p.client.info.certificates_sent == 3);
  REQUIRE(p.client.info.certificate_wish);
  const CertificateWish& wish = *p.client.info.certificate_wish;
  CHECK(wish.signature_schemes == std::vector{SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256});
  REQUIRE(wish.authorities.size() == 1);
  CHECK(hex(name_of(wish.authorities[0])) == "3000");
  CHECK_FALSE(p.server.info.certificate_wish);
}

TEST_CASE("an empty Certificate was sent: without credentials, and with one that does not fit") {
  for (const int way : {0, 1, 2}) {
    CAPTURE(way);
    World w;
    w.server.client_auth(ClientAuth::request, w.client_verdict).signature_schemes({SignatureScheme::ed25519});
    if (way == 1) w.client.credentials(std::make_shared<Source>(CredentialPtr()));
    if (way == 2) w.client.credentials(std::make_shared<Source>(credential(KeyKind::rsa)));
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    CHECK(p.client.info.client_certificate == empty);
    CHECK(p.server.info.client_certificate == empty);
    CHECK(p.client.info.certificates_sent == 0);
    CHECK(p.client.info.certificate_wish);
  }
}

TEST_CASE("when it fails, both sides still say how far it came") {
  World w;
  w.server.client_auth(ClientAuth::require, w.client_verdict);
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::client_certificate_required);
  CHECK(p.server.handshake->take_info().client_certificate == empty);
  CHECK(p.client.info.client_certificate == empty);

  World refused;
  refused.server.client_auth(ClientAuth::require, refused.client_verdict);
  refused.verdict->refusal = Code::unknown_ca;  // of the server's chain: the client answers nothing
  Pair q(refused);
  q.run();
  CHECK(q.client.code() == Code::unknown_ca);
  CHECK(q.client.handshake->take_info().client_certificate == requested);
  CHECK(q.server.handshake->take_info().client_certificate == requested);
}

TEST_CASE("a session that is resumed asks nothing") {
  World w;
  w.server.client_auth(ClientAuth::require, w.client_verdict).tickets(std::make_shared<Stamper>());
  w.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519))).sessions(std::make_shared<Pocket>());
  Pair first(w);
  first.run();
  REQUIRE(first.connected());
  CHECK(first.client.info.client_certificate == sent);
  Pair second(w);
  second.run();
  REQUIRE(second.connected());
  REQUIRE(second.client.info.resumed == Resumption::psk);
  CHECK(second.client.info.client_certificate == not_requested);
  CHECK(second.client.info.certificates_sent == 0);
  CHECK(second.server.info.client_certificate == not_requested);
  CHECK(second.server.info.certificates_sent == 0);
}
