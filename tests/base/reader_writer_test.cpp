#include <doctest/doctest.h>

#include "base/reader.h"
#include "base/writer.h"
#include "support/hex.h"

using namespace tls;
using tls::test::unhex;

TEST_CASE("numbers are big-endian (RFC 9846 §3.3)") {
  const auto bytes = unhex("01 0203 040506 0708090a 0b0c0d0e0f101112");
  Reader r(bytes);
  CHECK(r.u8() == 0x01);
  CHECK(r.u16() == 0x0203);
  CHECK(r.u24() == 0x040506);
  CHECK(r.u32() == 0x0708090a);
  CHECK(r.u64() == 0x0b0c0d0e0f101112);
  CHECK(r.done());
}

TEST_CASE("a vector is refused below its minimum, above its maximum and when it is cut short") {
  for (auto [text, ok] :
       {std::pair{"0100", false}, {"020000", true}, {"03000000", true}, {"0400000000", false}, {"0300", false}}) {
    const auto bytes = unhex(text);
    Reader r(bytes);
    (void)r.vector8(2, 3);
    CHECK(r.done() == ok);
  }
}

TEST_CASE("a failed reader stays failed and gives nothing") {
  const auto bytes = unhex("00 01");
  Reader r(bytes);
  CHECK(r.take(3).empty());
  CHECK(r.u8() == 0);
  CHECK_FALSE(r.ok());
  CHECK_FALSE(r.done());
}

TEST_CASE("what a writer writes a reader reads") {
  ByteVector out;
  Writer w(out);
  w.u16(0x1234);
  w.prefixed(2, [&] { w.u8(9), w.prefixed(1, [&] { w.bytes(unhex("aabb")); }); });
  CHECK(test::hex(out) == "123400040902aabb");
  Reader r(out);
  CHECK(r.u16() == 0x1234);
  Reader inner(r.vector16());
  CHECK(inner.u8() == 9);
  CHECK(test::hex(inner.vector8()) == "aabb");
  CHECK(inner.done());
  CHECK(r.done());
}
