// The choice among several credentials: by server name, signature schemes and authorities.
#include <algorithm>

#include "crypto/hash.h"
#include "crypto/signature.h"
#include "pki/server_name.h"
#include "tls/credentials.h"

namespace tls {
namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

bool has_name(const Credential& credential, std::string_view server_name) {
  return std::ranges::any_of(credential.names, [&](const std::string& presented) {
    return presented == server_name || pki::dns_name_matches(presented, server_name);
  });
}

/// RFC 8422 §5.1: in TLS 1.2 the key of an ECDSA certificate is on a curve of the client's, too.
bool on_curve(KeyKind key, const CredentialRequest& request) {
  const auto curve = crypto::curve_of(key);
  return !curve || !request.curves || contains(*request.curves, *curve);
}

bool can_sign(const Credential& credential, const CredentialRequest& request) {
  return on_curve(credential.key->kind(), request) &&
         scheme_for(credential, request.signature_schemes, request.version).has_value();
}

/// RFC 9846 §4.5.1.2: the chain should be signed with schemes that the peer accepts, but a chain that is not may be
/// sent where there is no other.
bool chain_accepted(const Credential& credential, const CredentialRequest& request) {
  const auto& accepted = request.certificate_schemes.empty() ? request.signature_schemes : request.certificate_schemes;
  return credential.chain_scheme && contains(accepted, *credential.chain_scheme);
}

bool from_authorities(const Credential& credential, const CredentialRequest& request) {
  if (request.authorities.empty()) return !credential.for_named_authorities;
  return std::ranges::any_of(credential.issuers,
                             [&](const auto& issuer) { return contains(request.authorities, issuer); });
}

class CredentialList final : public CredentialSource {
 public:
  explicit CredentialList(std::vector<CredentialPtr> credentials) : credentials_(std::move(credentials)) {
    std::erase(credentials_, nullptr);
  }

  /// The same leaves in the same order choose alike.
  std::string identity() const override {
    const crypto::Cpu cpu = crypto::detect_cpu();
    const crypto::HashImpl& sha256 = crypto::select_hash(crypto::HashId::sha256, cpu);
    std::string all = "credentials";
    for (const CredentialPtr& credential : credentials_) {
      if (credential->chain.empty()) continue;  // choose() says so
      const crypto::Digest digest = crypto::hash(sha256, credential->chain.front());
      all += as_text(digest.bytes());
    }
    return all;
  }

  Answer<CredentialPtr> choose(const CredentialRequest& request) const override {
    std::string name = request.server_name;
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    CredentialPtr best;
    int best_rank = -1;
    for (const CredentialPtr& credential : credentials_) {
      if (!credential->key || credential->chain.empty())
        return Result<CredentialPtr>(
            std::unexpected(Error(Code::bad_config, credential->key ? "a credential of the list has no certificate"
                                                                    : "a credential of the list has no key")
                                .with_alert(Alert::internal_error)));
      if (!can_sign(*credential, request)) continue;
      const bool wanted = from_authorities(*credential, request);
      // RFC 9846 §4.5.1.2: a chain SHOULD be issued by one of the authorities. Of those who name too few of them many
      // accept what is not; with nothing a client has no chance.
      if (!wanted && (request.authorities_bind || credential->for_named_authorities)) continue;
      const bool first = request.for_server ? has_name(*credential, name) : wanted;
      const int rank = (first ? 4 : 0) + (chain_accepted(*credential, request) ? 2 : 0) + (wanted ? 1 : 0);
      if (rank > best_rank) best = credential, best_rank = rank;
    }
    return Result<CredentialPtr>(std::move(best));
  }

 private:
  std::vector<CredentialPtr> credentials_;
};

}  // namespace

std::shared_ptr<const CredentialSource> credential_list(std::vector<CredentialPtr> credentials) {
  return std::make_shared<CredentialList>(std::move(credentials));
}

}  // namespace tls
