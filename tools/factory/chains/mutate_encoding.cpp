// Encodings that are BER and not DER (X.690 §10, §11), and single bytes changed. All are signed as they stand.
#include "factory/chains/draft.h"

#include <algorithm>

namespace sallyport::chains {
namespace {

using namespace der;

struct Split {
  std::uint8_t tag;
  Der contents;
};

/// An element with a length of definite form.
Split split(const Der& whole) {
  std::size_t header = 2;
  if ((whole[1] & 0x80) != 0) header += whole[1] & 0x7F;
  return {whole[0], Der(whole.begin() + static_cast<std::ptrdiff_t>(header), whole.end())};
}

Der indefinite(const Der& whole) {
  const Split e = split(whole);
  return concat({Der{e.tag, 0x80}, e.contents, Der{0, 0}});
}

/// One more octet of length than needed.
Der long_length(const Der& whole) {
  const Split e = split(whole);
  const std::size_t n = e.contents.size();
  if (n < 0x80) return concat({Der{e.tag, 0x81, static_cast<std::uint8_t>(n)}, e.contents});
  return concat({Der{e.tag, 0x83, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                     static_cast<std::uint8_t>(n)},
                 e.contents});
}

Der longer_by_one(const Der& whole) {
  Der out = whole;
  ++out[1];
  return out;
}

Der constructed_string(const Der& whole) {
  const Split e = split(whole);
  return element(static_cast<std::uint8_t>(e.tag | 0x20), element(static_cast<std::uint8_t>(e.tag & 0x1F), e.contents));
}

Der trailing(const Der& whole) {
  const Split e = split(whole);
  return element(e.tag, concat({e.contents, null()}));
}

struct Violation {
  const char* label;
  Der (*apply)(const Der&);
  bool constructed_only;
};
constexpr Violation kViolations[] = {{"indefinite", indefinite, true},
                                     {"long-length", long_length, false},
                                     {"length-too-great", longer_by_one, false},
                                     {"constructed", constructed_string, false},
                                     {"trailing", trailing, true}};

struct Field {
  const char* label;
  Der CertificateFields::* member;
};
constexpr Field kFields[] = {
    {"version", &CertificateFields::version},
    {"serial", &CertificateFields::serial},
    {"algorithm", &CertificateFields::algorithm},
    {"issuer", &CertificateFields::issuer},
    {"not-before", &CertificateFields::not_before},
    {"not-after", &CertificateFields::not_after},
    {"subject", &CertificateFields::subject},
    {"spki", &CertificateFields::spki},
    {"outer-algorithm", &CertificateFields::outer_algorithm},
};

void field_encoding(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const Field field = kFields[choices.below(std::size(kFields))];
  const Violation violation = kViolations[choices.below(std::size(kViolations))];
  at.node().edit([=](CertificateFields& f) {
    Der& element = f.*field.member;
    if (element.size() < 2 || (violation.constructed_only && (element[0] & 0x20) == 0)) return;
    element = violation.apply(element);
  });
  at.note(std::string("ber/") + violation.label + "-" + field.label);
}

void extension_encoding(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const Violation violation = kViolations[choices.below(std::size(kViolations))];
  const std::uint32_t number = choices.below(6);
  // The label names the extension that is hit, so the choice must be made before the list is known: by its order.
  at.node().edit([=](CertificateFields& f) {
    if (f.extensions.empty()) return;
    Der& value = f.extensions[number % f.extensions.size()].value;
    if (value.size() >= 2 && value[1] != 0x80) value = violation.apply(value);
  });
  at.note(std::string("ber/") + violation.label + "-extension-" + std::to_string(number));
}

void outer_encoding(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  switch (choices.below(5)) {
    case 0:
      at.node().tbs_edits.emplace_back([](Der& tbs) { tbs = indefinite(tbs); });
      return at.note("ber/indefinite-tbs", Right::refuse);
    case 1:
      at.node().tbs_edits.emplace_back([](Der& tbs) { tbs = long_length(tbs); });
      return at.note("ber/long-length-tbs", Right::refuse);
    case 2:
      at.node().late_edits.emplace_back([](Der& whole) { whole = indefinite(whole); });
      return at.note("ber/indefinite-certificate", Right::refuse);
    case 3:
      at.node().late_edits.emplace_back([](Der& whole) { whole = trailing(whole); });
      return at.note("ber/trailing-in-certificate", Right::refuse);
    default:
      at.node().late_edits.emplace_back([](Der& whole) { whole.push_back(0); });
      return at.note("ber/trailing-behind-certificate", Right::refuse);
  }
}

/// What a changed byte makes of a certificate is anybody's guess; it is signed, so that only the parser can object.
void signed_byte(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const std::uint32_t where = choices.below(1 << 16);
  const std::uint8_t to = static_cast<std::uint8_t>(choices.chance(50) ? choices.below(256) : 1u << choices.below(8));
  at.node().tbs_edits.emplace_back([=](Der& tbs) { tbs[where % tbs.size()] ^= to; });
  at.note("byte/signed");
}

void unsigned_byte(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::below_root);
  const std::uint32_t where = choices.below(1 << 16);
  at.node().late_edits.emplace_back([=](Der& whole) { whole[where % whole.size()] ^= 1; });
  at.note("byte/unsigned", Right::refuse);
}

void cut(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::below_root);
  const std::uint32_t keep = choices.below(400);
  at.node().late_edits.emplace_back([=](Der& whole) { whole.resize(std::min<std::size_t>(keep, whole.size() - 1)); });
  at.note("cut", Right::refuse);
}

constexpr Mutation kMutations[] = {{"field-encoding", 7, field_encoding}, {"extension-encoding", 6, extension_encoding},
                                   {"outer-encoding", 3, outer_encoding}, {"signed-byte", 8, signed_byte},
                                   {"unsigned-byte", 3, unsigned_byte},   {"cut", 1, cut}};

}  // namespace

std::span<const Mutation> encoding_mutations() { return kMutations; }

}  // namespace sallyport::chains
