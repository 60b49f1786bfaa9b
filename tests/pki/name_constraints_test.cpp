// RFC 5280 §4.2.1.10: what an authority may issue for.
#include "pki/name_constraints.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "pki/name_parts.h"
#include "raw_certificate.h"

using namespace tls;
using namespace tls::test;
using pki::ConstraintBudget;
using pki::SubjectPosition;

namespace {

/// An authority with these name constraints.
RawCertificate authority(const der::Der& name_constraints, bool critical = true) {
  RawCertificate raw;
  raw.subject = dn({attribute(kCn, "Constrained")});
  raw.extensions = {extension(kNameConstraints, name_constraints, critical)};
  return raw;
}

/// A leaf with these names in subjectAltName; without any, without the extension.
RawCertificate leaf(const std::vector<der::Der>& names, const der::Der& subject = dn({})) {
  RawCertificate raw;
  raw.subject = subject;
  if (!names.empty()) raw.extensions = {extension(kSan, sequence_of(names))};
  return raw;
}

std::string under(const RawCertificate& issuer, const RawCertificate& subject, ConstraintBudget& budget,
                  SubjectPosition position = SubjectPosition::leaf) {
  const der::Der issuer_der = issuer.encode(), subject_der = subject.encode();
  const auto parsed_issuer = pki::parse_certificate(issuer_der), parsed_subject = pki::parse_certificate(subject_der);
  REQUIRE(parsed_issuer);
  REQUIRE(parsed_subject);
  return words(pki::check_name_constraints(*parsed_issuer, *parsed_subject, position, budget));
}
std::string under(const der::Der& constraints, const RawCertificate& subject) {
  ConstraintBudget budget;
  return under(authority(constraints), subject, budget);
}
std::string names_under(const der::Der& constraints, const std::vector<der::Der>& names) {
  return under(constraints, leaf(names));
}
std::string permitted(const der::Der& constraint, const std::vector<der::Der>& names) {
  return names_under(constraints({constraint}, {}), names);
}
std::string excluded(const der::Der& constraint, const std::vector<der::Der>& names) {
  return names_under(constraints({}, {constraint}), names);
}

bool violated(const std::string& said) { return said.starts_with("name_constraints_violated"); }

std::string usable(const der::Der& name_constraints) {
  const der::Der der = authority(name_constraints).encode();
  const auto parsed = pki::parse_certificate(der);
  REQUIRE(parsed);
  const std::string said = words(pki::check_constraints_usable(*parsed));
  CHECK(said == under(name_constraints, leaf({})));  // both say it
  return said;
}

der::Der network(std::vector<std::uint8_t> octets) { return address(octets); }
const der::Der kNet10 = network({10, 0, 0, 0, 255, 0, 0, 0});

}  // namespace

TEST_CASE("an authority without constraints allows all, and constraints of one form do not touch another") {
  RawCertificate free;
  ConstraintBudget budget;
  CHECK(under(free, leaf({dns("a.example."), uri("x"), email("y")}), budget) == "accepted");
  CHECK(permitted(dns("example.com"), {email("a@b.example"), uri("https://c.example"), address({1, 2, 3, 4}),
                                       directory(dn({attribute(kO, "O")})), utf8_mailbox("x@d.example")}) ==
        "accepted");
  CHECK(permitted(kNet10, {dns("a.example")}) == "accepted");
  CHECK(permitted(email("example.com"), {dns("a.example"), other("1.2.3", der::null())}) == "accepted");
}

TEST_CASE("permitted DNS names: the name and all below it") {
  const der::Der only = dns("Example.com");
  for (const char* good : {"example.com", "EXAMPLE.COM", "www.example.com", "a.b.example.com", "*.example.com"})
    CHECK(permitted(only, {dns(good)}) == "accepted");
  for (const char* bad : {"www.example.org", "com", "badexample.com", "*.com"}) {
    CHECK(violated(permitted(only, {dns(bad)})));
    CHECK(violated(permitted(only, {dns("www.example.com"), dns(bad)})));
  }
  CHECK(names_under(constraints({dns("a.example"), dns("b.example")}, {}), {dns("x.b.example")}) == "accepted");
  CHECK(permitted(dns(""), {dns("anything.example")}) == "accepted");
  CHECK(violated(permitted(dns(".example.com"), {dns("example.com")})));  // a leading dot wants a label more
  CHECK(permitted(dns(".example.com"), {dns("a.example.com")}) == "accepted");
  CHECK(permitted(dns("_tcp.example"), {dns("_sip._tcp.example")}) == "accepted");
}

