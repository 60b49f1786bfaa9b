// The policies of TLS 1.2: extended_main_secret, renegotiation_info, suites that do not exist, point formats, curves.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr unsigned kGroups = 10, kPointFormats = 11, kSchemes = 13, kExtendedMainSecret = 23, kRenegotiation = 0xFF01;

/// Changes the ClientHello on its way. The Finished messages differ then, which is not looked at here.
template <class Change>
Pair& with_client_hello(Pair& p, Change change) {
  p.on_the_way = [change](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) change(m);
  };
  return p;
}
/// Replaces the suites of a ClientHello.
void set_suites(ByteVector& m, std::initializer_list<unsigned> suites) {
  const auto at = static_cast<std::ptrdiff_t>(38 + 1 + m[38]);
  const auto old =
      static_cast<std::ptrdiff_t>(m[static_cast<std::size_t>(at)] << 8 | m[static_cast<std::size_t>(at) + 1]);
  m.erase(m.begin() + at, m.begin() + at + 2 + old);
  ByteVector list;
  Writer w(list);
  w.u16(2 * suites.size());
  for (unsigned suite : suites) w.u16(suite);
  m.insert(m.begin() + at, list.begin(), list.end());
  fix_length(m);
}

}  // namespace

TEST_CASE("RFC 7627: a peer without extended_main_secret is served by default, and refused by policy") {
  for (const bool client_lacks : {true, false})
    for (const bool relaxed : {false, true}) {
      World12 w;
      // The side that lacks it: its policy is the default, and its extension is taken away by a hook before the
      // transcript.
      const auto drop = [](ByteVector& m) {
        if (m[0] == 1 || m[0] == 2) m = Edit(m).remove(kExtendedMainSecret).message();
      };
      if (client_lacks) w.client_replay.rewrite = drop;
      if (!client_lacks && !relaxed) w.client.extended_main_secret(Require::always);
      if (client_lacks && !relaxed) w.server.extended_main_secret(Require::always);
      Pair p(w);
      if (!client_lacks)
        p.on_the_way = [&](bool from_client, ByteVector& m) {
          if (from_client && m[0] == 1) drop(m);  // the server sees a client without, the client a server without
        };
      p.run();
      if (client_lacks && relaxed) {
        REQUIRE(p.connected());
        CHECK_FALSE(p.client.info.extended_main_secret);
        CHECK_FALSE(p.server.info.extended_main_secret);
        CHECK(p.client.sink.secrets == p.server.sink.secrets);
        ByteVector out(32);  // RFC 7627 §5.4: no exporters then
        CHECK(p.client.post->export_keying_material("EXPORTER-a", {}, out).error().code() == Code::misuse);
      } else if (client_lacks) {
        CHECK(p.server.code() == Code::no_extended_main_secret);
        CHECK(p.server.error->alert() == Alert::handshake_failure);
      } else if (!relaxed) {
        CHECK(p.client.code() == Code::no_extended_main_secret);
        CHECK(p.client.error->alert() == Alert::handshake_failure);
      } else {
        CHECK(p.server.code() == Code::bad_finished);  // the two transcripts differ: tampering
      }
    }
}

TEST_CASE("RFC 5746: renegotiation_info is sent empty and answered empty; anything else is refused") {
  World12 w;
  Pair p(w);
  bool answered = false;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (m[0] != 1 && m[0] != 2) return;
    Edit e(m);
    const ByteVector* info = e.find(kRenegotiation);
    REQUIRE(info != nullptr);
    CHECK(*info == unhex("00"));
    answered |= !from_client;
  };
  p.run();
  CHECK(p.connected());
  CHECK(answered);

  World12 v;
  Pair q(v);
  with_client_hello(q, [](ByteVector& m) { m = Edit(m).set(kRenegotiation, "0101").message(); }).run();
  CHECK(q.server.code() == Code::renegotiation_mismatch);
  CHECK(q.server.error->alert() == Alert::handshake_failure);

  World12 u;
  Pair r(u);
  r.on_the_way = [](bool from_client, ByteVector& m) {
    if (!from_client && m[0] == 2) m = Edit(m).set(kRenegotiation, "0101").message();
  };
  r.run();
  CHECK(r.client.code() == Code::renegotiation_mismatch);
  CHECK(r.client.error->alert() == Alert::handshake_failure);
}

