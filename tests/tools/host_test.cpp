// Hosts and ports as users write them.
#include "cli/host.h"

#include <doctest/doctest.h>

#include "cli/command.h"

using namespace sallyport::cli;

namespace {

/// Host and port with "443" where none is named; the words of the refusal otherwise.
struct Parsed {
  std::string host, port = "443", refusal;
  explicit Parsed(const std::string& text) {
    try {
      split_host(text, host, port);
    } catch (const Failure& failure) {
      CHECK(failure.status == kUsage);
      refusal = failure.what();
    }
  }
};

}  // namespace

TEST_CASE("a name or an address, with a port or without") {
  struct Row {
    const char *text, *host, *port;
  };
  for (const Row& row :
       {Row{"example.com", "example.com", "443"}, Row{"example.com:8443", "example.com", "8443"},
        Row{"127.0.0.1", "127.0.0.1", "443"}, Row{"127.0.0.1:1", "127.0.0.1", "1"}, Row{"::1", "::1", "443"},
        Row{"[::1]", "::1", "443"}, Row{"[::1]:4433", "::1", "4433"}, Row{"2001:db8::1", "2001:db8::1", "443"},
        Row{"example.com:https", "example.com", "https"}, Row{"4you.example:1", "4you.example", "1"}}) {
    CAPTURE(row.text);
    const Parsed parsed(row.text);
    CHECK(parsed.refusal.empty());
    CHECK(parsed.host == row.host);
    CHECK(parsed.port == row.port);
  }
}

TEST_CASE("ports: 0 and 65535 are, 65536 and none are not") {
  for (const char* port : {"0", "1", "65535"}) CHECK(Parsed(std::string("host:") + port).port == port);
  for (const char* port : {"", "65536", "99999", "100000", "18446744073709551617"}) {
    CAPTURE(port);
    CHECK(Parsed(std::string("host:") + port).refusal.find("is not a port") != std::string::npos);
    CHECK(Parsed(std::string("[::1]:") + port).refusal.find("is not a port") != std::string::npos);
  }
}

TEST_CASE("what is neither a name nor an address is named") {
  for (const char* text :
       {"", ":443", "[]:443", "8443", "https://example.com", "https://example.com/", "[::1", "[::1]4433"}) {
    CAPTURE(text);
    const Parsed parsed(text);
    CHECK(parsed.refusal.find("'" + std::string(text) + "'") != std::string::npos);
  }
}

TEST_CASE("put together again: brackets are for IPv6 alone") {
  CHECK(join_host("localhost", "4433") == "localhost:4433");
  CHECK(join_host("127.0.0.1", "0") == "127.0.0.1:0");
  CHECK(join_host("::1", "4433") == "[::1]:4433");
}
