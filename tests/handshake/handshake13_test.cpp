// The TLS 1.3 handshake as a whole (RFC 9846 §2): both machines against each other, without records.
#include <set>

#include "handshake/edit.h"
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;

namespace {

std::string joined(const std::vector<std::string>& log) {
  std::string text;
  for (const std::string& line : log) text += (text.empty() ? "" : ", ") + line;
  return text;
}

/// Both sides hold the same keys, each the other way round, and the same facts.
void check_agreement(const Pair& p) {
  REQUIRE_MESSAGE(p.connected(), ((p.client.error ? p.client.error->message() : "") + " / " +
                                  (p.server.error ? p.server.error->message() : "")));
  CHECK(hex(p.client.sink.read_secret) == hex(p.server.sink.write_secret));
  CHECK(hex(p.client.sink.write_secret) == hex(p.server.sink.read_secret));
  CHECK(p.client.sink.read_secret != p.client.sink.write_secret);
  CHECK(p.client.sink.read_epoch == Epoch::application);
  CHECK(p.server.sink.read_epoch == Epoch::application);
  CHECK(p.client.sink.secrets == p.server.sink.secrets);
  CHECK(p.client.info.version == ProtocolVersion::tls13);
  CHECK(p.server.info.version == ProtocolVersion::tls13);
  CHECK(p.client.info.suite == p.server.info.suite);
  CHECK(p.client.info.group == p.server.info.group);
  CHECK(p.client.info.alpn == p.server.info.alpn);
  CHECK(p.client.info.hello_retry == p.server.info.hello_retry);
  std::uint8_t ours[40], theirs[40];
  REQUIRE(p.client.post->export_keying_material("EXPORTER-test", as_bytes("context"), ours));
  REQUIRE(p.server.post->export_keying_material("EXPORTER-test", as_bytes("context"), theirs));
  CHECK(hex(ours) == hex(theirs));
}

}  // namespace

TEST_CASE("the basic handshake does everything in RFC 9846's order") {
  World w;
  w.client.compatibility_mode(false);
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(joined(p.client.sink.log) ==
        "send client_hello, read handshake, write handshake, read application, send finished, write application");
  CHECK(joined(p.server.sink.log) ==
        "send server_hello, write handshake, read handshake, send encrypted_extensions, send certificate, send "
        "certificate_verify, send finished, write application, read application");
  CHECK(p.client.info.server_name == "example.com");
  CHECK(p.server.info.server_name == "example.com");
  CHECK(p.client.info.peer_certificates == credential(KeyKind::ecdsa_p256)->chain);
  CHECK(p.client.info.peer_certificate_sha256.size() == 32);
  CHECK(p.server.info.peer_certificate_sha256.empty());
  CHECK(p.server.info.peer_certificates.empty());
  CHECK(p.client.info.signature_scheme == SignatureScheme::ecdsa_secp256r1_sha256);
  CHECK_FALSE(p.client.info.hello_retry);
}

TEST_CASE(
    "RFC 9846 Appendix E.4: in compatibility mode each side sends one ChangeCipherSpec, before its second flight") {
  World w;
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(joined(p.client.sink.log) ==
        "send client_hello, read handshake, ccs, write handshake, read application, send finished, write application");
  CHECK(joined(p.server.sink.log).starts_with("send server_hello, ccs, write handshake"));

  SUBCASE("with a HelloRetryRequest it follows the HelloRetryRequest and precedes the second ClientHello") {
    World again;
    again.client.groups({NamedGroup::x25519, NamedGroup::secp256r1});
    again.server.groups({NamedGroup::secp256r1});
    Pair retried(again);
    retried.run();
    check_agreement(retried);
    CHECK(joined(retried.client.sink.log).starts_with("send client_hello, ccs, send client_hello, read handshake"));
    CHECK(joined(retried.server.sink.log).starts_with("send server_hello, ccs, send server_hello, write handshake"));
    CHECK(retried.client.sink.change_cipher_specs == 1);
    CHECK(retried.server.sink.change_cipher_specs == 1);
  }
}

TEST_CASE("the secrets are logged under RFC 9850's labels") {
  World w;
  Pair p(w);
  p.run();
  std::vector<std::string> labels;
  for (const auto& [label, secret] : p.client.sink.secrets) {
    labels.push_back(label);
    CHECK(secret.size() == 32);
  }
  CHECK(joined(labels) ==
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET, SERVER_HANDSHAKE_TRAFFIC_SECRET, CLIENT_TRAFFIC_SECRET_0, "
        "SERVER_TRAFFIC_SECRET_0, EXPORTER_SECRET");
  CHECK(p.client.sink.secret("CLIENT_TRAFFIC_SECRET_0") == p.client.sink.write_secret);
  CHECK(p.client.sink.secret("SERVER_TRAFFIC_SECRET_0") == p.client.sink.read_secret);
  std::set<ByteVector> different;
  for (const auto& [label, secret] : p.client.sink.secrets) different.insert(secret);
  CHECK(different.size() == labels.size());
}

