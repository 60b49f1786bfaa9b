// TLS 1.2: a peer chooses among what was offered, and nothing else, where no other check would notice.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

TEST_CASE("RFC 5246 §7.4.3: a signature that verifies, by a scheme that was not offered: the server's") {
  World12 w;
  w.client.signature_schemes({SignatureScheme::ed25519});
  w.client_replay.rewrite = [](ByteVector& m) {
    if (static_cast<On>(m[0]) == On::client_hello) m = Edit(m).set(13, "00020403").message();
  };
  Pair p(w);
  p.run();
  CHECK(p.client.code() == Code::wrong_signature_scheme);
}

TEST_CASE("RFC 5246 §7.4.8: a signature that verifies, by a scheme that was not asked for: the client's") {
  World12 w;
  w.authenticate_client(KeyKind::ecdsa_p256);
  w.server.signature_schemes({SignatureScheme::ed25519});
  w.server_replay.rewrite = [](ByteVector& m) {
    if (static_cast<On>(m[0]) != On::certificate_request) return;
    const std::size_t schemes = 4 + 1 + m[4] + 2;  // behind certificate_types and the length
    m[schemes] = 0x04, m[schemes + 1] = 0x03;      // ecdsa_secp256r1_sha256 in the place of ed25519
  };
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::wrong_signature_scheme);
}
