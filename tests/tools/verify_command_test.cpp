// sallyport verify: the verdict as an exit status, in a sentence, in JSON and in words.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/pki.h"
#include "tools/run.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;

namespace {

/// Files of a chain and its root; the intermediate has a twin of the same name and key that has expired.
struct Fixture : Authority {
  TemporaryFolder folder;
  Issued leaf_issued = leaf(server_leaf("leaf", {"a.example"}));
  std::string roots = folder.file("roots.pem", root.pem());
  std::string whole = folder.file("whole.pem", leaf_issued.pem() + expired_twin().pem() + intermediate.pem());
  std::string bare = folder.file("bare.pem", leaf_issued.pem());
  std::string missing = folder.file("intermediates.pem", intermediate.pem());

  [[nodiscard]] Issued expired_twin() const {
    CertificateSpec spec = authority("Test Intermediate");
    spec.not_after = kNow - 1;
    return issue(root, spec, intermediate.key);
  }
  /// The command, with the time of these certificates.
  [[nodiscard]] Ran verify(std::vector<std::string> more, const std::string& input = {}) const {
    std::vector<std::string> arguments = {"verify", "--roots", roots, "--time", std::to_string(kNow)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments, input);
  }
};

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the exit status is the verdict, and a refusal says which rule decided") {
  const Ran good = verify({"--name", "a.example", whole});
  CHECK(good.status == 0);
  CHECK(says(good.out, "accepted, until 2049-12-31 23:59:59 UTC"));
  const Ran named = verify({"--name", "b.example", whole});
  CHECK(named.status == 4);
  CHECK(says(named.out, "'b.example' was asked for, and the certificate is for a.example"));
  CHECK(says(named.out, "RFC 9525"));
  const Ran incomplete = verify({"--name", "a.example", bare});
  CHECK(incomplete.status == 4);
  CHECK(says(incomplete.out, "missing intermediate"));
  CHECK(verify({"--name", "a.example", "--intermediates", missing, bare}).status == 0);
  CHECK(verify({"--client", whole}).status == 4);  // extKeyUsage: serverAuth alone
}

TEST_CASE_FIXTURE(Fixture, "the time is that of --time, in three forms") {
  for (const char* time : {"2055-01-01", "2055-01-01T00:00:00Z", "2682374400"}) {
    const Ran late = run_tool({"verify", "--roots", roots, "--time", time, "--name", "a.example", whole});
    CHECK(late.status == 4);
    CHECK(says(late.out, "expired on"));
    CHECK(says(late.out, "it is now 2055-01-01 00:00:00 UTC"));
  }
  for (const char* time : {"soon", "2027-02-30", "99999999999999999999"})
    CHECK(run_tool({"verify", "--roots", roots, "--time", time, "--name", "a.example", whole}).status == 1);
}

TEST_CASE_FIXTURE(Fixture, "JSON: every path that was tried and the rule at which it ended") {
  const Ran good = verify({"--name", "a.example", "--json", whole});
  REQUIRE(good.status == 0);
  const auto accepted = nlohmann::json::parse(good.out);
  CHECK(accepted.at("verdict") == "accepted");
  CHECK(accepted.at("error").is_null());
  REQUIRE(accepted.at("paths").size() == 1);
  CHECK(accepted.at("paths")[0].at("certificates").size() == 3);
  CHECK(accepted.at("signatures_verified") == 2);
  CHECK(accepted.at("left_out").is_null());
  CHECK(accepted.at("valid_until") == "2049-12-31T23:59:59Z");
  CHECK(accepted.at("paths")[0].at("certificates")[0].at("not_after") == "2049-12-31T23:59:59Z");

  const std::string only_expired = folder.file("expired.pem", leaf_issued.pem() + expired_twin().pem());
  const Ran bad = verify({"--name", "a.example", "--json", only_expired});
  CHECK(bad.status == 4);
  const auto refused = nlohmann::json::parse(bad.out);
  CHECK(refused.at("verdict") == "refused");
  CHECK(refused.at("error").at("code") == "certificate_expired");
  CHECK(refused.at("error").at("alert") == "certificate_expired");
  REQUIRE(refused.at("paths").size() == 1);
  CHECK(refused.at("paths")[0].at("verdict") == "refused");
  CHECK(refused.at("paths")[0].at("reaches_trust") == true);
  CHECK(refused.at("paths")[0].at("certificates")[1].at("subject") == "CN=Test Intermediate");
}

TEST_CASE_FIXTURE(Fixture, "the judge is that of the handshake: a certificate that cannot be read is told of") {
  const std::string broken = to_pem("CERTIFICATE", {0x30, 0x03, 0x02, 0x01, 0x00});
  const Ran bad = verify({"--name", "a.example", "--json", folder.file("bad.pem", leaf_issued.pem() + broken)});
  CHECK(bad.status == 4);
  const auto refused = nlohmann::json::parse(bad.out);
  CHECK(refused.at("error").at("code") == "bad_certificate");
  CHECK(refused.at("left_out").at("code") == "bad_certificate");
  const std::string beside = folder.file("beside.pem", leaf_issued.pem() + broken + intermediate.pem());
  const Ran good = verify({"--name", "a.example", "--json", beside});
  CHECK(good.status == 0);
  CHECK(nlohmann::json::parse(good.out).at("left_out").at("code") == "bad_certificate");
}

