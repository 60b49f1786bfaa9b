// What CRLs decide about chains (RFC 5280 §6.3), and about what sessions keep of them.
#include "pki/revocation.h"

#include <doctest/doctest.h>

#include <chrono>

#include "base/limits.h"
#include "crl_scene.h"
#include "tls/verifier.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

namespace {

struct Scene : CrlScene {
  [[nodiscard]] static CrlSet set_of(const std::vector<CrlSpec>& specs) {
    CrlSet::Builder builder;
    for (const CrlSpec& one : specs) REQUIRE(builder.add(pem(one)));
    return builder.build();
  }
  [[nodiscard]] std::shared_ptr<const ChainVerifier> verifier(const CrlSet& crls, CrlPolicy policy) const {
    const auto plain = trust_pem(root.pem());
    REQUIRE(plain);
    auto with = with_crls(*plain, crls, policy);
    REQUIRE(with);
    return *with;
  }
  using Verdict = Result<ChainAccepted>;
  [[nodiscard]] static Verdict ask(const ChainVerifier& verifier, const std::vector<Der>& chain,
                                   std::int64_t now = kNow) {
    ChainToVerify input;
    input.server_name = "a.example";
    input.chain = chain;
    input.now = std::chrono::seconds(now);
    auto answer = verifier.verify(input);
    REQUIRE(answer);
    return std::move(*answer);
  }
  [[nodiscard]] Verdict judge(const std::vector<CrlSpec>& specs, CrlPolicy policy = CrlPolicy::if_present,
                              std::int64_t now = kNow) const {
    return ask(*verifier(set_of(specs), policy), {subject.certificate, intermediate.certificate}, now);
  }
  /// "accepted", or the words of a refusal with this code.
  [[nodiscard]] static std::string refusal(const Verdict& verdict, Code code) {
    if (verdict) return "accepted";
    CHECK(facts(verdict.error().code()).name == facts(code).name);
    return verdict.error().detail();
  }
  [[nodiscard]] static std::string revoked(const Verdict& verdict) {
    return refusal(verdict, Code::certificate_revoked);
  }
  [[nodiscard]] static std::string unknown(const Verdict& verdict) {
    if (!verdict) CHECK(verdict.error().alert() == Alert::certificate_unknown);
    return refusal(verdict, Code::revocation_unknown);
  }
  [[nodiscard]] CrlSpec revoking() const {
    CrlSpec s = spec();
    s.entries = {revokes(subject)};
    return s;
  }
  [[nodiscard]] CrlSpec of_root() const { return empty_crl(root); }
};

constexpr CrlPolicy kPolicies[] = {CrlPolicy::if_present, CrlPolicy::require_leaf, CrlPolicy::require_chain};

}  // namespace

TEST_CASE_FIXTURE(Scene, "a revoked leaf is refused whatever the policy: since when, why, and who says so") {
  CrlSpec s = revoking();
  s.entries[0].reason = 1;
  for (const CrlPolicy policy : kPolicies) {
    const auto verdict = judge({s, of_root()}, policy);
    CHECK(says(revoked(verdict),
               "the certificate of 'CN=leaf' was revoked at 2026-06-30 00:00:00 UTC (keyCompromise), says the CRL of "
               "'CN=Test Intermediate' of 2026-06-30 23:00:00 UTC"));
    CHECK(verdict.error().alert() == Alert::certificate_revoked);
  }
  CHECK(says(revoked(judge({s}, CrlPolicy::if_present, kNow + 1000 * kDay)), "was revoked"));  // and stays so
  s.entries = {revokes(other)};
  for (const CrlPolicy policy : kPolicies) CHECK(judge({s, of_root()}, policy));
}

TEST_CASE_FIXTURE(Scene, "a certificate on hold is refused by a CRL that is current") {
  CrlSpec s = revoking();
  s.entries[0].reason = 6;
  CHECK(says(revoked(judge({s})), "(certificateHold)"));
  CHECK(judge({s}, CrlPolicy::if_present, kNow + 2 * kDay));
  CHECK(says(unknown(judge({s}, CrlPolicy::require_leaf, kNow + 2 * kDay)), "is too old"));
}

