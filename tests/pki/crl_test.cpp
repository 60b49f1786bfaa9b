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
  for (std::size_t round = 0; round < 5 * limits::kMaxCrlVerdicts; ++round) {
    CHECK(crl->known_verdict(name(round)) == pki::Crl::Verdict::unknown);
    REQUIRE(crl->verify(name(round), *public_key));
    for (std::size_t back = 0; back <= round && back <= limits::kMaxCrlVerdicts; ++back) {
      const bool kept = back < limits::kMaxCrlVerdicts;
      CHECK((crl->known_verdict(name(round - back)) == pki::Crl::Verdict::good) == kept);
    }
  }
  CHECK(crl->proven());
}

TEST_CASE_FIXTURE(CrlScene, "a set: PEM with text around it, DER, several in one text; what is no CRL is passed over") {
  CrlSpec of_root = empty_crl(root);
  of_root.entries = {revokes(intermediate)};
  of_root.number = 0;
  CrlSet::Builder builder;
  auto added = builder.add("# a bundle\n" + root.pem() + pem(spec()) + "text\n" + pem(of_root));
  REQUIRE(added);
  CHECK(added->added == 2);
  const CrlSet crls = builder.build();
  CHECK(crls.size() == 2);
  CHECK(crls.entries() == 1);
  CHECK(crls.memory() > 2 * sizeof(pki::Crl));
  bool found = false;
  for (const CrlFacts& facts : crls.facts())
    if (facts.issuer == "CN=Test Root") {
      found = true;
      CHECK(facts.number == "00");
      CHECK(facts.entries == 1);
      CHECK(facts.this_update == std::chrono::seconds(kNow - kHour));
      CHECK(facts.next_update == std::chrono::seconds(kNow + kDay));
    } else {
      CHECK(facts.number.empty());
    }
  CHECK(found);
  CHECK(CrlSet().empty());
  const Der der = crl(spec());
  added = builder.add(as_text(der));
  REQUIRE(added);
  CHECK(added->added + added->known == 1);  // a signature of ECDSA is another each time
}

TEST_CASE_FIXTURE(CrlScene, "a text that is refused names block and line, and adds nothing") {
  CrlSet::Builder builder;
  const auto refused = [&](const std::string& text) {
    const auto added = builder.add(text);
    CHECK(builder.build().empty());
    if (added) return std::string("taken");
    CHECK(added.error().code() == Code::bad_crl);
    return added.error().detail();
  };
  CrlSpec delta = spec();
  delta.extra = {named("2.5.29.27", true, der::integer(1))};
  const std::string good = pem(spec());
  const std::string line = std::to_string(1 + std::ranges::count(good, '\n'));
  CHECK(says(refused(good + pem(delta)), "block 2 ('X509 CRL', line " + line + "): "));
  CHECK(says(refused(as_text(crl(delta)).data() ? std::string(as_text(crl(delta))) : ""), "the DER: "));
  CHECK(says(refused(good.substr(0, good.size() / 2)), "is the file cut off?"));
  CHECK(says(refused(root.pem()), "there is no CRL (-----BEGIN X509 CRL-----) in it: it has block 1 ('CERTIFICATE'"));
  CHECK(says(refused(""), "no PEM block"));
  CHECK(says(refused(std::string(limits::kMaxCrlText + 1, '\n')), "longer than 134217728 bytes"));
  CHECK(says(refused(to_pem("X509 CRL", root.certificate)), "block 1 ('X509 CRL', line 1): "));
}

TEST_CASE_FIXTURE(CrlScene, "a newer CRL is not replaced by an older one: by number, else by thisUpdate") {
  const auto numbered = [&](std::optional<std::uint32_t> number, std::int64_t made) {
    CrlSpec s = spec();
    s.number = number, s.this_update = made;
    return pem(s);
  };
  const auto order = [&](const std::string& first, const std::string& second) {
    CrlSet::Builder builder;
    REQUIRE(builder.add(first));
    const auto added = builder.add(second);
    REQUIRE(added);
    CHECK(added->added + added->outdated == 1);
    CHECK(added->words.size() == added->outdated);
    CHECK(builder.build().size() == 1);
    return added->added == 1;
  };
  const std::int64_t early = kNow - 2 * kHour, late = kNow - kHour;
  CHECK(order(numbered(1, late), numbered(2, early)));
  CHECK_FALSE(order(numbered(2, early), numbered(1, late)));
  CHECK(order(numbered(0x7FFF, late), numbered(0x10000, early)));  // longer is larger
  CHECK(order(numbered(2, early), numbered(2, late)));
  CHECK_FALSE(order(numbered(2, late), numbered(2, early)));
  CHECK(order(numbered({}, early), numbered({}, late)));
  CHECK_FALSE(order(numbered({}, late), numbered(9, early)));
  CrlSet::Builder builder;
  REQUIRE(builder.add(numbered(2, late)));
  const auto words = builder.add(numbered(1, early))->words;
  REQUIRE(words.size() == 1);
  CHECK(says(words[0], "block 1 ('X509 CRL', line 1): the CRL of 'CN=Test Intermediate' of 2026-06-30 22:00:00 UTC"));
  CHECK(says(words[0], "does not replace that of 2026-06-30 23:00:00 UTC"));
}

