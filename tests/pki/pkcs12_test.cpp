// PKCS#12: what OpenSSL, GnuTLS and Java write, what is refused and how, and hostile ones.
#include "pki/pkcs12.h"

#include <doctest/doctest.h>

#include "crypto/password.h"
#include "factory/der_builder.h"
#include "pki/key_files.h"
#include "pki/password_encryption.h"
#include "pki/pem.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
namespace der = sallyport::der;
using crypto::PasswordHash;
using der::Der;

namespace {

constexpr const char *kData = "1.2.840.113549.1.7.1", *kBag = "1.2.840.113549.1.12.10.1.";

std::string load(const std::string& file, std::string_view password = "password") {
  return said(load_credential(file, with_password(password)));
}
std::string text(const Der& bytes) { return std::string(as_text(bytes)); }

/// What the pair of the folder `keys` is, as DER.
Der from_pem(const std::string& name, std::size_t block = 0) {
  auto blocks = pki::parse_pem(key_file(name));
  REQUIRE(blocks);
  return (*blocks)[block].der;
}
Der key() { return from_pem("key.pem"); }
Der leaf() { return from_pem("chain.pem", 0); }
Der intermediate() { return from_pem("chain.pem", 1); }

Der attribute(const char* id, const Der& value) { return der::sequence({der::oid(id), der::set({value})}); }
Der local_key(std::uint8_t id) { return attribute("1.2.840.113549.1.9.21", der::octet_string(Der{id})); }

Der bag(const std::string& kind, const Der& value, const std::vector<Der>& attributes = {}) {
  Der set;
  for (const Der& one : attributes) set.insert(set.end(), one.begin(), one.end());
  return der::sequence(
      {der::oid(kBag + kind), der::explicitly(0, value), attributes.empty() ? Der() : der::element(0x31, set)});
}
Der key_bag(const std::vector<Der>& attributes = {}) { return bag("1", key(), attributes); }
Der certificate_bag(const Der& certificate, const std::vector<Der>& attributes = {},
                    const char* kind = "1.2.840.113549.1.9.22.1") {
  return bag("3", der::sequence({der::oid(kind), der::explicitly(0, der::octet_string(certificate))}), attributes);
}

Der data(const Der& octets) { return der::sequence({der::oid(kData), der::explicitly(0, der::octet_string(octets))}); }

/// AuthenticatedSafe of one Data with these bags.
Der safe(const std::vector<Der>& bags) {
  Der all;
  for (const Der& one : bags) all.insert(all.end(), one.begin(), one.end());
  return der::sequence({data(der::element(0x30, all))});
}
Der good_safe() { return safe({key_bag(), certificate_bag(leaf()), certificate_bag(intermediate())}); }

Der pfx(const Der& authenticated_safe, const Der& mac = {}) {
  return der::sequence({der::integer(3), data(authenticated_safe), mac});
}

/// MacData of that hash over `contents`, for "password" as `wide`.
Der mac_data(PasswordHash hash, const char* id, std::size_t length, const Der& contents, const Der& wide,
             std::uint32_t iterations = 3) {
  const Der salt(8, 0x5A);
  auto made = crypto::pkcs12_derive(hash, crypto::Pkcs12Purpose::mac, wide, salt, iterations, length);
  REQUIRE(made);
  auto tag = crypto::hmac(hash, made->expose(), contents);
  REQUIRE(tag);
  const Der octets(tag->expose().begin(), tag->expose().end());
  return der::sequence({der::sequence({der::sequence({der::oid(id), der::null()}), der::octet_string(octets)}),
                        der::octet_string(salt), iterations == 1 ? Der() : der::integer(iterations)});
}
Der wide(std::string_view ascii) {
  Der out;
  for (const char c : ascii) out.insert(out.end(), {0, static_cast<std::uint8_t>(c)});
  out.insert(out.end(), {0, 0});
  return out;
}
constexpr const char* kSha256 = "2.16.840.1.101.3.4.2.1";

/// RFC 9579 §5: PBMAC1 with PBKDF2 and HMAC over SHA-256, where a part may be another.
struct Pbmac1 {
  Der length = der::integer(32);
  std::uint32_t iterations = 5;
  const char* function = "1.2.840.113549.1.5.12";
  const char* hash = "1.2.840.113549.2.9";
  [[nodiscard]] Der over(const Der& contents) const {
    const Der salt(8, 0x33);
    auto made = crypto::pbkdf2(PasswordHash::sha256, as_bytes("password"), salt, iterations, 32);
    REQUIRE(made);
    auto tag = crypto::hmac(PasswordHash::sha256, made->expose(), contents);
    REQUIRE(tag);
    const Der prf = der::sequence({der::oid(hash), der::null()});
    return der::sequence(
        {der::sequence(
             {der::sequence({der::oid("1.2.840.113549.1.5.14"),
                             der::sequence({der::sequence({der::oid(function),
                                                           der::sequence({der::octet_string(salt),
                                                                          der::integer(iterations), length, prf})}),
                                            prf})}),
              der::octet_string(Der(tag->expose().begin(), tag->expose().end()))}),
         der::octet_string(Der{1}), der::integer(1)});
  }
};

}  // namespace

