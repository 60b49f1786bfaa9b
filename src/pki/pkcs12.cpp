#include "pki/pkcs12.h"

#include <algorithm>
#include <optional>

#include "base/constant_time.h"
#include "crypto/der.h"
#include "crypto/password.h"
#include "pki/certificate.h"
#include "pki/der_file.h"
#include "pki/encrypted_key.h"
#include "pki/oids.h"
#include "pki/password_encryption.h"

namespace tls::pki {
namespace {

namespace der = crypto::der;
using crypto::DerReader;
using crypto::PasswordHash;

constexpr std::pair<std::string_view, PasswordHash> kHashes[] = {
    {oid::kSha1, PasswordHash::sha1},     {oid::kSha224, PasswordHash::sha224}, {oid::kSha256, PasswordHash::sha256},
    {oid::kSha384, PasswordHash::sha384}, {oid::kSha512, PasswordHash::sha512},
};

/// MacData (RFC 7292 §4, RFC 9579 §5) taken apart.
struct Mac {
  PasswordHash hash = PasswordHash::sha1;  // of the HMAC
  Derivation derivation;                   // of its key
  Bytes tag;
};

class Reader12 {
 public:
  Reader12(std::string where, PasswordAsker& asker) : where_(std::move(where)), asker_(asker) {}

  Result<Pkcs12> read(Bytes pfx);

 private:
  struct Bag {
    Bytes id, value, local_key;  // the value is the whole element inside of [0]
    std::string where;
  };

  [[nodiscard]] std::unexpected<Error> refused(const std::string& where, std::string_view words) const {
    return fail(Code::bad_key_file, where + ": " + std::string(words));
  }
  [[nodiscard]] std::unexpected<Error> malformed(const std::string& where, std::string_view what) const {
    return refused(where, "its " + std::string(what) +
                              " is not the DER of PKCS#12 (RFC 7292): is it damaged? Where it is BER, " +
                              std::string(kConvertPkcs12));
  }
  /// An error of a lower room, with the place.
  [[nodiscard]] std::unexpected<Error> at(const std::string& where, const Error& error) const {
    return std::unexpected(Error(error.code(), where + ": " + words_of(error)));
  }
  Result<void> count(const std::string& where);

  Result<Mac> parse_mac(Bytes mac_data) const;
  Result<Mac> parse_pbmac1(DerReader algorithm, Bytes tag) const;
  Result<void> check_mac(Bytes mac_data, Bytes contents);
  Result<bool> has_tag(const Mac& mac, Bytes password, bool absent, Bytes contents) const;

  Result<void> read_safes(Bytes authenticated_safe);
  Result<void> read_encrypted(DerReader content, const std::string& where);
  Result<void> read_bags(Bytes safe_contents, unsigned depth);
  Result<void> read_bag(const Bag& bag, unsigned depth);
  Result<Bag> parse_bag(Bytes element) const;
  Result<void> take_key(PemBlock key, const Bag& bag);
  Result<void> take_certificate(const Bag& bag);

