// Changes of a certificate's own fields: version, serial number, algorithms, validity, names, keys, unique identifiers.
#include "factory/chains/draft.h"
#include "factory/chains/names.h"

namespace sallyport::chains {
namespace {

using namespace der;

void version(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  switch (choices.below(5)) {
    case 0:  // no extensions, so that it really is one of version 1
      at.node().edit([](CertificateFields& f) { f.version.clear(), f.extensions.clear(); });
      return at.note("version/1");
    case 1:
      at.node().edit([](CertificateFields& f) { f.version.clear(); });
      return at.note("version/1-with-extensions", Right::refuse);
    case 2:
      at.node().edit([](CertificateFields& f) { f.version = explicitly(0, integer(1)); });
      return at.note("version/2-with-extensions", Right::refuse);
    case 3:
      at.node().edit([](CertificateFields& f) { f.version = explicitly(0, integer(3)); });
      return at.note("version/4", Right::refuse);
    default:
      at.node().edit([](CertificateFields& f) { f.version = explicitly(0, integer(0)); });
      return at.note("version/1-encoded", Right::open);  // a DEFAULT is not encoded in DER; extensions need version 3
  }
}

void serial(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](Der contents) {
    at.node().edit([contents](CertificateFields& f) { f.serial = element(0x02, contents); });
  };
  switch (choices.below(6)) {
    case 0:
      put({0});
      return at.note("serial/0");
    case 1:
      put({0x80 | 5, 1, 2});
      return at.note("serial/negative");
    case 2:
      put(Der(20, 0x7F));
      return at.note("serial/20-octets", Right::accept);
    case 3:
      put(Der(21, 0x7F));
      return at.note("serial/21-octets");
    case 4:
      put(Der(choices.pick({64u, 300u}), 0x11));
      return at.note("serial/long");
    default:
      put({});
      return at.note("serial/empty", Right::refuse);
  }
}

Der with_null(const char* oid) { return sequence({der::oid(oid), null()}); }

void algorithm_identifiers(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const unsigned variant = choices.below(6);
  const auto change = [&](std::function<void(CertificateFields&)> how, std::string label, Right right) {
    at.node().edit(std::move(how));
    at.note("algorithm/" + label, right);
  };
  const Der sha384 = sequence({oid("1.2.840.10045.4.3.3")}), sha1 = sequence({oid("1.2.840.10045.4.1")});
  switch (variant) {
    case 0:
      return change([=](CertificateFields& f) { f.outer_algorithm = sha384; }, "outer-differs", Right::refuse);
    case 1:
      return change([=](CertificateFields& f) { f.algorithm = sha384; }, "inner-differs", Right::refuse);
    case 2:
      return change([=](CertificateFields& f) { f.algorithm = f.outer_algorithm = sha1; }, "not-that-of-the-signature",
                    Right::refuse);
    case 3:  // RFC 5758 §3.2: ECDSA identifiers have no parameters
      return change([](CertificateFields& f) { f.algorithm = f.outer_algorithm = with_null("1.2.840.10045.4.3.2"); },
                    "ecdsa-with-null", Right::open);
    case 4:
      return change([](CertificateFields& f) { f.algorithm = f.outer_algorithm = sequence({oid("1.2.3.4.5")}); },
                    "unknown", Right::refuse);
    default:
      return change([](CertificateFields& f) { f.outer_algorithm = with_null("1.2.840.10045.4.3.2"); },
                    "outer-null-only", Right::open);
  }
}

void rsa_parameters(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::below_root);
  Node& issuer = draft.nodes[at.node().issuer];
  issuer.key = pooled_key(KeyType::rsa_2048, 0);
  if (choices.chance(50)) {  // RFC 4055 §5: NULL is there; without it implementations may read on
    at.node().edit(
        [](CertificateFields& f) { f.algorithm = f.outer_algorithm = sequence({oid("1.2.840.113549.1.1.11")}); });
    return at.note("algorithm/rsa-without-null");
  }
  issuer.edit([key = issuer.key](CertificateFields& f) {
    f.spki = sequence({sequence({oid("1.2.840.113549.1.1.1")}), bit_string(key->public_bits())});
  });
  at.note("algorithm/rsa-key-without-null-above");
}

void hash(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const std::string hash = choices.pick({"SHA-1", "SHA-384", "SHA-512"});
  Node& issuer = draft.nodes[at.node().issuer];
  issuer.key = choices.chance(50) ? pooled_key(KeyType::rsa_2048, 1) : pooled_key(KeyType::ecdsa_p256, 7);
  at.node().spec.hash = hash;
  at.note("hash/" + hash, hash == "SHA-1" ? Right::refuse : Right::accept);
}

