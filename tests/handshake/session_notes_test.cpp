// Whom a session belongs to: what a server knows of its client after a resumption, and what the application has noted.
#include "handshake/session_notes.h"

#include "factory/certificates.h"
#include "handshake/ways.h"
#include "pki/certificate.h"
#include "session/notes.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

/// A self-signed leaf with an extension of `padding` bytes that nobody knows, and `names` DNS names.
sallyport::Issued leaf_of(std::size_t padding, std::size_t names = 1) {
  sallyport::CertificateSpec spec = sallyport::client_leaf("client of the test");
  for (std::size_t i = 0; i < names; ++i) spec.dns_names.push_back("client" + std::to_string(i) + ".example.com");
  spec.serial = 0x1234;
  if (padding != 0)
    spec.extra.push_back({.oid = "1.2.3.4", .critical = false, .value = std::vector<std::uint8_t>(padding, 0x30)});
  return sallyport::self_signed(spec, key(sallyport::KeyType::ed25519));  // whose signatures have one size
}
CredentialPtr credential_of(const sallyport::Issued& issued) {
  auto made = load_credential(issued.pem(), issued.key_pem());
  REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
  return *made;
}
/// A leaf of exactly `size` bytes of DER.
CredentialPtr leaf_of_size(std::size_t size) {
  const std::size_t padding = size - 400;
  const auto issued = leaf_of(padding + size - leaf_of(padding).certificate.size());
  REQUIRE(issued.certificate.size() == size);
  return credential_of(issued);
}
CredentialPtr with_second_certificate(std::size_t bytes) {
  Credential c = *credential(KeyKind::ecdsa_p256);
  c.chain.emplace_back(bytes, 0x30);  // cannot be parsed, and no path needs it
  return std::make_shared<const Credential>(std::move(c));
}

void check_same_client(const ConnectionInfo& a, const ConnectionInfo& b) {
  CHECK(a.peer_certificate_sha256 == b.peer_certificate_sha256);
  CHECK(a.peer_certificate_sha256.size() == 32);
  CHECK(a.peer_identity != PeerIdentity::none);
}

}  // namespace

TEST_CASE("a server knows its client after a resumption, by each way: the chain from a cache, the leaf from a ticket") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Mutual m(way, with_second_certificate(300));
    const ConnectionInfo first = m.first();
    CHECK(first.peer_identity == PeerIdentity::chain);
    REQUIRE(first.peer_certificates.size() == 2);
    for (int i = 0; i < 3; ++i) {  // sessions of sessions, too
      const ConnectionInfo again = m.then(true);
      check_same_client(again, first);
      CHECK(again.peer_identity == (way.whole ? PeerIdentity::chain : PeerIdentity::leaf));
      CHECK(again.peer_certificates.size() == (way.whole ? 2 : 1));
      CHECK(std::ranges::equal(again.peer_certificates.front(), first.peer_certificates.front()));
      CHECK(again.peer_summary == nullptr);
      if (way.whole) CHECK(again.peer_certificates.shares_memory_with(first.peer_certificates));
    }
    CHECK(m.world.client_verdict->asked.size() == 1);
  }
}

TEST_CASE("a client knows its server after a resumption as after a full handshake") {
  for (const Way& way : kWays) {
    Mutual m(way);
    (void)m.first();
    const auto pair = m.meet();
    CHECK(pair->client.info.peer_identity == PeerIdentity::chain);
    CHECK(pair->client.info.peer_certificates == credential(KeyKind::ecdsa_p256)->chain);
  }
}

TEST_CASE("a client without a certificate stays nobody, and costs its session no notes") {
  for (const Way& way : kWays) {
    Mutual m(way);
    m.world.server.client_auth(ClientAuth::request, m.world.client_verdict);
    m.world.client.credentials(nullptr);
    CHECK(m.first().peer_identity == PeerIdentity::none);
    const ConnectionInfo again = m.then(true);
    CHECK(again.peer_identity == PeerIdentity::none);
    CHECK(again.peer_certificates.empty());
    CHECK(again.peer_certificate_sha256.empty());
    for (const auto& [key, sessions] : m.store->kept)
      for (const ClientSession& session : sessions)
        if (!way.whole) CHECK(session.state().ticket.size() == TicketKeys::kTicketSize);
  }
}

TEST_CASE("two servers with the same ticket keys, and nothing else in common, know the same client") {
  for (const Way& way : kWays) {
    if (way.whole) continue;
    Mutual m(way);
    const ConnectionInfo first = m.first();
    m.world.server.tickets(shared_ticket_keys());  // another ring with the same key
    check_same_client(m.then(true), first);
  }
}

