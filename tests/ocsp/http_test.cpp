// HTTP answers: what is read, and the limits on what is.
#include "ocsp_http.h"

#include <doctest/doctest.h>

#include "fuzz/ocsp_targets.h"
#include "support/corpus.h"

namespace tls::ocsp {
namespace {

const std::string kHead = "HTTP/1.1 200 OK\r\n";

/// The body, or why there is none. Whole and in octets it is the same.
std::string read(std::string_view text) {
  std::string said[2];
  for (const bool in_octets : {false, true}) {
    HttpReader reader;
    std::string& out = said[in_octets ? 1 : 0];
    bool whole = false;
    for (std::size_t at = 0; at < text.size() && !whole && out.empty(); at += in_octets ? 1 : text.size()) {
      const auto taken = reader.take(as_bytes(in_octets ? text.substr(at, 1) : text));
      if (!taken) out = "refused: " + taken.error().detail();
      whole = taken && *taken;
    }
    if (!out.empty()) continue;
    const auto ended = reader.end();
    out = ended ? std::to_string(reader.response().status) + ":" + std::string(as_text(reader.response().body))
                : "refused: " + ended.error().detail();
  }
  CHECK(said[0] == said[1]);
  return said[0];
}

bool refused(const std::string& text, std::string_view why) {
  const std::string said = read(text);
  INFO(said);
  return said.starts_with("refused: ") && said.find(why) != said.npos;
}

TEST_CASE("a body by length, by chunks and by the end of the connection") {
  CHECK(read(kHead + "Content-Length: 3\r\n\r\nabc") == "200:abc");
  CHECK(read(kHead + "Content-Length: 3\r\n\r\nabcdef") == "200:abc");
  CHECK(read(kHead + "content-length:3  \r\n\r\nabc") == "200:abc");
  CHECK(read(kHead + "Content-Length: 0\r\n\r\n") == "200:");
  CHECK(read(kHead + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: u\r\n\r\n") == "200:abc");
  CHECK(read(kHead + "Transfer-Encoding: Chunked\r\n\r\n00A\r\n0123456789\r\n000\r\n\r\n") == "200:0123456789");
  CHECK(read("HTTP/1.0 200\r\n\r\nabc") == "200:abc");
  CHECK(read("HTTP/1.1 200 OK\n\nabc") == "200:abc");
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na") == "200:a");
}

TEST_CASE("of a status other than 200 the head is read, and no more") {
  CHECK(read("HTTP/1.1 404 Not Found\r\nContent-Length: 999999999\r\n\r\n") == "404:");
  HttpReader reader;
  REQUIRE(reader.take(as_bytes(std::string_view("HTTP/1.1 301 Moved\r\nLocation:  /a b \r\n\r\n"))));
  CHECK(reader.response().location == "/a b");
}

TEST_CASE("what is cut off is no answer, wherever it is cut") {
  for (const std::string& whole :
       {kHead + "Content-Length: 3\r\n\r\nabc", kHead + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"})
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK(refused(whole.substr(0, n), "closed the connection"));
}

TEST_CASE("what is not HTTP, and what could mean two things, is refused") {
  CHECK(refused("\x30\x03\x0A\x01\x03\n", "does not begin with a status line"));
  CHECK(refused("HTTP/2 200 OK\r\n", "does not begin with a status line"));
  CHECK(refused("HTTP/1.1 20 OK\r\n", "does not begin with a status line"));
  CHECK(refused("HTTP/1.1 2000 OK\r\n", "does not begin with a status line"));
  CHECK(refused("HTTP/1.1 099 No\r\n", "a status that is none"));
  CHECK(refused("HTTP/1.1 101 Switching\r\n\r\n", "another protocol"));
  CHECK(refused(kHead + "No colon\r\n", "a field that is none"));
  CHECK(refused(kHead + ": empty\r\n", "a field that is none"));
  CHECK(refused(kHead + "Content-Length : 3\r\n", "a field that is none"));
  CHECK(refused(kHead + "A: b\r\n folded: c\r\n", "a field that is none"));
  CHECK(refused(kHead + "A: b\rC\r\n", "CR or NUL"));
  CHECK(refused(kHead + std::string("A: \0\r\n", 6), "CR or NUL"));
  CHECK(refused(kHead + "Content-Length: 3\r\nContent-Length: 4\r\n", "a Content-Length that is none"));
  CHECK(read(kHead + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc") == "200:abc");
  for (const char* length : {"", "-1", "+1", "0x3", "3, 3", "3 3", "a"})
    CHECK(refused(kHead + "Content-Length: " + length + "\r\n", "a Content-Length that is none"));
  CHECK(refused(kHead + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "both a Content-Length"));
  CHECK(refused(kHead + "Transfer-Encoding: gzip\r\n", "other than chunked"));
  CHECK(refused(kHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "other than chunked"));
  CHECK(refused(kHead + "Content-Encoding: gzip\r\n", "compressed"));
  const std::string chunks = kHead + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* size : {"", "x", "-1", "0x1", "1 1"})
    CHECK(refused(chunks + size + "\r\n", "a chunk without a size"));
  CHECK(refused(chunks + "1\r\nab\r\n", "another length than it says"));
}

TEST_CASE("a body is taken at kMaxAnswer, and refused above it by what it says or what comes") {
  const std::string most(kMaxAnswer, 'x');
  CHECK(read(kHead + "Content-Length: 65536\r\n\r\n" + most) == "200:" + most);
  CHECK(refused(kHead + "Content-Length: 65537\r\n\r\n", "too large"));
  CHECK(refused(kHead + "Content-Length: 104857600\r\n\r\n", "too large"));
  CHECK(refused(kHead + "Content-Length: 99999999999999999999999999\r\n", "too large"));
  CHECK(read(kHead + "\r\n" + most) == "200:" + most);
  CHECK(refused(kHead + "\r\n" + most + "x", "too large"));
  const std::string chunks = kHead + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(read(chunks + "10000\r\n" + most + "\r\n0\r\n\r\n") == "200:" + most);
  CHECK(refused(chunks + "10001\r\n", "too large"));
  CHECK(refused(chunks + "10000\r\n" + most + "\r\n1\r\n", "too large"));
  CHECK(refused(chunks + "FFFFFFFFFFFFFFFFF\r\n", "too large"));
}

TEST_CASE("a head is taken at kMaxHead, and refused above it: of fields, 1xx and trailers together") {
  const std::string tail = "Content-Length: 1\r\n";
  const std::size_t left = kMaxHead - kHead.size() - tail.size() - 2;  // an empty line
  const auto fields = [](std::size_t octets) { return "A: " + std::string(octets - 5, 'x') + "\r\n"; };
  CHECK(read(kHead + fields(left) + tail + "\r\na") == "200:a");
  CHECK(refused(kHead + fields(left + 1) + tail + "\r\na", "a head that is too large"));
  CHECK(refused(kHead + std::string(2 * kMaxHead, 'x'), "a head that is too large"));
  std::string hints;
  for (int i = 0; i < 1000; ++i) hints += "HTTP/1.1 103 Hint\r\n\r\n";
  CHECK(refused(hints, "a head that is too large"));
  const std::string chunks = kHead + "Transfer-Encoding: chunked\r\n\r\n0\r\n";
  std::string trailers;
  for (int i = 0; i < 8000; ++i) trailers += "\n";
  CHECK(read(chunks + trailers) == "200:");
  trailers.clear();
  for (int i = 0; i < 4000; ++i) trailers += "T: u\r\n";
  CHECK(refused(chunks + trailers, "a head that is too large"));
}

TEST_CASE("a chunk's line is taken at kMaxChunkLine, and refused above it") {
  const std::string chunks = kHead + "Transfer-Encoding: chunked\r\n\r\n";
  const auto line = [](std::size_t octets) { return "1;" + std::string(octets - 3, 'x') + "\r\n"; };  // CR counts
  CHECK(read(chunks + line(kMaxChunkLine) + "a\r\n0\r\n\r\n") == "200:a");
  CHECK(refused(chunks + line(kMaxChunkLine + 1) + "a\r\n0\r\n\r\n", "a head that is too large"));
}

TEST_CASE("requests are what RFC 9112 asks for") {
  const Url url = *parse_url("http://a:81/b");
  CHECK(get_request(url) ==
        "GET /b HTTP/1.1\r\nHost: a:81\r\nAccept: application/ocsp-response\r\nConnection: close\r\n\r\n");
  CHECK(post_request(url, as_bytes(std::string_view("xyz"))) ==
        "POST /b HTTP/1.1\r\nHost: a:81\r\nContent-Type: application/ocsp-request\r\nContent-Length: 3\r\n"
        "Accept: application/ocsp-response\r\nConnection: close\r\n\r\nxyz");
}

TEST_CASE("the fuzz targets hold for their seeds, cut and changed") {
  for (const fuzz::Target& target : fuzz::kOcspTargets) test::run_corpus(target);
}

}  // namespace
}  // namespace tls::ocsp
