// Full handshakes of TLS 1.2: every suite, group and kind of credential, and what both sides know of each other after
// them.
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

ByteVector exported(const Side& side, std::string_view label, std::optional<Bytes> context) {
  ByteVector out(32);
  REQUIRE(side.post->export_keying_material(label, context, out));
  return out;
}

/// What both sides must agree on.
void check_agreement(const Pair& p) {
  REQUIRE(p.connected());
  const ConnectionInfo &c = p.client.info, &s = p.server.info;
  CHECK(c.version == ProtocolVersion::tls12);
  CHECK(s.version == ProtocolVersion::tls12);
  CHECK(c.suite == s.suite);
  CHECK(c.group == s.group);
  CHECK(c.alpn == s.alpn);
  CHECK(c.extended_main_secret == s.extended_main_secret);
  CHECK(p.client.sink.secret("CLIENT_RANDOM").size() == 48);
  CHECK(p.client.sink.secrets == p.server.sink.secrets);
  CHECK(p.client.sink.read_secret == p.server.sink.write_secret);
  CHECK(p.client.sink.write_secret == p.server.sink.read_secret);
  CHECK(p.client.sink.read_secret != p.client.sink.write_secret);
}

}  // namespace

TEST_CASE("every suite with every group and every kind of credential") {
  for (KeyKind kind : kKeyKinds)
    for (CipherSuite suite : suites_for(kind))
      for (NamedGroup group : kGroups12) {
        CAPTURE(name(suite));
        CAPTURE(name(group));
        World12 w;
        w.source->answer = credential(kind);
        w.client.cipher_suites({suite});
        w.server.groups({group});
        Pair p(w);
        p.run();
        check_agreement(p);
        CHECK(p.client.info.suite == suite);
        CHECK(p.client.info.group == group);
        CHECK(p.client.info.extended_main_secret);
        CHECK(p.client.info.peer_certificates == credential(kind)->chain);
        CHECK(p.client.info.peer_certificate_sha256.size() == 32);
        CHECK(p.client.info.signature_scheme == p.server.info.signature_scheme);
        CHECK(exported(p.client, "EXPORTER-test", as_bytes("context")) ==
              exported(p.server, "EXPORTER-test", as_bytes("context")));
      }
}

TEST_CASE("client authentication with every kind of key") {
  for (KeyKind kind : kKeyKinds) {
    World12 w;
    w.authenticate_client(kind);
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.server.info.peer_certificates == credential(kind)->chain);
    REQUIRE(p.server.info.signature_scheme);
    CHECK(w.client_verdict->asked.size() == 1);
    CHECK_FALSE(w.client_verdict->asked[0].peer_is_server);
  }
}

TEST_CASE("a client without a certificate sends an empty list: accepted where one is only asked for") {
  for (const bool has_source : {false, true}) {
    World12 w;
    w.server.client_auth(ClientAuth::request, w.client_verdict);
    if (has_source) w.client.credentials(std::make_shared<Source>(Result<CredentialPtr>(nullptr)));
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.server.info.peer_certificates.empty());
    CHECK(p.server.info.signature_scheme == p.client.info.signature_scheme);

    World12 strict;
    strict.server.client_auth(ClientAuth::require, strict.client_verdict);
    Pair q(strict);
    q.run();
    CHECK(q.server.code() == Code::client_certificate_required);
    CHECK(q.server.error->alert() == Alert::handshake_failure);  // certificate_required is TLS 1.3's
  }
}

TEST_CASE("RFC 5246 §7.4.3, §7.4.8: a server's key is told randoms and parameters, a client's the messages") {
  World12 w;
  std::shared_ptr<InformedKey> server, client;
  w.source->answer = informed_credential(KeyKind::ecdsa_p256, server);
  w.server.client_auth(ClientAuth::require, w.client_verdict);
  w.client.credentials(std::make_shared<Source>(informed_credential(KeyKind::ecdsa_p256, client)));
  Pair p(w);
  p.run();
  check_agreement(p);
  REQUIRE(server->told.size() == 1);
  REQUIRE(client->told.size() == 1);
  const InformedKey::Told &s = server->told[0], &c = client->told[0];
  CHECK(s.by_server);
  CHECK_FALSE(c.by_server);
  for (const InformedKey::Told* told : {&s, &c}) {
    CHECK(told->version == ProtocolVersion::tls12);
    CHECK(told->transcript_hash.empty());
  }
  CHECK(s.client_random.size() == 32);
  CHECK(s.server_random.size() == 32);
  CHECK(s.client_random != s.server_random);
  ByteVector whole = s.client_random;
  whole.insert(whole.end(), s.server_random.begin(), s.server_random.end());
  whole.insert(whole.end(), s.parameters.begin(), s.parameters.end());
  CHECK(whole == s.message);
  REQUIRE(s.parameters.size() > 4);
  CHECK(s.parameters[0] == 3);  // named_curve
  CHECK(s.parameters.size() == 4u + s.parameters[3]);
  CHECK(c.message[0] == 1);  // ClientHello
  CHECK(c.client_random.empty());
  CHECK(c.parameters.empty());
}

TEST_CASE("each operation answered later gives the handshake that it gives when answered at once") {
  World12 now, later;
  now.authenticate_client(KeyKind::ecdsa_p256, When::now);
  later.authenticate_client(KeyKind::ecdsa_p256, When::later);
  now.source->answer = remote_credential(KeyKind::ecdsa_p256, When::now);
  later.source->answer = remote_credential(KeyKind::ecdsa_p256, When::later);
  later.source->when = later.verdict->when = later.client_verdict->when = When::later;
  Pair p(now), q(later);
  std::vector<std::size_t> kinds;
  q.on_operation = [&](Side& side, const Operation& operation) {
    kinds.push_back(operation.index());
    (void)side.complete(answer_to(operation, later.random));
  };
  p.run();
  q.run();
  check_agreement(p);
  check_agreement(q);
  CHECK(kinds.size() == 6);  // credential, signature and verification, on either side
  CHECK(p.client.sink.secrets == q.client.sink.secrets);
}