TEST_CASE(
    "ticket_certificate: a leaf up to the limit goes whole into tickets; of a larger one a summary, which stays") {
  for (const std::size_t limit : {std::size_t{1000}, limits::kDefaultTicketLeaf})
    for (const int more : {-1, 0, 1})
      for (const Way& way : kWays) {
        if (way.whole) continue;
        CAPTURE(way.what);
        CAPTURE(more);
        const CredentialPtr client = leaf_of_size(limit + static_cast<std::size_t>(more + 1) - 1);
        Mutual m(way, client);
        if (limit != limits::kDefaultTicketLeaf) m.world.server.ticket_certificate(limit);
        const ConnectionInfo first = m.first();
        ConnectionInfo again = m.then(true);
        check_same_client(again, first);
        CHECK(again.peer_identity == (more > 0 ? PeerIdentity::summary : PeerIdentity::leaf));
        CHECK(again.peer_certificates.size() == (more > 0 ? 0 : 1));
        REQUIRE((again.peer_summary != nullptr) == (more > 0));
        if (more <= 0) continue;
        const auto leaf = pki::parse_certificate(client->chain.front());
        REQUIRE(leaf);
        if (way.version == ProtocolVersion::tls13) again = m.then(true);  // what a resumption leaves behind
        const CertificateSummary& s = *again.peer_summary;
        CHECK(std::ranges::equal(s.subject, leaf->subject));
        CHECK(std::ranges::equal(s.issuer, leaf->issuer));
        CHECK(s.serial == std::vector<std::uint8_t>{0x12, 0x34});
        CHECK(s.not_after == std::chrono::seconds(leaf->not_after));
        CHECK(as_text(s.subject_alt_names).find("client0.example.com") != std::string_view::npos);
        CHECK(s.subject_alt_names.front() == 0x30);
      }
}

TEST_CASE("a client whose very summary is too large gets no tickets; a cache keeps its chain") {
  const CredentialPtr client = credential_of(leaf_of(0, 200));  // some 5,000 bytes of names
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Mutual m(way, client);
    const ConnectionInfo first = m.first();
    const ConnectionInfo again = m.then(way.whole);
    if (way.whole) CHECK(again.peer_certificates == first.peer_certificates);
    if (!way.whole) CHECK(m.store->size() == 0);
    // Where so large a leaf may go whole, it does.
    if (way.whole) continue;
    m.world.server.ticket_certificate(limits::kMaxTicketLeaf);
    (void)m.first();
    CHECK(m.then(true).peer_identity == PeerIdentity::leaf);
  }
}

TEST_CASE("a summary may be as long as its limit and no longer: below, at and above") {
  const auto leaf = [](std::size_t name) {
    sallyport::CertificateSpec spec = sallyport::client_leaf("client of the test");
    for (int i = 0; i < 52; ++i) spec.dns_names.push_back(std::string(63, 'a') + ".example.com");
    spec.dns_names.push_back(std::string(name, 'b'));
    return credential_of(sallyport::self_signed(spec, key(sallyport::KeyType::ed25519)));
  };
  const auto known = [&](std::size_t name) {
    Mutual m(kWays[3], leaf(name));
    m.world.server.ticket_certificate(0);
    const ConnectionInfo first = m.first();
    return m.store->size() == 0 ? ConnectionInfo() : m.then(true);
  };
  const ConnectionInfo least = known(1);
  REQUIRE(least.peer_summary);
  const CertificateSummary& s = *least.peer_summary;
  const std::size_t size = s.subject.size() + s.subject_alt_names.size() + s.issuer.size() + s.serial.size();
  REQUIRE(size < limits::kMaxPeerSummary);
  const std::size_t fitting = 1 + limits::kMaxPeerSummary - size;
  REQUIRE(fitting < 63);  // it is one label
  for (const std::size_t name : {fitting - 1, fitting, fitting + 1})
    CHECK((known(name).peer_summary != nullptr) == (name <= fitting));
}

TEST_CASE("a chain that is longer than a session holds is kept as a ticket would") {
  const std::size_t leaf = credential(KeyKind::ecdsa_p256)->chain.front().size();
  for (const Way& way : kWays) {
    if (!way.whole) continue;
    for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
      Mutual m(way, with_second_certificate(limits::kMaxSessionChain - leaf + more));
      (void)m.first();
      CHECK(m.then(true).peer_identity == (more == 0 ? PeerIdentity::chain : PeerIdentity::leaf));
    }
  }
}

