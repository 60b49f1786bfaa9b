#include "credentials.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "report.h"

namespace bogo {
namespace {

/// A key that answers one step later.
class DistantKey final : public tls::SigningKey {
 public:
  explicit DistantKey(std::shared_ptr<const tls::SigningKey> key) : key_(std::move(key)) {}
  tls::KeyKind kind() const noexcept override { return key_->kind(); }
  tls::Answer<std::vector<std::uint8_t>> sign(tls::SignatureScheme, tls::Bytes, tls::Random&) const override {
    return std::nullopt;
  }
  [[nodiscard]] const tls::SigningKey& behind() const noexcept { return *key_; }

 private:
  std::shared_ptr<const tls::SigningKey> key_;
};

/// RFC 6962 §3.3: SerializedSCT of 1 to 2^16-1 bytes behind the length of all. None at all is good, too.
bool is_timestamp_list(tls::Bytes list) {
  if (list.empty()) return true;
  auto length = [&](tls::Bytes from) { return from.size() < 2 ? 0U : from[0] * 256U + from[1]; };
  if (list.size() < 3 || length(list) != list.size() - 2) return false;
  for (tls::Bytes rest = list.subspan(2); !rest.empty(); rest = rest.subspan(2 + length(rest)))
    if (length(rest) == 0 || length(rest) > rest.size() - 2) return false;
  return true;
}

tls::CredentialPtr load_one(const CredentialOptions& files, const Options& o) {
  auto loaded = tls::load_credential(read_file(files.cert_file), read_file(files.key_file));
  // The stack sends timestamps as they are given.
  if (!loaded || !is_timestamp_list(files.signed_certificate_timestamps)) return nullptr;
  auto credential = std::make_shared<tls::Credential>(**loaded);
  credential->ocsp_response = files.ocsp_response;
  if (o.server && o.use_ocsp_callback && o.decline_ocsp_callback) credential->ocsp_response.clear();
  credential->signed_certificate_timestamps = files.signed_certificate_timestamps;
  for (std::uint16_t scheme : files.signing_prefs)
    if (const auto known = static_cast<tls::SignatureScheme>(scheme); tls::name(known) != "unknown")
      credential->signing_schemes.push_back(known);
  if (!files.signing_prefs.empty() && credential->signing_schemes.empty()) return nullptr;
  credential->for_named_authorities = files.must_match_issuer;
  if (o.async) credential->key = std::make_shared<DistantKey>(credential->key);
  return credential;
}

std::shared_ptr<const tls::ExternalPsk> make_psk(const CredentialOptions& o) {
  auto psk = std::make_shared<tls::ExternalPsk>();
  psk->identity = o.psk_importer_identity;
  psk->context = o.psk_importer_context;
  psk->key = decltype(psk->key)(o.psk_importer_key);
  psk->sha384 = o.psk_importer_sha384;
  return psk;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<const Credentials> Credentials::load(const Options& options) {
  std::shared_ptr<Credentials> all(new Credentials(options));
  const CredentialOptions& fallback = options.credentials.front();
  all->has_default_ = !fallback.cert_file.empty() || !fallback.key_file.empty();
  long index = 0;
  auto add = [&](const CredentialOptions& files) {
    all->list_.push_back(load_one(files, options));
    all->indices_.push_back(index);
    return all->list_.back() != nullptr;
  };
  for (const CredentialOptions& one : std::span(options.credentials).subspan(1)) {
    if (one.psk)
      all->psks_.push_back(make_psk(one));
    else if (!add(one))
      return nullptr;
    ++index;
  }
  index = -1;
  if (all->has_default_ && !add(fallback)) return nullptr;
  all->choice_ = tls::credential_list(all->list_);
  return all;
}

tls::Answer<tls::CredentialPtr> Credentials::choose(const tls::CredentialRequest& request) const {
  if (options_.async) return std::nullopt;
  return pick(request);
}

void Credentials::check(const tls::CredentialRequest& request) const {
  const auto& prefs = options_.expect_peer_verify_pref;
  if (!prefs.empty() && !std::ranges::equal(prefs, request.signature_schemes, {}, {},
                                            [](tls::SignatureScheme s) { return static_cast<std::uint16_t>(s); }))
    disappointed_ = !complain("the peer's signature schemes are others than expected");
  if (options_.expect_client_ca_list && parse_names(*options_.expect_client_ca_list) != request.authorities)
    disappointed_ = !complain("the peer's certificate authorities are others than expected");
  if (options_.expect_advertised_alpn) {
    std::string wire;
    for (const std::string& name : request.alpn) wire += static_cast<char>(name.size()), wire += name;
    if (wire != *options_.expect_advertised_alpn)
      disappointed_ = !complain("the client's protocols are others than expected");
  }
}

tls::Result<tls::CredentialPtr> Credentials::pick(const tls::CredentialRequest& request) const {
  check(request);
  if (options_.fail_cert_callback) return tls::fail(tls::Code::credential_refused, "-fail-cert-callback");
  if (options_.server && options_.use_ocsp_callback && options_.fail_ocsp_callback)
    return tls::fail(tls::Code::bad_staple, "-fail-ocsp-callback");
  // One that needs no -new-x509-credential is sent to whoever comes; among several the stack chooses.
  if (list_.size() == 1 && has_default_) return list_.front();
  auto chosen = *choice_->choose(request);
  const auto at = chosen ? std::ranges::find(list_, *chosen) : list_.end();
  selected_ = at == list_.end() ? -1 : indices_[static_cast<std::size_t>(at - list_.begin())];
  return chosen;
}

tls::Result<std::vector<std::uint8_t>> Credentials::sign(const tls::SignatureRequest& request) {
  const auto& key = static_cast<const DistantKey&>(*request.key).behind();
  return *key.sign(request.scheme, request.message, tls::system_random());
}

}  // namespace bogo