TEST_CASE("RFC 9846 §4.2.3: the server's random is drawn for each handshake") {
  World w;
  std::set<ByteVector> randoms;
  for (int i = 0; i < 3; ++i) {
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (!from_client && m[0] == 2) randoms.insert(ByteVector(m.begin() + 6, m.begin() + 38));
    };
    p.run();
    check_agreement(p);
  }
  CHECK(randoms.size() == 3);
}

TEST_CASE("every suite, group and kind of key completes") {
  for (CipherSuite suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                            CipherSuite::TLS_CHACHA20_POLY1305_SHA256})
    for (NamedGroup group : {NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1}) {
      CAPTURE(name(suite));
      CAPTURE(name(group));
      World w;
      w.server.cipher_suites({suite}).groups({group});
      w.client.key_shares({group});
      Pair p(w);
      p.run();
      check_agreement(p);
      CHECK(p.client.info.suite == suite);
      CHECK(p.client.info.group == group);
      CHECK_FALSE(p.client.info.hello_retry);
    }
  for (KeyKind kind : kKeyKinds) {
    CAPTURE(static_cast<int>(kind));
    World w;
    w.source->answer = credential(kind);
    Pair p(w);
    p.run();
    check_agreement(p);
    const auto fitting = schemes_for(kind);
    CHECK(std::ranges::find(fitting, *p.client.info.signature_scheme) != fitting.end());
  }
}

TEST_CASE("the verifier is asked about the name, the chain and the time; the credential source about the name") {
  World w;
  Pair p(w, "WWW.Example.COM.");
  p.run();
  check_agreement(p);
  REQUIRE(w.verdict->asked.size() == 1);
  CHECK(w.verdict->asked[0].peer_is_server);
  CHECK(w.verdict->asked[0].server_name == "www.example.com");
  CHECK(w.verdict->asked[0].now == w.clock.wall());
  CHECK(w.verdict->asked[0].chain == credential(KeyKind::ecdsa_p256)->chain);
  REQUIRE(w.source->asked.size() == 1);
  CHECK(w.source->asked[0].for_server);
  CHECK(w.source->asked[0].server_name == "www.example.com");
  CHECK_FALSE(w.source->asked[0].signature_schemes.empty());
}

TEST_CASE("RFC 6066 §3: an address is verified but never sent, nor is a name when that is switched off") {
  for (const bool address : {true, false}) {
    World w;
    if (!address) w.client.send_server_name(false);
    Pair p(w, address ? "192.0.2.1" : "example.com");
    p.run();
    check_agreement(p);
    CHECK(p.server.info.server_name.empty());
    CHECK(w.verdict->asked.at(0).server_name == (address ? "192.0.2.1" : "example.com"));
  }
}

TEST_CASE("ALPN: the server's first that the client has") {
  World w;
  w.client.alpn({"http/1.1", "h2"});
  w.server.alpn({"h2", "http/1.1"});
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.alpn == "h2");
}

TEST_CASE("staples go with the leaf when the client asked for them, and only then") {
  auto stapled = *credential(KeyKind::ecdsa_p256);
  stapled.ocsp_response = {1, 2, 3};
  stapled.signed_certificate_timestamps = {0, 4, 0, 2, 7, 7};
  for (const bool wanted : {true, false}) {
    World w;
    w.source->answer = std::make_shared<const Credential>(stapled);
    w.client.request_ocsp(wanted).request_scts(wanted);
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.client.info.ocsp_response == (wanted ? stapled.ocsp_response : std::vector<std::uint8_t>{}));
    CHECK(w.verdict->asked.at(0).ocsp_response == p.client.info.ocsp_response);
    CHECK(p.client.info.signed_certificate_timestamps ==
          (wanted ? stapled.signed_certificate_timestamps : std::vector<std::uint8_t>{}));
  }
}