TEST_CASE(
    "session_data: chosen when the client is known, found again by each way, and by another server of the fleet") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Mutual m(way);
    std::vector<ConnectionInfo> asked;
    m.world.server.session_data([&](const ConnectionInfo& info) {
      asked.push_back(info);
      return std::vector<std::uint8_t>{1, 2, static_cast<std::uint8_t>(asked.size())};
    });
    CHECK(m.first().session_data.empty());
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].peer_identity == PeerIdentity::chain);
    CHECK(asked[0].resumed == Resumption::none);
    const ConnectionInfo again = m.then(true);
    CHECK(again.session_data == std::vector<std::uint8_t>{1, 2, 1});
    CHECK(again.peer_identity != PeerIdentity::none);
    if (way.version == ProtocolVersion::tls12) {
      // Its ticket goes out before the client has proven that the session is its own: what there is goes on.
      CHECK(m.then(true).session_data == std::vector<std::uint8_t>{1, 2, 1});
      CHECK(asked.size() == 1);
      continue;
    }
    // New tickets: the application is asked again, and knows what was there.
    REQUIRE(asked.size() == 2);
    CHECK(asked[1].resumed == way.how);
    CHECK(asked[1].session_data == std::vector<std::uint8_t>{1, 2, 1});
    // A server that says nothing hands on what is there.
    m.world.server.session_data(nullptr);
    CHECK(m.then(true).session_data == std::vector<std::uint8_t>{1, 2, 2});
    CHECK(m.then(true).session_data == std::vector<std::uint8_t>{1, 2, 2});
  }
}

TEST_CASE("TLS 1.2: who has only seen a session ID leaves no new session behind and makes nobody ask the application") {
  struct Counting final : SessionCache {
    std::size_t puts = 0;
    void put(Bytes, const SessionState&, Clock::Milliseconds, Clock::Milliseconds) override { ++puts; }
    Answer<std::optional<SessionState>> find(Bytes, Clock::Milliseconds) override {
      return std::optional<SessionState>();
    }
    Answer<std::optional<SessionState>> take(Bytes, Clock::Milliseconds) override {
      return std::optional<SessionState>();
    }
    void remove(Bytes) override {}
  };
  Mutual m(kWays[0]);
  (void)m.first();
  const auto counting = std::make_shared<Counting>();
  std::size_t asked = 0;
  m.world.server.tickets(single_use_tickets(counting)).session_data([&](const ConnectionInfo&) {
    ++asked;
    return std::vector<std::uint8_t>{1};
  });
  CHECK(m.then(true).peer_identity == PeerIdentity::chain);
  CHECK(counting->puts == 0);
  CHECK(asked == 0);
}

TEST_CASE("session_data without a client's certificate, and none: an empty answer is no notes") {
  for (const Way& way : kWays)
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}}) {
      Mutual m(way);
      m.world.server.client_auth(ClientAuth::none, nullptr).session_data([=](const ConnectionInfo&) {
        return std::vector<std::uint8_t>(size, 7);
      });
      (void)m.first();
      CHECK(m.then(true).session_data == std::vector<std::uint8_t>(size, 7));
    }
}

TEST_CASE("session_data that is too long fails the handshake in words: below, at and above the limit") {
  for (const Way& way : kWays)
    for (const std::size_t size : {kMaxSessionData - 1, kMaxSessionData, kMaxSessionData + 1}) {
      CAPTURE(way.what);
      Mutual m(way);
      m.world.server.session_data([=](const ConnectionInfo&) { return std::vector<std::uint8_t>(size, 7); });
      if (size <= kMaxSessionData) {
        (void)m.first();
        CHECK(m.then(true).session_data.size() == size);
        continue;
      }
      Pair p(m.world);
      p.run();
      REQUIRE(p.server.code() == Code::misuse);
      CHECK(p.server.error->alert() == Alert::internal_error);
      CHECK(p.server.error->detail().find("1025 bytes") != std::string::npos);
    }
}

TEST_CASE("a state without its notes, or with those of another kind, is an unknown session") {
  SessionNotes notes;
  notes.identity = PeerIdentity::leaf;
  notes.certificates = CertificateChain(credential(KeyKind::ecdsa_p256)->chain);
  SessionNotes data;
  data.application_data = {1};
  session::State state;
  state.secret = session::ResumptionKey(ByteVector(48, 1));
  for (const SessionNotes& n : {notes, data}) {
    state.notes = std::make_shared<const SessionNotes>(n);
    SessionState kept = state.encode();
    CHECK(session::State::decode(kept));
    kept.note(nullptr);
    CHECK_FALSE(session::State::decode(kept));
    kept.note(std::make_shared<const SessionNotes>(n.identity == PeerIdentity::leaf ? data : notes));
    CHECK_FALSE(session::State::decode(kept));
  }
  state.notes = nullptr;
  SessionState kept = state.encode();
  CHECK(session::State::decode(kept));
  kept.note(std::make_shared<const SessionNotes>(data));
  CHECK_FALSE(session::State::decode(kept));
}
