// DNS names, mailboxes and URIs as certificates present them.
#include "pki/internet_names.h"

#include <doctest/doctest.h>

#include <optional>

using namespace tls::pki;

namespace {

std::string dns(std::string_view text, DnsName::Wildcard wildcard = DnsName::Wildcard::allowed) {
  DnsName name;
  return name.assign(text, wildcard) ? std::string(name.text()) : "malformed";
}
std::string mailbox(std::string_view text, MailboxKind kind = MailboxKind::ascii) {
  Mailbox box;
  return parse_mailbox(text, kind, box) ? box.local + " at " + std::string(box.host.text()) : "malformed";
}
std::string host(std::string_view uri) {
  DnsName name;
  return parse_uri_host(uri, name) ? std::string(name.text()) : "none";
}

}  // namespace

TEST_CASE("a DNS name is labels of letters, digits, hyphens and underscores") {
  CHECK(dns("WWW.Example.com") == "www.example.com");
  CHECK(dns("localhost") == "localhost");
  CHECK(dns("_sip._tcp.example") == "_sip._tcp.example");
  CHECK(dns("-a-.b--c") == "-a-.b--c");  // hyphens stand anywhere: there are such hosts
  CHECK(dns("192.0.2.1") == "192.0.2.1");
  CHECK(dns("*.Example.com") == "*.example.com");
  CHECK(dns(std::string(63, 'a') + ".b") != "malformed");
  for (std::string_view bad :
       {"", ".", "a.", ".a", "a..b", "*", "*.", "a*.b", "*a.b", "a.*", "a.*.b", "*.*.b", "a b", "a/b", "a@b",
        "b\xC3\xBC"
        "cher.example",
        " "}) {
    CAPTURE(bad);
    CHECK(dns(bad) == "malformed");
  }
  CHECK(dns(std::string_view("a\0.b", 4)) == "malformed");
  CHECK(dns(std::string(64, 'a') + ".b") == "malformed");
  CHECK(dns("*.example.com", DnsName::Wildcard::refused) == "malformed");
  std::string longest;
  while (longest.size() < 250) longest += "a.";
  longest += "abc";  // 253
  CHECK(dns(longest) == longest);
  CHECK(dns(longest + "d") == "malformed");
}

TEST_CASE("RFC 5280 §4.2.1.10: a DNS name is within a constraint or below it") {
  CHECK(dns_within("example.com", "example.com"));
  CHECK(dns_within("a.b.example.com", "example.com"));
  CHECK(dns_within("anything", ""));
  CHECK_FALSE(dns_within("badexample.com", "example.com"));
  CHECK_FALSE(dns_within("www.example.org", "example.com"));
  CHECK_FALSE(dns_within("com", "example.com"));
  CHECK(dns_within("a.example.com", ".example.com"));
  CHECK_FALSE(dns_within("example.com", ".example.com"));
  CHECK_FALSE(dns_within(".example.com", ".example.com"));
}

TEST_CASE("a wildcard reaches as far as one label") {
  DnsName name;
  REQUIRE(name.assign("*.example.com", DnsName::Wildcard::allowed));
  CHECK(wildcard_reaches(name, "secret.example.com"));
  CHECK_FALSE(wildcard_reaches(name, "a.secret.example.com"));
  CHECK_FALSE(wildcard_reaches(name, "secret.example.org"));
  CHECK_FALSE(wildcard_reaches(name, ".example.com"));  // "*.example.com" is within it as it stands
  CHECK_FALSE(wildcard_reaches(name, "com"));
  REQUIRE(name.assign("a.example.com", DnsName::Wildcard::allowed));
  CHECK_FALSE(wildcard_reaches(name, "secret.example.com"));
}

TEST_CASE("RFC 5321 §4.1.2: a mailbox; quotes and backslashes are how it is written, not what it is") {
  CHECK(mailbox("Some.Body@Example.com") == "Some.Body at example.com");
  CHECK(mailbox("o'neill+tag@example.com") == "o'neill+tag at example.com");
  CHECK(mailbox("\"a b\"@example.com") == "a b at example.com");
  CHECK(mailbox("\"a\"@example.com") == mailbox("a@example.com"));
  CHECK(mailbox("\"\\a\\\"@\"@example.com") == "a\"@ at example.com");
  for (std::string_view bad : {"",
                               "@",
                               "a",
                               "a@",
                               "@b",
                               "a@b@c",
                               "a b@c",
                               ".a@b",
                               "a.@b",
                               "a..b@c",
                               "a@b.",
                               "a@.b",
                               "a@*.b",
                               "a@[192.0.2.1]",
                               "\"a@b",
                               "\"a\"b@c",
                               "\"a\"bc.example",
                               "\"a\\",
                               "\"a\n\"@b",
                               "a\x01@b",
                               "<a@b>",
                               "a@b c",
                               "\xC3\xBC@example.com",
                               "a@b\xC3\xBC"
                               "cher.example"}) {
    CAPTURE(bad);
    CHECK(mailbox(bad) == "malformed");
  }
}

TEST_CASE("RFC 9598 §3: an internationalised mailbox has its host in A-labels") {
  CHECK(mailbox("\xE5\xAD\xA6@Example.com", MailboxKind::utf8) == "\xE5\xAD\xA6 at example.com");
  CHECK(mailbox("\xE5\xAD\xA6@xn--pss25c.example", MailboxKind::utf8) == "\xE5\xAD\xA6 at xn--pss25c.example");
  CHECK(mailbox("\xE5\xAD\xA6@\xE5\xA4\xA7.example", MailboxKind::utf8) == "malformed");
}

TEST_CASE("RFC 3986 §3.2: the host of a URI's authority") {
  CHECK(host("https://Example.com") == "example.com");
  CHECK(host("spiffe://victim.example/x") == "victim.example");
  CHECK(host("https://user:pw@example.com:8443/a@b?c#d") == "example.com");
  CHECK(host("https://example.com:/") == "example.com");
  CHECK(host("https://example.com?@victim.example") == "example.com");
  CHECK(host("https://example.com#@victim.example") == "example.com");
  CHECK(host("a+b-c.1://x") == "x");
  for (std::string_view none : {"",
                                "example.com",
                                "//example.com",
                                "://example.com",
                                "1a://example.com",
                                "urn:a:b",
                                "mailto:a@example.com",
                                "file:///a",
                                "https:/example.com",
                                "https://",
                                "https://@/",
                                "https://192.0.2.1/",
                                "https://0x7f.1/",
                                "https://1.0x7F/",
                                "https://[2001:db8::1]/",
                                "https://example.com./",
                                "https://v%69ctim.example/",
                                "https://*.example.com/",
                                "https://a@b@example.com/",
                                "https://evil.example\\@victim.example/",
                                "https://example.com:8x/",
                                "https://example.com:1:2/",
                                "https://exam ple.com/",
                                "https://b\xC3\xBC"
                                "cher.example/",
                                "http\xC3\xBC://example.com"}) {
    CAPTURE(none);
    CHECK(host(none) == "none");
  }
}
