// OCSP as the holder of a certificate sees it: the question, whom to ask, and what an answer says.
#include "tls/ocsp.h"

#include <doctest/doctest.h>

#include "crypto/sha1.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using namespace sallyport::der;
using test::kNow;

namespace {

constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;
constexpr const char* kOcsp = "1.3.6.1.5.5.7.48.1";
constexpr const char* kCaIssuers = "1.3.6.1.5.5.7.48.2";

Der uri(std::string_view text) { return implicitly(6, as_bytes(text)); }
Der access(const char* method, const Der& location) { return sequence({oid(method), location}); }
Extension info(const Der& value, bool critical = false) { return {"1.3.6.1.5.5.7.1.1", critical, value}; }

struct Scene : test::Authority {
  [[nodiscard]] CertificateSpec spec(std::vector<Extension> extra = {}) const {
    CertificateSpec s = server_leaf("leaf", {"a.example"});
    s.extra = std::move(extra);
    return s;
  }
  [[nodiscard]] CredentialPtr credential(const Issued& subject) const {
    const auto made = load_credential(subject.pem() + intermediate.pem(), subject.key_pem());
    REQUIRE_MESSAGE(made, made.error().message());
    return *made;
  }
  [[nodiscard]] OcspQuestion question(std::vector<Extension> extra) const {
    auto made = ocsp_question(*credential(leaf(spec(std::move(extra)))));
    REQUIRE_MESSAGE(made, made.error().message());
    return *made;
  }
};

Clock::Milliseconds at(std::int64_t seconds) { return std::chrono::seconds(seconds); }

}  // namespace

TEST_CASE_FIXTURE(Scene, "a question has one CertID by SHA-1, no nonce and no signature, and is the same each time") {
  for (const std::uint32_t serial : {1u, 0x80u, 0x12345678u}) {
    CertificateSpec s = spec();
    s.serial = serial;
    const Issued subject = leaf(s);
    const auto made = ocsp_question(*credential(subject));
    REQUIRE(made);
    const auto name = *crypto::sha1(distinguished_name("Test Intermediate"));
    const auto key = *crypto::sha1(intermediate.key->public_bits());
    const Der id =
        sequence({sequence({oid("1.3.14.3.2.26"), null()}), octet_string(name), octet_string(key), subject.serial});
    CHECK(made->request == sequence({sequence({sequence({sequence({id})})})}));
    CHECK(ocsp_question(*credential(subject))->request == made->request);
    CHECK(made->subject == "CN=leaf");
  }
}

TEST_CASE_FIXTURE(Scene, "responders: the http URLs of id-ad-ocsp, in their order; others are told apart") {
  const OcspQuestion all = question({info(sequence({
      access(kCaIssuers, uri("http://ca.example/issuer")),
      access(kOcsp, uri("http://one.example/a")),
      access(kOcsp, uri("https://two.example")),
      access(kOcsp, implicitly(2, as_bytes(std::string_view("name.example")))),
      access(kOcsp, uri("HTTP://three.example:8080")),
  }))});
  CHECK(all.responders == std::vector<std::string>{"http://one.example/a", "HTTP://three.example:8080"});
  CHECK(all.other_responders == std::vector<std::string>{"https://two.example"});
  CHECK(question({}).responders.empty());
}

TEST_CASE_FIXTURE(Scene, "an authorityInfoAccess that is malformed is told, and hurts nobody who does not ask") {
  const Der bad[] = {sequence({}),
                     null(),
                     sequence({sequence({oid(kOcsp)})}),
                     sequence({access(kOcsp, uri("http://a")), null()}),
                     sequence({sequence({oid(kOcsp), uri("http://a"), null()})}),
                     concat({sequence({access(kOcsp, uri("http://a"))}), null()}),
                     sequence({access(kOcsp, element(0x89, {}))})};
  for (const Der& value : bad) {
    const auto made = ocsp_question(*credential(leaf(spec({info(value)}))));
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == Code::bad_key_file);
    CHECK(made.error().detail().find("authorityInfoAccess") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Scene, "must-staple and noRevAvail are read") {
  CHECK_FALSE(question({}).must_staple);
  CHECK_FALSE(question({}).no_rev_avail);
  CHECK(question({{"1.3.6.1.5.5.7.1.24", false, sequence({integer(5)})}}).must_staple);
  CHECK(question({{"2.5.29.56", false, null()}}).no_rev_avail);
}

TEST_CASE_FIXTURE(Scene, "without the issuer there is no question: the advice says what to append") {
  const Issued subject = leaf(spec());
  const auto alone = load_credential(subject.pem(), subject.key_pem());
  REQUIRE(alone);
  auto made = ocsp_question(**alone);
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == Code::bad_key_file);
  CHECK(made.error().detail().find("append the certificate of 'CN=Test Intermediate'") != std::string::npos);
  const Issued own = self_signed(spec(), test::key());
  made = ocsp_question(**load_credential(own.pem(), own.key_pem()));
  REQUIRE_FALSE(made);
  CHECK(made.error().detail().find("its own issuer") != std::string::npos);
  CHECK_FALSE(ocsp_question(Credential{}));
}