TEST_CASE("what OpenSSL, GnuTLS and Java write is opened: PBES2, Triple-DES, every hash, with and without a MAC") {
  for (const char* name : {"openssl.p12", "3des.p12", "mac_sha224.p12", "mac_sha384.p12", "mac_sha512.p12", "plain.p12",
                           "plain_with_mac.p12", "no_mac.p12", "java.p12", "gnutls.pem"}) {
    CAPTURE(name);
    const auto loaded = load_credential(key_file(name), with_password("password"));
    CHECK(said(loaded) == "loaded");
    if (!loaded) continue;
    REQUIRE((*loaded)->chain.size() >= 2);
    CHECK((*loaded)->chain[0] == leaf());
    CHECK((*loaded)->chain[1] == intermediate());
    CHECK((*loaded)->names == std::vector<std::string>{"keys.example"});
  }
}

TEST_CASE("the password is checked by the MAC, or by what it decrypts") {
  for (const char* name :
       {"openssl.p12", "3des.p12", "mac_sha512.p12", "plain_with_mac.p12", "no_mac.p12", "java.p12"}) {
    CAPTURE(name);
    for (const char* wrong : {"Password", "", "password "})
      CHECK(mentions(load(key_file(name), wrong), pki::kWrongPassword));
  }
  CHECK(load(key_file("plain.p12"), "anything") == "loaded");
}

TEST_CASE("RFC 7292 B.1: an empty password is two zeros, or none; others are UTF-16") {
  CHECK(load(key_file("empty.p12"), "") == "loaded");
  CHECK(mentions(load(key_file("empty.p12"), "x"), pki::kWrongPassword));
  CHECK(load(key_file("umlaut.p12"),
             "Gr\xC3\xBC\xC3\x9F"
             "e \xE2\x82\xAC\xF0\x9D\x84\x9E") == "loaded");
  CHECK(mentions(load(key_file("umlaut.p12"),
                      "Gr\xFC\xDF"
                      "e"),
                 "not UTF-8"));
  const Der contents = good_safe();
  for (const Der& none : {Der{0, 0}, Der{}}) {
    const std::string file = text(pfx(contents, mac_data(PasswordHash::sha256, kSha256, 32, contents, none)));
    CHECK(load(file, "") == "loaded");
    CHECK(mentions(load(file, "x"), pki::kWrongPassword));
  }
}

TEST_CASE("RFC 7292 B.1: where the MAC shows that the empty password is none, what is encrypted is under none, too") {
  const std::string ciphertext = key_file("no_password.bin");
  const Der encrypted =
      der::sequence({der::sequence({der::oid("1.2.840.113549.1.12.1.3"),
                                    der::sequence({der::octet_string(Der(8, 0x5A)), der::integer(3)})}),
                     der::octet_string(as_bytes(ciphertext))});
  const Der contents = safe({bag("2", encrypted), certificate_bag(leaf())});
  CHECK(load(text(pfx(contents, mac_data(PasswordHash::sha256, kSha256, 32, contents, {}))), "") == "loaded");
  CHECK(mentions(load(text(pfx(contents, mac_data(PasswordHash::sha256, kSha256, 32, contents, {0, 0}))), ""),
                 "bag 1: the password is wrong"));
}

