// Encrypted PKCS#8: what OpenSSL writes, what is refused and how, and what it may cost.
#include "pki/encrypted_key.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "factory/der_builder.h"
#include "pki/der_file.h"
#include "pki/key_file.h"
#include "pki/key_files.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;
namespace der = sallyport::der;

namespace {

const char* const kGood[] = {"hmac_sha1.p8",   "hmac_sha224.p8",  "hmac_sha256.p8", "hmac_sha384.p8",
                             "hmac_sha512.p8", "aes_128_cbc.p8",  "aes_192_cbc.p8", "des3.p8",
                             "scrypt.p8",      "pbe_sha1_3des.p8"};

std::string load(const std::string& key, std::string_view password = "password") {
  return said(load_credential(key_file("chain.pem"), key, with_password(password)));
}

/// PBES2 with PBKDF2 of so many iterations, and these parts changed.
struct Made {
  der::Der iterations = der::integer(1);
  std::vector<der::Der> more;  // behind the iterations: key length, hash
  const char* cipher = "2.16.840.1.101.3.4.1.42";
  std::size_t iv = 16, ciphertext = 32;

  [[nodiscard]] der::Der algorithm() const {
    der::Der parameters = der::concat({der::octet_string(der::Der(8, 1)), iterations});
    for (const der::Der& one : more) parameters.insert(parameters.end(), one.begin(), one.end());
    return der::sequence(
        {der::oid("1.2.840.113549.1.5.13"),
         der::sequence({der::sequence({der::oid("1.2.840.113549.1.5.12"), der::element(0x30, parameters)}),
                        der::sequence({der::oid(cipher), der::octet_string(der::Der(iv, 2))})})});
  }
  [[nodiscard]] std::string key() const {
    return std::string(as_text(der::sequence({algorithm(), der::octet_string(der::Der(ciphertext, 3))})));
  }
};

der::Der scrypt_algorithm(const der::Der& n, const der::Der& r, const der::Der& p, const der::Der& more = {}) {
  return der::sequence(
      {der::oid("1.2.840.113549.1.5.13"),
       der::sequence({der::sequence({der::oid("1.3.6.1.4.1.11591.4.11"),
                                     der::sequence({der::octet_string(der::Der(8, 1)), n, r, p, more})}),
                      der::sequence({der::oid("2.16.840.1.101.3.4.1.42"), der::octet_string(der::Der(16, 2))})})});
}
std::string scrypt_key(const der::Der& n, const der::Der& r, const der::Der& p, const der::Der& more = {}) {
  return std::string(as_text(der::sequence({scrypt_algorithm(n, r, p, more), der::octet_string(der::Der(32, 3))})));
}

/// A number that has 9 octets; and one of which the last 8 are a small number.
const der::Der kEnormous = der::integer(der::Der(9, 0x7F));
const der::Der kEnormousButSmall = der::integer(der::Der{1, 0, 0, 0, 0, 0, 0, 0, 2});

}  // namespace

TEST_CASE("PBES2 with PBKDF2 over every hash, with scrypt, AES and Triple-DES, and PKCS#12's Triple-DES are opened") {
  for (const char* name : kGood) {
    CAPTURE(name);
    CHECK(load(key_file(name)) == "loaded");
    CHECK(mentions(load(key_file(name), "Password"), pki::kWrongPassword));
    CHECK(mentions(load(key_file(name), ""), pki::kWrongPassword));
    for (const char* label : {"ENCRYPTED PRIVATE KEY", "PRIVATE KEY"})
      CHECK(load(pki::to_pem(label, as_bytes(key_file(name)))) == "loaded");
  }
}

TEST_CASE("a refusal names file, block and line, and the request for a password, too") {
  Asked asked;
  const std::string pem = "# first\n" + key_file("chain.pem") + key_file("encrypted.pem");
  const std::string place = "'a.pem', block 3 ('ENCRYPTED PRIVATE KEY', line ";
  CredentialOptions options{.password = asked.giving("wrong"), .chain_file = "'c.pem'", .key_file = "'a.pem'"};
  CHECK(said(load_credential(key_file("chain.pem"), pem, options)).starts_with(place));
  REQUIRE(asked.requests.size() == 1);
  CHECK(asked.requests[0].what.starts_with(place));
  CHECK(asked.requests[0].file == "'a.pem'");
  options.password = {};
  const std::string without = said(load_credential(key_file("chain.pem"), pem, options));
  CHECK(without.starts_with(place));
  CHECK(mentions(without, "no password was given"));
  options.password = asked.giving("password");
  CHECK(said(load_credential(key_file("chain.pem"), key_file("proc_type.pem"), options))
            .starts_with("'a.pem', block 1 ('EC PRIVATE KEY', line 1)"));
  CHECK(said(load_credential(pem, options)) == "loaded");
  CHECK(asked.requests.back().file == "'c.pem'");  // one text has one name
  CHECK(asked.requests.back().what.starts_with("'c.pem', block 3"));
}

