// One exchange with a responder, which may be slow, mad, or somewhere else.
#include "ocsp_fetch.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ocsp_http.h"
#include "responder.h"

namespace tls::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
const std::vector<std::uint8_t> kRequest = {0x30, 0x03, 0xFB, 0xFF, 0xFE};

struct Scene {
  FakeResponder responder;
  StapleResolver resolver = [](std::string_view host, std::string_view port) { return resolve(host, port, false); };
  ocsp::FetchOptions options{
      .timeout = scaled(std::chrono::milliseconds(5000)), .allow_private = true, .resolve = &resolver};

  Result<std::vector<std::uint8_t>> fetch(const std::string& path = "/", Bytes request = kRequest) const {
    return ocsp::fetch(*ocsp::parse_url(responder.url(path)), request, options);
  }
  std::string text(const std::string& path = "/", Bytes request = kRequest) const {
    const auto got = fetch(path, request);
    return got ? std::string(as_text(*got)) : "failed: " + got.error().detail();
  }
  /// Whether it fails, and for that reason.
  bool fails(std::string_view why, Code code = Code::transport_failed) const {
    const auto got = fetch();
    if (got) return false;
    INFO(got.error().detail());
    CHECK(got.error().code() == code);
    CHECK(got.error().detail().starts_with("http://127.0.0.1:" + responder.port() + "/"));
    const bool said = got.error().detail().find(why) != std::string::npos;
    CHECK(said);
    return said;
  }
};

TEST_CASE_FIXTURE(Scene, "a short request goes by GET, a longer one by POST: 255 octets of URL are short") {
  responder.handle(says(ok("answer")));
  CHECK(text() == "answer");
  CHECK(text("/path") == "answer");
  CHECK(text("/path?query") == "answer");
  auto asked = responder.asked();
  CHECK(asked[0].method == "GET");
  CHECK(asked[0].target == "/MAP7%2F%2F4%3D");
  CHECK(asked[1].target == "/path/MAP7%2F%2F4%3D");
  CHECK(asked[2].method == "POST");
  CHECK(asked[2].target == "/path?query");
  CHECK(asked[2].body == as_text(kRequest));
  // Nothing of base64 "aWlp..." is percent-encoded: 4 characters for 3 octets.
  const std::size_t room = ocsp::kMaxGetUrl - responder.url("/").size() - 10;
  const std::vector<std::uint8_t> request(150, 'i');
  const auto path_for = [&](std::size_t octets) { return "/" + std::string(room + 9 - 200 - octets, 'p'); };
  for (const std::size_t spare : {1u, 0u}) {
    CHECK(text(path_for(spare), request) == "answer");
    CHECK(responder.asked().back().method == "GET");
    CHECK(responder.url(responder.asked().back().target).size() == ocsp::kMaxGetUrl - spare);
  }
  CHECK(text("/" + path_for(0), request) == "answer");
  CHECK(responder.asked().back().method == "POST");
}

TEST_CASE_FIXTURE(Scene, "where GET is refused POST is tried, and what that is answered counts") {
  for (const char* status : {"405 Method Not Allowed", "404 Not Found", "500 Oh"}) {
    responder.handle([status](const Caller& caller, const Asked& asked) {
      caller.write(asked.method == "POST" ? ok("posted") : "HTTP/1.1 " + std::string(status) + "\r\n\r\n");
    });
    CHECK(text() == "posted");
  }
  responder.handle(says("HTTP/1.1 503 Busy\r\n\r\n"));
  CHECK(fails("HTTP status 503"));
  CHECK(responder.asked().back().method == "POST");
  responder.handle(says("HTTP/1.1 204 No Content\r\n\r\n"));
  CHECK(fails("HTTP status 204"));
  responder.handle(says(ok("")));
  CHECK(fails("its answer is empty"));
}

TEST_CASE_FIXTURE(Scene, "redirects: the same host alone, and at most three") {
  const auto chain = [&](unsigned length, const std::string& location) {
    auto left = std::make_shared<unsigned>(length);
    responder.handle([left, location](const Caller& caller, const Asked&) {
      caller.write(*left == 0 ? ok("answer") : "HTTP/1.1 301 Moved\r\nLocation: " + location + "\r\n\r\n");
      if (*left > 0) --*left;
    });
  };
  for (const unsigned length : {ocsp::kMaxRedirects - 1, ocsp::kMaxRedirects}) {
    chain(length, "/other");
    CHECK(text() == "answer");
  }
  CHECK(responder.asked().back().target == "/other");
  chain(ocsp::kMaxRedirects + 1, responder.url("/other"));
  CHECK(fails("redirects more than 3 times", Code::bad_config));
  FakeResponder other(says(ok("of another server")));
  for (const std::string& location : {other.url(), std::string("http://localhost:" + responder.port() + "/"),
                                      std::string("http://127.0.0.1/"), "//127.0.0.1:" + other.port() + "/"}) {
    chain(1, location);
    CHECK_FALSE(fetch());
  }
  CHECK(other.count() == 0);
  chain(1, other.url());
  CHECK(fails("redirects to another server", Code::bad_config));
  chain(1, "https://127.0.0.1:" + responder.port() + "/");
  CHECK(fails("does not begin with http://", Code::bad_config));
  chain(1, "");
  CHECK(fails("it redirects, and", Code::bad_config));
  responder.handle([](const Caller& caller, const Asked& asked) {
    caller.write(asked.target == "/other" ? ok(asked.method + asked.body)
                                          : "HTTP/1.1 307 There\r\nLocation: /other\r\n\r\n");
  });
  CHECK(text("/?post", as_bytes(std::string_view("xyz"))) == "POSTxyz");
}

