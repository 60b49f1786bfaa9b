#include "pki/name_text.h"

#include <algorithm>
#include <array>

#include "crypto/der.h"

namespace tls::pki {
namespace {

constexpr std::uint8_t kNumericString = 0x12, kVisibleString = 0x1A, kUniversalString = 0x1C, kBmpString = 0x1E;
constexpr char32_t kNoCharacter = 0x80000000;  // plus a byte: that byte is part of no character

constexpr bool within(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

/// RFC 4518 §2.2: what is mapped to a space.
constexpr bool is_space(char32_t c) {
  return c == ' ' || within(c, 0x09, 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 || within(c, 0x2000, 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// RFC 4518 §2.2: what is mapped to nothing.
constexpr bool is_nothing(char32_t c) {
  return c < 0x20 || within(c, 0x7F, 0x9F) || c == 0xAD || c == 0x34F || c == 0x6DD || c == 0x70F || c == 0x1806 ||
         within(c, 0x180B, 0x180E) || within(c, 0x200B, 0x200F) || within(c, 0x202A, 0x202E) ||
         within(c, 0x2060, 0x2063) || within(c, 0x206A, 0x206F) || within(c, 0xFE00, 0xFE0F) || c == 0xFEFF ||
         within(c, 0xFFF9, 0xFFFC) || within(c, 0x1D173, 0x1D17A) || c == 0xE0001 || within(c, 0xE0020, 0xE007F);
}

constexpr char32_t lower_latin(char32_t c) {
  if (within(c, 0xC0, 0xDE)) return c == 0xD7 ? c : c + 32;
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xFF;
  if (c == 0x17F) return 's';
  const bool capital_is_odd = within(c, 0x139, 0x148) || within(c, 0x179, 0x17E);
  const bool capital_is_even = (within(c, 0x100, 0x137) && c != 0x131) || within(c, 0x14A, 0x177);
  if (capital_is_odd) return (c & 1) != 0 ? c + 1 : c;
  if (capital_is_even) return c | 1;
  return c;
}

constexpr char32_t lower_greek(char32_t c) {
  if (within(c, 0x391, 0x3AB)) return c + 32;
  if (c == 0x386) return 0x3AC;
  if (within(c, 0x388, 0x38A)) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  return c == 0x3C2 ? 0x3C3 : c;  // the final sigma
}

constexpr char32_t folded(char32_t c) {
  if (within(c, 0xFF01, 0xFF5E)) c -= 0xFEE0;  // full-width ASCII
  if (within(c, 'A', 'Z')) return c + 32;
  if (within(c, 0xC0, 0x17F)) return lower_latin(c);
  if (within(c, 0x386, 0x3C2)) return lower_greek(c);
  if (within(c, 0x400, 0x40F)) return c + 80;
  if (within(c, 0x410, 0x42F)) return c + 32;
  return c;
}

/// Characters of a string, one at a time.
class Characters {
 public:
  Characters(std::uint8_t tag, Bytes text) : tag_(tag), rest_(text) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t first() const { return rest_[0]; }
  char32_t octet() {
    const char32_t c = rest_[0];
    rest_ = rest_.subspan(1);
    return c;
  }
  char32_t next() {
    if (tag_ == kBmpString) return utf16();
    if (tag_ == kUniversalString) return rest_.size() < 4 ? broken() : number(4);
    if (tag_ == crypto::der::kTeletexString || rest_[0] < 0x80) return number(1);
    return utf8();
  }

 private:
  char32_t number(std::size_t octets) {
    char32_t c = 0;
    for (std::size_t i = 0; i < octets; ++i) c = c << 8 | rest_[i];
    rest_ = rest_.subspan(octets);
    return c;
  }
  char32_t broken() { return kNoCharacter + number(1); }
  char32_t utf16() {
    if (rest_.size() < 2) return broken();
    const char32_t high = number(2);
    if (!within(high, 0xD800, 0xDBFF) || rest_.size() < 2 || (rest_[0] & 0xFC) != 0xDC) return high;
    return 0x10000 + ((high & 0x3FF) << 10 | (number(2) & 0x3FF));
  }
  bool continues(std::size_t i) const { return i < rest_.size() && (rest_[i] & 0xC0) == 0x80; }
  char32_t six(std::size_t i) const { return rest_[i] & 0x3Fu; }
  char32_t utf8() {
    const std::uint8_t first = rest_[0];
    char32_t c = 0;
    std::size_t octets = 0;
    if (within(first, 0xC2, 0xDF) && continues(1)) {
      c = (first & 0x1Fu) << 6 | six(1), octets = 2;
    } else if (within(first, 0xE0, 0xEF) && continues(1) && continues(2)) {
      c = (first & 0x0Fu) << 12 | six(1) << 6 | six(2);
      octets = c < 0x800 ? 0 : 3;  // nothing is written longer than it has to be
    } else if (within(first, 0xF0, 0xF4) && continues(1) && continues(2) && continues(3)) {
      c = (first & 0x07u) << 18 | six(1) << 12 | six(2) << 6 | six(3);
      octets = c < 0x10000 ? 0 : 4;
    }
    if (octets == 0) return broken();
    rest_ = rest_.subspan(octets);
    return c;
  }
  std::uint8_t tag_;
  Bytes rest_;
};

/// The first 256 characters folded: ' ' for white space, 0 for what is dropped. (None folds to a character above 0xFF.)
constexpr std::array<std::uint8_t, 256> kLatin = [] {
  std::array<std::uint8_t, 256> table{};
  for (char32_t c = 0; c < 256; ++c)
    table[c] = is_space(c)     ? static_cast<std::uint8_t>(' ')
               : is_nothing(c) ? std::uint8_t{0}
                               : static_cast<std::uint8_t>(folded(c));
  return table;
}();

/// Characters that are neither white space nor dropped: what most names are written in is decided by few comparisons.
constexpr bool is_plain(char32_t c) { return within(c, 0x100, 0x34E) || within(c, 0x350, 0x6DC); }
/// And these fold to themselves.
constexpr bool is_constant(char32_t c) { return within(c, 0x3001, 0xFDFF) || c >= kNoCharacter; }

/// UTF-8 that is collected and appended in pieces.
class Utf8 {
 public:
  explicit Utf8(std::string& out) : out_(out) {}
  ~Utf8() { flush(); }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

  bool empty() const { return empty_; }
  void octet(unsigned c) {
    if (size_ == buffer_.size()) flush();
    buffer_[size_++] = static_cast<char>(c);
    empty_ = false;
  }
  void character(char32_t c) {
    if (c < 0x80) return octet(c);
    if (c >= kNoCharacter) return octet(0xFF), octet(c & 0xFF);  // 0xFF is in no UTF-8
    if (c < 0x800) return octet(0xC0 | c >> 6), tail(c, 0);
    if (c < 0x10000) return octet(0xE0 | c >> 12), tail(c, 6), tail(c, 0);
    if (c < 0x200000) return octet(0xF0 | c >> 18), tail(c, 12), tail(c, 6), tail(c, 0);
    // no character: of UniversalString alone, and kept as it is
    octet(0xF8), octet(c >> 24), octet(c >> 16 & 0xFF), octet(c >> 8 & 0xFF), octet(c & 0xFF);
  }

 private:
  void tail(char32_t c, unsigned shift) { octet(0x80 | (c >> shift & 0x3F)); }
  void flush() {
    out_.append(buffer_.data(), size_);
    size_ = 0;
  }
  std::string& out_;
  std::array<char, 256> buffer_;
  std::size_t size_ = 0;
  bool empty_ = true;
};

bool is_ascii(std::uint8_t tag, Bytes text) noexcept {
  return is_text(tag) && tag != kBmpString && tag != kUniversalString &&
         std::ranges::all_of(text, [](std::uint8_t c) { return c < 0x80; });
}

/// The folded characters of ASCII, one at a time; 0 at the end.
class FoldedAscii {
 public:
  explicit FoldedAscii(Bytes text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}
  unsigned next() noexcept {
    for (bool space = false; at_ != end_; ++at_) {
      const std::uint8_t c = kLatin[*at_];
      if (c == ' ') {
        space = started_;
      } else if (c != 0) {
        if (space) return ' ';  // the character behind it waits
        started_ = true;
        ++at_;
        return c;
      }
    }
    return 0;
  }

 private:
  const std::uint8_t *at_, *end_;
  bool started_ = false;
};

}  // namespace

bool is_text(std::uint8_t tag) noexcept {
  using namespace crypto::der;
  return tag == kUtf8String || tag == kPrintableString || tag == kIa5String || tag == kTeletexString ||
         tag == kNumericString || tag == kVisibleString || tag == kUniversalString || tag == kBmpString;
}

bool is_well_formed(std::uint8_t tag, Bytes value) noexcept {
  if (tag == kBmpString) return value.size() % 2 == 0;
  if (tag == kUniversalString) {
    if (value.size() % 4 != 0) return false;
    for (Characters characters(tag, value); !characters.empty();)
      if (const char32_t c = characters.next(); c > 0x10FFFF || within(c, 0xD800, 0xDFFF)) return false;
    return true;
  }
  if (tag == kNumericString)
    return std::ranges::all_of(value, [](std::uint8_t c) { return c == ' ' || (c >= '0' && c <= '9'); });
  if (tag != crypto::der::kUtf8String)
    return is_text(tag) || tag == crypto::der::kBitString || tag == crypto::der::kSequence;
  for (Characters characters(tag, value); !characters.empty();)
    if (characters.next() >= kNoCharacter) return false;
  return true;
}

void append_folded(std::uint8_t tag, Bytes value, std::string& out) {
  const bool wide = tag == kBmpString || tag == kUniversalString;
  // Octets below this are characters as they stand.
  const unsigned single = wide ? 0 : tag == crypto::der::kTeletexString ? 0x100 : 0x80;
  Utf8 text(out);
  bool space = false;
  const auto emit = [&](char32_t c) {
    if (space) text.octet(' ');
    space = false;
    text.character(c);
  };
  for (Characters characters(tag, value); !characters.empty();) {
    const char32_t c = characters.first() < single ? characters.octet() : characters.next();
    if (c < 0x100) {
      if (kLatin[c] == ' ')
        space = !text.empty();
      else if (kLatin[c] != 0)
        emit(kLatin[c]);
    } else if (is_constant(c)) {
      emit(c);
    } else if (is_plain(c)) {
      emit(folded(c));
    } else if (is_space(c)) {
      space = !text.empty();
    } else if (!is_nothing(c)) {
      emit(folded(c));
    }
  }
}

bool compare_ascii(std::uint8_t tag_a, Bytes a, std::uint8_t tag_b, Bytes b, bool& equal) noexcept {
  if (!is_ascii(tag_a, a) || !is_ascii(tag_b, b)) return false;
  FoldedAscii left(a), right(b);
  unsigned c = 0;
  do {
    c = left.next();
    if (c != right.next()) {
      equal = false;
      return true;
    }
  } while (c != 0);
  equal = true;
  return true;
}

}  // namespace tls::pki