TEST_CASE_FIXTURE(CrlScene, "CRLs of other scopes, issuers or keys stand beside each other") {
  CrlSet::Builder builder;
  const auto add = [&](const CrlSpec& s) {
    const auto added = builder.add(pem(s));
    REQUIRE(added);
    return added->added;
  };
  CrlSpec s = spec();
  CHECK(add(s) == 1);
  CHECK(add(empty_crl(root)) == 1);
  s.key_identifier = Der{1, 2, 3};
  CHECK(add(s) == 1);
  s.distribution_point = issuing_distribution_point({.user_certificates = true});
  CHECK(add(s) == 1);
  s.distribution_point = issuing_distribution_point({.uris = {"http://crl.example/1"}});
  CHECK(add(s) == 1);
  CHECK(builder.build().size() == 5);
}

namespace {

/// CRLs of one scope: the issuer's own, and those that others have written in its name.
struct Groups : CrlScene {
  using Numbers = std::vector<std::uint32_t>;
  using Added = pki::CrlStore::Added;
  Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));

  [[nodiscard]] CrlSpec numbered(std::uint32_t number) const {
    CrlSpec s = spec();
    s.number = number;
    return s;
  }
  [[nodiscard]] pki::CrlPtr own(std::uint32_t number) const { return parsed(numbered(number)); }
  [[nodiscard]] pki::CrlPtr forged(std::uint32_t number) const {
    CrlSpec s = numbered(number);
    s.signer = &impostor;
    return parsed(s);
  }
  static bool tried(const pki::CrlPtr& crl, const Issued& by) {
    const Der spki = by.key->spki();
    return crl->verify(spki, *crypto::PublicKey::from_spki(spki)).has_value();
  }
  static Numbers held(const pki::CrlStore& store) {
    Numbers numbers;
    std::size_t bytes = 0;
    store.for_each([&](const pki::CrlGroup& group) {
      for (const auto& one : group) {
        numbers.push_back(one->number()->front());
        bytes += one->memory();
      }
    });
    CHECK(store.memory() == bytes);
    return numbers;
  }
  static Numbers held(const CrlSet& crls) { return held(crls.store()); }
};

}  // namespace

TEST_CASE_FIXTURE(Groups, "the issuer's next CRL has its place whatever somebody else has written before it") {
  pki::CrlStore store;
  const auto one = own(1), two = own(2), three = own(3), forgery = forged(100);
  REQUIRE(store.add(one));
  REQUIRE(tried(one, intermediate));
  CHECK(*store.add(forgery) == Added::added);
  CHECK(*store.add(two) == Added::outdated);
  CHECK(held(store) == Numbers{100, 2, 1});
  CHECK_FALSE(tried(forgery, intermediate));
  REQUIRE(tried(two, intermediate));
  REQUIRE(store.add(three));
  CHECK(held(store) == Numbers{100, 3, 2});  // of one key the newest that it has proven
  REQUIRE(tried(three, intermediate));
  CHECK(*store.add(three) == Added::known);
  REQUIRE(store.add(own(4)));
  CHECK(held(store) == Numbers{100, 4, 3});
}

TEST_CASE_FIXTURE(Groups, "before any proof forged CRLs push none out: at, below and above the limit") {
  constexpr auto kMost = static_cast<std::uint32_t>(limits::kMaxCrlsOfScope);
  pki::CrlStore store;
  REQUIRE(store.add(own(1)));
  for (std::uint32_t i = 1; i < kMost; ++i) REQUIRE(store.add(forged(100 + i)));
  Numbers all = held(store);
  CHECK(all.size() == kMost);
  CHECK(all.back() == 1);
  REQUIRE(store.add(forged(99)));  // the highest number goes
  all = held(store);
  CHECK(all.size() == kMost);
  CHECK(all.front() == 100 + kMost - 2);
  CHECK(all.back() == 1);
  REQUIRE(store.add(own(120)));  // but the one that was just added does not, however high
  all = held(store);
  CHECK(all.front() == 120);
  CHECK(all.size() == kMost);
  CHECK(all.back() == 1);
}

