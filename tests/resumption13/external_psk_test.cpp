// PSKs from outside (RFC 9846 §2.2, RFC 9258).
#include "handshake/edit.h"
#include "handshake/psk.h"
#include "resumption13/resuming.h"

using namespace tls;
using namespace tls::test;

namespace {

std::shared_ptr<ExternalPsk> psk(std::uint8_t number, bool imported = true, bool sha384 = false) {
  auto made = std::make_shared<ExternalPsk>();
  made->identity = ByteVector{'i', 'd', number};
  made->key = Secret<ExternalPskRole, 64>(ByteVector(32, number));
  made->imported = imported;
  made->sha384 = sha384;
  return made;
}

}  // namespace

TEST_CASE("RFC 9258 §5.1: ImportedIdentity as it stands in the RFC") {
  ExternalPsk p;
  p.identity = {1, 2};
  p.context = {3};
  CHECK(hex(handshake::imported_identity(p, crypto::HashId::sha256)) ==
        "00020102"
        "000103"
        "0304"
        "0001");
  CHECK(hex(handshake::imported_identity(p, crypto::HashId::sha384)) ==
        "00020102"
        "000103"
        "0304"
        "0002");
}

TEST_CASE("RFC 9258 §5.1: the imported key, by the hash of the external one and as long as that of its target") {
  // Computed apart from this code, with HMAC of Python's standard library.
  struct Row {
    bool sha384;
    crypto::HashId target;
    std::string_view key;
  };
  const Row rows[] = {
      {false, crypto::HashId::sha256, "b02ae7c2a9463eee832ee7f475bb3799963fc03a9cc27bfa7febaec4d9b43c2c"},
      {false, crypto::HashId::sha384,
       "678d0078a536aed406eac8978fec460824756f71d14c820fe6f125715e8e0d6751e51790db7831745e62c4d59bf03d58"},
      {true, crypto::HashId::sha256, "b8a07383850a85bf26a658b5d19284ede7f8f2921722e5745bcdab9b96fc66d2"},
      {true, crypto::HashId::sha384,
       "0a4df0a41527f05d7cf02add1aa3dc9c1b52005bbfa09116d75c78a128c05d08a24c6b95b1ab7f59c69567b45c75bd35"},
  };
  for (const Row& row : rows) {
    const handshake::Psk key = handshake::imported_key(*psk(1, true, row.sha384), row.target, crypto::Provider::best());
    CHECK(hex(key.expose()) == row.key);
  }
}

TEST_CASE("RFC 9258 §5.2, RFC 9846 §4.3.11.2: imported keys and plain ones are bound under labels of their own") {
  for (const bool imported : {true, false}) {
    World w;
    w.client.external_psks({psk(1, imported)});
    const auto settings = w.client_settings();
    const auto kind = imported ? handshake::EarlySecret::Binder::imported : handshake::EarlySecret::Binder::external;
    const auto offers = handshake::external_offers(*settings);
    REQUIRE(offers.size() == (imported ? 2 : 1));  // an identity for each hash, or one
    for (const auto& offer : offers) {
      CHECK(offer.kind == kind);
      const auto found = handshake::external_offer(*settings, offer.identity);
      REQUIRE(found);
      CHECK(found->kind == kind);
      CHECK(hex(found->key.expose()) == hex(offer.key.expose()));
    }
  }
}

TEST_CASE("an identity is known where a suite of its hash is configured, and no other") {
  for (const bool imported : {true, false}) {
    World w;
    w.server.external_psks({psk(1, imported, true)}).cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
    const auto settings = w.server_settings();
    const auto known = [&](crypto::HashId hash) {
      const auto identity = imported ? handshake::imported_identity(*psk(1), hash) : psk(1)->identity;
      const auto found = handshake::known_external(*settings, identity);
      return found && found->hash == hash;
    };
    CHECK(known(crypto::HashId::sha256) == imported);
    CHECK_FALSE(handshake::known_external(
        *settings, imported ? handshake::imported_identity(*psk(1), crypto::HashId::sha384) : psk(1)->identity));
  }
}

TEST_CASE("a plain key whose hash the client's suites lack is passed over, for the next one or a certificate") {
  for (const bool next : {true, false})
    for (const bool first : {true, false}) {
      World w;
      const auto without = psk(1, false, true), with = psk(2, false);
      w.client.external_psks({first ? without : with, first ? with : without});
      w.server.external_psks({without, psk(next ? 2 : 3, false)});
      // Its ClientHello offers one suite, with SHA-256.
      w.client_replay.rewrite = [](ByteVector& m) {
        if (m[0] != 1) return;
        const auto at = static_cast<std::ptrdiff_t>(38 + 1 + m[38]);
        const auto size = static_cast<std::ptrdiff_t>(m[static_cast<std::size_t>(at) + 1]);
        m.erase(m.begin() + at + 4, m.begin() + at + 2 + size);
        m[static_cast<std::size_t>(at) + 1] = 2, m[static_cast<std::size_t>(at) + 2] = 0x13;
        m[static_cast<std::size_t>(at) + 3] = 0x01;
        fix_length(m);
      };
      Pair p(w);
      p.run();
      check_resumed(p, next);
      if (next) CHECK(p.server.info.external_psk == psk(2)->identity);
    }
}

