// Changes of extensions but those of names: what a CA is, what a key is for, key identifiers, policies, the unknown.
#include "factory/chains/draft.h"
#include "factory/chains/names.h"

namespace sallyport::chains {
namespace {

using namespace der;

constexpr const char *kBasicConstraints = "2.5.29.19", *kKeyUsage = "2.5.29.15", *kExtKeyUsage = "2.5.29.37",
                     *kSubjectKey = "2.5.29.14", *kAuthorityKey = "2.5.29.35", *kUnknown = "1.2.3.4.5.6";

void set(const Place& at, const char* oid, bool critical, Der value) {
  at.node().edit([=](CertificateFields& f) { f.set(oid, critical, value); });
}
void erase(const Place& at, const char* oid) {
  at.node().edit([=](CertificateFields& f) { f.erase(oid); });
}

void basic_constraints(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](const char* label, bool critical, Der value, Right right) {
    set(at, kBasicConstraints, critical, std::move(value));
    at.note(std::string("ca/") + label, right);
  };
  const bool leaf = at.is_leaf();
  const Right for_authority = leaf ? Right::open : Right::refuse;
  switch (choices.below(9)) {
    case 0:
      erase(at, kBasicConstraints);
      return at.note("ca/absent", leaf ? Right::accept : Right::refuse);
    case 1:
      return put("false", true, sequence({}), leaf ? Right::accept : Right::refuse);
    case 2:
      return put("true-not-critical", false, sequence({boolean(true)}), Right::open);
    case 3:
      return put("true", true, sequence({boolean(true)}), leaf ? Right::open : Right::accept);
    case 4:
      return put("false-encoded", true, sequence({boolean(false)}), for_authority);
    case 5:
      return put("path-length-without-ca", true, sequence({integer(0)}), for_authority);
    case 6:
      return put("path-length-negative", true, sequence({boolean(true), element(0x02, Der{0xFF})}), Right::open);
    case 7:
      return put("path-length-huge", true, sequence({boolean(true), element(0x02, Der(9, 0x7F))}), Right::open);
    default:
      return put("boolean-01", true, sequence({element(0x01, Der{1})}), Right::open);
  }
}

void path_length(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::authority);
  // How many CAs that are not self-issued stand between it and the leaf.
  std::size_t below = 0;
  for (std::size_t i = at.index + 1; i < draft.leaf; ++i) ++below;
  const std::uint32_t allowed = choices.below(below + 2);
  at.node().spec.path_length = allowed;
  at.note(below > allowed ? "path-length/too-small" : "path-length/enough",
          below > allowed ? Right::refuse : Right::accept);
}

void key_usage(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](const char* label, Der value, Right right) {
    set(at, kKeyUsage, choices.chance(70), std::move(value));
    at.note(std::string("key-usage/") + label, right);
  };
  const bool leaf = at.is_leaf();
  switch (choices.below(10)) {
    case 0:
      erase(at, kKeyUsage);
      return at.note("key-usage/absent", leaf ? Right::accept : Right::open);
    case 1:
      return put("digital-signature", bit_string(Der{0x80}, 7), leaf ? Right::accept : Right::refuse);
    case 2:
      return put("cert-sign", bit_string(Der{0x04}, 2), leaf ? Right::refuse : Right::accept);
    case 3:
      return put("key-encipherment", bit_string(Der{0x20}, 5), Right::refuse);
    case 4:
      return put("key-agreement", bit_string(Der{0x08}, 3), Right::refuse);
    case 5:
      return put("none", bit_string(Der{0x00}, 7), Right::refuse);
    case 6:
      return put("empty", bit_string({}, 0), Right::refuse);
    case 7:
      return put("trailing-zero-bits", bit_string(Der{0x84}, 0), Right::open);
    case 8:
      return put("unused-bits-set", bit_string(Der{0x87}, 3), Right::open);
    default:
      return put("nine-bits", bit_string(Der{0x84, 0x80}, 7), Right::open);
  }
}

