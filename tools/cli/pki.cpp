// sallyport pki DIR: a throw-away public key infrastructure to try things out with.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/files.h"
#include "factory/certificates.h"

namespace sallyport::cli {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kLeafDays = 397, kAuthorityDays = 3650;

struct Options {
  std::string directory;
  bool json = false, force = false;
};

/// Collects files with what each one is, and writes all of them at the end or none.
class Shelf {
 public:
  explicit Shelf(std::string directory) : directory_(std::move(directory)) {}
  void secret(const std::string& name, const std::string& text, const std::string& what) {
    put(name, tls::as_bytes(text), 0600, what);
  }
  void file(const std::string& name, tls::Bytes contents, const std::string& what) { put(name, contents, 0644, what); }
  void file(const std::string& name, const std::string& text, const std::string& what) {
    put(name, tls::as_bytes(text), 0644, what);
  }

  /// Replaces nothing that is there already unless it is forced to.
  void write(bool force) const {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) throw Failure(kIo, "the folder '" + directory_ + "' cannot be made: " + error.message());
    for (const Row& row : rows_)
      if (!force && std::filesystem::exists(std::filesystem::symlink_status(path(row))))
        throw Failure(kIo, "'" + path(row) + "' is there already, and nothing was written; name another folder, or " +
                               "replace what is there with --force");
    for (const Row& row : rows_) write_file(path(row), row.contents, row.mode);
  }

  void print(bool json) const {
    if (json) {
      nlohmann::ordered_json files = nlohmann::ordered_json::array();
      for (const Row& row : rows_) files.push_back({{"file", row.name}, {"what", row.what}});
      std::cout << nlohmann::ordered_json{{"directory", directory_}, {"files", files}}.dump() << "\n";
      return;
    }
    std::size_t width = 0;
    for (const Row& row : rows_) width = std::max(width, row.name.size());
    std::cerr << "In " << directory_ << ":\n";
    for (const Row& row : rows_)
      std::cerr << "  " << row.name << std::string(width - row.name.size() + 2, ' ') << row.what << "\n";
    std::cerr << "Keys that lie in files are for tests: trust this root.pem nowhere else.\n";
  }

 private:
  struct Row {
    std::string name, what;
    std::vector<std::uint8_t> contents;
    unsigned mode;
  };
  void put(const std::string& name, tls::Bytes contents, unsigned mode, const std::string& what) {
    rows_.push_back({name, what, {contents.begin(), contents.end()}, mode});
  }
  [[nodiscard]] std::string path(const Row& row) const {
    return (std::filesystem::path(directory_) / row.name).string();
  }

  std::string directory_;
  std::vector<Row> rows_;
};

struct Leaf {
  const char* name;
  KeyType key;
  const char* what;
  bool by_rsa;  ///< issued by the RSA authority, with RSASSA-PSS
};
// An id-RSASSA-PSS key is certified with the algorithm that it is restricted to: Botan accepts nothing else.
constexpr Leaf kServers[] = {
    {"ecdsa-p256", KeyType::ecdsa_p256, "ECDSA P-256", false},
    {"ecdsa-p384", KeyType::ecdsa_p384, "ECDSA P-384", false},
    {"ed25519", KeyType::ed25519, "Ed25519", false},
    {"rsa-2048", KeyType::rsa_2048, "RSA, 2048 bits", false},
    {"rsa-pss-2048", KeyType::rsa_pss_2048, "RSASSA-PSS, 2048 bits", true},
};

/// The authorities of the throw-away infrastructure and its dates.
struct Authorities {
  std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
  Issued root =
      self_signed(dated(authority("Sallyport Test Root"), kAuthorityDays), Key::generate(KeyType::ecdsa_p256));
  Issued intermediate = issue(root, dated(authority("Sallyport Test Intermediate", 0), kAuthorityDays),
                              Key::generate(KeyType::ecdsa_p256));
  Issued rsa_intermediate = issue(root, dated(authority("Sallyport Test RSA Intermediate", 0), kAuthorityDays),
                                  Key::generate(KeyType::rsa_2048));

  /// Valid from a day ago, for clocks that are slow.
  [[nodiscard]] CertificateSpec dated(CertificateSpec spec, std::int64_t days) const {
    spec.not_before = now - kDay;
    spec.not_after = now + days * kDay;
    return spec;
  }
};

void write_authority(Shelf& shelf, const Issued& ca, const std::string& name, const std::string& what) {
  shelf.file(name + ".pem", ca.pem(), what);
  shelf.secret(name + "-key.pem", ca.key_pem(), "its private key");
}

