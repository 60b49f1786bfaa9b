#include "pki/password_encryption.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "pki/certificate.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

namespace der = crypto::der;
using crypto::CbcCipher;
using crypto::DerReader;
using crypto::PasswordHash;

std::unexpected<Error> refused(std::string words) { return fail(Code::bad_key_file, std::move(words)); }
std::unexpected<Error> malformed(std::string_view what) {
  return refused("the " + std::string(what) + " of its encryption are not the DER that they should be");
}

/// OpenSSL has RC2, RC4 and single DES in its provider "legacy" alone.
std::string conversion(KeyContainer container) {
  return container == KeyContainer::pkcs8
             ? "convert it with 'openssl pkcs8 -provider legacy -provider default -in FILE -topk8 -v2 aes-256-cbc "
               "-out NEW'"
             : "convert it with 'openssl pkcs12 -legacy -in FILE -out NEW', which writes PEM";
}

/// Schemes that are refused (RFC 8018 A.3, RFC 7292 C).
constexpr std::pair<std::string_view, std::string_view> kOldSchemes[] = {
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x01", "MD2 and DES"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x03", "MD5 and DES"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x04", "MD2 and RC2"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x06", "MD5 and RC2"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0A", "SHA-1 and DES"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0B", "SHA-1 and RC2"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x01", "SHA-1 and 128-bit RC4"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x02", "SHA-1 and 40-bit RC4"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x04", "SHA-1 and Triple-DES of two keys"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x05", "SHA-1 and 128-bit RC2"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x06", "SHA-1 and 40-bit RC2"},
};

constexpr std::pair<std::string_view, PasswordHash> kHmacs[] = {
    {oid::kHmacSha1, PasswordHash::sha1},     {oid::kHmacSha224, PasswordHash::sha224},
    {oid::kHmacSha256, PasswordHash::sha256}, {oid::kHmacSha384, PasswordHash::sha384},
    {oid::kHmacSha512, PasswordHash::sha512},
};

constexpr std::pair<std::string_view, CbcCipher> kCiphers[] = {
    {oid::kAes128Cbc, CbcCipher::aes_128},
    {oid::kAes192Cbc, CbcCipher::aes_192},
    {oid::kAes256Cbc, CbcCipher::aes_256},
    {oid::kDesEde3Cbc, CbcCipher::des_ede3},
};

/// The row of a table with this OID.
template <class Row, std::size_t N>
const Row* row_of(const Row (&table)[N], Bytes id) {
  const auto row = std::ranges::find_if(table, [&](const Row& one) { return oid::is(id, one.first); });
  return row == std::ranges::end(table) ? nullptr : &*row;
}

/// A cipher and its IV.
Result<void> parse_cipher(Bytes identifier, KeyContainer container, PasswordEncryption& out) {
  DerReader reader(identifier);
  const Bytes id = reader.take(der::kOid).value;
  if (!reader.ok()) return malformed("parameters");
  const auto* row = row_of(kCiphers, id);
  if (row == nullptr)
    return refused("it is encrypted with " + printable(oid::text(id)) +
                   ", where AES or Triple-DES in CBC mode is known: " + conversion(container));
  out.cipher = row->second;
  out.iv = reader.take(der::kOctetString).value;
  if (!reader.done() || out.iv.size() != crypto::block_size(out.cipher)) return malformed("parameters");
  return {};
}

/// scrypt-params (RFC 7914 §7.1).
Result<Derivation> parse_scrypt(Bytes parameters) {
  DerReader outer(parameters);
  DerReader reader(outer.take(der::kSequence).value);
  Derivation out;
  out.function = Derivation::scrypt;
  out.salt = reader.take(der::kOctetString).value;
  out.n = large_number(reader), out.r = large_number(reader), out.p = large_number(reader);
  if (reader.next_is(der::kInteger)) out.key_length = large_number(reader);
  if (!outer.done() || !reader.done()) return malformed("scrypt parameters");
  if (out.n < 2 || (out.n & (out.n - 1)) != 0) return refused("N of its scrypt parameters is no power of two above 1");
  return out;
}

