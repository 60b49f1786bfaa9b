// Certificates that a client refuses: status 4, why, and what to do about each.
#include <doctest/doctest.h>

#include <chrono>

#include "factory/certificates.h"
#include "tools/place.h"

using namespace tls::test;
using namespace sallyport;

namespace {

constexpr std::int64_t kDay = 86400;

/// A root of our own, and servers with leaves of it that are made to order.
struct Issuer {
  TemporaryFolder folder;
  Issued root = self_signed(authority("Refusal Test Root"), Key::generate(KeyType::ecdsa_p256));
  std::string root_file = folder.file("root.pem", root.pem());
  std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();

  [[nodiscard]] Ran refusal(const CertificateSpec& spec) const {
    const Issued leaf = issue(root, spec, Key::generate(KeyType::ecdsa_p256));
    const RunningServer server(
        {"--cert", folder.file("leaf.pem", leaf.pem()), "--key", folder.file("key.pem", leaf.key_pem())});
    return run_tool(
        {"client", "localhost", "--connect", "127.0.0.1:" + server.port(), "--ca", root_file, "--get", "/"});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Issuer, "an expired leaf: its server must renew it") {
  CertificateSpec spec = server_leaf("localhost", {"localhost"});
  spec.not_after = now - kDay;
  const Ran ran = refusal(spec);
  CHECK(ran.status == 4);
  for (const char* words : {"expired on ", "certificate_expired, sent by us", "\n  try ", "new certificate", "clock"})
    CHECK(has(ran.err, words));
}

TEST_CASE_FIXTURE(Issuer, "a leaf that is not yet valid: somebody's clock") {
  CertificateSpec spec = server_leaf("localhost", {"localhost"});
  spec.not_before = now + kDay;
  const Ran ran = refusal(spec);
  CHECK(ran.status == 4);
  for (const char* words : {"is valid from ", "\n  try ", "set this machine's clock"}) CHECK(has(ran.err, words));
}

TEST_CASE_FIXTURE(Issuer, "a leaf for clients: another certificate") {
  CertificateSpec spec = server_leaf("localhost", {"localhost"});
  spec.extended_key_usage = {kClientAuth};
  const Ran ran = refusal(spec);
  CHECK(ran.status == 4);
  for (const char* words : {"\n  try ", "a certificate for TLS servers"}) CHECK(has(ran.err, words));
}

TEST_CASE_FIXTURE(Issuer, "an unknown issuer: the root, or the chain; a wrong name: the right one") {
  const Ran stranger = [&] {
    const Issued other = self_signed(authority("Somebody Else"), Key::generate(KeyType::ecdsa_p256));
    Issuer deceived;
    deceived.root_file = folder.file("other.pem", other.pem());
    return deceived.refusal(server_leaf("localhost", {"localhost"}));
  }();
  CHECK(stranger.status == 4);
  for (const char* words : {"Refusal Test Root", "unknown_ca, sent by us", "try         --ca FILE"})
    CHECK(has(stranger.err, words));
  const Ran name = refusal(server_leaf("other", {"other.example"}));
  CHECK(name.status == 4);
  for (const char* words : {"other.example", "RFC 9525", "try         --servername NAME"}) CHECK(has(name.err, words));
}
