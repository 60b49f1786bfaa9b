#include "pki/name_constraints.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "crypto/der.h"
#include "pki/distinguished_name.h"
#include "pki/internet_names.h"
#include "pki/oids.h"
#include "pki/subtrees.h"

namespace tls::pki {

struct ReadConstraints {
  std::vector<std::uint8_t> value;  ///< of the extension
  Subtrees subtrees;                ///< point into `value`
};

namespace {

std::unexpected<Error> unusable(const Certificate& issuer, const Error& why) {
  return fail(Code::bad_certificate,
              "the name constraints of '" + display_name(issuer.subject) + "' cannot be used: " + why.detail());
}

std::unexpected<Error> too_complex() {
  return fail(Code::certificate_too_complex,
              "the certificates hold more names and name constraints than are compared: at most " +
                  std::to_string(limits::kMaxNameComparisons) + " comparisons and " +
                  std::to_string(limits::kMaxConstraintOctets) + " octets");
}

/// An otherName: its type-id, and the value, which is EXPLICIT.
struct OtherName {
  Bytes type;
  crypto::DerElement value;
};
std::optional<OtherName> parse_other_name(Bytes contents) {
  crypto::DerReader fields(contents);
  OtherName name;
  name.type = fields.take(crypto::der::kOid).value;
  crypto::DerReader value(fields.take(crypto::der::context_constructed(0)).value);
  name.value = value.next();
  if (!fields.done() || !value.done()) return std::nullopt;
  return name;
}

/// `network` is the address and then the mask, of one family or the other.
template <class Word>
bool same_network(const std::uint8_t* address, const char* network, std::size_t octets) {
  for (std::size_t i = 0; i < octets; i += sizeof(Word)) {
    Word word, net, mask;
    std::memcpy(&word, address + i, sizeof word);
    std::memcpy(&net, network + i, sizeof net);
    std::memcpy(&mask, network + octets + i, sizeof mask);
    if (((word ^ net) & mask) != 0) return false;
  }
  return true;
}
bool address_within(Bytes address, std::string_view network) {
  if (network.size() != 2 * address.size()) return false;
  return address.size() == 4 ? same_network<std::uint32_t>(address.data(), network.data(), 4)
                             : same_network<std::uint64_t>(address.data(), network.data(), 16);
}

bool mailbox_within(std::string_view whole, std::string_view host, std::string_view constraint) {
  const std::string_view rest = constraint.substr(1);
  switch (constraint[0]) {
    case 'a':
      return true;
    case 'h':
      return host == rest;
    case 'd':
      return dns_within(host, rest);
    default:
      return whole == rest;
  }
}

/// RFC 5280 §4.2.1.10: a host is itself alone, a leading dot covers what is below.
bool uri_host_within(std::string_view host, std::string_view constraint) {
  return constraint.empty() || (constraint[0] == '.' ? dns_within(host, constraint) : host == constraint);
}

/// The names of one certificate, held against the constraints of one authority.
class Check {
 public:
  Check(const Certificate& issuer, const Certificate& subject, const Subtrees& subtrees, ConstraintBudget& budget)
      : issuer_(issuer), subject_(subject), subtrees_(subtrees), budget_(budget) {}

  Result<void> run() {
    for (const GeneralName name : subject_.general_names)
      if (auto within = check(name); !within) return within;
    if (!has_email_)
      if (auto within = subject_mailboxes(); !within) return within;
    const bool subject_is_empty = subject_.subject.size() == 2;
    return subject_is_empty ? Result<void>{} : directory({NameForm::directory, subject_.subject});
  }

 private:
  Result<void> check(const GeneralName& name) {
    switch (name.form) {
      case NameForm::dns:
        return dns(name);
      case NameForm::email:
        has_email_ = true;
        return mailbox(as_text(name.value), MailboxKind::ascii, name);
      case NameForm::uri:
        return uri(name);
      case NameForm::directory:
        return directory(name);
      case NameForm::address:
        return compare(name, [&](const Subtree& one) { return address_within(name.value, subtrees_.normal(one)); });
      case NameForm::other:
        return other(name);
      default:
        return subtrees_.constrains(name.form) ? cannot_compare(name) : Result<void>{};
    }
  }

