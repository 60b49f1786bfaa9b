// RFC 5280 §7.1: when two names are the same, and when one begins with the other.
#include "pki/distinguished_name.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "pki/certificate.h"
#include "raw_certificate.h"

using namespace tls;
using namespace tls::test;
using std::string_literals::operator""s;

namespace {

constexpr std::uint8_t kUtf8 = 0x0C, kNumeric = 0x12, kPrintable = 0x13, kTeletex = 0x14, kIa5 = 0x16, kVisible = 0x1A,
                       kUniversal = 0x1C, kBmp = 0x1E;

der::Der organization(std::string_view text, std::uint8_t tag = kUtf8) { return dn({attribute(kO, text, tag)}); }

/// Both ways of comparing, which have to agree.
bool same(const der::Der& a, const der::Der& b) {
  const bool same = pki::same_name(a, b);
  CHECK(same == (pki::canonical_name(a) == pki::canonical_name(b)));
  CHECK(same == pki::same_name(b, a));
  return same;
}
bool same_text(std::string_view a, std::string_view b, std::uint8_t tag_a = kUtf8, std::uint8_t tag_b = kUtf8) {
  return same(organization(a, tag_a), organization(b, tag_b));
}

}  // namespace

TEST_CASE("letter case and the amount of white space do not count") {
  CHECK(same_text("Victim", "VICTIM"));
  CHECK(same_text(" Test   CA ", "test ca"));
  CHECK(same_text("Test\tCA", "test\n ca"));
  CHECK(same_text("", "   "));
  CHECK_FALSE(same_text("TestCA", "Test CA"));
  CHECK_FALSE(same_text("Victim", "Victims"));
  CHECK_FALSE(same_text("Victim", ""));
}

TEST_CASE("the string type does not count") {
  for (const std::uint8_t tag : {kPrintable, kTeletex, kIa5, kVisible})
    CHECK(same_text("Victim", "vICTIM", kUtf8, tag));
  CHECK(same_text("66", "66", kUtf8, kNumeric));
  CHECK(same_text("Victim", "\0V\0i\0c\0t\0i\0m"s, kUtf8, kBmp));
  CHECK(same_text("Vi", "\0\0\0v\0\0\0I"s, kUtf8, kUniversal));
  CHECK(same_text("M\xC3\xBCller", "M\xFCller", kUtf8, kTeletex));  // ISO 8859-1
  CHECK(same_text("M\xC3\xBCller", "\0m\0\xFC\0l\0l\0e\0r"s, kUtf8, kBmp));
  CHECK(same_text("\xF0\x9F\x94\x92", "\xD8\x3D\xDD\x12", kUtf8, kBmp));  // a surrogate pair
  CHECK_FALSE(same_text("Victim", "Victim", kUtf8, 0x04));                // an OCTET STRING is no text
}

TEST_CASE("letters beyond ASCII, and characters that are not seen (RFC 4518 §2)") {
  CHECK(same_text("M\xC3\x9CLLER", "m\xC3\xBCller"));        // U+00DC, U+00FC
  CHECK(same_text("\xC4\x8C\xC5\xBD", "\xC4\x8D\xC5\xBE"));  // Latin Extended-A
  CHECK(same_text("\xCE\x91\xCE\xA9", "\xCE\xB1\xCF\x89"));  // Greek
  CHECK(same_text("\xD0\x90\xD0\x81", "\xD0\xB0\xD1\x91"));  // Cyrillic
  CHECK(same_text("\xEF\xBC\xB6ictim", "victim"));           // full-width V
  CHECK(same_text("Vic\xC2\xADtim\xE2\x80\x8B", "victim"));  // soft hyphen, zero width space
  CHECK(
      same_text("Test\xC2\xA0"
                "CA",
                "test ca"));  // no-break space
  CHECK_FALSE(same_text("M\xC3\x9CLLER", "Muller"));
  CHECK_FALSE(same_text("\xC3\x97", "\xC3\xB7"));  // signs are no letters: times, divided by
  // What is no UTF-8 is nothing but itself.
  for (const std::string& broken :
       {"\xFF"s, "\xC3"s, "\xC0\xD6"s, "\xED\xA0"s, "\xF8\x88\x80\x80\x80"s, "\xE0\x81\x96"s}) {
    CHECK(same_text(broken, broken));
    CHECK_FALSE(same_text(broken, ""));
    CHECK_FALSE(same_text(broken, "V"));
    CHECK_FALSE(same_text(broken, "\xC3\xBF"));
  }
}