TEST_CASE_FIXTURE(Scene, "an answer: good with its times, revoked with time and reason, and what is none") {
  const Issued subject = leaf(spec());
  const CredentialPtr ours = credential(subject);
  OcspSpec s{
      .issuer = &intermediate,
      .responder = &intermediate,
      .entries = {{.subject = &subject, .this_update = kNow - kHour, .next_update = kNow + kDay, .hash = "SHA-1"}},
      .produced_at = kNow - kHour + 1};
  auto answer = read_ocsp_answer(*ours, ocsp_response(s), at(kNow));
  REQUIRE(answer);
  CHECK_FALSE(answer->revoked);
  CHECK(answer->this_update == at(kNow - kHour));
  CHECK(answer->produced_at == at(kNow - kHour + 1));
  CHECK(answer->next_update == at(kNow + kDay));
  CHECK(answer->until == at(kNow + kDay));
  s.entries[0].next_update = {};
  answer = read_ocsp_answer(*ours, ocsp_response(s), at(kNow));
  REQUIRE(answer);
  CHECK_FALSE(answer->next_update);
  CHECK(answer->until == at(kNow - kHour + 10 * kDay));

  s.entries[0].next_update = kNow + kDay;
  s.entries[0].status = OcspStatus::revoked;
  s.entries[0].revoked_at = kNow - kDay;
  answer = read_ocsp_answer(*ours, ocsp_response(s), at(kNow));
  REQUIRE(answer);
  CHECK(answer->revoked);
  CHECK(answer->revoked_at == at(kNow - kDay));
  CHECK(answer->reason.empty());
  s.entries[0].reason = 1;
  CHECK(read_ocsp_answer(*ours, ocsp_response(s), at(kNow))->reason == "keyCompromise");
  // What is no news any more is none, though a client believes it whatever its age.
  CHECK_FALSE(read_ocsp_answer(*ours, ocsp_response(s), at(kNow + kDay + 301)));

  s.entries[0].status = OcspStatus::unknown;
  CHECK_FALSE(read_ocsp_answer(*ours, ocsp_response(s), at(kNow)));
  s.entries[0].status = OcspStatus::good;
  CHECK(read_ocsp_answer(*ours, ocsp_response(s), at(kNow)));
  CHECK_FALSE(read_ocsp_answer(*ours, ocsp_response(s), at(kNow + kDay + 301)));
  CHECK_FALSE(read_ocsp_answer(*credential(leaf(spec())), ocsp_response(s), at(kNow)));  // of another serial
  s.responder = &root;
  CHECK_FALSE(read_ocsp_answer(*ours, ocsp_response(s), at(kNow)));
}

TEST_CASE_FIXTURE(Scene, "an answer is read as of when it was made: past or to come, but authentic and then in date") {
  const Issued subject = leaf(spec());
  const CredentialPtr ours = credential(subject);
  OcspSpec s{.issuer = &intermediate, .responder = &intermediate, .entries = {{.subject = &subject}}};
  for (const std::int64_t made : {kNow - 30 * kDay, kNow + 30 * kDay}) {
    s.responder = &intermediate;
    s.produced_at = made;
    s.entries[0] = {.subject = &subject, .this_update = made - kHour, .next_update = made + kDay};
    s.entries[0].status = OcspStatus::revoked, s.entries[0].revoked_at = made - kDay;
    CHECK_FALSE(read_ocsp_answer(*ours, ocsp_response(s), at(kNow)));
    const auto answer = ocsp_answer_when_made(*ours, ocsp_response(s));
    REQUIRE(answer);
    CHECK(answer->revoked);
    CHECK(answer->this_update == at(made - kHour));
    CHECK_FALSE(ocsp_answer_when_made(*credential(leaf(spec())), ocsp_response(s)));  // of another serial
    s.responder = &root;
    CHECK_FALSE(ocsp_answer_when_made(*ours, ocsp_response(s)));
    s.responder = &intermediate;
    s.entries[0].next_update = made - 301;
    CHECK_FALSE(ocsp_answer_when_made(*ours, ocsp_response(s)));
    s.entries[0].this_update = made + 301, s.entries[0].next_update = made + kDay;
    CHECK_FALSE(ocsp_answer_when_made(*ours, ocsp_response(s)));
  }
  CHECK_FALSE(ocsp_answer_when_made(*ours, as_bytes(std::string_view("no"))));
}

TEST_CASE_FIXTURE(Scene, "of several entries about the leaf the worst counts, and the first end") {
  const Issued subject = leaf(spec());
  const CredentialPtr ours = credential(subject);
  OcspEntry good{.subject = &subject, .this_update = kNow - kHour, .next_update = kNow + kDay};
  OcspEntry second = good;
  second.next_update = kNow + kHour;
  second.hash = "SHA-1";
  OcspSpec s{
      .issuer = &intermediate, .responder = &intermediate, .entries = {good, second}, .produced_at = kNow - kHour};
  auto answer = read_ocsp_answer(*ours, ocsp_response(s), at(kNow));
  REQUIRE(answer);
  CHECK(answer->until == at(kNow + kHour));
  for (const std::size_t bad : {0u, 1u}) {
    s.entries = {good, second};
    s.entries[bad].status = OcspStatus::revoked;
    s.entries[bad].revoked_at = kNow - kHour;
    answer = read_ocsp_answer(*ours, ocsp_response(s), at(kNow));
    REQUIRE(answer);
    CHECK(answer->revoked);
    s.entries[bad].status = OcspStatus::unknown;
    CHECK_FALSE(read_ocsp_answer(*ours, ocsp_response(s), at(kNow)));
  }
}

TEST_CASE_FIXTURE(Scene, "a credential is copied with another staple") {
  const CredentialPtr ours = credential(leaf(spec()));
  const CredentialPtr with = with_staple(*ours, {1, 2, 3});
  CHECK(with->ocsp_response == std::vector<std::uint8_t>{1, 2, 3});
  CHECK(with->chain == ours->chain);
  CHECK(with->key == ours->key);
  CHECK(ours->ocsp_response.empty());
  CHECK(with_staple(*with, {})->ocsp_response.empty());
}
