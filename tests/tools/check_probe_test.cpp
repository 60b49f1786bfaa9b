// Real servers that are asked from outside, good ones and strange ones.
#include "cli/check/probe.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <thread>

#include "cli/check/caller.h"
#include "cli/check/lookup.h"
#include "support/time_scale.h"
#include "tls/adapters/socket.h"
#include "tools/place.h"
#include "tools/strange.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;
namespace check = sallyport::cli::check;

namespace {

check::ServerFacts ask(const std::string& port, const check::ProbeLimits& limits = {}) {
  return check::probe({.host = "127.0.0.1", .port = port, .name = "localhost", .shown = "localhost:" + port}, limits,
                      [](const std::string&) {});
}

/// Hands on what either sends, until one of them ends.
void pump(Socket& a, Socket& b) {
  std::array<std::uint8_t, 4096> bytes{};
  for (;;) {
    std::array<pollfd, 2> both{pollfd{a.fd(), POLLIN, 0}, pollfd{b.fd(), POLLIN, 0}};
    if (::poll(both.data(), both.size(), -1) <= 0) return;
    for (const std::size_t i : {0u, 1u}) {
      if ((both[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      const ssize_t n = ::recv(both[i].fd, bytes.data(), bytes.size(), 0);
      if (n <= 0) return a.shut_down_writing();
      if (::send(both[1 - i].fd, bytes.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) return;
    }
  }
}

}  // namespace

TEST_CASE_FIXTURE(Place, "our own server is seen as it was configured") {
  const RunningServer all(serve({"--staple", folder.path("ecdsa-p256-ocsp-good.der"), "--early-data", "4096"}));
  const check::ServerFacts facts = ask(all.port());
  CHECK_FALSE(facts.unreachable);
  CHECK_FALSE(facts.unfinished);
  CHECK(facts.connections <= check::kMaxConnections);
  CHECK(facts.address == "127.0.0.1:" + all.port());
  CHECK(facts.tls13.suites.size() == 3);
  CHECK(facts.tls12.suites.size() == 3);  // those for ECDSA
  CHECK(facts.tls13.groups.size() == 3);  // the defaults: without P-521
  CHECK(facts.tls13.resumed == std::vector{Resumption::psk});
  CHECK(facts.tls12.resumed == std::vector{Resumption::ticket, Resumption::session_id});
  CHECK(facts.tls13.early_data == 4096u);
  CHECK_FALSE(facts.tls13.info.ocsp_response.empty());
  CHECK_FALSE(facts.tls12.info.ocsp_response.empty());
  CHECK(facts.old_versions.empty());
  CHECK(facts.weak_suites.empty());
  // The server tells of a connection at its end; of early data in that line, whether it came or was only offered.
  for (int i = 0; i < 500 * time_scale() && !has(all.errors(), "resumed by session-id"); ++i) ::usleep(20000);
  CHECK(has(all.errors(), "resumed by psk"));
  CHECK_FALSE(has(all.errors(), "early data"));

  const RunningServer little(
      serve({"--min-version", "1.2", "--max-version", "1.2", "--ciphers", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
             "--groups", "secp384r1,secp256r1", "--tickets", "off"}));
  const check::ServerFacts old = ask(little.port());
  CHECK_FALSE(old.tls13.spoken);
  CHECK(old.tls12.suites == std::vector{CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384});
  CHECK(old.tls12.groups == std::vector{NamedGroup::secp384r1, NamedGroup::secp256r1});
  CHECK(old.tls12.resumed == std::vector{Resumption::session_id});

  const RunningServer bare(serve({"--min-version", "1.3", "--tickets", "off", "--session-cache", "0"}));
  const check::ServerFacts only13 = ask(bare.port(), {.ticket = 50ms});
  CHECK_FALSE(only13.tls12.spoken);
  CHECK(only13.tls13.resumed.empty());
  CHECK_FALSE(only13.tls13.early_data);
}

TEST_CASE_FIXTURE(Place, "a server with two leaves is asked for both, in TLS 1.3 alone as well") {
  Words both = serve({"--min-version", "1.3"});
  for (const std::string& word : credential("rsa-2048")) both.push_back(word);
  const RunningServer server(both), single(serve({"--min-version", "1.3"}));
  const check::ServerFacts facts = ask(server.port());
  CHECK_FALSE(facts.unfinished);
  CHECK(facts.chains.size() == 2);
  CHECK(ask(single.port()).chains.size() == 1);
}

TEST_CASE("connections are counted, and end at the limit") {
  const Place place;
  const RunningServer server(place.serve());
  const check::ServerFacts whole = ask(server.port());
  REQUIRE_FALSE(whole.unfinished);
  CHECK(ask(server.port(), {.connections = whole.connections}).unfinished == std::nullopt);
  const check::ServerFacts cut = ask(server.port(), {.connections = whole.connections - 1});
  REQUIRE(cut.unfinished);
  CHECK(has(*cut.unfinished, "more than " + std::to_string(whole.connections - 1) + " connections"));
  CHECK(cut.tls13.spoken);  // what was found before counts
}

TEST_CASE("servers that say nothing, close, talk nonsense or are not there end in bounded time") {
  const auto begin = std::chrono::steady_clock::now();
  const check::ProbeLimits limits{.connection = 200ms * time_scale(), .server = 2s * time_scale()};
  {
    const Strange silent([](Socket&) {});
    const check::ServerFacts facts = ask(silent.port, limits);
    CHECK(facts.unfinished);
    CHECK(facts.connections == 1);
    REQUIRE(facts.tls13.failure);
    CHECK(facts.tls13.failure->code() == Code::timed_out);
  }
  {
    const Strange closing([](Socket& socket) { socket.shut_down_writing(); });
    const check::ServerFacts facts = ask(closing.port, limits);
    CHECK_FALSE(facts.unfinished);
    CHECK_FALSE(facts.tls13.spoken);
    CHECK_FALSE(facts.tls12.spoken);
    CHECK(facts.old_versions.empty());
  }
  for (const std::string& nonsense : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(100000, '\x16')}) {
    const Strange web([&](Socket& socket) {
      send_all(socket, nonsense);
      socket.shut_down_writing();
    });
    const check::ServerFacts facts = ask(web.port, limits);
    CHECK(facts.tls13.failure);
    CHECK(facts.tls12.failure);
    CHECK(facts.old_versions.empty());
  }
  std::string port;
  {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    port = std::to_string(*listener->local_port());
  }
  const check::ServerFacts none = ask(port, limits);
  CHECK(none.unreachable);
  CHECK(none.connections == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 30s * time_scale());
}

TEST_CASE("a server that trickles its answer to an old hello has one deadline for all of it") {
  std::atomic<int> number = 0;
  const Strange trickling([&](Socket& socket) {
    if (++number <= 2) {  // the handshakes of TLS 1.3 and TLS 1.2
      send_all(socket, std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7));
      return;
    }
    for (int i = 0; i < 60; ++i) {  // until the client has gone
      if (::send(socket.fd(), "\x16", 1, MSG_NOSIGNAL) != 1) break;
      std::this_thread::sleep_for(100ms * time_scale());
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  const check::ServerFacts facts =
      ask(trickling.port, {.connection = 250ms * time_scale(), .server = 60s * time_scale()});
  CHECK(facts.unfinished);  // and no refusal
  CHECK(facts.old_versions.empty());
  CHECK(std::chrono::steady_clock::now() - begin < 4s * time_scale());
}

TEST_CASE_FIXTURE(Place,
                  "a server that hangs up from some connection on, or is silent to old hellos: not all was seen") {
  const RunningServer server(serve());
  const auto behind = [&](const std::function<bool(Socket&)>& takes) {
    const Strange proxy([&](Socket& socket) {
      if (!takes(socket)) return;
      if (auto to = Socket::connect("127.0.0.1", server.port(), 5s * time_scale())) pump(socket, *to);
    });
    return ask(proxy.port, {.connection = 1s * time_scale(), .server = 60s * time_scale()});
  };
  const check::ServerFacts whole = behind([](Socket&) { return true; });
  CHECK_MESSAGE(!whole.unfinished, whole.unfinished.value_or(""));
  unsigned number = 0;
  const check::ServerFacts tired = behind([&](Socket& socket) {
    const bool takes = ++number < whole.connections - 4;
    if (!takes) socket.shut_down_writing();
    return takes;
  });
  REQUIRE(tired.unfinished);
  CHECK(has(*tired.unfinished, "no longer takes"));
  CHECK(tired.tls13.spoken);
  const check::ServerFacts silent = behind([&](Socket& socket) {
    std::array<std::uint8_t, 11> hello{};
    return ::recv(socket.fd(), hello.data(), hello.size(), MSG_PEEK | MSG_WAITALL) != 11 || hello[10] == 3;
  });
  REQUIRE(silent.unfinished);
  CHECK(has(*silent.unfinished, "does not answer in time"));
}

TEST_CASE("the time for all connections is one, whatever each of them takes") {
  // Answers an alert, each time after a while.
  const Strange slow([](Socket& socket) {
    std::this_thread::sleep_for(100ms * time_scale());
    send_all(socket, std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7));
  });
  const check::ServerFacts facts = ask(slow.port, {.connection = 10s, .server = 250ms * time_scale()});
  CHECK(facts.unfinished);
  CHECK(facts.connections < 6);
}

TEST_CASE("a resolver that does not answer takes the time of one connection, and of all of them") {
  // The thread that asks the resolver outlives the probe, and so does what it waits for.
  const auto gone = std::make_shared<std::latch>(1);
  const check::Lookup hanging = [gone](const std::string&, const std::string&) -> Result<std::vector<std::string>> {
    gone->wait();
    return std::vector<std::string>();
  };
  for (const auto& [connection, server] : {std::pair(100ms, 60'000ms), std::pair(60'000ms, 100ms)}) {
    const auto begin = std::chrono::steady_clock::now();
    const check::ServerFacts facts = ask("443", {.connection = connection, .server = server, .lookup = hanging});
    CHECK(std::chrono::steady_clock::now() - begin < 30s * time_scale());
    REQUIRE(facts.unreachable);
    CHECK(facts.unreachable->code() == Code::timed_out);
    CHECK(has(facts.unreachable->message(), "the addresses of '127.0.0.1' were not found in time"));
    CHECK(facts.connections == 0);
  }
  gone->count_down();
}

TEST_CASE("what a resolver says is the answer, an error and an exception alike") {
  using Addresses = Result<std::vector<std::string>>;
  const auto answer = [](const check::Lookup& lookup) { return check::look_up("a.example", "443", 30s, lookup); };
  const Addresses two =
      answer([](const std::string& host, const std::string& port) -> Addresses { return std::vector{host, port}; });
  REQUIRE(two);
  CHECK(*two == std::vector<std::string>{"a.example", "443"});
  const Addresses none =
      answer([](const auto&, const auto&) -> Addresses { return fail(Code::truncated, "no such host"); });
  REQUIRE_FALSE(none);
  CHECK(none.error().detail() == "no such host");
  const Addresses thrown =
      answer([](const auto&, const auto&) -> Addresses { throw std::runtime_error("out of order"); });
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().detail() == "out of order");
  CHECK(check::look_up("127.0.0.1", "443", 30s));
}

TEST_CASE("the staples behind a leaf are taken from what a verifier is shown, those of the last chain") {
  const check::Onlooker onlooker;
  ChainToVerify chain;
  chain.issuer_ocsp_responses = {{}, {1, 2}};
  CHECK(onlooker.verify(chain)->has_value());
  CHECK(onlooker.take() == chain.issuer_ocsp_responses);
  CHECK(onlooker.take().empty());
}