TEST_CASE("a password is asked for at most once, and not where nothing is encrypted") {
  Asked asked;
  const CredentialOptions options{.password = asked.giving("password"), .chain_file = {}, .key_file = {}};
  CHECK(said(load_credential(key_file("chain.pem"), key_file("key.pem"), options)) == "loaded");
  CHECK(said(load_credential(key_file("chain.pem") + key_file("key.pem"), options)) == "loaded");
  CHECK(said(load_credential(key_file("plain.p12"), options)) == "loaded");
  CHECK(asked.requests.empty());
  CHECK(said(load_credential(key_file("chain.pem"), key_file("encrypted.pem"), options)) == "loaded");
  CHECK(asked.requests.size() == 1);
  CHECK(said(load_credential(key_file("openssl.p12"), options)) == "loaded");  // three times encrypted, and a MAC
  CHECK(asked.requests.size() == 2);
  // What is refused anyhow is not worth a question.
  CHECK(said(load_credential(key_file("chain.pem"), key_file("pbe_md5_des.p8"), options)) != "loaded");
  Made dear;
  dear.iterations = kEnormous;
  CHECK(said(load_credential(key_file("chain.pem"), dear.key(), options)) != "loaded");
  CHECK(asked.requests.size() == 2);
}

TEST_CASE("what a source of passwords throws or says is the error") {
  CredentialOptions options;
  options.key_file = "'k'";
  options.password = [](const PasswordRequest&) -> Result<SecretBytes> { throw std::runtime_error("no safe"); };
  auto loaded = load_credential(key_file("chain.pem"), key_file("encrypted.pem"), options);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code() == Code::provider_failed);
  CHECK(mentions(loaded.error().detail(), "no safe"));
  options.password = [](const PasswordRequest&) -> Result<SecretBytes> { throw 1; };
  CHECK(load_credential(key_file("openssl.p12"), options).error().code() == Code::provider_failed);
  options.password = [](const PasswordRequest&) -> Result<SecretBytes> {
    return fail(Code::bad_config, "the safe is locked");
  };
  loaded = load_credential(key_file("chain.pem"), key_file("encrypted.pem"), options);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code() == Code::bad_config);
  CHECK(mentions(loaded.error().detail(), "'k', block 1 ('ENCRYPTED PRIVATE KEY', line 1): the safe is locked"));
}

TEST_CASE("the length of a password is limited: below, at, above") {
  for (const std::size_t size : {limits::kMaxPassword - 1, limits::kMaxPassword, limits::kMaxPassword + 1}) {
    const std::string detail = load(key_file("encrypted.pem"), std::string(size, 'x'));
    CHECK(mentions(detail, size <= limits::kMaxPassword ? pki::kWrongPassword : "more than 1024 bytes"));
  }
}

TEST_CASE("old ciphers and schemes are refused, with the command that converts") {
  for (const char* name :
       {"pbe_sha1_rc2_40.p8", "pbe_sha1_rc2_128.p8", "pbe_sha1_rc4_128.p8", "pbe_md5_des.p8", "pbe_sha1_des.p8"}) {
    CAPTURE(name);
    const std::string detail = load(key_file(name));
    CHECK(mentions(detail, "openssl pkcs8 -provider legacy -provider default -in FILE -topk8"));
    CHECK(mentions(detail, std::string_view(name).contains("rc2")   ? "RC2"
                           : std::string_view(name).contains("rc4") ? "RC4"
                                                                    : "DES"));
  }
  CHECK(mentions(load(key_file("aes_256_ofb.p8")), "2.16.840.1.101.3.4.1.43"));
  CHECK(mentions(load(key_file("proc_type.pem")), "openssl pkcs8 -topk8 -v2 aes-256-cbc"));
}

