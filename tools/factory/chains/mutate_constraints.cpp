// Name constraints (RFC 5280 §4.2.1.10) of every form, permitted and excluded, and names for them to hold against.
#include "factory/chains/draft.h"
#include "factory/chains/names.h"

namespace sallyport::chains {
namespace {

using namespace der;

struct Constraint {
  std::string label;
  Der base;  ///< GeneralName
};

Der network(std::initializer_list<std::uint8_t> octets) { return general::address(Der(octets)); }

Constraint dns_constraint(Choices& choices) {
  const char* text = choices.pick({"corp.example",
                                   "corp.example",
                                   "example",
                                   "www.corp.example",
                                   "CORP.Example",
                                   ".corp.example",
                                   ".example",
                                   "other.example",
                                   "w.corp.example",
                                   "rp.example",
                                   "",
                                   "corp.example.",
                                   "*.corp.example",
                                   ".",
                                   "corp..example",
                                   "-corp.example",
                                   "_x.corp.example",
                                   "192.0.2.7",
                                   "apps.corp.example",
                                   "x.apps.corp.example",
                                   "c\xC3\xB6rp.example"});
  return {std::string("dns:") + text, general::dns(text)};
}

Constraint address_constraint(Choices& choices) {
  switch (choices.below(12)) {
    case 0:
      return {"ip:192.0.2.0/24", network({192, 0, 2, 0, 255, 255, 255, 0})};
    case 1:
      return {"ip:198.51.100.0/24", network({198, 51, 100, 0, 255, 255, 255, 0})};
    case 2:
      return {"ip:0.0.0.0/0", network({0, 0, 0, 0, 0, 0, 0, 0})};
    case 3:
      return {"ip:192.0.2.7/32", network({192, 0, 2, 7, 255, 255, 255, 255})};
    case 4:
      return {"ip:mask-with-holes", network({192, 0, 0, 7, 255, 255, 0, 255})};
    case 5:
      return {"ip:host-bits", network({192, 0, 2, 9, 255, 255, 255, 0})};
    case 6:
      return {"ip:192.0.2.0/25", network({192, 0, 2, 0, 255, 255, 255, 128})};
    case 7: {
      Der six(32, 0);
      return {"ip:::/0", general::address(six)};
    }
    case 8: {
      Der six(32, 0);
      six[0] = 0x20, six[1] = 0x01, six[2] = 0x0D, six[3] = 0xB8;
      for (std::size_t i = 16; i < 20; ++i) six[i] = 0xFF;
      return {"ip:2001:db8::/32", general::address(six)};
    }
    case 9:
      return {"ip:4-octets", network({192, 0, 2, 0})};
    case 10:
      return {"ip:5-octets", network({192, 0, 2, 0, 255})};
    default:
      return {"ip:empty", network({})};
  }
}

Constraint email_constraint(Choices& choices) {
  const char* text = choices.pick({"corp.example", "corp.example", ".corp.example", "user@corp.example", "CORP.EXAMPLE",
                                   "USER@corp.example", "other.example", "sub.corp.example", "@corp.example", "", ".",
                                   "user@", "a@b@corp.example", "corp.example."});
  return {std::string("email:") + text, general::email(text)};
}

Constraint uri_constraint(Choices& choices) {
  const char* text = choices.pick({"corp.example", "corp.example", ".corp.example", "CORP.example", "other.example",
                                   "www.corp.example", "https://corp.example", "192.0.2.7", "", ".", "corp.example."});
  return {std::string("uri:") + text, general::uri(text)};
}

Constraint directory_constraint(Choices& choices) {
  const Attribute c{kCountry, "DE", kPrintable}, o{kOrganization, "Corp"};
  switch (choices.below(9)) {
    case 0:
      return {"dn:C=DE,O=Corp", general::directory(name({{c}, {o}}))};
    case 1:
      return {"dn:C=DE", general::directory(name({{c}}))};
    case 2:
      return {"dn:O=Corp", general::directory(name({{o}}))};
    case 3:
      return {"dn:case", general::directory(name({{c}, {{kOrganization, "CORP"}}}))};
    case 4:
      return {"dn:printable", general::directory(name({{c}, {{kOrganization, "Corp", kPrintable}}}))};
    case 5:
      return {"dn:white-space", general::directory(name({{c}, {{kOrganization, " Corp "}}}))};
    case 6:
      return {"dn:empty", general::directory(name({}))};
    case 7:
      return {"dn:other", general::directory(name({{c}, {{kOrganization, "Other"}}}))};
    default:
      return {"dn:multi-valued", general::directory(name({{c, o}}))};
  }
}

Constraint rare_constraint(Choices& choices) {
  switch (choices.below(7)) {
    case 0:
      return {"other:upn", general::upn("corp.example")};
    case 1:
      return {"other:smtp-utf8", general::smtp_utf8("corp.example")};
    case 2:
      return {"registered-id", general::registered_id()};
    case 3:
      return {"x400", general::x400()};
    case 4:
      return {"edi", general::edi_party()};
    case 5:
      return {"unknown-form", element(0x89, Der{1})};
    default:
      return {"universal-tag", utf8("corp.example")};
  }
}

/// A name for the leaf (mostly of the same form as the constraint), and sometimes one in its subject.
void add_name(Draft& draft, Choices& choices, char form) {
  Node& leaf = draft.nodes[draft.leaf];
  const auto add = [&](const char* label, Der name) {
    leaf.san.push_back(std::move(name));
    draft.note(std::string("has/") + label);
  };
  switch (form) {
    case 'd': {
      const char* text = choices.pick({"secret.corp.example", "*.corp.example", "*.example", "x.apps.corp.example",
                                       "other.example", "www.corp.example.", "*.corp.example.", "CORP.EXAMPLE",
                                       "a..corp.example", "wcorp.example", ""});
      return add((std::string("dns:") + text).c_str(), general::dns(text));
    }
    case 'i': {
      if (choices.chance(30))
        return add("ip6", general::address({0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
      const std::uint8_t last = choices.pick<std::uint8_t>({7, 9, 200});
      return add("ip4", general::address({192, 0, 2, last}));
    }
    case 'e': {
      if (choices.chance(20)) {  // RFC 5280 §4.2.1.10: constraints hold for emailAddress in a subject
        leaf.subject = name({{{kCountry, "DE", kPrintable}},
                             {{kOrganization, "Corp"}},
                             {{kCommonName, "leaf"}},
                             {{kEmailAddress, choices.pick({"user@corp.example", "user@evil.example"}), kIa5}}});
        return draft.note("has/email-in-subject");
      }
      if (choices.chance(15)) return add("smtp-utf8", general::smtp_utf8("us\xC3\xA9r@corp.example"));
      const char* text = choices.pick({"user@corp.example", "USER@corp.example", "user@CORP.example",
                                       "user@sub.corp.example", "user@other.example", "\"user\"@corp.example", "user",
                                       "@corp.example", "user@xcorp.example", "user@corp.example."});
      return add((std::string("email:") + text).c_str(), general::email(text));
    }
    case 'u': {
      const char* text = choices.pick({"spiffe://corp.example/x", "https://www.corp.example:8443/a",
                                       "https://user@corp.example/", "https://CORP.EXAMPLE/", "https://192.0.2.7/",
                                       "https://[2001:db8::1]/", "urn:x:y", "corp.example", "https://other.example/",
                                       "https://xcorp.example/", "https://corp.example./", "https:///x", ""});
      return add((std::string("uri:") + text).c_str(), general::uri(text));
    }
    case 'n': {
      if (choices.chance(40)) return add("directory", general::directory(usual_name("x")));
      const char* text = choices.pick({"CORP", " Corp  ", "Victim", "Corporation"});
      leaf.subject = name({{{kCountry, "DE", kPrintable}}, {{kOrganization, text}}, {{kCommonName, "leaf"}}});
      return draft.note(std::string("has/subject-o:") + text);
    }
    default:
      switch (choices.below(5)) {
        case 0:
          return add("upn", general::upn("user@corp.example"));
        case 1:
          return add("smtp-utf8", general::smtp_utf8("us\xC3\xA9r@corp.example"));
        case 2:
          return add("registered-id", general::registered_id());
        case 3:
          return add("x400", general::x400());
        default:
          return add("edi", general::edi_party());
      }
  }
}

Constraint constraint_of(char form, Choices& choices) {
  switch (form) {
    case 'd':
      return dns_constraint(choices);
    case 'i':
      return address_constraint(choices);
    case 'e':
      return email_constraint(choices);
    case 'u':
      return uri_constraint(choices);
    case 'n':
      return directory_constraint(choices);
    default:
      return rare_constraint(choices);
  }
}

Der subtree(const Constraint& constraint, Choices& choices, std::string& label) {
  switch (choices.below(40)) {
    case 0:
      label += "+minimum-0";
      return sequence({constraint.base, implicitly(0, Der{0})});
    case 1:
      label += "+minimum-1";
      return sequence({constraint.base, implicitly(0, Der{1})});
    case 2:
      label += "+maximum";
      return sequence({constraint.base, implicitly(1, Der{5})});
    default:
      return sequence({constraint.base});
  }
}

void constrain(Draft& draft, Choices& choices, char form) {
  const Place at = choose_place(draft, choices, choices.chance(15) ? Where::authority : Where::intermediate);
  const std::size_t count = choices.pick({1u, 1u, 1u, 2u});
  for (std::size_t i = 0; i < count; ++i) {
    const bool excluded = choices.chance(50);
    const Constraint constraint = constraint_of(form, choices);
    std::string label = std::string(excluded ? "excludes/" : "permits/") + constraint.label;
    (excluded ? at.node().excluded : at.node().permitted).push_back(subtree(constraint, choices, label));
    at.note(std::move(label));
  }
  if (choices.chance(30)) {
    at.node().constraints_critical = false;
    at.note("constraints-not-critical");
  }
  if (choices.chance(65)) add_name(draft, choices, form);
  if (choices.chance(10)) add_name(draft, choices, choices.pick({'d', 'i', 'e', 'u', 'n', 'r'}));
}

void dns(Draft& draft, Choices& choices) { constrain(draft, choices, 'd'); }
void addresses(Draft& draft, Choices& choices) { constrain(draft, choices, 'i'); }
void emails(Draft& draft, Choices& choices) { constrain(draft, choices, 'e'); }
void uris(Draft& draft, Choices& choices) { constrain(draft, choices, 'u'); }
void directories(Draft& draft, Choices& choices) { constrain(draft, choices, 'n'); }
void rare(Draft& draft, Choices& choices) { constrain(draft, choices, 'r'); }

void odd_shapes(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const bool critical = choices.chance(70);
  const Der tree = sequence({general::dns("corp.example")});
  const auto put = [&](const char* label, Der value, Right right) {
    at.node().edit([=](CertificateFields& f) { f.set("2.5.29.30", critical, value); });
    // In a leaf they constrain nothing.
    at.note(std::string("constraints/") + label, at.is_leaf() ? Right::open : right);
  };
  switch (choices.below(6)) {
    case 0:
      return put("neither", sequence({}), Right::open);
    case 1:
      return put("empty-list", sequence({explicitly(0, {})}), Right::open);
    case 2:
      return put("wrong-order", sequence({explicitly(1, tree), explicitly(0, tree)}), Right::open);
    case 3:
      return put("trailing", concat({sequence({explicitly(0, tree)}), null()}), Right::refuse);
    case 4:
      return put("subtree-without-base", sequence({explicitly(0, sequence({}))}), Right::refuse);
    default:
      return put("plain", sequence({explicitly(0, tree)}), Right::accept);
  }
}

/// As the CA/Browser Forum wants a constrained authority: names permitted, all addresses excluded.
void technically_constrained(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::intermediate);
  at.node().permitted.push_back(sequence({general::dns("corp.example")}));
  at.node().permitted.push_back(
      sequence({general::directory(name({{{kCountry, "DE", kPrintable}}, {{kOrganization, "Corp"}}}))}));
  at.node().excluded.push_back(sequence({general::address(Der(8, 0))}));
  at.node().excluded.push_back(sequence({general::address(Der(32, 0))}));
  at.node().constraints_critical = choices.chance(70);
  at.note("technically-constrained");
  if (choices.chance(30)) add_name(draft, choices, choices.pick({'d', 'i', 'n'}));
}

/// Long lists on both sides.
void many(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::intermediate);
  const std::uint32_t trees = choices.pick({50u, 200u, 1000u}), names = choices.pick({20u, 300u});
  for (std::uint32_t i = 0; i < trees; ++i)
    at.node().permitted.push_back(sequence({general::dns("d" + std::to_string(i) + ".example")}));
  at.node().permitted.push_back(sequence({general::dns("corp.example")}));
  for (std::uint32_t i = 0; i < names; ++i)
    draft.nodes[draft.leaf].san.push_back(general::dns("h.d" + std::to_string(i % trees) + ".example"));
  at.note("constraints/many-" + std::to_string(trees) + "x" + std::to_string(names));
}

constexpr Mutation kMutations[] = {
    {"constrain-dns", 14, dns},
    {"constrain-address", 9, addresses},
    {"constrain-email", 10, emails},
    {"constrain-uri", 9, uris},
    {"constrain-directory", 9, directories},
    {"constrain-rare", 5, rare},
    {"constraints", 4, odd_shapes},
    {"technically-constrained", 3, technically_constrained},
    {"constrain-many", 1, many},
};

}  // namespace

std::span<const Mutation> constraint_mutations() { return kMutations; }

}  // namespace sallyport::chains
