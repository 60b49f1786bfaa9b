#include "record/header.h"

#include <doctest/doctest.h>

#include "support/hex.h"
#include "tls/bytes.h"

using namespace tls;
using namespace tls::record;

namespace {
Result<Header> parse(Bytes bytes, bool first) { return parse_header(bytes.first<limits::kRecordHeader>(), first); }
Result<Header> parse(std::string_view hex, bool first = false) { return parse(test::unhex(hex), first); }
}  // namespace

TEST_CASE("a header is type, version, length; what is encoded is parsed again") {
  const Result<Header> header = parse("1603030123");
  REQUIRE(header);
  CHECK(header->type == ContentType::handshake);
  CHECK(header->version == 0x0303);
  CHECK(header->length == 0x0123);
  CHECK(test::hex(encode(*header)) == "1603030123");
}

TEST_CASE("RFC 9846 §5.1: the minor version is ignored, first or not") {
  for (const char* text : {"1603000001", "1603010001", "1603020001", "1603030001", "1603040001", "1603ff0001"}) {
    CHECK(parse(text, true));
    CHECK(parse(text, false));
  }
}

TEST_CASE("another major version is no record") {
  for (const char* text : {"1602030001", "1604030001", "16feff0001"}) {
    const Result<Header> header = parse(text);
    REQUIRE_FALSE(header);
    CHECK(header.error().code() == Code::wrong_record_version);
    CHECK(header.error().alert() == Alert::protocol_version);
  }
}

TEST_CASE("a type that TLS does not have is unexpected_message") {
  for (unsigned type = 0; type < 256; ++type) {
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(type), 3, 3, 0, 1};
    const Result<Header> header = parse(Bytes(bytes), true);
    CHECK(header.has_value() == (type >= 20 && type <= 23));
    if (!header) CHECK(header.error().code() == Code::unexpected_record_type);
  }
}

TEST_CASE("a peer that speaks another protocol is told from one that makes mistakes") {
  for (std::string_view text : {"GET / HTTP/1.1", "POST /", "HEAD /", "PUT /", "HTTP/1.1 400", "CONNECT a:1",
                                "SSH-2.0-x", "220 mail", "PROXY TCP4", "+OK POP3", "* OK IMAP", "PRI * HTTP/2.0"}) {
    const Result<Header> header = parse(as_bytes(text), true);
    REQUIRE_FALSE(header);
    CHECK(header.error().code() == Code::not_tls);
    CHECK(header.error().detail().starts_with("the first bytes are "));
    CHECK(parse(as_bytes(text), false).error().code() == Code::wrong_record_version);  // later it is only wrong
  }
  CHECK(parse("802e010301", true).error().code() == Code::not_tls);  // SSL 2.0
  CHECK(parse(as_bytes("blah!"), true).error().code() == Code::wrong_record_version);
}