void key_kind(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  struct Kind {
    KeyType type;
    const char* label;
    Right right;
  };
  const Kind kind = choices.pick(
      {Kind{KeyType::rsa_1024, "rsa-1024", Right::refuse}, Kind{KeyType::rsa_2048, "rsa-2048", Right::accept},
       Kind{KeyType::ecdsa_p384, "p384", Right::accept}, Kind{KeyType::ecdsa_p521, "p521", Right::accept},
       Kind{KeyType::ed25519, "ed25519", Right::accept}});
  at.node().key = pooled_key(kind.type, 1);
  at.note(std::string("key/") + kind.label, kind.right);
}

void rsassa_pss(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const KeyPtr key = pooled_key(KeyType::rsa_2048, 0);
  const auto spki_with = [&](const Der& algorithm) {
    at.node().key = pooled_key(KeyType::rsa_pss_2048, 0);
    at.node().edit([algorithm, bits = at.node().key->public_bits()](CertificateFields& f) {
      f.spki = sequence({algorithm, bit_string(bits)});
    });
  };
  switch (choices.below(4)) {
    case 0:  // an ordinary RSA key signs RSASSA-PSS
      at.node().key = key;
      for (std::size_t i = 1; i <= draft.leaf; ++i)
        if (draft.nodes[i].issuer == at.index) draft.nodes[i].spec.pss = true;
      return at.note("pss/signatures-of-an-rsa-key", Right::open);
    case 1:
      at.node().key = pooled_key(KeyType::rsa_pss_2048, 0);  // with parameters: SHA-256, a salt of 32
      return at.note("pss/key-with-parameters");
    case 2:
      spki_with(sequence({oid("1.2.840.113549.1.1.10")}));
      return at.note("pss/key-without-parameters");
    default:
      spki_with(sequence({oid("1.2.840.113549.1.1.10"), null()}));
      return at.note("pss/key-with-null");
  }
}

/// RSASSA-PSS of an authority: what its key is restricted to, and what it signs with (RFC 4055 §3.3).
void pss_authority(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::authority);
  const auto sign_with = [&](const std::string& hash, std::optional<std::uint32_t> salt) {
    for (std::size_t i = 0; i < draft.nodes.size(); ++i)
      if (draft.nodes[i].issuer == at.index) draft.nodes[i].spec.hash = hash, draft.nodes[i].spec.pss_salt = salt;
  };
  const KeyPtr key = pooled_key(KeyType::rsa_2048, 0);
  const auto restricted = [&](const char* hash, std::uint32_t salt) {
    at.node().key = key->as_pss(PssParameters{hash, hash, salt});
  };
  // What a root signs is what counts, its own signature does not: so the label has no place.
  const auto note = [&](const char* label, Right right) { draft.note(std::string("pss-authority/") + label, right); };
  switch (choices.below(7)) {
    case 0:
      restricted("SHA-384", 48);
      sign_with("SHA-384", 48);
      return note("sha-384", Right::accept);
    case 1:
      restricted("SHA-384", 48);
      sign_with("SHA-256", 32);
      return note("other-hash-than-allowed", Right::refuse);
    case 2:
      restricted("SHA-256", 32);
      sign_with("SHA-256", 20);
      return note("shorter-salt-than-allowed", Right::refuse);
    case 3:
      restricted("SHA-256", 20);
      sign_with("SHA-256", 32);
      return note("longer-salt-than-the-minimum", Right::open);
    case 4:
      at.node().key = key->as_pss(std::nullopt);
      sign_with("SHA-512", 64);
      return note("unrestricted", Right::accept);
    case 5:
      at.node().key = key->as_pss(std::nullopt);
      sign_with("SHA-256", choices.pick({0u, 20u, 64u}));
      return note("odd-salt", Right::open);
    default:  // the key is RSASSA-PSS by its identifier, and signs PKCS #1 v1.5
      at.node().key = key;
      at.node().edit([bits = key->public_bits()](CertificateFields& f) {
        f.spki = sequence({sequence({oid("1.2.840.113549.1.1.10")}), bit_string(bits)});
      });
      return note("signs-pkcs1", Right::refuse);
  }
}