TEST_CASE_FIXTURE(Scene, "a revoked intermediate is refused, and another path is tried") {
  CrlSpec s = of_root();
  s.entries = {revokes(intermediate)};
  CHECK(says(revoked(judge({s})), "the certificate of 'CN=Test Intermediate' was revoked"));
  const Issued twin = issue(root, authority("Test Intermediate"), intermediate.key);
  const auto verdict =
      ask(*verifier(set_of({s}), CrlPolicy::require_chain), {subject.certificate, intermediate.certificate});
  CHECK(says(revoked(verdict), "was revoked"));
  CHECK(ask(*verifier(set_of({s, spec()}), CrlPolicy::require_chain),
            {subject.certificate, intermediate.certificate, twin.certificate}));
}

TEST_CASE_FIXTURE(Scene, "missing or outdated CRLs: fine, or a refusal that says which") {
  CHECK(judge({}));
  CHECK(says(unknown(judge({}, CrlPolicy::require_leaf)), "there is no CRL of its issuer"));
  CHECK(says(unknown(judge({of_root()}, CrlPolicy::require_leaf)), "CrlPolicy::require_leaf demands a CRL"));
  CHECK(judge({spec()}, CrlPolicy::require_leaf));
  CHECK(says(unknown(judge({spec()}, CrlPolicy::require_chain)),
             "whether the certificate of 'CN=Test Intermediate', issued by 'CN=Test Root', was revoked is not known"));
  CHECK(says(unknown(judge({of_root()}, CrlPolicy::require_chain)), "certificate of 'CN=leaf'"));
  CHECK(judge({spec(), of_root()}, CrlPolicy::require_chain));

  constexpr std::int64_t kSkew = limits::kCrlClockSkew.count();
  const std::int64_t first = kNow - kHour - kSkew, last = kNow + kDay + kSkew;
  for (const std::int64_t at : {first, last}) CHECK(judge({spec()}, CrlPolicy::require_leaf, at));
  CHECK(says(unknown(judge({spec()}, CrlPolicy::require_leaf, first - 1)), "is from the future: it counts from"));
  CHECK(says(unknown(judge({spec()}, CrlPolicy::require_leaf, last + 1)),
             "the CRL of 'CN=Test Intermediate' is too old: it was good until 2026-07-02 00:00:00 UTC"));
  for (const std::int64_t at : {first - 1, last + 1}) CHECK(judge({spec()}, CrlPolicy::if_present, at));
}

TEST_CASE_FIXTURE(Scene, "what was asked is told: the CRL that ends first") {
  const auto plain = judge({});
  REQUIRE(plain);
  CHECK_FALSE(plain->crl);
  auto verdict = judge({spec()});
  REQUIRE(verdict);
  REQUIRE(verdict->crl);
  CHECK(verdict->crl->this_update == std::chrono::seconds(kNow - kHour));
  CHECK(verdict->crl->next_update == std::chrono::seconds(kNow + kDay));
  CrlSpec users = spec();
  users.distribution_point = issuing_distribution_point({.user_certificates = true});
  users.next_update = kNow + kHour;
  for (const auto& order : {std::vector{spec(), users}, std::vector{users, spec()}}) {
    verdict = judge(order);
    REQUIRE(verdict);
    CHECK(verdict->crl->next_update == std::chrono::seconds(kNow + kHour));
  }
  CHECK_FALSE(judge({spec()}, CrlPolicy::if_present, kNow + 10 * kDay)->crl);
  CHECK_FALSE(judge({of_root()})->crl);  // the leaf's own issuer's
}

TEST_CASE_FIXTURE(Scene, "a CRL counts that the issuer itself has signed, and may sign") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  CrlSpec s = revoking();
  s.signer = &impostor;
  CHECK(judge({s}));
  CHECK(says(unknown(judge({s}, CrlPolicy::require_leaf)), "is not signed by the issuer of that name"));
  CHECK(judge({s, spec()}, CrlPolicy::if_present));
  s = revoking();
  s.named = "Test Root";  // of another issuer
  CHECK(judge({s}));
  s = revoking();
  s.named = "TEST  INTERMEDIATE";  // the same name, by RFC 5280 §7.1
  CHECK(says(revoked(judge({s})), "was revoked"));

  CertificateSpec mute = authority("Mute");
  mute.key_usage = KeyUsageBits{.digital_signature = true, .key_cert_sign = true};
  for (const bool any : {false, true}) {  // without a keyUsage every use is allowed
    if (any) mute.key_usage = {};
    const Issued issuer = issue(root, mute, key(KeyType::ecdsa_p256, 4));
    const Issued one = issue(issuer, server_leaf("leaf", {"a.example"}), key());
    CrlSpec own = empty_crl(issuer);
    own.entries = {revokes(one)};
    const auto ask_with = [&](CrlPolicy policy) {
      return ask(*verifier(set_of({own}), policy), {one.certificate, issuer.certificate});
    };
    if (any) {
      CHECK(says(revoked(ask_with(CrlPolicy::if_present)), "was revoked"));
      continue;
    }
    CHECK(ask_with(CrlPolicy::if_present));
    CHECK(says(unknown(ask_with(CrlPolicy::require_leaf)), "the keyUsage of 'CN=Mute' lacks cRLSign"));
  }
}

