// What the program and the library leave of key files and ticket masters in memory: nothing, once they are read.
#include <sodium.h>

#include <chrono>
#include <cstdlib>

#include "cli/check/holdings.h"
#include "cli/files.h"
#include "cli/shared.h"
#include "cli/tls_options.h"
#include "factory/certificates.h"
#include "pki/pem.h"
#include "secrets/made_elsewhere.h"
#include "support/hex.h"
#include "support/pki.h"
#include "tls/ticket_keys.h"

#ifdef SALLYPORT_SCANS_MEMORY

using namespace tls;
using namespace tls::test;
using sallyport::KeyType;
namespace cli = sallyport::cli;

namespace {

/// A chain, its key as PEM and as DER, and a key that is somebody else's.
struct KeyFiles {
  Folder folder;
  Needle text, octets;  // of the key: a line of its PEM, and bytes of its secret number

  explicit KeyFiles(KeyType type) {
    elsewhere([&] {
      const Authority authority;
      const auto key = sallyport::Key::generate(type);
      const auto leaf = sallyport::issue(authority.root, sallyport::server_leaf("x", {"a.example"}), key);
      put_file(folder.file("chain.pem"), as_bytes(leaf.pem()));
      const std::string pem = leaf.key_pem();
      put_file(folder.file("key.pem"), as_bytes(pem));
      put_file(folder.file("both.pem"), as_bytes(leaf.pem() + pem));
      put_file(folder.file("cut.pem"), as_bytes(pem).first(pem.size() - 30));
      put_file(folder.file("long.pem"), as_bytes(std::string(3 * cli::kMaxSecretFile, '#') + "\n" + pem));
      put_file(folder.file("key.der"), key->pkcs8());
      const std::size_t line = pem.find('\n', pem.find('\n') + 1) - 40;
      tell(folder.file("text"), as_bytes(pem).subspan(line, 24));
      const sallyport::der::Der inner = key->traditional();
      const bool rsa = type == KeyType::rsa_2048;
      const Bytes secret =
          type == KeyType::ed25519 ? Bytes(inner).last(32) : Bytes(inner).subspan(rsa ? 400 : 7, rsa ? 64 : 32);
      tell(folder.file("octets"), secret.subspan(4, 16));
      const auto other =
          sallyport::issue(authority.root, sallyport::server_leaf("y", {"b.example"}), sallyport::Key::generate(type));
      put_file(folder.file("other.pem"), as_bytes(other.pem()));
    });
    text = told(folder.file("text"));
    octets = told(folder.file("octets"));
  }
};

/// What of the files is in memory.
std::size_t left(const KeyFiles& files) { return occurrences(files.text) + occurrences(files.octets); }

void load(const KeyFiles& files, const char* chain, const char* key) {
  cli::TlsOptions options;
  options.certs = {files.folder.file(chain)};
  options.keys = {files.folder.file(key)};
  const auto loaded = cli::load_credentials(options);
  CHECK(loaded.size() == 1);
  CHECK(occurrences(files.text) == 0);  // also while the key is in use
}

}  // namespace

TEST_CASE("the scan finds what is there, what was freed, and what is on the stack") {
  Folder folder;
  elsewhere([&] {
    std::uint8_t bytes[4000];
    randombytes_buf(bytes, sizeof bytes);
    put_file(folder.file("secret"), bytes);
    tell(folder.file("needle"), Bytes(bytes).subspan(2000, 16));
  });
  const Needle needle = told(folder.file("needle"));
  CHECK(occurrences(needle) == 0);
  {
    const auto there = get_file(folder.file("secret"));
    CHECK(occurrences(needle) == 1);
  }
  CHECK(occurrences(needle) >= 1);  // freed, and not wiped
  {
    tls::SecretBytes again = cli::read_secret(folder.file("secret"));
    wipe(again.extend(0));
    CHECK(occurrences(needle) >= 1);
  }
}