Result<Derivation> parse_derivation(Bytes identifier, KeyContainer container) {
  DerReader reader(identifier);
  const Bytes id = reader.take(der::kOid).value;
  if (!reader.ok()) return malformed("parameters");
  const bool scrypt = oid::is(id, oid::kScrypt);
  if (!scrypt && !oid::is(id, oid::kPbkdf2))
    return refused("its key is derived by " + printable(oid::text(id)) +
                   ", where PBKDF2 and scrypt are known: " + conversion(container));
  const Bytes parameters = reader.take(der::kSequence).whole;
  if (!reader.done()) return malformed("parameters");
  return scrypt ? parse_scrypt(parameters) : parse_pbkdf2(parameters);
}

/// PBES2-params (RFC 8018 A.4).
Result<PasswordEncryption> parse_pbes2(Bytes parameters, KeyContainer container) {
  DerReader reader(parameters);
  const Bytes derivation = reader.take(der::kSequence).value, cipher = reader.take(der::kSequence).value;
  if (!reader.done()) return malformed("parameters");
  PasswordEncryption out;
  auto derived = parse_derivation(derivation, container);
  if (!derived) return std::unexpected(std::move(derived).error());
  out.derivation = *derived;
  if (auto parsed = parse_cipher(cipher, container, out); !parsed) return std::unexpected(std::move(parsed).error());
  if (out.derivation.key_length != 0 && out.derivation.key_length != crypto::key_size(out.cipher))
    return refused("the key length of its encryption is not that of the cipher");
  return out;
}

/// pkcs-12PbeParams (RFC 7292 C) of pbeWithSHAAnd3-KeyTripleDES-CBC.
Result<PasswordEncryption> parse_triple_des(Bytes parameters) {
  DerReader reader(parameters);
  PasswordEncryption out;
  out.cipher = CbcCipher::des_ede3;
  out.derivation.function = Derivation::pkcs12;
  out.derivation.salt = reader.take(der::kOctetString).value;
  out.derivation.iterations = large_number(reader);
  if (!reader.done()) return malformed("parameters");
  return out;
}

Result<void> spend(const PasswordEncryption& encryption, PasswordAsker& asker) {
  const Derivation& d = encryption.derivation;
  switch (d.function) {
    case Derivation::scrypt:
      return asker.spend_scrypt(d.n, d.r, d.p);
    case Derivation::pbkdf2:
      return asker.spend_iterations(d.iterations);
    case Derivation::pkcs12:
      break;
  }
  if (auto for_key = asker.spend_iterations(d.iterations); !for_key) return for_key;
  return asker.spend_iterations(d.iterations);  // the IV
}

/// The key and the IV that is derived with it.
struct Derived {
  SecretBytes key, iv;
};
Result<Derived> derive(const PasswordEncryption& encryption, Bytes password, bool absent) {
  const Derivation& d = encryption.derivation;
  const std::size_t length = crypto::key_size(encryption.cipher);
  Derived out;
  const auto take = [](SecretBytes& to, Result<SecretBytes> made) -> Result<void> {
    if (!made) return std::unexpected(std::move(made).error());
    to = std::move(*made);
    return {};
  };
  Result<void> taken;
  if (d.function == Derivation::pkcs12) {
    auto wide = absent ? Result<SecretBytes>() : bmp_password(password);
    if (!wide) return std::unexpected(std::move(wide).error());
    using enum crypto::Pkcs12Purpose;
    taken = take(out.iv, crypto::pkcs12_derive(d.hash, iv, wide->expose(), d.salt, d.iterations,
                                               crypto::block_size(encryption.cipher)));
    if (taken) taken = take(out.key, crypto::pkcs12_derive(d.hash, key, wide->expose(), d.salt, d.iterations, length));
  } else if (d.function == Derivation::scrypt) {
    taken = take(out.key, crypto::scrypt(password, d.salt, d.n, static_cast<std::uint32_t>(d.r),
                                         static_cast<std::uint32_t>(d.p), length));
  } else {
    taken = take(out.key, crypto::pbkdf2(d.hash, password, d.salt, d.iterations, length));
  }
  if (!taken) return std::unexpected(std::move(taken).error());
  return out;
}

}  // namespace

std::uint64_t large_number(DerReader& reader) noexcept {
  const Bytes octets = reader.positive_integer();
  if (octets.size() > sizeof(std::uint64_t)) return UINT64_MAX;
  std::uint64_t value = 0;
  for (const std::uint8_t b : octets) value = value << 8 | b;
  return value;
}