TEST_CASE("RFC 5746 §3.3: the signalling suite does as well as the extension, and is answered") {
  World12 w;
  Pair p(w);
  bool answered = false;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) {
      m = Edit(m).remove(kRenegotiation).message();
      set_suites(m, {0xC02B, 0x00FF});
    }
    if (!from_client && m[0] == 2) answered = Edit(m).find(kRenegotiation) != nullptr;
  };
  p.run();
  CHECK(answered);
}

TEST_CASE("RFC 5746 §4.1: a server that does not answer is refused by default, and let in by policy") {
  for (const Require policy : {Require::always, Require::if_offered}) {
    World12 w;
    w.client.renegotiation_info(policy);
    w.client_replay.rewrite = [](ByteVector& m) {
      if (m[0] == 1) m = Edit(m).remove(kRenegotiation).message();
    };
    Pair p(w);
    p.run();
    CHECK(p.connected() == (policy == Require::if_offered));
    if (policy == Require::always) {
      CHECK(p.client.code() == Code::no_secure_renegotiation);
      CHECK(p.client.error->alert() == Alert::handshake_failure);
    }
  }
}

TEST_CASE("RFC 5246 §7.4.6: a certificate that fits none of the authorities is sent, unless they bind") {
  for (const bool bind : {false, true}) {
    World12 w;
    w.server.client_auth(ClientAuth::request, w.client_verdict).client_authorities({{0x30, 0x00}});
    w.client.credentials(credential_list({credential(KeyKind::ecdsa_p256)})).authorities_bind(bind);
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    CHECK(p.server.info.peer_certificates.empty() == bind);
  }
}

namespace {

/// A connection, and the ClientHello with which it began.
struct Connected12 {
  World12 w;
  Pair p;
  ByteVector client_hello;
  const ByteVector hello_request = unhex("00000000");
  explicit Connected12(bool ignore = false) : p((w.client.ignore_hello_requests(ignore), w)) {
    with_client_hello(p, [&](ByteVector& m) { client_hello = m; }).run();
    REQUIRE(p.connected());
  }
  /// A side, and what asks it for renegotiation.
  std::pair<Side&, Bytes> asked(bool client) {
    return client ? std::pair<Side&, Bytes>(p.client, hello_request) : std::pair<Side&, Bytes>(p.server, client_hello);
  }
};

constexpr unsigned kMostRequests = limits::kMaxRenegotiationRequestsInRow;

}  // namespace

TEST_CASE("RFC 5246 §7.2.2: renegotiation is answered with the warning no_renegotiation, and the connection goes on") {
  for (const bool client : {true, false}) {
    Connected12 c;
    auto [side, request] = c.asked(client);
    CHECK(side.receive(request, true));
    CHECK(side.connected());
    CHECK(side.sink.warnings == std::vector{Alert::no_renegotiation});
  }
}

TEST_CASE("who asks for renegotiation without end, and sends no data, fails with handshake_failure") {
  for (const bool client : {true, false}) {
    Connected12 c;
    auto [side, request] = c.asked(client);
    for (int round = 0; round < 2; ++round) {
      for (unsigned i = 0; i < kMostRequests; ++i) REQUIRE(side.receive(request, true));
      side.post->data_received();
      side.sink.sent += 1;
    }
    for (unsigned i = 0; i < kMostRequests; ++i) REQUIRE(side.receive(request, true));
    CHECK(side.sink.warnings.size() == 3 * kMostRequests);
    CHECK_FALSE(side.receive(request, true));
    CHECK(side.code() == Code::no_renegotiation);
    CHECK(side.error->alert() == Alert::handshake_failure);
    CHECK(side.sink.warnings.size() == 3 * kMostRequests);
  }
}

TEST_CASE("who asks for renegotiation between data of its own, and reads nothing, is answered so many times") {
  for (const bool client : {true, false}) {
    Connected12 c;
    auto [side, request] = c.asked(client);
    for (unsigned i = 0; i < 4 * kMostRequests; ++i) {
      REQUIRE(side.receive(request, true));
      side.post->data_received();
    }
    CHECK(side.sink.warnings.size() == kMostRequests);
    side.sink.sent += 1;  // data of ours starts the count again
    REQUIRE(side.receive(request, true));
    CHECK(side.sink.warnings.size() == kMostRequests + 1);
  }
}