TEST_CASE("RFC 9579 §5: PBMAC1 takes the password as it is, and names the key's length") {
  const Der contents = good_safe();
  CHECK(load(text(pfx(contents, Pbmac1().over(contents)))) == "loaded");
  CHECK(mentions(load(text(pfx(contents, Pbmac1().over(contents))), "passwort"), pki::kWrongPassword));
  CHECK(mentions(load(text(pfx(contents, Pbmac1{.length = {}}.over(contents)))), "20 to 64 bytes"));
  for (const auto& [length, words] : {std::pair<std::uint32_t, const char*>{19, "20 to 64 bytes"},
                                      {20, "the password is wrong"},
                                      {64, "the password is wrong"},
                                      {65, "20 to 64 bytes"}})
    CHECK(mentions(load(text(pfx(contents, Pbmac1{.length = der::integer(length)}.over(contents)))), words));
  CHECK(mentions(load(text(pfx(contents, Pbmac1{.function = "1.2.3.4"}.over(contents)))), "1.2.3.4"));
  CHECK(mentions(load(text(pfx(contents, Pbmac1{.hash = "1.2.3.5"}.over(contents)))), "1.2.3.5"));
}

TEST_CASE("RC2 and other old ways are refused with the command that converts, and so is BER") {
  CHECK(mentions(load(key_file("rc2.p12")), "40-bit RC2"));
  CHECK(mentions(load(key_file("rc2.p12")), "openssl pkcs12 -legacy -in FILE -out NEW"));
  CHECK(mentions(load(key_file("mac_md5.p12")), "1.2.840.113549.2.5"));
  CHECK(mentions(load(key_file("mac_md5.p12")), "openssl pkcs12 -in FILE -out NEW"));
  std::string indefinite = "0\x80" + key_file("plain.p12").substr(4) + std::string(2, '\0');
  CHECK(mentions(load(indefinite), "BER with indefinite lengths"));
  CHECK(mentions(load(indefinite), "openssl pkcs12 -in FILE -out NEW"));
  const std::string inner = key_file("plain.p12");  // indefinite lengths below the outermost
  indefinite = inner.substr(0, 7) + "0\x80" + inner.substr(11) + std::string(2, '\0');
  CHECK(mentions(load(indefinite), "openssl pkcs12 -in FILE -out NEW"));
  CHECK(load(key_file("converted.pem")) == "loaded");  // what the command makes of rc2.p12
  const Der signed_data = der::sequence(
      {der::integer(3), der::sequence({der::oid("1.2.840.113549.1.7.2"), der::explicitly(0, der::sequence({}))})});
  CHECK(mentions(load(text(signed_data)), "by a public key"));
  const Der enveloped =
      der::sequence({der::sequence({der::oid("1.2.840.113549.1.7.3"), der::explicitly(0, der::null())})});
  CHECK(mentions(load(text(pfx(enveloped))), "for a public key"));
  const Der unknown =
      der::sequence({der::sequence({der::oid("1.2.840.113549.1.7.5"), der::explicitly(0, der::null())})});
  CHECK(mentions(load(text(pfx(unknown))), "1.2.840.113549.1.7.5"));
}

TEST_CASE("one key and its certificate are wanted") {
  CHECK(mentions(load(key_file("no_key.p12")), "no private key in it"));
  CHECK(mentions(load(key_file("no_certificate.p12")), "no certificate in it"));
  CHECK(mentions(load(key_file("two_keys.p12")), "not the only one"));
  CHECK(mentions(load(text(pfx(safe({})))), "no private key in it"));
  CHECK(mentions(load(text(pfx(safe({key_bag(), key_bag(), certificate_bag(leaf())})))), "bag 2 (a private key)"));
  // A second file beside it makes no sense.
  CHECK(mentions(said(load_credential(key_file("openssl.p12"), key_file("key.pem"))), "give it alone"));
  CHECK(mentions(said(load_credential(key_file("chain.pem"), key_file("openssl.p12"))), "give it alone"));
}

TEST_CASE("the key's own certificate is the leaf, in whatever order the bags are, and whatever they are marked with") {
  const Der other = from_pem("root.pem");
  for (const auto& bags :
       {std::vector{certificate_bag(intermediate()), certificate_bag(leaf()), key_bag()},
        {key_bag({local_key(1)}), certificate_bag(intermediate()), certificate_bag(leaf(), {local_key(1)})},
        {certificate_bag(intermediate(), {local_key(1)}), certificate_bag(leaf()), key_bag({local_key(1)})},
        {certificate_bag(other), certificate_bag(intermediate(), {local_key(2)}),
         certificate_bag(leaf(), {local_key(1)}), key_bag({local_key(1)})}}) {
    const auto loaded = load_credential(text(pfx(safe(bags))), with_password(""));
    CHECK(said(loaded) == "loaded");
    if (!loaded) continue;
    CHECK((*loaded)->chain[0] == leaf());
    CHECK((*loaded)->chain[1] == intermediate());
  }
}