TEST_CASE_FIXTURE(Groups, "at the limit those go first that keys were tried on in vain") {
  pki::CrlStore store;
  const auto low = forged(1);
  REQUIRE(store.add(low));
  for (std::uint32_t i = 1; i < limits::kMaxCrlsOfScope; ++i) REQUIRE(store.add(own(100 + i)));
  CHECK_FALSE(tried(low, intermediate));
  REQUIRE(store.add(own(90)));
  const Numbers all = held(store);
  CHECK(all.size() == limits::kMaxCrlsOfScope);
  CHECK(all.front() == 100 + limits::kMaxCrlsOfScope - 1);
  CHECK(all.back() == 90);
}

TEST_CASE_FIXTURE(Groups, "a CRL that another key of the issuer's name has proven takes nobody's place") {
  pki::CrlStore store;
  const auto one = own(1), foreign = forged(100), newer = forged(101);
  REQUIRE(store.add(one));
  REQUIRE(tried(one, intermediate));
  REQUIRE(tried(foreign, impostor));
  REQUIRE(store.add(foreign));
  REQUIRE(store.add(own(2)));
  CHECK(held(store) == Numbers{100, 2, 1});
  REQUIRE(tried(newer, impostor));
  REQUIRE(store.add(newer));  // but that of its own key
  CHECK(held(store) == Numbers{101, 2, 1});
}

TEST_CASE_FIXTURE(Groups, "keys that have proven CRLs of one scope: as many as the limit, and one more") {
  pki::CrlStore store;
  std::vector<Issued> impostors;
  for (std::uint32_t i = 0; i <= limits::kMaxCrlsOfScope; ++i) {
    impostors.push_back(
        self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, static_cast<int>(20 + i))));
    CrlSpec s = numbered(100 + i);
    s.signer = &impostors.back();
    const auto crl = parsed(s);
    REQUIRE(tried(crl, impostors.back()));
    REQUIRE(store.add(crl));
    CHECK(held(store).size() == std::min<std::size_t>(i + 1, limits::kMaxCrlsOfScope));
  }
  const Numbers all = held(store);
  CHECK(all[0] == 100 + limits::kMaxCrlsOfScope);
  CHECK(all[1] == 100 + limits::kMaxCrlsOfScope - 2);
  CHECK(all.back() == 100);
}

TEST_CASE_FIXTURE(Groups, "of one key the newer CRL counts, wherever the two stand") {
  // Numbers and times that contradict each other, by others' hands, put an old CRL in front of a new one.
  const auto timed = [&](const Issued& signer, std::optional<std::uint32_t> number, std::int64_t at) {
    CrlSpec s = spec();
    s.signer = &signer, s.number = number, s.this_update = at, s.next_update = kNow + kDay;
    return parsed(s);
  };
  const auto new_one = timed(intermediate, 6, kNow - 3 * kHour), old_one = timed(intermediate, 5, kNow - 4 * kHour);
  pki::CrlStore store;
  REQUIRE(store.add(new_one));
  REQUIRE(store.add(timed(impostor, {}, kNow - 2 * kHour)));
  REQUIRE(store.add(timed(impostor, 1, kNow - kHour)));
  REQUIRE(store.add(old_one));
  const pki::CrlGroup& group = store.of(new_one->issuer()).front();
  REQUIRE(group.size() == 4);
  CHECK(group[0] == old_one);
  CHECK(group[3] == new_one);
  for (std::size_t i = 0; i < group.size(); ++i) CHECK_FALSE(pki::superseded(group, i));
  REQUIRE(tried(old_one, intermediate));
  CHECK_FALSE(pki::superseded(group, 0));
  REQUIRE(tried(new_one, intermediate));
  CHECK(pki::superseded(group, 0));
  CHECK_FALSE(pki::superseded(group, 3));
}

TEST_CASE_FIXTURE(Groups, "of two that are as new, and of one key, the first counts") {
  pki::CrlStore store;
  CrlSpec s = numbered(1);
  const auto one = parsed(s);
  s.entries = {revokes(other)};
  const auto twin = parsed(s);
  REQUIRE(store.add(one));
  REQUIRE(store.add(twin));
  REQUIRE(tried(one, intermediate));
  REQUIRE(tried(twin, intermediate));
  const pki::CrlGroup& group = store.of(one->issuer()).front();
  REQUIRE(group.size() == 2);
  CHECK_FALSE(pki::superseded(group, 0));
  CHECK(pki::superseded(group, 1));
}

