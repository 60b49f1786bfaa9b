// URLs of responders.
#include "ocsp_url.h"

#include <doctest/doctest.h>

#include "ocsp_http.h"

namespace tls::ocsp {
namespace {

std::string text_of(std::string_view url) {
  const auto parsed = parse_url(url);
  return parsed ? parsed->text() : "refused: " + parsed.error().detail();
}

bool refused(std::string_view url, std::string_view why) {
  const auto parsed = parse_url(url);
  INFO(url);
  REQUIRE_FALSE(parsed);
  return parsed.error().detail().find(why) != std::string::npos;
}

TEST_CASE("a URL is taken apart: scheme and host in any case, a port, a path") {
  CHECK(text_of("http://ocsp.example") == "http://ocsp.example/");
  CHECK(text_of("HTTP://OCSP.Example:80/A") == "http://ocsp.example/A");
  CHECK(text_of("http://ocsp.example:8080?q") == "http://ocsp.example:8080/?q");
  CHECK(text_of("http://ocsp.example:/x") == "http://ocsp.example/x");
  CHECK(text_of("http://[2001:DB8::1]:81/") == "http://[2001:db8::1]:81/");
  CHECK(parse_url("http://[::1]/")->host == "::1");
  CHECK(parse_url("http://a:65535/")->port == "65535");
  CHECK(parse_url("http://a/?q")->has_query);
  CHECK_FALSE(parse_url("http://a/b")->has_query);
}

TEST_CASE("what is shown of a certificate's text: printable ASCII without spaces, at most kMaxShown octets") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string out;
  for (const char c : all) out += shown(std::string_view(&c, 1));
  REQUIRE(out.size() == 256);
  for (std::size_t i = 0; i < 256; ++i) CHECK(out[i] == (i > 0x20 && i < 0x7F ? static_cast<char>(i) : '?'));
  for (const std::size_t n : {kMaxShown - 1, kMaxShown}) CHECK(shown(std::string(n, 'x')) == std::string(n, 'x'));
  CHECK(shown(std::string(kMaxShown + 1, 'x')) == std::string(kMaxShown, 'x') + "...");
}

TEST_CASE("what could write lines of its own into a request, or name another server, is refused") {
  CHECK(refused("http://a/\r\nX: y", "holds a character"));
  CHECK(refused("http://a/ b", "holds a character"));
  CHECK(refused(std::string_view("http://a/\0", 10), "holds a character"));
  CHECK(refused("http://a/\xC3\xA4", "holds a character"));
  CHECK(refused("http://user@a/", "names no host"));
  CHECK(refused("http:///", "names no host"));
  CHECK(refused("http://[::1/", "without a ]"));
  CHECK(refused("http://[]/", "names no host"));
  CHECK(refused("http://[::1]x/", "has a port that is none"));
  CHECK(refused("http://[fe80::1%25eth0]/", "names no host"));
  CHECK(refused("http://a:0/", "has a port that is none"));
  CHECK(refused("http://a:65536/", "has a port that is none"));
  CHECK(refused("http://a:8x/", "has a port that is none"));
  CHECK(refused("http://a:+80/", "has a port that is none"));
  CHECK(refused("http://a/#b", "has a fragment"));
  CHECK(refused("https://a/", "does not begin with http://"));
  CHECK(refused("ldap://a/", "does not begin with http://"));
  CHECK(refused("", "does not begin with http://"));
}

TEST_CASE("a URL is refused above kMaxUrl") {
  std::string url = "http://a/";
  url.resize(kMaxUrl, 'x');
  CHECK(parse_url(url));
  CHECK(refused(url + "x", "longer than 2048"));
  url.pop_back();
  CHECK(parse_url(url));
}

TEST_CASE("a Location is an http URL or an absolute path") {
  const Url base = *parse_url("http://a:8080/b/c?d");
  CHECK(resolve_location(base, "/e")->text() == "http://a:8080/e");
  CHECK(resolve_location(base, "http://A:8080/e")->same_server(base));
  CHECK_FALSE(resolve_location(base, "http://a/e")->same_server(base));
  CHECK_FALSE(resolve_location(base, "http://b:8080/e")->same_server(base));
  for (const char* bad : {"//b/", "https://a:8080/", "e", "", "/\r\nX: y"}) CHECK_FALSE(resolve_location(base, bad));
}

TEST_CASE("RFC 6960 Appendix A.1: the request in a URL, in base64 and percent-encoded") {
  CHECK(get_url(*parse_url("http://a/"), "ab+/c==").text() == "http://a/ab%2B%2Fc%3D%3D");
  CHECK(get_url(*parse_url("http://a/b"), "c").text() == "http://a/b/c");
  const auto encoded = [](std::string_view text) { return base64(as_bytes(text)); };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("\xFB\xFF\xFE") == "+//+");
}

}  // namespace
}  // namespace tls::ocsp
