// RFC 7468: PEM, and what is not.
#include "pki/pem.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::pki;

namespace {

const std::string kBlock = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";
constexpr auto kContent = "000102030405";

std::string with_line_ends(std::string text, const std::string& end) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += end.size()) text.replace(at, 1, end);
  return text;
}

/// The detail of the refusal; empty when the text is read.
std::string why_not(const std::string& text) {
  const auto blocks = parse_pem(text);
  if (blocks) return {};
  CHECK(blocks.error().code() == Code::bad_key_file);
  return blocks.error().detail();
}

bool mentions(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

/// The content of the only block.
std::string only(const std::string& text) {
  const auto blocks = parse_pem(text);
  if (!blocks) return blocks.error().detail();
  return blocks->size() == 1 ? test::hex(blocks->front().der) : std::to_string(blocks->size()) + " blocks";
}

}  // namespace

TEST_CASE("blocks are found whatever stands around them") {
  const auto blocks =
      parse_pem("subject=CN = x\n" + kBlock + "some words\r\n-----BEGIN X-----\r\n/w==\r\n-----END X-----");
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 2);
  CHECK((*blocks)[0].label == "CERTIFICATE");
  CHECK(test::hex((*blocks)[0].der) == kContent);
  CHECK((*blocks)[0].number == 1);
  CHECK((*blocks)[0].line == 2);
  CHECK((*blocks)[1].label == "X");
  CHECK(test::hex((*blocks)[1].der) == "ff");
  CHECK((*blocks)[1].number == 2);
  CHECK((*blocks)[1].line == 7);
  CHECK(place_of((*blocks)[1]) == "block 2 ('X', line 7)");
}

TEST_CASE("RFC 7468 §2: lines end with LF, CR or CRLF, and white space at their ends does not count") {
  for (const std::string end : {"\n", "\r", "\r\n", " \n", "\t \r\n", "\v\n", "\n\n", "\r\r"}) {
    CAPTURE(end);
    CHECK(only(with_line_ends("words\n" + kBlock + "words\n", end)) == kContent);
    CHECK(only(with_line_ends(kBlock, end)) == kContent);
  }
  const auto blocks = parse_pem(with_line_ends("a\nb\n" + kBlock, "\r"));
  REQUIRE(blocks);
  CHECK(blocks->front().line == 3);
  CHECK(only("-----BEGIN X-----\n AAEC \n\tAw QF\n-----END X-----") == kContent);
}

TEST_CASE("a UTF-8 byte order mark is ignored, and UTF-16 is told") {
  CHECK(only("\xEF\xBB\xBF" + kBlock) == kContent);
  CHECK(mentions(why_not("\xFF\xFE-\0-\0"), "UTF-16"));
  CHECK(mentions(why_not("\xFE\xFF"), "UTF-16"));
}

TEST_CASE("RFC 7468 §2: -----BEGIN counts only at the start of a line; what is commented out is ignored") {
  const std::string other = "-----BEGIN CERTIFICATE-----\n/w==\n-----END CERTIFICATE-----\n";
  std::string commented = "#" + with_line_ends(other, "\n#");
  commented.back() = '\n';
  CHECK(only(kBlock + commented) == kContent);
  CHECK(only(commented + kBlock) == kContent);
  CHECK(only("#" + other + kBlock) == kContent);  // only the BEGIN line is commented out: nothing of it counts
  CHECK(only("  " + other + kBlock) == kContent);
  CHECK(only("x-----BEGIN A-----\n" + kBlock) == kContent);
  CHECK(only("-----END CERTIFICATE-----\n" + kBlock) == kContent);
  CHECK(only("-----BEGINNING-----\n----- BEGIN X -----\n---- BEGIN SSH2 PUBLIC KEY ----\n" + kBlock) == kContent);
  CHECK(mentions(why_not("\n#" + other), "on line 2, -----BEGIN does not stand at the start"));
  CHECK(mentions(why_not("pem: \"" + other), "on line 1, -----BEGIN does not stand at the start"));
}

TEST_CASE("a commented END does not end a block, and takes no good block with it") {
  const std::string open = "-----BEGIN CERTIFICATE-----\nAAEC\n#-----END CERTIFICATE-----\n";
  CHECK(mentions(why_not(open), "block 1 ('CERTIFICATE', line 1): it begins and is not ended"));
  CHECK(mentions(why_not(open + kBlock),
                 "block 1 ('CERTIFICATE', line 1): it is not ended before the next one begins, "
                 "on line 4"));
  CHECK(mentions(why_not("-----BEGIN A-----\nAAEC\n#-----END A-----\nAAEC\n-----END A-----\n"), "not base64"));
}

TEST_CASE("a reader goes on behind a bad block") {
  struct Bad {
    std::string text;
    std::size_t blocks;  // that it counts for
  };
  const Bad bad[] = {{"-----BEGIN CERTIFICATE-----\n!!!! not base64 !!!!\n-----END CERTIFICATE-----\n", 1},
                     {"-----BEGIN A-----\nAAEC\n-----END B-----\n", 1},
                     {"-----BEGIN A-----\nAAEC\n-----END A----\n", 1},
                     {"-----BEGIN A-----\nAAEC\n", 1},
                     {"-----BEGIN A-----\nAAEC\n#-----END A-----\n", 1},
                     {"-----BEGIN A----\nAAEC\n-----END A-----\n", 1},
                     {"-----BEGIN A-----AAEC-----END A-----\n", 1},
                     {"-----BEGIN A-----\n-----BEGIN B-----\n-----BEGIN C-----\n", 3}};
  for (const auto& [text, count] : bad) {
    CAPTURE(text);
    const std::string whole = kBlock + text + kBlock;
    PemReader reader(whole);
    std::vector<std::size_t> good;
    std::size_t refused = 0;
    while (const auto block = reader.next()) {
      if (*block)
        good.push_back((*block)->number);
      else
        ++refused;
    }
    CHECK(good == std::vector<std::size_t>{1, 2 + count});
    CHECK(refused == count);
    CHECK(reader.blocks() == 2 + count);
    CHECK(mentions(why_not(whole), "block 2 ("));
    CHECK(mentions(why_not(whole), "line 5)"));
  }
}