TEST_CASE("excluded DNS names win, and a wildcard must not reach into them") {
  const der::Der but = constraints({dns("example.com")}, {dns("secret.example.com")});
  CHECK(names_under(but, {dns("www.example.com")}) == "accepted");
  for (const char* bad :
       {"secret.example.com", "SECRET.example.com", "a.secret.example.com", "*.secret.example.com", "*.example.com"})
    CHECK(violated(names_under(but, {dns(bad)})));
  CHECK(excluded(dns("a.secret.example.com"), {dns("*.example.com")}) == "accepted");  // the wildcard is one label
  CHECK(violated(excluded(dns(""), {dns("a.example")})));
  CHECK(excluded(dns(".example.com"), {dns("example.com")}) == "accepted");
  CHECK(violated(excluded(dns(".example.com"), {dns("*.example.com")})));
}

TEST_CASE("a malformed dNSName is refused by every authority with DNS constraints, and by no other") {
  for (const char* bad : {"*.example.com.", "www.example.com.", "", ".", ".example.com", "a..example.com",
                          "a b.example.com", "*", "w*.example.com", "a.*.example.com",
                          "b\xC3\xBC"
                          "cher.example.com"}) {
    CAPTURE(bad);
    const std::string said = excluded(dns("secret.example.com"), {dns(bad)});
    CHECK(violated(said));
    CHECK(mentions(said, "malformed"));
    CHECK(violated(permitted(dns("example.com"), {dns(bad)})));
    CHECK(violated(permitted(dns(""), {dns(bad)})));
    CHECK(excluded(email("example.com"), {dns(bad)}) == "accepted");
  }
}

