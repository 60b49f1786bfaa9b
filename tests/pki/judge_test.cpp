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