TEST_CASE("ignore_hello_requests: RFC 5246 §7.4.1.1 lets a client ignore them, so many without data between them") {
  Connected12 c(true);
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < kMostRequests; ++i) REQUIRE(c.p.client.receive(c.hello_request, true));
    c.p.client.post->data_received();
  }
  for (unsigned i = 0; i < kMostRequests; ++i) REQUIRE(c.p.client.receive(c.hello_request, true));
  CHECK(c.p.client.sink.warnings.empty());
  CHECK_FALSE(c.p.client.receive(c.hello_request, true));
  CHECK(c.p.client.code() == Code::no_renegotiation);
  CHECK(c.p.client.error->alert() == Alert::handshake_failure);
}

TEST_CASE("what is no HelloRequest is neither answered nor ignored") {
  for (const bool ignore : {true, false})
    for (const std::string_view message : {"0000000100", "0100000100", "0b00000100"}) {
      Connected12 c(ignore);
      CHECK_FALSE(c.p.client.receive(unhex(message), true));
      CHECK(c.p.client.code() == (message.starts_with("00") ? Code::decode_error : Code::unexpected_message));
      CHECK(c.p.client.sink.warnings.empty());
    }
}

TEST_CASE("after the handshake nothing but a request to renegotiate is read: all else is refused by its header") {
  for (unsigned type = 0; type < 256; ++type)
    for (const bool client : {true, false}) {
      Connected12 c;
      const Side& side = client ? c.p.client : c.p.server;
      const auto most = side.post->max_message(static_cast<std::uint8_t>(type));
      CAPTURE(type);
      REQUIRE(most.has_value() == (type == (client ? 0 : 1)));
      if (most) {
        CHECK(*most == (client ? limits::kMaxHelloRequest : limits::kMaxHandshakeMessage));
        continue;
      }
      CHECK(most.error().code() == Code::unexpected_message);
      // And so it is by who is handed it all the same.
      Recorder sink;
      const ByteVector message = {static_cast<std::uint8_t>(type), 0, 0, 0};
      const auto refused = side.post->receive(message, true, sink);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == Code::unexpected_message);
      CHECK(sink.warnings.empty());
    }
}

TEST_CASE("TLS 1.2 has no KeyUpdate") {
  World12 w;
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.client.post->update_keys(true, p.client.sink).error().code() == Code::misuse);
  CHECK_FALSE(p.client.post->update_due(~std::uint64_t{0}));
}

TEST_CASE("a client with nothing but CBC, RSA or DH key exchange, export or null suites: handshake_failure, and why") {
  for (const std::initializer_list<unsigned> suites :
       {std::initializer_list<unsigned>{0xC013, 0xC014, 0xC009, 0xC00A, 0xC023, 0xC027},  // ECDHE with CBC
        {0x002F, 0x0035, 0x003C, 0x009C, 0x009D},                                         // RSA key transport
        {0x0033, 0x0039, 0x009E, 0x009F, 0xCCAA},                                         // DHE
        {0xC02D, 0xC031},                                                                 // static ECDH
        {0x0003, 0x0006, 0x0000, 0x0001, 0x0004, 0x0005},                                 // export, null, RC4
        {0x1301, 0x1302, 0x1303}}) {                                                      // TLS 1.3's
    World12 w;
    Pair p(w);
    with_client_hello(p, [&](ByteVector& m) { set_suites(m, suites); }).run();
    CHECK(p.server.code() == Code::no_shared_cipher);
    CHECK(p.server.error->alert() == Alert::handshake_failure);
    CHECK(p.server.error->detail().contains("ECDHE and an AEAD only"));
    CHECK(p.server.error->detail().contains("RFC 9325 §4.1"));
  }
}

