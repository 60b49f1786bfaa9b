// One judge for the verifiers and for people who ask why.
#include "pki/judge.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using Der = sallyport::der::Der;

namespace {

struct Fixture : test::Authority {
  [[nodiscard]] std::string asked(const std::vector<Der>& sent, pki::Question question) const {
    pki::Anchors anchors;
    REQUIRE(anchors.add(root.certificate, pki::AnchorKind::roots));
    const auto chain = pki::PeerChain::parse(sent);
    REQUIRE(chain);
    question.now = std::chrono::seconds(test::kNow);
    const auto accepted = pki::judge(anchors, **chain, question);
    return accepted ? "accepted" : std::string(facts(accepted.error().code()).name);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a name is asked of servers alone") {
  CertificateSpec both = server_leaf("leaf", {"a.example"});
  both.extended_key_usage = {};
  const std::vector<Der> sent = {leaf(both).certificate, intermediate.certificate};
  CHECK(asked(sent, {.name = "a.example"}) == "accepted");
  CHECK(asked(sent, {.name = "b.example"}) == "name_mismatch");
  CHECK(asked(sent, {.role = pki::Role::client, .name = "b.example"}) == "accepted");
}

TEST_CASE_FIXTURE(Fixture, "RFC 9608 §2: noRevAvail spares an end entity a staple, and no authority") {
  CertificateSpec spec = server_leaf("leaf", {"a.example"});
  spec.extra = {{"2.5.29.56", false, der::null()}};
  const auto required = [&] {
    return asked({leaf(spec).certificate, intermediate.certificate},
                 {.name = "a.example", .staples = StaplePolicy::require});
  };
  CHECK(required() == "accepted");
  spec.ca = true;
  CHECK(required() == "bad_staple");
  spec.ca = std::nullopt;
  spec.extra.push_back({"1.3.6.1.5.5.7.1.24", false, der::sequence({der::integer(5)})});  // demands one (RFC 7633)
  CHECK(required() == "bad_staple");
}

TEST_CASE_FIXTURE(Fixture, "a staple is judged by policy, by role, and for every certificate that has one") {
  constexpr std::int64_t kHour = 3600;
  CertificateSpec spec = server_leaf("leaf", {"a.example"});
  spec.extended_key_usage = {};
  const Issued plain = leaf(spec);
  spec.extra = {{"1.3.6.1.5.5.7.1.24", false, der::sequence({der::integer(5)})}};  // RFC 7633
  const Issued demanding = leaf(spec);
  spec.extra.push_back({"2.5.29.56", false, der::null()});  // noRevAvail says the opposite, and does not count
  const Issued both = leaf(spec);
  const auto staple = [&](const Issued& issuer, const Issued& subject, OcspStatus status) {
    return ocsp_response(issuer, issuer, subject, status, test::kNow - kHour, test::kNow + kHour);
  };
  const auto with = [&](const Issued& one, const pki::Question& question) {
    return asked({one.certificate, intermediate.certificate}, question);
  };
  const Der revoked = staple(intermediate, plain, OcspStatus::revoked);
  CHECK(with(plain, {.name = "a.example", .staples = StaplePolicy::if_present}) == "accepted");
  CHECK(with(plain, {.name = "a.example", .staples = StaplePolicy::if_present, .leaf_staple = revoked}) ==
        "certificate_revoked");
  CHECK(with(plain, {.name = "a.example", .staples = StaplePolicy::ignore, .leaf_staple = revoked}) == "accepted");
  CHECK(with(both, {.name = "a.example",
                    .staples = StaplePolicy::if_present,
                    .leaf_staple = staple(intermediate, both, OcspStatus::revoked)}) == "certificate_revoked");
  CHECK(with(demanding, {.name = "a.example", .staples = StaplePolicy::if_present}) == "bad_staple");
  CHECK(with(demanding, {.role = pki::Role::client, .name = "a.example", .staples = StaplePolicy::if_present}) ==
        "accepted");  // §4.2.3: the feature is for servers
  const std::vector<Der> of_issuer = {staple(root, intermediate, OcspStatus::revoked)};
  CHECK(with(plain, {.name = "a.example", .staples = StaplePolicy::if_present, .issuer_staples = of_issuer}) ==
        "certificate_revoked");

  pki::Anchors pinned, roots;
  REQUIRE(pinned.add(plain.certificate, pki::AnchorKind::any));
  REQUIRE(roots.add(root.certificate, pki::AnchorKind::roots));
  const auto judged = [&](const pki::Anchors& anchors, const Issued& one, pki::Question question) {
    const auto chain = pki::PeerChain::parse(std::vector<Der>{one.certificate, intermediate.certificate});
    question.now = std::chrono::seconds(test::kNow);
    return pki::judge(anchors, **chain, question);
  };
  // What is trusted itself has nobody who could speak for it.
  CHECK(judged(pinned, plain, {.name = "a.example", .staples = StaplePolicy::if_present}));
  CHECK_FALSE(judged(pinned, plain, {.name = "a.example", .staples = StaplePolicy::require}));
  // Where a staple is due the verdict ends with it (RFC 9846 §4.7.1).
  const Der good = staple(intermediate, demanding, OcspStatus::good);
  const auto accepted =
      judged(roots, demanding, {.name = "a.example", .staples = StaplePolicy::if_present, .leaf_staple = good});
  REQUIRE(accepted);
  CHECK(accepted->until == std::chrono::seconds(test::kNow + kHour));
}

TEST_CASE_FIXTURE(Fixture, "where no path is found, a certificate that cannot be read is told of first") {
  const Der good = leaf(server_leaf("leaf", {"a.example"})).certificate;
  const Der broken = {0x30, 0x03, 0x02, 0x01, 0x00};
  CHECK(asked({good, broken}, {.name = "a.example"}) == "bad_certificate");
  CHECK(asked({good}, {.name = "a.example"}) == "unknown_ca");
  CHECK(asked({good, broken, intermediate.certificate}, {.name = "a.example"}) == "accepted");  // RFC 9846 §4.5.1
}

TEST_CASE_FIXTURE(Fixture, "what the leaf's keyUsage allows is looked at whoever has made its key") {
  CertificateSpec spec = server_leaf("leaf", {"a.example"});
  spec.key_usage = KeyUsageBits{.key_encipherment = true};
  const std::vector<Der> sent = {leaf(spec).certificate, intermediate.certificate};
  for (const bool checked : {false, true})
    CHECK(asked(sent, {.name = "a.example", .leaf_key_checked = checked}) == "certificate_purpose");
}

TEST_CASE_FIXTURE(Fixture, "the leaf's key is made here unless the handshake has made it") {
  Der off_curve = leaf(server_leaf("leaf", {"a.example"})).certificate;
  const Der point = test::key()->public_bits();
  const auto at = std::search(off_curve.begin(), off_curve.end(), point.begin(), point.end());
  REQUIRE(at != off_curve.end());
  at[static_cast<std::ptrdiff_t>(point.size()) - 1] ^= 0x01;
  CHECK(asked({off_curve, intermediate.certificate}, {.name = "a.example"}) != "bad_certificate_signature");
  CHECK(asked({off_curve, intermediate.certificate}, {.name = "a.example", .leaf_key_checked = true}) ==
        "bad_certificate_signature");
}
