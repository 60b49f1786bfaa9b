#include "record/protection.h"

#include <doctest/doctest.h>

#include <limits>

#include "record/keys.h"
#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::record;
using test::kWays;
using test::Way;
using ByteList = std::vector<std::uint8_t>;

namespace {

ByteList sealed(Protection& protection, ContentType type, Bytes content, std::size_t padding = 0) {
  ByteList out(content.size() + padding + protection.overhead());
  REQUIRE(protection.seal(type, kRecordVersion, content, padding, out));
  return out;
}

Result<Opened> opened(Protection& protection, ByteList& record) {
  const Header header{static_cast<ContentType>(record[0]), static_cast<std::uint16_t>(record[1] << 8 | record[2]),
                      static_cast<std::uint16_t>(record.size() - limits::kRecordHeader)};
  return protection.open(header, record);
}

/// Seals a whole TLSInnerPlaintext as the peer likes, lawful or not: the last byte is given as the type, so that any
/// bytes at all can be what the other side finds.
ByteList sealed_inner(Protection& protection, Bytes inner) {
  return sealed(protection, static_cast<ContentType>(inner.back()), inner.first(inner.size() - 1));
}

}  // namespace

TEST_CASE("what is sealed is opened, at every length, in place") {
  test::SeededRandom random(3);
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Protection write = way.make(), read = way.make();
    for (std::size_t n = 0; n <= limits::kMaxPlaintext; n = n < 300 ? n + 1 : n * 2 - 260) {
      ByteList content(n);
      random.fill(content);
      ByteList record = sealed(write, ContentType::application_data, content);
      CHECK(record.size() == n + write.overhead());
      const Result<Opened> got = opened(read, record);
      REQUIRE(got);
      CHECK(got->type == ContentType::application_data);
      CHECK(test::copy_of(got->content) == content);
      if (n != 0) CHECK((got->content.data() > record.data() && got->content.data() < record.data() + record.size()));
    }
    CHECK(write.sequence() == read.sequence());
  }
}

TEST_CASE("the type is hidden in TLS 1.3 and stands in the header in TLS 1.2") {
  for (const Way& way : kWays) {
    Protection write = way.make(), read = way.make();
    for (ContentType type : {ContentType::alert, ContentType::handshake, ContentType::application_data}) {
      ByteList record = sealed(write, type, test::unhex("0102"));
      CHECK(record[0] == static_cast<std::uint8_t>(way.tls13 ? ContentType::application_data : type));
      CHECK(opened(read, record)->type == type);
    }
  }
}

TEST_CASE("every bit that changes on the way is bad_record_mac, in the header too") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Protection write = way.make();
    const ByteList record = sealed(write, ContentType::application_data, test::unhex("00112233445566778899"));
    for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
      if (bit / 8 == 3 || bit / 8 == 4) continue;  // a changed length is another record: below
      Protection read = way.make();
      ByteList bad = record;
      bad[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      const Result<Opened> got = opened(read, bad);
      REQUIRE_FALSE(got);
      CHECK(got.error().code() == Code::bad_record_mac);
      CHECK(read.sequence() == 0);
    }
    for (std::size_t n = limits::kRecordHeader; n < record.size(); ++n) {  // cut short at every place
      Protection read = way.make();
      ByteList bad(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(n));
      CHECK(opened(read, bad).error().code() == Code::bad_record_mac);
    }
  }
}

TEST_CASE("records cannot be repeated, reordered or opened under another key") {
  for (const Way& way : kWays) {
    Protection write = way.make(), read = way.make(), other = way.make(2);
    const ByteList first = sealed(write, ContentType::application_data, test::unhex("01"));
    const ByteList second = sealed(write, ContentType::application_data, test::unhex("02"));
    ByteList record = second;
    CHECK_FALSE(opened(read, record));
    record = first;
    CHECK_FALSE(opened(other, record));
    record = first;
    CHECK(opened(read, record));
    record = first;
    CHECK_FALSE(opened(read, record));
    record = second;
    CHECK(opened(read, record));
  }
}

