// What ConnectionInfo says of the client's certificate in TLS 1.2, and of a ClientHello that was refused.
#include "handshake/edit.h"
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
