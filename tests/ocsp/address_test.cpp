// Which addresses are public.
#include "ocsp_address.h"

#include <doctest/doctest.h>

#include "tls/adapters/socket.h"

namespace tls::ocsp {
namespace {

bool public_address(const std::string& text) {
  const auto found = resolve(text, "80", false);
  REQUIRE_MESSAGE(found, text);
  return is_public(found->front());
}

TEST_CASE("public addresses, and their neighbours at both ends of each block that is none") {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",   "100.128.0.0",
        "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",      "172.15.255.255",
        "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",        "192.88.98.255",
        "192.88.100.0",    "192.167.255.255", "192.169.0.0",     "198.17.255.255",   "198.20.0.0",
        "198.51.99.255",   "198.51.101.0",    "203.0.112.255",   "203.0.114.0",      "223.255.255.255",
        "2000::1",         "2001:200::",      "2001:db7:ffff::", "2001:db9::",       "2a00:1450::1",
        "3ffe::1",         "3fff:1000::",     "::ffff:1.1.1.1",  "64:ff9b::1.1.1.1", "2002:0101:0101::1"}) {
    INFO(text);
    CHECK(public_address(text));
  }
}

TEST_CASE("loopback, private, link-local, shared, documentation, multicast and reserved addresses are not public") {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.0",
                           "169.254.169.254",
                           "169.254.255.255",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.0",
                           "192.0.0.255",
                           "192.0.2.0",
                           "192.0.2.255",
                           "192.88.99.0",
                           "192.88.99.255",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.0",
                           "198.51.100.255",
                           "203.0.113.0",
                           "203.0.113.255",
                           "224.0.0.0",
                           "239.255.255.255",
                           "240.0.0.0",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::1.1.1.1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "fc00::1",
                           "fdff::1",
                           "ff02::1",
                           "100::1",
                           "1fff::1",
                           "2001::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2001:db8:ffff::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "4000::1",
                           "5f00::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "::ffff:0.0.0.0",
                           "64:ff9b::127.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b:1::1.1.1.1",
                           "2002:7f00:0001::1",
                           "2002:0a00:0001::1"}) {
    INFO(text);
    CHECK_FALSE(public_address(text));
  }
}

TEST_CASE("what is no address of the Internet is not public") {
  CHECK_FALSE(is_public(""));
  CHECK_FALSE(is_public(std::string(2, '\0')));
  CHECK_FALSE(is_public(resolve("1.1.1.1", "80", false)->front().substr(0, 7)));
  CHECK_FALSE(is_public(resolve("2000::1", "80", false)->front().substr(0, 27)));
}

}  // namespace
}  // namespace tls::ocsp
