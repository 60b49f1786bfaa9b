// Each rule by itself that decides whether a session is one: what is read back, how long it lasts, whose it is. A whole
// handshake hides them behind one another, for both of its ends are ours.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "client_sessions.h"
#include "session/cache_shard.h"
#include "session/notes.h"
#include "session/state.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

using session::ClientState;
constexpr milliseconds kTime(1'782'864'000'000);

/// Whether a client's session with this change is read back.
template <class Change>
bool read_back(Change change) {
  const ClientSession like = client_session(1, ProtocolVersion::tls13, kTime);
  auto state = std::make_shared<ClientState>();
  state->version = like.state().version;
  state->suite = like.state().suite;
  state->secret = session::ResumptionKey(some_key(1));
  state->received = state->authenticated = kTime;
  state->lifetime = hours(2);
  state->ticket = {1, 2, 3};
  change(*state);
  return ClientSession::parse(ClientSession(std::move(state)).serialize()).has_value();
}

CertificateChain chain(std::size_t n, std::size_t size = 1) {
  std::vector<std::vector<std::uint8_t>> certificates;
  for (std::size_t i = 0; i < n; ++i) certificates.emplace_back(size, static_cast<std::uint8_t>(i));
  return CertificateChain(certificates);
}

session::State a_session() {
  session::State s;
  s.suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  s.secret = session::ResumptionKey(some_key(3));
  s.issued = s.authenticated = kTime;
  s.lifetime = hours(24 * 30);
  return s;
}

/// What parse_notes() makes of notes that no server writes.
bool notes_read_back(const SessionNotes& notes) {
  std::vector<std::uint8_t> bytes(session::notes_size(notes));
  session::write_notes(notes, bytes);
  return session::parse_notes(bytes) != nullptr;
}

}  // namespace

TEST_CASE("a client's session that is read back stays within the rules, whoever wrote it") {
  CHECK(read_back([](ClientState&) {}));
  CHECK_FALSE(read_back([](ClientState& s) { s.version = static_cast<ProtocolVersion>(0x0302); }));
  CHECK_FALSE(read_back([](ClientState& s) { s.version = static_cast<ProtocolVersion>(0x0305); }));
  CHECK_FALSE(read_back([](ClientState& s) { s.secret = session::ResumptionKey(Bytes(some_key(1)).first(31)); }));
  CHECK_FALSE(read_back([](ClientState& s) { s.secret = session::ResumptionKey(); }));
  CHECK(read_back([](ClientState& s) { s.lifetime = limits::kMaxSessionLifetime; }));
  CHECK_FALSE(read_back([](ClientState& s) { s.lifetime = limits::kMaxSessionLifetime + seconds(1); }));
  CHECK(read_back([](ClientState& s) { s.session_id.assign(32, 1); }));
  CHECK_FALSE(read_back([](ClientState& s) { s.session_id.assign(33, 1); }));
  CHECK_FALSE(read_back([](ClientState& s) { s.ticket.clear(), s.session_id.assign(32, 1); }));  // of TLS 1.3
  const auto tls12 = [](ClientState& s) { s.version = ProtocolVersion::tls12, s.ticket.clear(); };
  CHECK(read_back([&](ClientState& s) { tls12(s), s.session_id.assign(32, 1); }));
  CHECK_FALSE(read_back(tls12));
  for (const auto member : {&ClientState::received, &ClientState::authenticated}) {
    CHECK(read_back([&](ClientState& s) { s.*member = milliseconds(0); }));
    CHECK_FALSE(read_back([&](ClientState& s) { s.*member = milliseconds(-1); }));
    CHECK(read_back([&](ClientState& s) { s.*member = milliseconds(std::int64_t{1} << 52); }));
    CHECK_FALSE(read_back([&](ClientState& s) { s.*member = milliseconds((std::int64_t{1} << 52) + 1); }));
  }
  const auto certified = [](ClientState& s, CertificateChain certificates) {
    s.peer_certificates = std::move(certificates);
    s.peer_certificate_sha256.assign(32, 1);
  };
  CHECK(read_back([&](ClientState& s) { certified(s, chain(limits::kMaxCertificates)); }));
  CHECK_FALSE(read_back([&](ClientState& s) { certified(s, chain(limits::kMaxCertificates + 1)); }));
  CHECK_FALSE(read_back([&](ClientState& s) { certified(s, chain(1, 0)); }));
  auto longer = client_session(1, ProtocolVersion::tls13, kTime).serialize();
  longer.push_back(0);
  CHECK_FALSE(ClientSession::parse(longer));
  longer.resize(longer.size() - 2);
  CHECK_FALSE(ClientSession::parse(longer));
}

