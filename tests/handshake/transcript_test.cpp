// The transcript hash (RFC 9846 §4.1).
#include "handshake/transcript.h"

#include <doctest/doctest.h>

#include "crypto/provider.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::handshake;
using tls::test::hex;
using tls::test::unhex;

namespace {
const crypto::Provider kProvider = crypto::Provider::best();
std::string digest_of(crypto::HashId id, std::string_view text) {
  const crypto::Digest d = crypto::hash(kProvider.hash(id), as_bytes(text));
  return hex(d.bytes());
}
std::string now(const Transcript& t) {
  const crypto::Digest d = t.hash();
  return hex(d.bytes());
}
}  // namespace

TEST_CASE("the hash is over all messages, whether they came before the hash was known or after") {
  for (crypto::HashId id : {crypto::HashId::sha256, crypto::HashId::sha384}) {
    Transcript t;
    t.add(as_bytes("one"));
    t.add(as_bytes("two"));
    CHECK_FALSE(t.chosen());
    t.choose(kProvider.hash(id));
    CHECK(t.chosen());
    CHECK(now(t) == digest_of(id, "onetwo"));
    t.add(as_bytes("three"));
    t.choose(kProvider.hash(id));  // again, the same: nothing happens
    CHECK(now(t) == digest_of(id, "onetwothree"));
  }
}

TEST_CASE("messages are kept until the hash is known, or longer where they will be signed, and then forgotten") {
  const crypto::HashImpl& impl = kProvider.hash(crypto::HashId::sha256);
  Transcript chosen, signed_;
  for (Transcript* t : {&chosen, &signed_}) t->add(as_bytes("one"));
  chosen.choose(impl);
  signed_.choose_and_keep(impl);
  for (Transcript* t : {&chosen, &signed_}) t->add(as_bytes("two"));
  CHECK(chosen.messages().empty());
  CHECK(as_text(signed_.messages()) == "onetwo");
  signed_.forget_messages();
  CHECK(signed_.messages().empty());
  for (Transcript* t : {&chosen, &signed_}) CHECK(now(*t) == digest_of(crypto::HashId::sha256, "onetwo"));
}

TEST_CASE("with a HelloRetryRequest the first ClientHello becomes a message_hash message") {
  for (crypto::HashId id : {crypto::HashId::sha256, crypto::HashId::sha384}) {
    const crypto::HashImpl& impl = kProvider.hash(id);
    Transcript t;
    t.add(as_bytes("ClientHello1"));
    t.choose(impl);
    t.replace_by_message_hash();
    t.add(as_bytes("HelloRetryRequest"));
    ByteVector expected = unhex(id == crypto::HashId::sha256 ? "fe000020" : "fe000030");
    const crypto::Digest first = crypto::hash(impl, as_bytes("ClientHello1"));
    expected.insert(expected.end(), first.bytes().begin(), first.bytes().end());
    const Bytes retry = as_bytes("HelloRetryRequest");
    expected.insert(expected.end(), retry.begin(), retry.end());
    const crypto::Digest whole = crypto::hash(impl, expected);
    CHECK(now(t) == hex(whole.bytes()));
  }
}

TEST_CASE("hash_with looks ahead and changes nothing") {
  Transcript t;
  t.choose(kProvider.hash(crypto::HashId::sha256));
  t.add(as_bytes("one"));
  const crypto::Digest ahead = t.hash_with(as_bytes("two"));
  CHECK(hex(ahead.bytes()) == digest_of(crypto::HashId::sha256, "onetwo"));
  CHECK(now(t) == digest_of(crypto::HashId::sha256, "one"));
}