  const std::string where_;
  PasswordAsker& asker_;
  Pkcs12 out_;
  std::size_t items_ = 0, bags_ = 0, keys_ = 0;
  std::vector<std::uint8_t> key_mark_;            // localKeyId of the key
  std::vector<std::vector<std::uint8_t>> marks_;  // and of the certificates
};

Result<void> Reader12::count(const std::string& where) {
  if (++items_ > limits::kMaxPkcs12Items)
    return refused(where, "it has more contents and bags than the limit of " + std::to_string(limits::kMaxPkcs12Items));
  return {};
}

/// The octets of a ContentInfo of type Data: [0] EXPLICIT OCTET STRING.
std::optional<Bytes> data_octets(DerReader& content) {
  DerReader wrapped(content.take(der::context_constructed(0)).value);
  const Bytes octets = wrapped.take(der::kOctetString).value;
  return content.done() && wrapped.done() ? std::optional(octets) : std::nullopt;
}

Result<Pkcs12> Reader12::read(Bytes pfx) {
  DerReader outer(pfx);
  DerReader fields(outer.take(der::kSequence).value);
  const std::uint32_t version = fields.small_integer();
  DerReader safe(fields.take(der::kSequence).value);
  const Bytes type = safe.take(der::kOid).value;
  if (!outer.done() || !safe.ok() || version != 3) return malformed(where_, "PFX");
  if (oid::is(type, oid::kSignedData))
    return refused(where_, "its integrity is by a public key, which is not supported: " + std::string(kConvertPkcs12));
  const auto contents = data_octets(safe);
  if (!oid::is(type, oid::kData) || !contents) return malformed(where_, "authSafe");
  const auto mac_data = fields.take_if(der::kSequence);
  if (!fields.done()) return malformed(where_, "PFX");
  if (mac_data)
    if (auto good = check_mac(mac_data->value, *contents); !good) return std::unexpected(std::move(good).error());
  if (auto all = read_safes(*contents); !all) return std::unexpected(std::move(all).error());
  if (keys_ == 0) return refused(where_, "there is no private key in it");
  // The key's own certificate is tried first as its leaf.
  for (std::size_t i = 0; i < marks_.size(); ++i)
    if (!key_mark_.empty() && marks_[i] == key_mark_) {
      std::rotate(out_.certificates.begin(), out_.certificates.begin() + static_cast<std::ptrdiff_t>(i),
                  out_.certificates.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      break;
    }
  return std::move(out_);
}

/// DigestInfo, macSalt, iterations DEFAULT 1.
Result<Mac> Reader12::parse_mac(Bytes mac_data) const {
  DerReader fields(mac_data);
  DerReader info(fields.take(der::kSequence).value);
  DerReader algorithm(info.take(der::kSequence).value);
  Mac mac;
  const Bytes id = algorithm.take(der::kOid).value;
  mac.tag = info.take(der::kOctetString).value;
  mac.derivation.function = Derivation::pkcs12;
  mac.derivation.salt = fields.take(der::kOctetString).value;
  if (fields.next_is(der::kInteger)) mac.derivation.iterations = large_number(fields);
  if (!fields.done() || !info.done() || !algorithm.ok()) return malformed(where_, "MAC");
  if (oid::is(id, oid::kPbmac1)) return parse_pbmac1(algorithm, mac.tag);
  if (const auto null = algorithm.take_if(der::kNull); null && !null->value.empty()) algorithm.fail();
  if (!algorithm.done()) return malformed(where_, "MAC");
  const auto row = std::ranges::find_if(kHashes, [&](const auto& one) { return oid::is(id, one.first); });
  if (row == std::ranges::end(kHashes))
    return refused(
        where_, "its MAC is made with " + printable(oid::text(id)) +
                    ", where SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512 are known: " + std::string(kConvertPkcs12));
  mac.hash = mac.derivation.hash = row->second;
  return mac;
}

/// RFC 9579 §5: PBMAC1-params (RFC 8018 A.5) with PBKDF2, which names the length of the key. The salt and the
/// iterations of MacData do not count.
Result<Mac> Reader12::parse_pbmac1(DerReader algorithm, Bytes tag) const {
  constexpr std::uint64_t kLeast = 20, kMost = 64;  // bytes: as many as a digest has
  DerReader fields(algorithm.take(der::kSequence).value);
  DerReader derivation(fields.take(der::kSequence).value);
  const Bytes hmac = fields.take(der::kSequence).value;
  const Bytes id = derivation.take(der::kOid).value, parameters = derivation.take(der::kSequence).whole;
  if (!algorithm.done() || !fields.done() || !derivation.done()) return malformed(where_, "MAC");
  if (!oid::is(id, oid::kPbkdf2))
    return refused(where_, "the key of its MAC is derived by " + printable(oid::text(id)) + ", where PBKDF2 is known");
  Mac mac;
  mac.tag = tag;
  const auto hash = parse_hmac(hmac);
  if (!hash) return at(where_, hash.error());
  auto parsed = parse_pbkdf2(parameters);
  if (!parsed) return at(where_, parsed.error());
  mac.hash = *hash;
  mac.derivation = *parsed;
  if (mac.derivation.key_length < kLeast || mac.derivation.key_length > kMost)
    return refused(where_, "the key of its MAC is not of 20 to 64 bytes");
  return mac;
}

Result<bool> Reader12::has_tag(const Mac& mac, Bytes password, bool absent, Bytes contents) const {
  const Derivation& d = mac.derivation;
  Result<SecretBytes> key;
  if (d.function == Derivation::pbkdf2) {
    key = crypto::pbkdf2(d.hash, password, d.salt, d.iterations, d.key_length);
  } else {
    auto wide = absent ? Result<SecretBytes>() : bmp_password(password);
    if (!wide) return std::unexpected(std::move(wide).error());
    // RFC 7292 B.4: the key is as long as the digest.
    constexpr std::size_t kLengths[] = {20, 28, 32, 48, 64};
    key = crypto::pkcs12_derive(d.hash, crypto::Pkcs12Purpose::mac, wide->expose(), d.salt, d.iterations,
                                kLengths[static_cast<std::size_t>(d.hash)]);
  }
  if (!key) return std::unexpected(std::move(key).error());
  const auto tag = crypto::hmac(mac.hash, key->expose(), contents);
  if (!tag) return std::unexpected(tag.error());
  return constant_time_equal(tag->expose(), mac.tag);
}

Result<void> Reader12::check_mac(Bytes mac_data, Bytes contents) {
  const auto mac = parse_mac(mac_data);
  if (!mac) return std::unexpected(mac.error());
  if (auto spent = asker_.spend_iterations(mac->derivation.iterations); !spent) return at(where_, spent.error());
  const auto password = asker_.password(where_);
  if (!password) return at(where_, password.error());
  auto good = has_tag(*mac, *password, false, contents);
  if (good && !*good && password->empty() && mac->derivation.function == Derivation::pkcs12) {
    if (auto spent = asker_.spend_iterations(mac->derivation.iterations); !spent) return at(where_, spent.error());
    good = has_tag(*mac, {}, true, contents);
    if (good && *good) asker_.make_absent();
  }
  if (!good) return at(where_, good.error());
  if (!*good) return refused(where_, kWrongPassword);
  return {};
}

/// AuthenticatedSafe: SEQUENCE OF ContentInfo, each Data or EncryptedData.
Result<void> Reader12::read_safes(Bytes authenticated_safe) {
  DerReader outer(authenticated_safe);
  DerReader safes(outer.take(der::kSequence).value);
  if (!outer.done()) return malformed(where_, "AuthenticatedSafe");
  for (std::size_t number = 1; !safes.empty(); ++number) {
    const std::string where = where_ + ", contents " + std::to_string(number);
    if (auto counted = count(where_); !counted) return counted;
    DerReader content(safes.take(der::kSequence).value);
    const Bytes type = content.take(der::kOid).value;
    Result<void> read;
    if (!content.ok()) return malformed(where, "ContentInfo");
    if (oid::is(type, oid::kData)) {
      const auto octets = data_octets(content);
      if (!octets) return malformed(where, "Data");
      read = read_bags(*octets, 1);
    } else if (oid::is(type, oid::kEncryptedData)) {
      read = read_encrypted(content, where);
    } else {
      return refused(where,
                     oid::is(type, oid::kEnvelopedData)
                         ? "it is encrypted for a public key, which is not supported: " + std::string(kConvertPkcs12)
                         : "it is of the unknown type " + printable(oid::text(type)));
    }
    if (!read) return read;
  }
  return safes.done() ? Result<void>() : malformed(where_, "AuthenticatedSafe");
}

/// EncryptedData (RFC 5652 §8): version, EncryptedContentInfo.
Result<void> Reader12::read_encrypted(DerReader content, const std::string& where) {
  DerReader wrapped(content.take(der::context_constructed(0)).value);
  DerReader data(wrapped.take(der::kSequence).value);
  const std::uint32_t version = data.small_integer();
  DerReader info(data.take(der::kSequence).value);
  const Bytes type = info.take(der::kOid).value, algorithm = info.take(der::kSequence).value,
              ciphertext = info.take(der::context(0)).value;
  if (version == 2) (void)data.take_if(der::context_constructed(1));  // unprotectedAttrs
  if (!content.done() || !wrapped.done() || !data.done() || !info.done() || version % 2 != 0 || version > 2 ||
      !oid::is(type, oid::kData))
    return malformed(where, "EncryptedData");
  const auto encryption = parse_password_encryption(algorithm, KeyContainer::pkcs12);
  if (!encryption) return at(where, encryption.error());
  const auto plain = decrypt(*encryption, ciphertext, asker_, where_);
  if (!plain) return at(where, plain.error());
  return read_bags(plain->expose(), 1);
}

/// SafeContents: SEQUENCE OF SafeBag.
Result<void> Reader12::read_bags(Bytes safe_contents, unsigned depth) {
  if (depth > limits::kMaxPkcs12Depth)
    return refused(where_,
                   "its contents are nested deeper than the limit of " + std::to_string(limits::kMaxPkcs12Depth));
  DerReader outer(safe_contents);
  DerReader bags(outer.take(der::kSequence).value);
  if (!outer.done()) return malformed(where_, "SafeContents");
  while (!bags.empty()) {
    if (auto counted = count(where_); !counted) return counted;
    const Bytes element = bags.take(der::kSequence).value;
    if (!bags.ok()) break;
    ++bags_;
    auto bag = parse_bag(element);
    if (!bag) return std::unexpected(std::move(bag).error());
    if (auto read = read_bag(*bag, depth); !read) return read;
  }
  return bags.done() ? Result<void>() : malformed(where_, "SafeContents");
}

/// SafeBag: bagId, [0] bagValue, SET OF PKCS12Attribute OPTIONAL, of which localKeyId counts here.
Result<Reader12::Bag> Reader12::parse_bag(Bytes element) const {
  Bag bag;
  bag.where = where_ + ", bag " + std::to_string(bags_);
  DerReader fields(element);
  bag.id = fields.take(der::kOid).value;
  DerReader wrapped(fields.take(der::context_constructed(0)).value);
  bag.value = wrapped.next().whole;
  DerReader attributes(fields.empty() ? Bytes() : fields.take(der::kSet).value);
  if (!fields.done() || !wrapped.done()) return malformed(bag.where, "SafeBag");
  while (!attributes.empty()) {
    DerReader attribute(attributes.take(der::kSequence).value);
    const Bytes id = attribute.take(der::kOid).value;
    DerReader values(attribute.take(der::kSet).value);
    if (!attribute.done()) return malformed(bag.where, "PKCS12Attribute");
    if (!oid::is(id, oid::kLocalKeyId)) continue;
    bag.local_key = values.take(der::kOctetString).value;
    if (!values.done()) return malformed(bag.where, "localKeyId");
  }
  if (!attributes.done()) return malformed(bag.where, "PKCS12Attribute");
  return bag;
}

Result<void> Reader12::read_bag(const Bag& bag, unsigned depth) {
  if (oid::is(bag.id, oid::kSafeContentsBag)) return read_bags(bag.value, depth + 1);
  if (oid::is(bag.id, oid::kCertBag)) return take_certificate(bag);
  if (oid::is(bag.id, oid::kKeyBag)) {
    PemBlock key;
    key.der.assign(bag.value.begin(), bag.value.end());
    return take_key(std::move(key), bag);
  }
  if (oid::is(bag.id, oid::kShroudedKeyBag)) {
    auto key = decrypt_pkcs8(bag.value, KeyContainer::pkcs12, asker_, where_);
    if (!key) return at(bag.where, key.error());
    return take_key(std::move(*key), bag);
  }
  if (oid::is(bag.id, oid::kCrlBag) || oid::is(bag.id, oid::kSecretBag)) return {};
  return refused(bag.where, "it is of the unknown type " + printable(oid::text(bag.id)));
}

Result<void> Reader12::take_key(PemBlock key, const Bag& bag) {
  const std::string where = bag.where + " (a private key)";
  if (der_kind(key.der) != DerKind::pkcs8) return malformed(where, "key");
  if (++keys_ > 1)
    return refused(where,
                   "it is not the only one: which of them is meant? Write the one that is wanted into a file of "
                   "its own (keytool: '-importkeystore -srcalias NAME')");
  out_.key = std::move(key);
  out_.key_where = where;
  key_mark_.assign(bag.local_key.begin(), bag.local_key.end());
  return {};
}

/// CertBag: certId, [0] certValue, of which x509Certificate is an OCTET STRING of DER.
Result<void> Reader12::take_certificate(const Bag& bag) {
  DerReader outer(bag.value);
  DerReader fields(outer.take(der::kSequence).value);
  const Bytes id = fields.take(der::kOid).value;
  DerReader wrapped(fields.take(der::context_constructed(0)).value);
  const std::string where = bag.where + " (a certificate)";
  if (!outer.done() || !fields.done()) return malformed(where, "CertBag");
  if (!oid::is(id, oid::kX509Certificate))
    return refused(where, "it is no X.509 certificate, but of the type " + printable(oid::text(id)));
  const Bytes certificate = wrapped.take(der::kOctetString).value;
  if (!wrapped.done()) return malformed(where, "CertBag");
  FoundCertificate found;
  found.der.assign(certificate.begin(), certificate.end());
  found.where = where;
  out_.certificates.push_back(std::move(found));
  marks_.emplace_back(bag.local_key.begin(), bag.local_key.end());
  return {};
}

}  // namespace

Result<Pkcs12> open_pkcs12(Bytes pfx, const std::string& where, PasswordAsker& asker) {
  return Reader12(where, asker).read(pfx);
}

}  // namespace tls::pki