TEST_CASE("iterations are limited, all of a load together: below, at, above") {
  const PasswordSource none;
  constexpr std::uint64_t kMost = limits::kMaxPasswordIterations;
  for (const std::uint64_t n : {kMost - 1, kMost, kMost + 1, UINT64_MAX}) {
    pki::PasswordAsker asker(none);
    const auto spent = asker.spend_iterations(n);
    CHECK(spent.has_value() == (n <= kMost));
    if (!spent) CHECK(mentions(spent.error().detail(), "the limit of 10000000"));
  }
  pki::PasswordAsker asker(none);
  CHECK(asker.spend_iterations(kMost / 2));
  CHECK(asker.spend_iterations(kMost / 2));
  CHECK_FALSE(asker.spend_iterations(1));
  // And they are what the file says.
  Made made;
  for (const auto& [n, fits] : {std::pair{kMost, true}, {kMost + 1, false}}) {
    made.iterations = der::integer(static_cast<std::uint32_t>(n));
    const std::string detail = said(load_credential(key_file("chain.pem"), made.key()));
    CHECK(mentions(detail, fits ? "no password was given" : "the limit of 10000000"));
  }
  for (const der::Der& enormous : {kEnormous, kEnormousButSmall}) {
    made.iterations = enormous;
    CHECK(mentions(load(made.key()), "the limit of 10000000"));
  }
  for (const der::Der& wrong : {der::integer(0), der::element(0x02, der::Der{0x80}), der::element(0x02, der::Der{})}) {
    made.iterations = wrong;
    CHECK(mentions(load(made.key()), "not the DER that they should be"));
  }
}

TEST_CASE("scrypt's memory is limited, whether it is N, r or p that takes it: below, at, above") {
  const PasswordSource none;
  // What people take: N of 131,072 and r of 8, with any p that the work allows.
  for (const std::uint64_t p : {1u, 2u, 8u}) CHECK(pki::PasswordAsker(none).spend_scrypt(1 << 17, 8, p));
  constexpr std::uint64_t kMost = pki::DerivationLimits{}.scrypt_memory / 128;  // r times N + p
  struct Row {
    std::uint64_t n, r, p;
    bool fits;
  };
  constexpr Row kRows[] = {
      {kMost - 2, 1, 1, true},       {kMost - 1, 1, 1, true},      {kMost, 1, 1, false},       // N
      {2, kMost / 3, 1, true},       {2, kMost / 3 + 1, 1, false},                             // r
      {2, 1, kMost - 3, true},       {2, 1, kMost - 2, true},      {2, 1, kMost - 1, false},   // p
      {2, 1, UINT64_MAX, false},     {UINT64_MAX, 1, 2, false},    {2, UINT64_MAX, 1, false},  // beyond 64 bits
      {UINT64_MAX - 1, 1, 3, false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.n);
    CAPTURE(row.r);
    CAPTURE(row.p);
    pki::PasswordAsker asker(none, {}, {.scrypt_work = UINT64_MAX});
    const auto spent = asker.spend_scrypt(row.n, row.r, row.p);
    CHECK(spent.has_value() == row.fits);
    if (!spent) CHECK(mentions(spent.error().detail(), "more bytes of memory than the limit of 135266304"));
  }
}

TEST_CASE("scrypt's work is limited, what PBKDF2 makes for p counted: below, at, above") {
  const PasswordSource none;
  constexpr std::uint64_t kMost = pki::DerivationLimits{}.scrypt_work;
  constexpr std::uint64_t kEach = 128 * (2 + limits::kScryptStretchWork);  // for each of p, of N = 2 and r = 1
  for (const std::uint64_t p : {kMost / kEach - 1, kMost / kEach, kMost / kEach + 1, std::uint64_t{1} << 22}) {
    CAPTURE(p);
    pki::PasswordAsker asker(none, {}, {.scrypt_memory = UINT64_MAX});
    const auto spent = asker.spend_scrypt(2, 1, p);
    CHECK(spent.has_value() == (p <= kMost / kEach));
    if (!spent) CHECK(mentions(spent.error().detail(), "the limit of 1074790400"));
    CHECK(asker.spend_scrypt(2, 1, 1).has_value() == (p != kMost / kEach));  // of a load, all together
  }
  for (const std::uint64_t p : {7u, 8u, 9u}) {
    CAPTURE(p);
    CHECK(pki::PasswordAsker(none).spend_scrypt(1 << 17, 8, p).has_value() == (p <= 8));
  }
  pki::PasswordAsker asker(none, {}, {.scrypt_memory = UINT64_MAX});
  CHECK_FALSE(asker.spend_scrypt(UINT64_MAX, 2, 1));
  CHECK_FALSE(asker.spend_scrypt(2, UINT64_MAX, 1));
  CHECK_FALSE(asker.spend_scrypt(2, 1, UINT64_MAX));
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;  // products that would come round to nothing
  CHECK_FALSE(asker.spend_scrypt(kHalf, 2, 1));
  CHECK_FALSE(asker.spend_scrypt(2, kHalf, 1));
  CHECK_FALSE(asker.spend_scrypt(2, 1, kHalf));
}