TEST_CASE("a value that is no text of its string type makes the name malformed (X.680 §41)") {
  const auto accepted = [](std::string_view text, std::uint8_t tag) {
    const auto checked = pki::check_name(organization(text, tag), "the name");
    if (!checked) {
      CHECK(checked.error().code() == Code::bad_certificate);
      CHECK(checked.error().detail().find("text of its type") != std::string::npos);
    }
    return checked.has_value();
  };
  CHECK(accepted("0123 456789", kNumeric));
  CHECK(accepted("", kNumeric));
  for (const std::string& no_digits : {"CA 1"s, "/"s, ":"s, "1-2"s}) CHECK_FALSE(accepted(no_digits, kNumeric));
  CHECK(accepted("M\xC3\xBCller", kUtf8));
  for (const std::string& broken : {"\xFF"s, "M\xFCller"s, "\xC0\xD6"s, "\xED\xA0"s, "\xE0\x81\x96"s})
    CHECK_FALSE(accepted(broken, kUtf8));
  CHECK(accepted("\0V"s, kBmp));
  CHECK_FALSE(accepted("\0V\0"s, kBmp));
  CHECK(accepted("\0\0\0V"s, kUniversal));
  CHECK_FALSE(accepted("\0\0V"s, kUniversal));
  CHECK(accepted("\0\x10\xFF\xFF"s, kUniversal));
  CHECK_FALSE(accepted("\0\x11\0\0"s, kUniversal));
  CHECK_FALSE(accepted("\0\0\xD8\0"s, kUniversal));
  // Authorities have always written more into these than they may hold.
  CHECK(accepted("a@b_c*", kPrintable));
  CHECK(accepted("M\xFCller", kTeletex));
  CHECK(accepted("\xFF", kIa5));
  // x500UniqueIdentifier, postalAddress; and what no attribute is.
  CHECK(accepted("\0\1"s, 0x03));
  CHECK(accepted("", 0x30));
  for (const int tag : {0x01, 0x02, 0x04, 0x05, 0x06, 0x0D, 0x31, 0x8C, 0xED})
    CHECK_FALSE(accepted("x", static_cast<std::uint8_t>(tag)));
}

TEST_CASE("RDNs are in order, the attributes of one are a set") {
  const der::Der a = attribute(kO, "A"), b = attribute(kOu, "B"), lower_a = attribute(kO, "a");
  CHECK_FALSE(same(dn({a, b}), dn({b, a})));
  CHECK_FALSE(same(dn({a, b}), dn({a})));
  CHECK(same(sequence_of({set_of({a, b})}), sequence_of({set_of({b, lower_a})})));
  CHECK_FALSE(same(sequence_of({set_of({a, b})}), dn({a, b})));
  CHECK_FALSE(same(sequence_of({set_of({a, b})}), dn({a})));
  CHECK_FALSE(same(dn({attribute(kO, "A")}), dn({attribute(kOu, "A")})));
}

TEST_CASE("the canonical form of a name begins with that of its first RDNs, and with no other") {
  const auto begins = [](const der::Der& whole, const der::Der& part) {
    return pki::canonical_name(whole).starts_with(pki::canonical_name(part));
  };
  const der::Der c = attribute(kC, "DE"), o = attribute(kO, "Corp"), cn = attribute(kCn, "x");
  CHECK(begins(dn({c, o, cn}), dn({c, o})));
  CHECK(begins(dn({c, o, cn}), dn({attribute(kC, "de", kPrintable), attribute(kO, "CORP")})));
  CHECK(begins(dn({c, o}), dn({})));
  CHECK_FALSE(begins(dn({c, o, cn}), dn({o})));
  CHECK_FALSE(begins(dn({c}), dn({c, o})));
  CHECK_FALSE(begins(dn({c, attribute(kO, "Corporation")}), dn({c, o})));
  CHECK_FALSE(begins(sequence_of({set_of({c, o})}), dn({c})));
}

TEST_CASE("a Name is one SEQUENCE, and nothing follows it") {
  const der::Der name = organization("O");
  CHECK(pki::check_name(name, "the name"));
  CHECK_FALSE(pki::check_name(der::concat({name, der::null()}), "the name"));
  CHECK_FALSE(pki::check_name({}, "the name"));
}

TEST_CASE("a name that is malformed or has too many attributes is the same as itself alone") {
  for (const der::Der& bad : {der::Der{}, der::null(), der::sequence({der::null()}),
                              dn(std::vector<der::Der>(limits::kMaxNameAttributes + 1, attribute(kO, "x")))}) {
    std::string out;
    CHECK_FALSE(pki::append_canonical(bad, out));
    CHECK(pki::canonical_name(bad) == pki::canonical_name(bad));
    CHECK(pki::canonical_name(bad) != pki::canonical_name(dn({})));
  }
}
