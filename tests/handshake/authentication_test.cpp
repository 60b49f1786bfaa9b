// What is signed, octet by octet: both ends of a connection are ours, and would agree on anything.
#include "handshake/authentication12.h"
#include "handshake/authentication13.h"
#include "handshake/world.h"

using namespace tls;
using namespace tls::test;

TEST_CASE("RFC 9846 §4.5.2: 64 spaces, the context string of the signer, a zero, the transcript hash") {
  const ByteVector hash(32, 1);
  const std::string spaces(64, ' ');
  const auto expected = [&](std::string_view context) {
    std::string text = spaces + std::string(context);
    text += '\0';
    text.append(32, '\x01');
    return text;
  };
  CHECK(as_text(handshake::signed_content(handshake::Role::server, hash)) ==
        expected("TLS 1.3, server CertificateVerify"));
  CHECK(as_text(handshake::signed_content(handshake::Role::client, hash)) ==
        expected("TLS 1.3, client CertificateVerify"));
}

TEST_CASE("RFC 5246 §7.4.3, RFC 8422 §5.4: both randoms, the client's first, then the parameters of the share") {
  handshake::Agreed12 agreed;
  agreed.client_random.fill(0xC1);
  agreed.server_random.fill(0x5E);
  const ByteVector point = {4, 7, 7};
  const wire::ServerKeyExchange share{
      .namedcurve = NamedGroup::secp256r1, .point = point, .algorithm = {}, .signature = {}};
  ByteVector expected(32, 0xC1);
  expected.insert(expected.end(), 32, 0x5E);
  for (const int b : {3, 0, 0x17, 3, 4, 7, 7}) expected.push_back(static_cast<std::uint8_t>(b));
  CHECK(handshake::signed_parameters(agreed, share) == expected);
}

TEST_CASE("of the authorities that a peer names as many are kept as the limit says: below, at and above") {
  for (const std::size_t n : {limits::kMaxAuthorities - 1, limits::kMaxAuthorities, limits::kMaxAuthorities + 1}) {
    ByteVector storage;
    const ByteVector name = {0x30, 0};
    const std::vector<wire::DistinguishedName> names(n, wire::DistinguishedName{Bytes(name)});
    CHECK(handshake::keep_authorities(wire::DistinguishedNameList::write(storage, names)).size() ==
          std::min(n, limits::kMaxAuthorities));
  }
  CHECK(handshake::keep_authorities(std::nullopt).empty());
}