TEST_CASE("RFC 8449: each side's limit reaches the other; a server answers with the protocol's when it has none") {
  World w;
  w.client.record_size_limit(1000);
  SUBCASE("both") {
    w.server.record_size_limit(2000);
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.client.info.peer_record_size_limit == 2000);
    CHECK(p.server.info.peer_record_size_limit == 1000);
    CHECK(p.client.sink.record_limit == 2000);
    CHECK(p.client.sink.peer_record_limit == 1000);
    CHECK(p.server.sink.record_limit == 1000);
    CHECK(p.server.sink.peer_record_limit == 2000);
  }
  SUBCASE("the client alone") {
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.client.info.peer_record_size_limit == limits::kMaxPlaintext + 1);
    CHECK(p.server.sink.record_limit == 1000);
  }
  SUBCASE("the server alone: nothing is negotiated") {
    World other;
    other.server.record_size_limit(2000);
    Pair p(other);
    p.run();
    check_agreement(p);
    CHECK(p.client.info.peer_record_size_limit == 0);
    CHECK(p.client.sink.record_limit == 0);
    CHECK(p.server.sink.record_limit == 0);
    CHECK(p.server.sink.peer_record_limit == 0);
  }
}

TEST_CASE("HelloRetryRequest: a client that offers no share is asked for the group that the server likes") {
  World w;
  w.client.groups({NamedGroup::x25519, NamedGroup::secp256r1}).key_shares({});
  w.server.groups({NamedGroup::secp256r1, NamedGroup::x25519});
  Pair p(w);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.hello_retry);
  CHECK(p.client.info.group == NamedGroup::secp256r1);
}

TEST_CASE("HelloRetryRequest: for a group without a share, with and without a cookie, and whenever it is demanded") {
  for (const bool cookie : {true, false}) {
    World w;
    w.client.groups({NamedGroup::x25519, NamedGroup::secp384r1});
    w.server.groups({NamedGroup::secp384r1}).retry_cookie(cookie);
    std::vector<ByteVector> hellos;
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client && m[0] == 1) hellos.push_back(m);
    };
    p.run();
    check_agreement(p);
    CHECK(p.client.info.hello_retry);
    CHECK(p.client.info.group == NamedGroup::secp384r1);
    REQUIRE(hellos.size() == 2);
    Edit first(hellos[0]), second(hellos[1]);
    CHECK(first.prefix == second.prefix);
    CHECK(first.find(44) == nullptr);
    CHECK((second.find(44) != nullptr) == cookie);
    CHECK(hex(*second.find(51))
              .starts_with("0065"
                           "0018"
                           "0061"
                           "04"));  // exactly one share, of that group
    second.remove(44);
    first.remove(51), second.remove(51);
    CHECK(first.message() == second.message());  // and all else as it was
  }
  World w;
  w.server.always_retry(true);
  std::vector<ByteVector> hellos;
  Pair p(w);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) hellos.push_back(m);
  };
  p.run();
  check_agreement(p);
  CHECK(p.client.info.hello_retry);
  REQUIRE(hellos.size() == 2);
  CHECK(*Edit(hellos[0]).find(51) == *Edit(hellos[1]).find(51));  // RFC 9846 §4.2.2: the shares are repeated
}

TEST_CASE("always_retry without a cookie would change nothing for a share that fits: the builder refuses it") {
  World w;
  w.server.always_retry(true).retry_cookie(false);
  const auto config = w.server.build();
  REQUIRE_FALSE(config);
  CHECK(config.error().code() == Code::bad_config);
}