void key_info(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](const char* label, std::function<void(CertificateFields&)> how, Right right = Right::refuse) {
    at.node().edit(std::move(how));
    at.note(std::string("spki/") + label, right);
  };
  const auto p256 = [](const Der& curve, const Der& bits) {
    return sequence({sequence({oid("1.2.840.10045.2.1"), curve}), bit_string(bits)});
  };
  const Der point = pooled_key(KeyType::ecdsa_p256, 0)->public_bits();
  switch (choices.below(7)) {
    case 0:
      return put("unknown-curve", [=](CertificateFields& f) { f.spki = p256(oid("1.3.132.0.10"), point); });
    case 1:
      return put("no-curve", [=](CertificateFields& f) { f.spki = p256({}, point); });
    case 2:
      return put("point-not-on-the-curve", [=](CertificateFields& f) {
        Der other = point;
        other.back() ^= 1;
        f.spki = p256(oid("1.2.840.10045.3.1.7"), other);
      });
    case 3:
      return put("unknown-algorithm",
                 [](CertificateFields& f) { f.spki = sequence({sequence({oid("1.2.3.4.6")}), bit_string(Der{1})}); });
    case 4:
      return put("empty", [](CertificateFields& f) { f.spki = sequence({}); });
    case 5:
      return put("rsa-even-exponent", [](CertificateFields& f) {
        Der modulus(256, 0xC3);
        f.spki = sequence(
            {with_null("1.2.840.113549.1.1.1"), bit_string(sequence({integer(tls::Bytes(modulus)), integer(65536)}))});
      });
    default:
      return put(
          "unused-bits",
          [](CertificateFields& f) {
            // The BIT STRING stands behind the algorithm; its first content octet counts the unused bits.
            const std::size_t at_bits = 2 + 2 + f.spki[3] + 2;
            if (f.spki[1] < 0x80 && at_bits < f.spki.size()) f.spki[at_bits] = 4;
          },
          Right::open);
  }
}

void validity(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto until = [&](const char* label, Der not_after, Right right) {
    at.node().edit([not_after](CertificateFields& f) { f.not_after = not_after; });
    at.note(std::string("validity/") + label, right);
  };
  const auto since = [&](const char* label, Der not_before, Right right) {
    at.node().edit([not_before](CertificateFields& f) { f.not_before = not_before; });
    at.note(std::string("validity/") + label, right);
  };
  const auto text = [](std::uint8_t tag, const char* digits) { return element(tag, tls::as_bytes(digits)); };
  switch (choices.below(18)) {
    case 0:
      return until("expired", time(kNow - 1), Right::refuse);
    case 1:
      return until("ends-now", time(kNow), Right::accept);  // inclusive (RFC 5280 §4.1.2.5)
    case 2:
      return since("begins-now", time(kNow), Right::accept);
    case 3:
      return since("not-yet", time(kNow + 1), Right::refuse);
    case 4:
      return until("9999", text(0x18, "99991231235959Z"), Right::accept);
    case 5:
      return until("generalized-before-2050", generalized_time(kNow + 1000000), Right::open);
    case 6:
      return since("generalized-before-2050", generalized_time(kNow - 1000000), Right::open);
    case 7:
      return until("no-seconds", text(0x17, "3001010000Z"), Right::open);
    case 8:
      return until("offset", text(0x17, "300101000000+0100"), Right::open);
    case 9:
      return until("fraction", text(0x18, "20300101000000.5Z"), Right::open);
    case 10:
      return until("no-zone", text(0x17, "300101000000"), Right::open);
    case 11:
      return until("february-30", text(0x17, "300230000000Z"), Right::refuse);
    case 12:
      return until("hour-24", text(0x17, "300101240000Z"), Right::refuse);
    case 13:
      return until("second-60", text(0x17, "300101000060Z"), Right::refuse);
    case 14:
      return since("utc-1950", text(0x17, "500101000000Z"), Right::accept);
    case 15:
      return since("generalized-0000", text(0x18, "00000101000000Z"), Right::open);
    case 16:
      return until("a-digit-is-a-space", text(0x17, "30 101000000Z"), Right::refuse);
    default:
      at.node().edit([](CertificateFields& f) { std::swap(f.not_before, f.not_after); });
      return at.note("validity/ends-before-it-begins", Right::refuse);
  }
}

