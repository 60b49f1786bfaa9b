// Verifiers: trust anchors, the path to one of them, and the name.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "pki/path_search.h"
#include "pki/pem.h"
#include "pki/server_name.h"
#include "tls/verifier.h"

namespace tls {
namespace {

class AnchorVerifier final : public ChainVerifier {
 public:
  explicit AnchorVerifier(pki::Anchors anchors) : anchors_(std::move(anchors)), identity_(anchors_.identity()) {}

  /// The same anchors decide alike.
  std::string identity() const override { return identity_; }

  Answer<ChainAccepted> verify(const ChainToVerify& input) const override { return decide(input); }

 private:
  Result<ChainAccepted> decide(const ChainToVerify& input) const {
    pki::PeerChainPtr chain = input.parsed;
    if (!chain || !chain->der().shares_memory_with(input.chain)) {
      auto parsed = pki::PeerChain::parse(input.chain);
      if (!parsed) return std::unexpected(std::move(parsed).error());
      chain = std::move(*parsed);
    }
    const pki::Role role = input.peer_is_server ? pki::Role::server : pki::Role::client;
    auto trusted = pki::find_path(anchors_, *chain, role, input.now);
    if (!trusted) {
      const bool missing = trusted.error().code() == Code::unknown_ca && chain->unreadable();
      return std::unexpected(missing ? *chain->unreadable() : std::move(trusted).error());
    }
    if (input.peer_is_server)
      if (auto named = pki::check_server_name(input.server_name, chain->leaf()); !named)
        return std::unexpected(std::move(named).error());
    return ChainAccepted{.not_after = *trusted};
  }

  pki::Anchors anchors_;
  std::string identity_;
};

class Credulous final : public ChainVerifier {
 public:
  std::string identity() const override { return "nobody is verified"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return Result<ChainAccepted>(ChainAccepted{}); }
};

using VerifierResult = Result<std::shared_ptr<const ChainVerifier>>;

VerifierResult finish(pki::Anchors anchors, const std::string& where) {
  if (anchors.size() == 0) return fail(Code::bad_key_file, where + " holds no root certificate");
  return std::make_shared<const AnchorVerifier>(std::move(anchors));
}

}  // namespace

VerifierResult trust_pem(std::string_view roots_pem) {
  auto blocks = pki::parse_pem(roots_pem);
  if (!blocks) return std::unexpected(std::move(blocks).error());
  pki::Anchors roots;
  for (pki::PemBlock& block : *blocks) {
    if (block.label != "CERTIFICATE") continue;
    if (auto added = roots.add(std::move(block.der), pki::AnchorKind::roots); !added)
      return fail(Code::bad_key_file, "root " + std::to_string(roots.size() + 1) + ": " + added.error().detail());
  }
  return finish(std::move(roots), "the PEM text");
}

VerifierResult trust_system() {
  const char* chosen = std::getenv("SSL_CERT_FILE");
  const std::string path = chosen != nullptr && *chosen != '\0' ? chosen : "/etc/ssl/certs/ca-certificates.crt";
  std::ifstream file(path, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file)
    return fail(Code::bad_key_file, "the system's roots, '" + path +
                                        "', cannot be read: install ca-certificates, set "
                                        "SSL_CERT_FILE, or name the roots to trust");
  auto blocks = pki::parse_pem(pem);
  if (!blocks) return fail(Code::bad_key_file, "'" + path + "': " + blocks.error().detail());
  pki::Anchors roots;
  for (pki::PemBlock& block : *blocks) {
    // The system's list is not ours to correct: what cannot be a root of ours is left out, which trusts less.
    if (block.label == "CERTIFICATE") (void)roots.add(std::move(block.der), pki::AnchorKind::roots).has_value();
  }
  return finish(std::move(roots), "'" + path + "'");
}

std::shared_ptr<const ChainVerifier> trust_anyone_insecurely() { return std::make_shared<const Credulous>(); }

}  // namespace tls