TEST_CASE("what is marked comes first") {
  const PasswordSource none;
  pki::PasswordAsker asker(none);
  const Der marked = pfx(safe({certificate_bag(intermediate(), {local_key(2)}), certificate_bag(leaf(), {local_key(1)}),
                               key_bag({attribute("1.2.840.113549.1.9.20", der::null()), local_key(1)})}));
  auto opened = pki::open_pkcs12(marked, "'x.p12'", asker);
  REQUIRE(opened);
  REQUIRE(opened->certificates.size() == 2);
  CHECK(opened->certificates[0].der == leaf());
  CHECK(opened->certificates[0].where == "'x.p12', bag 2 (a certificate)");
  CHECK(opened->certificates[1].where == "'x.p12', bag 1 (a certificate)");
  CHECK(opened->key_where == "'x.p12', bag 3 (a private key)");
  CHECK(opened->key.der == key());
}

TEST_CASE("CRLs and secrets are passed over, bags in bags are read, unknown ones are refused") {
  const Der crl = bag("4", der::sequence({})), secret = bag("5", der::sequence({}));
  CHECK(load(text(pfx(safe({crl, key_bag(), secret, certificate_bag(leaf())})))) == "loaded");
  const Der inner = bag("6", der::sequence({key_bag(), certificate_bag(leaf())}));
  CHECK(load(text(pfx(safe({inner})))) == "loaded");
  CHECK(mentions(load(text(pfx(safe({bag("7", der::sequence({}))})))), "1.2.840.113549.1.12.10.1.7"));
  CHECK(mentions(load(text(pfx(safe({certificate_bag(leaf(), {}, "1.2.840.113549.1.9.22.2")})))),
                 "1.2.840.113549.1.9.22.2"));
}

TEST_CASE("bags and their depth are limited: below, at, above") {
  for (const std::size_t n : {limits::kMaxPkcs12Items - 1, limits::kMaxPkcs12Items, limits::kMaxPkcs12Items + 1}) {
    std::vector<Der> bags{key_bag(), certificate_bag(leaf())};
    while (bags.size() + 1 < n) bags.push_back(bag("4", der::sequence({})));  // the contents that hold them count too
    const std::string detail = load(text(pfx(safe(bags))));
    CHECK((detail == "loaded") == (n <= limits::kMaxPkcs12Items));
    if (n > limits::kMaxPkcs12Items) CHECK(mentions(detail, "the limit of 256"));
  }
  for (unsigned depth = 3; depth <= 5; ++depth) {
    Der inner = der::concat({key_bag(), certificate_bag(leaf())});
    for (unsigned i = 1; i < depth; ++i) inner = bag("6", der::element(0x30, inner));
    const std::string detail = load(text(pfx(safe({inner}))));
    CHECK((detail == "loaded") == (depth <= limits::kMaxPkcs12Depth));
    if (depth > limits::kMaxPkcs12Depth) CHECK(mentions(detail, "the limit of 4"));
  }
  Der deep = der::sequence({});
  for (int i = 0; i < 2000; ++i) deep = bag("6", der::element(0x30, deep));
  CHECK(mentions(load(text(pfx(safe({deep})))), "the limit of 4"));
}

TEST_CASE("the length of a PKCS#12 file is limited: below, at, above") {
  const auto with_filler = [](std::size_t size) {
    return text(pfx(safe({key_bag(), certificate_bag(leaf()), bag("5", der::octet_string(Der(size)))})));
  };
  const std::size_t around = with_filler(limits::kMaxPem / 2).size() - limits::kMaxPem / 2;
  for (const std::size_t size : {limits::kMaxPem - 1, limits::kMaxPem, limits::kMaxPem + 1}) {
    const std::string file = with_filler(size - around);
    REQUIRE(file.size() == size);
    CHECK(mentions(load(file), size <= limits::kMaxPem ? "loaded" : "longer than 8388608 bytes"));
  }
}

TEST_CASE("iterations of a PKCS#12 file are limited, all together, and the MAC's count") {
  const Der contents = good_safe();
  const auto with = [&](const Der& iterations) {
    return text(
        pfx(contents,
            der::sequence({der::sequence({der::sequence({der::oid(kSha256), der::null()}), der::octet_string(Der(32))}),
                           der::octet_string(Der(8)), iterations})));
  };
  CHECK(mentions(load(with(der::integer(limits::kMaxPasswordIterations + 1))), "the limit of 10000000"));
  CHECK(mentions(load(with(der::integer(Der(9, 1)))), "the limit of 10000000"));
  const PasswordSource source = fixed_password(SecretBytes(as_bytes("password")));
  constexpr std::uint64_t kAll = 3 * 2048;  // the MAC, the certificates and the key, as OpenSSL writes them
  for (const std::uint64_t most : {kAll - 1, kAll, kAll + 1}) {
    pki::DerivationLimits less;
    less.iterations = most;
    pki::PasswordAsker asker(source, {}, less);
    CHECK(pki::open_pkcs12(as_bytes(key_file("openssl.p12")), "x", asker).has_value() == (most >= kAll));
  }
}