TEST_CASE("an operation that fails ends the handshake with its own code") {
  struct Row {
    void (*setup)(World12&);
    bool client_fails;
    Code code;
  };
  constexpr Row kRows[] = {
      {[](World12& w) { w.verdict->refusal = Code::unknown_ca; }, true, Code::unknown_ca},
      {[](World12& w) { w.verdict->refusal = Code::name_mismatch; }, true, Code::name_mismatch},
      {[](World12& w) { w.authenticate_client(), w.client_verdict->refusal = Code::certificate_revoked; }, false,
       Code::certificate_revoked},
      {[](World12& w) { w.source->answer = std::unexpected(Error(Code::credential_refused)); }, false,
       Code::credential_refused},
      {[](World12& w) { w.source->answer = Result<CredentialPtr>(nullptr); }, false, Code::no_shared_signature_scheme},
      {[](World12& w) { w.source->answer = remote_credential(KeyKind::ecdsa_p256, When::now, Code::signing_failed); },
       false, Code::signing_failed},
  };
  for (const Row& row : kRows) {
    World12 w;
    row.setup(w);
    Pair p(w);
    p.run();
    CHECK_FALSE(p.connected());
    CHECK((row.client_fails ? p.client : p.server).code() == row.code);
  }
}

TEST_CASE("ALPN, server name, staples, record limits: negotiated in ServerHello, carried through both ways") {
  World12 w;
  auto stapled = *credential(KeyKind::ecdsa_p256);
  stapled.ocsp_response = unhex("3003020101");
  stapled.signed_certificate_timestamps = unhex("00050003aabbcc");
  w.source->answer = std::make_shared<const Credential>(stapled);
  w.client.alpn({"h2", "http/1.1"}).request_scts(true).record_size_limit(1000);
  w.server.alpn({"http/1.1"}).record_size_limit(16385);
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.alpn == "http/1.1");
  CHECK(p.server.info.server_name == "example.com");
  CHECK(p.client.info.ocsp_response == stapled.ocsp_response);
  CHECK(w.verdict->asked.at(0).ocsp_response == stapled.ocsp_response);
  CHECK(p.client.info.signed_certificate_timestamps == stapled.signed_certificate_timestamps);
  // RFC 8449 §4: the content type does not count in TLS 1.2, so 2^14 is the most.
  CHECK(p.server.sink.record_limit == 1000);
  CHECK(p.server.sink.peer_record_limit == 16384);
  CHECK(p.client.sink.record_limit == 16384);
  CHECK(p.client.sink.peer_record_limit == 1000);
}

TEST_CASE("RFC 8449 §4: a limit of 2^14 + 1, which counts TLS 1.3's content type, is 2^14 in TLS 1.2") {
  for (const std::uint16_t limit : std::to_array<std::uint16_t>({16383, 16384, 16385})) {
    World12 w;
    w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13).record_size_limit(limit);
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.server.info.peer_record_size_limit == limit);
    CHECK(p.server.sink.record_limit == std::min<std::size_t>(limit, limits::kMaxPlaintext));
  }
}

TEST_CASE("nobody who did not ask is answered: no staples, no limits") {
  World12 w;
  auto stapled = *credential(KeyKind::ecdsa_p256);
  stapled.ocsp_response = unhex("3003020101");
  stapled.signed_certificate_timestamps = unhex("00050003aabbcc");
  w.source->answer = std::make_shared<const Credential>(stapled);
  w.client.request_ocsp(false);
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.ocsp_response.empty());
  CHECK(p.client.info.signed_certificate_timestamps.empty());
  CHECK(p.server.sink.record_limit == 0);
}

TEST_CASE("RFC 5705: an exporter; absent and empty contexts differ, the protocol's own labels are refused") {
  World12 w;
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  const Bytes empty;
  CHECK(exported(p.client, "EXPORTER-a", std::nullopt) == exported(p.server, "EXPORTER-a", std::nullopt));
  CHECK(exported(p.client, "EXPORTER-a", std::nullopt) != exported(p.client, "EXPORTER-a", empty));
  CHECK(exported(p.client, "EXPORTER-a", empty) != exported(p.client, "EXPORTER-b", empty));
  ByteVector out(48);
  for (std::string_view label :
       {"master secret", "extended master secret", "key expansion", "client finished", "server finished"}) {
    const auto refused = p.client.post->export_keying_material(label, empty, out);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::misuse);
  }
  const ByteVector at(0xFFFF), above(0x10000);
  CHECK(p.client.post->export_keying_material("EXPORTER-a", Bytes(at), out));
  CHECK_FALSE(p.client.post->export_keying_material("EXPORTER-a", Bytes(above), out));
}

TEST_CASE("RFC 9846 §4.3.3: a P-256 key signs with SHA-384 for a client that wants only that") {
  World12 w;
  w.client.signature_schemes({SignatureScheme::ecdsa_secp384r1_sha384});
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.signature_scheme == SignatureScheme::ecdsa_secp384r1_sha384);
}

TEST_CASE("an RSA key signs with PKCS#1 v1.5 for a client that has nothing better") {
  World12 w;
  w.source->answer = credential(KeyKind::rsa);
  w.client.signature_schemes({SignatureScheme::rsa_pkcs1_sha384});
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.signature_scheme == SignatureScheme::rsa_pkcs1_sha384);
}
