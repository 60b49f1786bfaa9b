// What a server keeps of a session: both parts, as they are and as bytes; what is not ours is an unknown session.
#include "session/state.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "session/client_state.h"
#include "session/notes.h"
#include "session/ticket_key.h"
#include "states.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

session::State some_session(ProtocolVersion version = ProtocolVersion::tls12) {
  session::State s;
  s.version = version;
  s.suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  s.secret = session::ResumptionKey(some_key(3));
  s.issued = s.authenticated = milliseconds(1'782'864'000'000);
  s.lifetime = hours(1);
  return s;
}

std::vector<std::uint8_t> bytes(std::size_t n) { return std::vector<std::uint8_t>(n, 0x30); }

SessionNotes chain_of(std::vector<std::vector<std::uint8_t>> certificates) {
  SessionNotes n;
  n.identity = PeerIdentity::chain;
  n.certificates = CertificateChain(certificates);
  n.certificate_sha256 = some_key(9);
  n.not_after = milliseconds(1'800'000'000'000);
  return n;
}
SessionNotes leaf_of(std::size_t size) {
  SessionNotes n = chain_of({bytes(size)});
  n.identity = PeerIdentity::leaf;
  return n;
}
SessionNotes summary_of(std::size_t subject, std::size_t serial = 8) {
  SessionNotes n = chain_of({});
  n.identity = PeerIdentity::summary;
  auto s = std::make_shared<CertificateSummary>();
  s->subject = bytes(subject);
  s->serial = bytes(serial);
  s->not_after = milliseconds(7);
  n.summary = std::move(s);
  return n;
}
SessionNotes data_of(std::size_t size) {
  SessionNotes n;
  n.application_data = bytes(size);
  return n;
}

/// Whether a state with these notes passes through bytes.
bool passes(const SessionNotes& notes) {
  session::State state = some_session();
  state.notes = std::make_shared<const SessionNotes>(notes);
  if (!session::well_formed(notes)) return false;
  const auto back = SessionState::parse(state.encode().serialize());
  REQUIRE(back);
  REQUIRE(session::State::decode(*back));
  const SessionNotes& n = *back->notes();
  CHECK(n.identity == notes.identity);
  CHECK(n.certificates == notes.certificates);
  CHECK(n.certificate_sha256 == notes.certificate_sha256);
  CHECK(n.not_after == notes.not_after);
  CHECK(n.application_data == notes.application_data);
  REQUIRE((n.summary != nullptr) == (notes.summary != nullptr));
  if (n.summary) {
    CHECK(n.summary->subject == notes.summary->subject);
    CHECK(n.summary->subject_alt_names == notes.summary->subject_alt_names);
    CHECK(n.summary->issuer == notes.summary->issuer);
    CHECK(n.summary->serial == notes.summary->serial);
    CHECK(n.summary->not_after == notes.summary->not_after);
  }
  CHECK(session::notes_size(notes) <= session::kMaxNotes);
  CHECK(session::memory_of(notes) >= session::notes_size(notes));
  return true;
}

TEST_CASE("a session of TLS 1.2 has the 89 bytes that the cache is laid out for, whoever the client is") {
  session::State state = some_session();
  state.secret = session::ResumptionKey(bytes(48));
  CHECK(state.encode().size() == 89);
  state.notes = std::make_shared<const SessionNotes>(leaf_of(1000));
  CHECK(state.encode().size() == 89);
}

TEST_CASE("notes of every kind pass through bytes, below and at their limits; above they are none") {
  using limits::kMaxSessionChain, limits::kMaxTicketLeaf, limits::kMaxPeerSummary;
  CHECK(passes(chain_of({bytes(1)})));
  CHECK(passes(chain_of({bytes(kMaxSessionChain - 1)})));
  CHECK(passes(chain_of({bytes(kMaxSessionChain - 1), bytes(1)})));
  CHECK_FALSE(passes(chain_of({bytes(kMaxSessionChain), bytes(1)})));
  CHECK(passes(chain_of(std::vector(limits::kMaxCertificates, bytes(3)))));
  CHECK_FALSE(passes(chain_of(std::vector(limits::kMaxCertificates + 1, bytes(3)))));
  CHECK(passes(leaf_of(kMaxTicketLeaf - 1)));
  CHECK(passes(leaf_of(kMaxTicketLeaf)));
  CHECK_FALSE(passes(leaf_of(kMaxTicketLeaf + 1)));
  CHECK(passes(summary_of(kMaxPeerSummary - 9)));
  CHECK(passes(summary_of(kMaxPeerSummary - 8)));
  CHECK_FALSE(passes(summary_of(kMaxPeerSummary - 7)));
  CHECK(passes(summary_of(1, 255)));
  CHECK_FALSE(passes(summary_of(1, 256)));
  CHECK(passes(data_of(1)));
  CHECK(passes(data_of(kMaxSessionData)));
  CHECK_FALSE(passes(data_of(kMaxSessionData + 1)));
  // All that there can be.
  SessionNotes all =
      chain_of(std::vector(limits::kMaxCertificates, bytes(kMaxSessionChain / limits::kMaxCertificates)));
  all.application_data = bytes(kMaxSessionData);
  CHECK(passes(all));
}