Result<crypto::PasswordHash> parse_hmac(Bytes identifier) {
  DerReader reader(identifier);
  const Bytes id = reader.take(der::kOid).value;
  if (const auto null = reader.take_if(der::kNull); null && !null->value.empty()) reader.fail();
  if (!reader.done()) return malformed("parameters");
  const auto* row = row_of(kHmacs, id);
  if (row == nullptr)
    return refused("its password is hashed with " + printable(oid::text(id)) +
                   ", where HMAC with SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512 is known");
  return row->second;
}

Result<Derivation> parse_pbkdf2(Bytes parameters) {
  DerReader outer(parameters);
  DerReader reader(outer.take(der::kSequence).value);
  Derivation out;
  out.salt = reader.take(der::kOctetString).value;
  out.iterations = large_number(reader);
  if (reader.next_is(der::kInteger)) out.key_length = large_number(reader);
  if (const auto hash = reader.take_if(der::kSequence)) {
    auto parsed = parse_hmac(hash->value);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    out.hash = *parsed;
  }
  if (!outer.done() || !reader.done()) return malformed("PBKDF2 parameters");
  return out;
}

Result<PasswordEncryption> parse_password_encryption(Bytes identifier, KeyContainer container) {
  DerReader reader(identifier);
  const Bytes id = reader.take(der::kOid).value;
  if (!reader.ok()) return malformed("parameters");
  if (const auto* old = row_of(kOldSchemes, id))
    return refused("it is encrypted with " + std::string(old->second) +
                   ", which is broken or too old: " + conversion(container));
  const bool pbes2 = oid::is(id, oid::kPbes2);
  if (!pbes2 && !oid::is(id, oid::kPbeSha1TripleDes))
    return refused("it is encrypted by " + printable(oid::text(id)) +
                   ", which is not known here: " + conversion(container));
  const Bytes parameters = reader.take(der::kSequence).value;
  if (!reader.done()) return malformed("parameters");
  return pbes2 ? parse_pbes2(parameters, container) : parse_triple_des(parameters);
}

Result<SecretBytes> decrypt(const PasswordEncryption& encryption, Bytes ciphertext, PasswordAsker& asker,
                            const std::string& what) {
  if (ciphertext.empty() || ciphertext.size() % crypto::block_size(encryption.cipher) != 0)
    return refused("what is encrypted is not whole blocks of its cipher: is the file damaged?");
  if (auto spent = spend(encryption, asker); !spent) return std::unexpected(std::move(spent).error());
  const auto password = asker.password(what);
  if (!password) return std::unexpected(password.error());
  auto derived = derive(encryption, *password, asker.absent());
  if (!derived) return std::unexpected(std::move(derived).error());
  SecretBytes plain;
  const MutableBytes room = plain.extend(ciphertext.size());
  std::ranges::copy(ciphertext, room.begin());
  const Bytes iv = encryption.iv.empty() ? derived->iv.expose() : encryption.iv;
  if (auto done = crypto::decrypt_cbc(encryption.cipher, derived->key.expose(), iv, room); !done)
    return std::unexpected(std::move(done).error());
  const auto size = crypto::unpadded_size(plain.expose(), crypto::block_size(encryption.cipher));
  if (!size) return refused(std::string(kWrongPassword));
  plain.shorten(*size);
  return plain;
}

Result<SecretBytes> bmp_password(Bytes utf8) {
  SecretBytes out;
  out.reserve(2 * utf8.size() + 2);
  const auto put = [&](std::uint32_t unit) {
    const MutableBytes two = out.extend(2);
    two[0] = static_cast<std::uint8_t>(unit >> 8), two[1] = static_cast<std::uint8_t>(unit);
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const std::uint8_t lead = utf8[i];
    const std::size_t more = lead < 0x80   ? 0
                             : lead < 0xC2 ? 4
                             : lead < 0xE0 ? 1
                             : lead < 0xF0 ? 2
                             : lead < 0xF5 ? 3
                                           : 4;
    bool good = more < 4 && more < utf8.size() - i;
    std::uint32_t point = more == 0 ? lead : lead & (0x3Fu >> more);
    for (std::size_t k = 1; good && k <= more; ++k) {
      good = (utf8[i + k] & 0xC0) == 0x80;
      point = point << 6 | (utf8[i + k] & 0x3Fu);
    }
    constexpr std::array<std::uint32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
    if (!good || point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
      return refused("the password is not UTF-8, which PKCS#12 needs it to be");
    if (point >= 0x10000) {
      put(0xD800 + ((point - 0x10000) >> 10));
      put(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      put(point);
    }
    i += more + 1;
  }
  put(0);
  return out;
}

}  // namespace tls::pki
