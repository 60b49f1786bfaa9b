// Certificate revocation lists (RFC 5280 §5), read and kept.
#include "pki/crl.h"

#include <doctest/doctest.h>

#include <chrono>

#include "base/limits.h"
#include "crl_scene.h"
#include "pki/crl_store.h"
#include "tls/crl.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

namespace {

/// An INTEGER of so many octets, of which the first is positive and the last ones count.
Der long_serial(std::size_t octets, std::uint32_t number) {
  Der value(octets, 0x5A);
  for (std::size_t i = 0; i < 4 && (i == 0 || i + 1 < octets); ++i)
    value[octets - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return der::element(0x02, value);
}

Extension named(const char* oid, bool critical, Der value = der::null()) { return {oid, critical, std::move(value)}; }

}  // namespace

TEST_CASE_FIXTURE(CrlScene, "a CRL: who, when, which number, and whom it revokes since when and why") {
  CrlSpec s = spec();
  s.number = 0x1234;
  s.entries = {revokes(subject), revokes(other)};
  s.entries[1].reason = 4;
  s.entries[1].revoked_at = kNow - 2 * kDay;
  s.entries[1].generalized = true;
  s.key_identifier = key_identifier(intermediate);
  const auto crl = parsed(s);
  CHECK(crl->shown_issuer() == "CN=Test Intermediate");
  CHECK(crl->this_update() == kNow - kHour);
  CHECK(crl->next_update() == kNow + kDay);
  REQUIRE(crl->number());
  CHECK(*crl->number() == std::vector<std::uint8_t>{0x12, 0x34});
  CHECK(std::ranges::equal(crl->authority_key_identifier(), key_identifier(intermediate)));
  CHECK(crl->entries() == 2);
  const auto first = crl->find(serial_of(subject)), second = crl->find(serial_of(other));
  REQUIRE(first);
  CHECK(first->at == kNow - kDay);
  CHECK_FALSE(first->reason);
  REQUIRE(second);
  CHECK(second->at == kNow - 2 * kDay);
  CHECK(second->reason == 4);
  CHECK_FALSE(crl->find(serial_of(root)));
}

TEST_CASE_FIXTURE(CrlScene, "serial numbers of every length are found, and none that is not there") {
  CrlSpec s = spec();
  std::vector<Der> serials;
  for (std::size_t octets = 1; octets <= limits::kMaxCrlSerial; ++octets)
    for (const std::uint32_t number : {1u, 2u, 77u}) serials.push_back(long_serial(octets, number));
  for (std::size_t i = 0; i < serials.size(); ++i)
    s.entries.push_back({.serial = serials[i], .revoked_at = static_cast<std::int64_t>(i)});
  const auto crl = parsed(s);
  CHECK(crl->entries() == serials.size());
  for (std::size_t i = 0; i < serials.size(); ++i) {
    const auto found = crl->find(Bytes(serials[i]).subspan(2));
    REQUIRE(found);
    CHECK(found->at == static_cast<std::int64_t>(i));
  }
  for (std::size_t octets = 1; octets <= limits::kMaxCrlSerial + 1; ++octets)
    CHECK_FALSE(crl->find(Bytes(long_serial(octets, 3)).subspan(2)));
  CHECK_FALSE(crl->find({}));
}

TEST_CASE_FIXTURE(CrlScene, "a serial number is found by all of its octets: others end in the same four") {
  CrlSpec s = spec();
  s.entries.push_back({.serial = sallyport::der::integer(Der{5, 1, 2, 3, 4})});
  s.entries.push_back({.serial = sallyport::der::integer(Der{9, 1, 2, 3, 4})});
  const auto crl = parsed(s);
  for (const Der& there : {Der{5, 1, 2, 3, 4}, Der{9, 1, 2, 3, 4}}) CHECK(crl->find(there));
  for (const Der& not_there : {Der{1, 2, 3, 4}, Der{4, 1, 2, 3, 4}, Der{6, 1, 2, 3, 4}, Der{10, 1, 2, 3, 4}})
    CHECK_FALSE(crl->find(not_there));
}

TEST_CASE_FIXTURE(CrlScene, "times: from 1950 to 9999; the entries' and the CRL's") {
  for (const std::int64_t at : {std::int64_t{-631152000}, std::int64_t{0}, std::int64_t{253402300799}}) {
    CrlSpec s = spec();
    s.entries = {revokes(subject)};
    s.entries[0].revoked_at = at;
    CHECK(parsed(s)->find(serial_of(subject))->at == at);
    s.entries[0].generalized = true;
    CHECK(parsed(s)->find(serial_of(subject))->at == at);
  }
  CrlSpec s = spec();
  s.next_update = s.this_update;
  CHECK(why(s) == "taken");
  s.next_update = s.this_update - 1;
  CHECK(says(why(s), "nextUpdate is before its thisUpdate"));
  s.next_update = {};
  CHECK(says(why(s), "has no nextUpdate"));
}

TEST_CASE_FIXTURE(CrlScene, "current: at, below and above the skew") {
  constexpr std::int64_t kSkew = limits::kCrlClockSkew.count();
  const auto crl = parsed(spec());
  CHECK(crl->current(pki::Moment(kNow)));
  CHECK(crl->current(pki::Moment(kNow - kHour - kSkew)));
  CHECK_FALSE(crl->current(pki::Moment(kNow - kHour - kSkew - 1)));
  CHECK(crl->current(pki::Moment(kNow + kDay + kSkew)));
  CHECK_FALSE(crl->current(pki::Moment(kNow + kDay + kSkew + 1)));
}

TEST_CASE_FIXTURE(CrlScene, "version 1 has no extensions, and there are two versions") {
  CrlSpec s = spec();
  s.version = 1;
  s.entries = {revokes(subject)};
  CHECK(why(s) == "taken");
  s.number = 1;
  CHECK(says(why(s), "of version 1 has no extensions"));
  s.number = {};
  s.entries[0].reason = 1;
  CHECK(says(why(s), "an entry of a CRL of version 1"));
  for (const unsigned version : {3u, 4u}) {
    s = spec();
    s.version = version;
    CHECK(says(why(s), "version is neither 1 nor 2"));
  }
}

TEST_CASE_FIXTURE(CrlScene, "an empty list says what none says; a serial twice is revoked all the same") {
  CrlSpec s = spec();
  s.empty_list = true;
  CHECK(parsed(s)->entries() == 0);
  s = spec();
  s.entries = {revokes(subject), revokes(subject)};
  CHECK(parsed(s)->find(serial_of(subject)));
}

TEST_CASE_FIXTURE(CrlScene, "what is not a complete CRL of the issuer's own is refused in words") {
  const auto scoped = [&](const ScopeSpec& scope) {
    CrlSpec s = spec();
    s.distribution_point = issuing_distribution_point(scope);
    return why(s);
  };
  CHECK(scoped({.uris = {"http://crl.example/1"}}) == "taken");
  CHECK(scoped({.user_certificates = true}) == "taken");
  CHECK(scoped({.ca_certificates = true}) == "taken");
  CHECK(scoped({.reasons = {0x01, 0x60}}) == "taken");
  CHECK(scoped({}) == "taken");
  CHECK(says(scoped({.indirect = true}), "it is an indirect CRL"));
  CHECK(says(scoped({.attribute_certificates = true}), "attribute certificates alone"));
  CHECK(says(scoped({.user_certificates = true, .ca_certificates = true}), "leaves no certificate over"));
  CHECK(says(scoped({.reasons = {0x00, 0x00}}), "onlySomeReasons"));  // none
  CHECK(says(scoped({.reasons = {0x03, 0x64}}), "onlySomeReasons"));  // unused bits that are set
  CHECK(says(scoped({.reasons = {0x08, 0x60}}), "onlySomeReasons"));
  CHECK(says(scoped({.reasons = {0x00, 0x60, 0x00, 0x00}}), "onlySomeReasons"));

  CrlSpec s = spec();
  s.extra = {named("2.5.29.27", true, der::integer(1))};
  CHECK(says(why(s), "it is a delta CRL"));
  s.extra[0].critical = false;
  CHECK(says(why(s), "it is a delta CRL"));
  s.extra = {named("1.2.3.4", true)};
  CHECK(says(why(s), "it has the critical extension 1.2.3.4, which is not known here"));
  s.extra = {named("1.2.3.4", false)};
  CHECK(why(s) == "taken");
  s.extra.push_back(s.extra[0]);
  CHECK(says(why(s), "the extension 1.2.3.4 twice"));

  s = spec();
  s.entries = {revokes(subject)};
  s.entries[0].extra = {named("2.5.29.29", true)};
  CHECK(says(why(s), "an entry names the issuer of its certificate"));
  s.entries[0].extra = {named("1.2.3.4", true)};
  CHECK(says(why(s), "an entry has the critical extension 1.2.3.4"));
  s.entries[0].extra = {named("1.2.3.4", false), named("2.5.29.24", true, der::generalized_time(kNow))};
  CHECK(why(s) == "taken");
  s.entries[0].extra = {named("1.2.3.4", false), named("1.2.3.4", false)};
  CHECK(says(why(s), "the extension 1.2.3.4 twice"));
  s.entries[0].extra = {};
  s.entries[0].reason = 8;
  CHECK(says(why(s), "removeFromCRL"));
  s.entries[0].reason = {};
  s.entries[0].extra = {named("2.5.29.21", false, der::element(0x0A, Der{0x00, 0x01}))};
  CHECK(says(why(s), "reasonCode is malformed"));
}

TEST_CASE_FIXTURE(CrlScene, "distribution points: named below the issuer's name, without a name, with too many") {
  const auto pointed = [&](const Der& point) {
    CrlSpec s = spec();
    s.distribution_point = der::sequence({point});
    return why(s);
  };
  const Der part = der::sequence({der::oid("2.5.4.3"), der::utf8("one")});
  CHECK(pointed(der::explicitly(0, der::element(0xA1, part))) == "taken");
  CHECK(says(pointed(der::explicitly(0, der::element(0xA1, {}))), "has no name"));
  CHECK(says(pointed(der::explicitly(0, der::element(0xA1, der::null()))),
             "name of its distribution point is malformed"));
  CHECK(says(pointed(der::explicitly(0, der::element(0xA0, {}))), "has no name"));
  CHECK(says(pointed(der::explicitly(0, {})), "malformed"));
  CHECK(says(pointed(der::explicitly(0, der::element(0xA0, der::null()))), "a name of its distribution point"));
  std::vector<std::string> uris(limits::kMaxDistributionNames, "http://crl.example/");
  CrlSpec s = spec();
  s.distribution_point = issuing_distribution_point({.uris = uris});
  CHECK(why(s) == "taken");
  uris.emplace_back("http://crl.example/");
  s.distribution_point = issuing_distribution_point({.uris = uris});
  CHECK(says(why(s), "more than 64 names"));
}

TEST_CASE_FIXTURE(CrlScene, "numbers: not negative, of 20 octets at most; serial numbers likewise, of 64") {
  const auto numbered = [&](const Der& integer) {
    CrlSpec s = spec();
    s.extra = {named("2.5.29.20", false, integer)};
    return why(s);
  };
  CHECK(numbered(der::integer(0)) == "taken");
  CHECK(numbered(der::integer(Bytes(Der(limits::kMaxCrlNumber, 0xFF)))) == "taken");  // 21 octets with the sign's
  CHECK(says(numbered(der::integer(Bytes(Der(limits::kMaxCrlNumber + 1, 0x7F)))), "more than 20 octets"));
  CHECK(says(numbered(der::element(0x02, Der{0xFF})), "not negative"));
  CHECK(says(numbered(der::element(0x02, Der{0x00, 0x01})), "not negative"));
  CHECK(says(numbered(der::element(0x02, {})), "not negative"));

  const auto revoking = [&](const Der& serial) {
    CrlSpec s = spec();
    s.entries = {{.serial = serial, .revoked_at = kNow}};
    return why(s);
  };
  CHECK(revoking(der::integer(0)) == "taken");
  CHECK(revoking(long_serial(limits::kMaxCrlSerial, 1)) == "taken");
  CHECK(says(revoking(long_serial(limits::kMaxCrlSerial + 1, 1)), "more than 64 octets"));
  CHECK(says(revoking(der::element(0x02, Der{0x80})), "negative"));
  CHECK(says(revoking(der::element(0x02, Der{0x00, 0x7F})), "fewest octets"));
  CHECK(says(revoking(der::element(0x02, {})), "empty"));
  CHECK(says(revoking(der::null()), "no INTEGER"));
}

TEST_CASE_FIXTURE(CrlScene, "malformed: cut short, longer, with fractional or offset times, with another algorithm") {
  CrlSpec s = spec();
  s.entries = {revokes(subject), revokes(other)};
  s.number = 7;
  const Der whole = crl(s);
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(pki::Crl::parse(Bytes(whole).first(n)));
  Der longer = whole;
  longer.push_back(0);
  CHECK(says(why(longer), "not DER"));
  const auto timed = [&](std::uint8_t tag, std::string_view text) {
    CrlSpec t = spec();
    t.more_entries = der::sequence({der::integer(5), der::element(tag, as_bytes(text))});
    return why(t);
  };
  CHECK(timed(0x17, "260701000000Z") == "taken");
  CHECK(says(timed(0x18, "20260701000000.5Z"), "revocationDate"));
  CHECK(says(timed(0x17, "260701000000+0100"), "revocationDate"));
  CHECK(says(timed(0x17, "2607010000Z"), "revocationDate"));
  s = spec();
  s.more_entries = der::sequence({der::integer(5), der::time(kNow), der::null()});
  CHECK(says(why(s), "something follows the last field of an entry"));
  s.more_entries = der::null();
  CHECK(says(why(s), "entries are malformed"));
  s = spec();
  s.hash = "SHA-1";
  CHECK(says(why(s), "SHA-1"));
  Der other_algorithm = crl(spec());
  const Der id = der::oid("1.2.840.10045.4.3.2");  // ECDSA with SHA-256; with SHA-384 its last octet is 3
  const auto beside_signature = std::ranges::find_end(other_algorithm, id);
  REQUIRE_FALSE(beside_signature.empty());
  beside_signature.back() = 3;
  CHECK(says(why(other_algorithm), "not the one beside the signature"));
}

TEST_CASE_FIXTURE(CrlScene, "extensions: at the limit and above, of the CRL and of an entry") {
  std::vector<Extension> many;
  for (std::size_t i = 0; i < limits::kMaxCrlExtensions; ++i)
    many.push_back(named(("1.2.3." + std::to_string(i)).c_str(), false));
  CrlSpec s = spec();
  s.extra = many;
  s.entries = {revokes(subject)};
  s.entries[0].extra = many;
  CHECK(why(s) == "taken");
  s.extra.push_back(named("1.2.4", false));
  CHECK(says(why(s), "it has more than 32 extensions"));
  s.extra = {};
  s.entries[0].extra.push_back(named("1.2.4", false));
  CHECK(says(why(s), "an entry has more than 32 extensions"));
}

TEST_CASE_FIXTURE(CrlScene, "entries: as many as the limit allows, and one more") {
  const auto with = [&](std::size_t count) {  // the smallest entries there are: their serial numbers repeat
    const Der one = der::sequence({der::integer(1), der::time(kNow)});
    Der entries;
    entries.reserve(count * one.size());
    for (std::size_t i = 0; i < count; ++i) entries.insert(entries.end(), one.begin(), one.end());
    CrlSpec s = spec();
    s.more_entries = std::move(entries);
    return why(s);
  };
  CHECK(with(limits::kMaxCrlEntries) == "taken");
  CHECK(says(with(limits::kMaxCrlEntries + 1), "revokes more than 2000000 certificates"));
}

TEST_CASE_FIXTURE(CrlScene, "signatures: by the issuer's key alone, of every algorithm that certificates may have") {
  for (const KeyType type : {KeyType::ecdsa_p256, KeyType::ecdsa_p384, KeyType::ed25519, KeyType::rsa_2048}) {
    const Issued issuer = self_signed(authority("Issuer"), key(type, 1)),
                 stranger = self_signed(authority("Issuer"), key(type, 3));
    for (const char* hash : {"SHA-256", "SHA-384", "SHA-512"}) {
      CrlSpec s = empty_crl(issuer);
      s.entries = {revokes(subject)};
      s.hash = hash;
      const auto crl = parsed(s);
      const Der right = issuer.key->spki(), wrong = stranger.key->spki();
      CHECK(crl->known_verdict(right) == pki::Crl::Verdict::unknown);
      CHECK_FALSE(crl->refuted());
      CHECK_FALSE(crl->verify(wrong, *crypto::PublicKey::from_spki(wrong)));
      CHECK(crl->known_verdict(wrong) == pki::Crl::Verdict::bad);
      CHECK(crl->refuted());
      CHECK_FALSE(crl->proven());
      CHECK(crl->verify(right, *crypto::PublicKey::from_spki(right)));
      CHECK(crl->known_verdict(right) == pki::Crl::Verdict::good);
      CHECK(crl->known_verdict(wrong) == pki::Crl::Verdict::bad);
      CHECK(crl->proven());
      CHECK_FALSE(crl->refuted());
    }
  }
  const Issued rsa = self_signed(authority("Issuer"), key(KeyType::rsa_2048, 1));
  CrlSpec s = empty_crl(rsa);
  s.pss = true;
  CHECK(parsed(s)->verify(rsa.key->spki(), *crypto::PublicKey::from_spki(rsa.key->spki())));
}

TEST_CASE_FIXTURE(CrlScene, "no octet of a CRL can be changed") {
  const Issued issuer = self_signed(authority("Issuer"), key(KeyType::ed25519, 1));
  CrlSpec s = empty_crl(issuer);
  s.entries = {revokes(subject)};
  s.number = 1;
  const Der spki = issuer.key->spki(), whole = crl(s);
  const auto public_key = crypto::PublicKey::from_spki(spki);
  REQUIRE(public_key);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Der changed = whole;
    changed[i] ^= 0x01;
    const auto read = pki::Crl::parse(changed);
    CHECK_MESSAGE((!read || !(*read)->verify(spki, *public_key)), i);
  }
}

