// Stapled OCSP responses (RFC 6960), judged.
#include "pki/staple.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "pki/ocsp_response.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using Der = sallyport::der::Der;
using test::kNow;

namespace {

constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;

/// A leaf, its issuer, a delegate of that issuer, and what a response says unless a test changes it.
struct Scene : test::Authority {
  Issued subject = leaf(server_leaf("leaf", {"a.example"}));
  Issued other = leaf(server_leaf("other", {"b.example"}));
  Issued delegate = responder_with([](CertificateSpec&) {});
  std::int64_t now = kNow;

  /// A delegate that `change` has made other than it should be.
  template <class Change>
  [[nodiscard]] Issued responder_with(Change change, const Issued* issuer = nullptr) const {
    CertificateSpec spec;
    spec.common_name = "Responder";
    spec.extended_key_usage = {kOcspSigning};
    spec.extra.push_back({"1.3.6.1.5.5.7.48.1.5", false, der::null()});  // id-pkix-ocsp-nocheck
    change(spec);
    return issue(issuer == nullptr ? intermediate : *issuer, spec, test::key(KeyType::ecdsa_p256, 5));
  }
  [[nodiscard]] OcspEntry entry() const {
    return {.subject = &subject, .this_update = now - kHour, .next_update = now + kDay};
  }
  [[nodiscard]] OcspSpec spec() const {
    return {.issuer = &intermediate, .responder = &intermediate, .entries = {entry()}, .produced_at = now - kHour};
  }
  [[nodiscard]] Result<pki::GoodStaple> judge(const Der& response) const {
    const auto certificate = pki::parse_certificate(subject.certificate);
    const auto issuer = pki::parse_certificate(intermediate.certificate);
    REQUIRE(certificate);
    REQUIRE(issuer);
    return pki::judge_staple(response, *certificate, *issuer, nullptr, pki::Moment(kNow));
  }
  [[nodiscard]] Result<pki::GoodStaple> judge(const OcspSpec& s) const { return judge(ocsp_response(s)); }
  [[nodiscard]] bool good(const OcspSpec& s) const { return judge(s).has_value(); }
  /// The words of a refusal with bad_staple.
  [[nodiscard]] std::string why(const Der& response) const {
    const auto verdict = judge(response);
    if (verdict) return "good";
    CHECK(verdict.error().code() == Code::bad_staple);
    CHECK(verdict.error().alert() == Alert::bad_certificate_status_response);
    return verdict.error().detail();
  }
  [[nodiscard]] std::string why(const OcspSpec& s) const { return why(ocsp_response(s)); }
};

bool says(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE(text);
  return false;
}

}  // namespace

TEST_CASE_FIXTURE(Scene, "good: signed by the issuer, by name or key, with a CertID of SHA-1 or SHA-256") {
  for (const bool by_key : {false, true})
    for (const char* hash : {"SHA-1", "SHA-256"}) {
      OcspSpec s = spec();
      s.by_key = by_key;
      s.entries[0].hash = hash;
      const auto verdict = judge(s);
      REQUIRE(verdict);
      CHECK(verdict->produced_at == kNow - kHour);
      CHECK(verdict->this_update == kNow - kHour);
      CHECK(verdict->next_update == kNow + kDay);
      CHECK_FALSE(verdict->unchecked_responder);
    }
  OcspSpec s = spec();
  s.entries[0].hash = "SHA-384";
  CHECK(says(why(s), "tells of other certificates only"));
}

TEST_CASE_FIXTURE(Scene, "revoked: since when and why, however old the response is") {
  OcspSpec s = spec();
  s.entries[0].status = OcspStatus::revoked;
  s.entries[0].revoked_at = kNow - kDay;
  s.entries[0].reason = 1;
  auto verdict = judge(s);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code() == Code::certificate_revoked);
  CHECK(verdict.error().alert() == Alert::certificate_revoked);
  CHECK(says(verdict.error().detail(), "revoked at 2026-06-30 00:00:00 UTC (keyCompromise)"));
  s.entries[0].this_update = kNow - 100 * kDay;
  s.entries[0].next_update = kNow - 90 * kDay;
  s.entries[0].reason = {};
  verdict = judge(s);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code() == Code::certificate_revoked);
  s.entries[0].reason = 6;  // certificateHold may have been taken back since
  CHECK(says(why(s), "too old"));
}