TEST_CASE("a client with compression alone is refused, one with compression too is not") {
  for (const bool null_too : {false, true}) {
    World12 w;
    Pair p(w);
    with_client_hello(p, [&](ByteVector& m) {
      const auto at = 38 + 1 + m[38];
      const auto methods = at + 2 + (m[static_cast<std::size_t>(at)] << 8 | m[static_cast<std::size_t>(at) + 1]);
      m[static_cast<std::size_t>(methods) + 1] = 1;  // DEFLATE
      if (null_too) m[static_cast<std::size_t>(methods)] = 2, m.insert(m.begin() + methods + 2, 0), fix_length(m);
    }).step();
    CHECK(p.server.error.has_value() == !null_too);
    if (!null_too) {
      CHECK(p.server.code() == Code::bad_compression);
      CHECK(p.server.error->alert() == Alert::illegal_parameter);
    }
  }
}

TEST_CASE("RFC 8422 §5.1.2: ec_point_formats without uncompressed; without the extension it is not answered") {
  World12 w;
  Pair p(w);
  with_client_hello(p, [](ByteVector& m) { m = Edit(m).set(kPointFormats, "0101").message(); }).run();
  CHECK(p.server.code() == Code::bad_point_formats);
  World12 v;
  v.client_replay.rewrite = [](ByteVector& m) {
    if (m[0] == 1) m = Edit(m).remove(kPointFormats).message();
  };
  Pair q(v);
  bool answered = true;
  q.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client && m[0] == 2) answered = Edit(m).find(kPointFormats) != nullptr;
  };
  q.run();
  CHECK(q.connected());
  CHECK_FALSE(answered);
}

TEST_CASE("without supported_groups the curve that everybody has; without a common group handshake_failure") {
  World12 w;
  w.client_replay.rewrite = [](ByteVector& m) {
    if (m[0] == 1) m = Edit(m).remove(kGroups).message();
  };
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.client.info.group == NamedGroup::secp256r1);
  World12 v;
  v.client.groups({NamedGroup::x25519});
  v.server.groups({NamedGroup::secp256r1});
  Pair q(v);
  q.run();
  CHECK(q.server.code() == Code::no_shared_group);
  CHECK(q.server.error->alert() == Alert::handshake_failure);
}

TEST_CASE("RFC 9155: without signature_algorithms a client means SHA-1, which is gone") {
  World12 w;
  Pair p(w);
  with_client_hello(p, [](ByteVector& m) { m = Edit(m).remove(kSchemes).message(); }).run();
  CHECK(p.server.code() == Code::no_shared_signature_scheme);
  CHECK(p.server.error->detail().contains("SHA-1"));
}

TEST_CASE("RFC 8422 §5.1: the curve of a certificate is one that was offered") {
  World12 w;
  w.source->answer = credential(KeyKind::ecdsa_p384);
  w.client.groups({NamedGroup::x25519, NamedGroup::secp256r1});
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::no_shared_signature_scheme);
  // A server that does not care meets a client that does.
  World12 v;
  v.source->answer = credential(KeyKind::ecdsa_p384);
  v.client.groups({NamedGroup::x25519, NamedGroup::secp256r1});
  Pair q(v);
  with_client_hello(q, [](ByteVector& m) { m = Edit(m).set(kGroups, "0006001d00170018").message(); }).run();
  CHECK(q.client.code() == Code::bad_leaf_curve);
  CHECK(q.client.error->alert() == Alert::illegal_parameter);
}

TEST_CASE("the suite follows the credential, and the credential the suites") {
  using enum CipherSuite;
  World12 w;
  w.server.credentials(credential_list({credential(KeyKind::ecdsa_p256), credential(KeyKind::rsa)}));
  w.client.cipher_suites({TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384});
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.client.info.peer_certificates == credential(KeyKind::rsa)->chain);
  World12 v;
  v.server.credentials(credential_list({credential(KeyKind::ecdsa_p256), credential(KeyKind::rsa)}));
  Pair q(v);
  q.run();
  REQUIRE(q.connected());
  CHECK(q.client.info.peer_certificates == credential(KeyKind::ecdsa_p256)->chain);
  CHECK(q.client.info.suite == TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
}

TEST_CASE("a client that puts ChaCha20 first has its way, others take the server's order") {
  using enum CipherSuite;
  for (const bool chacha_first : {true, false}) {
    World12 w;
    if (chacha_first)
      w.client.cipher_suites({TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384});
    else
      w.client.cipher_suites({TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256});
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    CHECK(p.client.info.suite ==
          (chacha_first ? TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 : TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256));
  }
}
