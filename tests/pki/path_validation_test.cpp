// RFC 5280 §6: certification paths, one broken rule at a time.
#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>

#include "base/limits.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using tls::test::kNow;
using tls::test::outcome;
using Der = sallyport::der::Der;

namespace {

constexpr std::int64_t kDay = 86400;

struct Fixture : test::Authority {
  CertificateSpec good = server_leaf("leaf", {"a.example"});

  std::optional<Error> ask(const std::vector<Der>& chain, bool server = true, std::int64_t now = kNow) const {
    return test::verdict(root.pem(), chain, "a.example", server, now);
  }
  std::optional<Error> ask_leaf(const CertificateSpec& spec, bool server = true, std::int64_t now = kNow) const {
    return ask({leaf(spec).certificate, intermediate.certificate}, server, now);
  }
  /// A chain whose intermediate says this.
  std::optional<Error> ask_intermediate(const CertificateSpec& spec, bool server = true) const {
    const Issued middle = issue(root, spec, test::key(KeyType::ecdsa_p256, 3));
    return ask({issue(middle, good, test::key()).certificate, middle.certificate}, server);
  }
};

bool says(const std::optional<Error>& error, std::string_view words) {
  return error && error->detail().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a good chain is accepted, with or without its root") {
  const Der end = leaf(good).certificate;
  CHECK(outcome(ask({end, intermediate.certificate})) == "accepted");
  CHECK(outcome(ask({end, intermediate.certificate, root.certificate})) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "RFC 9846 §4.5.1: order and extra certificates do not matter") {
  const Der end = leaf(good).certificate;
  const Issued stranger = self_signed(authority("Stranger"), test::key(KeyType::ecdsa_p256, 5));
  CHECK(outcome(ask({end, root.certificate, stranger.certificate, intermediate.certificate})) == "accepted");
  CHECK(outcome(ask({end, Der{0x30, 0x00}, intermediate.certificate})) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "every kind of key and signature that is supported verifies") {
  for (const KeyType type :
       {KeyType::ecdsa_p256, KeyType::ecdsa_p384, KeyType::ecdsa_p521, KeyType::ed25519, KeyType::rsa_2048})
    for (const char* hash : {"SHA-256", "SHA-384", "SHA-512"}) {
      const Issued ca = self_signed(authority("CA"), test::key(type, 1));
      CertificateSpec spec = good;
      spec.hash = hash;
      CAPTURE(static_cast<int>(type));
      CAPTURE(hash);
      const Issued end = issue(ca, spec, test::key());
      CHECK(outcome(test::verdict(ca.pem(), {end.certificate}, "a.example")) == "accepted");
    }
}

TEST_CASE_FIXTURE(Fixture, "RFC 4055 §3.1: RSASSA-PSS signatures with SHA-256 or better verify") {
  const Issued ca = self_signed(authority("CA"), test::key(KeyType::rsa_2048));
  for (const char* hash : {"SHA-256", "SHA-384", "SHA-512"}) {
    CertificateSpec spec = good;
    spec.hash = hash;
    spec.pss = true;
    CHECK(outcome(test::verdict(ca.pem(), {issue(ca, spec, test::key()).certificate}, "a.example")) == "accepted");
  }
  CertificateSpec weak = good;
  weak.hash = "SHA-1";
  weak.pss = true;
  CHECK(outcome(test::verdict(ca.pem(), {issue(ca, weak, test::key()).certificate}, "a.example")) ==
        "weak_certificate_signature");
}

TEST_CASE_FIXTURE(Fixture, "an unknown issuer is refused, and the words name it") {
  const Issued stranger = self_signed(authority("Stranger"), test::key(KeyType::ecdsa_p256, 5));
  const auto error = ask({issue(stranger, good, test::key()).certificate});
  CHECK(outcome(error) == "unknown_ca");
  CHECK(says(error, "CN=Stranger"));
  const auto ends_in_root = ask({issue(stranger, good, test::key()).certificate, stranger.certificate});
  CHECK(outcome(ends_in_root) == "unknown_ca");
  CHECK(says(ends_in_root, "self-signed"));
}

TEST_CASE_FIXTURE(Fixture, "a missing intermediate is told from an unknown root") {
  const auto error = ask({leaf(good).certificate});
  CHECK(outcome(error) == "unknown_ca");
  CHECK(says(error, "CN=Test Intermediate"));
  CHECK(says(error, "missing intermediate"));
}

TEST_CASE_FIXTURE(Fixture, "an authority of the same name with another key is not the authority") {
  CertificateSpec spec = authority("Test Root");
  spec.key_identifiers = false;
  const Issued impostor = self_signed(spec, test::key(KeyType::ecdsa_p256, 5));
  CertificateSpec anonymous = good;
  anonymous.key_identifiers = false;
  CHECK(outcome(ask({issue(impostor, anonymous, test::key()).certificate})) == "bad_certificate_signature");
  CHECK(outcome(ask({issue(impostor, good, test::key()).certificate})) == "unknown_ca");  // its key identifier tells
}

TEST_CASE_FIXTURE(Fixture, "one flipped bit anywhere in the leaf is refused") {
  const Der end = leaf(good).certificate;
  for (std::size_t i = 0; i < end.size(); ++i) {
    Der changed = end;
    changed[i] ^= 0x01;
    CAPTURE(i);
    CHECK(outcome(ask({changed, intermediate.certificate})) != "accepted");
  }
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.1.2.5: validity includes both its ends") {
  CertificateSpec spec = good;
  spec.not_before = kNow - kDay;
  spec.not_after = kNow + kDay;
  CHECK(outcome(ask_leaf(spec, true, spec.not_before)) == "accepted");
  CHECK(outcome(ask_leaf(spec, true, spec.not_after)) == "accepted");
  const auto late = ask_leaf(spec, true, spec.not_after + 1);
  CHECK(outcome(late) == "certificate_expired");
  CHECK(says(late, "2026-07-02 00:00:00 UTC"));
  const auto early = ask_leaf(spec, true, spec.not_before - 1);
  CHECK(outcome(early) == "certificate_not_yet_valid");
  CHECK(says(early, "2026-06-30 00:00:00 UTC"));
}

TEST_CASE_FIXTURE(Fixture, "an expired authority ends the path too") {
  CertificateSpec spec = authority("Old");
  spec.not_after = kNow - kDay;
  const auto error = ask_intermediate(spec);
  CHECK(outcome(error) == "certificate_expired");
  CHECK(says(error, "CN=Old"));
}

TEST_CASE_FIXTURE(Fixture, "another path is tried when the first is not valid: cross-signing") {
  CertificateSpec old = authority("Cross");
  old.not_after = kNow - kDay;
  const KeyPtr shared = test::key(KeyType::ecdsa_p256, 4);
  const Issued expired = issue(root, old, shared), fresh = issue(root, authority("Cross"), shared);
  const Der end = issue(fresh, good, test::key()).certificate;
  CHECK(outcome(ask({end, expired.certificate, fresh.certificate})) == "accepted");
  CHECK(outcome(ask({end, expired.certificate})) == "certificate_expired");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §6.1.4 (k): an issuer is an authority") {
  CertificateSpec spec = authority("Not a CA");
  spec.ca = false;
  CHECK(outcome(ask_intermediate(spec)) == "issuer_not_an_authority");
  spec.ca = std::nullopt;
  CHECK(outcome(ask_intermediate(spec)) == "issuer_not_an_authority");
}

TEST_CASE_FIXTURE(Fixture, "an anchor of version 3 is an authority only where it says so") {
  const Issued pinned = self_signed(server_leaf("Pinned", {"b.example"}), test::key(KeyType::ecdsa_p256, 3));
  CHECK(outcome(test::verdict(pinned.pem(), {issue(pinned, good, test::key()).certificate}, "a.example")) ==
        "issuer_not_an_authority");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §6.1.4 (n): an issuer may sign certificates") {
  CertificateSpec spec = authority("No keyCertSign");
  spec.key_usage = KeyUsageBits{.digital_signature = true, .crl_sign = true};
  CHECK(outcome(ask_intermediate(spec)) == "certificate_purpose");
  spec.key_usage = std::nullopt;
  CHECK(outcome(ask_intermediate(spec)) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.2.1.9: path lengths") {
  const auto below = [&](std::uint32_t limit) {
    const Issued top = issue(root, authority("Top", limit), test::key(KeyType::ecdsa_p256, 3));
    const Issued sub = issue(top, authority("Sub"), test::key(KeyType::ecdsa_p256, 4));
    return outcome(ask({issue(sub, good, test::key()).certificate, sub.certificate, top.certificate}));
  };
  CHECK(below(0) == "path_too_long");
  CHECK(below(1) == "accepted");
  // §6.1.4 (l): what is self-issued, an authority with a new key, does not count.
  const Issued top = issue(root, authority("Top", 0), test::key(KeyType::ecdsa_p256, 3));
  const Issued renewed = issue(top, authority("Top"), test::key(KeyType::ecdsa_p256, 4));
  CHECK(outcome(ask({issue(renewed, good, test::key()).certificate, renewed.certificate, top.certificate})) ==
        "accepted");
  CHECK(outcome(ask_intermediate(authority("Leaves only", 0))) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.2.1.10: an authority's name constraints bind what is below it") {
  CertificateSpec spec = authority("Constrained");
  spec.name_constraints = NameConstraints{.permitted_dns = {"a.example"}};
  CHECK(outcome(ask_intermediate(spec)) == "accepted");
  spec.name_constraints = NameConstraints{.permitted_dns = {"b.example"}};
  CHECK(outcome(ask_intermediate(spec)) == "name_constraints_violated");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §6.1.3 (b): in a path, too, a self-issued intermediate is exempt, a leaf is not") {
  CertificateSpec spec = authority("Same");
  spec.name_constraints = NameConstraints{.permitted_dns = {"a.example"}};
  const Issued top = issue(root, spec, test::key(KeyType::ecdsa_p256, 3));
  CertificateSpec other = authority("Same");
  other.dns_names = {"b.example"};
  const Issued renewed = issue(top, other, test::key(KeyType::ecdsa_p256, 4));
  CHECK(outcome(ask({issue(renewed, good, test::key()).certificate, renewed.certificate, top.certificate})) ==
        "accepted");
  const Der end = issue(top, server_leaf("Same", {"a.example", "b.example"}), test::key()).certificate;
  CHECK(outcome(ask({end, top.certificate})) == "name_constraints_violated");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §6.1: an explicit policy that an authority demands is asked of the path") {
  const Extension policies = {"2.5.29.32", false, der::sequence({der::sequence({der::oid("1.2.3")})})};
  CertificateSpec spec = authority("Demands");
  spec.extra = {policies, {"2.5.29.36", true, der::sequence({der::implicitly(0, Der{0})})}};
  CHECK(outcome(ask_intermediate(spec)) == "no_valid_policy");
  good.extra = {policies};
  CHECK(outcome(ask_intermediate(spec)) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "our own limit on a path's length: at it, and above") {
  const auto chain_of = [&](std::size_t authorities) {
    std::vector<Issued> cas;
    for (std::size_t i = 0; i < authorities; ++i)
      cas.push_back(
          issue(i == 0 ? root : cas.back(), authority("CA " + std::to_string(i)), test::key(KeyType::ecdsa_p256, 3)));
    std::vector<Der> chain = {issue(cas.back(), good, test::key()).certificate};
    for (auto ca = cas.rbegin(); ca != cas.rend(); ++ca) chain.push_back(ca->certificate);
    return outcome(ask(chain));
  };
  CHECK(chain_of(limits::kMaxPathLength - 3) == "accepted");  // below, with leaf and root
  CHECK(chain_of(limits::kMaxPathLength - 2) == "accepted");
  CHECK(chain_of(limits::kMaxPathLength - 1) == "path_too_long");
}

TEST_CASE_FIXTURE(Fixture, "a maze of authorities with one name costs a bounded time") {
  CertificateSpec spec = authority("Maze");
  spec.key_identifiers = false;
  const Issued seed = self_signed(spec, test::key(KeyType::ecdsa_p256, 3));
  CertificateSpec anonymous = good;
  anonymous.key_identifiers = false;
  std::vector<Der> chain = {issue(seed, anonymous, test::key()).certificate};
  while (chain.size() < limits::kMaxCertificates) chain.push_back(issue(seed, spec, test::key()).certificate);
  CHECK(outcome(ask(chain)) == "certificate_too_complex");
  chain.push_back(intermediate.certificate);
  const auto error = ask(chain);
  CHECK(outcome(error) == "certificate_too_complex");  // more certificates than are looked at
  CHECK(says(error, "at most " + std::to_string(limits::kMaxCertificates)));
}

TEST_CASE_FIXTURE(Fixture, "certificates visited in search of a path: at the limit, below, and above") {
  const auto nameless = [](std::string name) {
    CertificateSpec spec = authority(std::move(name));
    spec.key_identifiers = false;
    return spec;
  };
  const KeyPtr any = test::key(KeyType::ecdsa_p256, 5);
  const Issued right = issue(root, nameless("Right"), test::key(KeyType::ecdsa_p256, 3));
  const Issued nowhere = self_signed(nameless("Nowhere"), any), dead_end = issue(nowhere, nameless("Dead End"), any);
  // No two certificates are the same, or one would be dropped: each has a serial number of its own.
  const auto wrong = [&] { return issue(dead_end, nameless("Right"), any).certificate; };  // leads to each dead end
  const auto wrong_alone = [&] { return issue(nowhere, nameless("Right"), any).certificate; };
  CertificateSpec anonymous = good;
  anonymous.key_identifiers = false;
  const Der end = issue(right, anonymous, test::key()).certificate;
  // The leaf, two wrong issuers each with its dead ends, others without, at last the right one.
  const auto search = [&](std::size_t dead_ends, std::size_t others) {
    std::vector<Der> chain = {end, wrong(), wrong()};
    for (std::size_t i = 0; i < dead_ends; ++i) chain.push_back(issue(nowhere, nameless("Dead End"), any).certificate);
    for (std::size_t i = 0; i < others; ++i) chain.push_back(wrong_alone());
    chain.push_back(right.certificate);
    return ask(chain);
  };
  const std::size_t dead_ends = (limits::kMaxPathSteps - 4) / 2;
  static_assert(limits::kMaxPathSteps % 2 == 0);
  CHECK(outcome(search(dead_ends - 1, 1)) == "accepted");
  CHECK(outcome(search(dead_ends, 0)) == "accepted");
  const auto error = search(dead_ends, 1);
  CHECK(outcome(error) == "certificate_too_complex");
  CHECK(says(error, "among the first " + std::to_string(limits::kMaxPathSteps)));
}

TEST_CASE_FIXTURE(Fixture, "signatures that are verified in search of a path: at the limit, and above") {
  CertificateSpec spec = authority("Twin");
  spec.key_identifiers = false;
  CertificateSpec anonymous = good;
  anonymous.key_identifiers = false;
  // Of so many roots of one name any may be the right one; the order in which they are tried is not ours to know.
  const auto accepted = [&](std::size_t roots) {
    std::vector<Issued> twins;
    std::string pem;
    for (std::size_t i = 0; i < roots; ++i) {
      twins.push_back(self_signed(spec, test::key(KeyType::ecdsa_p256, 10 + static_cast<int>(i))));
      pem += twins.back().pem();
    }
    std::size_t count = 0;
    for (const Issued& right : twins) {
      const auto error = test::verdict(pem, {issue(right, anonymous, test::key()).certificate}, "a.example");
      if (error) CHECK(outcome(error) == "certificate_too_complex");
      count += !error;
    }
    return count;
  };
  CHECK(accepted(limits::kMaxVerifications) == limits::kMaxVerifications);
  CHECK(accepted(limits::kMaxVerifications + 1) == limits::kMaxVerifications);
}

TEST_CASE("a name of many attributes costs a bounded time: it is refused by its number of them") {
  using namespace der;
  Der attributes;
  const Der one = set({sequence({oid("2.5.4.3"), utf8("abc")})});
  while (attributes.size() < 100'000) attributes.insert(attributes.end(), one.begin(), one.end());
  const Der issuer = element(0x30, attributes), algorithm = test::key()->signature_algorithm("SHA-256");
  const Der validity = sequence({time(kNow - kDay), time(kNow + kDay)});
  const Der to_be_signed =
      sequence({integer(1), algorithm, issuer, validity, distinguished_name("leaf"), test::key()->spki()});
  const Issued stranger = self_signed(authority("Stranger"), test::key(KeyType::ecdsa_p256, 5));
  std::vector<Der> chain = {sequence({to_be_signed, algorithm, bit_string(Der(64))})};
  chain.insert(chain.end(), limits::kMaxCertificates - 1, stranger.certificate);
  const test::Authority trusted;
  const std::clock_t before = std::clock();
  CHECK(outcome(test::verdict(trusted.root.pem(), chain, "a.example")) == "certificate_too_complex");
  CHECK((std::clock() - before) / CLOCKS_PER_SEC < 2);  // seconds of this process
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.2.1.12: the leaf's purpose fits its role") {
  CertificateSpec server_only = good, client_only = good, any = good, both = good, none = good;
  client_only.extended_key_usage = {kClientAuth};
  any.extended_key_usage = {"2.5.29.37.0"};
  both.extended_key_usage = {kClientAuth, kServerAuth};
  none.extended_key_usage = {};
  CHECK(outcome(ask_leaf(client_only)) == "certificate_purpose");
  CHECK(outcome(ask_leaf(server_only, false)) == "certificate_purpose");
  CHECK(outcome(ask_leaf(client_only, false)) == "accepted");
  for (const auto& spec : {any, both, none}) {
    CHECK(outcome(ask_leaf(spec)) == "accepted");
    CHECK(outcome(ask_leaf(spec, false)) == "accepted");
  }
}

TEST_CASE_FIXTURE(Fixture, "an authority that may not issue for servers does not") {
  CertificateSpec spec = authority("Clients only");
  spec.extended_key_usage = {kClientAuth};
  CHECK(outcome(ask_intermediate(spec)) == "certificate_purpose");
  spec.extended_key_usage = {kClientAuth, kServerAuth};
  CHECK(outcome(ask_intermediate(spec)) == "accepted");
  good.extended_key_usage = {};
  for (const char* purpose : {kClientAuth, kServerAuth})
    for (const bool server : {false, true}) {
      spec.extended_key_usage = {purpose};
      const bool fits = (purpose == kServerAuth) == server;
      CHECK(outcome(ask_intermediate(spec, server)) == (fits ? "accepted" : "certificate_purpose"));
    }
}

TEST_CASE_FIXTURE(Fixture, "RFC 9846 §4.5.1.2: a leaf whose keyUsage lacks digitalSignature cannot sign handshakes") {
  CertificateSpec spec = good;
  spec.key_usage = KeyUsageBits{.key_encipherment = true};
  CHECK(outcome(ask_leaf(spec)) == "certificate_purpose");
  spec.key_usage = std::nullopt;
  CHECK(outcome(ask_leaf(spec)) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.2: an unknown extension is refused when it is critical, else ignored") {
  CertificateSpec spec = good;
  spec.extra = {{"1.3.6.1.4.1.55555.1", true, der::null()}};
  const auto error = ask_leaf(spec);
  CHECK(outcome(error) == "unknown_critical_extension");
  CHECK(says(error, "1.3.6.1.4.1.55555.1"));
  spec.extra[0].critical = false;
  CHECK(outcome(ask_leaf(spec)) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.2: an extension that is there twice is refused") {
  CertificateSpec spec = good;
  spec.extra = {{"1.3.6.1.4.1.55555.1", false, der::null()}, {"1.3.6.1.4.1.55555.1", false, der::null()}};
  CHECK(outcome(ask_leaf(spec)) == "bad_certificate");
}

TEST_CASE_FIXTURE(Fixture, "RFC 9846 §4.3.3: an ECDSA signature with SHA-1 is refused for its hash") {
  good.hash = "SHA-1";
  CHECK(outcome(ask_leaf(good)) == "weak_certificate_signature");
}

TEST_CASE_FIXTURE(Fixture, "weak keys and weak hashes are refused") {
  CHECK(outcome(ask({issue(intermediate, good, test::key(KeyType::rsa_1024)).certificate, intermediate.certificate})) ==
        "unsupported_certificate");
  const Issued weak = self_signed(authority("Weak"), test::key(KeyType::rsa_1024));
  const auto weak_root = test::verdict(weak.pem(), {issue(weak, good, test::key()).certificate}, "a.example");
  CHECK(outcome(weak_root) == "bad_key_file");  // before any handshake
  CHECK(says(weak_root, "1024 bits"));
  for (const KeyType type : {KeyType::ecdsa_p256, KeyType::rsa_2048}) {
    const Issued ca = self_signed(authority("CA"), test::key(type));
    CertificateSpec spec = good;
    spec.hash = "SHA-1";
    const auto error = test::verdict(ca.pem(), {issue(ca, spec, test::key()).certificate}, "a.example");
    CHECK(outcome(error) == "weak_certificate_signature");
    CHECK(says(error, "SHA-1"));
  }
}

TEST_CASE_FIXTURE(Fixture, "a root's own signature proves nothing: SHA-1 on it is no matter") {
  CertificateSpec spec = authority("Old Root");
  spec.hash = "SHA-1";
  const Issued ca = self_signed(spec, test::key(KeyType::rsa_2048));
  CHECK(outcome(test::verdict(ca.pem(), {issue(ca, good, test::key()).certificate}, "a.example")) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "a self-signed leaf is its own root, and still has to fit name, time and purpose") {
  CertificateSpec spec = good;
  const Issued self = self_signed(spec, test::key());
  const auto alone = [&](const Issued& one, const char* name, std::int64_t now = kNow) {
    return outcome(test::verdict(one.pem(), {one.certificate}, name, true, now));
  };
  CHECK(alone(self, "a.example") == "accepted");
  CHECK(alone(self, "b.example") == "name_mismatch");
  CHECK(alone(self, "a.example", spec.not_after + 1) == "certificate_expired");
  CHECK(outcome(ask({self.certificate})) == "unknown_ca");
  spec.extended_key_usage = {kClientAuth};
  CHECK(alone(self_signed(spec, test::key()), "a.example") == "certificate_purpose");
}

TEST_CASE_FIXTURE(Fixture, "a trusted leaf's own signature is not looked at, whatever made it") {
  CertificateSpec spec = good;
  spec.hash = "SHA-1";
  const Issued self = self_signed(spec, test::key());
  CHECK(outcome(test::verdict(self.pem(), {self.certificate}, "a.example")) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "a leaf whose point is on no curve is refused, before any handshake") {
  Der end = leaf(good).certificate;
  const Der point = test::key()->public_bits();
  const auto at = std::search(end.begin(), end.end(), point.begin(), point.end());
  REQUIRE(at != end.end());
  at[static_cast<std::ptrdiff_t>(point.size()) - 1] ^= 0x01;
  const auto error = ask({end, intermediate.certificate});
  CHECK(outcome(error) == "bad_certificate");
}

TEST_CASE_FIXTURE(Fixture, "clients are verified without a name") {
  const auto leaf_certificate = leaf(client_leaf("somebody")).certificate;
  CHECK(outcome(test::verdict(root.pem(), {leaf_certificate, intermediate.certificate}, "", false)) == "accepted");
  CHECK(outcome(test::verdict(root.pem(), {leaf_certificate, intermediate.certificate}, "", true)) ==
        "certificate_purpose");
}

TEST_CASE_FIXTURE(Fixture, "an empty chain and garbage are refused") {
  CHECK(outcome(ask({})) == "bad_certificate");
  CHECK(outcome(ask({Der{}})) == "bad_certificate");
  CHECK(outcome(ask({Der(100, 0x30)})) == "bad_certificate");
}
