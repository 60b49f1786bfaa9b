#include "factory/certificates.h"

#include <arpa/inet.h>
#include <sodium.h>

#include <array>
#include <stdexcept>

#include "factory/fields.h"
#include "pki/pem.h"

namespace sallyport {
namespace {

using namespace der;

Der parse_address(const std::string& text) {
  Der out(16);
  if (inet_pton(AF_INET, text.c_str(), out.data()) == 1) {
    out.resize(4);
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  throw std::invalid_argument("not an address: " + text);
}

/// "192.0.2.0/24" as address and mask (RFC 5280 §4.2.1.10).
Der parse_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  Der out = parse_address(text.substr(0, slash));
  const std::size_t size = out.size(), bits = std::stoul(text.substr(slash + 1));
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t set = bits <= 8 * i ? 0 : std::min<std::size_t>(8, bits - 8 * i);
    out.push_back(static_cast<std::uint8_t>(0xFF00 >> set));
  }
  return out;
}

void append(Der& out, const Der& part) { out.insert(out.end(), part.begin(), part.end()); }

Der subject_alt_name(const CertificateSpec& spec) {
  Der names;
  for (const std::string& name : spec.dns_names) append(names, implicitly(2, tls::as_bytes(name)));
  for (const std::string& address : spec.addresses) append(names, implicitly(7, parse_address(address)));
  return element(0x30, names);
}

Der subtrees(const std::vector<std::string>& dns, const std::vector<std::string>& addresses) {
  Der out;
  for (const std::string& name : dns) append(out, sequence({implicitly(2, tls::as_bytes(name))}));
  for (const std::string& network : addresses) append(out, sequence({implicitly(7, parse_network(network))}));
  return out;
}

Der name_constraints(const NameConstraints& constraints) {
  const Der permitted = subtrees(constraints.permitted_dns, constraints.permitted_addresses);
  const Der excluded = subtrees(constraints.excluded_dns, constraints.excluded_addresses);
  Der out;
  if (!permitted.empty()) append(out, explicitly(0, permitted));
  if (!excluded.empty()) append(out, explicitly(1, excluded));
  return element(0x30, out);
}

Der key_usage(const KeyUsageBits& usage) {
  const unsigned bits = (usage.digital_signature ? 0x80u : 0) | (usage.key_encipherment ? 0x20u : 0) |
                        (usage.key_cert_sign ? 0x04u : 0) | (usage.crl_sign ? 0x02u : 0);
  std::uint8_t unused = 0;
  while (unused < 7 && (bits >> unused & 1) == 0) ++unused;
  const auto octet = static_cast<std::uint8_t>(bits);
  return bit_string({&octet, 1}, unused);
}

/// RFC 7093 §2: the first 160 bits of SHA-256 over the key.
Der key_identifier(const Key& key) {
  Der digest(crypto_hash_sha256_BYTES);
  const Der bits = key.public_bits();
  crypto_hash_sha256(digest.data(), bits.data(), bits.size());
  digest.resize(20);
  return digest;
}

std::vector<ExtensionField> extensions(const CertificateSpec& spec, const Key& subject_key, const Key& issuer_key) {
  std::vector<Extension> list;
  if (spec.ca) {
    Der fields = *spec.ca ? boolean(true) : Der{};
    if (spec.path_length) append(fields, integer(*spec.path_length));
    list.push_back({"2.5.29.19", true, element(0x30, fields)});
  }
  if (spec.key_usage) list.push_back({"2.5.29.15", true, key_usage(*spec.key_usage)});
  if (!spec.extended_key_usage.empty()) {
    Der purposes;
    for (const std::string& purpose : spec.extended_key_usage) append(purposes, oid(purpose));
    list.push_back({"2.5.29.37", false, element(0x30, purposes)});
  }
  if (!spec.dns_names.empty() || !spec.addresses.empty()) list.push_back({"2.5.29.17", false, subject_alt_name(spec)});
  if (spec.name_constraints)
    list.push_back({"2.5.29.30", spec.name_constraints->critical, name_constraints(*spec.name_constraints)});
  if (spec.key_identifiers) {
    list.push_back({"2.5.29.14", false, octet_string(key_identifier(subject_key))});
    list.push_back({"2.5.29.35", false, sequence({implicitly(0, key_identifier(issuer_key))})});
  }
  list.insert(list.end(), spec.extra.begin(), spec.extra.end());
  std::vector<ExtensionField> out;
  for (const Extension& e : list) out.push_back({oid(e.oid), e.critical ? boolean(true) : Der{}, e.value});
  return out;
}

Der serial_number(const CertificateSpec& spec) {
  if (spec.serial) return integer(*spec.serial);
  std::array<std::uint8_t, 16> random{};
  randombytes_buf(random.data(), random.size());
  random[0] = static_cast<std::uint8_t>((random[0] & 0x7F) | 0x40);
  return integer(tls::Bytes(random));
}

Issued sign(const CertificateSpec& spec, KeyPtr key, const std::string& issuer_name, const Key& issuer_key) {
  Issued issued{spec, std::move(key), {}, serial_number(spec)};
  const CertificateFields fields =
      fields_of(spec, *issued.key, distinguished_name(issuer_name), issuer_key, issued.serial);
  issued.certificate = sealed(fields.tbs(), fields.outer_algorithm, issuer_key, spec.hash, spec.pss, spec.pss_salt);
  return issued;
}

}  // namespace

