// Visitors of `sallyport server` as browsers are: they open connections that they never use, leave without
// close_notify, and do not like the certificate. None of that is a failure of the server.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/channel.h"
#include "tools/guest.h"

using namespace tls::test;
using sallyport::cli::Channel;

namespace {

/// A client of the library's that does what is wanted of it, and no more.
struct Browser : Sides {
  tls::ClientConfig config = built(client());

  [[nodiscard]] static tls::Socket reach(const RunningServer& server) {
    auto socket = tls::Socket::connect("127.0.0.1", server.port(), 10s);
    REQUIRE(socket);
    return *std::move(socket);
  }
  [[nodiscard]] Channel arrive(const RunningServer& server) const {
    tls::Output first;
    auto connection = tls::ClientConnection::start(config, "localhost", first);
    REQUIRE(connection);
    Channel channel(*std::move(connection), reach(server), std::move(first));
    REQUIRE(channel.handshake(10s));
    return channel;
  }
  static void ask(Channel& channel, std::string_view request) { REQUIRE(channel.write(tls::as_bytes(request))); }
  /// Reads until `words` have come.
  static void await(Channel& channel, const std::string& words) {
    for (std::string text; !has(text, words);) {
      const auto data = channel.read();
      REQUIRE(data);
      REQUIRE_FALSE(data->empty());
      text += tls::as_text(*data);
    }
  }
};

std::ptrdiff_t count(const std::string& text, std::string_view words) {
  std::ptrdiff_t n = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++n;
  return n;
}

/// Nothing of the five lines of a failure.
void check_no_failure(const Ran& ran) {
  CHECK(ran.status == 0);
  for (const char* words : {"alert  ", "rule  ", "try  "}) {
    CAPTURE(words);
    CHECK_FALSE(has(ran.err, words));
  }
}

}  // namespace

TEST_CASE_FIXTURE(Browser, "server: a connection without a word is one line, and takes nobody's place") {
  RunningServer server(serve({"--accept", "1"}));
  const tls::Socket spare = reach(server);  // opened ahead, and open until the end
  {
    const tls::Socket probe = reach(server);
  }
  CHECK(connect(server, {"--ca", root(), "--get", "/json"}).status == 0);
  const Ran ran = server.finish();
  check_no_failure(ran);
  CHECK(count(ran.err, "left without a word") == 1);
}

TEST_CASE_FIXTURE(Browser, "server: who leaves without close_notify between two requests misses nothing") {
  RunningServer server(serve({"--accept", "2", "--json"}));
  for (const bool asks : {true, false}) {
    Channel channel = arrive(server);
    if (!asks) continue;
    ask(channel, "GET /json HTTP/1.1\r\n\r\n");
    await(channel, "}\n");
  }
  const Ran ran = server.finish();
  check_no_failure(ran);
  CHECK(ran.err == "listening on 127.0.0.1:" + server.port() + "\n");
  CHECK(count(ran.out, "\n") == 2);
  CHECK_FALSE(has(ran.out, "error"));
}

TEST_CASE_FIXTURE(Browser, "server: who leaves within a request is reported in its line, and is no failure") {
  RunningServer server(serve({"--accept", "1", "--json"}));
  {
    Channel channel = arrive(server);
    ask(channel, "GET /json HT");
  }
  const Ran ran = server.finish();
  check_no_failure(ran);
  CHECK(nlohmann::json::parse(ran.out).at("error") == "truncated");
}

TEST_CASE_FIXTURE(Browser, "server: who does not accept the certificate gets one line, and is no failure") {
  const TemporaryFolder other;
  REQUIRE(run_tool({"pki", other.path()}).status == 0);
  for (const char* version : {"1.2", "1.3"}) {
    CAPTURE(version);
    RunningServer server(serve({"--accept", "1", "--json", "--max-version", version}));
    CHECK(connect(server, {"--ca", other.path("root.pem"), "--get", "/"}).status == 4);
    const Ran ran = server.finish();
    check_no_failure(ran);
    CHECK(count(ran.err, "\n") == 2);
    CHECK(has(ran.err, "does not accept our certificate (unknown_ca): let it trust the root"));
    CHECK(has(ran.err, "127.0.0.1:"));
    CHECK(nlohmann::json::parse(ran.out).at("error") == "peer_alert");
  }
}

TEST_CASE_FIXTURE(Browser, "server: whose certificate a client refuses as revoked is told to replace it") {
  RunningServer server(serve({"--accept", "1", "--staple", folder.path("ecdsa-p256-ocsp-revoked.der")}));
  CHECK(connect(server, {"--ca", folder.path("root.pem"), "--get", "/"}).status == 4);
  const Ran ran = server.finish();
  CHECK(has(ran.err, "does not accept our certificate (certificate_revoked): replace key and certificate"));
}

TEST_CASE_FIXTURE(Browser, "server: who leaves within the handshake is a failure still") {
  RunningServer server(serve({"--accept", "1"}));
  {
    const tls::Socket socket = reach(server);
    REQUIRE(::send(socket.fd(), "\x16\x03\x01", 3, MSG_NOSIGNAL) == 3);
  }
  const Ran ran = server.finish();
  CHECK(ran.status == 3);
  CHECK(has(ran.err, "without close_notify"));
}

TEST_CASE_FIXTURE(Browser, "server: --accept 3 serves three, whoever comes at the same time") {
  RunningServer server(serve({"--accept", "3", "--threads", "3", "--json"}));
  std::vector<Channel> here;
  for (int i = 0; i < 3; ++i) here.push_back(arrive(server));
  for (Channel& channel : here) {
    ask(channel, "GET /json HTTP/1.1\r\nConnection: close\r\n\r\n");
    await(channel, "}\n");
  }
  here.clear();
  const Ran ran = server.finish();
  CHECK(ran.status == 0);
  CHECK(count(ran.out, "\n") == 3);
}
