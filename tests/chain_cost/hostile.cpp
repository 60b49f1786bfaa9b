#include "chain_cost/hostile.h"

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
/// Name of `bytes` bytes: RDNs of one attribute each, or one RDN of all.
Der long_name(std::size_t bytes, bool one_rdn, const std::string& tail = "x") {
  Der attributes;
  for (std::size_t i = 0; attributes.size() < bytes; ++i) {
    const Der one = attribute("2.5.4.3", "n" + std::to_string(100000 + i));
    const Der whole = one_rdn ? one : der::set({one});
    attributes.insert(attributes.end(), whole.begin(), whole.end());
  }
  const Der last = der::set({attribute("2.5.4.10", tail)});
  const Der all = one_rdn ? der::concat({der::element(0x31, attributes), last}) : der::concat({attributes, last});
  return der::element(0x30, all);
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
HostileChain with_extension(std::string name, Extension extension) {
  const Issued other = self_signed(authority("Other"), test::key(KeyType::ecdsa_p256, 2));
  Raw leaf{.issuer = distinguished_name("Other"),
           .subject = distinguished_name("leaf"),
           .extensions = {std::move(extension)}};
  HostileChain out{std::move(name), root_pem(), {leaf.make()}};
  out.chain.insert(out.chain.end(), 8, other.certificate);
  return out;
}

/// A chain that is rightly signed: root, an authority with `constraints`, a leaf with `names`.
HostileChain constrained(std::string name, const Der& permitted, const Der& excluded, const Der& names,
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
  return {std::move(name), root_pem(), {leaf.make(), ca.make()}};
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
  out.push_back(with_extension("issuer alternative names", {"2.5.29.18", false, element(0x30, names)}));
  out.push_back(with_extension("too many alternative names", alternative_names(names)));
  out.push_back(with_extension("as many alternative names as are allowed", alternative_names(allowed)));
  const Der point = sequence({explicitly(0, explicitly(0, implicitly(6, as_bytes("h"))))});
  out.push_back(with_extension("CRL distribution points", {"2.5.29.31", false, element(0x30, repeated(point, kSize))}));
  out.push_back(
      with_extension("policies", {"2.5.29.32", false, element(0x30, repeated(sequence({oid("1.2.3")}), kSize))}));
  out.push_back(with_extension("purposes", {"2.5.29.37", false, element(0x30, repeated(oid("1.2.3"), kSize))}));
  out.push_back(
      with_extension("one long identifier", {"2.5.29.37", false, element(0x30, element(0x06, Der(kSize, 0x81)))}));
  Der nested;
  for (int depth = 0; depth < 20000; ++depth) nested.insert(nested.end(), {0x30, 0x80});  // BER, indefinite lengths
  out.push_back(with_extension("indefinite lengths", {"2.5.29.18", false, nested}));
  Raw many{.issuer = root_name(), .subject = distinguished_name("leaf"), .extensions = {}};
  for (int i = 0; i < 6000; ++i) many.extensions.push_back({"1.2.3." + std::to_string(i), false, {}});
  out.push_back({"extensions", root_pem(), {many.make()}});
}

void add_names(std::vector<HostileChain>& out) {
  for (const bool one_rdn : {false, true}) {
    Raw leaf{.issuer = long_name(kMessage - 4096, one_rdn), .subject = distinguished_name("leaf"), .extensions = {}};
    out.push_back({one_rdn ? "an RDN of many attributes" : "a name of many RDNs", root_pem(), {leaf.make()}});
  }
  // Names that differ at their end alone, in as many certificates as are looked at.
  HostileChain alike{"names alike but for their ends", root_pem(), {}};
  for (std::uint32_t i = 0; i < 64; ++i)
    alike.chain.push_back(Raw{.issuer = long_name(750, false, "i" + std::to_string(i + 1)),
                              .subject = long_name(750, false, "i" + std::to_string(i)),
                              .extensions = {is_ca()},
                              .serial = i + 1}
                              .make());
  out.push_back(std::move(alike));
}

void add_mazes(std::vector<HostileChain>& out) {
  const KeyPtr any = test::key(KeyType::ecdsa_p256, 4);
  HostileChain one_name{"a maze of one name", root_pem(), {}};
  for (std::uint32_t i = 0; i < 64; ++i)
    one_name.chain.push_back(Raw{.issuer = long_name(700, false),
                                 .subject = i == 0 ? distinguished_name("leaf") : long_name(700, false),
                                 .extensions = {is_ca()},
                                 .key = any,
                                 .signer = any,
                                 .serial = i + 1}
                                 .make());
  out.push_back(std::move(one_name));
  HostileChain forged{"a maze under the root's name", root_pem(), {}};
  for (std::uint32_t i = 0; i < 64; ++i)
    forged.chain.push_back(Raw{.issuer = root_name(),
                               .subject = i == 0 ? distinguished_name("leaf") : root_name(),
                               .extensions = {is_ca()},
                               .key = any,
                               .signer = any,
                               .serial = i + 1}
                               .make());
  out.push_back(std::move(forged));
  const Der same = Raw{.issuer = long_name(1500, false), .subject = long_name(100, false), .extensions = {}}.make();
  out.push_back({"duplicates", root_pem(), std::vector<Der>(64, same)});
  // Ten long, and the last signature is wrong: nine are verified in vain.
  HostileChain line{"a long path with a forged leaf", root_pem(), {}};
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
  out.push_back(constrained("DNS constraints", {}, dns_trees, dns_names));
  const auto directory = [&](std::size_t i) {
    return explicitly(
        4, sequence({set({attribute("2.5.4.10", "Organization")}), set({attribute("2.5.4.11", number(i))})}));
  };
  out.push_back(constrained("directory constraints", {},
                            numbered(kHalf, [&](std::size_t i) { return subtree(directory(i)); }),
                            numbered(kHalf, [&](std::size_t i) { return directory(500000 + i); }, kMost)));
  out.push_back(constrained(
      "e-mail constraints", {},
      numbered(kHalf,
               [&](std::size_t i) { return subtree(implicitly(1, as_bytes("m" + number(i) + "@example.com"))); }),
      numbered(
          kHalf, [&](std::size_t i) { return implicitly(1, as_bytes("n" + number(i) + "@example.com")); }, kMost)));
  out.push_back(constrained(
      "URI constraints", {},
      numbered(kHalf,
               [&](std::size_t i) { return subtree(implicitly(6, as_bytes("u" + number(i) + ".example.com"))); }),
      numbered(
          kHalf, [&](std::size_t i) { return implicitly(6, as_bytes("https://v" + number(i) + ".example.com/")); },
          kMost)));
  const auto bytes_of = [](std::size_t i) {
    return Der{10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
  };
  out.push_back(constrained(
      "address constraints", {},
      numbered(kHalf, [&](std::size_t i) { return subtree(implicitly(7, concat({bytes_of(i), Der(4, 0xFF)}))); }),
      numbered(
          kHalf, [&](std::size_t i) { return implicitly(7, concat({Der{11}, Der(3, static_cast<std::uint8_t>(i))})); },
          kMost)));
  out.push_back(constrained("one directory constraint against a long subject", {},
                            subtree(explicitly(4, long_name(kHalf, false, "y"))), {}, long_name(kHalf, false, "z")));
  out.push_back(constrained("directory constraints against a long subject", {},
                            numbered(kHalf, [&](std::size_t i) { return subtree(directory(i)); }), {},
                            long_name(kHalf, false)));
}

}  // namespace

std::vector<HostileChain> hostile_chains() {
  std::vector<HostileChain> out;
  add_extensions(out);
  add_names(out);
  add_mazes(out);
  add_constraints(out);
  return out;
}

}  // namespace tls::test