TEST_CASE_FIXTURE(Scene, "the key identifiers tell the CRLs of two keys of one name apart") {
  CrlSpec s = revoking();
  s.key_identifier = key_identifier(intermediate);
  CHECK(says(revoked(judge({s})), "was revoked"));
  s.key_identifier = Der{1, 2, 3};
  CHECK(judge({s}));
  CHECK(says(unknown(judge({s}, CrlPolicy::require_leaf)), "there is no CRL of its issuer"));
}

TEST_CASE_FIXTURE(Scene, "a newer CRL of somebody else does not hide the issuer's own") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  CrlSpec own = revoking(), forged = spec();
  own.number = 1, forged.number = 2, forged.signer = &impostor;
  for (const auto& order : {std::vector{own, forged}, std::vector{forged, own}})
    CHECK(says(revoked(judge(order)), "was revoked"));
  CrlSpec taken_back = spec();
  taken_back.number = 2;  // the issuer's own, and newer: it decides
  CHECK(judge({own, taken_back}));
}

TEST_CASE_FIXTURE(Scene, "scope: users, authorities, distribution points, reasons") {
  const auto scoped = [&](CrlSpec s, const ScopeSpec& scope) {
    s.distribution_point = issuing_distribution_point(scope);
    return s;
  };
  CHECK(says(revoked(judge({scoped(revoking(), {.user_certificates = true})})), "was revoked"));
  CHECK(judge({scoped(revoking(), {.ca_certificates = true})}));
  CHECK(says(unknown(judge({scoped(spec(), {.ca_certificates = true})}, CrlPolicy::require_leaf)), "no CRL"));
  CrlSpec roots = of_root();
  roots.entries = {revokes(intermediate)};
  CHECK(says(revoked(judge({scoped(roots, {.ca_certificates = true})})), "was revoked"));
  CHECK(judge({scoped(roots, {.user_certificates = true})}));

  // A leaf without distribution points is told of by no CRL that is for one.
  CHECK(judge({scoped(revoking(), {.uris = {"http://crl.example/1"}})}));
  CertificateSpec pointing = server_leaf("pointing", {"a.example"});
  pointing.extra = {crl_distribution_points({"http://crl.example/0", "http://crl.example/1"})};
  const Issued pointed = leaf(pointing);
  const auto ask_pointed = [&](const Issued& one, const ScopeSpec& scope, CrlPolicy policy = CrlPolicy::if_present,
                               bool listed = true) {
    CrlSpec s = spec();
    if (listed) s.entries = {revokes(one)};
    return ask(*verifier(set_of({scoped(s, scope)}), policy), {one.certificate, intermediate.certificate});
  };
  CHECK(says(revoked(ask_pointed(pointed, {.uris = {"http://crl.example/1"}})), "was revoked"));
  CHECK(says(revoked(ask_pointed(pointed, {})), "was revoked"));
  CHECK(ask_pointed(pointed, {.uris = {"http://crl.example/2"}}));
  CHECK(ask_pointed(pointed, {.uris = {"http://crl.example/1"}}, CrlPolicy::require_leaf, false));
  CHECK_FALSE(ask_pointed(pointed, {.uris = {"http://crl.example/2"}}, CrlPolicy::require_leaf, false));

  // For some reasons alone, by the CRL or by the certificate's own distribution point.
  CHECK_FALSE(ask_pointed(pointed, {.uris = {"http://crl.example/1"}, .reasons = {0x07, 0x60, 0x00}},
                          CrlPolicy::require_leaf, false));
  const Der names = der::explicitly(0, der::element(0xA0, uri_names({"http://crl.example/1"})));
  for (const bool all : {true, false}) {
    CertificateSpec some_reasons = server_leaf("some", {"a.example"});
    const Der flags = der::implicitly(1, all ? Der{0x07, 0x7F, 0x80} : Der{0x07, 0x60, 0x00});
    some_reasons.extra = {{"2.5.29.31", false, der::sequence({der::sequence({names, flags})})}};
    const Issued one = leaf(some_reasons);
    CHECK(ask_pointed(one, {.uris = {"http://crl.example/1"}}, CrlPolicy::require_leaf, false).has_value() == all);
  }
  // The same octets as a name of another form are another name; a point with a cRLIssuer is about an indirect CRL.
  CertificateSpec by_form = server_leaf("form", {"a.example"});
  const Der dns = der::element(0xA0, der::implicitly(2, as_bytes("http://crl.example/1")));
  by_form.extra = {{"2.5.29.31", false, der::sequence({der::sequence({der::explicitly(0, dns)})})}};
  CHECK(ask_pointed(leaf(by_form), {.uris = {"http://crl.example/1"}}));
  const Der issuer_names = der::explicitly(2, der::explicitly(4, distinguished_name("Somebody")));
  by_form.extra = {{"2.5.29.31", false, der::sequence({der::sequence({names, issuer_names})})}};
  CHECK(ask_pointed(leaf(by_form), {.uris = {"http://crl.example/1"}}));

  // Named below the issuer's name, or in full: the same point.
  const Der part = der::sequence({der::oid("2.5.4.3"), der::utf8("part 1")});
  const Der issuer = distinguished_name("Test Intermediate");
  const Der above(issuer.begin() + 2, issuer.end());  // behind a header of two octets
  const Der in_full = der::element(0xA0, der::explicitly(4, der::sequence({above, der::set({part})})));
  for (const Der& of_leaf : {der::element(0xA1, part), in_full})
    for (const Der& of_crl : {der::element(0xA1, part), in_full}) {
      CertificateSpec below = server_leaf("below", {"a.example"});
      below.extra = {{"2.5.29.31", false, der::sequence({der::sequence({der::explicitly(0, of_leaf)})})}};
      const Issued one = leaf(below);
      CrlSpec s = spec();
      s.entries = {revokes(one)};
      s.distribution_point = der::sequence({der::explicitly(0, of_crl)});
      CHECK(
          says(revoked(ask(*verifier(set_of({s}), CrlPolicy::if_present), {one.certificate, intermediate.certificate})),
               "was revoked"));
      s.distribution_point = der::sequence(
          {der::explicitly(0, der::element(0xA1, der::sequence({der::oid("2.5.4.3"), der::utf8("part 2")})))});
      CHECK(ask(*verifier(set_of({s}), CrlPolicy::if_present), {one.certificate, intermediate.certificate}));
    }

  // Distribution points that cannot be read: the CRL may revoke, and does not vouch.
  CertificateSpec broken = server_leaf("broken", {"a.example"});
  broken.extra = {{"2.5.29.31", false, der::sequence({der::null()})}};
  const Issued unreadable = leaf(broken);
  CHECK(says(revoked(ask_pointed(unreadable, {.uris = {"http://crl.example/1"}})), "was revoked"));
  CHECK_FALSE(ask_pointed(unreadable, {.uris = {"http://crl.example/1"}}, CrlPolicy::require_leaf, false));

  // Some reasons alone: two CRLs cover all together.
  const auto some = [&](std::uint8_t first, std::uint8_t second) {
    return scoped(spec(), {.reasons = {0x07, first, second}});
  };
  const CrlSpec one = some(0x60, 0x00), rest = some(0x1F, 0x80);
  CHECK(says(unknown(judge({one}, CrlPolicy::require_leaf)), "do not cover all reasons"));
  CHECK(says(unknown(judge({rest}, CrlPolicy::require_leaf)), "do not cover all reasons"));
  CHECK(judge({one, rest}, CrlPolicy::require_leaf));
  CHECK(says(revoked(judge({scoped(revoking(), {.reasons = {0x07, 0x60, 0x00}})})), "was revoked"));
}

