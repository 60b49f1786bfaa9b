// What is said to a key server, and what it makes of it.
#include "key_protocol.h"

#include <doctest/doctest.h>

#include "keyserver/parts.h"

using namespace tls;
using namespace tls::keys;
using namespace tls::test;

namespace {

/// The frame in these bytes, which are one whole frame.
Frame frame_of(const ByteVector& bytes, std::size_t most = kMaxRequest) {
  Bytes in(bytes);
  const auto frame = next_frame(in, most);
  REQUIRE(frame);
  REQUIRE(*frame);
  CHECK(in.empty());
  return **frame;
}

ByteVector request_of(const Parts& parts, std::string_view key = "web") {
  auto bytes = encode(7, Sign{key, parts.view()});
  REQUIRE_MESSAGE(bytes, (bytes ? "" : bytes.error().message()));
  return *std::move(bytes);
}

/// As on the way: what the server parses is what the client wrote.
Result<ByteVector> content_over_the_wire(const Parts& parts) {
  const ByteVector bytes = request_of(parts);
  const auto request = parse_request(frame_of(bytes));
  REQUIRE(request);
  return content_to_sign(std::get<Sign>(*request).what);
}

std::vector<Parts> good_parts() { return {parts13(32), parts13(48), parts13(32, false), parts12(), parts12_client()}; }

}  // namespace

TEST_CASE("a request is read as it was written") {
  for (const Parts& parts : good_parts()) {
    const ByteVector bytes = request_of(parts, "a-key");
    const Frame frame = frame_of(bytes);
    CHECK(frame.type == Type::sign);
    CHECK(frame.id == 7);
    const auto request = parse_request(frame);
    REQUIRE(request);
    const Sign& sign = std::get<Sign>(*request);
    CHECK(sign.key == "a-key");
    CHECK(sign.what.by_server == parts.by_server);
    CHECK(sign.what.version == parts.version);
    CHECK(sign.what.scheme == parts.scheme);
    const auto same = [](Bytes a, const ByteVector& b) { return std::ranges::equal(a, b); };
    CHECK(same(sign.what.transcript_hash, parts.transcript_hash));
    CHECK(same(sign.what.client_random, parts.client_random));
    CHECK(same(sign.what.server_random, parts.server_random));
    CHECK(same(sign.what.parameters, parts.parameters));
    CHECK(same(sign.what.message, parts.message));
  }
  const auto describe = encode(9, Describe{"web"});
  REQUIRE(describe);
  const auto read = parse_request(frame_of(*describe));
  REQUIRE(read);
  CHECK(std::get<Describe>(*read).key == "web");
}

TEST_CASE("a request that is cut, or goes on, is no request") {
  std::vector<ByteVector> all;
  for (const Parts& parts : good_parts()) all.push_back(request_of(parts));
  all.push_back(*encode(1, Describe{"web"}));
  for (const ByteVector& bytes : all) {
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      Bytes in = Bytes(bytes).first(n);
      const auto frame = next_frame(in, kMaxRequest);
      REQUIRE(frame);
      CHECK_FALSE(*frame);  // more has to come
      CHECK(in.size() == n);
    }
    const Frame whole = frame_of(bytes);
    for (std::size_t n = 0; n < whole.body.size(); ++n)
      CHECK_FALSE(parse_request(Frame{whole.type, whole.id, whole.body.first(n)}));
    ByteVector longer(whole.body.begin(), whole.body.end());
    longer.push_back(0);
    CHECK_FALSE(parse_request(Frame{whole.type, whole.id, longer}));
  }
}

