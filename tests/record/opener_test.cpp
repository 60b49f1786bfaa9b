#include "record/opener.h"

#include <doctest/doctest.h>

#include "record/keys.h"
#include "record/sealer.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::record;
using test::kWays;
using test::Way;
using ByteList = std::vector<std::uint8_t>;

namespace {

ByteList header(ContentType type, std::size_t length, std::uint16_t version = kRecordVersion) {
  const HeaderBytes bytes = encode({type, version, static_cast<std::uint16_t>(length)});
  return {bytes.begin(), bytes.end()};
}

std::optional<Code> refused(const Opener& opener, ByteList in) {
  const Result<Frame> frame = opener.frame(in);
  if (frame) return std::nullopt;
  return frame.error().code();
}

Result<Record> whole(Opener& opener, ByteList& in) {
  Result<Frame> frame = opener.frame(in);
  if (!frame) return std::unexpected(frame.error());
  REQUIRE(frame->missing == 0);
  return opener.open(*frame);
}

ByteList sealed(Sealer& sealer, ContentType type, Bytes content) {
  Output out;
  REQUIRE(sealer.seal_all(type, content, out));
  return test::copy_of(out.bytes());
}

}  // namespace

TEST_CASE("a frame says exactly how many bytes are missing") {
  const ByteList record = test::unhex("1603030004 0e000000");
  const Opener opener;
  for (std::size_t n = 0; n <= record.size(); ++n) {
    ByteList in(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(n));
    const Result<Frame> frame = opener.frame(in);
    REQUIRE(frame);
    CHECK(frame->has_header == (n >= 5));
    CHECK(frame->missing == (n < 5 ? 5 - n : 9 - n));
    CHECK(frame->bytes.size() == (n == 9 ? 9 : 0));
  }
}

TEST_CASE("length limits are enforced by the header alone: at them and one above") {
  Opener opener;
  CHECK_FALSE(refused(opener, header(ContentType::handshake, limits::kMaxPlaintext)));
  CHECK(refused(opener, header(ContentType::handshake, limits::kMaxPlaintext + 1)) == Code::record_overflow);
  // Early data that was refused: no key, but ciphertext.
  CHECK_FALSE(refused(opener, header(ContentType::application_data, limits::kMaxCiphertext13)));
  CHECK(refused(opener, header(ContentType::application_data, limits::kMaxCiphertext13 + 1)) == Code::record_overflow);
  for (const Way& way : kWays) {
    opener.install(way.make());
    const std::size_t most = way.tls13 ? limits::kMaxCiphertext13 : limits::kMaxCiphertext12;
    CHECK_FALSE(refused(opener, header(ContentType::application_data, most)));
    CHECK(refused(opener, header(ContentType::application_data, most + 1)) == Code::record_overflow);
  }
}

TEST_CASE("TLS 1.3 ignores the version of a record, TLS 1.2 demands its own") {
  Opener opener;
  CHECK_FALSE(refused(opener, header(ContentType::handshake, 1, 0x0301)));
  opener.install(kWays[0].make());
  CHECK_FALSE(refused(opener, header(ContentType::application_data, 1, 0x0301)));
  opener.install(kWays[3].make());
  CHECK_FALSE(refused(opener, header(ContentType::application_data, 1, 0x0303)));
  CHECK(refused(opener, header(ContentType::application_data, 1, 0x0301)) == Code::wrong_record_version);
}

TEST_CASE("once TLS 1.3 keys are in force only a ChangeCipherSpec and an early alert may come without them") {
  Sealer peer;
  peer.install(kWays[0].make());
  Opener opener;
  opener.install(kWays[0].make());
  CHECK(refused(opener, header(ContentType::handshake, 4)) == Code::unprotected_record);
  ByteList ccs = test::unhex("140303000101"), alert = test::unhex("15030300020228");
  CHECK_FALSE(whole(opener, ccs)->was_protected);
  CHECK_FALSE(whole(opener, alert)->was_protected);
  ByteList record = sealed(peer, ContentType::handshake, test::unhex("14000000"));
  CHECK(whole(opener, record)->was_protected);
  CHECK(refused(opener, alert) == Code::unprotected_record);  // the peer has its keys by now
  opener.install(kWays[0].make());                            // and after every later change
  CHECK(refused(opener, alert) == Code::unprotected_record);
  CHECK_FALSE(refused(opener, ccs));
  CHECK(opener.received() == 3);
}

TEST_CASE("TLS 1.2 keys let nothing pass without them") {
  Opener opener;
  opener.install(kWays[3].make());
  for (const char* text : {"140303000101", "15030300020228", "160303000400000000"}) {
    ByteList in = test::unhex(text);
    CHECK(whole(opener, in).error().code() == Code::bad_record_mac);
  }
}

TEST_CASE("RFC 8449: our record_size_limit is enforced on protected records: below, at, above") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    const std::size_t type = way.tls13 ? 1 : 0;  // TLS 1.3 counts the content type
    for (std::size_t n : {99u, 100u, 101u}) {
      Sealer peer;
      peer.install(way.make());
      Opener opener;
      opener.install(way.make());
      opener.limit(100);
      ByteList record = sealed(peer, ContentType::application_data, ByteList(n - type, 1));
      const Result<Record> got = whole(opener, record);
      CHECK(got.has_value() == (n <= 100));
      if (!got) CHECK(got.error().code() == Code::plaintext_overflow);
    }
  }
  Opener opener;  // unprotected messages are not subject to it
  opener.limit(100);
  ByteList record = header(ContentType::handshake, 200);
  record.resize(205);
  CHECK(whole(opener, record));
}

TEST_CASE("only the first record can say that the peer does not speak TLS") {
  Opener opener;
  ByteList hello = test::unhex("160301000100"), http = test::copy_of(as_bytes("HTTP/1.1"));
  CHECK(refused(opener, http) == Code::not_tls);
  CHECK(whole(opener, hello));
  CHECK(refused(opener, http) == Code::wrong_record_version);
}