TEST_CASE("RFC 7468 §3: boundaries with other dashes or labels are refused, good labels are read") {
  for (const std::string label : {"", "A", "X509 CRL", "A-B", "A B C", "TRUSTED CERTIFICATE", "!\"#"}) {
    CAPTURE(label);
    CHECK(only(to_pem(label, test::unhex(kContent))) == kContent);
  }
  for (const std::string label : {" A", "A ", "A  B", "A--B", "-A", "A-", "A\x01", "\xC3\x84"}) {
    CAPTURE(label);
    CHECK(mentions(why_not("-----BEGIN " + label + "-----\nAAEC\n-----END " + label + "-----\n"), "block 1 (line 1)"));
  }
  CHECK(mentions(why_not("-----BEGIN A-----\nAAEC\n-----END B-----\n"), "line 3 ends it as 'B'"));
}

TEST_CASE("an error shows nothing of a key, wherever the line ends are lost") {
  const std::string key = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  const std::string begin = "-----BEGIN PRIVATE KEY-----", end = "-----END PRIVATE KEY-----";
  for (const std::string& text :
       {begin + key + end, begin + key + "\n" + end, begin + "\n" + key + end, begin + "\n" + key + "*\n" + end,
        begin + "\n" + key + "\n" + end + key, begin + "\n" + key, begin + " " + key + " " + end + "\n" + kBlock,
        "-----BEGIN " + key + "\n"}) {
    CAPTURE(text);
    const std::string words = why_not(text);
    CHECK_FALSE(words.empty());
    for (std::size_t at = 0; at + 8 <= key.size(); ++at) CHECK_FALSE(mentions(words, key.substr(at, 8)));
  }
}

TEST_CASE("RFC 1421 headers are skipped, and tell that a key is encrypted") {
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    CAPTURE(end);
    CHECK(only(with_line_ends("-----BEGIN K-----\nComment: x\n\nAAEC\n-----END K-----\n", end)) == "000102");
    CHECK(only(with_line_ends("-----BEGIN K-----\nComment: ENCRYPTED\n more\n \nAAEC\n-----END K-----\n", end)) ==
          "000102");
    const auto locked = parse_pem(with_line_ends(
        "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAEC\n-----END K-----\n", end));
    REQUIRE(locked);
    CHECK(locked->front().encrypted);
    CHECK(locked->front().der.empty());
  }
  CHECK(mentions(why_not("-----BEGIN A-----\nx: y\nAAEC\n-----END A-----\n"), "no empty line ends its headers"));
}

TEST_CASE("garbage is refused with words") {
  using namespace std::string_literals;
  for (const std::string& bad : std::vector<std::string>{
           "", "hello", "-----BEGIN ", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nAAEC\n",
           "-----BEGIN A-----\nAAEC\n-----END B-----\n", "-----BEGIN A-----\n-----END A-----\n",
           "-----BEGIN A-----\nA*EC\n-----END A-----\n", "-----BEGIN A-----\nA\x80\x45\x43\n-----END A-----\n",
           "-----BEGIN A-----\nA\0AEC\n-----END A-----\n"s, "-----BEGIN A-----\nAAEC\0\n-----END A-----\n"s,
           "-----BEGIN A-----\nAAE\n-----END A-----\n", "-----BEGIN A-----\nAAE=\nAAEC\n-----END A-----\n",
           "-----BEGIN A-----\nAAEC=\n-----END A-----\n", "-----BEGIN A-----\nAAF=\n-----END A-----\n",
           "-----BEGIN A-----\nx: y\n-----END A-----\n", "-----BEGIN A\nB-----\nAAEC\n-----END A\nB-----\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(why_not(bad).empty());
  }
}

TEST_CASE("the length of a PEM text is limited: below, at, above") {
  for (const std::size_t size : {limits::kMaxPem - 1, limits::kMaxPem, limits::kMaxPem + 1}) {
    std::string text = kBlock;
    text.resize(size, 'x');
    CHECK(parse_pem(text).has_value() == (size <= limits::kMaxPem));
  }
}

TEST_CASE("a text of BEGIN lines alone, and one of line ends alone, cost one pass") {
  std::string begins;
  while (begins.size() < limits::kMaxPem / 2) begins += "-----BEGIN A-----\n";
  PemReader reader(begins);
  std::size_t refused = 0;
  while (const auto block = reader.next()) refused += block->has_value() ? 0 : 1;
  CHECK(refused == begins.size() / 18);
  CHECK_FALSE(why_not(std::string(limits::kMaxPem, '\r')).empty());
}

TEST_CASE("what is written is read") {
  for (const std::size_t size : {1u, 47u, 48u, 49u, 1000u}) {
    const std::vector<std::uint8_t> der(size, 0xA5);
    const std::string pem = to_pem("CERTIFICATE", der);
    const auto blocks = parse_pem(pem);
    REQUIRE(blocks);
    CHECK(blocks->front().der == der);
    for (std::size_t at = 0; at < pem.size();) {
      const std::size_t end = pem.find('\n', at);
      CHECK(end - at <= 64);
      at = end + 1;
    }
  }
}