TEST_CASE("a server's session is over seven days after the certificate was shown, and one of the future is none") {
  const session::State s = a_session();
  CHECK_FALSE(s.expired(kTime + limits::kMaxSessionLifetime - milliseconds(1)));
  CHECK(s.expired(kTime + limits::kMaxSessionLifetime));
  CHECK_FALSE(s.expired(kTime - limits::kMaxClockDifference));
  CHECK(s.expired(kTime - limits::kMaxClockDifference - milliseconds(1)));
  CHECK(s.age(kTime + seconds(5)) == seconds(5));
  CHECK(s.age(kTime - seconds(5)) == seconds(0));
}

TEST_CASE("what sessions are bound to is told apart at every border between its parts") {
  const crypto::HashImpl& sha256 = crypto::select_hash(crypto::HashId::sha256, crypto::detect_cpu());
  const auto of = [&](std::string_view a, std::string_view b) {
    return session::fingerprint(sha256, {as_bytes(a), as_bytes(b)});
  };
  CHECK(of("ab", "c") == of("ab", "c"));
  CHECK(of("ab", "c") != of("a", "bc"));
  CHECK(of("abc", "") != of("", "abc"));
}

TEST_CASE("a state whose flags and notes do not agree, or whose secret is too short, is an unknown session") {
  session::State s = a_session();
  SessionNotes data;
  data.application_data = {1};
  s.notes = std::make_shared<const SessionNotes>(data);
  SessionState kept = s.encode();
  REQUIRE(session::State::decode(kept));
  SessionState forged(kept.expose(), kept.notes());
  const std::vector<std::uint8_t> bytes(kept.expose().begin(), kept.expose().end());
  std::vector<std::uint8_t> changed = bytes;
  changed[1] ^= 2;  // "certified", though the notes name nobody
  CHECK_FALSE(session::State::decode(SessionState(changed, kept.notes())));
  session::State brief = a_session();
  brief.secret = session::ResumptionKey(Bytes(some_key(3)).first(31));
  CHECK_FALSE(session::State::decode(brief.encode()));
}

TEST_CASE("notes that no server writes are none") {
  SessionNotes leaf;
  leaf.identity = PeerIdentity::leaf;
  leaf.certificates = chain(1, 5);
  CHECK(notes_read_back(leaf));
  leaf.certificates = chain(2, 5);
  CHECK_FALSE(notes_read_back(leaf));
  SessionNotes summary;
  summary.identity = PeerIdentity::summary;
  summary.summary = std::make_shared<const CertificateSummary>();
  CHECK(notes_read_back(summary));
  summary.certificates = chain(1, 5);
  CHECK_FALSE(notes_read_back(summary));
  std::vector<std::uint8_t> bytes(session::notes_size(leaf));
  leaf.certificates = chain(1, 5);
  bytes.resize(session::notes_size(leaf));
  session::write_notes(leaf, bytes);
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK(session::parse_notes(Bytes(bytes).first(n)) == nullptr);
  summary.certificates = {};
  std::vector<std::uint8_t> brief(session::notes_size(summary));
  session::write_notes(summary, brief);
  CHECK(session::parse_notes(brief) != nullptr);
  for (std::size_t n = 0; n < brief.size(); ++n) CHECK(session::parse_notes(Bytes(brief).first(n)) == nullptr);
  bytes[1] = 5;  // an identity of tomorrow
  CHECK(session::parse_notes(bytes) == nullptr);
}

TEST_CASE("a session is found by all of its ID, in a bucket that it shares") {
  std::vector<session::Granule> granules(12);
  session::CacheShard shard(1, granules, 1000, Eviction::lru);
  shard.put({1, 5}, some_state(), 0, 100);
  CHECK(shard.find({1, 5}, 1));
  CHECK_FALSE(shard.find({2, 5}, 1));
  CHECK_FALSE(shard.find({1, 6}, 1));
}