  Result<void> dns(const GeneralName& name) {
    if (!subtrees_.constrains(NameForm::dns)) return {};
    if (!dns_.assign(as_text(name.value), DnsName::Wildcard::allowed)) return malformed(name);
    parts_.take_labels(dns_.text());
    const auto within = [&](const Subtree& one) {
      return one.may_cover(parts_, 0) && dns_within(dns_.text(), subtrees_.normal(one));
    };
    if (!dns_.is_wildcard()) return compare(name, within);
    const auto touches = [&](const Subtree& one) {
      return within(one) || (one.may_be_reached(parts_) && wildcard_reaches(dns_, subtrees_.normal(one)));
    };
    return compare(name, within, touches);
  }

  Result<void> mailbox(std::string_view text, MailboxKind kind, const GeneralName& name) {
    if (!subtrees_.constrains(NameForm::email)) return {};
    if (!parse_mailbox(text, kind, mailbox_)) return malformed(name);
    text_ = mailbox_.local;
    text_ += '@';
    text_ += mailbox_.host.text();
    parts_.take_labels(mailbox_.host.text());
    const std::uint64_t local = hash_text(mailbox_.local);
    return compare(name, [&](const Subtree& one) {
      return one.may_cover(parts_, local) && mailbox_within(text_, mailbox_.host.text(), subtrees_.normal(one));
    });
  }

  Result<void> uri(const GeneralName& name) {
    if (!subtrees_.constrains(NameForm::uri)) return {};
    if (!parse_uri_host(as_text(name.value), dns_)) return malformed(name);
    parts_.take_labels(dns_.text());
    return compare(name, [&](const Subtree& one) {
      return one.may_cover(parts_, 0) && uri_host_within(dns_.text(), subtrees_.normal(one));
    });
  }

  Result<void> directory(const GeneralName& name) {
    if (!subtrees_.constrains(NameForm::directory)) return {};
    text_.clear();
    if (!append_canonical(name.value, text_)) return malformed(name);
    parts_.take_rdns(text_);
    return compare(name, [&](const Subtree& one) {
      return one.may_cover(parts_, 0) && std::string_view(text_).starts_with(subtrees_.normal(one));
    });
  }

  Result<void> other(const GeneralName& name) {
    const bool constrained = subtrees_.constrains(NameForm::other);
    if (!constrained && !subtrees_.constrains(NameForm::email)) return {};
    const auto parsed = parse_other_name(name.value);
    if (!parsed) return malformed(name);
    if (constrained) {
      if (!charge(NameForm::other)) return too_complex();
      for (const auto* list : {&subtrees_.permitted, &subtrees_.excluded})
        for (const Subtree& subtree : (*list)[static_cast<std::size_t>(NameForm::other)])
          if (subtrees_.normal(subtree) == as_text(parsed->type)) return cannot_compare(name);
    }
    if (!oid::is(parsed->type, oid::kSmtpUtf8Mailbox)) return {};
    has_email_ = true;
    if (parsed->value.tag != crypto::der::kUtf8String) return malformed(name);
    return mailbox(as_text(parsed->value.value), MailboxKind::utf8, {NameForm::email, parsed->value.value});
  }

  /// RFC 5280 §4.2.1.10: the subject's emailAddress counts where subjectAltName has no address.
  Result<void> subject_mailboxes() {
    if (!subtrees_.constrains(NameForm::email)) return {};
    Result<void> result;
    (void)for_each_attribute(subject_.subject, [&](Bytes type, const crypto::DerElement& value) {
      if (!result || !oid::is(type, oid::kEmailAddress)) return;
      using namespace crypto::der;
      const GeneralName name{NameForm::email, value.value};
      const bool text = value.tag == kIa5String || value.tag == kUtf8String || value.tag == kPrintableString;
      result = text ? mailbox(as_text(value.value), MailboxKind::ascii, name) : malformed(name);
    });
    return result;
  }