/// The same name in another form, as its subject or as the name of the issuer below.
void name_forms(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::intermediate);
  const auto as = [](const char* o, std::uint8_t tag) {
    return name({{{kCountry, "DE", kPrintable}}, {{kOrganization, o, tag}}, {{kCommonName, "CA N"}}});
  };
  Node& authority = at.node();
  authority.subject = as("Corp", kUtf8);
  const auto below = [&](const char* label, Der issuer, Right right) {
    for (std::size_t i = 1; i < draft.nodes.size(); ++i)
      if (draft.nodes[i].issuer == at.index && i != at.index)
        draft.nodes[i].edit([issuer](CertificateFields& f) { f.issuer = issuer; });
    draft.note(std::string("issuer-name/") + label, right);
  };
  switch (choices.below(12)) {
    case 0:
      return below("case", as("CORP", kUtf8), Right::open);
    case 1:
      return below("white-space", as(" Corp  ", kUtf8), Right::open);
    case 2:
      return below("printable", as("Corp", kPrintable), Right::open);
    case 3:
      return below("teletex", as("Corp", kTeletex), Right::open);
    case 4:
      return below("ia5", as("Corp", kIa5), Right::open);
    case 5:
      return below("bmp", as(std::string("\0C\0o\0r\0p", 8).c_str(), kBmp), Right::open);
    case 6:
      return below("other", as("Other", kUtf8), Right::refuse);
    case 7:
      return below("order", name({{{kOrganization, "Corp"}}, {{kCountry, "DE", kPrintable}}, {{kCommonName, "CA N"}}}),
                   Right::refuse);
    case 8:
      return below("multi-valued",
                   name({{{kCountry, "DE", kPrintable}, {kOrganization, "Corp"}}, {{kCommonName, "CA N"}}}),
                   Right::refuse);
    case 9:
      return below("longer",
                   name({{{kCountry, "DE", kPrintable}},
                         {{kOrganization, "Corp"}},
                         {{kCommonName, "CA N"}},
                         {{kCommonName, "CA N"}}}),
                   Right::refuse);
    case 10:
      return below("shorter", name({{{kCountry, "DE", kPrintable}}, {{kOrganization, "Corp"}}}), Right::refuse);
    default:
      return below("inner-white-space", as("Co rp", kUtf8), Right::refuse);
  }
}

void odd_subjects(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const auto put = [&](const char* label, Der subject, Right right = Right::open) {
    at.node().subject = std::move(subject);
    at.note(std::string("subject/") + label, right);
  };
  switch (choices.below(12)) {
    case 0:
      return put("empty", sequence({}));
    case 1:
      return put("multi-valued", name({{{kOrganization, "Corp"}, {kCommonName, "x"}}}));
    case 2:
      return put("multi-valued-unsorted", name({{{kCommonName, "x"}, {kOrganization, "Corp"}}}));
    case 3:
      return put("empty-rdn", sequence({element(0x31, {})}));
    case 4:
      return put("email", name({{{kCommonName, "x"}}, {{kEmailAddress, "user@corp.example", kIa5}}}));
    case 5:
      return put("bmp", name({{{kCommonName, std::string("\0x\0y", 4), kBmp}}}));
    case 6:
      return put("bmp-odd-length", name({{{kCommonName, "xyz", kBmp}}}));
    case 7:
      return put("utf8-invalid", name({{{kCommonName, "\xFF\xFE"}}}));
    case 8:
      return put("printable-invalid", name({{{kCommonName, "a@b*c", kPrintable}}}));
    case 9:
      return put("long", name({{{kCommonName, std::string(choices.pick({64u, 65u, 2000u}), 'n')}}}));
    case 10:
      return put("common-name-is-a-host", usual_name("ACME Inc. www.other.example"));
    default:
      return put("nul", name({{{kCommonName, std::string("a\0b", 3)}}}));
  }
}

void unique_ids(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  const Der issuer_id = element(0x81, Der{0, 1, 2}), subject_id = element(0x82, Der{0, 3, 4});
  const unsigned variant = choices.below(4);
  const Der ids = variant == 0   ? issuer_id
                  : variant == 1 ? subject_id
                  : variant == 2 ? concat({issuer_id, subject_id})
                                 : concat({subject_id, issuer_id});
  at.node().edit([ids](CertificateFields& f) { f.unique_ids = ids; });
  at.note(variant == 3 ? "unique-id/wrong-order" : "unique-id", variant == 3 ? Right::refuse : Right::accept);
}

constexpr Mutation kMutations[] = {
    {"version", 5, version},
    {"serial", 5, serial},
    {"algorithm", 5, algorithm_identifiers},
    {"rsa-parameters", 2, rsa_parameters},
    {"hash", 3, hash},
    {"key", 5, key_kind},
    {"pss", 5, rsassa_pss},
    {"pss-authority", 4, pss_authority},
    {"spki", 4, key_info},
    {"validity", 10, validity},
    {"issuer-name", 6, name_forms},
    {"subject", 6, odd_subjects},
    {"unique-id", 2, unique_ids},
};

}  // namespace

std::span<const Mutation> field_mutations() { return kMutations; }

}  // namespace sallyport::chains