TEST_CASE("client authentication: none is wanted, a certificate is given, or an empty list") {
  World w;
  w.server.client_auth(ClientAuth::request, w.client_verdict);
  SUBCASE("with a certificate of each kind") {
    for (KeyKind kind : kKeyKinds) {
      World each;
      each.server.client_auth(ClientAuth::require, each.client_verdict).client_authorities({{0x30, 0x00}});
      auto mine = std::make_shared<Source>(credential(kind));
      each.client.credentials(mine);
      Pair p(each);
      p.run();
      check_agreement(p);
      CHECK(p.server.info.peer_certificates == credential(kind)->chain);
      REQUIRE(each.client_verdict->asked.size() == 1);
      CHECK_FALSE(each.client_verdict->asked[0].peer_is_server);
      CHECK(each.client_verdict->asked[0].server_name.empty());
      REQUIRE(mine->asked.size() == 1);
      CHECK_FALSE(mine->asked[0].for_server);
      CHECK(mine->asked[0].authorities == std::vector<std::vector<std::uint8_t>>{{0x30, 0x00}});
      CHECK(joined(p.client.sink.log)
                .find("read application, send certificate, send certificate_verify, send finished, "
                      "write application") != std::string::npos);
    }
  }
  SUBCASE("whether authorities bind is what the client is configured to") {
    for (const bool bind : {false, true}) {
      World each;
      each.server.client_auth(ClientAuth::require, each.client_verdict).client_authorities({{0x30, 0x00}});
      auto mine = std::make_shared<Source>(credential(KeyKind::ecdsa_p256));
      each.client.credentials(mine);
      if (bind) each.client.authorities_bind(true);
      Pair p(each);
      p.run();
      check_agreement(p);
      REQUIRE(mine->asked.size() == 1);
      CHECK(mine->asked[0].authorities_bind == bind);
    }
  }
  SUBCASE("RFC 9846 §4.5.1.2: a certificate that fits none of the authorities is sent, unless they bind") {
    for (const bool bind : {false, true}) {
      World each;
      each.server.client_auth(ClientAuth::request, each.client_verdict).client_authorities({{0x30, 0x00}});
      each.client.credentials(credential_list({credential(KeyKind::ecdsa_p256)})).authorities_bind(bind);
      Pair p(each);
      p.run();
      check_agreement(p);
      CHECK(p.server.info.peer_certificates.empty() == bind);
    }
  }
  SUBCASE("a client without credentials sends an empty list, and a server that only asked goes on") {
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.server.info.peer_certificates.empty());
    CHECK(w.client_verdict->asked.empty());
  }
  SUBCASE("so does one whose source has none, and one whose key fits no scheme that the server takes") {
    w.server.signature_schemes({SignatureScheme::ed25519});
    w.client.credentials(std::make_shared<Source>(credential(KeyKind::rsa)));
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.server.info.peer_certificates.empty());
    CHECK(p.server.info.signature_scheme == p.client.info.signature_scheme);  // our own, where the peer's is none
    World none;
    none.server.client_auth(ClientAuth::request, none.client_verdict);
    none.client.credentials(std::make_shared<Source>(CredentialPtr()));
    Pair q(none);
    q.run();
    check_agreement(q);
  }
  SUBCASE("a server that requires one refuses the empty list with certificate_required") {
    World strict;
    strict.server.client_auth(ClientAuth::require, strict.client_verdict);
    Pair p(strict);
    p.run();
    CHECK(p.server.code() == Code::client_certificate_required);
    CHECK(p.server.error->alert() == Alert::certificate_required);
    CHECK(p.client.connected());  // RFC 9846 §4.5.3: it learns of it by the alert
  }
  SUBCASE("a refused chain ends it") {
    w.client_verdict->refusal = Code::unknown_ca;
    w.client.credentials(std::make_shared<Source>(credential(KeyKind::ecdsa_p256)));
    Pair p(w);
    p.run();
    CHECK(p.server.code() == Code::unknown_ca);
  }
  SUBCASE("until the client is authenticated the server must not write") {
    w.client.credentials(std::make_shared<Source>(credential(KeyKind::ecdsa_p256)));
    Pair p(w);
    while (p.server.handshake && !p.server.sink.outbox.empty() == false) REQUIRE(p.step());
    CHECK_FALSE(p.server.handshake->permissions().write_data);
  }
}

TEST_CASE("RFC 8701: GREASE from the client is ignored by the server, whatever is drawn") {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    World w(seed);
    w.client.grease(true);
    Pair p(w);
    p.run();
    check_agreement(p);
  }
}

TEST_CASE("the same randomness and time give the same handshake, byte for byte") {
  std::vector<ByteVector> runs[2];
  for (auto& run : runs) {
    World w(77);
    w.server.client_auth(ClientAuth::request, w.client_verdict);
    w.client.credentials(std::make_shared<Source>(credential(KeyKind::rsa)));
    Pair p(w);
    p.on_the_way = [&](bool, ByteVector& m) { run.push_back(m); };
    p.run();
    check_agreement(p);
  }
  CHECK(runs[0] == runs[1]);
}

TEST_CASE("a rewritten message is what enters the transcript: the seam by which traces are replayed") {
  World w;
  w.client_replay.rewrite = [](ByteVector& m) {
    if (m[0] == 1) m = Edit(m).append(0x7777, "abcd").message();
  };
  Pair p(w);
  p.run();
  check_agreement(p);
}

TEST_CASE("RFC 6066 §3: a server that resumes a session does not acknowledge the name") {
  World w;
  w.client.sessions(std::make_shared<Pocket>());
  w.server.tickets(std::make_shared<Stamper>());
  for (const bool resumes : {false, true}) {
    Pair p(w);
    bool acknowledged = false;
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client || static_cast<handshake::On>(m[0]) != handshake::On::encrypted_extensions) return;
      for (const Edit::Extension& extension : Edit(m).extensions) acknowledged |= extension.type == 0;
    };
    p.run();
    check_agreement(p);
    CHECK((p.client.info.resumed == Resumption::psk) == resumes);
    CHECK(acknowledged != resumes);
  }
}