TEST_CASE_FIXTURE(Scene, "a leaf with noRevAvail, and one that is its own anchor, owe no CRL") {
  CertificateSpec without = server_leaf("without", {"a.example"});
  without.extra = {{"2.5.29.56", false, der::null()}};
  const Issued short_lived = leaf(without);
  CHECK(ask(*verifier({}, CrlPolicy::require_leaf), {short_lived.certificate, intermediate.certificate}));

  const Issued alone = self_signed(server_leaf("alone", {"a.example"}), key());
  for (const CrlPolicy policy : kPolicies) {
    const auto pinned = trust_pem_ignoring_issuers(alone.pem()), partial = trust_pem_ignoring_issuers(subject.pem());
    REQUIRE(pinned);
    REQUIRE(partial);
    CHECK(ask(**with_crls(*pinned, {}, policy), {alone.certificate}));
    const auto verdict = ask(**with_crls(*partial, set_of({spec()}), policy), {subject.certificate});
    if (policy == CrlPolicy::if_present)
      CHECK(verdict);
    else
      CHECK(says(unknown(verdict), "is trusted itself"));
  }
}

TEST_CASE_FIXTURE(Scene, "of the issuer's own CRLs the newest decides, whatever others have put between them") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  const auto timed = [&](const Issued& signer, std::optional<std::uint32_t> number, std::int64_t at) {
    CrlSpec s = spec();
    s.signer = &signer, s.number = number, s.this_update = at;
    return s;
  };
  CrlSpec fresh = timed(intermediate, 6, kNow - 3 * kHour);
  fresh.entries = {revokes(subject)};
  const std::vector<CrlSpec> all = {fresh, timed(impostor, {}, kNow - 2 * kHour), timed(impostor, 1, kNow - kHour),
                                    timed(intermediate, 5, kNow - 4 * kHour)};
  CHECK(says(revoked(judge(all)), "was revoked"));
}