TEST_CASE("hostile PKCS#12 is an error that names the file and the bag") {
  const auto refused = [](const Der& file, std::string_view words) {
    CredentialOptions options = with_password("password");
    options.chain_file = "'h.p12'";
    const std::string detail = said(load_credential(text(file), options));
    CAPTURE(detail);
    CHECK(mentions(detail, "'h.p12'"));
    CHECK(mentions(detail, words));
  };
  const Der contents = good_safe(), null = der::null();
  refused(der::sequence({der::integer(3), der::sequence({der::oid(kData), der::explicitly(0, null)})}), "authSafe");
  refused(der::sequence({der::integer(3), data(contents), null}), "PFX");
  refused(pfx(null), "AuthenticatedSafe");
  refused(pfx(der::concat({contents, null})), "AuthenticatedSafe");
  refused(pfx(der::sequence({null})), "contents 1");
  refused(pfx(der::sequence({der::sequence({der::oid(kData), der::explicitly(0, null)})})), "contents 1: its Data");
  refused(pfx(der::sequence({data(null)})), "SafeContents");
  refused(pfx(safe({null})), "SafeContents");
  refused(pfx(safe({der::sequence({})})), "bag 1: its SafeBag");
  refused(pfx(safe({bag("1", der::concat({key(), null}))})), "bag 1: its SafeBag");
  refused(pfx(safe({bag("1", null)})), "bag 1 (a private key): its key");
  refused(pfx(safe({bag("2", null)})), "bag 1: the encrypted key is not the DER");
  refused(pfx(safe({bag("3", null)})), "CertBag");
  refused(pfx(safe({key_bag({null})})), "PKCS12Attribute");
  refused(pfx(safe({key_bag({attribute("1.2.840.113549.1.9.21", null)})})), "localKeyId");
  refused(pfx(safe({key_bag(), certificate_bag(null)})), "bag 2 (a certificate)");
  refused(pfx(contents, der::sequence({})), "MAC");
  refused(pfx(contents, der::sequence({der::sequence({der::sequence({der::oid(kSha256), der::integer(1)}),
                                                      der::octet_string(Der(32))}),
                                       der::octet_string(Der(8)), der::integer(1)})),
          "MAC");
  const auto encrypted = [&](std::uint32_t version, const Der& algorithm, const Der& more) {
    return pfx(der::sequence({der::sequence(
        {der::oid("1.2.840.113549.1.7.6"),
         der::explicitly(
             0, der::sequence({der::integer(version),
                               der::sequence({der::oid(kData), algorithm, der::implicitly(0, Der(16))}), more}))})}));
  };
  refused(encrypted(1, der::sequence({}), {}), "EncryptedData");
  refused(encrypted(0, der::sequence({}), null), "EncryptedData");
  refused(encrypted(0, der::sequence({}), {}), "contents 1: the parameters");
  refused(encrypted(0,
                    der::sequence({der::oid("1.2.840.113549.1.12.1.3"),
                                   der::sequence({der::octet_string(Der(8)), der::integer(0)})}),
                    {}),
          "the parameters");
}

TEST_CASE("a file that is cut off anywhere is an error, and so is one whose contents changed under a MAC") {
  const std::string plain = key_file("plain.p12");
  for (std::size_t n = 0; n < plain.size(); ++n) CHECK(load(plain.substr(0, n)) != "loaded");
  const Der contents = good_safe(),
            mac = mac_data(PasswordHash::sha1, "1.3.14.3.2.26", 20, contents, wide("password"), 1);
  CHECK(load(text(pfx(contents, mac))) == "loaded");
  for (std::size_t n = 0; n < contents.size(); n += 7) {
    Der changed = contents;
    changed[n] ^= 0x10;
    CHECK(mentions(load(text(pfx(changed, mac))), pki::kWrongPassword));
  }
  for (std::size_t n = 0; n < mac.size(); ++n) {
    Der changed = mac;
    changed[n] ^= 0x01;
    CHECK(load(text(pfx(contents, changed))) != "loaded");
  }
}