TEST_CASE_FIXTURE(Scene, "a responder that hangs, trickles, or does not listen costs the timeout and no more") {
  options.timeout = scaled(std::chrono::milliseconds(300));
  const auto took = [&](const char* why, Code code) {
    const auto begin = steady_clock::now();
    CHECK(fails(why, code));
    return steady_clock::now() - begin;
  };
  responder.handle([](const Caller& caller, const Asked&) { caller.hang(); });
  CHECK(took("takes too long to answer", Code::timed_out) < scaled(3s));
  responder.handle([](const Caller& caller, const Asked&) {
    caller.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    while (caller.write("x")) std::this_thread::sleep_for(10ms);
  });
  CHECK(took("takes too long to answer", Code::timed_out) < scaled(3s));
  responder.handle([](const Caller& caller, const Asked&) {
    caller.write("HTTP/1.1 200 OK\r\nA: ");
    while (caller.write("x")) std::this_thread::sleep_for(10ms);
  });
  CHECK(took("takes too long to answer", Code::timed_out) < scaled(3s));
  std::string port;
  {
    const Socket gone = *Socket::listen("127.0.0.1", 0);
    port = std::to_string(*gone.local_port());
  }
  const auto got = ocsp::fetch(*ocsp::parse_url("http://127.0.0.1:" + port + "/"), kRequest, options);
  REQUIRE_FALSE(got);
  CHECK(got.error().detail().find("Connection refused") != std::string::npos);
}

TEST_CASE_FIXTURE(Scene, "redirects share one deadline") {
  options.timeout = scaled(std::chrono::milliseconds(300));
  responder.handle([](const Caller& caller, const Asked&) {
    std::this_thread::sleep_for(scaled(std::chrono::milliseconds(130)));
    caller.write("HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n");
  });
  CHECK(fails("takes too long", Code::timed_out));
  CHECK(responder.count() <= 3);
}

TEST_CASE_FIXTURE(Scene, "a responder that sends 100 MB is hung up on, whatever it announces") {
  for (const char* head : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", "HTTP/1.1 200 OK\r\nA: "}) {
    auto sent = std::make_shared<std::atomic<std::size_t>>(0);
    responder.handle([head, sent](const Caller& caller, const Asked&) {
      const std::string piece(100'000, 'x');
      caller.write(head);
      while (*sent < 100'000'000 && caller.write(piece)) *sent += piece.size();
    });
    CHECK(fails("too large"));
    CHECK(*sent < 50'000'000);  // what the system had buffers for
  }
}

TEST_CASE_FIXTURE(Scene, "a responder that closes at every octet, or speaks something else") {
  const std::string whole = ok("answer");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    responder.handle(says(whole.substr(0, n)));
    CHECK(fails("closed the connection"));
  }
  responder.handle(says("SSH-2.0-OpenSSH\r\n"));
  CHECK(fails("does not begin with a status line"));
}

TEST_CASE_FIXTURE(
    Scene, "no private address is asked unless allowed, and the address that is checked is the one that is asked") {
  options.allow_private = false;
  responder.handle(says(ok("answer")));
  CHECK(fails("is not a public one", Code::bad_config));
  CHECK(responder.count() == 0);

  // A name that is resolved once for one exchange: what it means a moment later makes no difference.
  options.allow_private = true;
  int resolved = 0;
  resolver = [&](std::string_view host, std::string_view port) -> Result<std::vector<std::string>> {
    ++resolved;
    CHECK(host == "ocsp.test");
    if (resolved > 1) return fail(Code::transport_failed, "asked twice");
    return resolve("127.0.0.1", port, false);
  };
  const auto url = *ocsp::parse_url("http://ocsp.test:" + responder.port() + "/");
  CHECK(ocsp::fetch(url, kRequest, options));
  CHECK(resolved == 1);
  CHECK(responder.asked().back().head.find("Host: ocsp.test:" + responder.port() + "\r\n") != std::string::npos);

  // Private addresses beside public ones are passed over; 192.0.2.0/24 would not be public, so nothing is connected to.
  options.allow_private = false;
  resolver = [](std::string_view, std::string_view port) -> Result<std::vector<std::string>> {
    auto all = *resolve("127.0.0.1", port, false);
    all.push_back(resolve("::ffff:127.0.0.1", port, false)->front());
    all.push_back(resolve("192.0.2.1", port, false)->front());
    return all;
  };
  const auto got = ocsp::fetch(url, kRequest, options);
  REQUIRE_FALSE(got);
  CHECK(got.error().detail().find("its address 127.0.0.1:" + responder.port() + " is not a public one") !=
        std::string::npos);
  CHECK(responder.count() == 1);
  resolver = [](std::string_view, std::string_view) {
    return Result<std::vector<std::string>>(std::vector<std::string>());
  };
  CHECK(ocsp::fetch(url, kRequest, options).error().detail().find("has no address") != std::string::npos);
}