TEST_CASE("RFC 5288 §3: nonce_explicit is the sequence number, and the reader takes it from the record") {
  const Way way = kWays[3];
  Protection write = way.make(), read = way.make();
  ByteList record = sealed(write, ContentType::application_data, test::unhex("aa"));
  CHECK(test::hex(Bytes(record).subspan(5, 8)) == "0000000000000000");
  CHECK(opened(read, record));
  record = sealed(write, ContentType::application_data, test::unhex("aa"));
  CHECK(test::hex(Bytes(record).subspan(5, 8)) == "0000000000000001");
  record[12] ^= 1;  // another nonce: it is used, so the tag is wrong
  CHECK_FALSE(opened(read, record));
}

TEST_CASE("RFC 9846 §5.4: padding of any length is taken off") {
  const Way way = kWays[0];
  for (std::size_t padding : {1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 255u, 4096u, 16383u}) {
    Protection write = way.make(), read = way.make();
    ByteList record = sealed(write, ContentType::handshake, test::unhex("00"), padding);  // content that ends in zero
    const Result<Opened> got = opened(read, record);
    REQUIRE(got);
    CHECK(got->type == ContentType::handshake);
    CHECK(test::hex(got->content) == "00");
    CHECK(got->plaintext == 2 + padding);
  }
}

TEST_CASE("RFC 9846 §5.4: a plaintext without a content type is unexpected_message") {
  const Way way = kWays[0];
  for (std::size_t zeros : {1u, 8u, 64u, 1000u}) {
    Protection write = way.make(), read = way.make();
    ByteList record = sealed_inner(write, ByteList(zeros, 0));
    const Result<Opened> got = opened(read, record);
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Code::no_inner_content_type);
    CHECK(got.error().alert() == Alert::unexpected_message);
  }
}

TEST_CASE("inner types that are unknown or may not be protected are unexpected_message") {
  const Way way = kWays[0];
  for (unsigned type = 1; type < 256; ++type) {
    Protection write = way.make(), read = way.make();
    ByteList record = sealed_inner(write, ByteList{0x01, static_cast<std::uint8_t>(type)});
    const Result<Opened> got = opened(read, record);
    CHECK(got.has_value() == (type >= 21 && type <= 23));
    if (!got) CHECK(got.error().alert() == Alert::unexpected_message);
  }
}

TEST_CASE("the plaintext's limit: at it, and one byte above it") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    for (std::size_t over : {0u, 1u}) {
      Protection write = way.make(), read = way.make();
      ByteList record = sealed(write, ContentType::application_data, ByteList(limits::kMaxPlaintext + over, 7));
      const Result<Opened> got = opened(read, record);
      CHECK(got.has_value() == (over == 0));
      if (!got) CHECK(got.error().code() == Code::plaintext_overflow);
      if (!got) CHECK(got.error().alert() == Alert::record_overflow);
    }
    if (!way.tls13) continue;
    Protection write = way.make(), read = way.make();  // padding counts (RFC 9846 §5.4)
    ByteList record = sealed(write, ContentType::application_data, ByteList(limits::kMaxPlaintext, 7), 1);
    CHECK(opened(read, record).error().code() == Code::plaintext_overflow);
  }
}

TEST_CASE("RFC 9846 §5.3: a sequence number never wraps") {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  for (const Way& way : kWays) {
    Protection write = way.make(), read = way.make();
    ProtectionTest::set_sequence(write, kLast - 1);
    ProtectionTest::set_sequence(read, kLast - 1);
    ByteList record = sealed(write, ContentType::application_data, test::unhex("01"));
    CHECK(opened(read, record));
    ByteList out(100);
    CHECK(write.seal(ContentType::alert, kRecordVersion, {}, 0, out).error().code() == Code::sequence_exhausted);
    record = sealed(read = way.make(), ContentType::alert, {});
    ProtectionTest::set_sequence(read, kLast);
    CHECK(opened(read, record).error().code() == Code::sequence_exhausted);
  }
}

TEST_CASE("without a key content passes as it is; keys that were moved away never fall back to that") {
  Protection plain;
  ByteList record = sealed(plain, ContentType::handshake, test::unhex("010203"));
  CHECK(test::hex(record) == "1603030003010203");
  Protection keyed = kWays[0].make();
  const Protection taken = std::move(keyed);
  ByteList out(64);
  CHECK_FALSE(keyed.seal(ContentType::application_data, kRecordVersion, test::unhex("01"), 0, out));
  CHECK_FALSE(opened(keyed, out));
  CHECK(taken);
}