TEST_CASE_FIXTURE(CrlScene, "verdicts on signatures are remembered, of the last keys that were asked about") {
  const auto crl = parsed(spec());
  const auto public_key = crypto::PublicKey::from_spki(intermediate.key->spki());
  REQUIRE(public_key);
  const auto name = [](std::size_t i) { return std::vector<std::uint8_t>{static_cast<std::uint8_t>(i)}; };
  std::vector<std::uint8_t> first;  // the key that counts as the CRL's: another one may be made to fit the signature
  for (std::size_t round = 0; round < 5 * limits::kMaxCrlVerdicts; ++round) {
    CHECK(crl->known_verdict(name(round)) == pki::Crl::Verdict::unknown);
    REQUIRE(crl->verify(name(round), *public_key));
    const auto prover = crl->prover();
    REQUIRE(prover);
    if (round == 0) first.assign(prover->bytes().begin(), prover->bytes().end());
    CHECK(std::ranges::equal(prover->bytes(), first));
    for (std::size_t back = 0; back <= round && back <= limits::kMaxCrlVerdicts; ++back) {
      const bool kept = back < limits::kMaxCrlVerdicts;
      CHECK((crl->known_verdict(name(round - back)) == pki::Crl::Verdict::good) == kept);
    }
  }
  CHECK(crl->proven());
}