TEST_CASE_FIXTURE(Scene, "the next address of a name is tried where one does not answer: at most kMaxAddresses") {
  responder.handle(says(ok("answer")));
  std::string closed;
  {
    const Socket gone = *Socket::listen("127.0.0.1", 0);
    closed = std::to_string(*gone.local_port());
  }
  std::size_t dead = 0;
  resolver = [&](std::string_view, std::string_view port) -> Result<std::vector<std::string>> {
    std::vector<std::string> all(dead, resolve("127.0.0.1", closed, false)->front());
    all.push_back(resolve("127.0.0.1", port, false)->front());
    return all;
  };
  for (dead = 0; dead < ocsp::kMaxAddresses; ++dead) CHECK(fetch());
  CHECK(fails("Connection refused"));
}

TEST_CASE_FIXTURE(Scene, "an exchange that is told to stop resolves nothing, and asks nobody, any more") {
  options.stop = ::eventfd(0, EFD_CLOEXEC);
  const auto stop = [&] {
    const std::uint64_t one = 1;
    CHECK(::write(options.stop, &one, sizeof one) == sizeof one);
  };
  responder.handle(says(ok("answer")));
  int resolved = 0;
  bool stops = false, fails = false;
  resolver = [&](std::string_view host, std::string_view port) -> Result<std::vector<std::string>> {
    ++resolved;
    if (stops) stop();
    if (fails) return fail(Code::transport_failed, "no such name");
    return resolve(host, port, false);
  };
  CHECK(fetch());
  CHECK(responder.count() == 1);
  for (const bool failing : {false, true}) {
    const int before = resolved;
    stops = true, fails = failing;
    auto got = fetch();  // while it resolves
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Code::aborted);
    CHECK(resolved == before + 1);
    stops = fails = false;
    got = fetch();  // before
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Code::aborted);
    CHECK(resolved == before + 1);
    std::uint64_t count = 0;
    REQUIRE(::read(options.stop, &count, sizeof count) == sizeof count);
  }
  CHECK(responder.count() == 1);
  // Before a redirect, and before POST.
  for (const char* answer : {"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n", "HTTP/1.1 405 No\r\n\r\n"}) {
    const std::size_t before = responder.count();
    responder.handle([&](const Caller& caller, const Asked&) {
      stop();
      caller.write(answer);
    });
    const auto got = fetch();
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Code::aborted);
    CHECK(responder.count() == before + 1);
    std::uint64_t count = 0;
    REQUIRE(::read(options.stop, &count, sizeof count) == sizeof count);
  }
  ::close(options.stop);
}

TEST_CASE_FIXTURE(Scene, "a name is resolved once for an exchange, redirects and POST included") {
  responder.handle([](const Caller& caller, const Asked& asked) {
    if (asked.method == "POST") return (void)caller.write(ok("posted"));
    caller.write(asked.target == "/next" ? "HTTP/1.1 405 No\r\n\r\n" : "HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n");
  });
  int resolved = 0;
  resolver = [&](std::string_view host, std::string_view port) {
    ++resolved;
    return resolve(host, port, false);
  };
  CHECK(text() == "posted");
  CHECK(responder.count() == 3);
  CHECK(resolved == 1);
}

TEST_CASE_FIXTURE(Scene, "an exchange is given up when it is told to stop") {
  options.stop = ::eventfd(0, EFD_CLOEXEC);
  options.timeout = scaled(std::chrono::milliseconds(60'000));
  responder.handle([&](const Caller& caller, const Asked&) {
    const std::uint64_t one = 1;
    CHECK(::write(options.stop, &one, sizeof one) == sizeof one);
    caller.hang();
  });
  const auto begin = steady_clock::now();
  const auto got = fetch();
  REQUIRE_FALSE(got);
  CHECK(got.error().code() == Code::aborted);
  CHECK(steady_clock::now() - begin < scaled(30s));
  ::close(options.stop);
}

}  // namespace
}  // namespace tls::test