TEST_CASE_FIXTURE(Scene, "forged CRLs before and behind hide no revocation, and a reload does not make them") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  const std::vector<Der> chain = {subject.certificate, intermediate.certificate};
  const auto numbered = [&](std::uint32_t number, bool forged) {
    CrlSpec s = forged || number == 1 ? spec() : revoking();
    s.number = number;
    if (forged) s.signer = &impostor;
    return pem(s);
  };
  CrlSet::Builder builder;
  REQUIRE(builder.add(numbered(1, false)));
  CHECK(ask(*verifier(builder.build(), CrlPolicy::require_leaf), chain));
  REQUIRE(builder.add(numbered(100, true)));
  CHECK(ask(*verifier(builder.build(), CrlPolicy::require_leaf), chain));
  REQUIRE(builder.add(numbered(2, false)));
  CHECK(says(revoked(ask(*verifier(builder.build(), CrlPolicy::if_present), chain)), "was revoked"));
}

TEST_CASE_FIXTURE(Scene, "an authority of the same name and key identifier proves its own CRL, and hides none") {
  CertificateSpec twin = authority("Test Intermediate");
  const Issued hostile = issue(root, twin, key(KeyType::ecdsa_p256, 9));
  const Issued below = issue(hostile, server_leaf("below", {"a.example"}), key());
  CrlSpec own = revoking(), shadow = spec();
  own.number = 1, shadow.number = 100, shadow.signer = &hostile;
  CrlSet::Builder builder;
  REQUIRE(builder.add(pem(shadow)));
  CHECK(ask(*verifier(builder.build(), CrlPolicy::require_leaf), {below.certificate, hostile.certificate}));
  REQUIRE(builder.add(pem(own)));
  const CrlSet crls = builder.build();
  CHECK(says(revoked(ask(*verifier(crls, CrlPolicy::if_present), {subject.certificate, intermediate.certificate})),
             "was revoked"));
  CHECK_FALSE(
      verifier(crls, CrlPolicy::if_present)
          ->may_resume(
              {.certificates = {{subject.certificate}}, .summary = nullptr, .now = std::chrono::seconds(kNow)}));
}