void extended_key_usage(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](const char* label, std::initializer_list<const char*> purposes, Right right) {
    Der list;
    for (const char* purpose : purposes) list = concat({list, oid(purpose)});
    set(at, kExtKeyUsage, choices.chance(30), element(0x30, list));
    at.note(std::string("eku/") + label, right);
  };
  constexpr const char *any = "2.5.29.37.0", *code = "1.3.6.1.5.5.7.3.3", *server_gated = "2.16.840.1.113730.4.1";
  const char* const mine = draft.is_client() ? kClientAuth : kServerAuth;
  const char* const other = draft.is_client() ? kServerAuth : kClientAuth;
  switch (choices.below(9)) {
    case 0:
      erase(at, kExtKeyUsage);
      return at.note("eku/absent", Right::accept);
    case 1:
      return put("other-purpose", {other}, Right::refuse);
    case 2:
      return put("both", {other, mine}, Right::accept);
    case 3:
      return put("any", {any}, Right::open);
    case 4:
      return put("any-and-other", {any, code}, Right::open);
    case 5:
      return put("code-signing", {code}, Right::refuse);
    case 6:
      return put("empty", {}, Right::refuse);
    case 7:
      return put("server-gated", {server_gated}, Right::open);
    default:
      return put("many", {code, "1.2.3.4", "1.3.6.1.5.5.7.3.4", mine}, Right::accept);
  }
}

void key_identifiers(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](const char* label, const char* oid, bool critical, Der value, Right right) {
    set(at, oid, critical, std::move(value));
    at.note(std::string("key-id/") + label, right);
  };
  const Der id(20, 0x5A);
  const Der issuer = explicitly(1, general::directory(usual_name("Root"))), number = element(0x82, Der{1});
  switch (choices.below(12)) {
    case 0:
      erase(at, kAuthorityKey);
      return at.note("key-id/authority-absent", Right::open);
    case 1:
      erase(at, kSubjectKey);
      return at.note("key-id/subject-absent", Right::open);
    case 2:
      return put("authority-differs", kAuthorityKey, false, sequence({implicitly(0, id)}), Right::open);
    case 3:
      return put("subject-differs", kSubjectKey, false, octet_string(id), Right::open);
    case 4:
      return put("authority-by-name-and-number", kAuthorityKey, false, sequence({issuer, number}), Right::open);
    case 5:
      return put("authority-name-alone", kAuthorityKey, false, sequence({issuer}), Right::open);
    case 6:
      return put("authority-critical", kAuthorityKey, true, sequence({implicitly(0, id)}), Right::open);
    case 7:
      return put("subject-critical", kSubjectKey, true, octet_string(id), Right::open);
    case 8:
      return put("authority-empty", kAuthorityKey, false, sequence({}), Right::open);
    case 9:
      return put("subject-empty", kSubjectKey, false, octet_string({}), Right::open);
    case 10:
      return put("authority-malformed", kAuthorityKey, false, Der{0x30, 0x05, 0x80}, Right::refuse);
    default:
      return put("subject-malformed", kSubjectKey, false, Der{0x05, 0x00}, Right::refuse);
  }
}

void unknown(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const bool critical = choices.chance(50);
  set(at, kUnknown, critical, choices.chance(50) ? Der{} : null());
  at.note(critical ? "unknown/critical" : "unknown", critical ? Right::refuse : Right::accept);
}

struct Known {
  const char* oid;
  const char* label;
};
constexpr Known kKnown[] = {
    {"2.5.29.14", "subject-key"},
    {"2.5.29.15", "key-usage"},
    {"2.5.29.17", "subject-alt-name"},
    {"2.5.29.18", "issuer-alt"},
    {"2.5.29.19", "ca"},
    {"2.5.29.30", "name-constraints"},
    {"2.5.29.31", "crl-points"},
    {"2.5.29.32", "policies"},
    {"2.5.29.33", "policy-mappings"},
    {"2.5.29.35", "authority-key"},
    {"2.5.29.36", "policy-limits"},
    {"2.5.29.37", "eku"},
    {"2.5.29.46", "freshest-crl"},
    {"2.5.29.54", "inhibit-any"},
    {"1.3.6.1.5.5.7.1.1", "authority-info"},
    {"1.3.6.1.5.5.7.1.24", "must-staple"},
};

void malformed(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const Known which = kKnown[choices.below(std::size(kKnown))];
  const bool critical = choices.chance(30);
  const Der value = choices.pick(
      {Der{}, Der{0x05, 0x00}, Der{0x30, 0x00}, Der{0x30, 0x03, 0x02}, Der{0x30, 0x80, 0, 0}, Der{0x04, 0x01, 0x00}});
  set(at, which.oid, critical, value);
  at.note(std::string("malformed/") + which.label + (critical ? "-critical" : ""));
}

void duplicate(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const bool twin = choices.chance(50);
  at.node().edit([twin](CertificateFields& f) {
    if (f.extensions.empty()) return;
    f.extensions.push_back(f.extensions.front());
    if (!twin) f.extensions.back().value = sequence({});
  });
  at.note(twin ? "duplicate/same" : "duplicate/other-value", Right::refuse);  // RFC 5280 §4.2
}

