// Which early data may be accepted (RFC 9846 §4.3.10, §8), rule by rule: where in a whole handshake the other side, or
// another check, would say no as well.
#include <set>

#include "handshake/edit.h"
#include "handshake/hello/choices.h"
#include "handshake/hello/resume.h"
#include "resumption13/resuming.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;
using handshake::On;

namespace {

constexpr std::uint32_t kLimit = 1000;
constexpr auto kWindow = 10'000ms;

/// A session, a decision and settings that fit one another; early data is accepted.
struct Rules {
  World world;
  std::shared_ptr<TokenSet> guard = std::make_shared<TokenSet>(world.clock);
  std::shared_ptr<const ServerSettings> settings;
  session::State session;
  handshake::hello::Decision13 decision;
  std::size_t identity = 0;
  std::uint32_t age = 0;

  Rules() {
    world.server.tickets(std::make_shared<TicketMap>()).early_data(kLimit, guard, kWindow);
    settings = world.server_settings();
    session.version = ProtocolVersion::tls13;
    session.suite = CipherSuite::TLS_AES_128_GCM_SHA256;
    session.secret = session::ResumptionKey(ByteVector(32, 1));
    session.issued = session.authenticated = world.clock.wall();
    session.lifetime = 1h;
    session.max_early_data = kLimit;
    session.stamp = *handshake::hello::guard_stamp(*settings);
    session.binding = handshake::hello::session_binding(std::nullopt, ProtocolVersion::tls13, *settings);
    decision.suite = crypto::find_suite(session.suite);
    decision.suites = {decision.suite};
    decision.early_data = true;
  }
  [[nodiscard]] EarlyDataRefusal refusal(Bytes binder = {}) const {
    const auto claim = handshake::hello::early_data_claim(session, identity, age, binder, decision, *settings);
    return claim ? EarlyDataRefusal::none : claim.error();
  }
  [[nodiscard]] bool resumes() const {
    return handshake::hello::suite_to_resume(session, decision, *settings) != nullptr;
  }
};

}  // namespace

TEST_CASE("early data is for the first identity, before a retry, with the suite, the protocol and the promise") {
  CHECK(Rules().refusal() == EarlyDataRefusal::none);
  Rules second, retried, suite, protocol, none, more, less;
  second.identity = 1;
  CHECK(second.refusal() == EarlyDataRefusal::not_resumed);
  retried.decision.retried = true;
  CHECK(retried.refusal() == EarlyDataRefusal::retried);
  suite.decision.suite = crypto::find_suite(CipherSuite::TLS_CHACHA20_POLY1305_SHA256);  // the same hash
  CHECK(suite.refusal() == EarlyDataRefusal::other_suite);
  protocol.decision.alpn = "h2";
  CHECK(protocol.refusal() == EarlyDataRefusal::other_protocol);
  none.session.max_early_data = 0;
  CHECK(none.refusal() == EarlyDataRefusal::session_without);
  more.session.max_early_data = kLimit + 1;
  CHECK(more.refusal() == EarlyDataRefusal::session_without);
  less.session.max_early_data = kLimit - 1;
  CHECK(less.refusal() == EarlyDataRefusal::none);
}

TEST_CASE("early data: the guard's epoch, and the age at both ends of the window") {
  Rules epoch;
  epoch.session.stamp.epoch ^= 1;
  CHECK(epoch.refusal() == EarlyDataRefusal::unknown);
  for (const auto& [off, refused] :
       {std::pair(kWindow - 1ms, false), std::pair(kWindow, false), std::pair(kWindow + 1ms, true)}) {
    CAPTURE(off.count());
    const auto expected = refused ? EarlyDataRefusal::ticket_age : EarlyDataRefusal::none;
    Rules ahead;  // the client says that it is older than it is
    ahead.age = static_cast<std::uint32_t>(off.count());
    CHECK(ahead.refusal() == expected);
    Rules late;
    late.world.clock.advance(off);
    CHECK(late.refusal() == expected);
  }
}

TEST_CASE("a claim is for one binder, and ends a window after the time at which it was expected") {
  const Rules r;
  const auto claim = [&](std::uint8_t byte) {
    return *handshake::hello::early_data_claim(r.session, 0, 5, ByteVector(32, byte), r.decision, *r.settings);
  };
  CHECK(claim(1).token.bytes == claim(1).token.bytes);
  CHECK(claim(1).token.bytes != claim(2).token.bytes);
  CHECK(claim(1).expiry == r.session.stamp.time + 5ms + kWindow);
}

TEST_CASE("RFC 9846 §4.7.1: no resumption seven days after the certificate was shown, whatever the client thinks") {
  for (const auto& [age, resumed] : {std::pair<Clock::Milliseconds, bool>(limits::kMaxSessionLifetime - 1ms, true),
                                     std::pair<Clock::Milliseconds, bool>(limits::kMaxSessionLifetime, false),
                                     std::pair<Clock::Milliseconds, bool>(limits::kMaxSessionLifetime + 1ms, false)}) {
    Rules r;
    r.session.authenticated = r.world.clock.wall() - age;
    CHECK(r.resumes() == resumed);
  }
}

