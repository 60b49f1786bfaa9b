// The page at / of `sallyport server`: what it says of a connection, and what it is made of.
#include <doctest/doctest.h>

#include "cli/serve/http.h"
#include "cli/serve/memory.h"
#include "cli/serve/page.h"
#include "tls/session_cache.h"
#include "tls/ticket_keys.h"
#include "tools/guest.h"

using namespace tls::test;
using namespace sallyport::cli;

namespace {

struct Reader : Sides {
  /// The page of each of `count` connections with one store of sessions.
  [[nodiscard]] std::vector<std::string> pages(int count, tls::ProtocolVersion version, bool by_ticket = true) const {
    auto keys = tls::RotatingTicketKeys::at_random();
    auto cache = tls::memory_session_cache();
    REQUIRE(keys);
    REQUIRE(cache);
    auto builder = server();
    builder.versions(version, version).session_data(remember());
    const tls::ServerConfig there = built(by_ticket ? builder.tickets(*keys) : builder.session_cache(*cache));
    const tls::ClientConfig here = built(client().sessions(tls::memory_client_sessions()));
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
      Guest guest(there, here, std::make_unique<Http>(nullptr));
      guest.run();
      REQUIRE(guest.done);
      guest.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
      guest.run();
      REQUIRE(guest.closed);
      out.push_back(guest.text);
    }
    return out;
  }
};

/// What stands between two texts.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t at = text.find(begin);
  REQUIRE_MESSAGE(at != std::string::npos, begin);
  const std::size_t to = text.find(end, at + begin.size());
  REQUIRE(to != std::string::npos);
  return text.substr(at + begin.size(), to - at - begin.size());
}

long number(std::string text) {
  std::erase(text, ',');
  return std::stol(text);
}

/// Of a bar: the figure behind it.
long figure(const std::string& page, const std::string& title, const std::string& label) {
  const std::string bars = between(page, "<h3>" + title, "</dl>");
  return number(between(between(bars, "<dt>" + label + "</dt>", "</dd>"), "<b>", " bytes"));
}

}  // namespace

TEST_CASE_FIXTURE(Reader, "page: a first connection, in words") {
  const std::string page = pages(1, tls::ProtocolVersion::tls13)[0];
  for (const char* words :
       {"<h1>Sallyport</h1>", "You are connected with TLS 1.3", "Full handshake", "<button>Reconnect</button>",
        "action=\"/reconnect\"", "forward secrecy", "ecdsa_<wbr>secp256r1_<wbr>sha256", "<code>localhost</code>",
        "RFC 9846", "Press <em>Reconnect</em>", "HTTP/1.1"}) {
    CAPTURE(words);
    CHECK(has(page, words));
  }
  CHECK_FALSE(has(page, "<s>"));  // nothing was saved
}

TEST_CASE_FIXTURE(Reader, "page: resumption, what it saved, and how often") {
  struct Row {
    tls::ProtocolVersion version;
    bool by_ticket;
    const char *how, *count;
  };
  // An abbreviated handshake of TLS 1.2 writes nothing down: its third connection does not know of the second.
  const Row rows[] = {{tls::ProtocolVersion::tls13, true, "by pre-shared key", "Connection 3 with this session"},
                      {tls::ProtocolVersion::tls12, true, "by ticket", "Connection 2 with this session"},
                      {tls::ProtocolVersion::tls12, false, "by session ID", "Connection 2 with this session"}};
  for (const Row& row : rows) {
    CAPTURE(row.how);
    const auto all = pages(3, row.version, row.by_ticket);
    for (const char* words : {"Resumed session", "<s>Certificate</s>", "fewer bytes from this server"}) {
      CAPTURE(words);
      CHECK(has(all[1], words));
    }
    CHECK(has(all[1], row.how));
    CHECK(has(all[2], row.count));
    const long sent_first = figure(all[1], "Bytes from this server", "First"),
               sent_now = figure(all[1], "Bytes from this server", "This");
    CHECK(sent_now < sent_first);
    CHECK(number(between(all[1], "<strong>", "&#8239;%")) == 100 - 100 * sent_now / sent_first);
    CHECK(figure(all[1], "Bytes from your browser", "First") ==
          number(between(all[0], "from this server</dt></div>\n<div><dd>", " bytes")));
    if (row.version == tls::ProtocolVersion::tls13)  // of TLS 1.2 the last flight is missing
      CHECK(sent_first == number(between(all[0], "<dl class=\"tiles\">\n<div><dd>", " bytes")));
  }
}