void criticality(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const Der field = choices.pick({boolean(true), boolean(true), boolean(false), element(0x01, Der{1})});
  const bool odd = field.back() == 1, is_false = field.back() == 0;
  const std::uint32_t number = choices.below(5);
  at.node().edit([=](CertificateFields& f) {
    if (number < f.extensions.size()) f.extensions[number].critical = field;
  });
  at.note(odd ? "critical/01" : is_false ? "critical/false-encoded" : "critical/true");
}

void shape(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  switch (choices.below(4)) {
    case 0:
      at.node().edit([](CertificateFields& f) { f.extensions_element = explicitly(3, sequence({})); });
      return at.note("extensions/none-in-the-list", Right::refuse);  // SIZE (1..MAX)
    case 1:
      at.node().edit([](CertificateFields& f) { f.extensions.clear(); });
      return at.note("extensions/absent");
    case 2:
      at.node().edit([](CertificateFields& f) {
        for (ExtensionField& e : f.extensions) e.rest = null();
      });
      return at.note("extensions/more-than-three-fields", Right::refuse);
    default: {
      const std::uint32_t many = choices.pick({40u, 70u, 300u});
      at.node().edit([many](CertificateFields& f) {
        for (std::uint32_t i = 0; i < many; ++i)
          f.extensions.push_back({oid("1.2.3.4.5.7." + std::to_string(i)), {}, null()});
      });
      return at.note(many == 40 ? "extensions/40" : "extensions/too-many");
    }
  }
}

void policies(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const bool critical = choices.chance(50);
  const std::string suffix = critical ? "-critical" : "";
  const Der policy = oid("1.2.3.4.1"), any = oid("2.5.29.32.0");
  const auto put = [&](const char* label, const char* id, Der value) {
    set(at, id, critical, std::move(value));
    at.note(std::string("policy/") + label + suffix);
  };
  switch (choices.below(8)) {
    case 0:
      return put("one", "2.5.29.32", sequence({sequence({policy})}));
    case 1:
      return put("any", "2.5.29.32", sequence({sequence({any})}));
    case 2:
      return put("twice", "2.5.29.32", sequence({sequence({policy}), sequence({policy})}));
    case 3:
      return put(
          "qualifier-cps", "2.5.29.32",
          sequence({sequence(
              {policy, sequence({sequence({oid("1.3.6.1.5.5.7.2.1"), element(kIa5, tls::as_bytes("http://x"))})})})}));
    case 4:
      return put("qualifier-unknown", "2.5.29.32",
                 sequence({sequence({policy, sequence({sequence({oid("1.2.3.9"), null()})})})}));
    case 5:
      return put("mapping", "2.5.29.33", sequence({sequence({policy, oid("1.2.3.4.2")})}));
    case 6:
      return put("require-explicit", "2.5.29.36", sequence({implicitly(0, Der{0})}));
    default:
      return put("inhibit-any", "2.5.29.54", integer(0));
  }
}

void others(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const bool critical = choices.chance(25);
  const std::string suffix = critical ? "-critical" : "";
  const Der uri = general::uri("http://crl.corp.example/x");
  const auto put = [&](const char* label, const char* id, Der value) {
    set(at, id, critical, std::move(value));
    at.note(std::string("other/") + label + suffix, critical ? Right::open : Right::accept);
  };
  switch (choices.below(5)) {
    case 0:
      return put("crl-points", "2.5.29.31", sequence({sequence({explicitly(0, explicitly(0, uri))})}));
    case 1:
      return put("authority-info", "1.3.6.1.5.5.7.1.1", sequence({sequence({oid("1.3.6.1.5.5.7.48.1"), uri})}));
    case 2:
      return put("issuer-alt-name", "2.5.29.18", sequence({uri}));
    case 3:
      return put("must-staple", "1.3.6.1.5.5.7.1.24", sequence({integer(5)}));
    default:
      return put("netscape", "2.16.840.1.113730.1.1", bit_string(Der{0x40}, 6));
  }
}

constexpr Mutation kMutations[] = {
    {"ca", 8, basic_constraints},   {"path-length", 6, path_length}, {"key-usage", 7, key_usage},
    {"eku", 7, extended_key_usage}, {"key-id", 7, key_identifiers},  {"unknown", 3, unknown},
    {"malformed", 7, malformed},    {"duplicate", 2, duplicate},     {"critical", 4, criticality},
    {"extensions", 3, shape},       {"policy", 5, policies},         {"other", 4, others},
};

}  // namespace

std::span<const Mutation> extension_mutations() { return kMutations; }

}  // namespace sallyport::chains