void write_server(Shelf& shelf, const Authorities& cas, const Issued& responder, const Leaf& leaf) {
  const Issued& issuer = leaf.by_rsa ? cas.rsa_intermediate : cas.intermediate;
  CertificateSpec spec = cas.dated(server_leaf("localhost", {"localhost"}, {"127.0.0.1", "::1"}), kLeafDays);
  spec.pss = leaf.by_rsa;
  const Issued issued = issue(issuer, spec, Key::generate(leaf.key));
  const std::string name = leaf.name;
  shelf.file(name + "-chain.pem", issued.pem() + issuer.pem(),
             std::string("server certificate for localhost, 127.0.0.1 and ::1 (") + leaf.what + "), then its issuer");
  shelf.secret(name + "-key.pem", issued.key_pem(), "its private key");
  // The responder is the delegate of one authority (RFC 6960 §4.2.2.2); the other answers for itself.
  const Issued& signer = leaf.by_rsa ? issuer : responder;
  const auto status = [&](OcspStatus s) {
    const OcspEntry entry{.subject = &issued,
                          .status = s,
                          .this_update = cas.now - kDay,
                          .next_update = cas.now + 30 * kDay,
                          .revoked_at = cas.now - kDay,
                          .hash = "SHA-1"};  // as responders have it (RFC 5019 §2.1.1): curl knows no other
    return ocsp_response({.issuer = &issuer, .responder = &signer, .entries = {entry}, .produced_at = cas.now - kDay});
  };
  shelf.file(name + "-ocsp-good.der", status(OcspStatus::good), "OCSP response for it: good, for 30 days");
  shelf.file(name + "-ocsp-revoked.der", status(OcspStatus::revoked), "OCSP response for it: revoked");
}

/// A list of the intermediate authority that revokes `revoked`; null: nobody.
void write_crl(Shelf& shelf, const Authorities& cas, const Issued* revoked, const std::string& name,
               const std::string& what) {
  CrlSpec spec{.issuer = &cas.intermediate,
               .this_update = cas.now - kDay,
               .next_update = cas.now + 30 * kDay,
               .number = revoked == nullptr ? 1 : 2};
  if (revoked != nullptr) spec.entries = {{.serial = revoked->serial, .revoked_at = cas.now - kDay, .reason = 1}};
  shelf.file(name, to_pem("X509 CRL", crl(spec)), what);
}

int make(const Options& options) {
  Shelf shelf(options.directory);
  const Authorities cas;
  write_authority(shelf, cas.root, "root", "the root: what the other side trusts (ECDSA P-256)");
  write_authority(shelf, cas.intermediate, "intermediate", "the intermediate authority (ECDSA P-256)");
  write_authority(shelf, cas.rsa_intermediate, "rsa-intermediate",
                  "an intermediate authority that signs with RSASSA-PSS");

  CertificateSpec ocsp = cas.dated(server_leaf("Sallyport Test OCSP Responder", {}), kLeafDays);
  ocsp.extended_key_usage = {kOcspSigning};
  const Issued responder = issue(cas.intermediate, ocsp, Key::generate(KeyType::ecdsa_p256));
  for (const Leaf& leaf : kServers) write_server(shelf, cas, responder, leaf);

  const Issued client = issue(cas.intermediate, cas.dated(client_leaf("Sallyport Test Client"), kLeafDays),
                              Key::generate(KeyType::ecdsa_p256));
  shelf.file("client-chain.pem", client.pem() + cas.intermediate.pem(),
             "client certificate (ECDSA P-256), then its issuer");
  shelf.secret("client-key.pem", client.key_pem(), "its private key");
  write_crl(shelf, cas, nullptr, "intermediate-crl.pem", "CRL of the intermediate authority: empty, for 30 days");
  write_crl(shelf, cas, &client, "client-revoked-crl.pem", "CRL that revokes the client certificate");
  shelf.file("ocsp-chain.pem", responder.pem() + cas.intermediate.pem(),
             "OCSP responder (ECDSA P-256), then its issuer");
  shelf.secret("ocsp-key.pem", responder.key_pem(), "its private key");
  shelf.write(options.force);
  shelf.print(options.json);
  return kDone;
}

Action define(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("DIR", options->directory, "Folder for the files; made if it is not there")->required();
  app.add_flag("--force", options->force, "Replaces files of an earlier run; without it nothing is overwritten");
  app.add_flag("--json", options->json, "The list of files as JSON on the standard output");
  return [options] { return make(*options); };
}

}  // namespace

const Command kPki = {"pki", "Writes a throw-away test PKI: authorities, certificates, keys, OCSP responses, CRLs",
                      define};

}  // namespace sallyport::cli