TEST_CASE_FIXTURE(Scene, "unknown, and the errors of responders") {
  OcspSpec s = spec();
  s.entries[0].status = OcspStatus::unknown;
  CHECK(says(why(s), "does not know the certificate"));
  const std::pair<std::uint8_t, const char*> statuses[] = {
      {1, "malformedRequest"}, {2, "internalError"}, {3, "tryLater"}, {5, "sigRequired"},
      {6, "unauthorized"},     {4, "status 4"},      {9, "status 9"}};
  for (const auto& [status, name] : statuses) {
    s.status = status;
    CHECK(says(why(s), std::string("the error ") + name));
  }
}

TEST_CASE_FIXTURE(Scene, "times: at, below and above the skew and the age that are borne") {
  constexpr std::int64_t kSkew = limits::kOcspClockSkew.count(), kAge = limits::kMaxOcspAge.count();
  const auto with = [&](std::int64_t produced, std::int64_t this_update, std::optional<std::int64_t> next) {
    OcspSpec s = spec();
    s.produced_at = produced, s.entries[0].this_update = this_update, s.entries[0].next_update = next;
    return s;
  };
  CHECK(good(with(kNow + kSkew, kNow + kSkew, kNow + kDay)));
  CHECK(says(why(with(kNow + kSkew + 1, kNow, kNow + kDay)), "from the future"));
  CHECK(says(why(with(kNow, kNow + kSkew + 1, kNow + kDay)), "from the future"));
  CHECK(good(with(kNow - kDay, kNow - kDay, kNow - kSkew)));
  CHECK(says(why(with(kNow - kDay, kNow - kDay, kNow - kSkew - 1)), "too old"));
  CHECK(good(with(kNow - kDay, kNow - kAge - kSkew, {})));
  CHECK(says(why(with(kNow - kDay, kNow - kAge - kSkew - 1, {})), "counts for ten days"));
  CHECK(says(why(with(kNow - kDay, kNow, kNow - 1)), "before its thisUpdate"));
}

TEST_CASE_FIXTURE(Scene, "only the entries about the certificate count, and all of them") {
  OcspSpec s = spec();
  const OcspEntry stranger = {
      .subject = &other, .status = OcspStatus::revoked, .this_update = kNow, .revoked_at = kNow};
  s.entries = {stranger, entry(), stranger};
  CHECK(good(s));
  s.entries = {stranger};
  CHECK(says(why(s), "tells of other certificates only"));
  OcspEntry revoked = entry();
  revoked.status = OcspStatus::revoked, revoked.revoked_at = kNow;
  s.entries = {entry(), revoked};
  CHECK(judge(s).error().code() == Code::certificate_revoked);
  OcspEntry stale = entry();
  stale.this_update = kNow - 100 * kDay, stale.next_update = kNow - 90 * kDay;
  s.entries = {stale, revoked};  // whatever the order
  CHECK(judge(s).error().code() == Code::certificate_revoked);
  OcspEntry shorter = entry();
  shorter.next_update = kNow + kHour;
  s.entries = {entry(), shorter};
  CHECK(judge(s)->until == kNow + kHour);
  OcspEntry endless = entry();
  endless.next_update = {};
  s.entries = {endless};
  CHECK(judge(s)->until == endless.this_update + limits::kMaxOcspAge.count());
  OcspEntry of_root = entry();  // the same serial number under another issuer
  of_root.issuer = &root;
  s.entries = {of_root};
  CHECK(says(why(s), "tells of other certificates only"));
}

