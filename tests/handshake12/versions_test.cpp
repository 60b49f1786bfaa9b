// Version negotiation (RFC 9846 §4.2.3, §4.3.1, Appendix E) and its protections: sentinels and TLS_FALLBACK_SCSV.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using enum ProtocolVersion;

namespace {

constexpr std::size_t kRandom = 6, kVersion = 4;  // in a hello, header included

/// Where the list of suites of a ClientHello ends.
std::size_t suites_at(const ByteVector& m) { return 38 + 1 + m[38]; }
void add_suite(ByteVector& m, unsigned suite) {
  const std::size_t at = suites_at(m), size = static_cast<std::size_t>(m[at] << 8 | m[at + 1]) + 2;
  m[at] = static_cast<std::uint8_t>(size >> 8), m[at + 1] = static_cast<std::uint8_t>(size);
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(suite >> 8), static_cast<std::uint8_t>(suite)};
  m.insert(m.begin() + static_cast<std::ptrdiff_t>(at) + 2, bytes, bytes + 2);
  fix_length(m);
}

}  // namespace

TEST_CASE("both versions, each alone: the newest that both sides have, else protocol_version") {
  struct Range {
    ProtocolVersion min, max;
  };
  constexpr Range kRanges[] = {{tls12, tls12}, {tls12, tls13}, {tls13, tls13}};
  for (const Range& c : kRanges)
    for (const Range& s : kRanges) {
      World w;
      w.client.versions(c.min, c.max);
      w.server.versions(s.min, s.max);
      Pair p(w);
      p.run();
      const ProtocolVersion best = std::min(c.max, s.max);
      if (best >= std::max(c.min, s.min)) {
        REQUIRE(p.connected());
        CHECK(p.client.info.version == best);
        CHECK(p.server.info.version == best);
        CHECK(p.client.info.extended_main_secret);
      } else {
        CHECK(p.server.code() == Code::unsupported_version);
        CHECK(p.server.error->alert() == Alert::protocol_version);
      }
    }
}

TEST_CASE("a ClientHello of TLS 1.2 alone is a plain one; of TLS 1.3 alone it holds nothing of TLS 1.2") {
  auto hello_of = [](ProtocolVersion min, ProtocolVersion max) {
    World w;
    w.client.versions(min, max);
    Pair p(w);
    return Edit(p.client.sink.outbox.front().bytes);
  };
  Edit plain = hello_of(tls12, tls12);
  for (unsigned type : {43u, 51u, 44u}) CHECK(plain.find(type) == nullptr);
  CHECK(plain.prefix[34] == 0);  // no session ID for middleboxes
  for (unsigned type : {11u, 23u, 0xFF01u}) CHECK(plain.find(type) != nullptr);
  Edit modern = hello_of(tls13, tls13);
  for (unsigned type : {11u, 23u, 0xFF01u}) CHECK(modern.find(type) == nullptr);
  Edit both = hello_of(tls12, tls13);
  for (unsigned type : {11u, 23u, 0xFF01u, 43u, 51u}) CHECK(both.find(type) != nullptr);
}

TEST_CASE("clients of other times: without supported_versions legacy_version decides") {
  struct Row {
    unsigned legacy_version;
    std::optional<ProtocolVersion> outcome;
  };
  // RFC 9846 Appendix E.2: the minimum of legacy_version and TLS 1.2.
  constexpr Row kRows[] = {{0x0300, {}}, {0x0301, {}}, {0x0302, {}}, {0x0303, tls12}, {0x0304, tls12}, {0x03FF, tls12}};
  for (const Row& row : kRows) {
    World12 w;
    w.server.versions(tls12, tls13);
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client && m[0] == 1)
        m[kVersion] = static_cast<std::uint8_t>(row.legacy_version >> 8),
        m[kVersion + 1] = static_cast<std::uint8_t>(row.legacy_version);
    };
    REQUIRE(p.step());
    if (row.outcome)
      CHECK_FALSE(p.server.error);
    else
      CHECK(p.server.code() == Code::unsupported_version);
  }
}

TEST_CASE("servers of other times: any version but those offered is protocol_version") {
  for (unsigned version : {0x0300u, 0x0301u, 0x0302u, 0x0304u, 0x0305u}) {
    World w;
    w.client.versions(tls12, tls13);
    w.server.versions(tls12, tls12);
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (!from_client && m[0] == 2) m[kVersion + 1] = static_cast<std::uint8_t>(version);
    };
    p.run();
    CHECK(p.client.code() == Code::unsupported_version);
    CHECK(p.client.error->alert() == Alert::protocol_version);
  }
}