TEST_CASE("a client's store holds so many sessions of one key, and forgets all that it removes") {
  const auto store = memory_client_sessions({.sessions = 10, .per_key = 2});
  for (unsigned seed : {1u, 2u, 3u}) store->put(session_key("a"), client_session(seed, ProtocolVersion::tls13, kTime));
  CHECK(seed_of(store->take(session_key("a"), kTime)) == 3);
  CHECK(seed_of(store->take(session_key("a"), kTime)) == 2);
  CHECK_FALSE(store->take(session_key("a"), kTime));

  const auto small = memory_client_sessions({.sessions = 2, .per_key = 2});
  const auto put = [&](std::string name) {
    small->put(session_key(name), client_session(1, ProtocolVersion::tls13, kTime));
  };
  put("a"), put("a");
  small->remove(session_key("a"));
  put("b"), put("c");
  CHECK(small->take(session_key("b"), kTime));
  CHECK(small->take(session_key("c"), kTime));
}

TEST_CASE("a fork of a replay guard's process can tell nobody that a claim is fresh") {
  SeededRandom random(1);
  FakeClock clock;
  const auto guard = *local_replay_guard({.window = seconds(10), .tokens_per_second = 10}, random, clock);
  const ReplayToken token{};
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto answer = guard->claim(token, clock.monotonic() + seconds(1));
    ::_exit(answer && *answer && **answer == ReplayVerdict::unavailable ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const auto answer = guard->claim(token, clock.monotonic() + seconds(1));
  REQUIRE((answer && *answer));
  CHECK(**answer == ReplayVerdict::fresh);
}

TEST_CASE("single-use tickets: no two are the same, and a session under an ID of another length is none") {
  SeededRandom random(1);
  const auto cache = *memory_session_cache({.entries = 10, .shards = 1}, random);
  const auto sealer = single_use_tickets(cache);
  const auto first = sealer->seal(some_state(), random, kTime, kTime + hours(1));
  CHECK(first != sealer->seal(some_state(), random, kTime, kTime + hours(1)));
  const std::vector<std::uint8_t> id(16, 7);  // of TLS 1.2, in the same cache
  cache->put(id, some_state(), kTime, kTime + hours(1));
  CHECK_FALSE(opens(*sealer, id, kTime));
  CHECK(opens(*sealer, first, kTime));
}

TEST_CASE("a cache of more sessions than are allowed is refused by its number, before any memory is asked for") {
  SeededRandom random(1);
  const auto refused = memory_session_cache({.entries = limits::kMaxCachedSessions + 1, .shards = 1}, random);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail().find("it must be 1 to") != std::string::npos);
}

TEST_CASE("one next key at a time: preparing another replaces it") {
  const auto ring = *TicketKeys::make(some_key(1));
  REQUIRE(ring->prepare(some_key(2)));
  REQUIRE(ring->prepare(some_key(3)));
  CHECK(ring->size() == 2);
}

TEST_CASE("a master that comes back with OldTickets::refused is not among those that are given up") {
  SeededRandom random(1);
  const auto ring = *RotatingTicketKeys::at_random({.period = hours(1), .ticket_lifetime = hours(2)}, random);
  REQUIRE(ring->replace_master(some_key(1), OldTickets::open_on));
  REQUIRE(ring->replace_master(some_key(2), OldTickets::open_on));
  REQUIRE(ring->replace_master(some_key(1), OldTickets::refused));
  CHECK_FALSE(ring->replace_master(some_key(2), OldTickets::open_on));  // that one was
  REQUIRE(ring->replace_master(some_key(3), OldTickets::open_on));
  CHECK(ring->replace_master(some_key(1), OldTickets::open_on));
}

TEST_CASE("periods before 1970 are as long as others: a ticket of the last of them is one of a key that was replaced") {
  SeededRandom random(1);
  const auto ring = *RotatingTicketKeys::at_random({.period = hours(1), .ticket_lifetime = hours(2)}, random);
  const auto ticket = ring->seal(some_state(), random, milliseconds(-1), milliseconds(0));
  const auto back = opened(*ring, ticket, milliseconds(1));
  REQUIRE(back);
  CHECK(back->renew);
}

}  // namespace tls::test