  /// Takes the comparisons of one name of this form from the budget.
  bool charge(NameForm form) {
    const auto i = static_cast<std::size_t>(form);
    const std::size_t cost = subtrees_.permitted[i].size() + subtrees_.excluded[i].size();
    if (cost > budget_.comparisons) return false;
    budget_.comparisons -= cost;
    return true;
  }

  template <class Within>
  Result<void> compare(const GeneralName& name, Within within) {
    return compare(name, within, within);
  }
  template <class Within, class Touches>
  Result<void> compare(const GeneralName& name, Within within, Touches touches) {
    if (!charge(name.form)) return too_complex();
    const auto i = static_cast<std::size_t>(name.form);
    for (const Subtree& subtree : subtrees_.excluded[i])
      if (touches(subtree)) return refused(name, "it excludes " + display_general_name(name.form, subtree.raw));
    const auto& permitted = subtrees_.permitted[i];
    if (permitted.empty()) return {};
    for (const Subtree& subtree : permitted)
      if (within(subtree)) return {};
    std::string why = "it permits only " + display_general_name(name.form, permitted.front().raw);
    if (permitted.size() > 1) why += " and " + std::to_string(permitted.size() - 1) + " more";
    return refused(name, why);
  }

  std::unexpected<Error> refused(const GeneralName& name, std::string_view why) const {
    return fail(Code::name_constraints_violated,
                "the authority '" + display_name(issuer_.subject) + "' is not allowed to issue for the " +
                    std::string(describe(name.form)) + " " + display_general_name(name.form, name.value) + " of '" +
                    display_name(subject_.subject) + "': " + std::string(why) + " (name constraints)");
  }
  Result<void> malformed(const GeneralName& name) const {
    return refused(name, "the name is malformed, and the authority has constraints on names of this form");
  }
  Result<void> cannot_compare(const GeneralName& name) const {
    return refused(name, "it has constraints on names of this form, which are not supported");
  }

  const Certificate& issuer_;
  const Certificate& subject_;
  const Subtrees& subtrees_;
  ConstraintBudget& budget_;
  bool has_email_ = false;
  DnsName dns_;  // these four are used again for each name
  Mailbox mailbox_;
  NameParts parts_;
  std::string text_;
};

}  // namespace

namespace {

bool charge_octets(std::size_t octets, ConstraintBudget& budget) {
  if (octets > budget.octets) return false;
  budget.octets -= octets;
  return true;
}

/// The constraints of an authority that has some, read once.
Result<std::shared_ptr<const ReadConstraints>> constraints_of(const Certificate& issuer, ConstraintBudget& budget) {
  const Bytes value = *issuer.name_constraints;
  for (const auto& known : budget.read)
    if (std::ranges::equal(known->value, value)) return known;
  if (!charge_octets(value.size(), budget)) return too_complex();
  auto made = std::make_shared<ReadConstraints>();
  made->value.assign(value.begin(), value.end());
  auto parsed = parse_name_constraints(made->value);
  if (!parsed) return unusable(issuer, parsed.error());
  if (!charge_octets(parsed->count * limits::kNameConstraintOctets, budget)) return too_complex();
  made->subtrees = std::move(*parsed);
  return budget.read.emplace_back(std::move(made));
}

}  // namespace

Result<void> check_name_constraints(const Certificate& issuer, const Certificate& subject, SubjectPosition position,
                                    ConstraintBudget& budget) {
  if (!issuer.name_constraints) return {};
  if (position == SubjectPosition::intermediate && subject.self_issued()) return {};
  if (!charge_octets(subject.general_names.octets() + subject.subject.size(), budget)) return too_complex();
  const auto constraints = constraints_of(issuer, budget);
  if (!constraints) return std::unexpected(constraints.error());
  return Check(issuer, subject, (*constraints)->subtrees, budget).run();
}

Result<void> check_constraints_usable(const Certificate& issuer) {
  if (!issuer.name_constraints) return {};
  if (const auto subtrees = parse_name_constraints(*issuer.name_constraints); !subtrees)
    return unusable(issuer, subtrees.error());
  return {};
}

}  // namespace tls::pki