TEST_CASE_FIXTURE(Scene, "a delegate: certified by the issuer itself, for OCSP alone, valid now") {
  OcspSpec s = spec();
  s.responder = &delegate;
  for (const bool by_key : {false, true}) {
    s.by_key = by_key;
    CHECK(good(s));
  }
  s.by_key = false;
  s.certificates = {other.certificate, der::sequence({der::null()})};  // nobody's, and nothing
  CHECK(good(s));
  s.certificates = {};
  s.enclose = false;
  CHECK(says(why(s), "neither the certificate's issuer nor enclosed"));
  s.enclose = true;
  const auto refused = [&](const Issued& responder) {
    s.responder = &responder;
    return why(s);
  };
  CHECK(says(refused(responder_with([](auto& c) { c.extended_key_usage = {}; })), "id-kp-OCSPSigning"));
  CHECK(says(refused(responder_with([](auto& c) { c.extended_key_usage = {kServerAuth}; })), "id-kp-OCSPSigning"));
  CHECK(says(refused(responder_with([](auto& c) { c.extended_key_usage = {"2.5.29.37.0"}; })), "id-kp-OCSPSigning"));
  CHECK(says(refused(responder_with([](auto& c) { c.key_usage = KeyUsageBits{.key_cert_sign = true}; })), "keyUsage"));
  CHECK(says(refused(responder_with([](auto& c) { c.not_after = kNow - 1; })), "not valid now"));
  constexpr std::int64_t kSkew =
      limits::kOcspClockSkew.count();  // its own clock is borne as well as that of its responses
  CHECK(says(refused(responder_with([](auto& c) { c.not_before = kNow + kSkew + 1; })), "not valid now"));
  CHECK(refused(responder_with([](auto& c) { c.not_before = kNow + kSkew; })) == "good");
  CHECK(says(refused(responder_with([](auto& c) { c.extra.push_back({"1.2.3.4", true, der::null()}); })), "1.2.3.4"));
  CHECK(says(refused(responder_with([](auto& c) { c.hash = "SHA-1"; })), "SHA-1"));
  CHECK(says(refused(responder_with([](auto&) {}, &root)), "has not certified itself"));
  const Issued impostor = self_signed(authority("Test Intermediate"), test::key(KeyType::ecdsa_p256, 9));
  CHECK(says(refused(responder_with([](auto&) {}, &impostor)), "has not certified"));
}

TEST_CASE_FIXTURE(Scene, "a delegate without id-pkix-ocsp-nocheck counts, and it is told") {
  const Issued plain = responder_with([](auto& c) { c.extra.clear(); });
  OcspSpec s = spec();
  s.responder = &plain;
  const auto verdict = judge(s);
  REQUIRE(verdict);
  CHECK(verdict->unchecked_responder);
}

TEST_CASE_FIXTURE(Scene,
                  "a delegate that bears its issuer's name is told by its key; a nocheck without a value is one") {
  const Issued namesake = responder_with([](auto& c) {
    c.common_name = "Test Intermediate";
    c.extra = {{"1.3.6.1.5.5.7.48.1.5", false, Der{}}};
  });
  OcspSpec s = spec();
  s.responder = &namesake;
  const auto verdict = judge(s);
  REQUIRE(verdict);
  CHECK_FALSE(verdict->unchecked_responder);
}

TEST_CASE_FIXTURE(Scene, "forged: another key, another name, a changed byte, a weak algorithm") {
  OcspSpec s = spec();
  const Issued impostor = self_signed(authority("Test Intermediate"), test::key(KeyType::ecdsa_p256, 9));
  s.responder = &impostor;
  s.enclose = false;
  CHECK(says(why(s), "is not signed by the certificate's issuer"));
  s = spec();
  s.named = "Somebody";
  CHECK(says(why(s), "signed by 'CN=Somebody'"));
  s = spec();
  s.hash = "SHA-1";
  CHECK(says(why(s), "SHA-1"));
  const Der whole = ocsp_response(spec());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Der changed = whole;
    changed[i] ^= 0x01;
    const auto verdict = judge(changed);
    // Nothing that is changed counts: the signature covers all but itself and its wrapping.
    CHECK_MESSAGE(!verdict, i);
  }
}