TEST_CASE("which session goes on: version, binding, secret and suite each decide alone") {
  CHECK(Rules().resumes());
  Rules version, binding, secret, suite, configured;
  version.session.version = ProtocolVersion::tls12;
  CHECK_FALSE(version.resumes());
  binding.session.binding[0] ^= 1;
  CHECK_FALSE(binding.resumes());
  secret.session.secret = session::ResumptionKey(ByteVector(48, 1));  // of another hash
  CHECK_FALSE(secret.resumes());
  suite.session.suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  CHECK_FALSE(suite.resumes());
  configured.decision.suites = {crypto::find_suite(CipherSuite::TLS_AES_256_GCM_SHA384)};
  CHECK_FALSE(configured.resumes());
}

TEST_CASE("a server that allows no early data stamps no ticket for it, though it has a guard") {
  const Rules r;
  ServerSettings none = *r.settings;
  CHECK(handshake::hello::guard_stamp(none));
  none.max_early_data = 0;
  CHECK_FALSE(handshake::hello::guard_stamp(none));
}

namespace {

/// A client's second connection, in which it offers early data, to a server that answers as `rewrite` has it; without
/// records, so that nothing but the handshake looks at the answer.
std::optional<Code> answered(void (*prepare)(Resuming&), void (*change)(Resuming&)) {
  Resuming r;
  r.world.client.early_data(true);
  r.world.server.early_data(kLimit, r.guard, kWindow);
  prepare(r);
  r.first();
  change(r);
  const auto pair = r.meet();
  return pair->client.code();
}
void nothing(Resuming&) {}

}  // namespace

TEST_CASE("RFC 9846 §4.3.10: a client does not take early data under another suite than it was sent for") {
  CHECK(answered(nothing, nothing) == std::nullopt);
  CHECK(answered(nothing, [](Resuming& r) {
          // The server believes that the session had this one, of the same hash.
          r.sealer->change([](session::State& s) { s.suite = CipherSuite::TLS_CHACHA20_POLY1305_SHA256; });
        }) == Code::wrong_early_data_answer);
}

TEST_CASE("RFC 9846 §4.3.10: a client does not take early data with another PSK than the first") {
  static const auto psk = [] {
    auto made = std::make_shared<ExternalPsk>();
    made->identity = {'m', 'e'};
    made->key = decltype(made->key)(ByteVector(32, 7));
    return made;
  }();
  // The server does not know it at first, so that a session is made.
  CHECK(answered([](Resuming& r) { r.world.client.external_psks({psk}); },
                 [](Resuming& r) {
                   r.world.server.external_psks({psk});
                   r.sealer->states.clear();  // so that the second identity is selected
                   r.world.server_replay.rewrite = [](ByteVector& m) {
                     if (static_cast<On>(m[0]) == On::encrypted_extensions) m = Edit(m).append(42, "").message();
                   };
                 }) == Code::wrong_early_data_answer);
}

TEST_CASE("RFC 9846 §4.2.2: early data again in the second ClientHello: the client sends none, the server takes none") {
  for (const bool again : {false, true}) {
    Resuming r;
    r.world.client.early_data(true);
    r.world.server.early_data(kLimit, r.guard, kWindow);
    r.first();
    r.world.server.always_retry(true);
    int hellos = 0;
    r.world.client_replay.rewrite = [&](ByteVector& m) {
      if (static_cast<On>(m[0]) != On::client_hello) return;
      Edit e(m);
      CHECK((e.find(42) != nullptr) == (hellos == 0));
      if (hellos++ == 1 && again) e.set(42, "");
      m = e.message();
    };
    const auto pair = r.meet();
    REQUIRE(hellos == 2);
    REQUIRE(pair->server.connected());
    CHECK(pair->server.info.early_data == EarlyDataStatus::rejected);
    CHECK(pair->server.info.early_data_refusal == EarlyDataRefusal::retried);
    CHECK(r.guard->expiries.empty());
  }
}

namespace {

/// Both sides allow early data, and the client has a ticket.
struct Offering : Resuming {
  Offering() {
    world.client.early_data(true).cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
    world.server.early_data(kLimit, guard, kWindow).new_tickets(1);
    first();
  }
};

}  // namespace

TEST_CASE("RFC 9846 §4.3: what answers a second ClientHello answers no early data, which the first alone has offered") {
  Offering r;
  r.world.server.always_retry(true);
  r.world.server_replay.rewrite = [](ByteVector& m) {
    if (static_cast<On>(m[0]) == On::encrypted_extensions) m = Edit(m).append(42, "").message();
  };
  CHECK(r.meet()->client.code() == Code::unsolicited_extension);
}