TEST_CASE("notes that say nothing, too little or too much are none") {
  CHECK_FALSE(session::well_formed({}));
  CHECK_FALSE(session::well_formed(chain_of({})));
  SessionNotes n = chain_of({bytes(1), {}});
  CHECK_FALSE(session::well_formed(n));
  n = leaf_of(1);
  n.certificates = CertificateChain(std::vector{bytes(1), bytes(1)});
  CHECK_FALSE(session::well_formed(n));
  n = chain_of({bytes(1)});
  n.summary = std::make_shared<const CertificateSummary>();
  CHECK_FALSE(session::well_formed(n));
  n = summary_of(1);
  n.summary = nullptr;
  CHECK_FALSE(session::well_formed(n));
  n = data_of(1);
  n.certificates = CertificateChain(std::vector<std::vector<std::uint8_t>>{bytes(1)});
  CHECK_FALSE(session::well_formed(n));
}

TEST_CASE("states of the format before, and of one that is to come, are unknown sessions") {
  for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13})
    for (const bool certified : {false, true}) {
      session::State state = some_session(version);
      if (certified) state.notes = std::make_shared<const SessionNotes>(leaf_of(100));
      const SessionState kept = state.encode();
      REQUIRE(kept.expose()[0] == 2);
      for (const std::uint8_t format : {std::uint8_t{1}, std::uint8_t{3}}) {
        SessionState other = kept.clone();
        other.fill(other.size())[0] = format;
        CHECK_FALSE(session::State::decode(other));
        CHECK(session::State::decode(kept));
      }
    }
  // Format 1 as it was: the SHA-256 of a client's certificate stood in it.
  SessionState old;
  const MutableBytes b = old.fill(1 + 1 + 2 + 1 + 48 + 8 + 4 + 8 + 16 + 32);
  std::ranges::fill(b, std::uint8_t{0});
  b[0] = 1, b[1] = 2, b[2] = 0xC0, b[3] = 0x2B, b[4] = 48;
  CHECK_FALSE(session::State::decode(old));
  // Notes of another format.
  session::State state = some_session();
  state.notes = std::make_shared<const SessionNotes>(leaf_of(100));
  auto serialized = state.encode().serialize();
  const std::size_t at = serialized.size() - session::notes_size(*state.notes);
  REQUIRE(serialized[at] == 1);
  for (const std::uint8_t format : {std::uint8_t{0}, std::uint8_t{2}}) {
    serialized[at] = format;
    CHECK_FALSE(SessionState::parse(serialized));
  }
}

TEST_CASE("a state as bytes is whole or nothing") {
  session::State state = some_session(ProtocolVersion::tls13);
  SessionNotes notes = summary_of(20);
  notes.application_data = bytes(5);
  state.notes = std::make_shared<const SessionNotes>(notes);
  const auto whole = state.encode().serialize();
  REQUIRE(SessionState::parse(whole));
  const std::size_t without_notes = whole.size() - session::notes_size(notes);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto cut = SessionState::parse(Bytes(whole).first(n));
    CHECK(cut.has_value() == (n == without_notes));
    if (cut) CHECK_FALSE(session::State::decode(*cut));
    if (!cut) CHECK(cut.error().code() == Code::bad_session);
  }
  auto longer = whole;
  longer.push_back(0);
  CHECK_FALSE(SessionState::parse(longer));
  CHECK_FALSE(SessionState::parse({}));
}

TEST_CASE("a session is over when its chain is, whatever its lifetime") {
  session::State state = some_session();
  SessionNotes notes = leaf_of(10);
  notes.not_after = state.issued + minutes(30);
  state.notes = std::make_shared<const SessionNotes>(notes);
  CHECK_FALSE(state.expired(notes.not_after - milliseconds(1)));
  CHECK(state.expired(notes.not_after));
  notes.not_after = milliseconds::min();
  state.notes = std::make_shared<const SessionNotes>(notes);
  CHECK(state.expired(state.issued));
  notes.not_after = milliseconds::max();
  state.notes = std::make_shared<const SessionNotes>(notes);
  CHECK_FALSE(state.expired(state.issued + hours(1) - milliseconds(1)));
  CHECK(state.expired(state.issued + hours(1)));
}

