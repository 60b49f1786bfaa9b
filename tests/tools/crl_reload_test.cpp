// A running server whose CRL file is overwritten with one that must not count: what was revoked stays revoked, and the
// server says which file, what and why.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "factory/certificates.h"
#include "support/time_scale.h"
#include "tools/place.h"

using namespace tls::test;
using namespace sallyport;

namespace {

constexpr std::int64_t kDay = 86400;

std::int64_t now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

/// Clients of an authority of their own, of whom its CRL number 5 revokes one; somebody who has its name alone, and
/// another authority.
struct Clients : Place {
  Issued ours = made("Clients"), impostor = made("Clients"), stranger = made("Strangers");
  Issued honest = client("Honest"), stolen = client("Stolen");
  std::string ca = folder.file("clients.pem", ours.pem()), crl_file = folder.path("crl.pem");

  static Issued made(const char* name) { return self_signed(authority(name), Key::generate(KeyType::ecdsa_p256)); }
  [[nodiscard]] Issued client(const char* name) const {
    return issue(ours, client_leaf(name), Key::generate(KeyType::ecdsa_p256));
  }
  [[nodiscard]] CrlSpec spec(std::uint32_t number) const {
    return {.issuer = &ours, .this_update = now() - kDay, .next_update = now() + kDay, .number = number};
  }
  [[nodiscard]] CrlSpec revoking() const {
    CrlSpec s = spec(5);
    s.entries = {{.serial = stolen.serial, .revoked_at = now() - kDay}};
    return s;
  }
  [[nodiscard]] CrlSpec older() const { return spec(4); }
  [[nodiscard]] CrlSpec forged() const {
    CrlSpec s = spec(9);
    s.signer = &impostor;
    return s;
  }
  [[nodiscard]] CrlSpec of_another() const {
    CrlSpec s = spec(9);
    s.issuer = &stranger;
    return s;
  }
  [[nodiscard]] static std::string pem(const CrlSpec& s) { return to_pem("X509 CRL", crl(s)); }
  /// The last octet of the signature is another.
  [[nodiscard]] static std::string damaged(const CrlSpec& s) {
    der::Der der = crl(s);
    der.back() ^= 1;
    return to_pem("X509 CRL", der);
  }

  [[nodiscard]] RunningServer server() const {
    return RunningServer(serve({"--no-watch", "--verify-client", "require", "--client-ca", ca, "--crl", crl_file}));
  }
  [[nodiscard]] bool let_in(const RunningServer& to, const Issued& who) const {
    const Words more = {"--ca",   root(),
                        "--get",  "/",
                        "--cert", folder.file("who.pem", who.pem()),
                        "--key",  folder.file("who-key.pem", who.key_pem())};
    return connect(to, more).status == 0;
  }
  /// Overwrites the file, and gives what the server says when it reads it again.
  [[nodiscard]] std::string overwrite(const RunningServer& to, const std::string& text) const {
    const std::size_t said = to.errors().size();
    (void)folder.file("crl.pem", text);
    REQUIRE(::kill(to.pid(), SIGHUP) == 0);
    std::string words;
    for (int i = 0; i < 500 * time_scale() && !has(words, "reloaded: "); ++i) {  // 10 s
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      words = to.errors().substr(said);
    }
    REQUIRE(has(words, "reloaded: '" + crl_file + "' changed"));
    return words;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Clients, "a CRL file that is overwritten: who was revoked stays refused, and it is said why") {
  struct Row {
    const char* name;
    std::string text, why, why_untried;  ///< what is said where a key has verified the CRL before, and where none has
  };
  const std::string beside = "stands beside that of ";
  const Row rows[] = {
      {"older", pem(older()), "is older than that of ", beside},
      {"in its name by another key", pem(forged()), "is not signed by the key that has signed that of ", beside},
      {"damaged", damaged(spec(9)), "is not signed by the key that has signed that of ", beside},
      {"of another authority", pem(of_another()), "is not there any more", "is not there any more"},
  };
  for (const Row& row : rows)
    for (const bool verified : {true, false}) {
      CAPTURE(row.name);
      CAPTURE(verified);
      (void)folder.file("crl.pem", pem(revoking()));
      const RunningServer to = server();
      if (verified) {
        CHECK(let_in(to, honest));
        CHECK_FALSE(let_in(to, stolen));
      }
      const std::string words = overwrite(to, row.text);
      CHECK_MESSAGE(has(words, "WARNING: --crl '" + crl_file + "'"), words);
      CHECK_MESSAGE(has(words, "CN=Clients"), words);
      CHECK_MESSAGE(has(words, verified ? row.why : row.why_untried), words);
      CHECK_MESSAGE(has(words, "stays in force"), words);
      CHECK_FALSE(let_in(to, stolen));
      CHECK(has(to.errors(), "the certificate of 'CN=Stolen' was revoked at"));
      CHECK(let_in(to, honest));
      // And after another reload, of the same kind of file.
      (void)overwrite(to, row.text + "\n");
      CHECK_FALSE(let_in(to, stolen));
    }
}

TEST_CASE_FIXTURE(Clients, "a CRL file that is overwritten with a newer one of the authority: that one counts") {
  (void)folder.file("crl.pem", pem(revoking()));
  const RunningServer to = server();
  CHECK_FALSE(let_in(to, stolen));
  const std::string words = overwrite(to, pem(spec(6)));
  CHECK_MESSAGE(!has(words, "WARNING"), words);
  CHECK(let_in(to, stolen));
}