TEST_CASE("RFC 9846 §4.3.10, §7.5: once early data is refused a client writes none and has no early exporter") {
  Offering r;
  r.world.server.early_data(0, nullptr);
  Pair p(r.world);
  ByteVector out(32);
  std::set<EarlyDataStatus> seen;
  do {
    if (!p.client.handshake) continue;
    const EarlyDataStatus status = p.client.handshake->info().early_data;
    seen.insert(status);
    const bool open = status != EarlyDataStatus::rejected;
    CHECK(p.client.handshake->permissions().write_early_data == open);
    CHECK(p.client.handshake->export_early_keying_material("EXPORTER-x", {}, out).has_value() == open);
  } while (p.step());
  CHECK(p.connected());
  CHECK(seen == std::set{EarlyDataStatus::none, EarlyDataStatus::rejected});
}

TEST_CASE("RFC 9846 §4.3.10: where early data is accepted a server skips nothing, up to the end of the handshake") {
  Offering r;
  Pair p(r.world);
  std::size_t looked = 0;
  while (p.step()) {
    if (!p.server.handshake || p.server.handshake->info().early_data != EarlyDataStatus::accepted) continue;
    ++looked;
    CHECK_FALSE(p.server.handshake->permissions().skip_early_data);
  }
  CHECK(p.connected());
  CHECK(looked > 2);
}

TEST_CASE("RFC 9846 §4.3.10: the promise of another ticket than the first says nothing of what is to be skipped") {
  Offering r;
  const handshake::Psk key(r.store->kept.begin()->second.back().state().secret.expose());
  Pair p(r.world);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client || static_cast<On>(m[0]) != On::client_hello) return;
    // A ticket that nobody knows goes in front of ours, whose binder is made anew.
    Edit e(m);
    ByteVector& psks = *e.find(41);
    Reader old(psks);
    const Bytes identities = old.vector16(), binders = old.vector16();
    const ByteVector unknown(32, 0xEE);
    ByteVector both;
    Writer w(both);
    w.prefixed(2, [&] { w.vector16(unknown), w.u32(0), w.bytes(identities); });
    w.prefixed(2, [&] { w.vector8(unknown), w.bytes(binders); });
    psks = both;
    m = e.message();
    const crypto::HashImpl& hash = crypto::select_hash(crypto::HashId::sha256, crypto::detect_cpu());
    const crypto::Digest truncated = crypto::hash(hash, Bytes(m).first(m.size() - 2 - 2 * 33));
    const crypto::Digest binder = handshake::EarlySecret::from_psk(hash, key).binder(
        handshake::EarlySecret::Binder::resumption, truncated.bytes());
    std::ranges::copy(binder.bytes(), m.end() - 32);
  };
  REQUIRE(p.step());
  REQUIRE_FALSE(p.server.error);
  CHECK(p.server.handshake->info().resumed == Resumption::psk);
  CHECK(p.server.handshake->info().early_data == EarlyDataStatus::rejected);
  CHECK(p.server.handshake->max_early_data() == limits::kMaxEarlyData);
}

TEST_CASE("a server of TLS 1.2 that answers early data is refused for its version") {
  Resuming r;
  r.world.client.early_data(true).versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
  r.world.server.early_data(kLimit, r.guard, kWindow);
  r.first();
  r.world.server.early_data(0, nullptr).versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
  CHECK(r.meet()->client.code() == Code::version_not_offered);
}

TEST_CASE("a client sends no more early data than its own limit, whatever a ticket promises") {
  Resuming r;
  r.world.client.early_data(true);
  r.world.server.early_data(kLimit, r.guard, kWindow);
  r.first();
  for (auto& [key, list] : r.store->kept)
    for (ClientSession& s : list)
      const_cast<session::ClientState&>(s.state()).max_early_data = limits::kMaxEarlyData + 1;
  const EarlyWire w(r);
  CHECK(w.client_connection->early_data_left() == limits::kMaxEarlyData);
}

TEST_CASE(
    "RFC 9846 §4.7.1: a ticket with a lifetime of 0 is not kept; one of a resumed connection is as old as the first") {
  Resuming r;
  r.world.server_replay.rewrite = [](ByteVector& m) {
    if (static_cast<On>(m[0]) == On::new_session_ticket) std::fill_n(m.begin() + 4, 4, std::uint8_t{0});
  };
  CHECK(r.meet()->connected());
  CHECK(r.store->size() == 0);
  r.world.server_replay.rewrite = nullptr;
  r.first();
  const auto shown = r.world.clock.wall();
  r.world.clock.advance(10min);
  r.store->kept.begin()->second.resize(1, r.store->kept.begin()->second.front());
  CHECK(r.meet()->client.info.resumed == Resumption::psk);
  REQUIRE(r.store->size() > 0);
  CHECK(r.store->kept.begin()->second.back().state().authenticated == shown);
}
