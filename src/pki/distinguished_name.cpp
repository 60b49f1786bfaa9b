#include "pki/distinguished_name.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "pki/certificate.h"
#include "pki/name_text.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

struct Attribute {
  Bytes type;
  crypto::DerElement value;
};

/// Takes the next attribute of an RDN; the reader fails when it is malformed.
Attribute take_attribute(crypto::DerReader& rdn) {
  crypto::DerReader fields(rdn.take(crypto::der::kSequence).value);
  Attribute attribute;
  attribute.type = fields.take(crypto::der::kOid).value;
  attribute.value = fields.next();
  if (!fields.done()) rdn.fail();
  return attribute;
}

void append_number(std::string& out, std::size_t n) {
  const std::array<char, 4> octets = {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                                      static_cast<char>(n)};
  out.append(octets.data(), octets.size());
}

/// Room for a number, which set_number() fills in when what it counts is there.
std::size_t append_room(std::string& out) {
  append_number(out, 0);
  return out.size();
}
void set_number(std::string& out, std::size_t start) {
  const std::size_t n = out.size() - start;
  for (unsigned i = 0; i < 4; ++i) out[start - 4 + i] = static_cast<char>(n >> (24 - 8 * i));
}

void append_attribute(const Attribute& attribute, std::string& out) {
  append_number(out, attribute.type.size());
  out += as_text(attribute.type);
  const bool text = is_text(attribute.value.tag);
  out += text ? 't' : 'r';
  const std::size_t start = append_room(out);
  if (text)
    append_folded(attribute.value.tag, attribute.value.value, out);
  else
    out += as_text(attribute.value.whole);
  set_number(out, start);
}

/// Appends one RDN from its contents octets, its length in front. Adds its attributes to `attributes`.
bool append_rdn(Bytes contents, std::size_t& attributes, std::string& out) {
  const std::size_t start = append_room(out);
  crypto::DerReader rdn(contents);
  const Attribute first = take_attribute(rdn);
  if (!rdn.ok() || ++attributes > limits::kMaxNameAttributes) return false;
  if (rdn.empty()) {
    append_attribute(first, out);
    set_number(out, start);
    return true;
  }
  // SET OF: order does not count.
  std::string text;
  std::array<std::size_t, limits::kMaxNameAttributes> ends;
  std::size_t count = 0;
  const auto add = [&](const Attribute& attribute) {
    append_attribute(attribute, text);
    ends[count++] = text.size();
  };
  add(first);
  while (!rdn.empty()) {
    const Attribute next = take_attribute(rdn);
    if (!rdn.ok() || ++attributes > limits::kMaxNameAttributes) return false;
    add(next);
  }
  std::array<std::string_view, limits::kMaxNameAttributes> set;
  for (std::size_t i = 0, at = 0; i < count; at = ends[i++]) set[i] = {text.data() + at, ends[i] - at};
  std::sort(set.begin(), set.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < count; ++i) out += set[i];
  set_number(out, start);
  return rdn.done();
}

/// Two RDNs, from their contents octets.
bool same_rdn(Bytes a, Bytes b) {
  if (std::ranges::equal(a, b)) return true;
  crypto::DerReader left(a), right(b);
  const Attribute x = take_attribute(left), y = take_attribute(right);
  if (left.done() && right.done()) {
    if (!std::ranges::equal(x.type, y.type)) return false;
    bool equal = false;
    if (compare_ascii(x.value.tag, x.value.value, y.value.tag, y.value.value, equal)) return equal;
  }
  std::string canonical_a, canonical_b;
  std::size_t attributes_a = 0, attributes_b = 0;
  return append_rdn(a, attributes_a, canonical_a) && append_rdn(b, attributes_b, canonical_b) &&
         canonical_a == canonical_b;
}

}  // namespace

Result<void> check_name(Bytes name, std::string_view what) {
  const auto refused = [&](Code code, std::string_view why) {
    return fail(code, std::string(what) + " cannot be accepted: " + std::string(why));
  };
  crypto::DerReader outer(name);
  crypto::DerReader rdns(outer.take(crypto::der::kSequence).value);
  if (!outer.done()) return refused(Code::bad_certificate, "it is not a Name");
  std::size_t attributes = 0;
  while (!rdns.empty()) {
    crypto::DerReader rdn(rdns.take(crypto::der::kSet).value);
    if (!rdns.ok() || rdn.empty()) return refused(Code::bad_certificate, "an RDN is malformed or empty");
    while (!rdn.empty()) {
      if (++attributes > limits::kMaxNameAttributes)
        return refused(Code::certificate_too_complex,
                       "it has more than " + std::to_string(limits::kMaxNameAttributes) + " attributes");
      const Attribute attribute = take_attribute(rdn);
      if (!rdn.ok()) return refused(Code::bad_certificate, "an attribute is malformed");
      if (const auto fault = oid_fault(attribute.type); !fault.empty()) return refused(oid_fault_code(fault), fault);
      if (!is_well_formed(attribute.value.tag, attribute.value.value))
        return refused(Code::bad_certificate, "a value is of another type than text, or is no text of its type");
    }
  }
  return {};
}

bool append_canonical(Bytes name, std::string& out) {
  crypto::DerReader outer(name);
  crypto::DerReader rdns(outer.take(crypto::der::kSequence).value);
  std::size_t attributes = 0;
  while (!rdns.empty()) {
    const Bytes rdn = rdns.take(crypto::der::kSet).value;
    if (!rdns.ok() || !append_rdn(rdn, attributes, out)) return false;
  }
  return outer.done() && rdns.done();
}

bool same_name(Bytes a, Bytes b) {
  if (std::ranges::equal(a, b)) return true;
  crypto::DerReader outer_a(a), outer_b(b);
  crypto::DerReader left(outer_a.take(crypto::der::kSequence).value), right(outer_b.take(crypto::der::kSequence).value);
  if (!outer_a.done() || !outer_b.done()) return false;
  while (!left.empty() && !right.empty()) {
    const Bytes x = left.take(crypto::der::kSet).value, y = right.take(crypto::der::kSet).value;
    if (!left.ok() || !right.ok() || !same_rdn(x, y)) return false;
  }
  return left.done() && right.done();
}

std::string canonical_name(Bytes name) {
  std::string out;
  out.reserve(name.size() + 64);
  if (append_canonical(name, out)) return out;
  // A malformed name is equal to itself alone: a canonical form starts with the length of an RDN, below 2^24.
  return "malformed" + std::string(as_text(name));
}

}  // namespace tls::pki
