#include "pki/name_constraints.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/server_name.h"

namespace tls::pki {
namespace {

struct Subtrees {
  std::vector<std::string_view> dns;
  std::vector<Bytes> addresses;  ///< 8 or 32 bytes: address, then mask
};

/// GeneralSubtrees. False: malformed, or with a minimum or maximum, which RFC 5280 §4.2.1.10 forbids.
bool parse_subtrees(Bytes contents, Subtrees& out) {
  crypto::DerReader list(contents);
  while (list.ok() && !list.empty()) {
    crypto::DerReader subtree(list.take(crypto::der::kSequence).value);
    const crypto::DerElement base = subtree.next();
    if (!subtree.done()) return false;
    if (base.tag == crypto::der::context(2)) out.dns.push_back(as_text(base.value));
    if (base.tag == crypto::der::context(7)) {
      if (base.value.size() != 8 && base.value.size() != 32) return false;
      out.addresses.push_back(base.value);
    }
  }
  return list.done();
}

bool parse_constraints(Bytes extension, Subtrees& permitted, Subtrees& excluded) {
  crypto::DerReader reader(extension);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const auto allow = fields.take_if(crypto::der::context_constructed(0)),
             deny = fields.take_if(crypto::der::context_constructed(1));
  if (!reader.done() || !fields.done() || (!allow && !deny)) return false;
  return (!allow || parse_subtrees(allow->value, permitted)) && (!deny || parse_subtrees(deny->value, excluded));
}

bool address_within(Bytes address, Bytes constraint) {
  if (constraint.size() != 2 * address.size()) return false;
  const Bytes net = constraint.first(address.size()), mask = constraint.subspan(address.size());
  for (std::size_t i = 0; i < address.size(); ++i)
    if (((address[i] ^ net[i]) & mask[i]) != 0) return false;
  return true;
}

/// A wildcard stands for names that may reach into an excluded subtree below it: "*.example.com" and "a.example.com".
bool wildcard_reaches(std::string_view name, std::string_view constraint) {
  return name.starts_with("*.") && dns_name_within(constraint, name.substr(2));
}

std::unexpected<Error> outside(const Certificate& issuer, const std::string& name) {
  return fail(Code::name_constraints_violated, "the authority '" + display_name(issuer.subject) +
                                                   "' is not allowed to issue for " + name + " (name constraints)");
}

}  // namespace

bool dns_name_within(std::string_view name, std::string_view constraint) noexcept {
  const auto same = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
  };
  if (name.ends_with('.')) name.remove_suffix(1);
  if (constraint.empty()) return true;
  if (constraint.size() > name.size()) return false;
  const std::string_view tail = name.substr(name.size() - constraint.size());
  if (!std::ranges::equal(tail, constraint, same)) return false;
  return constraint.starts_with('.')
             ? name.size() > constraint.size()
             : name.size() == constraint.size() || name[name.size() - constraint.size() - 1] == '.';
}

Result<void> check_constraints_usable(const Certificate& ca) {
  Subtrees permitted, excluded;
  if (!ca.name_constraints || parse_constraints(*ca.name_constraints, permitted, excluded)) return {};
  return fail(Code::bad_certificate, "the name constraints of '" + display_name(ca.subject) + "' cannot be parsed");
}

Result<void> check_name_constraints(const Certificate& issuer, const Certificate& subject, SubjectPosition position,
                                    ConstraintBudget& budget) {
  if (position == SubjectPosition::intermediate && subject.self_issued()) return {};
  if (!issuer.name_constraints) return {};
  Subtrees permitted, excluded;
  if (!parse_constraints(*issuer.name_constraints, permitted, excluded))
    return fail(Code::bad_certificate,
                "the name constraints of '" + display_name(issuer.subject) + "' cannot be parsed");
  const std::size_t names = subject.dns_names.size() + subject.addresses.size();
  const std::size_t constraints =
      permitted.dns.size() + permitted.addresses.size() + excluded.dns.size() + excluded.addresses.size();
  if (names != 0 && constraints > budget.left / names)
    return fail(Code::certificate_too_complex, "the certificates hold too many names and name constraints to compare");

  budget.left -= names * constraints;
  for (std::string_view name : subject.dns_names) {
    const auto within = [&](std::string_view constraint) { return dns_name_within(name, constraint); };
    const auto touches = [&](std::string_view constraint) {
      return dns_name_within(name, constraint) || wildcard_reaches(name, constraint);
    };
    if (std::ranges::any_of(excluded.dns, touches) ||
        (!permitted.dns.empty() && std::ranges::none_of(permitted.dns, within)))
      return outside(issuer, "'" + printable(name) + "'");
  }
  for (Bytes address : subject.addresses) {
    const auto within = [&](Bytes constraint) { return address_within(address, constraint); };
    if (std::ranges::any_of(excluded.addresses, within) ||
        (!permitted.addresses.empty() && std::ranges::none_of(permitted.addresses, within)))
      return outside(issuer, display_address(address));
  }
  return {};
}

}  // namespace tls::pki
