// Trust anchors: what can be one, and what is said when a certificate cannot.
#include "pki/anchors.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "pki/anchor_sources.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using Der = sallyport::der::Der;

namespace {

/// Why the certificate is no anchor; empty when it is.
std::string why_not(const Der& certificate, pki::AnchorKind kind = pki::AnchorKind::roots) {
  pki::Anchors anchors;
  const auto added = anchors.add(certificate, kind);
  CHECK(added.has_value() == (anchors.size() == 1));
  if (!added) CHECK(added.error().code() == Code::bad_key_file);
  return added ? std::string() : added.error().detail();
}
bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

/// A certificate of version 1, without extensions.
Der version1(const std::string& name, const KeyPtr& key, const std::string& issuer, const KeyPtr& issuer_key) {
  using namespace der;
  const Der algorithm = issuer_key->signature_algorithm("SHA-256");
  const Der tbs =
      sequence({integer(7), algorithm, distinguished_name(issuer),
                sequence({time(test::kNow - 1000), time(test::kNow + 1000)}), distinguished_name(name), key->spki()});
  return sequence({tbs, algorithm, bit_string(issuer_key->sign(tbs, "SHA-256"))});
}

}  // namespace

TEST_CASE("what makes an anchor unusable is said when it is added") {
  CHECK(why_not(self_signed(authority("Good"), test::key()).certificate).empty());
  const std::string weak = why_not(self_signed(authority("Weak"), test::key(KeyType::rsa_1024)).certificate);
  CHECK(says(weak, "the certificate of 'CN=Weak' cannot be used"));
  CHECK(says(weak, "1024 bits"));
  CHECK_FALSE(why_not(Der{0x30, 0x00}).empty());

  CertificateSpec spec = authority("Critical");
  spec.extra = {{"1.3.6.1.4.1.55555.1", true, der::null()}};
  CHECK(says(why_not(self_signed(spec, test::key()).certificate), "1.3.6.1.4.1.55555.1"));
  spec.extra = {{"2.5.29.30", true, der::sequence({})}};  // nameConstraints with nothing in it
  CHECK(says(why_not(self_signed(spec, test::key()).certificate), "constraints"));

  Der off_curve = test::key()->public_bits();
  off_curve.back() ^= 0x01;
  const Issued good = self_signed(authority("Off the curve"), test::key());
  Der changed = good.certificate;
  const Der point = test::key()->public_bits();
  const auto at = std::search(changed.begin(), changed.end(), point.begin(), point.end());
  REQUIRE(at != changed.end());
  std::copy(off_curve.begin(), off_curve.end(), at);
  CHECK_FALSE(why_not(changed).empty());
}

TEST_CASE("an intermediate is an anchor only where any certificate may be one") {
  const test::Authority authority;
  CHECK(says(why_not(authority.intermediate.certificate), "is not a root"));
  CHECK(why_not(authority.intermediate.certificate, pki::AnchorKind::any).empty());
}

TEST_CASE("a root of version 1 is an authority: a name and a key (RFC 5280 §6.1.1 (d))") {
  const KeyPtr key = test::key(KeyType::ecdsa_p256, 1);
  const Der root = version1("Old Root", key, "Old Root", key);
  Issued issuer;
  issuer.spec = authority("Old Root");
  issuer.spec.key_identifiers = false;
  issuer.key = key;
  issuer.certificate = root;
  CertificateSpec leaf = server_leaf("leaf", {"a.example"});
  leaf.key_identifiers = false;
  CHECK(test::outcome(test::verdict(to_pem("CERTIFICATE", root), {issue(issuer, leaf, test::key()).certificate},
                                    "a.example")) == "accepted");
  // As an intermediate it is none: nothing says that it is an authority.
  const KeyPtr top_key = test::key(KeyType::ecdsa_p256, 2);
  const Issued top = self_signed(authority("Top"), top_key);
  const Der below_top = version1("Old Root", key, "Top", top_key);
  CHECK(test::outcome(test::verdict(top.pem(), {issue(issuer, leaf, test::key()).certificate, below_top},
                                    "a.example")) == "issuer_not_an_authority");
}

