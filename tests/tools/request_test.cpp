// The request of `client --get`: whom it names, and what cannot be asked for.
#include "cli/request.h"

#include <doctest/doctest.h>

#include "cli/command.h"

using namespace sallyport::cli;

TEST_CASE("RFC 9110 §7.2: Host has the port unless it is 443, and brackets around an IPv6 address") {
  CHECK(authority_of("example.com", "443") == "example.com");
  CHECK(authority_of("example.com", "https") == "example.com");
  CHECK(authority_of("example.com", "8443") == "example.com:8443");
  CHECK(authority_of("192.0.2.1", "443") == "192.0.2.1");
  CHECK(authority_of("2001:db8::1", "443") == "[2001:db8::1]");
  CHECK(authority_of("2001:db8::1", "4433") == "[2001:db8::1]:4433");
  CHECK(authority_of("fe80::1%eth0", "4433") == "[fe80::1]:4433");  // RFC 6874 §4: the zone is of this machine alone
}

TEST_CASE("the request names the path and whoever it is for, and ends the connection") {
  CHECK(request_for("/a?b=c", "::1", "4433") == "GET /a?b=c HTTP/1.1\r\nHost: [::1]:4433\r\nConnection: close\r\n\r\n");
}

TEST_CASE("what is no path is refused before it can become a second line") {
  for (const char* path : {"index.html", "http://a.example/", "/a b", "/a\r\nX: y", "/\x7F", "/\xC3\xA9", "*"}) {
    CAPTURE(path);
    CHECK_THROWS_AS((void)request_for(path, "a.example", "443"), Failure);
  }
}
