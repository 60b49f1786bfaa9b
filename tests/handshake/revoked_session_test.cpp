// A CRL that comes into force ends the sessions of whom it revokes, by whatever way they come back, on both sides.
#include "handshake/ways.h"
#include "resumption13/resuming.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;
using namespace std::chrono_literals;

namespace {

/// Two peers of one authority, and the CRLs that it gives out.
struct Authorities : Authority {
  Issued server = leaf(sallyport::server_leaf("server", {"example.com"}));
  Issued client = leaf(sallyport::client_leaf("client"));
  Issued stranger = leaf(sallyport::client_leaf("stranger"));
  std::shared_ptr<const ChainVerifier> roots = *trust_pem(root.pem());

  [[nodiscard]] CredentialPtr credential_of(const Issued& one) const {
    auto made = load_credential(one.pem() + intermediate.pem(), one.key_pem());
    REQUIRE(made);
    return *made;
  }
  /// A verifier by whose CRL `revoked` is; null: nobody.
  [[nodiscard]] std::shared_ptr<const ChainVerifier> revoking(const Issued* revoked,
                                                              CrlPolicy policy = CrlPolicy::require_leaf) const {
    CrlSpec spec{.issuer = &intermediate, .this_update = kNow - 3600, .next_update = kNow + 86400};
    if (revoked != nullptr) spec.entries = {{.serial = revoked->serial, .revoked_at = kNow - 60}};
    CrlSet::Builder builder;
    REQUIRE(builder.add(to_pem("X509 CRL", crl(spec))));
    return *with_crls(roots, builder.build(), policy);
  }
};

/// How much a ticket keeps of the client's certificate: its leaf, or a summary.
constexpr std::size_t kTicketLeaves[] = {limits::kDefaultTicketLeaf, 0};

/// A client and a server that both verify by CRLs, and resume in one way.
struct Revocable : Authorities {
  Mutual m;
  explicit Revocable(const Way& way, std::size_t ticket_leaf = limits::kDefaultTicketLeaf)
      : m(way, credential_of(client)) {
    m.world.source->answer = credential_of(server);
    m.world.server.ticket_certificate(ticket_leaf);
    server_knows(nullptr);
    client_knows(nullptr);
  }
  void server_knows(const Issued* revoked) { m.world.server.client_auth(ClientAuth::require, revoking(revoked)); }
  void client_knows(const Issued* revoked) { m.world.client.trust(revoking(revoked)); }
};

}  // namespace

TEST_CASE("a revoked serial resumes by no way: the client's, at a server whose CRL was exchanged") {
  for (const Way& way : kWays)
    for (const std::size_t ticket_leaf : kTicketLeaves) {
      CAPTURE(way.what);
      CAPTURE(ticket_leaf);
      Revocable r(way, ticket_leaf);
      const ConnectionInfo info = r.m.first();
      REQUIRE(info.crl);
      CHECK(info.crl->next_update == std::chrono::seconds(kNow + 86400));
      const ConnectionInfo resumed = r.m.then(true);
      CHECK_FALSE(resumed.crl);
      if (!way.whole) CHECK(resumed.peer_identity == (ticket_leaf == 0 ? PeerIdentity::summary : PeerIdentity::leaf));
      r.server_knows(&r.stranger);  // sessions outlive an exchange of CRLs
      (void)r.m.then(true);
      r.server_knows(&r.client);
      Pair p(r.m.world);
      p.run();
      CHECK(p.server.code() == Code::certificate_revoked);
      CHECK(p.server.info.resumed == Resumption::none);
    }
}

TEST_CASE("a revoked serial resumes by no way: the server's, whose session the client drops and does not offer") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Revocable r(way);
    (void)r.m.first();
    (void)r.m.then(true);
    r.client_knows(&r.stranger);
    (void)r.m.then(true);
    REQUIRE(r.m.store->size() > 0);
    r.client_knows(&r.server);
    Pair p(r.m.world);
    CHECK(r.m.store->size() == 0);
    p.run();
    CHECK(p.client.code() == Code::certificate_revoked);
    CHECK(p.client.info.resumed == Resumption::none);
  }
}

TEST_CASE("a client that was revoked resumes again once it shows another certificate") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Revocable r(way);
    (void)r.m.first();
    r.server_knows(&r.client);
    r.m.world.client.credentials(std::make_shared<Source>(r.credential_of(r.stranger)));
    (void)r.m.then(false);
    (void)r.m.then(true);
  }
}

TEST_CASE("sessions end with the CRL that the policy demands, and go on with the next") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Revocable r(way);
    (void)r.m.first();
    r.m.world.server.client_auth(ClientAuth::require, *with_crls(r.roots, CrlSet(), CrlPolicy::require_leaf));
    Pair p(r.m.world);
    p.run();
    CHECK(p.server.code() == Code::revocation_unknown);
    CHECK(p.server.info.resumed == Resumption::none);
  }
}

TEST_CASE("another policy is another verifier: its sessions begin anew") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Revocable r(way);
    (void)r.m.first();
    r.m.world.server.client_auth(ClientAuth::require, r.revoking(nullptr, CrlPolicy::if_present));
    (void)r.m.then(false);
    (void)r.m.then(true);
  }
}

TEST_CASE("a revoked serial has no early data: neither side takes its session up") {
  for (const bool server_side : {true, false}) {
    CAPTURE(server_side);
    const Authorities a;
    Resuming r;
    r.world.source->answer = a.credential_of(a.server);
    r.world.client.early_data(true)
        .credentials(std::make_shared<Source>(a.credential_of(a.client)))
        .trust(a.revoking(nullptr));
    r.world.server.client_auth(ClientAuth::require, a.revoking(nullptr)).early_data(1000, r.guard, 10'000ms);
    EarlyWire first(r);
    first.run();
    REQUIRE(first.connected());
    {
      EarlyWire again(r, "early");
      again.run();
      REQUIRE(again.connected());
      CHECK(as_text(again.server.early) == "early");
    }
    if (server_side) {
      r.world.server.client_auth(ClientAuth::require, a.revoking(&a.client));
      EarlyWire w(r, "early");
      w.run();
      CHECK(w.server.early.empty());
      REQUIRE(w.server.error);
      CHECK(w.server.error->code() == Code::certificate_revoked);
    } else {
      r.world.client.trust(a.revoking(&a.server));
      EarlyWire w(r);
      CHECK(w.client_connection->early_data_left() == 0);
      w.run();
      REQUIRE(w.client.error);
      CHECK(w.client.error->code() == Code::certificate_revoked);
    }
  }
}