TEST_CASE("one anchor is held once; the order in which anchors are added does not matter to their identity") {
  const Issued one = self_signed(authority("One"), test::key()), two = self_signed(authority("Two"), test::key());
  pki::Anchors a, b, c;
  for (const Issued* root : {&one, &two, &one}) REQUIRE(a.add(root->certificate, pki::AnchorKind::roots));
  for (const Issued* root : {&two, &one}) REQUIRE(b.add(root->certificate, pki::AnchorKind::roots));
  REQUIRE(c.add(one.certificate, pki::AnchorKind::roots));
  CHECK(a.size() == 2);
  CHECK(a.identity() == b.identity());
  CHECK(a.identity() != c.identity());
  REQUIRE(c.add_intermediate(two.certificate));
  CHECK(a.identity() != c.identity());
  CHECK(c.size() == 1);
}

TEST_CASE("for whom an anchor is trusted, and who is distrusted for whom, is part of the identity") {
  const Issued root = self_signed(authority("One"), test::key());
  std::vector<std::string> identities;
  for (const bool servers : {true, false})
    for (const bool clients : {true, false}) {
      const pki::TrustedFor whom{.servers = servers, .clients = clients};
      pki::Anchors anchor, noted, neither;
      REQUIRE(anchor.add(root.certificate, pki::AnchorKind::roots, whom));
      REQUIRE(noted.add(root.certificate, pki::AnchorKind::roots));
      REQUIRE(noted.distrust(root.certificate, whom));
      REQUIRE(neither.distrust(root.certificate, whom));
      for (const pki::Anchors* one : {&anchor, &noted, &neither}) identities.push_back(one->identity());
    }
  // To trust for all and to distrust for nobody are the same as not to say it: three that are not, and none at all.
  std::ranges::sort(identities);
  const auto twice = std::ranges::unique(identities);
  CHECK(identities.size() - twice.size() == 4 * 3 - 1);
}

TEST_CASE("a bundle that mixes roots and intermediates is separated while it is added") {
  const test::Authority authority;
  pki::Anchors anchors;
  for (const Issued* one : {&authority.intermediate, &authority.root})
    REQUIRE(anchors.add(one->certificate, pki::AnchorKind::mixture));
  CHECK(anchors.size() == 1);
  const auto parsed = pki::parse_certificate(authority.intermediate.certificate);
  CHECK(std::ranges::distance(anchors.intermediates_named(pki::canonical_name(parsed->subject))) == 1);
  CHECK(std::ranges::distance(anchors.named(pki::canonical_name(parsed->subject))) == 0);
  CHECK(std::ranges::distance(anchors.named(pki::canonical_name(parsed->issuer))) == 1);
  CHECK_FALSE(anchors.add(Der{0x30, 0x00}, pki::AnchorKind::mixture));
  // What would be an unusable anchor does no harm as an intermediate; as a root it fails.
  CHECK(says(why_not(self_signed(sallyport::authority("Weak"), test::key(KeyType::rsa_1024)).certificate,
                     pki::AnchorKind::mixture),
             "1024 bits"));
}

TEST_CASE("a bundle with a block that is no certificate is refused, with its place") {
  const test::Authority authority;
  const std::string text = authority.root.pem() + to_pem("CERTIFICATE", {0, 1, 2}) + authority.intermediate.pem();
  const auto refused = pki::read_anchors(text, pki::AnchorSource::mixture);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::bad_key_file);
  CHECK(says(refused.error().detail(), "block 2 ('CERTIFICATE', line "));
}

TEST_CASE("a certificate that is to be distrusted and cannot be read is no less an error, with its place") {
  const test::Authority authority;
  const Der list = der::concat({der::oid(kServerAuth), der::oid(kClientAuth)});
  const Der rejects_all = der::sequence({der::element(0xA0, list)});
  const auto with = [&](const Der& certificate) {
    const auto read =
        pki::read_anchors(authority.root.pem() + to_pem("TRUSTED CERTIFICATE", der::concat({certificate, rejects_all})),
                          pki::AnchorSource::mixture);
    if (!read) CHECK(read.error().code() == Code::bad_key_file);
    return read ? std::string("read") : read.error().detail();
  };
  CHECK(with(authority.intermediate.certificate) == "read");
  CHECK(says(with(der::sequence({der::null()})), "block 2 ('TRUSTED CERTIFICATE', line "));
}