TEST_CASE_FIXTURE(Fixture, "--explain tells the paths in words") {
  const Ran told = verify({"--name", "a.example", "--explain", whole});
  CHECK(told.status == 0);
  for (const char* words : {"path 1:", "leaf         CN=leaf", "issued by    CN=Test Intermediate",
                            "trust anchor CN=Test Root", "2 signatures verified"})
    CHECK(says(told.out, words));
}

TEST_CASE_FIXTURE(Fixture, "a chain comes from the standard input, and from DER") {
  CHECK(verify({"--name", "a.example", "-"}, leaf_issued.pem() + intermediate.pem()).status == 0);
  const std::string der = folder.file("leaf.der", std::string(as_text(leaf_issued.certificate)));
  CHECK(verify({"--name", "a.example", "--intermediates", missing, der}).status == 0);
}

TEST_CASE_FIXTURE(Fixture, "options that make no sense are 1, files that cannot be read 2") {
  CHECK(verify({whole}).status == 1);  // neither --name nor --client
  CHECK(verify({"--client", "--name", "a.example", whole}).status == 1);
  for (const char* name : {"https://a.example/", "a.example:443", "[::1]", "192.0.2.999"}) {
    CAPTURE(name);
    const Ran wrong = verify({"--name", name, whole});
    CHECK(wrong.status == 1);
    CHECK(says(wrong.err, "is neither a host name nor an address"));
  }
  CHECK(verify({"--name", "a.example", folder.path("none.pem")}).status == 2);
  CHECK(verify({"--name", "a.example", folder.file("text.pem", "no certificate")}).status == 2);
  const Ran weak = run_tool({"verify", "--roots", missing, "--name", "a.example", whole});
  CHECK(weak.status == 2);  // an intermediate is no root
  CHECK(says(weak.err, "is not a root"));
  CHECK_FALSE(says(weak.err, "--intermediates"));
  const std::string bundle = folder.file("bundle.pem", root.pem() + intermediate.pem());
  const Ran mixed = run_tool({"verify", "--roots", bundle, "--name", "a.example", whole});
  CHECK(mixed.status == 2);
  CHECK(says(mixed.err, "name the others with --intermediates"));
}

TEST_CASE_FIXTURE(Fixture, "--crl and --crl-policy: what is revoked, what is not known, and what is said of the list") {
  CrlSpec spec{.issuer = &intermediate, .this_update = kNow - 3600, .next_update = kNow + 86400, .number = 2};
  const auto file_of = [&](const std::string& name) { return folder.file(name, to_pem("X509 CRL", crl(spec))); };
  const std::string fine = file_of("fine.pem");
  spec.entries = {{.serial = leaf_issued.serial, .revoked_at = kNow - 7200, .reason = 1}};
  spec.number = 3;
  const std::string revoking = file_of("revoking.pem");
  spec.number = 1;
  const std::string older = file_of("older.pem");
  spec.number = 4, spec.next_update = kNow - 1800;
  const std::string outdated = file_of("outdated.pem");
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--name", "a.example", whole});
    return verify(more);
  };

  const Ran good = with({"--crl", fine, "--crl-policy", "require-leaf", "--json"});
  CHECK(good.status == 0);
  CHECK(nlohmann::json::parse(good.out).at("crl_until") == "2026-07-02T00:00:00Z");
  CHECK(nlohmann::json::parse(with({"--json"}).out).at("crl_until").is_null());
  const Ran revoked = with({"--crl", fine, "--crl", revoking});
  CHECK(revoked.status == 4);
  CHECK(says(revoked.out, "was revoked at 2026-06-30 22:00:00 UTC (keyCompromise)"));
  const Ran kept = with({"--crl", fine, "--crl", older});
  CHECK(kept.status == 0);
  CHECK(says(kept.err,
             "WARNING: --crl '" + older + "': block 1 ('X509 CRL', line 1): the CRL of 'CN=Test Intermediate'"));
  CHECK(says(kept.err, "does not replace that of"));
  const Ran late = with({"--crl", outdated});
  CHECK(late.status == 4);  // revoked is revoked
  CHECK(says(late.err, "was good until 2026-06-30T23:30:00Z: fetch a newer one"));

  const Ran unknown = with({"--crl", fine, "--crl-policy", "require-chain"});
  CHECK(unknown.status == 4);
  CHECK(says(unknown.out, "'CN=Test Intermediate', issued by 'CN=Test Root'"));
  CHECK(with({"--crl-policy", "require-leaf"}).status == 4);
  CHECK(with({"--crl-policy", "if-present"}).status == 0);
  const Ran no_crl = with({"--crl", roots});
  CHECK(no_crl.status == 2);
  CHECK(says(no_crl.err, "'" + roots + "': there is no CRL"));
  CHECK(with({"--crl-policy", "always"}).status == 1);
}