TEST_CASE_FIXTURE(Scene, "signatures of CRLs that are verified: as many as the limit, and one more") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  const auto scoped = [&](std::size_t i, bool revokes_subject, bool forged) {
    CrlSpec s = revokes_subject ? revoking() : spec();
    // Another way to write the same scope each time: names that all hold the issuer's.
    Der names = der::explicitly(4, distinguished_name("Test Intermediate"));
    const Der uri = der::implicitly(6, as_bytes("http://crl.example/" + std::to_string(i)));
    names.insert(names.end(), uri.begin(), uri.end());
    s.distribution_point = der::sequence({der::explicitly(0, der::element(0xA0, names))});
    if (forged) s.signer = &impostor;
    return s;
  };
  const std::vector<Der> chain = {subject.certificate, intermediate.certificate};
  const auto many = [&](std::size_t count, bool revokes_subject) {
    std::vector<CrlSpec> specs;
    for (std::size_t i = 0; i < count; ++i) specs.push_back(scoped(i, revokes_subject, true));
    return specs;
  };
  // Forged ones in which the subject stands: refused is who would take one verification more, and that the first time.
  auto strict = verifier(set_of(many(limits::kMaxCrlVerifications, true)), CrlPolicy::if_present);
  CHECK(ask(*strict, chain));
  strict = verifier(set_of(many(limits::kMaxCrlVerifications + 1, true)), CrlPolicy::if_present);
  const std::string words = refusal(ask(*strict, chain), Code::certificate_too_complex);
  CHECK(says(words, "the CRLs in the name of 'CN=Test Intermediate' are too many: more than 16 signatures of CRLs"));
  CHECK(ask(*strict, chain));  // those of the first time are remembered
  // Those in which it does not stand matter to nobody, be they ever so many.
  const auto harmless = set_of(many(limits::kMaxCrlScopes, false));
  CHECK(ask(*verifier(harmless, CrlPolicy::if_present), chain));
  const auto demanding = verifier(set_of(many(limits::kMaxCrlVerifications + 1, false)), CrlPolicy::require_leaf);
  CHECK(says(unknown(ask(*demanding, chain)), "is not signed by the issuer"));
  // The issuer's own, once verified, takes none.
  CrlSet::Builder builder;
  REQUIRE(builder.add(pem(spec())));
  CHECK(ask(*verifier(builder.build(), CrlPolicy::require_leaf), chain));
  for (const CrlSpec& one : many(limits::kMaxCrlScopes - 1, false)) REQUIRE(builder.add(pem(one)));
  CHECK(ask(*verifier(builder.build(), CrlPolicy::require_leaf), chain));
}

TEST_CASE_FIXTURE(Scene, "a verifier with CRLs: its identity names the policy and not the CRLs") {
  const auto plain = trust_pem(root.pem());
  REQUIRE(plain);
  const auto identity = [&](const CrlSet& crls, CrlPolicy policy) { return verifier(crls, policy)->identity(); };
  CHECK(identity({}, CrlPolicy::if_present) == identity(set_of({revoking()}), CrlPolicy::if_present));
  CHECK(identity({}, CrlPolicy::if_present) != identity({}, CrlPolicy::require_leaf));
  CHECK(identity({}, CrlPolicy::require_chain) != identity({}, CrlPolicy::require_leaf));
  CHECK(identity({}, CrlPolicy::if_present) != (*plain)->identity());
  const auto replaced = with_crls(verifier(set_of({revoking()}), CrlPolicy::require_leaf), {}, CrlPolicy::if_present);
  REQUIRE(replaced);
  CHECK(ask(**replaced, {subject.certificate, intermediate.certificate}));
  for (const auto& other_making : {trust_anyone_insecurely(), std::shared_ptr<const ChainVerifier>()}) {
    const auto refused = with_crls(other_making, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::bad_config);
  }
}

// ---- sessions -------------------------------------------------------------------------------------------------

