#include "pki/subtrees.h"

#include <algorithm>

#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/distinguished_name.h"
#include "pki/internet_names.h"
#include "pki/oids.h"
#include "pki/server_name.h"

namespace tls::pki {
namespace {

/// "", a DNS name, or one with a leading dot.
bool append_domain(std::string_view text, std::string& out) {
  DnsName name;
  const bool below = text.starts_with('.');
  if (!text.empty() && !name.assign(text.substr(below ? 1 : 0), DnsName::Wildcard::refused)) return false;
  if (below) out += '.';
  out += name.text();
  return true;
}

bool append_mailboxes(std::string_view text, std::string& out) {
  if (text.find('@') == std::string_view::npos) {
    out += text.empty() ? 'a' : text.starts_with('.') ? 'd' : 'h';
    return append_domain(text, out);
  }
  Mailbox mailbox;
  if (!parse_mailbox(text, MailboxKind::ascii, mailbox)) return false;
  out += 'm';
  out += mailbox.local;
  out += '@';
  out += mailbox.host.text();
  return true;
}

bool append_uri_hosts(std::string_view text, std::string& out) {
  const std::size_t start = out.size();
  if (!append_domain(text, out)) return false;
  return text.empty() || !ends_in_number(std::string_view(out).substr(start));
}

/// RFC 5280 §4.2.1.10: in the style of RFC 4632 (CIDR), so the mask is ones and then zeroes.
bool append_network(Bytes value, std::string& out) {
  if (value.size() != 8 && value.size() != 32) return false;
  bool ended = false;
  for (const std::uint8_t b : value.subspan(value.size() / 2)) {
    const unsigned zeroes = 0xFFu & ~static_cast<unsigned>(b);
    if ((zeroes & (zeroes + 1)) != 0 || (ended && b != 0)) return false;
    ended = b != 0xFF;
  }
  out += as_text(value);
  return true;
}

bool append_other(Bytes value, std::string& out) {
  crypto::DerReader fields(value);
  const Bytes type = fields.take(crypto::der::kOid).value;
  if (!fields.ok() || !oid_fault(type).empty()) return false;
  out += as_text(type);
  return true;
}

bool append_normal(const GeneralName& name, std::string& out) {
  switch (name.form) {
    case NameForm::dns:
      return append_domain(as_text(name.value), out);
    case NameForm::email:
      return append_mailboxes(as_text(name.value), out);
    case NameForm::uri:
      return append_uri_hosts(as_text(name.value), out);
    case NameForm::directory:
      return append_canonical(name.value, out);
    case NameForm::address:
      return append_network(name.value, out);
    case NameForm::other:
      return append_other(name.value, out);
    default:
      return true;  // x400Address, ediPartyName and registeredID refuse all names of their form
  }
}

/// Fills in the numbers of a constraint on hosts: `domain` is "", a host or one with a dot in front.
void count_labels(std::string_view domain, bool exact, NameParts& scratch, Subtree& out) {
  const bool below = domain.starts_with('.');
  scratch.take_labels(domain.substr(below ? 1 : 0));
  const auto parts = static_cast<std::uint8_t>(scratch.count);
  out.parts = parts;
  out.hash = scratch.hash[parts];
  out.fewest = below ? static_cast<std::uint8_t>(parts + 1) : parts;
  out.most = exact && parts != 0 && !below ? parts : NameParts::kMost;
  if (parts != 0) out.other = scratch.hash[parts - 1u];
}

void count_parts(NameForm form, std::string_view normal, NameParts& scratch, Subtree& out) {
  if (form == NameForm::dns || form == NameForm::uri) {
    count_labels(normal, form == NameForm::uri, scratch, out);
  } else if (form == NameForm::email) {
    const std::size_t at = normal.rfind('@');
    out.mailbox = normal[0] == 'm';
    count_labels(out.mailbox ? normal.substr(at + 1) : normal.substr(1), true, scratch, out);
    if (out.mailbox) out.other = hash_text(normal.substr(1, at - 1));
  } else if (form == NameForm::directory) {
    scratch.take_rdns(normal);
    out.parts = out.fewest = static_cast<std::uint8_t>(scratch.count);
    out.most = NameParts::kMost;
    out.hash = scratch.hash[out.parts];
  }
}

std::unexpected<Error> unusable(std::string why) { return fail(Code::bad_certificate, std::move(why)); }

/// minimum is 0 and maximum absent (RFC 5280 §4.2.1.10). An encoded 0, which DER leaves out, is accepted.
bool has_range(crypto::DerReader& subtree) {
  if (subtree.empty()) return false;
  const Bytes minimum = subtree.take(crypto::der::context(0)).value;
  return !subtree.done() || minimum.size() != 1 || minimum[0] != 0;
}

Result<void> parse_list(Bytes contents, std::array<std::vector<Subtree>, kNameForms>& lists, Subtrees& all) {
  std::string& text = all.text;
  crypto::DerReader list(contents);
  NameParts scratch;
  if (list.empty()) return unusable("a list of subtrees is empty");
  while (!list.empty()) {
    crypto::DerReader subtree(list.take(crypto::der::kSequence).value);
    const auto base = general_name(subtree.next());
    if (!list.ok() || !base) return unusable("a subtree is malformed");
    if (has_range(subtree))
      return unusable("a subtree has a minimum or a maximum, which RFC 5280 §4.2.1.10 does not allow");
    const std::size_t start = text.size();
    if (!append_normal(*base, text))
      return unusable("the " + std::string(describe(base->form)) + " constraint " +
                      display_general_name(base->form, base->value) + " is malformed");
    Subtree& out = lists[static_cast<std::size_t>(base->form)].emplace_back();
    out.start = static_cast<std::uint32_t>(start), out.size = static_cast<std::uint32_t>(text.size() - start);
    out.raw = base->value;
    ++all.count;
    count_parts(base->form, std::string_view(text).substr(start), scratch, out);
  }
  return {};
}

std::string display_network(Bytes value) {
  if (value.size() != 8 && value.size() != 32) return display_address(value);
  const std::size_t half = value.size() / 2;
  return display_address(value.first(half)) + " mask " + display_address(value.subspan(half));
}

}  // namespace

std::string display_general_name(NameForm form, Bytes value) {
  switch (form) {
    case NameForm::directory:
      return "'" + display_name(value) + "'";
    case NameForm::address:
      return display_network(value);
    case NameForm::dns:
    case NameForm::email:
    case NameForm::uri:
      return "'" + printable(as_text(value)) + "'";
    case NameForm::other: {
      const Bytes type = crypto::DerReader(value).take(crypto::der::kOid).value;
      return "of type " + oid::text(type);
    }
    default:
      return "(not shown)";
  }
}

Result<Subtrees> parse_name_constraints(Bytes extension) {
  crypto::DerReader reader(extension);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const auto permitted = fields.take_if(crypto::der::context_constructed(0)),
             excluded = fields.take_if(crypto::der::context_constructed(1));
  if (!reader.done() || !fields.done()) return unusable("they are malformed");
  if (!permitted && !excluded) return unusable("they are empty");
  Result<Subtrees> result{Subtrees{}};
  if (permitted)
    if (auto parsed = parse_list(permitted->value, result->permitted, *result); !parsed)
      return std::unexpected(std::move(parsed).error());
  if (excluded)
    if (auto parsed = parse_list(excluded->value, result->excluded, *result); !parsed)
      return std::unexpected(std::move(parsed).error());
  return result;
}

}  // namespace tls::pki
