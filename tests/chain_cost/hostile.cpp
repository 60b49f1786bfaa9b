#include "chain_cost/hostile.h"

#include <algorithm>

#include "base/limits.h"
#include "support/pki.h"

namespace tls::test {
namespace {

using namespace sallyport;
using der::Der;

constexpr std::size_t kMessage = 128 << 10;  // bytes of a Certificate message

/// `one` again and again until there are about `bytes`.
Der repeated(const Der& one, std::size_t bytes) {
  Der out;
  out.reserve(bytes);
  while (out.size() + one.size() <= bytes) out.insert(out.end(), one.begin(), one.end());
  return out;
}

/// A certificate with any names and extensions, signed by `signer` with SHA-256.
struct Raw {
  Der issuer, subject;
  std::vector<Extension> extensions;
  KeyPtr key = test::key(), signer = test::key();
  std::uint32_t serial = 1;

  [[nodiscard]] Der make() const {
    using namespace der;
    Der list;
    for (const Extension& one : extensions) {
      Der fields = oid(one.oid);
      if (one.critical) fields = concat({fields, boolean(true)});
      const Der whole = element(0x30, concat({fields, octet_string(one.value)}));
      list.insert(list.end(), whole.begin(), whole.end());
    }
    const Der algorithm = signer->signature_algorithm("SHA-256");
    const Der validity = sequence({time(kNow - 1000), time(kNow + 1000)});
    const Der extensions_field = list.empty() ? Der{} : explicitly(3, element(0x30, list));
    const Der tbs = sequence({explicitly(0, integer(2)), integer(serial), algorithm, issuer, validity, subject,
                              key->spki(), extensions_field});
    return sequence({tbs, algorithm, bit_string(signer->sign(tbs, "SHA-256"))});
  }
};

Extension is_ca() { return {"2.5.29.19", true, der::sequence({der::boolean(true)})}; }
Extension alternative_names(const Der& names) { return {"2.5.29.17", false, der::element(0x30, names)}; }
Der dns(const std::string& name) { return der::implicitly(2, as_bytes(name)); }
Der attribute(const std::string& type, const std::string& text) {
  return der::sequence({der::oid(type), der::utf8(text)});
}
/// Name of `attributes` attributes and O=`tail` behind them: RDNs of one attribute each, or one RDN of all.
Der numbered_name(std::size_t attributes, bool one_rdn, const std::string& tail = "x",
                  const std::string& padding = {}) {
  Der parts;
  for (std::size_t i = 0; i < attributes; ++i) {
    const Der one = attribute("2.5.4.3", "n" + std::to_string(100000 + i) + padding);
    const Der whole = one_rdn ? one : der::set({one});
    parts.insert(parts.end(), whole.begin(), whole.end());
  }
  const Der last = der::set({attribute("2.5.4.10", tail)});
  const Der all = one_rdn ? der::concat({der::element(0x31, parts), last}) : der::concat({parts, last});
  return der::element(0x30, all);
}
/// Name of about `bytes` bytes with nearly as many attributes as are allowed.
Der long_name(std::size_t bytes, const std::string& tail = "x") {
  constexpr std::size_t kAttributes = 59, kEmpty = 22;  // bytes of one without padding, lengths of two octets included
  static_assert(kAttributes + 1 <= limits::kMaxNameAttributes);
  const std::size_t each = bytes / kAttributes;
  return numbered_name(kAttributes, false, tail, std::string(each > kEmpty ? each - kEmpty : 0, 'p'));
}

const KeyPtr& root_key() {
  static const auto& made = *new KeyPtr(test::key(KeyType::ecdsa_p256, 1));
  return made;
}
Der root_name() { return distinguished_name("Root"); }
std::string root_pem() {
  CertificateSpec spec = authority("Root");
  spec.key_identifiers = false;
  return self_signed(spec, root_key()).pem();
}

/// A leaf with one large extension, and eight times one issuer that is not trusted.
HostileChain with_extension(std::string name, Extension extension, Code expected) {
  const Issued other = self_signed(authority("Other"), test::key(KeyType::ecdsa_p256, 2));
  Raw leaf{.issuer = distinguished_name("Other"),
           .subject = distinguished_name("leaf"),
           .extensions = {std::move(extension)}};
  HostileChain out{std::move(name), root_pem(), {leaf.make()}, expected};
  out.chain.insert(out.chain.end(), 8, other.certificate);
  return out;
}

/// A chain that is rightly signed: root, an authority with `constraints`, a leaf with `names`.
HostileChain constrained(std::string name, const Der& permitted, const Der& excluded, const Der& names, Code expected,
                         const Der& subject = distinguished_name("leaf")) {
  Der subtrees;
  if (!permitted.empty()) subtrees = der::explicitly(0, permitted);
  if (!excluded.empty()) subtrees = der::concat({subtrees, der::explicitly(1, excluded)});
  const KeyPtr ca_key = test::key(KeyType::ecdsa_p256, 3);
  const Raw ca{.issuer = root_name(),
               .subject = distinguished_name("CA"),
               .extensions = {is_ca(), {"2.5.29.30", true, der::element(0x30, subtrees)}},
               .key = ca_key,
               .signer = root_key()};
  Raw leaf{.issuer = distinguished_name("CA"), .subject = subject, .extensions = {}, .signer = ca_key};
  if (!names.empty()) leaf.extensions.push_back(alternative_names(names));
  return {std::move(name), root_pem(), {leaf.make(), ca.make()}, expected};
}

Der subtree(const Der& base) { return der::sequence({base}); }
/// Numbered elements up to about `bytes`, and no more than `most`.
template <class Make>
Der numbered(std::size_t bytes, Make&& make, std::size_t most = kMessage) {
  Der out;
  for (std::size_t i = 0; out.size() < bytes && i < most; ++i) {
    const Der one = make(i);
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

void add_extensions(std::vector<HostileChain>& out) {
  using namespace der;
  constexpr std::size_t kSize = kMessage - 8192;
  const Der names = repeated(dns("a"), kSize);
  const Der allowed = numbered(
      kSize, [](std::size_t i) { return dns(std::string(45, 'a') + std::to_string(100000 + i)); },
      limits::kMaxCertificateNames);
  out.push_back(
      with_extension("issuer alternative names", {"2.5.29.18", false, element(0x30, names)}, Code::unknown_ca));
  out.push_back(with_extension("too many alternative names", alternative_names(names), Code::certificate_too_complex));
  out.push_back(
      with_extension("as many alternative names as are allowed", alternative_names(allowed), Code::unknown_ca));
  const Der point = sequence({explicitly(0, explicitly(0, implicitly(6, as_bytes("h"))))});
  out.push_back(with_extension("CRL distribution points", {"2.5.29.31", false, element(0x30, repeated(point, kSize))},
                               Code::unknown_ca));
  const std::size_t policy_bytes = kSize / limits::kMaxPolicies;
  const Der policies = numbered(
      kSize,
      [&](std::size_t i) {
        const Der qualifier = sequence({oid("1.3.6.1.5.5.7.2.1"), element(0x16, as_bytes(std::string(80, 'q')))});
        const Der qualifiers = element(
            0x30, repeated(qualifier, std::min(policy_bytes - 40, limits::kMaxPolicyQualifiers * qualifier.size())));
        return sequence({oid("1.2.3." + std::to_string(i)), qualifiers});
      },
      limits::kMaxPolicies);
  out.push_back(with_extension("as many policies and qualifiers as are allowed",
                               {"2.5.29.32", false, element(0x30, policies)}, Code::unknown_ca));
  out.push_back(with_extension("purposes", {"2.5.29.37", false, element(0x30, repeated(oid("1.2.3"), kSize))},
                               Code::certificate_too_complex));
  out.push_back(with_extension("one long identifier",
                               {"2.5.29.37", false, element(0x30, element(0x06, Der(kSize, 0x81)))},
                               Code::certificate_too_complex));
  Der nested;
  for (int depth = 0; depth < 20000; ++depth) nested.insert(nested.end(), {0x30, 0x80});  // BER, indefinite lengths
  out.push_back(with_extension("indefinite lengths", {"2.5.29.17", false, nested}, Code::bad_certificate));
  Raw many{.issuer = root_name(), .subject = distinguished_name("leaf"), .extensions = {}};
  for (int i = 0; i < 6000; ++i) many.extensions.push_back({"1.2.3." + std::to_string(i), false, {}});
  out.push_back({"extensions", root_pem(), {many.make()}, Code::certificate_too_complex});
}

void add_names(std::vector<HostileChain>& out) {
  for (const bool one_rdn : {false, true}) {
    Raw leaf{.issuer = numbered_name(6000, one_rdn), .subject = distinguished_name("leaf"), .extensions = {}};
    out.push_back({one_rdn ? "an RDN of many attributes" : "a name of many RDNs",
                   root_pem(),
                   {leaf.make()},
                   Code::certificate_too_complex});
  }
  // Names that differ at their end alone, in as many certificates as are looked at.
  HostileChain alike{"names alike but for their ends", root_pem(), {}, Code::path_too_long};
  for (std::uint32_t i = 0; i < 64; ++i)
    alike.chain.push_back(Raw{.issuer = numbered_name(40, false, "i" + std::to_string(i + 1)),
                              .subject = numbered_name(40, false, "i" + std::to_string(i)),
                              .extensions = {is_ca()},
                              .serial = i + 1}
                              .make());
  out.push_back(std::move(alike));
}

/// A name of one attribute, an X with characters behind it that are dropped when names are compared (RFC 4518 §2.2).
Der padded_name(std::size_t padding) {
  const std::string text = "X" + std::string(padding, '\x80');
  return der::sequence({der::set({der::sequence({der::oid("2.5.4.3"), der::element(0x14, as_bytes(text))})})});
}

/// 56 paths to the root that are not its own, each through authorities whose long names are equal and differ in octets.
HostileChain refolding() {
  const KeyPtr any = test::key(KeyType::ecdsa_p256, 4);
  HostileChain out{"paths through names that fold to the same", root_pem(), {}, Code::certificate_too_complex};
  const Der short_name = padded_name(0);
  out.chain.push_back(
      Raw{.issuer = short_name, .subject = distinguished_name("leaf"), .extensions = {}, .key = any, .signer = any}
          .make());
  std::uint32_t serial = 1;
  for (int i = 0; i < 7; ++i)
    out.chain.push_back(Raw{.issuer = padded_name(7700),
                            .subject = padded_name(7701),
                            .extensions = {is_ca()},
                            .key = any,
                            .signer = any,
                            .serial = ++serial}
                            .make());
  for (int i = 0; i < 56; ++i)
    out.chain.push_back(Raw{.issuer = root_name(),
                            .subject = short_name,
                            .extensions = {is_ca()},
                            .key = any,
                            .signer = any,
                            .serial = ++serial}
                            .make());
  return out;
}

/// As many names as there can be, each one set of attributes that is sorted to be compared.
HostileChain sorted_sets() {
  HostileChain out{"names of one sorted set each", root_pem(), {}, Code::unknown_ca};
  const auto name = [](std::uint32_t salt) {
    Der attributes;
    for (std::size_t i = 0; i < limits::kMaxNameAttributes; ++i) {
      const Der text = {static_cast<std::uint8_t>(0xC0 + (64 - i) * 5 % 30),
                        static_cast<std::uint8_t>(0x41 + salt % 26)};
      const Der one = der::sequence(
          {der::oid("2.5.4.3"), der::element(0x14, i == 0 ? Der{static_cast<std::uint8_t>(salt), 0x41} : text)});
      attributes.insert(attributes.end(), one.begin(), one.end());
    }
    return der::element(0x30, der::element(0x31, attributes));
  };
  for (std::uint32_t i = 0; i < 64; ++i)
    out.chain.push_back(
        Raw{.issuer = name(2 * i + 33), .subject = name(2 * i + 34), .extensions = {}, .serial = i + 1}.make());
  return out;
}

/// Constraints above two certificates, in the form that costs most to read.
HostileChain read_twice(std::string name, const Der& base, std::size_t bytes, Code expected) {
  const KeyPtr top = test::key(KeyType::ecdsa_p256, 3), below = test::key(KeyType::ecdsa_p256, 5);
  const Der trees = der::explicitly(1, repeated(subtree(base), bytes));
  const Raw ca{.issuer = root_name(),
               .subject = distinguished_name("CA"),
               .extensions = {is_ca(), {"2.5.29.30", true, der::element(0x30, trees)}},
               .key = top,
               .signer = root_key()};
  const Raw sub{.issuer = distinguished_name("CA"),
                .subject = distinguished_name("Sub"),
                .extensions = {is_ca()},
                .key = below,
                .signer = top};
  const Raw leaf{
      .issuer = distinguished_name("Sub"), .subject = distinguished_name("leaf"), .extensions = {}, .signer = below};
  return {std::move(name), root_pem(), {leaf.make(), sub.make(), ca.make()}, expected};
}

void add_attackers_chains(std::vector<HostileChain>& out) {
  using namespace der;
  out.push_back(refolding());
  out.push_back(sorted_sets());
  Der attributes;
  for (std::size_t i = 0; i < limits::kMaxNameAttributes; ++i) {
    const Der one = sequence({oid("2.5.4.3"), element(0x14, Der{0xD7, static_cast<std::uint8_t>(0xF0 - i)})});
    attributes.insert(attributes.end(), one.begin(), one.end());
  }
  const Der sets = explicitly(4, element(0x30, element(0x31, attributes)));
  const Der latin = explicitly(4, sequence({set({sequence({oid("2.5.4.3"), element(0x14, Der(1000, 0xD7))})})}));
  // As much as is read for two certificates, and more than that. No name is excluded, but the leaf's is another.
  constexpr std::size_t kTwice = limits::kMaxConstraintOctets * 4 / 10;
  out.push_back(read_twice("constraints on sets, read twice", sets, kTwice, Code::name_mismatch));
  out.push_back(read_twice("constraints on Latin-1 names, read twice", latin, kTwice, Code::name_mismatch));
  out.push_back(read_twice("constraints on mailboxes, read twice", implicitly(1, as_bytes("a")), kTwice / 4,
                           Code::name_mismatch));
  out.push_back(
      read_twice("more constraints than are read", sets, limits::kMaxConstraintOctets, Code::certificate_too_complex));
}

void add_mazes(std::vector<HostileChain>& out) {
  const KeyPtr any = test::key(KeyType::ecdsa_p256, 4);
  HostileChain one_name{"a maze of one name", root_pem(), {}, Code::certificate_too_complex};
  for (std::uint32_t i = 0; i < 64; ++i)
    one_name.chain.push_back(Raw{.issuer = numbered_name(38, false),
                                 .subject = i == 0 ? distinguished_name("leaf") : numbered_name(38, false),
                                 .extensions = {is_ca()},
                                 .key = any,
                                 .signer = any,
                                 .serial = i + 1}
                                 .make());
  out.push_back(std::move(one_name));
  HostileChain forged{"a maze under the root's name", root_pem(), {}, Code::certificate_too_complex};
  for (std::uint32_t i = 0; i < 64; ++i)
    forged.chain.push_back(Raw{.issuer = root_name(),
                               .subject = i == 0 ? distinguished_name("leaf") : root_name(),
                               .extensions = {is_ca()},
                               .key = any,
                               .signer = any,
                               .serial = i + 1}
                               .make());
  out.push_back(std::move(forged));
  const Der same = Raw{.issuer = numbered_name(50, false), .subject = numbered_name(5, false), .extensions = {}}.make();
  out.push_back({"duplicates", root_pem(), std::vector<Der>(64, same), Code::unknown_ca});
  // Ten long, and the last signature is wrong: nine are verified in vain.
  HostileChain line{"a long path with a forged leaf", root_pem(), {}, Code::bad_certificate_signature};
  std::vector<Der> up;
  for (std::uint32_t i = 0; i < 8; ++i)
    up.push_back(Raw{.issuer = i == 0 ? root_name() : distinguished_name("CA " + std::to_string(i - 1)),
                     .subject = distinguished_name("CA " + std::to_string(i)),
                     .extensions = {is_ca()},
                     .key = any,
                     .signer = i == 0 ? root_key() : any,
                     .serial = i + 1}
                     .make());
  Der leaf =
      Raw{.issuer = distinguished_name("CA 7"), .subject = distinguished_name("leaf"), .extensions = {}, .signer = any}
          .make();
  leaf.back() ^= 0x01;
  line.chain.push_back(leaf);
  line.chain.insert(line.chain.end(), up.rbegin(), up.rend());
  out.push_back(std::move(line));
}

void add_constraints(std::vector<HostileChain>& out) {
  using namespace der;
  constexpr std::size_t kHalf = kMessage / 2 - 4096;
  const auto number = [](std::size_t i) { return std::to_string(100000 + i); };
  constexpr std::size_t kMost = limits::kMaxCertificateNames;
  const Der dns_names = numbered(kHalf, [&](std::size_t i) { return dns("n" + number(i) + ".example.com"); }, kMost);
  const Der dns_trees = numbered(kHalf, [&](std::size_t i) { return subtree(dns("n" + number(i) + ".example.org")); });
  out.push_back(
      constrained("more DNS constraints than are compared", {}, dns_trees, dns_names, Code::certificate_too_complex));
  const auto directory = [&](std::size_t i) {
    return explicitly(
        4, sequence({set({attribute("2.5.4.10", "Organization")}), set({attribute("2.5.4.11", number(i))})}));
  };
  out.push_back(constrained(
      "more directory constraints than are compared", {},
      numbered(kHalf, [&](std::size_t i) { return subtree(directory(i)); }),
      numbered(kHalf, [&](std::size_t i) { return directory(500000 + i); }, kMost), Code::certificate_too_complex));
  out.push_back(constrained(
      "more e-mail constraints than are compared", {},
      numbered(kHalf,
               [&](std::size_t i) { return subtree(implicitly(1, as_bytes("m" + number(i) + "@example.com"))); }),
      numbered(
          kHalf, [&](std::size_t i) { return implicitly(1, as_bytes("n" + number(i) + "@example.com")); }, kMost),
      Code::certificate_too_complex));
  out.push_back(constrained(
      "more URI constraints than are compared", {},
      numbered(kHalf,
               [&](std::size_t i) { return subtree(implicitly(6, as_bytes("u" + number(i) + ".example.com"))); }),
      numbered(
          kHalf, [&](std::size_t i) { return implicitly(6, as_bytes("https://v" + number(i) + ".example.com/")); },
          kMost),
      Code::certificate_too_complex));
  const auto bytes_of = [](std::size_t i) {
    return Der{10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
  };
  out.push_back(constrained(
      "more address constraints than are compared", {},
      numbered(kHalf, [&](std::size_t i) { return subtree(implicitly(7, concat({bytes_of(i), Der(4, 0xFF)}))); }),
      numbered(
          kHalf, [&](std::size_t i) { return implicitly(7, concat({Der{11}, Der(3, static_cast<std::uint8_t>(i))})); },
          kMost),
      Code::certificate_too_complex));
  // Nearly as many octets as one verify() reads; each small constraint counts for more than its own.
  constexpr std::size_t kRead = limits::kMaxConstraintOctets * 45 / 100;
  out.push_back(constrained("one directory constraint against a long subject", {},
                            subtree(explicitly(4, long_name(kRead, "y"))), {}, Code::name_mismatch,
                            long_name(kRead, "z")));
  out.push_back(constrained("directory constraints against a long subject", {},
                            numbered(kRead * 3 / 4, [&](std::size_t i) { return subtree(directory(i)); }), {},
                            Code::name_mismatch, long_name(kRead)));
}

// As many comparisons as one verify() makes, and most of the octets that it reads: authorities in a row, each with
// constraints that the leaf's names pass all.
constexpr std::size_t kAuthorities = 1, kTrees = 512, kNames = 512;
static_assert(kAuthorities * kTrees * kNames == limits::kMaxNameComparisons);

template <class MakeName, class MakeBase>
HostileChain at_the_bound(std::string name, MakeName&& name_of, MakeBase&& base_of, std::size_t names = kNames,
                          Code expected = Code::name_mismatch) {
  const KeyPtr ca_key = test::key(KeyType::ecdsa_p256, 3);
  const auto called = [](std::size_t i) {
    return i == 0 ? root_name() : distinguished_name("CA " + std::to_string(i));
  };
  HostileChain out{std::move(name), root_pem(), {}, expected};
  for (std::size_t i = kAuthorities; i > 0; --i) {
    const Der trees = numbered(kMessage, [&](std::size_t j) { return subtree(base_of(i * kTrees + j)); }, kTrees);
    const Der constraints = der::element(0x30, der::explicitly(1, trees));
    out.chain.push_back(Raw{.issuer = called(i - 1),
                            .subject = called(i),
                            .extensions = {is_ca(), {"2.5.29.30", true, constraints}},
                            .key = ca_key,
                            .signer = i == 1 ? root_key() : ca_key}
                            .make());
  }
  const Raw leaf{.issuer = called(kAuthorities),
                 .subject = der::element(0x30, {}),
                 .extensions = {alternative_names(numbered(kMessage, name_of, names))},
                 .signer = ca_key};
  out.chain.insert(out.chain.begin(), leaf.make());
  return out;
}

/// Names differ from constraints in one label or attribute; what both have in common is as long as fits.
void add_bounds(std::vector<HostileChain>& out) {
  using namespace der;
  const auto number = [](std::size_t i) { return std::to_string(100000 + i); };
  const auto labels = [](std::size_t many) {
    std::string text;
    while (many-- > 0) text += ".a";
    return text;
  };
  const std::string in_name = labels(33), in_base = labels(26), in_uri = labels(29);
  const auto name = [&](std::size_t i) { return dns("n" + number(i) + in_name); };
  const auto base = [&](std::size_t i) { return dns("b" + number(i) + in_base); };
  out.push_back(at_the_bound("DNS, at the bound", name, base));
  out.push_back(at_the_bound("DNS, one name beyond", name, base, kNames + 1, Code::certificate_too_complex));
  out.push_back(at_the_bound(
      "wildcards, at the bound", [&](std::size_t i) { return dns("*.n" + number(i) + in_uri); },
      [&](std::size_t i) { return dns("b.b" + number(i) + in_uri); }));
  const auto mail = [&](const std::string& text) { return implicitly(1, as_bytes(text)); };
  const auto mailbox = [&](std::size_t i) { return mail("n" + number(i) + '@' + in_uri.substr(1)); };
  out.push_back(at_the_bound("mailboxes, at the bound", mailbox,
                             [&](std::size_t i) { return mail("b" + number(i) + '@' + in_uri.substr(1)); }));
  const auto domain = [&](std::size_t i) { return ".b" + number(i) + in_base; };
  out.push_back(at_the_bound(
      "domains of mailboxes, at the bound", [&](std::size_t i) { return mail("x@n" + number(i) + in_uri); },
      [&](std::size_t i) { return mail(domain(i)); }));
  const auto other = [](const std::string& type, const Der& value) {
    return explicitly(0, concat({oid(type), explicitly(0, value)}));
  };
  out.push_back(at_the_bound(
      "SmtpUTF8Mailboxes, at the bound",
      [&](std::size_t i) { return other("1.3.6.1.5.5.7.8.9", utf8("n" + number(i) + '@' + in_base.substr(1))); },
      [&](std::size_t i) { return mail("b" + number(i) + '@' + in_base.substr(1)); }));
  out.push_back(at_the_bound(
      "URI, at the bound", [&](std::size_t i) { return implicitly(6, as_bytes("a://n" + number(i) + in_uri)); },
      [&](std::size_t i) { return implicitly(6, as_bytes(domain(i))); }));
  const auto directory = [&](const std::string& last) {
    const Der common = set({attribute("2.5.4.10", "a")});
    return explicitly(4, sequence({common, common, common, set({attribute("2.5.4.11", last)})}));
  };
  // The subjects of the authorities are names of this form, too.
  out.push_back(at_the_bound(
      "directory, at the bound", [&](std::size_t i) { return directory("n" + number(i)); },
      [&](std::size_t i) { return directory("b" + number(i)); }, kNames - (kAuthorities - 1) / 2 - 1));
  const auto address = [](std::uint8_t first, std::size_t i) {
    Der octets(16, first);
    octets[14] = static_cast<std::uint8_t>(i >> 8), octets[15] = static_cast<std::uint8_t>(i);
    return octets;
  };
  out.push_back(at_the_bound(
      "addresses, at the bound", [&](std::size_t i) { return implicitly(7, address(0x20, i)); },
      [&](std::size_t i) { return implicitly(7, concat({address(0x21, i), Der(16, 0xFF)})); }));
  std::string arcs = "1.3.6.1.4.1";
  for (int i = 0; i < 9; ++i) arcs += ".268435455";
  out.push_back(at_the_bound(
      "types of otherNames, at the bound", [&](std::size_t i) { return other(arcs + '.' + number(i), utf8("x")); },
      [&](std::size_t i) { return other(arcs + '.' + number(900000 + i), utf8("x")); }));
}

/// Policies that are mapped from authority to authority, as many as are allowed, with long identifiers.
void add_policies(std::vector<HostileChain>& out) {
  using namespace der;
  constexpr std::size_t kLevels = 8;
  std::string arcs = "1.2";
  for (int i = 0; i < 13; ++i) arcs += ".268435455";
  const auto policy = [&](std::size_t level, std::size_t i) {
    return oid(arcs + '.' + std::to_string(100 * level + i));
  };
  const auto extension = [&](std::size_t level) {
    const Der all =
        numbered(kMessage, [&](std::size_t i) { return sequence({policy(level, i)}); }, limits::kMaxPolicies);
    return Extension{"2.5.29.32", true, element(0x30, all)};
  };
  const auto mappings = [&](std::size_t level) {
    const Der all = numbered(
        kMessage, [&](std::size_t i) { return sequence({policy(level, i), policy(level + 1, i)}); },
        limits::kMaxPolicies);
    return Extension{"2.5.29.33", true, element(0x30, all)};
  };
  const Extension demanded{"2.5.29.36", true, sequence({implicitly(0, Der{0})})};  // requireExplicitPolicy at once
  const KeyPtr any = test::key(KeyType::ecdsa_p256, 4);
  const auto called = [](std::size_t i) {
    return i == 0 ? root_name() : distinguished_name("CA " + std::to_string(i));
  };
  HostileChain path{"policies that are mapped eight times", root_pem(), {}, Code::name_mismatch};
  path.chain.push_back(Raw{.issuer = called(kLevels),
                           .subject = distinguished_name("leaf"),
                           .extensions = {extension(kLevels)},
                           .signer = any}
                           .make());
  for (std::size_t i = kLevels; i > 0; --i)
    path.chain.push_back(Raw{.issuer = called(i - 1),
                             .subject = called(i),
                             .extensions = {is_ca(), extension(i - 1), mappings(i - 1), demanded},
                             .key = any,
                             .signer = i == 1 ? root_key() : any}
                             .make());
  out.push_back(std::move(path));
}

}  // namespace

std::vector<HostileChain> hostile_chains() {
  std::vector<HostileChain> out;
  add_extensions(out);
  add_names(out);
  add_mazes(out);
  add_constraints(out);
  add_attackers_chains(out);
  add_bounds(out);
  add_policies(out);
  return out;
}

}  // namespace tls::test
