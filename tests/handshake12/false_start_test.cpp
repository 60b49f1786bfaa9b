// False Start (RFC 7918): when data may go out before the server's Finished, and what a wrong Finished then means.
#include "handshake/client12/client12.h"
#include "handshake/hello/negotiate.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

/// The client's permissions when the server's Finished is all that is missing.
struct Early {
  bool write = false, read = false;
};
Early before_the_end(World12& w) {
  Pair p(w);
  Early seen;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client && static_cast<On>(m[0]) == On::finished && p.client.handshake) {
      seen.write = p.client.handshake->permissions().write_data;
      seen.read = p.client.handshake->permissions().read_data;
    }
  };
  p.run();
  REQUIRE(p.connected());
  return seen;
}
void with_alpn(World12& w) { w.client.alpn({"h2"}), w.server.alpn({"h2"}); }

}  // namespace

TEST_CASE("the policy: off, where ALPN was negotiated, or everywhere; reading always waits") {
  struct Row {
    FalseStart policy;
    bool alpn, expected;
  };
  constexpr Row kRows[] = {{FalseStart::off, false, false},         {FalseStart::off, true, false},
                           {FalseStart::with_alpn, false, false},   {FalseStart::with_alpn, true, true},
                           {FalseStart::without_alpn, false, true}, {FalseStart::without_alpn, true, true}};
  for (const Row& row : kRows) {
    World12 w;
    w.client.false_start(row.policy);
    if (row.alpn) with_alpn(w);
    const Early early = before_the_end(w);
    CHECK(early.write == row.expected);
    CHECK_FALSE(early.read);
  }
}

TEST_CASE("it is off where nobody asked for it") {
  World12 w;
  with_alpn(w);
  CHECK_FALSE(before_the_end(w).write);
}

TEST_CASE("RFC 7918 §5.3: not where the client authenticates itself; a client without a certificate may") {
  World12 w;
  w.client.false_start(FalseStart::without_alpn);
  w.authenticate_client();
  CHECK_FALSE(before_the_end(w).write);
  World12 v;
  v.client.false_start(FalseStart::without_alpn);
  v.server.client_auth(ClientAuth::request, v.client_verdict);
  CHECK(before_the_end(v).write);
}

TEST_CASE(
    "RFC 8422 §5.4: a group of TLS 1.2 has points: shares of one size, of at most 255 bytes; all that is built have") {
  using handshake::hello::has_points;
  for (const crypto::GroupImpl& group : crypto::all_groups()) CHECK(has_points(group));
  crypto::GroupImpl made_up = crypto::all_groups()[0];
  for (const auto& [clients, servers, fits] : {std::tuple(255, 255, true), std::tuple(256, 256, false),
                                               std::tuple(32, 33, false), std::tuple(254, 255, false)}) {
    made_up.client_share_size = static_cast<std::size_t>(clients);
    made_up.server_share_size = static_cast<std::size_t>(servers);
    CHECK(has_points(made_up) == fits);
  }
}

TEST_CASE("RFC 7918 §5: every suite and group that is built is strong enough, and none that is weaker would be") {
  using handshake::client12::may_start_falsely;
  for (const crypto::SuiteFacts& suite : crypto::all_suites())
    for (const crypto::GroupImpl& group : crypto::all_groups())
      CHECK(may_start_falsely(FalseStart::without_alpn, suite, group, "") == (suite.version == ProtocolVersion::tls12));
  crypto::GroupImpl weak = crypto::all_groups()[0];
  weak.secret_size = 31;
  CHECK_FALSE(may_start_falsely(FalseStart::without_alpn,
                                *crypto::find_suite(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), weak, ""));
}

TEST_CASE("a chain that is refused starts nothing") {
  World12 w;
  w.client.false_start(FalseStart::without_alpn);
  w.verdict->refusal = Code::unknown_ca;
  Pair p(w);
  p.run();
  CHECK(p.client.code() == Code::unknown_ca);
  CHECK(p.client.sink.write_epoch == Epoch::plaintext);
}

TEST_CASE(
    "a wrong Finished after data was sent is tampering, and says how much; without data it is what it always is") {
  for (const std::uint64_t sent : {0u, 1u, 4096u}) {
    World12 w;
    w.client.false_start(FalseStart::without_alpn);
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client || static_cast<On>(m[0]) != On::finished) return;
      m.back() ^= 1;
      p.client.sink.sent = sent;
    };
    p.run();
    CHECK(p.client.code() == (sent == 0 ? Code::bad_finished : Code::false_start_tampered));
    CHECK(p.client.error->alert() == Alert::decrypt_error);
    if (sent != 0) CHECK(p.client.error->detail() == std::to_string(sent) + " bytes had been sent");
  }
}