TEST_CASE("read_secret(): nothing is left of the file, of any length, when it goes") {
  for (const std::size_t size : {std::size_t{16}, std::size_t{5000}, std::size_t{16384}, std::size_t{300'000}}) {
    CAPTURE(size);
    Folder folder;
    elsewhere([&] {
      std::vector<std::uint8_t> bytes(size);
      randombytes_buf(bytes.data(), bytes.size());
      put_file(folder.file("secret"), bytes);
      tell(folder.file("needle"), Bytes(bytes).subspan(size / 2 - 8, 16));
    });
    const Needle needle = told(folder.file("needle"));
    {
      const tls::SecretBytes all = cli::read_secret(folder.file("secret"));
      CHECK(all.size() == size);
      CHECK(occurrences(needle) == 1);
    }
    CHECK(occurrences(needle) == 0);
  }
}

TEST_CASE("sallyport check: nothing is left of a file with a key, were it longer than any key") {
  const KeyFiles files(KeyType::ecdsa_p256);
  for (const char* name : {"key.pem", "key.der", "both.pem", "cut.pem", "long.pem"}) {
    CAPTURE(name);
    cli::check::Findings findings;
    const PasswordSource none;
    CHECK(cli::check::read_holdings_of(files.folder.file(name), none, findings).secret);
    CHECK(left(files) == 0);
  }
}

TEST_CASE("private keys: of the file nothing is left behind, of the key nothing when it goes") {
  for (const KeyType type : {KeyType::ed25519, KeyType::ecdsa_p256, KeyType::rsa_2048}) {
    CAPTURE(static_cast<int>(type));
    const KeyFiles files(type);
    for (const char* key : {"key.pem", "key.der", "both.pem"}) {
      CAPTURE(key);
      load(files, key == std::string_view("both.pem") ? key : "chain.pem", key);
      CHECK(left(files) == 0);
    }
  }
}

TEST_CASE("private keys: nothing is left of a file that is refused") {
  for (const KeyType type : {KeyType::ed25519, KeyType::ecdsa_p256, KeyType::rsa_2048}) {
    CAPTURE(static_cast<int>(type));
    const KeyFiles files(type);
    for (const auto& [chain, key] : {std::pair{"other.pem", "key.pem"},
                                     {"chain.pem", "cut.pem"},
                                     {"key.pem", "key.pem"},
                                     {"key.der", "key.der"}}) {
      CAPTURE(chain);
      CAPTURE(key);
      CHECK_THROWS_AS(load(files, chain, key), cli::Failure);
      CHECK(left(files) == 0);
    }
  }
}

namespace {

/// A key that OpenSSL has encrypted in every way that is read, under a password that is in a file.
struct EncryptedFiles {
  static constexpr const char* kKeys[] = {"pbkdf2.pem", "scrypt.der", "3des.der"};
  static constexpr const char* kBoth[] = {"aes.p12", "3des.p12", "both.pem"};
  Folder folder;
  Needle password, wide, wrong, octets;

  EncryptedFiles() {
    elsewhere([&] {
      const Authority authority;
      const auto key = sallyport::Key::generate(KeyType::ecdsa_p256);
      const auto leaf = sallyport::issue(authority.root, sallyport::server_leaf("x", {"a.example"}), key);
      put_file(folder.file("chain.pem"), as_bytes(leaf.pem()));
      put_file(folder.file("key.pem"), as_bytes(leaf.key_pem()));
      tell(folder.file("octets"), Bytes(key->traditional()).subspan(11, 16));
      for (const char* name : {"password", "wrong"}) {
        std::uint8_t bytes[16];
        randombytes_buf(bytes, sizeof bytes);
        const std::string text = test::hex(bytes);
        put_file(folder.file(name), as_bytes(text + "\n"));
        tell(folder.file(std::string(name) + ".needle"), as_bytes(text).subspan(8, 16));
        std::vector<std::uint8_t> wide_bytes;
        for (const char c : text) wide_bytes.insert(wide_bytes.end(), {0, static_cast<std::uint8_t>(c)});
        tell(folder.file(std::string(name) + ".wide"), Bytes(wide_bytes).subspan(16, 16));
      }
      const std::string in = "cd '" + folder.file("") + "' && exec 2>/dev/null && openssl ",
                        with = " -passout file:password";
      for (const char* command : {"pkcs8 -topk8 -in key.pem -v2 aes-256-cbc -out pbkdf2.pem",
                                  "pkcs8 -topk8 -in key.pem -scrypt -outform DER -out scrypt.der",
                                  "pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-3DES -outform DER -out 3des.der",
                                  "pkcs12 -export -inkey key.pem -in chain.pem -out aes.p12",
                                  "pkcs12 -export -inkey key.pem -in chain.pem -macalg sha1 -keypbe PBE-SHA1-3DES "
                                  "-certpbe PBE-SHA1-3DES -out 3des.p12"})
        if (std::system((in + command + with).c_str()) != 0) std::abort();
      if (std::system((in + "version >/dev/null && cat chain.pem pbkdf2.pem >both.pem && rm key.pem").c_str()) != 0)
        std::abort();
    });
    password = told(folder.file("password.needle")), wide = told(folder.file("password.wide"));
    wrong = told(folder.file("wrong.needle")), octets = told(folder.file("octets"));
  }

  [[nodiscard]] std::vector<CredentialPtr> load(const char* cert, const char* key, const char* password_file) const {
    cli::TlsOptions options;
    options.certs = {folder.file(cert)};
    if (key != nullptr) options.keys = {folder.file(key)};
    options.key_passwords.files = {folder.file(password_file)};
    return cli::load_credentials(options);
  }
  [[nodiscard]] std::size_t passwords_left() const {
    return occurrences(password) + occurrences(wide) + occurrences(wrong);
  }
};

}  // namespace

TEST_CASE("encrypted keys: nothing is left of the password, used or refused, and of the key nothing when it goes") {
  const EncryptedFiles files;
  const auto check = [&](const char* cert, const char* key) {
    CAPTURE(std::string(cert));
    {
      const auto loaded = files.load(cert, key, "password");
      CHECK(loaded.size() == 1);
      CHECK(files.passwords_left() == 0);  // also while the key is in use
    }
    CHECK(occurrences(files.octets) == 0);
    CHECK_THROWS_AS((void)files.load(cert, key, "wrong"), cli::Failure);
    CHECK(files.passwords_left() == 0);
    CHECK(occurrences(files.octets) == 0);
  };
  for (const char* key : EncryptedFiles::kKeys) {
    CAPTURE(std::string(key));
    check("chain.pem", key);
  }
  for (const char* both : EncryptedFiles::kBoth) check(both, nullptr);
}

TEST_CASE("fixed_password() keeps one copy, and wipes it") {
  const EncryptedFiles files;
  {
    SecretBytes typed = cli::read_secret(files.folder.file("password"));
    typed.shorten(typed.size() - 1);
    const PasswordSource source = fixed_password(std::move(typed));
    CHECK(occurrences(files.password) == 1);
  }
  CHECK(files.passwords_left() == 0);
}

TEST_CASE("a ticket master: nothing is left of it, whether it is taken or not, and of its keys when they go") {
  for (const std::size_t size : {std::size_t{48}, std::size_t{31}}) {
    CAPTURE(size);
    Folder folder;
    elsewhere([&] {
      std::vector<std::uint8_t> bytes(size);
      randombytes_buf(bytes.data(), bytes.size());
      put_file(folder.file("master"), bytes);
      tell(folder.file("needle"), Bytes(bytes).last(15));
    });
    const Needle needle = told(folder.file("needle"));
    const auto keys = [&] {
      return cli::Shared({.master = folder.file("master"), .store = ""}, std::chrono::seconds(10))
          .ticket_keys(std::chrono::hours(2));
    };
    if (size < 32) {
      CHECK_THROWS_AS((void)keys(), cli::Failure);
    } else {
      const auto ring = keys();
      CHECK(ring != nullptr);
      CHECK(occurrences(needle) == 0);
    }
    CHECK(occurrences(needle) == 0);
  }
}

#endif