TEST_CASE_FIXTURE(Reader, "page: what the first handshake took is what passed, without tickets and requests") {
  auto keys = tls::RotatingTicketKeys::at_random();
  REQUIRE(keys);
  const tls::ServerConfig there = built(server().tickets(*keys).session_data(remember()));
  const tls::ClientConfig here = built(client().sessions(tls::memory_client_sessions()));
  Guest guest(there, here, std::make_unique<Http>(nullptr));
  guest.step_client();
  guest.step_visit();
  const std::uint64_t in = guest.visit.traffic().bytes_in, sent = guest.visit.traffic().bytes_out;
  guest.read_client();
  guest.send("GET /json HTTP/1.1\r\n\r\n");  // comes with the Finished, and is not counted
  guest.run();
  constexpr std::uint64_t kChangeCipherSpec = 6, kFinished = 5 + 4 + 32 + 1 + 16;  // AES-128-GCM, SHA-256
  CHECK(guest.visit.effort().bytes_in == in + kChangeCipherSpec + kFinished);
  CHECK(guest.visit.effort().bytes_out == sent);
  Guest again(there, here, std::make_unique<Http>(nullptr));
  again.run();
  const auto memory = Memory::parse(again.visit.info().session_data);
  REQUIRE(memory);
  CHECK(memory->bytes_in == guest.visit.effort().bytes_in);
  CHECK(memory->bytes_out == guest.visit.effort().bytes_out);
  CHECK(memory->connections == 1);
}

TEST_CASE_FIXTURE(Reader, "page: nothing is fetched from elsewhere, nothing is run, nothing is kept") {
  const std::string page = pages(1, tls::ProtocolVersion::tls13)[0];
  CHECK(has(page, "Content-Security-Policy: default-src 'none';"));
  CHECK(has(page, "Cache-Control: no-store"));
  for (const char* words : {"<script", "onclick", "http://", "https://", "@import", "Set-Cookie"}) {
    CAPTURE(words);
    std::string without = page;
    const std::string space = "http://www.w3.org/2000/svg";  // the namespace of the icon, which nobody fetches
    if (const std::size_t at = without.find(space); at != std::string::npos) without.erase(at, space.size());
    CHECK_FALSE(has(without, words));
  }
  for (const char* words :
       {"<html lang=\"en\">", "name=\"viewport\"", "prefers-color-scheme:dark", "<main>", "prefers-reduced-motion"}) {
    CAPTURE(words);
    CHECK(has(page, words));
  }
}

TEST_CASE("page: what a client names is text, not HTML") {
  tls::ConnectionInfo info;
  info.version = tls::ProtocolVersion::tls13;
  info.suite = tls::CipherSuite::TLS_AES_128_GCM_SHA256;
  info.alpn = "<script>\"&";
  const std::string page = welcome({.info = info, .effort = {}, .memory = {}});
  CHECK(has(page, "<code>&lt;script&gt;&quot;&amp;</code>"));
  CHECK_FALSE(has(page, "<script"));
}

TEST_CASE("page: what a session remembers is read back, and nothing else is") {
  const Memory memory{.connections = 3, .bytes_in = 0xFFFFFFFF, .bytes_out = 7, .microseconds = 1234};
  const std::vector<std::uint8_t> bytes = memory.encoded();
  const auto read = Memory::parse(bytes);
  REQUIRE(read);
  CHECK(read->connections == 3);
  CHECK(read->bytes_in == 0xFFFFFFFF);
  CHECK(read->bytes_out == 7);
  CHECK(read->microseconds == 1234);
  CHECK_FALSE(Memory::parse({}));
  CHECK_FALSE(Memory::parse(tls::Bytes(bytes).first(bytes.size() - 1)));
  auto longer = bytes, other = bytes;
  longer.push_back(0);
  other[1] ^= 1;
  CHECK_FALSE(Memory::parse(longer));
  CHECK_FALSE(Memory::parse(other));
}
