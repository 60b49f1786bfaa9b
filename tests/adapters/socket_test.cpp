// Sockets: what a user is told when there is no connection.
#include "tls/adapters/socket.h"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kTwoAddresses = "two-addresses.test";

}  // namespace

/// Stands before the system's in this program: a name with two addresses, whatever the machine's files and servers of
/// names know. All others go on to the system.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  static const auto system = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || node != kTwoAddresses) return system(node, service, hints, result);
  if (const int error = system("127.0.0.1", service, hints, result); error != 0) return error;
  return system("127.0.0.2", service, hints, &(*result)->ai_next);
}

using namespace tls;
using namespace std::chrono_literals;

namespace {

std::string free_port() {
  const auto listener = Socket::listen("127.0.0.1", 0);
  REQUIRE(listener);
  return std::to_string(*listener->local_port());
}

bool has(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("refused: the address, why, and what to look at") {
  const std::string port = free_port();
  const auto refused = Socket::connect("127.0.0.1", port);
  REQUIRE_FALSE(refused);
  CHECK((refused.error().code() == Code::transport_failed));
  CHECK(has(refused.error().detail(), "127.0.0.1:" + port + ": Connection refused"));
  CHECK(has(refused.error().detail(), "is the server running"));
}

TEST_CASE("a name is reported with every address that was tried") {
  const std::string port = free_port();
  const auto refused = Socket::connect(std::string(kTwoAddresses), port);
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().detail(), std::string(kTwoAddresses) + ":" + port + ": "));
  CHECK(has(refused.error().detail(), "127.0.0.1:" + port + " Connection refused"));
  CHECK(has(refused.error().detail(), "127.0.0.2:" + port + " Connection refused"));
}

TEST_CASE("nobody answers: timed_out under the address") {
  // A listener whose queue is full drops what comes; some connections get in before it is.
  const auto listener = Socket::listen("127.0.0.1", 0, 0);
  REQUIRE(listener);
  const std::string port = std::to_string(*listener->local_port());
  std::vector<Socket> waiting;
  for (int i = 0; i < 8; ++i) {
    auto socket = Socket::connect("127.0.0.1", port, 100ms);
    if (socket) {
      waiting.push_back(*std::move(socket));
      continue;
    }
    CHECK((socket.error().code() == Code::timed_out));
    CHECK(has(socket.error().detail(), "127.0.0.1:" + port));
    CHECK(has(socket.error().detail(), "firewall"));
    return;
  }
  FAIL("the listener's queue never filled");
}

TEST_CASE("a name that cannot be, and a port that no service has") {
  const auto nameless = Socket::connect("no..name", "443");
  REQUIRE_FALSE(nameless);
  CHECK((nameless.error().code() == Code::transport_failed));
  CHECK(has(nameless.error().detail(), "'no..name', port 443: "));
  const auto portless = Socket::connect("127.0.0.1", "no-such-service");
  REQUIRE_FALSE(portless);
  CHECK(has(portless.error().detail(), "neither a number nor a service"));
}

TEST_CASE("listening: a port that is taken, and a name where an address belongs") {
  const auto first = Socket::listen("127.0.0.1", 0);
  REQUIRE(first);
  const auto second = Socket::listen("127.0.0.1", *first->local_port());
  REQUIRE_FALSE(second);
  CHECK(has(second.error().detail(), "127.0.0.1:" + std::to_string(*first->local_port())));
  CHECK(has(second.error().detail(), "another program listens there"));
  const auto named = Socket::listen("localhost", 0);
  REQUIRE_FALSE(named);
  CHECK(has(named.error().detail(), "give an address of this machine"));
}

TEST_CASE("an address in text, IPv6 in brackets") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    const auto addresses = resolve(host, "4433", false);
    REQUIRE(addresses);
    CHECK(display_address(addresses->front()) == (host[0] == ':' ? "[::1]:4433" : "127.0.0.1:4433"));
  }
}

TEST_CASE("ports and zones of addresses") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    const auto addresses = resolve(host, "4433", false);
    REQUIRE(addresses);
    CHECK(port_of(addresses->front()) == 4433);
  }
  CHECK(port_of("") == 0);
  CHECK(port_of("x") == 0);
  CHECK(without_zone("fe80::1%eth0") == "fe80::1");
  CHECK(without_zone("fe80::1%") == "fe80::1");
  CHECK(without_zone("fe80::1") == "fe80::1");
  CHECK(without_zone("example.com") == "example.com");
  CHECK(without_zone("no%zone.example") == "no%zone.example");
  CHECK(without_zone("") == "");
}

TEST_CASE("the peer of a socket, and of one that has none") {
  const auto listener = Socket::listen("127.0.0.1", 0);
  REQUIRE(listener);
  const auto client = Socket::connect("127.0.0.1", std::to_string(*listener->local_port()));
  REQUIRE(client);
  const auto server = listener->accept();
  REQUIRE(server);
  REQUIRE(client->peer());
  CHECK(display_address(*client->peer()) == "127.0.0.1:" + std::to_string(*listener->local_port()));
  REQUIRE(server->peer());
  CHECK(port_of(*server->peer()) == *client->local_port());
  CHECK((listener->peer().error().code() == Code::transport_failed));
  CHECK((Socket().peer().error().code() == Code::transport_failed));
}

TEST_CASE("a link-local address with its zone is listened on and connected to, and is shown with it") {
  ifaddrs* all = nullptr;
  REQUIRE(::getifaddrs(&all) == 0);
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET6) continue;
    if (!IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr)) continue;
    char text[NI_MAXHOST];
    REQUIRE(::getnameinfo(one->ifa_addr, sizeof(sockaddr_in6), text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0);
    CAPTURE(text);
    const auto listener = Socket::listen(text, 0);
    REQUIRE(listener);
    const auto client = Socket::connect(text, std::to_string(*listener->local_port()));
    REQUIRE(client);
    CHECK(display_address(*client->peer()) == "[" + std::string(text) + "]:" + std::to_string(*listener->local_port()));
    CHECK(std::string_view(text).find('%') != std::string_view::npos);
    return;
  }
  MESSAGE("no interface here has a link-local address");
}