TEST_CASE_FIXTURE(Groups, "what is read anew: the verified stay, and the others go") {
  const auto set = [](const std::vector<std::string>& texts, const CrlSet& previous = {}) {
    CrlSet::Builder builder;
    for (const std::string& one : texts) REQUIRE(builder.add(one));
    const auto kept = builder.keep_proven(previous);
    REQUIRE(kept);
    CHECK(kept->added == kept->words.size());
    return std::pair{builder.build(), kept->words};
  };
  const auto front = [](const CrlSet& crls) {
    pki::CrlPtr found;
    crls.store().for_each([&](const pki::CrlGroup& group) { found = group.front(); });
    return found;
  };
  CrlSpec forgery = numbered(100);
  forgery.signer = &impostor;
  const std::string one = pem(numbered(1)), two = pem(numbered(2)), bad = pem(forgery);
  const CrlSet first = set({one}).first;
  REQUIRE(tried(front(first), intermediate));

  const CrlSet again = set({one}, first).first;
  CHECK(front(again) == front(first));  // and what is known of its signature
  const CrlSet overwritten = set({bad}, again).first;
  CHECK(held(overwritten) == Numbers{100, 1});
  CHECK_FALSE(tried(front(overwritten), intermediate));
  CHECK(front(set({bad}, overwritten).first)->refuted());
  const CrlSet cured = set({two}, overwritten).first;
  CHECK(held(cured) == Numbers{2, 1});
  REQUIRE(tried(front(cured), intermediate));

  const auto [older, words] = set({one}, cured);
  CHECK(held(older) == Numbers{2});
  REQUIRE(words.size() == 1);
  CHECK(says(words[0], "that of 'CN=Test Intermediate' of 2026-06-30 23:00:00 UTC, which was read before, stays"));

  // A scope that no text has any more goes, and so does what was not verified.
  CHECK(set({pem(empty_crl(root))}, cured).first.size() == 1);
  CrlSpec scoped = numbered(7);
  scoped.distribution_point = issuing_distribution_point({.user_certificates = true});
  CHECK(held(set({pem(scoped)}, cured).first) == Numbers{7});
  CHECK(held(set({one}, set({bad}).first).first) == Numbers{1});
}

TEST_CASE_FIXTURE(Groups, "scopes of one issuer and key: as many as the limit, and one more") {
  pki::CrlStore store;
  const auto of = [&](std::size_t i) {
    CrlSpec s = numbered(1);
    s.distribution_point = issuing_distribution_point({.uris = {"http://crl.example/" + std::to_string(i)}});
    return s;
  };
  for (std::size_t i = 0; i < limits::kMaxCrlScopes; ++i) REQUIRE(store.add(parsed(of(i))));
  const auto more = store.add(parsed(of(limits::kMaxCrlScopes)));
  REQUIRE_FALSE(more);
  CHECK(more.error().code() == Code::bad_crl);
  CHECK(says(more.error().detail(), "CRLs of 'CN=Test Intermediate' for 256 scopes"));
  CrlSpec other_key = of(limits::kMaxCrlScopes);
  other_key.key_identifier = Der{1, 2, 3};
  CHECK(store.add(parsed(other_key)));
}

TEST_CASE_FIXTURE(Groups, "memory: at, below and above the limit") {
  const auto one = own(1), two = own(2);
  const std::size_t both = one->memory() + two->memory();
  for (const std::size_t limit : {both + 1, both, both - 1}) {
    pki::CrlStore store(limit);
    REQUIRE(store.add(one));
    const auto added = store.add(two);
    CHECK(added.has_value() == (limit >= both));
    if (!added) CHECK(says(added.error().detail(), "more than " + std::to_string(limit) + " bytes together"));
  }
  pki::CrlStore store(two->memory()), previous;
  REQUIRE(store.add(two));
  const auto before = own(3);
  REQUIRE(tried(before, intermediate));
  REQUIRE(previous.add(before));
  const auto kept = store.keep_proven(previous);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code() == Code::bad_crl);
}

TEST_CASE_FIXTURE(CrlScene, "a set begins with another's CRLs, which are not replaced by older ones") {
  CrlSpec s = spec();
  s.number = 5;
  s.entries = {revokes(subject)};
  CrlSet::Builder first;
  REQUIRE(first.add(pem(s)));
  const CrlSet before = first.build();
  CrlSet::Builder next(before);
  s.number = 4;
  s.entries = {};
  CHECK(next.add(pem(s))->outdated == 1);
  CHECK(next.build().entries() == 1);
  s.number = 6;
  CHECK(next.add(pem(s))->added == 1);
  CHECK(next.build().entries() == 0);
  CHECK(before.entries() == 1);
}

TEST_CASE_FIXTURE(CrlScene, "a set: as many CRLs as the limit, and one more") {
  pki::CrlStore store;
  const auto of = [&](std::size_t i) {
    CrlSpec s = spec();
    s.key_identifier = Der{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    return parsed(s);
  };
  for (std::size_t i = 0; i < limits::kMaxCrls; ++i) REQUIRE(store.add(of(i)));
  const auto more = store.add(of(limits::kMaxCrls));
  REQUIRE_FALSE(more);
  CHECK(says(more.error().detail(), "4096 CRLs already"));
}