CertificateFields fields_of(const CertificateSpec& spec, const Key& key, Der issuer_name, const Key& issuer_key,
                            Der serial) {
  const Der algorithm = issuer_key.signature_algorithm(spec.hash, spec.pss, spec.pss_salt);
  return {.version = explicitly(0, integer(2)),
          .serial = std::move(serial),
          .algorithm = algorithm,
          .issuer = std::move(issuer_name),
          .not_before = time(spec.not_before),
          .not_after = time(spec.not_after),
          .subject = distinguished_name(spec.common_name),
          .spki = key.spki(),
          .unique_ids = {},
          .extensions = extensions(spec, key, issuer_key),
          .extensions_element = {},
          .outer_algorithm = algorithm};
}

CertificateSpec authority(std::string common_name, std::optional<std::uint32_t> path_length) {
  CertificateSpec spec;
  spec.common_name = std::move(common_name);
  spec.ca = true;
  spec.path_length = path_length;
  spec.key_usage = KeyUsageBits{.digital_signature = true, .key_cert_sign = true, .crl_sign = true};
  return spec;
}

CertificateSpec server_leaf(std::string common_name, std::vector<std::string> dns_names,
                            std::vector<std::string> addresses) {
  CertificateSpec spec;
  spec.common_name = std::move(common_name);
  spec.dns_names = std::move(dns_names);
  spec.addresses = std::move(addresses);
  spec.ca = false;
  spec.key_usage = KeyUsageBits{.digital_signature = true};
  spec.extended_key_usage = {kServerAuth};
  return spec;
}

CertificateSpec client_leaf(std::string common_name) {
  CertificateSpec spec = server_leaf(std::move(common_name), {});
  spec.extended_key_usage = {kClientAuth};
  return spec;
}

std::string to_pem(const std::string& label, const Der& bytes) { return tls::pki::to_pem(label, bytes); }
std::string Issued::pem() const { return to_pem("CERTIFICATE", certificate); }
std::string Issued::key_pem() const { return to_pem("PRIVATE KEY", key->pkcs8()); }

Der distinguished_name(const std::string& common_name) {
  return sequence({set({sequence({oid("2.5.4.3"), utf8(common_name)})})});
}

Issued self_signed(const CertificateSpec& spec, KeyPtr key) {
  const KeyPtr issuer = key;
  return sign(spec, std::move(key), spec.common_name, *issuer);
}

Issued issue(const Issued& issuer, const CertificateSpec& spec, KeyPtr key) {
  return sign(spec, std::move(key), issuer.spec.common_name, *issuer.key);
}

}  // namespace sallyport
