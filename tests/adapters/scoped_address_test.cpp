// A link-local address with its zone, end to end, in a network of its own: the zone is this machine's, and goes neither
// into server_name nor into what the certificate is verified for (RFC 4007 §11, RFC 6874).
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>

#include "adapters/localhost.h"
#include "tls/adapters/poll_loop.h"
#include "tls/adapters/socket_stream.h"

using namespace tls;
using namespace std::chrono_literals;

namespace {

constexpr int kGood = 0, kNoNetwork = 77;

/// linux/ipv6.h's, which does not go together with netinet/in.h.
struct AddressRequest {
  in6_addr address;
  std::uint32_t prefix;
  int interface;
};

/// Gives this process a network of its own, whose loopback interface has fe80::1.
bool enter_network() {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const Socket socket(::socket(AF_INET6, SOCK_DGRAM, 0));
  if (!socket) return false;
  ifreq up{};
  std::strcpy(up.ifr_name, "lo");
  up.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.fd(), SIOCSIFFLAGS, &up) != 0) return false;
  AddressRequest add{};
  ::inet_pton(AF_INET6, "fe80::1", &add.address);
  add.prefix = 64;
  add.interface = static_cast<int>(::if_nametoindex("lo"));
  if (::ioctl(socket.fd(), SIOCSIFADDR, &add) != 0) return false;
  // The system first makes sure that nobody else has the address.
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!Socket::listen("fe80::1%lo", 0) && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(5ms);
  return true;
}

/// Runs `what` there, in a process of its own: what it returns is its exit status.
int in_network(const std::function<int()>& what) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(enter_network() ? what() : kNoNetwork);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Remembers for which name it was asked.
struct Noting final : ChainVerifier {
  std::shared_ptr<const ChainVerifier> inner;
  mutable std::string name;
  std::string identity() const override { return inner->identity(); }
  Answer<ChainAccepted> verify(const ChainToVerify& chain) const override {
    name = chain.server_name;
    return inner->verify(chain);
  }
};

struct Setup {
  test::Authority authority;
  std::shared_ptr<Noting> verifier = std::make_shared<Noting>();
  ServerConfig server = [this] {
    const auto leaf = authority.leaf(sallyport::server_leaf("link-local", {}, {"fe80::1"}));
    auto credential = load_credential(leaf.pem() + authority.intermediate.pem(), leaf.key_pem());
    return *ServerConfig::builder().credentials(credential_list({*credential})).build();
  }();
  ClientConfig client = [this] {
    verifier->inner = *trust_pem(authority.root.pem());
    return *ClientConfig::builder().trust(verifier).build();
  }();
};

int over_stream() {
  const Setup setup;
  const auto listener = Socket::listen("fe80::1%lo", 0);
  if (!listener) {
    std::fprintf(stderr, "%s\n", listener.error().message().c_str());
    return 1;
  }
  std::string at_server = "unknown";
  std::thread server([&] {
    auto stream = SocketStream::accept(setup.server, *listener->accept(), {.read_timeout = 20s});
    if (!stream) return;
    at_server = stream->info().server_name;
    static_cast<void>(stream->write(as_bytes("hello")));
  });
  auto stream =
      SocketStream::connect(setup.client, "fe80::1%lo", std::to_string(*listener->local_port()), {.read_timeout = 20s});
  const bool read = stream && as_text(stream->read().value_or(MutableBytes())) == "hello";
  server.join();
  if (!read) return 2;
  if (setup.verifier->name != "fe80::1") return 3;
  if (!at_server.empty()) return 4;
  if (!display_address(*stream->socket().peer()).starts_with("[fe80::1%lo]:")) return 5;
  return kGood;
}

struct Handler final : LinkHandler {
  explicit Handler(int& out, std::string& address, bool says) : ready(out), peer(address), speaks(says) {}
  int& ready;
  std::string& peer;
  bool speaks;
  void on_ready(Link& link) override {
    ++ready;
    peer = link.peer_address();
    if (speaks) link.close();
  }
  void on_data(Link&, MutableBytes) override {}
};

int over_loop() {
  const Setup setup;
  auto loop = PollLoop::create();
  if (!loop) return 10;
  int ready = 0;
  std::string at_server, at_client;
  const auto port =
      loop->listen("fe80::1%lo", 0, setup.server, [&] { return std::make_unique<Handler>(ready, at_server, false); });
  if (!port) return 11;
  if (!loop->connect(setup.client, "fe80::1%lo", std::to_string(*port),
                     std::make_unique<Handler>(ready, at_client, true)))
    return 12;
  const auto limit = std::chrono::steady_clock::now() + 30s;
  while (loop->links() > 0 && std::chrono::steady_clock::now() < limit)
    if (!loop->run_once(10ms)) return 13;
  if (ready != 2 || setup.verifier->name != "fe80::1") return 14;
  if (at_client != "[fe80::1%lo]:" + std::to_string(*port) || !at_server.starts_with("[fe80::1%lo]:")) return 15;
  return kGood;
}

}  // namespace

TEST_CASE("fe80::1%lo: connected to by its zone, verified and named without it; SocketStream and PollLoop") {
  for (const auto& way : {over_stream, over_loop}) {
    const int status = in_network(way);
    if (status == kNoNetwork) {
      MESSAGE("no network of our own can be made here");
      return;
    }
    CHECK(status == kGood);
  }
}