TEST_CASE("RFC 9846 §4.2.3: a server that has TLS 1.3 marks its random, one that has not does not") {
  constexpr std::uint8_t kMark[] = {0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x01};
  for (const ProtocolVersion max : {tls12, tls13}) {
    World12 w;
    w.server.versions(tls12, max);
    Pair p(w);
    bool marked = false;
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (!from_client && m[0] == 2) marked = std::ranges::equal(Bytes(m).subspan(kRandom + 24, 8), kMark);
    };
    p.run();
    CHECK(p.connected());  // the client of TLS 1.2 alone has nothing to check
    CHECK(marked == (max == tls13));
  }
}

TEST_CASE("RFC 9846 §4.2.3: a client that offered TLS 1.3 refuses a marked random") {
  for (const auto last : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    World w;
    w.client.versions(tls12, tls13);
    w.server.versions(tls12, tls12);
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client || m[0] != 2) return;
      const std::uint8_t mark[] = {0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, last};
      std::ranges::copy(mark, m.begin() + kRandom + 24);
    };
    p.run();
    // 02 is no mark; what fails then is the signature over the randoms.
    CHECK(p.client.code() == (last == 0x02 ? Code::bad_signature : Code::downgrade_detected));
    CHECK(p.client.error->alert() == (last == 0x02 ? Alert::decrypt_error : Alert::illegal_parameter));
  }
}

TEST_CASE("an attacker who takes supported_versions away is found out") {
  World w;
  w.client.versions(tls12, tls13);
  w.server.versions(tls12, tls13);
  Pair p(w);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) m = Edit(m).remove(43).message();
  };
  p.run();
  CHECK(p.client.code() == Code::downgrade_detected);
}

TEST_CASE("RFC 7507: TLS_FALLBACK_SCSV below our best version is inappropriate_fallback") {
  struct Row {
    ProtocolVersion client_max, server_max;
    bool refused;
  };
  constexpr Row kRows[] = {{tls12, tls12, false}, {tls12, tls13, true}, {tls13, tls13, false}, {tls13, tls12, false}};
  for (const Row& row : kRows) {
    World w;
    w.client.versions(tls12, row.client_max).fallback_scsv(true);
    w.server.versions(tls12, row.server_max);
    Pair p(w);
    p.run();
    CHECK(p.connected() == !row.refused);
    if (row.refused) {
      CHECK(p.server.code() == Code::inappropriate_fallback);
      CHECK(p.server.error->alert() == Alert::inappropriate_fallback);
    }
  }
}

TEST_CASE("RFC 7507: a fallback below TLS 1.2 is told so too, and GREASE is no version") {
  World12 w;
  Pair p(w);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client || m[0] != 1) return;
    m[kVersion + 1] = 0x02;
    add_suite(m, 0x5600);
  };
  p.run();
  CHECK(p.server.code() == Code::inappropriate_fallback);

  World g;
  g.client.versions(tls12, tls13);
  g.server.versions(tls12, tls13);
  Pair q(g);
  q.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client || m[0] != 1) return;
    m = Edit(m).set(43, "04fafa0303").message();
    add_suite(m, 0x5600);
  };
  q.run();
  CHECK(q.server.code() == Code::inappropriate_fallback);
}

TEST_CASE("a pre_shared_key that is none is of no concern to a handshake that becomes TLS 1.2") {
  struct Row {
    std::string_view what;
    ByteVector body;
    bool first;
    Code code;
  };
  const ByteVector good = [] {
    ByteVector b = {0, 7, 0, 1, 'a', 0, 0, 0, 5, 0, 33, 32};
    b.insert(b.end(), 32, 0xBB);
    return b;
  }();
  const Row rows[] = {
      {"nothing at all", {}, false, Code::bad_extension},
      {"identities without binders", {0, 7, 0, 1, 'a', 0, 0, 0, 5}, false, Code::bad_extension},
      {"not the last extension", good, true, Code::psk_not_last},
  };
  for (const Row& row : rows)
    for (const ProtocolVersion newest : {tls12, tls13}) {
      CAPTURE(row.what);
      CAPTURE(name(newest));
      World w;
      w.client.versions(tls12, tls13);
      w.server.versions(tls12, newest);
      w.client_replay.rewrite = [&](ByteVector& m) {
        if (m[0] != 1) return;
        Edit hello(m);
        hello.extensions.insert(row.first ? hello.extensions.begin() : hello.extensions.end(), {41, row.body});
        m = hello.message();
      };
      Pair p(w);
      p.run();
      if (newest == tls12) {
        CHECK(p.connected());
        CHECK(p.server.info.version == tls12);
      } else {
        CHECK(p.server.code() == row.code);
      }
    }
}