TEST_CASE("addresses, of both families") {
  const der::Der v6 = network({0x20, 1,   0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                               255,  255, 255, 255,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const der::Der inside6 = address({0x20, 1, 0xD, 0xB8, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
                 outside6 = address({0x20, 1, 0xD, 0xB9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  CHECK(permitted(kNet10, {address({10, 1, 2, 3})}) == "accepted");
  CHECK(violated(permitted(kNet10, {address({11, 1, 2, 3})})));
  CHECK(violated(permitted(kNet10, {inside6})));  // one form, two families
  CHECK(permitted(v6, {inside6}) == "accepted");
  CHECK(violated(permitted(v6, {outside6})));
  CHECK(violated(permitted(v6, {address({32, 1, 13, 184})})));
  CHECK(violated(excluded(kNet10, {address({10, 1, 2, 3})})));
  CHECK(excluded(kNet10, {address({11, 1, 2, 3}), inside6}) == "accepted");
  CHECK(violated(excluded(v6, {inside6})));
  CHECK(permitted(network({10, 9, 9, 9, 255, 0, 0, 0}), {address({10, 1, 2, 3})}) ==
        "accepted");  // masked bits are no bits
  CHECK(permitted(network({1, 2, 3, 4, 255, 255, 255, 255}), {address({1, 2, 3, 4})}) == "accepted");
  const der::Der none =
      constraints({}, {network(std::vector<std::uint8_t>(8)), network(std::vector<std::uint8_t>(32))});
  CHECK(names_under(none, {dns("www.corp.example")}) == "accepted");
  CHECK(violated(names_under(none, {address({1, 2, 3, 4})})));
  CHECK(violated(names_under(none, {inside6})));
}

TEST_CASE("e-mail: a mailbox, a host, or what is below a domain") {
  const der::Der box = email("Some.Body@Example.com"), at_host = email("Example.com"), below = email(".example.com");
  CHECK(permitted(box, {email("Some.Body@eXample.com")}) == "accepted");
  CHECK(permitted(box, {email("\"Some.Body\"@example.com")}) == "accepted");
  for (const char* bad : {"some.body@example.com", "Some.Body@a.example.com", "x@example.com"})
    CHECK(violated(permitted(box, {email(bad)})));
  CHECK(permitted(at_host, {email("any@EXAMPLE.com"), email("\"a b\"@example.com")}) == "accepted");
  CHECK(violated(permitted(at_host, {email("any@a.example.com")})));
  CHECK(permitted(below, {email("any@a.example.com")}) == "accepted");
  CHECK(violated(permitted(below, {email("any@example.com")})));
  CHECK(permitted(email(""), {email("any@a.example")}) == "accepted");
  CHECK(violated(excluded(email(""), {email("any@a.example")})));
  CHECK(violated(excluded(box, {email("\"Some\\.Body\"@example.com")})));
  CHECK(violated(excluded(at_host, {email("x@example.com")})));
  for (const char* bad : {"", "example.com", "@example.com", "x@example.com.", "a@b@example.com", "x@[192.0.2.1]"}) {
    CAPTURE(bad);
    CHECK(violated(permitted(at_host, {email(bad)})));
    CHECK(violated(excluded(at_host, {email(bad)})));
  }
}

TEST_CASE("RFC 9598 §6: SmtpUTF8Mailbox counts as e-mail") {
  const der::Der at_host = email("xn--pss25c.example");
  CHECK(permitted(at_host, {utf8_mailbox("\xE5\xAD\xA6@XN--pss25c.example")}) == "accepted");
  CHECK(violated(permitted(at_host, {utf8_mailbox("\xE5\xAD\xA6@other.example")})));
  CHECK(violated(excluded(at_host, {utf8_mailbox("\xE5\xAD\xA6@xn--pss25c.example")})));
  CHECK(violated(excluded(at_host, {utf8_mailbox("\xE5\xAD\xA6@\xE5\xA4\xA7.example")})));  // a U-label: malformed
  CHECK(violated(excluded(at_host, {other("1.3.6.1.5.5.7.8.9", der::octet_string(as_bytes("a@b.example")))})));
  CHECK(violated(excluded(at_host, {der::element(0xA0, der::null())})));  // an otherName that is none
  CHECK(excluded(at_host, {other("1.2.3", der::null())}) == "accepted");
}

TEST_CASE("emailAddress in the subject counts where subjectAltName has no e-mail address") {
  const der::Der victim = dn({attribute(kCn, "x"), attribute(kEmail, "a@victim.example", 0x16)});
  const der::Der but = constraints({}, {email("victim.example")});
  CHECK(violated(under(but, leaf({}, victim))));
  CHECK(violated(under(but, leaf({dns("a.example")}, victim))));
  CHECK(under(but, leaf({email("a@b.example")}, victim)) == "accepted");
  CHECK(under(but, leaf({utf8_mailbox("a@b.example")}, victim)) == "accepted");
  CHECK(under(constraints({}, {dns("victim.example")}), leaf({}, victim)) == "accepted");
  for (const std::uint8_t tag : {std::uint8_t{0x0C}, std::uint8_t{0x13}})  // string types that it should not have
    CHECK(violated(under(but, leaf({}, dn({attribute(kEmail, "a@VICTIM.example", tag)})))));
  CHECK(violated(under(but, leaf({}, dn({attribute(kEmail, "aa@b.example", 0x1E)})))));  // cannot be read: refused
  CHECK(violated(under(but, leaf({}, dn({attribute(kEmail, "nobody", 0x16)})))));
  CHECK(under(but, leaf({}, dn({attribute(kEmail, "a@b.example", 0x16)}))) == "accepted");
}

TEST_CASE("URIs: the host of the authority") {
  const der::Der host = uri("Victim.example"), below = uri(".victim.example");
  CHECK(violated(excluded(host, {uri("spiffe://victim.example/x")})));
  CHECK(violated(excluded(host, {uri("https://user@VICTIM.example:443/")})));
  CHECK(excluded(host, {uri("https://a.victim.example/")}) == "accepted");  // a host is itself alone
  CHECK(violated(excluded(below, {uri("https://a.victim.example/")})));
  CHECK(excluded(below, {uri("https://victim.example/")}) == "accepted");
  CHECK(permitted(host, {uri("https://victim.example/")}) == "accepted");
  CHECK(violated(permitted(host, {uri("https://other.example/")})));
  CHECK(violated(permitted(host, {uri("https://other.example/?victim.example")})));
  CHECK(permitted(uri(""), {uri("https://any.example/")}) == "accepted");
  // RFC 5280 §4.2.1.10: no authority, or a host that is an address.
  for (const char* bad : {"urn:a:b", "mailto:x@y.example", "https://192.0.2.1/", "https://[2001:db8::1]/", "https:///x",
                          "https://v%69ctim.example/", "https://victim.example./", "no uri"}) {
    CAPTURE(bad);
    CHECK(violated(excluded(host, {uri(bad)})));
    CHECK(violated(permitted(uri(""), {uri(bad)})));
    CHECK(excluded(dns("victim.example"), {uri(bad)}) == "accepted");
  }
}

TEST_CASE("directory names: the first RDNs, as RFC 5280 §7.1 compares them") {
  const der::Der victim = directory(dn({attribute(kC, "DE"), attribute(kO, "Victim")}));
  const auto subject = [](const char* organization, std::uint8_t tag = 0x0C) {
    return leaf({}, dn({attribute(kC, "de", 0x13), attribute(kO, organization, tag), attribute(kCn, "x")}));
  };
  const der::Der out = constraints({}, {victim}), in = constraints({victim}, {});
  CHECK(violated(under(out, subject("VICTIM"))));
  CHECK(violated(under(out, subject("  victim ", 0x13))));
  CHECK(violated(under(out, subject("Victim", 0x14))));
  CHECK(under(out, subject("Victims")) == "accepted");
  CHECK(under(in, subject("VICTIM")) == "accepted");
  CHECK(violated(under(in, subject("Other"))));
  CHECK(violated(under(in, leaf({}, dn({attribute(kO, "Victim"), attribute(kC, "DE")})))));  // in order
  CHECK(under(in, leaf({dns("a.example")})) == "accepted");  // an empty subject is no name
  const auto in_san = [](const char* organization) {
    return leaf({directory(dn({attribute(kC, "DE"), attribute(kO, organization)}))});
  };
  CHECK(violated(under(out, in_san("Victim"))));
  CHECK(under(out, in_san("Other")) == "accepted");
  CHECK(violated(under(in, in_san("Other"))));
  CHECK(violated(under(out, leaf({directory(der::null())}))));  // malformed
  CHECK(violated(excluded(directory(dn({})), {directory(dn({attribute(kO, "O")}))})));
  CHECK(violated(under(constraints({}, {directory(dn({}))}), subject("Anybody"))));
}

TEST_CASE("attributes of one RDN are a set") {
  const der::Der a = attribute(kO, "A"), b = attribute(kOu, "B");
  const der::Der out = constraints({}, {directory(sequence_of({set_of({a, b})}))});
  CHECK(violated(under(out, leaf({}, sequence_of({set_of({attribute(kOu, "b"), a})})))));
  CHECK(under(out, leaf({}, sequence_of({set_of({a})}))) == "accepted");
  CHECK(under(out, leaf({}, dn({a, b}))) == "accepted");
}

TEST_CASE("the common name is no name") {
  CHECK(under(constraints({dns("corp.example")}, {}), leaf({}, dn({attribute(kCn, "ACME Inc. Issuing CA G2")}))) ==
        "accepted");
  CHECK(under(constraints({}, {dns("victim.example")}), leaf({}, dn({attribute(kCn, "victim.example")}))) ==
        "accepted");
}

TEST_CASE("constraints that cannot be compared refuse where a name of their form is present, and only there") {
  const der::Der x400 = der::element(0xA3, der::Der{0x30, 0}), edi = der::element(0xA5, der::Der{0x81, 0}),
                 id = der::implicitly(8, der::Der{0x2A, 3});
  const der::Der upn = other("1.3.6.1.4.1.311.20.2.3", der::utf8("u@corp.example"));
  for (const der::Der& form : {x400, edi, id, upn})
    for (const auto& both : {constraints({form}, {}), constraints({}, {form})}) {
      CHECK(names_under(both, {dns("a.example"), email("a@b.example")}) == "accepted");
      CHECK(violated(names_under(both, {dns("a.example"), form})));
    }
  CHECK(excluded(upn, {other("1.2.3", der::null())}) == "accepted");  // otherNames are of one form with one type-id
  CHECK(violated(excluded(upn, {der::element(0xA0, der::null())})));
  CHECK(violated(excluded(other("1.3.6.1.5.5.7.8.9", der::utf8("x")), {utf8_mailbox("a@b.example")})));
}

TEST_CASE("a constraint that is malformed makes the authority unusable, and the error says which") {
  const auto raw = [](const der::Der& subtree_contents) {
    return der::sequence({der::explicitly(0, der::element(0x30, subtree_contents))});
  };
  struct Bad {
    der::Der value;
    const char* word;
  };
  std::vector<Bad> bad = {
      {der::null(), "malformed"},
      {der::sequence({}), "empty"},
      {der::sequence({der::element(0xA0, {})}), "empty"},
      {der::concat({constraints({dns("a")}, {}), der::null()}), "malformed"},
      {raw(der::null()), "malformed"},
      {raw({}), "malformed"},
      {der::sequence({der::explicitly(0, der::set({dns("a")}))}), "malformed"},
      {raw(der::concat({dns("a"), der::implicitly(0, der::Der{1})})), "minimum"},
      {raw(der::concat({dns("a"), der::implicitly(1, der::Der{0})})), "maximum"},
      {raw(der::concat({dns("a"), der::implicitly(0, der::Der{0}), der::implicitly(1, der::Der{0})})), "maximum"},
      {constraints({directory(der::null())}, {}), "directoryName"},
      {constraints({der::element(0xA0, der::null())}, {}), "otherName"},
  };
  for (const char* text :
       {"a.example.", ".", "*.example.com", "*", "a..b", "..a", "a b", "https://a.example", "b\xC3\xBC"})
    bad.push_back({constraints({dns(text)}, {}), "dNSName"});
  for (const char* text : {"a.example.", "@a.example", "a@", "a@.b", "a@b@c", "*.b", ".", "a b"})
    bad.push_back({constraints({email(text)}, {}), "rfc822Name"});
  for (const char* text :
       {"https://a.example", "a.example.", "a.example:80", "192.0.2.1", "user@a.example", "*.b", "."})
    bad.push_back({constraints({uri(text)}, {}), "uniformResourceIdentifier"});
  for (const auto& octets : std::vector<std::vector<std::uint8_t>>{{},
                                                                   {1, 2, 3, 4},
                                                                   {1, 2, 3, 4, 5},
                                                                   {10, 0, 0, 0, 255, 0, 255, 0},
                                                                   {10, 0, 0, 0, 0, 255, 0, 0},
                                                                   {10, 0, 0, 0, 253, 0, 0, 0},
                                                                   {10, 0, 0, 0, 127, 0, 0, 0}})
    bad.push_back({constraints({network(octets)}, {}), "iPAddress"});
  for (const Bad& one : bad) {
    const std::string said = usable(one.value);
    CAPTURE(said);
    CHECK(said.starts_with("bad_certificate"));
    CHECK(mentions(said, "CN=Constrained"));
    CHECK(mentions(said, one.word));
  }
  CHECK(usable(raw(der::concat({dns("a"), der::implicitly(0, der::Der{0})}))) ==
        "accepted");  // minimum's default, encoded
  CHECK(usable(constraints({dns("a")}, {dns("")})) == "accepted");
}

TEST_CASE("names whose hashes are the same are told apart (name_parts.h)") {
  const std::string_view host = "b19gs3l5d1z3ar", other_host = "eh50hhw8r0ca8j";
  REQUIRE(pki::hash_text(host) == pki::hash_text(other_host));
  CHECK(permitted(email(host), {email("x@" + std::string(host))}) == "accepted");
  CHECK(violated(permitted(email(host), {email("x@" + std::string(other_host))})));
  CHECK(violated(permitted(dns(host), {dns(other_host)})));
  CHECK(violated(permitted(uri(host), {uri("https://" + std::string(other_host) + "/")})));
  const std::string local = "8yn0iYCKYHlIj4-BwPqk", other_local = "GReLUrM4wMqfg9yzV3KQ";
  REQUIRE(pki::hash_text(local) == pki::hash_text(other_local));
  CHECK(permitted(email(local + "@a.example"), {email(local + "@a.example")}) == "accepted");
  CHECK(violated(permitted(email(local + "@a.example"), {email(other_local + "@a.example")})));
  // Behind what stands in front of an organizationName in canonical form.
  const der::Der o = dn({attribute(kO, "jxkjwfnpp02jow")}), other_o = dn({attribute(kO, "m1wah3wuf11j6o")});
  const auto hash = [](const der::Der& name) {
    pki::NameParts parts;
    parts.take_rdns(pki::canonical_name(name));
    return parts.hash[1];
  };
  REQUIRE(hash(o) == hash(other_o));
  CHECK(permitted(directory(o), {directory(o)}) == "accepted");
  CHECK(violated(permitted(directory(o), {directory(other_o)})));
}

TEST_CASE("constraints are no less binding when they are not critical") {
  ConstraintBudget budget;
  CHECK(violated(under(authority(constraints({}, {dns("a.example")}), false), leaf({dns("a.example")}), budget)));
}

TEST_CASE("RFC 5280 §6.1.3 (b): a self-issued intermediate is exempt, a self-issued leaf is not") {
  RawCertificate self = leaf({}, dn({attribute(kO, "Victim")}));
  self.issuer = dn({attribute(kO, "victim", 0x13)});
  const auto issuer = authority(constraints({}, {directory(dn({attribute(kO, "Victim")}))}));
  ConstraintBudget budget;
  CHECK(under(issuer, self, budget, SubjectPosition::intermediate) == "accepted");
  CHECK(violated(under(issuer, self, budget, SubjectPosition::leaf)));
  self.issuer = dn({attribute(kO, "Other")});
  CHECK(violated(under(issuer, self, budget, SubjectPosition::intermediate)));
}

TEST_CASE("a violation names the authority, the certificate, the name and the constraint") {
  const der::Der subject = dn({attribute(kCn, "The Leaf")});
  const std::string out = under(constraints({}, {dns("secret.example")}), leaf({dns("a.secret.example")}, subject));
  for (const char* word : {"CN=Constrained", "CN=The Leaf", "dNSName 'a.secret.example'", "excludes 'secret.example'"})
    CHECK(mentions(out, word));
  const std::string in = under(constraints({kNet10, kNet10}, {}), leaf({address({11, 0, 0, 1})}, subject));
  for (const char* word : {"iPAddress 11.0.0.1", "permits only 10.0.0.0 mask 255.0.0.0", "1 more"})
    CHECK(mentions(in, word));
}

TEST_CASE("what is kept of constraints that were read is asked of nobody else's") {
  ConstraintBudget shared;
  const auto first = authority(constraints({dns("a.example")}, {})),
             second = authority(constraints({dns("b.example")}, {}));
  CHECK(under(first, leaf({dns("a.example")}), shared) == "accepted");
  CHECK(under(second, leaf({dns("b.example")}), shared) == "accepted");
  CHECK(violated(under(second, leaf({dns("a.example")}), shared)));
  CHECK(shared.read.size() == 2);
}

TEST_CASE("names times constraints are bounded over a whole verify: below, at the limit, and above") {
  const auto cost = [](std::size_t names, std::size_t constraint_count, ConstraintBudget& budget) {
    std::vector<der::Der> in(constraint_count - 1, dns("c.example.org"));
    in.push_back(dns("example.com"));
    return under(authority(constraints(in, {})), leaf(std::vector<der::Der>(names, dns("n.example.com"))), budget);
  };
  const auto once = [&](std::size_t names, std::size_t constraint_count) {
    ConstraintBudget budget;
    return cost(names, constraint_count, budget);
  };
  static_assert(256 * 1024 == limits::kMaxNameComparisons);
  CHECK(once(255, 1024) == "accepted");
  CHECK(once(256, 1024) == "accepted");
  const std::string above = once(257, 1024);
  CHECK(above.starts_with("certificate_too_complex"));
  CHECK(mentions(above, "262144"));
  CHECK(once(20, 200) == "accepted");
  ConstraintBudget shared;
  CHECK(cost(128, 1024, shared) == "accepted");
  CHECK(cost(128, 1024, shared) == "accepted");
  CHECK(shared.comparisons == 0);
  CHECK(cost(1, 1, shared).starts_with("certificate_too_complex"));
  // Names of a form without constraints cost nothing.
  ConstraintBudget budget;
  CHECK(under(authority(constraints({dns("a"), kNet10}, {})), leaf({email("a@b.example"), uri("x:y")}), budget) ==
        "accepted");
  CHECK(budget.comparisons == limits::kMaxNameComparisons);
}

TEST_CASE("octets of names and constraints are bounded over a whole verify: below, at the limit, and above") {
  const der::Der value = constraints({}, {dns("a.example")});
  const der::Der names = sequence_of({dns("b.example")});
  const std::size_t pair = value.size() + limits::kNameConstraintOctets + (names.size() - 2) + dn({}).size();
  const auto with = [&](std::size_t octets) {
    ConstraintBudget budget;
    CHECK(budget.octets == limits::kMaxConstraintOctets);
    budget.octets = octets;
    return under(authority(value), leaf({dns("b.example")}), budget);
  };
  CHECK(with(pair + 1) == "accepted");
  CHECK(with(pair) == "accepted");
  CHECK(with(pair - 1).starts_with("certificate_too_complex"));
  CHECK(with(pair - limits::kNameConstraintOctets - 1).starts_with("certificate_too_complex"));
}