TEST_CASE("a frame has a version, and a length between its bounds") {
  const auto refused = [](ByteVector bytes, std::size_t most) {
    Bytes in(bytes);
    return !next_frame(in, most).has_value();
  };
  const auto with_length = [](std::uint32_t length) {
    return ByteVector{static_cast<std::uint8_t>(length >> 24), static_cast<std::uint8_t>(length >> 16),
                      static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
  };
  CHECK(refused(with_length(kHeader - 1), kMaxRequest));
  CHECK_FALSE(refused(with_length(kHeader), kMaxRequest));
  for (const std::size_t most : {kMaxRequest, kMaxAnswer}) {
    CHECK_FALSE(refused(with_length(static_cast<std::uint32_t>(most - 1)), most));
    CHECK_FALSE(refused(with_length(static_cast<std::uint32_t>(most)), most));
    CHECK(refused(with_length(static_cast<std::uint32_t>(most + 1)), most));
  }
  CHECK(refused(with_length(0xFFFFFFFF), kMaxRequest));
  ByteVector other = *encode(1, Describe{"web"});
  other[kLengthBytes] = kVersion + 1;
  CHECK(refused(other, kMaxRequest));
}

TEST_CASE("names of keys: printable, and not too long") {
  for (const std::string& name : {std::string("a"), std::string(kMaxName - 1, 'x'), std::string(kMaxName, 'x')})
    CHECK(encode(1, Describe{name}));
  for (const std::string& name :
       {std::string(), std::string(kMaxName + 1, 'x'), std::string("a b"), std::string("a\n"), std::string("\x7F")})
    CHECK_FALSE(encode(1, Describe{name}));
  // What somebody writes who does not go by encode(): a line of the audit must not be forged.
  ByteVector bytes = *encode(1, Describe{"abc"});
  bytes[bytes.size() - 2] = '\n';
  CHECK_FALSE(parse_request(frame_of(bytes)));
  bytes = request_of(parts13(), "abc");
  bytes[kLengthBytes + kHeader + 2] = ' ';
  CHECK_FALSE(parse_request(frame_of(bytes)));
}

TEST_CASE("roles and versions that are none are no request") {
  const std::size_t role = kLengthBytes + kHeader + 1 + 3;  // behind the name "web"
  for (const std::size_t at : {role, role + 1, role + 2}) {
    ByteVector bytes = request_of(parts13());
    bytes[at] = 9;
    CHECK_FALSE(parse_request(frame_of(bytes)));
  }
  ByteVector bytes = request_of(parts13());
  bytes[kLengthBytes + 1] = 3;  // the type
  CHECK_FALSE(parse_request(frame_of(bytes)));
}

TEST_CASE("an answer is read as it was written") {
  const ByteVector signature(71, 0x30);
  const ByteVector made = encode(3, Signature{signature});
  const auto read = parse_reply(frame_of(made, kMaxAnswer));
  REQUIRE(read);
  CHECK(std::ranges::equal(std::get<Signature>(*read).bytes, signature));

  const ByteVector no = encode(4, Refused{Refusal::rate, "too\nmany\x80"});
  const auto refused = parse_reply(frame_of(no, kMaxAnswer));
  REQUIRE(refused);
  CHECK(std::get<Refused>(*refused).why == Refusal::rate);
  CHECK(std::get<Refused>(*refused).words == "too?many?");

  const Described described{KeyKind::rsa, true, false, {SignatureScheme::rsa_pss_rsae_sha256}};
  const ByteVector told = encode(5, described);
  const auto known = parse_reply(frame_of(told, kMaxAnswer));
  REQUIRE(known);
  CHECK(std::get<Described>(*known).kind == KeyKind::rsa);
  CHECK(std::get<Described>(*known).for_servers);
  CHECK_FALSE(std::get<Described>(*known).for_clients);
  CHECK(std::get<Described>(*known).schemes == described.schemes);

  for (const ByteVector& bytes : {made, no, told}) {
    const Frame whole = frame_of(bytes, kMaxAnswer);
    for (std::size_t n = 0; n < whole.body.size(); ++n)
      CHECK_FALSE(parse_reply(Frame{whole.type, whole.id, whole.body.first(n)}));
    ByteVector longer(whole.body.begin(), whole.body.end());
    longer.push_back(0);
    CHECK_FALSE(parse_reply(Frame{whole.type, whole.id, longer}));
    CHECK_FALSE(parse_reply(Frame{Type::sign, whole.id, whole.body}));
  }
}

TEST_CASE("the bounds of answers: the longest is read, and is no longer than an answer may be") {
  const ByteVector most(kMaxSignature, 1), more(kMaxSignature + 1, 1);
  const ByteVector bytes = encode(1, Signature{most});
  CHECK(parse_reply(frame_of(bytes, kMaxAnswer)));
  CHECK_FALSE(parse_reply(frame_of(encode(1, Signature{more}), kMaxAnswer)));
  CHECK_FALSE(parse_reply(frame_of(encode(1, Signature{}), kMaxAnswer)));  // an empty one
  const ByteVector words = encode(1, Refused{Refusal::failed, std::string(kMaxWords + 1, 'w')});
  const auto cut = parse_reply(frame_of(words, kMaxAnswer));
  REQUIRE(cut);
  CHECK(std::get<Refused>(*cut).words.size() == kMaxWords);
  Described described{KeyKind::rsa, true, true, {}};
  for (const std::size_t count : {kMaxSchemes - 1, kMaxSchemes, kMaxSchemes + 1}) {
    described.schemes.assign(count, SignatureScheme::ed25519);
    const ByteVector told = encode(1, described);
    const auto read = parse_reply(frame_of(told, kMaxAnswer));
    REQUIRE(read);
    CHECK(std::get<Described>(*read).schemes.size() == std::min(count, kMaxSchemes));
  }
  // A key server that lies writes what it likes: not into a log of ours.
  ByteVector lying = encode(1, Refused{Refusal::rate, "abcd"});
  const ByteVector lies = {'\n', 0x1B, 0x7F, 0xC3};
  std::ranges::copy(lies, lying.end() - 4);
  const auto cleaned = parse_reply(frame_of(lying, kMaxAnswer));
  REQUIRE(cleaned);
  CHECK(std::get<Refused>(*cleaned).words == "????");
  for (const std::uint8_t why : ByteVector{0, 9}) {
    ByteVector no = encode(1, Refused{Refusal::rate, ""});
    no[kLengthBytes + kHeader] = why;
    CHECK_FALSE(parse_reply(frame_of(no, kMaxAnswer)));
  }
  for (const auto& [at, value] : {std::pair<std::size_t, std::uint8_t>{0, 6}, {1, 0}, {1, 4}}) {
    ByteVector told = encode(1, Described{KeyKind::rsa, true, true, {}});
    told[kLengthBytes + kHeader + at] = value;
    CHECK_FALSE(parse_reply(frame_of(told, kMaxAnswer)));
  }
}

// ---- what is signed -----------------------------------------------------------------------------------------------

TEST_CASE("RFC 9846 §4.5.2: of TLS 1.3 the server puts together spaces, context string, zero and hash") {
  for (const bool by_server : {true, false}) {
    const auto content = content_over_the_wire(parts13(32, by_server));
    REQUIRE(content);
    std::string wanted(64, ' ');
    wanted += by_server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
    wanted += '\0';
    wanted += std::string(32, '\xAB');
    CHECK(as_text(*content) == wanted);
  }
}

TEST_CASE("a transcript hash has the length of a hash of TLS 1.3's suites") {
  for (std::size_t size = 1; size <= 255; ++size)
    CHECK(content_over_the_wire(parts13(size)).has_value() == (size == 32 || size == 48));
  CHECK_FALSE(encode(1, Sign{"web", parts13(256).view()}));
  CHECK_FALSE(content_to_sign(parts13(0).view()));
}

TEST_CASE("RFC 5246 §7.4.3: of a TLS 1.2 server randoms and parameters are signed") {
  const Parts parts = parts12();
  const auto content = content_over_the_wire(parts);
  REQUIRE(content);
  ByteVector wanted = parts.client_random;
  wanted.insert(wanted.end(), parts.server_random.begin(), parts.server_random.end());
  wanted.insert(wanted.end(), parts.parameters.begin(), parts.parameters.end());
  CHECK(*content == wanted);
}

TEST_CASE("RFC 8422 §5.4: parameters are a named curve that is known, and a point of its size") {
  struct Row {
    std::uint16_t group;
    std::size_t point;
    std::uint8_t first;
    bool good;
  };
  constexpr Row kRows[] = {
      {0x0017, 65, 4, true},  {0x0018, 97, 4, true},   {0x0019, 133, 4, true}, {0x001D, 32, 9, true},
      {0x0017, 64, 4, false}, {0x0017, 66, 4, false},  {0x0017, 33, 2, false}, {0x0017, 65, 3, false},
      {0x0018, 65, 4, false}, {0x0019, 132, 4, false}, {0x001D, 31, 9, false}, {0x001D, 33, 4, false},
      {0x001E, 56, 9, false}, {0x0017, 0, 0, false},   {0x0100, 65, 4, false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.group);
    CAPTURE(row.point);
    Parts parts = parts12();
    parts.parameters = ecdh_parameters(row.group, row.point, row.first);
    CHECK(content_over_the_wire(parts).has_value() == row.good);
  }
  Parts parts = parts12();
  parts.parameters.push_back(0);  // something behind the point
  CHECK_FALSE(content_over_the_wire(parts));
  for (const std::uint8_t curve_type : ByteVector{0, 1, 2, 4}) {
    parts = parts12();
    parts.parameters[0] = curve_type;
    CHECK_FALSE(content_over_the_wire(parts));
  }
  parts = parts12();
  parts.client_random.pop_back();
  CHECK_FALSE(content_to_sign(parts.view()));
  CHECK_FALSE(encode(1, Sign{"web", parts.view()}));
}

TEST_CASE("RFC 5246 §7.4.8: a TLS 1.2 client signs messages from ClientHello to ClientKeyExchange") {
  const auto good = content_over_the_wire(parts12_client());
  REQUIRE(good);
  CHECK(*good == parts12_client().message);
  CHECK(content_over_the_wire(parts12_client({1, 2, 11, 22, 12, 13, 14, 11, 16})));  // with a staple
  const std::vector<std::vector<std::uint8_t>> bad = {
      {2, 11, 12, 13, 14, 11, 16},             // no ClientHello
      {1, 2, 11, 12, 13, 14, 11},              // no ClientKeyExchange
      {1, 2, 11, 12, 13, 14, 16},              // no Certificate of ours
      {1, 2, 11, 12, 14, 11, 16},              // nobody asked for one
      {1, 2, 12, 13, 14, 11, 16},              // no Certificate of the server
      {1, 2, 11, 12, 13, 14, 11, 16, 15},      // something behind
      {1, 2, 11, 22, 22, 12, 13, 14, 11, 16},  // two staples
      {1, 1, 2, 11, 12, 13, 14, 11, 16},
      {16},
      {1},
  };
  for (const auto& types : bad) CHECK_FALSE(content_over_the_wire(parts12_client(types)));
  for (const std::size_t at : {4u, 5u}) {  // the version of the ClientHello
    Parts parts = parts12_client();
    parts.message[at] = 4;
    CHECK_FALSE(content_over_the_wire(parts));
  }
  Parts parts = parts12_client();
  parts.message.pop_back();
  CHECK_FALSE(content_over_the_wire(parts));
  parts = parts12_client();
  parts.message.push_back(0);
  CHECK_FALSE(content_over_the_wire(parts));
  Parts tiny;
  tiny.by_server = false;
  tiny.version = ProtocolVersion::tls12;
  for (const std::uint8_t type : ByteVector{1, 2, 11, 12, 13, 14, 11, 16}) append_message(tiny.message, type, 33);
  CHECK_FALSE(content_over_the_wire(tiny));  // hellos without room for a random
}

TEST_CASE("RFC 5246 §7.4: each message of a TLS 1.2 client has the length that it has to have") {
  struct Row {
    std::size_t at;  // of the eight
    std::uint8_t type;
    std::size_t least;
  };
  constexpr Row kRows[] = {{0, 1, 41}, {1, 2, 38}, {2, 11, 7}, {3, 12, 40},
                           {4, 13, 8}, {5, 14, 0}, {6, 11, 7}, {7, 16, 33}};
  const auto with = [&](std::size_t at, std::size_t less) {
    Parts p = parts12_client({});
    for (const Row& row : kRows) append_message(p.message, row.type, row.least - (row.at == at ? less : 0));
    return p;
  };
  const Parts least = with(0, 0);
  CHECK(content_over_the_wire(least));
  // Longer than the longest that a TLS 1.2 server signs: neither is ever the other.
  Parts server = parts12();
  server.parameters = ecdh_parameters(0x0019, 133);
  CHECK(content_over_the_wire(server)->size() < least.message.size());
  for (const Row& row : kRows)
    if (row.least > 0) CHECK_FALSE(content_over_the_wire(with(row.at, 1)));
  Parts staple = parts12_client({1, 2, 11});
  append_message(staple.message, 22, 0);
  for (const std::uint8_t type : ByteVector{12, 13, 14, 11, 16}) append_message(staple.message, type, 41);
  CHECK_FALSE(content_over_the_wire(staple));
}

TEST_CASE("the longest handshake of a TLS 1.2 client that is signed") {
  const auto with_size = [](std::size_t size) {
    Parts parts = parts12_client({1, 2, 11, 12, 13, 14, 11});
    append_message(parts.message, 16, size - parts.message.size() - 4);
    return parts;
  };
  for (const std::size_t size : {kMaxMessages - 1, kMaxMessages}) {
    const Parts parts = with_size(size);
    REQUIRE(parts.message.size() == size);
    CHECK(content_over_the_wire(parts));
  }
  CHECK_FALSE(encode(1, Sign{"web", with_size(kMaxMessages + 1).view()}));
  CHECK(request_of(with_size(kMaxMessages), std::string(kMaxName, 'x')).size() - kLengthBytes <= kMaxRequest);
}

TEST_CASE("nothing that is signed for one version or role is what another one signs") {
  // Each content begins in a way that the others cannot: 64 spaces and then 'T'; messages with 1; and randoms whose
  // 65th byte is 3.
  Parts spaces = parts12();
  spaces.client_random = spaces.server_random = ByteVector(32, ' ');
  const auto twelve = content_over_the_wire(spaces);
  const auto thirteen = content_over_the_wire(parts13());
  REQUIRE(twelve);
  REQUIRE(thirteen);
  CHECK((*twelve)[64] == 3);
  CHECK((*thirteen)[64] == 'T');
  Parts none = parts13();
  none.version = static_cast<ProtocolVersion>(0x0302);
  CHECK_FALSE(content_to_sign(none.view()));
}
