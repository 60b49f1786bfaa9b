// RFC 9525: reference identities, and how certificates match them.
#include <doctest/doctest.h>

#include "pki/server_name.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::pki;
using tls::test::outcome;

TEST_CASE("RFC 9525 §6.3: DNS names match label by label, whatever the letter case") {
  CHECK(dns_name_matches("www.example.com", "www.example.com"));
  CHECK(dns_name_matches("WWW.Example.COM", "www.example.com"));
  CHECK_FALSE(dns_name_matches("www.example.com.", "www.example.com"));  // malformed: RFC 5280 §4.2.1.6
  CHECK_FALSE(dns_name_matches("example.com", "www.example.com"));
  CHECK_FALSE(dns_name_matches("www.example.com", "example.com"));
  CHECK_FALSE(dns_name_matches("www.example.org", "www.example.com"));
  CHECK_FALSE(dns_name_matches("", ""));
}

TEST_CASE("RFC 9525 §6.3: a wildcard is the complete left-most label and stands for exactly one") {
  CHECK(dns_name_matches("*.example.com", "www.example.com"));
  CHECK(dns_name_matches("*.EXAMPLE.com", "xn--bcher-kva.example.com"));
  CHECK_FALSE(dns_name_matches("*.example.com", "example.com"));
  CHECK_FALSE(dns_name_matches("*.example.com", "a.b.example.com"));
  CHECK_FALSE(dns_name_matches("*.example.com", ".example.com"));
  CHECK_FALSE(dns_name_matches("w*.example.com", "www.example.com"));
  CHECK_FALSE(dns_name_matches("*w.example.com", "www.example.com"));
  CHECK_FALSE(dns_name_matches("www.*.com", "www.example.com"));
  CHECK_FALSE(dns_name_matches("*.*.com", "www.example.com"));
  CHECK_FALSE(dns_name_matches("*.com", "example.com"));
  CHECK_FALSE(dns_name_matches("*", "localhost"));
  CHECK_FALSE(dns_name_matches("*.", "localhost"));
}

TEST_CASE("a server is named by a DNS name or an address") {
  CHECK(ServerName::parse("Example.COM.")->text() == "example.com");
  CHECK_FALSE(ServerName::parse("example.com")->is_address());
  CHECK(ServerName::parse("_sip.example.com"));
  CHECK(ServerName::parse("192.0.2.1")->address().size() == 4);
  CHECK(ServerName::parse("2001:db8::1")->address().size() == 16);
  CHECK(ServerName::parse(std::string(63, 'a') + ".example"));
  for (std::string bad : {std::string(), std::string("."), std::string("a..b"), std::string(".a"), std::string("a b"),
                          std::string("1.2.3"), std::string("256.1.1.1"), std::string("a.b.7"), std::string("[::1]"),
                          std::string("fe80::1%eth0"),
                          std::string("b\xC3\xBC"
                                      "cher.example"),
                          std::string("*.example.com"), std::string("1.2.3.4\0", 8),
                          std::string("example.com\0.evil", 17), std::string(64, 'a') + ".example"}) {
    CAPTURE(bad);
    const auto name = ServerName::parse(bad);
    REQUIRE_FALSE(name);
    CHECK(name.error().code() == Code::bad_config);
  }
}

TEST_CASE("a DNS name has at most 253 characters") {
  std::string name;
  while (name.size() < 250) name += "a.";
  name += "abc";  // 253
  CHECK(ServerName::parse(name));
  CHECK_FALSE(ServerName::parse(name + "d"));
}

TEST_CASE("RFC 9525 §6: only subjectAltName counts, each kind of name by its own kind") {
  const test::Authority authority;
  const auto ask = [&](const sallyport::CertificateSpec& spec, const std::string& name) {
    return test::verdict(authority.root.pem(), {authority.leaf(spec).certificate, authority.intermediate.certificate},
                         name);
  };
  const auto both = sallyport::server_leaf("cn.example", {"a.example", "*.b.example"}, {"192.0.2.1", "2001:db8::1"});
  CHECK(outcome(ask(both, "a.example")) == "accepted");
  CHECK(outcome(ask(both, "A.EXAMPLE.")) == "accepted");
  CHECK(outcome(ask(both, "x.b.example")) == "accepted");
  CHECK(outcome(ask(both, "192.0.2.1")) == "accepted");
  CHECK(outcome(ask(both, "2001:db8:0:0::1")) == "accepted");
  CHECK(outcome(ask(both, "192.0.2.2")) == "name_mismatch");
  CHECK(outcome(ask(both, "2001:db8::2")) == "name_mismatch");
  CHECK(outcome(ask(both, "cn.example")) == "name_mismatch");  // RFC 9525 §2: the common name never counts

  const auto address_as_text = sallyport::server_leaf("x", {"192.0.2.1"});
  CHECK(outcome(ask(address_as_text, "192.0.2.1")) == "name_mismatch");
  const auto no_names = sallyport::server_leaf("cn.example", {});
  CHECK(outcome(ask(no_names, "cn.example")) == "name_mismatch");
}