TEST_CASE("imported and plain keys of both hashes connect, without a certificate and with either suite hash") {
  for (const bool imported : {true, false})
    for (const bool sha384 : {true, false})
      for (const CipherSuite suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384}) {
        CAPTURE(imported);
        CAPTURE(sha384);
        World w;
        w.client.external_psks({psk(1, imported, sha384)});
        w.server.external_psks({psk(2, imported, sha384), psk(1, imported, sha384)}).cipher_suites({suite});
        Pair p(w);
        p.run();
        const bool fits = imported || sha384 == (suite == CipherSuite::TLS_AES_256_GCM_SHA384);
        check_resumed(p, fits);
        CHECK(w.source->asked.empty() == fits);
        CHECK(p.client.info.peer_certificates.empty() == fits);
      }
}

TEST_CASE("a key that only one side has: a full handshake; the same identity with another key: fatal") {
  World w;
  w.client.external_psks({psk(1)});
  check_resumed(Pair(w).run(), false);
  w.server.external_psks({psk(2)});
  check_resumed(Pair(w).run(), false);
  auto other = psk(1);
  other->key = Secret<ExternalPskRole, 64>(ByteVector(32, 99));
  w.server.external_psks({other});
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::bad_binder);
}

TEST_CASE("an imported key and a plain one of the same name are not taken for each other") {
  World w;
  w.client.external_psks({psk(1, true)});
  w.server.external_psks({psk(1, false)});
  check_resumed(Pair(w).run(), false);
}

TEST_CASE("the context is part of an imported identity") {
  World w;
  auto with = psk(1);
  with->context = {1};
  w.client.external_psks({psk(1)});
  w.server.external_psks({with});
  check_resumed(Pair(w).run(), false);
}

TEST_CASE("where a client certificate is required an external key alone is not enough") {
  World w;
  w.client.external_psks({psk(1)}).credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
  w.server.external_psks({psk(1)}).client_auth(ClientAuth::require, w.client_verdict);
  check_resumed(Pair(w).run(), false);
}

TEST_CASE("an external key survives a HelloRetryRequest") {
  World w;
  w.client.external_psks({psk(1)});
  w.server.external_psks({psk(1)}).groups({NamedGroup::secp256r1});
  Pair p(w);
  p.run();
  check_resumed(p, true);
  CHECK(p.server.info.hello_retry);
}

TEST_CASE("of many identities the server looks at the first sixteen") {
  // Each imported key is two identities: that of index 7 is the last that is looked at.
  for (const int known : {0, 6, 7, 8, 15}) {
    CAPTURE(known);
    World w;
    std::vector<std::shared_ptr<const ExternalPsk>> all;
    for (std::uint8_t i = 0; i < 16; ++i) all.push_back(psk(i));
    w.client.external_psks(all);
    w.server.external_psks({psk(static_cast<std::uint8_t>(known))});
    check_resumed(Pair(w).run(), 2 * known < static_cast<int>(limits::kMaxPskIdentities));
  }
}

TEST_CASE("an external key is its own resumption: no tickets, and the server is told whose key it was") {
  Resuming r;
  r.world.client.external_psks({psk(1)});
  r.world.server.external_psks({psk(1)});
  const auto by_key = r.meet();
  REQUIRE(by_key->connected());
  CHECK(by_key->client.info.peer_certificates.empty());
  CHECK(by_key->server.info.external_psk == handshake::imported_identity(*psk(1), crypto::HashId::sha256));
  CHECK(by_key->client.info.external_psk == by_key->server.info.external_psk);
  CHECK(r.store->size() == 0);
}

TEST_CASE("of several keys that both sides have the server's first is used, unless it follows its clients") {
  for (const bool own_order : {true, false})
    for (const bool sha384 : {true, false}) {
      World w;
      w.client.external_psks({psk(1), psk(2), psk(3, false)});
      w.server.external_psks({psk(4), psk(3, false), psk(2), psk(1)}).prefer_server_order(own_order);
      // A key that is used as it is has one hash, which the suite must have, too.
      const CipherSuite suite = sha384 ? CipherSuite::TLS_AES_256_GCM_SHA384 : CipherSuite::TLS_AES_128_GCM_SHA256;
      w.server.cipher_suites({suite});
      Pair p(w);
      p.run();
      check_resumed(p, true);
      const auto hash = sha384 ? crypto::HashId::sha384 : crypto::HashId::sha256;
      const ByteVector expected = !own_order ? handshake::imported_identity(*psk(1), hash)
                                  : sha384   ? handshake::imported_identity(*psk(2), hash)
                                             : psk(3)->identity;
      CHECK(p.server.info.external_psk == expected);
      CHECK(p.client.info.external_psk == expected);
    }
}
