// HTTP/1.1 of `sallyport server`: one visitor after the other, and many requests of one.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "cli/serve/http.h"
#include "tls/replay_guard.h"
#include "tls/ticket_keys.h"
#include "tools/guest.h"

using namespace tls::test;
using namespace sallyport::cli;

namespace {

struct Web : Sides {
  tls::ServerConfig there = built(server());
  tls::ClientConfig here = built(client());
  Web() {
    std::filesystem::create_directory(folder.path("www"));
    (void)folder.file("www/hello.txt", "hello");
    (void)folder.file("www/empty", "");
    (void)folder.file("www/long", std::string(300'000, 'l'));
  }

  /// What a visitor gets that sends `text` in one go.
  [[nodiscard]] std::unique_ptr<Guest> told(const std::string& text, const Folder* files = nullptr) const {
    auto guest = std::make_unique<Guest>(there, here, std::make_unique<Http>(files));
    guest->run();
    REQUIRE(guest->done);
    guest->send(text);
    guest->run();
    return guest;
  }
};

std::size_t count(const std::string& text, std::string_view words) {
  std::size_t n = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++n;
  return n;
}

/// Responses of one connection, taken apart by their Content-Length.
std::vector<std::string> bodies(std::string text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n\r\n"), at = text.find("Content-Length: ");
    REQUIRE(end != std::string::npos);
    REQUIRE(at < end);
    const auto length = static_cast<std::size_t>(std::stoul(text.substr(at + 16)));
    REQUIRE(text.size() >= end + 4 + length);
    out.push_back(text.substr(end + 4, length));
    text.erase(0, end + 4 + length);
  }
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(Web, "http: requests of one connection are answered in their order, also when they come together") {
  const Folder files(folder.path("www"));
  std::string all;
  for (const char* name : {"hello.txt", "long", "empty", "long", "hello.txt", "nothing"})
    all += "GET /" + std::string(name) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const auto guest = told(all, &files);
  const std::vector<std::string> got = bodies(guest->text);
  REQUIRE(got.size() == 6);
  CHECK(got[0] == "hello");
  CHECK(got[1] == std::string(300'000, 'l'));
  CHECK(got[2].empty());
  CHECK(got[3] == got[1]);
  CHECK(got[4] == "hello");
  CHECK(has(got[5], "no such file"));
  CHECK_FALSE(guest->closed);
}

TEST_CASE_FIXTURE(Web, "http: requests without end do not fill the memory with answers") {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "GET / HTTP/1.1\r\n\r\n";
  Guest guest(there, here, std::make_unique<Http>(nullptr));
  guest.run();
  guest.send(many);
  std::size_t most = 0;
  for (std::size_t before = 1; before != guest.text.size();) {
    before = guest.text.size();
    guest.step_client();
    guest.step_visit();
    most = std::max(most, guest.visit.queued());
    guest.step_client();
  }
  guest.run();
  CHECK(count(guest.text, "HTTP/1.1 200 OK\r\n") == 2000);
  CHECK(most <= 2 * kPiece);
}

TEST_CASE_FIXTURE(Web, "http: HEAD has the length and no body; other methods are refused; a body ends the connection") {
  const Folder files(folder.path("www"));
  const auto head = told("HEAD /long HTTP/1.1\r\n\r\n", &files);
  CHECK(has(head->text, "Content-Length: 300000\r\n"));
  CHECK(head->text.ends_with("\r\n\r\n"));
  CHECK(has(told("PUT /x HTTP/1.1\r\n\r\n")->text, "405 Method Not Allowed"));
  const auto body = told("POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  CHECK(count(body->text, "HTTP/1.1 ") == 1);
  CHECK(body->closed);
  CHECK(has(told("nonsense\r\n\r\n")->text, "400 Bad Request"));
  CHECK(has(told("GET /%zz HTTP/1.1\r\n\r\n", &files)->text, "400 Bad Request"));
}

TEST_CASE_FIXTURE(Web, "http: the connection is kept, unless the client wants it closed or speaks HTTP/1.0") {
  CHECK_FALSE(told("GET /json HTTP/1.1\r\n\r\n")->closed);
  CHECK(told("GET /json HTTP/1.1\r\nConnection: close\r\n\r\n")->closed);
  CHECK(told("GET /json HTTP/1.0\r\n\r\n")->closed);
  const auto reconnect = told("GET /reconnect HTTP/1.1\r\n\r\n");
  CHECK(has(reconnect->text, "HTTP/1.1 303 See Other\r\n"));
  CHECK(has(reconnect->text, "\r\nLocation: /?again=1\r\n"));
  CHECK(has(reconnect->text, "\r\nConnection: close\r\n"));
  CHECK(reconnect->closed);
}

TEST_CASE_FIXTURE(
    Web, "http: a browser that comes back over a connection without resumption is sent on, three times in all") {
  const auto detour = [&](int taken) { return told("GET /?again=" + std::to_string(taken) + " HTTP/1.1\r\n\r\n"); };
  for (const int taken : {1, 2}) {
    const auto sent_on = detour(taken);
    CHECK(has(sent_on->text, "\r\nLocation: /?again=" + std::to_string(taken + 1) + "\r\n"));
    CHECK(sent_on->closed);
  }
  for (const int taken : {0, 3, 4}) {
    const auto arrived = detour(taken);
    CHECK(has(arrived->text, "HTTP/1.1 200 OK\r\n"));
    CHECK_FALSE(arrived->closed);
  }
}

TEST_CASE_FIXTURE(Web, "http: a file that becomes shorter while it is sent ends the connection, and not in order") {
  const Folder files(folder.path("www"));
  std::filesystem::resize_file(folder.path("www/long"), 10 << 20);
  Guest guest(there, here, std::make_unique<Http>(&files));
  guest.run();
  guest.send("GET /long HTTP/1.1\r\n\r\n");
  guest.step_client();
  guest.step_visit();
  std::filesystem::resize_file(folder.path("www/long"), 1000);
  guest.run();
  CHECK_FALSE(guest.closed);
  REQUIRE(guest.result());
  REQUIRE_FALSE(*guest.result());
  CHECK(has(guest.result()->error().message(), "became shorter"));
}

TEST_CASE_FIXTURE(Web, "http: early requests that change nothing are answered before the handshake is done") {
  auto guard = tls::local_replay_guard();
  auto keys = tls::RotatingTicketKeys::at_random();
  REQUIRE(guard);
  REQUIRE(keys);
  constexpr std::uint32_t kMost = 16384;
  const tls::ServerConfig server = built(this->server().tickets(*keys).early_data(kMost, *guard));
  const tls::ClientConfig client = built(this->client().sessions(tls::memory_client_sessions()).early_data(true));
  const Folder files(folder.path("www"));
  Guest first(server, client, std::make_unique<Http>(&files));
  first.run();
  REQUIRE(first.done);

  const std::string early = "GET /hello.txt HTTP/1.1\r\n\r\nPOST /x HTTP/1.1\r\n\r\nGET /long HTTP/1.1\r\n\r\nGET /hel";
  Guest second(server, client, std::make_unique<Http>(&files), tls::as_bytes(early));
  second.step_client();
  second.step_visit();
  CHECK_FALSE(second.visit.handshake_done());
  second.step_client();
  CHECK(has(second.text, "hello"));
  second.run();
  REQUIRE(second.visit.handshake_done());
  CHECK(second.visit.info().early_data == tls::EarlyDataStatus::accepted);
  second.send("lo.txt HTTP/1.1\r\n\r\n");
  second.run();
  CHECK(count(second.text, "HTTP/1.1 200 OK") == 3);
  CHECK(has(second.text, "HTTP/1.1 425 Too Early"));
  CHECK(bodies(second.text).back() == "hello");
}