namespace {

struct Sessions : Scene {
  [[nodiscard]] bool goes_on(const CrlSet& crls, CrlPolicy policy, const std::vector<Der>& kept,
                             std::int64_t now = kNow) const {
    return verifier(crls, policy)
        ->may_resume({.certificates = kept, .summary = nullptr, .now = std::chrono::seconds(now)});
  }
  [[nodiscard]] bool goes_on(const std::vector<CrlSpec>& specs, CrlPolicy policy = CrlPolicy::if_present,
                             std::int64_t now = kNow) const {
    const CrlSet crls = set_of(specs);
    const bool leaf_alone = goes_on(crls, policy, {subject.certificate}, now);
    const auto parsed = pki::parse_certificate(subject.certificate);
    REQUIRE(parsed);
    CertificateSummary summary;
    summary.issuer.assign(parsed->issuer.begin(), parsed->issuer.end());
    summary.serial.assign(parsed->serial.begin(), parsed->serial.end());
    const bool by_summary = verifier(crls, policy)
                                ->may_resume({.certificates = {},
                                              .summary = std::make_shared<const CertificateSummary>(summary),
                                              .now = std::chrono::seconds(now)});
    CHECK(leaf_alone == by_summary);
    CHECK(goes_on(crls, policy == CrlPolicy::require_chain ? CrlPolicy::require_leaf : policy,
                  {subject.certificate, intermediate.certificate}, now) == leaf_alone);
    return leaf_alone;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Sessions, "a session goes on unless its peer's certificate was revoked since") {
  for (const CrlPolicy policy : kPolicies) {
    CHECK(goes_on({spec()}, policy));
    CHECK_FALSE(goes_on({revoking()}, policy));
  }
  CHECK(goes_on({}));
  CHECK_FALSE(goes_on({revoking()}, CrlPolicy::if_present, kNow + 100 * kDay));
  CrlSpec held = revoking();
  held.entries[0].reason = 6;
  CHECK_FALSE(goes_on({held}));
  CHECK(goes_on({held}, CrlPolicy::if_present, kNow + 100 * kDay));
  CrlSpec roots = of_root();
  roots.entries = {revokes(intermediate)};
  const std::vector<Der> chain = {subject.certificate, intermediate.certificate};
  CHECK_FALSE(goes_on(set_of({roots}), CrlPolicy::if_present, chain));
  CHECK(goes_on(set_of({roots}), CrlPolicy::if_present, {subject.certificate}));  // it keeps nothing of its issuers
}

TEST_CASE_FIXTURE(Sessions, "a session needs the CRLs that its chain needed") {
  CHECK_FALSE(goes_on(std::vector<CrlSpec>{}, CrlPolicy::require_leaf));
  CHECK_FALSE(goes_on({spec()}, CrlPolicy::require_leaf, kNow + 10 * kDay));
  CHECK(goes_on({spec()}, CrlPolicy::if_present, kNow + 10 * kDay));
  const std::vector<Der> chain = {subject.certificate, intermediate.certificate};
  CHECK_FALSE(goes_on(set_of({spec()}), CrlPolicy::require_chain, chain));
  CHECK(goes_on(set_of({spec(), of_root()}), CrlPolicy::require_chain, chain));
}

TEST_CASE_FIXTURE(Sessions, "a session whose certificates are not kept, or cannot be read, does not go on") {
  CHECK_FALSE(goes_on(set_of({spec()}), CrlPolicy::if_present, {}));
  CHECK_FALSE(goes_on(set_of({spec()}), CrlPolicy::if_present, {der::null()}));
  const auto plain = trust_pem(root.pem());
  CHECK((*plain)->may_resume({}));  // without CRLs nothing is asked
  CHECK(trust_anyone_insecurely()->may_resume({}));
}

TEST_CASE_FIXTURE(Sessions, "a CRL that keys were tried on and none has signed vouches for no session") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  CrlSpec forged = spec();
  forged.signer = &impostor;
  const CrlSet crls = set_of({forged});
  CHECK(goes_on(crls, CrlPolicy::require_leaf, {subject.certificate}));  // nobody knows yet
  CHECK_FALSE(ask(*verifier(crls, CrlPolicy::require_leaf), {subject.certificate, intermediate.certificate}));
  CHECK_FALSE(goes_on(crls, CrlPolicy::require_leaf, {subject.certificate}));
}

TEST_CASE_FIXTURE(Sessions, "an older CRL ends sessions until the newer one is proven by the same key") {
  CrlSpec old = revoking(), fresh = spec();
  old.number = 1, fresh.number = 2;
  const std::vector<Der> chain = {subject.certificate, intermediate.certificate};
  CrlSet::Builder builder;
  REQUIRE(builder.add(pem(old)));
  CHECK_FALSE(ask(*verifier(builder.build(), CrlPolicy::if_present), chain));
  REQUIRE(builder.add(pem(fresh)));
  const CrlSet crls = builder.build();
  CHECK_FALSE(goes_on(crls, CrlPolicy::if_present, {subject.certificate}));
  CHECK(ask(*verifier(crls, CrlPolicy::if_present), chain));
  CHECK(goes_on(crls, CrlPolicy::if_present, {subject.certificate}));

  const CrlSet unproven = set_of({old, fresh});  // nobody knows whose the old one is
  CHECK(ask(*verifier(unproven, CrlPolicy::if_present), chain));
  CHECK_FALSE(goes_on(unproven, CrlPolicy::if_present, {subject.certificate}));
}

TEST_CASE_FIXTURE(Sessions, "a revoked intermediate ends a session whatever else the peer has sent") {
  CrlSpec roots = of_root();
  roots.entries = {revokes(intermediate)};
  const CrlSet crls = set_of({roots});
  const Issued decoy = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  const Issued lookalike = self_signed(authority("leaf"), key(KeyType::ecdsa_p256, 9));
  for (const std::vector<Der>& kept :
       {std::vector{subject.certificate, decoy.certificate, intermediate.certificate},
        std::vector{subject.certificate, intermediate.certificate, decoy.certificate},
        std::vector{subject.certificate, lookalike.certificate, root.certificate, intermediate.certificate}})
    CHECK_FALSE(goes_on(crls, CrlPolicy::if_present, kept));
  CHECK(goes_on(crls, CrlPolicy::if_present, {subject.certificate, decoy.certificate, root.certificate}));
}

TEST_CASE_FIXTURE(Sessions, "of an anchor that the session keeps nothing is asked, of its likes all") {
  const CrlSet crls = set_of({spec(), of_root()});
  const std::vector<Der> chain = {subject.certificate, intermediate.certificate, root.certificate};
  CHECK(goes_on(crls, CrlPolicy::require_chain, chain));
  CrlSpec own = of_root();
  own.entries = {revokes(root)};
  CHECK(goes_on(set_of({spec(), own}), CrlPolicy::require_chain, chain));
  const Issued twin = self_signed(authority("Test Root"), root.key);  // the same name and key, another serial number
  own.entries = {revokes(twin)};
  const CrlSet of_twin = set_of({spec(), own});
  CHECK_FALSE(
      goes_on(of_twin, CrlPolicy::require_chain, {subject.certificate, intermediate.certificate, twin.certificate}));
}

TEST_CASE_FIXTURE(Sessions, "a leaf whose subject is its issuer's name is asked about") {
  const Issued same_name = leaf(server_leaf("Test Intermediate", {"a.example"}));
  CrlSpec s = spec();
  s.entries = {revokes(same_name)};
  const std::vector<Der> chain = {same_name.certificate, intermediate.certificate};
  for (const std::vector<Der>& kept : {std::vector<Der>{same_name.certificate}, chain})
    CHECK_FALSE(goes_on(set_of({s}), CrlPolicy::if_present, kept));
  CHECK_FALSE(goes_on(CrlSet(), CrlPolicy::require_leaf, {same_name.certificate}));
}

TEST_CASE_FIXTURE(Sessions, "for a summary no CRL vouches that is for authorities or distribution points alone") {
  const auto parsed = pki::parse_certificate(subject.certificate);
  REQUIRE(parsed);
  CertificateSummary summary;
  summary.issuer.assign(parsed->issuer.begin(), parsed->issuer.end());
  summary.serial.assign(parsed->serial.begin(), parsed->serial.end());
  const auto by_summary = [&](CrlSpec s, const ScopeSpec& scope, CrlPolicy policy) {
    s.distribution_point = issuing_distribution_point(scope);
    return verifier(set_of({s}), policy)
        ->may_resume({.certificates = {},
                      .summary = std::make_shared<const CertificateSummary>(summary),
                      .now = std::chrono::seconds(kNow)});
  };
  for (const ScopeSpec& scope : {ScopeSpec{.ca_certificates = true}, ScopeSpec{.uris = {"http://crl.example/1"}}}) {
    CHECK_FALSE(by_summary(spec(), scope, CrlPolicy::require_leaf));
    CHECK(by_summary(spec(), scope, CrlPolicy::if_present));
    CHECK_FALSE(by_summary(revoking(), scope, CrlPolicy::if_present));
  }
  CHECK(by_summary(spec(), {.user_certificates = true}, CrlPolicy::require_leaf));
}