/// A client's session that lives until hour 102, changed.
template <class Change>
ClientSession changed_session(Change change) {
  auto state = std::make_shared<session::ClientState>();
  state->version = ProtocolVersion::tls13;
  state->secret = session::ResumptionKey(some_key(1));
  state->received = state->authenticated = hours(100);
  state->lifetime = hours(2);
  state->ticket = {1, 2, 3};
  change(*state);
  return ClientSession(std::move(state));
}

TEST_CASE("a client's session ends with its chain") {
  const auto ends = [](milliseconds not_after) {
    return changed_session([=](session::ClientState& s) { s.not_after = not_after; }).expires();
  };
  CHECK(ends(milliseconds::max()) == hours(102));
  CHECK(ends(hours(103)) == hours(102));
  CHECK(ends(hours(101)) == hours(101));
}

TEST_CASE("a client's session as bytes is strict") {
  const auto good = [](auto change) {
    const ClientSession session = changed_session(change);
    const auto back = ClientSession::parse(session.serialize());
    if (back) CHECK(back->state().not_after == session.state().not_after);
    return back.has_value();
  };
  using State = session::ClientState;
  for (const milliseconds fine : {milliseconds(0), milliseconds(hours(101)), milliseconds::max()})
    CHECK(good([=](State& s) { s.not_after = fine; }));
  CHECK_FALSE(good([](State& s) { s.not_after = milliseconds(-1); }));
  // A chain and the hash of its leaf: both or none.
  const auto with_hash = [&](std::size_t certificates, std::size_t hash) {
    return good([=](State& s) {
      s.peer_certificates = CertificateChain(std::vector(certificates, bytes(10)));
      s.peer_certificate_sha256 = bytes(hash);
    });
  };
  CHECK(with_hash(0, 0));
  CHECK(with_hash(1, 32));
  CHECK_FALSE(with_hash(1, 0));
  CHECK_FALSE(with_hash(1, 31));
  CHECK_FALSE(with_hash(0, 32));
  // A flag that is neither.
  auto serialized = changed_session([](State&) {}).serialize();
  const std::size_t at = std::string_view("sallyport session 2\n").size() + 2 + 2;
  REQUIRE(serialized[at] == 0);
  serialized[at] = 1;
  CHECK(ClientSession::parse(serialized));
  serialized[at] = 2;
  CHECK_FALSE(ClientSession::parse(serialized));
}

TEST_CASE("tickets with notes are longer by steps, and hold them up to the greatest") {
  SeededRandom random(1);
  const auto keys = *TicketKeys::make(some_key(1));
  SessionNotes greatest =
      chain_of(std::vector(limits::kMaxCertificates, bytes(limits::kMaxSessionChain / limits::kMaxCertificates)));
  greatest.application_data = bytes(kMaxSessionData);
  std::vector<SessionNotes> all = {greatest, summary_of(limits::kMaxPeerSummary - 8)};
  for (std::size_t n = 440; n < 480; ++n) all.push_back(leaf_of(n));
  for (std::size_t n = 500; n < 520; ++n) all.push_back(data_of(n));
  for (const SessionNotes& notes : all) {
    session::State state = some_session(ProtocolVersion::tls13);
    state.notes = std::make_shared<const SessionNotes>(notes);
    const SessionState kept = state.encode();
    const auto ticket = keys->seal(kept, random, milliseconds(0), hours(1));
    const std::size_t more = ticket.size() - TicketKeys::kTicketSize, needed = 2 + session::notes_size(notes);
    CHECK(more % TicketKeys::kTicketStep == 0);
    CHECK(more >= needed);
    CHECK(more < needed + TicketKeys::kTicketStep);
    const auto back = opened(*keys, ticket, milliseconds(0));
    REQUIRE(back);
    CHECK(back->state.serialize() == kept.serialize());
    // Changed, cut by a step, longer by one.
    auto changed = ticket;
    changed[ticket.size() / 2] ^= 1;
    CHECK_FALSE(opens(*keys, changed, milliseconds(0)));
    CHECK_FALSE(opens(*keys, Bytes(ticket).first(ticket.size() - TicketKeys::kTicketStep), milliseconds(0)));
    changed = ticket;
    changed.resize(ticket.size() + TicketKeys::kTicketStep);
    CHECK_FALSE(opens(*keys, changed, milliseconds(0)));
  }
  // What an application may have in tickets fits what our client keeps.
  SessionNotes most = leaf_of(limits::kMaxTicketLeaf);
  most.application_data = bytes(kMaxSessionData);
  session::State state = some_session();
  state.notes = std::make_shared<const SessionNotes>(most);
  CHECK(keys->seal(state.encode(), random, milliseconds(0), hours(1)).size() <= limits::kMaxTicket);
  static_assert(session::kMaxSealed <= 0xFFFF);
}

}  // namespace
}  // namespace tls::test
