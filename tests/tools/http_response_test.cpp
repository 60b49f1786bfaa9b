// A client's view of an HTTP/1.1 response (RFC 9112), however it comes in pieces.
#include "cli/http_response.h"

#include <doctest/doctest.h>

#include "cli/command.h"

using namespace sallyport::cli;

namespace {

struct Read {
  std::string body, refusal;
  int status = 0;
  std::string line;
  bool done_before_end = false;
};

/// The response in pieces of so many bytes.
Read read(const std::string& text, std::size_t piece) {
  Read out;
  HttpResponse response([&](tls::Bytes body) { out.body += tls::as_text(body); });
  try {
    for (std::size_t at = 0; at < text.size(); at += piece)
      response.feed(tls::as_bytes(std::string_view(text).substr(at, piece)));
    out.done_before_end = response.done();
    response.end();
  } catch (const Failure& failure) {
    CHECK(failure.status == kIo);
    out.refusal = failure.what();
  }
  out.status = response.status();
  out.line = response.status_line();
  return out;
}

constexpr std::size_t kPieces[] = {1, 2, 7, 1000};

}  // namespace

TEST_CASE("a body that Content-Length bounds: what follows is not its") {
  for (const std::size_t piece : kPieces) {
    const Read r = read("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCONTENT-LENGTH: 5 \r\n\r\nhellomore", piece);
    CHECK(r.refusal.empty());
    CHECK(r.body == "hello");
    CHECK(r.status == 200);
    CHECK(r.line == "200 OK");
    CHECK(r.done_before_end);
  }
}

TEST_CASE("a chunked body comes without its frame, extensions and trailers") {
  for (const std::size_t piece : kPieces) {
    const Read r = read(
        "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n "
        "0123\r\n567\r\n0\r\nTrailer: "
        "t\r\n\r\n",
        piece);
    CHECK(r.refusal.empty());
    CHECK(r.body == "hello 0123\r\n567");
    CHECK(r.status == 404);
    CHECK(r.line == "404 Not Found");
    CHECK(r.done_before_end);
  }
}

TEST_CASE("a body without a length ends with the connection; 204 and 304 have none") {
  for (const std::size_t piece : kPieces) {
    const Read r = read("HTTP/1.0 200 ok\r\n\r\nall that comes\r\n\r\n", piece);
    CHECK(r.refusal.empty());
    CHECK(r.body == "all that comes\r\n\r\n");
    CHECK_FALSE(r.done_before_end);
    CHECK(read("HTTP/1.1 204 No Content\r\n\r\n", piece).done_before_end);
    CHECK(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", piece).done_before_end);
  }
}

TEST_CASE("interim responses (1xx) come before the one that counts") {
  for (const std::size_t piece : kPieces) {
    const Read r =
        read("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 425 Too Early\r\nContent-Length: 2\r\n\r\nno", piece);
    CHECK(r.refusal.empty());
    CHECK(r.status == 425);
    CHECK(r.body == "no");
  }
}

TEST_CASE("a response that is cut short is a failure") {
  for (const char* text : {"", "HTTP", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    CAPTURE(text);
    CHECK(read(text, 1).refusal.find("closed") != std::string::npos);
  }
}

TEST_CASE("what is malformed is a failure, not a guess") {
  for (const char* text :
       {"HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 42 x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n"}) {
    CAPTURE(text);
    CHECK(read(text, 1000).refusal.find("malformed") != std::string::npos);
  }
  CHECK(read("SSH-2.0-OpenSSH\r\n", 1).refusal.find("not an HTTP/1.1 response") != std::string::npos);
  CHECK(read("HTTP/2 200\r\n", 1).refusal.find("not an HTTP/1.1 response") != std::string::npos);
}

TEST_CASE("a head without an end is given up at 64 KiB") {
  const std::string start = "HTTP/1.1 200 OK\r\nX: ", end = "\r\n\r\n";
  const auto padded = [&](std::size_t size) { return start + std::string(size - start.size(), 'x'); };
  CHECK(read(padded(64 << 10) + end, 1 << 20).status == 200);
  CHECK(read(padded((64 << 10) + 1), 1 << 20).refusal.find("does not end") != std::string::npos);
  CHECK(read(padded(64 << 10), 1 << 20).refusal.find("closed") != std::string::npos);
}