TEST_CASE("scrypt's parameters are those of the file, and bounded before anything is derived") {
  CHECK(mentions(load(scrypt_key(der::integer(1u << 21), der::integer(1), der::integer(1))), "135266304"));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), der::integer(1u << 22))), "135266304"));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), der::integer(1'000'000))), "1074790400"));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), kEnormous)), "135266304"));
  CHECK(mentions(load(scrypt_key(der::integer(2), kEnormous, der::integer(1))), "135266304"));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), der::integer(1))), pki::kWrongPassword));
  CHECK(mentions(load(scrypt_key(der::integer(3), der::integer(1), der::integer(1))), "no power of two"));
  CHECK(mentions(load(scrypt_key(der::integer(1), der::integer(1), der::integer(1))), "no power of two"));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), der::integer(1), der::integer(16))), "key length"));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), der::integer(1), der::integer(32))),
                 pki::kWrongPassword));
  CHECK(mentions(load(scrypt_key(der::integer(2), der::integer(1), der::integer(1), der::null())), "not the DER"));
}

TEST_CASE("the DER of an encrypted key is read strictly") {
  const auto hash = [](const char* id) { return der::sequence({der::oid(id), der::null()}); };
  const auto detail = [](auto&& change) {
    Made made;
    change(made);
    return load(made.key());
  };
  const auto wrong_password = [&](auto&& change) { return mentions(detail(change), pki::kWrongPassword); };
  CHECK(wrong_password([](Made&) {}));
  CHECK(wrong_password([](Made& m) { m.more = {der::integer(32)}; }));
  CHECK(wrong_password([&](Made& m) { m.more = {der::integer(32), hash("1.2.840.113549.2.9")}; }));
  CHECK(wrong_password([](Made& m) { m.more = {der::sequence({der::oid("1.2.840.113549.2.9")})}; }));
  CHECK(mentions(detail([](Made& m) { m.more = {der::integer(16)}; }), "key length"));
  CHECK(mentions(detail([&](Made& m) { m.more = {hash("1.2.840.113549.2.5")}; }), "1.2.840.113549.2.5"));
  CHECK(mentions(detail([&](Made& m) { m.more = {hash("1.2.840.113549.2.9"), der::null()}; }), "not the DER"));
  CHECK(mentions(detail([](Made& m) { m.iv = 15; }), "not the DER"));
  CHECK(mentions(detail([](Made& m) { m.iv = 0; }), "not the DER"));
  CHECK(mentions(detail([](Made& m) { m.ciphertext = 0; }), "whole blocks"));
  CHECK(mentions(detail([](Made& m) { m.ciphertext = 31; }), "whole blocks"));
  CHECK(mentions(detail([](Made& m) { m.cipher = "1.2.840.113549.3.2"; }), "1.2.840.113549.3.2"));
  const auto key_of = [](const der::Der& algorithm) {
    return std::string(as_text(der::sequence({algorithm, der::octet_string(der::Der(32))})));
  };
  CHECK(mentions(load(key_of(der::sequence({der::oid("1.2.840.113549.1.5.99"), der::sequence({})}))),
                 "1.2.840.113549.1.5.99"));
  CHECK(mentions(load(key_of(der::sequence({der::oid("1.2.840.113549.1.5.13")}))), "not the DER"));
  CHECK(mentions(load(key_of(der::sequence({}))), "not the DER"));
}

TEST_CASE("a key that is cut off anywhere, or changed before its public half, is an error") {
  const std::string good = key_file("../../../fuzz/seeds/pkcs8/des3");  // one iteration
  CHECK(load(good) == "loaded");
  constexpr std::size_t kPublicHalf = 90;  // bytes, with padding: what a key says of its public half is not needed
  for (std::size_t n = 0; n < good.size(); ++n) {
    CHECK(load(good.substr(0, n)) != "loaded");
    if (n + kPublicHalf >= good.size()) continue;
    std::string changed = good;
    changed[n] = static_cast<char>(changed[n] ^ 0x21);
    CHECK(load(changed) != "loaded");
  }
}

TEST_CASE("RFC 7292 B.1: passwords are UTF-16 with a zero behind") {
  const auto bmp = [](std::string_view utf8) {
    const auto made = pki::bmp_password(as_bytes(utf8));
    return made ? hex(made->expose()) : made.error().detail();
  };
  CHECK(bmp("") == "0000");
  CHECK(bmp("Az~") == "0041007a007e0000");
  CHECK(bmp("\xC3\xBC\xE2\x82\xAC\xF0\x9D\x84\x9E") == "00fc20acd834dd1e0000");
  CHECK(bmp("\xED\x9F\xBF\xEE\x80\x80") == "d7ffe0000000");
  for (const char* wrong :
       {"\x80", "\xC3", "\xC1\x81", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82", "\xE2\x82z"})
    CHECK(mentions(bmp(wrong), "not UTF-8"));
}
