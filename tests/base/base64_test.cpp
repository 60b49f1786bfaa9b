#include <doctest/doctest.h>
#include <sodium.h>

#include <string>
#include <vector>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_COUNT_ERRORS 0
#endif

#include "base/base64.h"
#include "base/constant_time.h"
#include "support/environment.h"

using namespace tls;
using namespace tls::test;
namespace {

constexpr std::string_view kSpaces = " \r\n";

std::optional<std::string> decoded(std::string_view text, std::string_view ignored = "") {
  std::vector<std::uint8_t> out(base64_decoded_most(text.size()));
  const auto size = decode_base64(text, ignored, out);
  if (!size) return std::nullopt;
  return std::string(as_text(Bytes(out).first(*size)));
}

/// What libsodium makes of it. It takes a zero byte for one of those that it ignores: the texts here have none.
std::optional<std::string> decoded_by_sodium(const std::string& text, std::string_view ignored) {
  std::string out(base64_decoded_most(text.size()), 'x');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(),
                        std::string(ignored).c_str(), &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace

TEST_CASE("RFC 4648 §10: the test vectors, both ways") {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : kVectors) {
    CHECK(encode_base64(as_bytes(plain)) == text);
    CHECK(decoded(text) == plain);
  }
}

TEST_CASE("base64: bad text is refused") {
  CHECK_FALSE(decoded("Z"));         // 6 bits
  CHECK_FALSE(decoded("Zg"));        // no padding
  CHECK_FALSE(decoded("Zg="));       // too little of it
  CHECK_FALSE(decoded("Zg==="));     // too much
  CHECK_FALSE(decoded("Zm9v="));     // where none belongs
  CHECK_FALSE(decoded("Zh=="));      // bits behind the last byte
  CHECK_FALSE(decoded("Zm9="));      // the same of two bytes
  CHECK_FALSE(decoded("Zg==Zg=="));  // text behind the padding
  CHECK_FALSE(decoded("Zm-v"));      // of another alphabet
  CHECK_FALSE(decoded("Zm9v\n"));    // not ignored unless told
  CHECK_FALSE(decoded(std::string_view("Zm9v\0", 5), kSpaces));
  CHECK(decoded(" Z\r\ng = = \n", kSpaces) == "f");
}

TEST_CASE("base64: each pair of ASCII characters behind a whole group is taken or refused as libsodium does") {
  for (int a = 1; a < 128; ++a)
    for (int b = 1; b < 128; ++b) {
      const std::string text = std::string("Zm9v") + static_cast<char>(a) + static_cast<char>(b) + "==";
      if (decoded(text, kSpaces) == decoded_by_sodium(text, kSpaces)) continue;
      CAPTURE(a);
      CAPTURE(b);
      FAIL("they differ");
    }
}

TEST_CASE("base64: a byte beyond ASCII is refused") {  // libsodium 1.0.18 takes each for a '/' where char is signed
  for (int c = 128; c < 256; ++c)
    for (std::size_t at = 0; at < 8; ++at) {
      std::string text = "Zm9vZm9v";
      text[at] = static_cast<char>(c);
      CHECK_FALSE(decoded(text, kSpaces));
    }
}

TEST_CASE(
    "base64: random text of its alphabet, with spaces and padding here and there, is read as libsodium reads it") {
  constexpr std::string_view kAlphabet = "AZaz09+/Qq== \n";
  SeededRandom random(1);
  int good = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text(random.below(14), ' ');
    for (char& c : text) c = kAlphabet[random.below(i % 2 == 0 ? 10 : kAlphabet.size())];
    if (i % 3 != 0) text += std::string(random.below(3), '=');
    const auto ours = decoded(text, kSpaces);
    good += ours ? 1 : 0;
    if (ours == decoded_by_sodium(text, kSpaces)) continue;
    CAPTURE(text);
    FAIL("they differ");
  }
  CHECK(good > 1000);
  CHECK(good < 99'000);
}

TEST_CASE("base64: bytes of each length come back, and are written as libsodium writes them") {
  SeededRandom random(2);
  for (std::size_t size = 0; size <= 300; ++size) {
    std::vector<std::uint8_t> bytes(size);
    random.fill(bytes);
    const std::string text = encode_base64(bytes);
    std::string theirs(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(theirs.data(), theirs.size(), bytes.data(), size, sodium_base64_VARIANT_ORIGINAL);
    theirs.pop_back();
    CHECK(text == theirs);
    CHECK(decoded(text) == as_text(bytes));
  }
}

TEST_CASE("constant time: base64 neither branches on bytes and characters nor looks anything up by them") {
  SeededRandom random(3);
  for (std::size_t size = 90; size < 93; ++size) {  // each length of the padding
    std::vector<std::uint8_t> key(size), out(base64_decoded_most(200));
    random.fill(key);
    const std::vector<std::uint8_t> before = key;
    const auto reports = VALGRIND_COUNT_ERRORS;
    poison(key);
    std::string text = encode_base64(key);
    text.insert(50, "\r\n");
    const std::size_t padding = (3 - size % 3) % 3;
    unpoison(as_bytes(text).last(padding));
    const auto decoded_size = decode_base64(text, kSpaces, out);
    unpoison(out);
    CHECK(VALGRIND_COUNT_ERRORS == reports);
    REQUIRE(decoded_size == size);
    out.resize(size);
    CHECK(out == before);
  }
}
