// DER as keys and certificates use it (ITU-T X.690 §10): one reader for both.
#include "crypto/der.h"

#include <doctest/doctest.h>

#include <vector>

#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using tls::test::unhex;

namespace {

using Octets = std::vector<std::uint8_t>;

/// A TLV whose length is written in `width` octets behind the first; 0: the short form.
Octets element(std::uint8_t tag, std::size_t length, unsigned width) {
  Octets out = {tag};
  out.push_back(static_cast<std::uint8_t>(width == 0 ? length : 0x80 | width));
  for (unsigned i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
  out.resize(out.size() + length, 0x5A);
  return out;
}

bool reads(const Octets& der) {
  DerReader reader(der);
  (void)reader.next();
  return reader.done();
}

Octets integer(const Octets& contents) {
  Octets out;
  out.push_back(der::kInteger);
  out.push_back(static_cast<std::uint8_t>(contents.size()));
  for (const std::uint8_t octet : contents) out.push_back(octet);
  return out;
}

}  // namespace

TEST_CASE("X.690 §10.1: a length has its shortest form, and is definite") {
  struct Row {
    std::size_t length;
    unsigned width;
    bool good;
  };
  for (const Row& row : {Row{0, 0, true}, Row{0x7F, 0, true}, Row{0x7F, 1, false}, Row{0x80, 1, true},
                         Row{0xFF, 1, true}, Row{0xFF, 2, false}, Row{0x100, 2, true}, Row{0xFFFF, 2, true},
                         Row{0xFFFF, 3, false}, Row{0x10000, 3, true}, Row{0x10000, 4, false}, Row{0xFFFFFF, 3, true},
                         Row{0xFFFFFF, 4, false}, Row{0x1000000, 4, true}, Row{0x1000000, 5, false}}) {
    CAPTURE(row.length);
    CAPTURE(row.width);
    CHECK(reads(element(der::kOctetString, row.length, row.width)) == row.good);
  }
  CHECK_FALSE(reads({der::kSequence, 0x80, 0x00, 0x00}));
}

TEST_CASE("an element that is cut short, and a tag of several octets, fail") {
  const Octets whole = element(der::kOctetString, 200, 1);
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK_FALSE(reads({whole.begin(), whole.begin() + static_cast<long>(n)}));
  CHECK_FALSE(reads({0x1F, 0x20, 0x00}));
}

TEST_CASE("a reader that failed stays failed and gives nothing") {
  const Octets two = {der::kNull, 0x00, der::kNull, 0x00};
  DerReader reader(two);
  CHECK(reader.next_is(der::kNull));
  CHECK_FALSE(reader.take_if(der::kOid).has_value());
  CHECK(reader.take(der::kNull).whole.size() == 2);
  CHECK(reader.take(der::kOid).whole.empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.next().whole.empty());
  CHECK_FALSE(reader.done());
}

TEST_CASE("integers: positive, in the fewest octets") {
  const auto positive = [](const Octets& contents) -> std::optional<Octets> {
    const Octets der = integer(contents);
    DerReader reader(der);
    const Bytes value = reader.positive_integer();
    if (!reader.done()) return std::nullopt;
    return Octets(value.begin(), value.end());
  };
  CHECK(positive({0x01}) == Octets{0x01});
  CHECK(positive({0x7F}) == Octets{0x7F});
  CHECK(positive({0x00, 0x80}) == Octets{0x80});
  for (const Octets& bad :
       {Octets{}, Octets{0x00}, Octets{0x80}, Octets{0xFF, 0x01}, Octets{0x00, 0x7F}, Octets{0x00, 0x00}})
    CHECK_FALSE(positive(bad).has_value());
}

TEST_CASE("X.690 §10.1: lengths, octet by octet") {
  const auto accepts = [](std::string_view hex) {
    const auto bytes = unhex(hex);
    DerReader reader(bytes);
    (void)reader.next();
    return reader.done();
  };
  CHECK(accepts("0400"));
  CHECK(accepts("0401ff"));
  CHECK(
      accepts("0481"
              "80" +
              std::string(256, '0')));
  CHECK_FALSE(accepts("04"));
  CHECK_FALSE(accepts("0402ff"));
  CHECK_FALSE(accepts("048101ff"));  // 1 needs no long form
  CHECK_FALSE(accepts("04820080" + std::string(256, '0')));
  CHECK_FALSE(
      accepts("3080"
              "0000"));  // indefinite
  CHECK_FALSE(
      accepts("0484"
              "00000001"
              "ff"));
  CHECK_FALSE(
      accepts("1f8101"
              "00"));  // a tag of several octets
}

TEST_CASE("X.690 §11.1, §8.3: booleans and integers have one encoding") {
  const auto boolean = [](std::string_view hex) {
    const auto bytes = unhex(hex);
    DerReader reader(bytes);
    (void)reader.boolean();
    return reader.done();
  };
  CHECK(boolean("0101ff"));
  CHECK(boolean("010100"));
  CHECK_FALSE(boolean("010101"));
  CHECK_FALSE(boolean("0100"));
  const auto integer = [](std::string_view hex) {
    const auto bytes = unhex(hex);
    DerReader reader(bytes);
    (void)reader.small_integer();
    return reader.done();
  };
  CHECK(integer("020100"));
  CHECK(integer("02020080"));
  CHECK(integer("02047fffffff"));
  CHECK_FALSE(integer("02020001"));
  CHECK_FALSE(integer("0201ff"));
  CHECK_FALSE(integer("0200"));
  CHECK_FALSE(integer("02050080000000"));
}
