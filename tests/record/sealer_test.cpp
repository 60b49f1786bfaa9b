#include "record/sealer.h"

#include <doctest/doctest.h>

#include "record/keys.h"
#include "record/opener.h"
#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::record;
using test::kWays;
using test::Way;
using ByteList = std::vector<std::uint8_t>;

namespace {

struct Sizes {
  ByteList content;
  std::vector<std::size_t> plaintexts;
};

/// Opens all records of `wire`.
Sizes read_back(const Way& way, Bytes wire) {
  Opener opener;
  opener.install(way.make());
  ByteList in = test::copy_of(wire);
  MutableBytes rest(in);
  Sizes sizes;
  while (!rest.empty()) {
    const Result<Frame> frame = opener.frame(rest);
    REQUIRE(frame);
    REQUIRE(frame->missing == 0);
    const std::size_t plaintext = frame->header.length - (opener.protection().overhead() - limits::kRecordHeader) +
                                  opener.protection().rules().type_bytes();
    const Result<Record> record = opener.open(*frame);
    REQUIRE(record);
    sizes.content.insert(sizes.content.end(), record->content.begin(), record->content.end());
    sizes.plaintexts.push_back(plaintext);
    rest = rest.subspan(frame->bytes.size());
  }
  return sizes;
}

}  // namespace

TEST_CASE("data is cut into as few records as it takes, in one growth of the output") {
  test::SeededRandom random(5);
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    for (std::size_t n : {1u, 100u, 16383u, 16384u, 16385u, 32768u, 50000u}) {
      Sealer sealer;
      sealer.install(way.make());
      ByteList data(n);
      random.fill(data);
      Output out;
      REQUIRE(sealer.seal_all(ContentType::application_data, data, out));
      CHECK(out.capacity() == std::max<std::size_t>(4096, out.size()));  // what the first growth gives
      const Sizes sizes = read_back(way, out.bytes());
      CHECK(sizes.content == data);
      CHECK(sizes.plaintexts.size() == (n + limits::kMaxPlaintext - 1) / limits::kMaxPlaintext);
      CHECK(sealer.sent() == sizes.plaintexts.size());
    }
  }
}

TEST_CASE("one call seals as many records as it is allowed, and says how much they took") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Sealer sealer;
    sealer.install(way.make());
    sealer.limit(1000);
    const std::size_t most = sealer.max_content();
    ByteList data(3 * most + 1);
    test::SeededRandom(6).fill(data);
    CHECK(sealer.records_for(0) == 1);
    CHECK(sealer.records_for(most) == 1);
    CHECK(sealer.records_for(most + 1) == 2);
    CHECK(sealer.records_for(data.size()) == 4);
    Output out;
    CHECK(sealer.seal(ContentType::application_data, data, out) == most);
    CHECK(sealer.seal(ContentType::application_data, Bytes(data).subspan(most), out, 2) == 2 * most);
    CHECK(sealer.seal(ContentType::application_data, Bytes(data).subspan(3 * most), out, 2) == 1);
    CHECK(sealer.seal(ContentType::application_data, {}, out, 5) == 0);
    CHECK(sealer.sent() == 5);
    const Sizes sizes = read_back(way, out.bytes());
    CHECK(sizes.content == data);
    CHECK(sizes.plaintexts.size() == 5);
  }
}

TEST_CASE("RFC 8449: the peer's record_size_limit is kept, the type and padding included") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    for (std::uint16_t block : std::initializer_list<std::uint16_t>{0, 48, 4096}) {
      Sealer sealer;
      sealer.install(way.make());
      sealer.limit(64);
      sealer.padding(block);
      Output out;
      const ByteList data(1000, 9);
      REQUIRE(sealer.seal_all(ContentType::application_data, data, out));
      const Sizes sizes = read_back(way, out.bytes());
      CHECK(sizes.content == data);
      for (std::size_t plaintext : sizes.plaintexts) CHECK(plaintext <= 64);
      CHECK(sizes.plaintexts.front() == 64);
    }
  }
}

TEST_CASE("a limit above the protocol's has no effect") {
  Sealer sealer;
  sealer.install(kWays[0].make());
  sealer.limit(65535);
  CHECK(sealer.max_content() == limits::kMaxPlaintext);
  sealer.install(kWays[3].make());
  CHECK(sealer.max_content() == limits::kMaxPlaintext);
}

TEST_CASE("unprotected records are not subject to the limit") {
  Sealer sealer;
  sealer.limit(64);
  CHECK(sealer.max_content() == limits::kMaxPlaintext);
}

TEST_CASE("our own limit of content is kept in protected and unprotected records") {
  Sealer plain;
  plain.fragment(100);
  const ByteList data(250);
  Output out;
  REQUIRE(plain.seal_all(ContentType::handshake, data, out));
  CHECK(plain.sent() == 3);
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Sealer sealer;
    sealer.install(way.make());
    sealer.fragment(100);
    Output sealed;
    REQUIRE(sealer.seal_all(ContentType::application_data, data, sealed));
    CHECK(read_back(way, sealed.bytes()).content.size() == data.size());
    CHECK(sealer.sent() == 3);
    CHECK(sealer.max_content() == 100);
    sealer.fragment(limits::kMaxPlaintext + 1);
    CHECK(sealer.max_content() == limits::kMaxPlaintext);
  }
}

TEST_CASE("RFC 9846 §5.4: content is padded to a multiple of the block, where the type is hidden") {
  for (const Way& way : {kWays[0], kWays[3]}) {
    for (std::size_t n : {0u, 1u, 63u, 64u, 65u, 16383u, 16384u}) {
      Sealer sealer;
      sealer.install(way.make());
      sealer.padding(64);
      Output out;
      REQUIRE(sealer.seal_all(ContentType::application_data, ByteList(n, 5), out));
      const std::size_t padded = way.tls13 ? std::max<std::size_t>(64, (n + 63) / 64 * 64) + 1 : n;
      CHECK(read_back(way, out.bytes()).plaintexts.front() == padded);
    }
  }
}

TEST_CASE("RFC 9846 §5.1: only unprotected handshake records of the first flight are marked 3.1") {
  Sealer sealer;
  Output out;
  sealer.handshake_version(kInitialRecordVersion);
  REQUIRE(sealer.seal_all(ContentType::handshake, test::unhex("01"), out));
  REQUIRE(sealer.seal_all(ContentType::alert, test::unhex("0228"), out));
  sealer.install(kWays[0].make());
  REQUIRE(sealer.seal_all(ContentType::handshake, test::unhex("01"), out));
  CHECK(test::hex(out.bytes())
            .starts_with("16030100010115030300020228"
                         "1703030012"));
}

TEST_CASE("a ChangeCipherSpec goes out unprotected though keys are in force, and uses up no sequence number") {
  Sealer sealer;
  sealer.install(kWays[0].make());
  Output out;
  sealer.send_plain(ContentType::change_cipher_spec, test::unhex("01"), out);
  CHECK(test::hex(out.bytes()) == "140303000101");
  CHECK(sealer.protection().sequence() == 0);
  CHECK(sealer.sent() == 1);
}

TEST_CASE("data of the application inside the output itself is refused, not sent") {
  Sealer sealer;
  sealer.install(kWays[0].make());
  Output out;
  MutableBytes room = out.prepare(1000);
  const Result<std::size_t> taken = sealer.seal(ContentType::application_data, room.subspan(3, 100), out);
  CHECK_FALSE(taken);
  CHECK(out.empty());
}