TEST_CASE("a name that is none matches no certificate, and the refusal says so") {
  const auto der = sallyport::self_signed(sallyport::server_leaf("x", {"a.example"}), test::key()).certificate;
  const auto certificate = parse_certificate(der);
  for (const char* bad : {"", "a..b", "*.example"}) {
    const auto checked = check_server_name(bad, *certificate, true);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code() == Code::name_mismatch);
    CHECK(checked.error().detail().find("is neither a host name nor an address") != std::string::npos);
  }
}

TEST_CASE("a refusal because of the name says which names the certificate has") {
  const test::Authority authority;
  const auto leaf = authority.leaf(sallyport::server_leaf("x", {"a.example", "*.b.example"}, {"2001:db8::1"}));
  const auto error =
      test::verdict(authority.root.pem(), {leaf.certificate, authority.intermediate.certificate}, "c.example");
  REQUIRE(error);
  CHECK(error->code() == Code::name_mismatch);
  for (const char* word : {"'c.example'", "a.example", "*.b.example", "2001:db8::1"})
    CHECK(error->detail().find(word) != std::string::npos);
}

TEST_CASE("a name that is almost there is said to be: an address as a dNSName, a dot at the end") {
  const auto explained = [](const std::string& presented, const char* asked) {
    const auto der = sallyport::self_signed(sallyport::server_leaf("x", {presented}), test::key()).certificate;
    const auto certificate = parse_certificate(der);
    const auto checked = check_server_name(asked, *certificate, true);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code() == Code::name_mismatch);
    return checked.error().detail();
  };
  CHECK(explained("192.0.2.1", "192.0.2.1").find("iPAddress") != std::string::npos);
  CHECK(explained("192.0.2.1", "192.0.2.2").find("192.0.2.1 (an address as dNSName") != std::string::npos);
  CHECK(explained("A.example.", "a.example").find("dot at its end") != std::string::npos);
  CHECK(explained("a..b", "a.example").find("a..b (malformed)") != std::string::npos);
  CHECK(explained("b.example", "a.example").find("is for b.example;") != std::string::npos);
}

TEST_CASE("a certificate without names is not said to have some; of a chain, an authority's is said to be one") {
  const auto explained = [](const sallyport::CertificateSpec& spec, const char* asked, bool alone = true) {
    const auto der = sallyport::self_signed(spec, test::key()).certificate;
    const auto certificate = parse_certificate(der);
    REQUIRE(certificate);
    const auto checked = check_server_name(asked, *certificate, alone);
    REQUIRE_FALSE(checked);
    return checked.error().detail();
  };
  const std::string host = explained(sallyport::server_leaf("x", {}), "a.example");
  CHECK(host.find("holds no name") != std::string::npos);
  CHECK(host.find("issued with a subjectAltName that has the dNSName 'a.example'") != std::string::npos);
  CHECK(host.find("one of its names") == std::string::npos);
  CHECK(host.find("authority") == std::string::npos);
  CHECK(explained(sallyport::server_leaf("x", {}), "192.0.2.1").find("has the iPAddress '192.0.2.1'") !=
        std::string::npos);
  // One hint: the order where there is one, else the name.
  const std::string ca = explained(sallyport::authority("CA"), "a.example", false);
  CHECK(ca.find("it is an authority's certificate: put the leaf first") != std::string::npos);
  CHECK(ca.find("have it issued") == std::string::npos);
  const std::string one = explained(sallyport::authority("CA"), "a.example");
  CHECK(one.find("have it issued with a subjectAltName") != std::string::npos);
  CHECK(one.find("put the leaf first") == std::string::npos);
  sallyport::CertificateSpec named = sallyport::authority("CA");
  named.dns_names = {"b.example"};
  CHECK(explained(named, "a.example").find("put the leaf first") == std::string::npos);
  CHECK(explained(named, "a.example", false).find("connect by one of its names") == std::string::npos);
}

TEST_CASE("text from a certificate is printed without control characters, and not without end") {
  const test::Authority authority;
  const auto leaf = authority.leaf(sallyport::server_leaf("x", {"evil\n\x1b[2Jname.example", std::string(5000, 'a')}));
  const auto error =
      test::verdict(authority.root.pem(), {leaf.certificate, authority.intermediate.certificate}, "c.example");
  REQUIRE(error);
  CHECK(error->detail().find('\n') == std::string::npos);
  CHECK(error->detail().find('\x1b') == std::string::npos);
  CHECK(error->detail().size() < 1000);
}