TEST_CASE_FIXTURE(Scene,
                  "malformed: cut short, too long, too many, of another type, with unknown critical extensions") {
  const Der whole = ocsp_response(spec());
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(pki::parse_ocsp_response(Bytes(whole).first(n)));
  Der longer = whole;
  longer.push_back(0);
  CHECK_FALSE(pki::parse_ocsp_response(longer));

  const auto extensions = [](std::initializer_list<Der> list) {
    Der all;
    for (const Der& one : list) all = der::concat({all, one});
    return der::explicitly(1, der::sequence({all}));
  };
  const auto extension = [](const char* id, bool critical) {
    return der::sequence({der::oid(id), critical ? der::boolean(true) : Der{}, der::octet_string(der::null())});
  };
  OcspSpec s = spec();
  s.extensions = extensions({extension("1.3.6.1.5.5.7.48.1.2", true), extension("1.2.3.4", false)});
  CHECK(good(s));
  s.extensions = extensions({extension("1.2.3.4", true)});
  CHECK(says(why(s), "1.2.3.4 is critical"));
  s.extensions = extensions({extension("1.2.3.4", false), extension("1.2.3.4", false)});
  CHECK(says(why(s), "twice"));
  s.extensions = {};
  s.entries[0].extensions = extensions({extension("1.2.3.4", true)});
  CHECK(says(why(s), "1.2.3.4 is critical"));
  s = spec();
  s.type = "1.2.3.4";
  CHECK(says(why(s), "of the type 1.2.3.4"));
  s = spec();
  s.entries = {};
  CHECK(says(why(s), "no list of at least one"));
}

TEST_CASE_FIXTURE(Scene, "RFC 6960 §4.1.1: a CertID names the issuer by its name and by its key") {
  const Issued namesake = self_signed(authority("Test Intermediate"), test::key(KeyType::ecdsa_p256, 7));
  const Issued renamed = self_signed(authority("Other"), intermediate.key);
  for (const char* hash : {"SHA-1", "SHA-256"})
    for (const Issued* issuer : {static_cast<const Issued*>(&intermediate), &namesake, &renamed}) {
      OcspSpec s = spec();
      s.entries[0].hash = hash;
      s.entries[0].issuer = issuer;
      CHECK(good(s) == (issuer == &intermediate));
    }
}

TEST_CASE_FIXTURE(
    Scene, "RFC 6960 §4.2.2.2: a delegate is certified by the issuer and signs itself; names alone say nothing") {
  const Issued namesake = self_signed(authority("Test Intermediate"), test::key(KeyType::ecdsa_p256, 7));
  const Issued forged = responder_with([](CertificateSpec&) {}, &namesake);
  OcspSpec s = spec();
  s.responder = &delegate;
  CHECK(good(s));
  s.responder = &forged;
  CHECK_FALSE(good(s));
  Issued liar = delegate;  // its certificate, and not its key
  liar.key = test::key(KeyType::ecdsa_p256, 7);
  s.responder = &liar;
  CHECK(says(why(s), "is not signed by its delegate"));
}

TEST_CASE_FIXTURE(Scene, "limits: at them and above") {
  OcspSpec s = spec();
  s.entries.assign(limits::kMaxSingleResponses, entry());
  CHECK(good(s));
  s.entries.push_back(entry());
  CHECK(says(why(s), "more than 256 certificates"));

  s = spec();
  s.responder = &delegate;
  s.certificates.assign(limits::kMaxResponderCertificates - 1, other.certificate);
  CHECK(good(s));
  s.certificates.push_back(other.certificate);
  CHECK(says(why(s), "neither the certificate's issuer nor enclosed"));

  // A nonce that makes it as long as it may be, or longer. Ed25519's signatures are all of one length.
  const Issued responder = issue(intermediate, delegate.spec, test::key(KeyType::ed25519));
  s = spec();
  s.responder = &responder;
  const auto with_nonce = [&](std::size_t size) {
    const Der nonce = der::sequence({der::oid("1.3.6.1.5.5.7.48.1.2"), der::octet_string(Der(size, 1))});
    s.extensions = der::explicitly(1, der::sequence({nonce}));
    return ocsp_response(s);
  };
  constexpr std::size_t kSome = 1 << 15;  // lengths take as many octets as those of the limit
  const std::size_t rest = with_nonce(kSome).size() - kSome;
  for (const std::size_t size : {limits::kMaxOcspResponse - 1, limits::kMaxOcspResponse}) {
    const Der response = with_nonce(size - rest);
    REQUIRE(response.size() == size);
    CHECK(judge(response));
  }
  const Der above = with_nonce(limits::kMaxOcspResponse + 1 - rest);
  REQUIRE(above.size() == limits::kMaxOcspResponse + 1);
  CHECK(says(why(above), std::to_string(limits::kMaxOcspResponse)));
}
