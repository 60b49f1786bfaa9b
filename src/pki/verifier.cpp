// Verifiers: roots, the search for a path to one of them, and the name.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unordered_map>

#include "base/limits.h"
#include "crypto/hash.h"
#include "pki/path_validation.h"
#include "pki/pem.h"
#include "pki/server_name.h"
#include "tls/verifier.h"

namespace tls {
namespace {

using pki::Certificate;

/// Certificates that live as long as their owner, found by canonical subject name.
class Roots {
 public:
  Result<void> add(std::vector<std::uint8_t> der) {
    auto held = std::make_unique<std::vector<std::uint8_t>>(std::move(der));
    auto parsed = pki::parse_certificate(*held);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    if (!parsed->self_issued())
      return fail(Code::bad_key_file, "'" + pki::display_name(parsed->subject) + "' is not a root: it was issued by '" +
                                          pki::display_name(parsed->issuer) +
                                          "'. Only roots can be trusted; give that one");
    ders_.push_back(std::move(held));
    by_subject_.emplace(pki::canonical_name(parsed->subject), std::move(*parsed));
    return {};
  }
  [[nodiscard]] auto issuers(const std::string& name) const { return by_subject_.equal_range(name); }
  [[nodiscard]] std::size_t size() const noexcept { return by_subject_.size(); }
  /// A digest of the roots, in whatever order they were given.
  [[nodiscard]] std::string identity() const {
    const crypto::HashImpl& sha256 = crypto::select_hash(crypto::HashId::sha256, crypto::detect_cpu());
    std::vector<std::string> digests;
    for (const auto& der : ders_) {
      const crypto::Digest digest = crypto::hash(sha256, *der);
      digests.emplace_back(as_text(digest.bytes()));
    }
    std::ranges::sort(digests);
    crypto::Hash all(sha256);
    for (const std::string& digest : digests) all.update(as_bytes(digest));
    const crypto::Digest identity = all.digest();
    return "roots " + std::string(as_text(identity.bytes()));
  }

 private:
  std::vector<std::unique_ptr<std::vector<std::uint8_t>>> ders_;
  std::unordered_multimap<std::string, Certificate> by_subject_;
};

/// RFC 5280 §4.2.1.1: the key identifiers, where both are there, tell apart authorities of one name.
bool may_have_issued(const Certificate& issuer, const Certificate& subject) {
  return issuer.subject_key_identifier.empty() || subject.authority_key_identifier.empty() ||
         std::ranges::equal(issuer.subject_key_identifier, subject.authority_key_identifier);
}

/// A depth-first search from the leaf to a root, over the certificates that the peer sent. Bounded by the limits: a
/// peer that sends a maze is refused, not followed.
class PathSearch {
 public:
  PathSearch(const Roots& roots, std::span<const Certificate> chain, pki::Role role, Clock::Milliseconds now)
      : roots_(roots), role_(role), now_(now) {
    for (const Certificate& certificate : chain)
      sent_.push_back(
          {&certificate, pki::canonical_name(certificate.subject), pki::canonical_name(certificate.issuer)});
    path_.push_back(&chain.front());
  }

  Result<void> run() {
    if (is_root(sent_.front())) {
      if (auto valid = pki::validate_path(path_, role_, now_); valid)
        return valid;
      else
        refusal_ = std::move(valid).error();
    }
    if (extend(sent_.front())) return {};
    if (refusal_) return std::unexpected(std::move(*refusal_));
    return nothing_found();
  }

 private:
  /// One of the peer's certificates. The names are made canonical once: the peer chooses how long they are, and the
  /// search asks for them again and again.
  struct Sent {
    const Certificate* certificate;
    std::string subject, issuer;
  };

  bool is_root(const Sent& leaf) const {
    const auto [begin, end] = roots_.issuers(leaf.subject);
    return std::any_of(begin, end,
                       [&](const auto& root) { return std::ranges::equal(root.second.der, leaf.certificate->der); });
  }

  /// Tries every root, then every certificate of the peer, that may have issued `last`, the end of the path. True: a
  /// path is valid.
  bool extend(const Sent& last) {
    if (steps_ == limits::kMaxPathSteps) {
      gave_up_ = true;
      return false;
    }
    ++steps_;
    const auto [begin, end] = roots_.issuers(last.issuer);
    for (auto root = begin; root != end; ++root)
      if (may_have_issued(root->second, *last.certificate) && try_root(root->second)) return true;
    if (path_.size() + 1 >= limits::kMaxPathLength) return false;
    for (const Sent& next : std::span(sent_).subspan(1)) {
      if (next.subject != last.issuer || !may_have_issued(*next.certificate, *last.certificate)) continue;
      if (std::ranges::find(path_, next.certificate) != path_.end()) continue;
      path_.push_back(next.certificate);
      if (extend(next)) return true;
      path_.pop_back();
    }
    return false;
  }

  bool try_root(const Certificate& root) {
    if (tried_ == limits::kMaxPathsTried) {
      gave_up_ = true;
      return false;
    }
    ++tried_;
    path_.push_back(&root);
    auto valid = pki::validate_path(path_, role_, now_);
    path_.pop_back();
    if (valid) return true;
    if (!refusal_) refusal_ = std::move(valid).error();  // the first path is the one that the peer meant
    return false;
  }

  std::unexpected<Error> nothing_found() const {
    if (gave_up_)
      return fail(Code::unknown_ca, "no path to a trusted root was found among the first " +
                                        std::to_string(limits::kMaxPathSteps) +
                                        " certificates that were tried; have the peer send its chain and nothing else");
    const Sent* last = &sent_.front();
    for (std::size_t i = 1; i < sent_.size(); ++i) {  // follow the chain as it was sent
      const auto next = std::find_if(sent_.begin() + 1, sent_.end(),
                                     [&](const Sent& one) { return &one != last && one.subject == last->issuer; });
      if (next == sent_.end()) break;
      last = &*next;
    }
    if (last->subject == last->issuer)
      return fail(Code::unknown_ca, "the chain ends with the self-signed certificate of '" +
                                        pki::display_name(last->certificate->subject) + "', which is none of the " +
                                        std::to_string(roots_.size()) +
                                        " trusted roots; if it is to be trusted, add it to them");
    return fail(Code::unknown_ca, "the chain ends with a certificate issued by '" +
                                      pki::display_name(last->certificate->issuer) +
                                      "', for which there is no trusted root among " + std::to_string(roots_.size()) +
                                      "; add that root, or have the peer send the missing intermediate certificate");
  }

  const Roots& roots_;
  const pki::Role role_;
  const Clock::Milliseconds now_;
  std::vector<Sent> sent_;  // leaf first
  std::vector<const Certificate*> path_;
  std::optional<Error> refusal_;
  std::size_t steps_ = 0, tried_ = 0;
  bool gave_up_ = false;  // a limit ended the search
};

class RootVerifier final : public ChainVerifier {
 public:
  explicit RootVerifier(Roots roots) : roots_(std::move(roots)), identity_(roots_.identity()) {}

  /// The same roots decide alike.
  std::string identity() const override { return identity_; }

  Answer<ChainAccepted> verify(const ChainToVerify& input) const override {
    auto accepted = decide(input);
    if (!accepted) return Result<ChainAccepted>(std::unexpected(std::move(accepted).error()));
    return Result<ChainAccepted>(ChainAccepted{});
  }

 private:
  Result<void> decide(const ChainToVerify& input) const {
    if (input.chain.empty()) return fail(Code::bad_certificate, "the peer sent no certificate");
    if (input.chain.size() > limits::kMaxCertificates)
      return fail(Code::bad_certificate, "the chain has " + std::to_string(input.chain.size()) +
                                             " certificates; at most " + std::to_string(limits::kMaxCertificates) +
                                             " are looked at");
    std::vector<Certificate> chain;
    std::optional<Error> unreadable;
    for (const auto& der : input.chain) {
      auto parsed = pki::parse_certificate(der);
      if (parsed) {
        chain.push_back(std::move(*parsed));
      } else if (chain.empty()) {
        return std::unexpected(std::move(parsed).error());
      } else if (!unreadable) {  // may be one that no path needs (RFC 9846 §4.5.1)
        unreadable = std::move(parsed).error();
      }
    }
    const pki::Role role = input.peer_is_server ? pki::Role::server : pki::Role::client;
    if (auto trusted = PathSearch(roots_, chain, role, input.now).run(); !trusted) {
      const bool missing = trusted.error().code() == Code::unknown_ca;
      return missing && unreadable ? std::unexpected(std::move(*unreadable)) : trusted;
    }
    return input.peer_is_server ? check_name(input.server_name, chain.front()) : Result<void>{};
  }

  static Result<void> check_name(const std::string& server_name, const Certificate& leaf) {
    const auto name = pki::ServerName::parse(server_name);
    if (!name) return fail(Code::name_mismatch, name.error().detail());
    if (name->matches(leaf)) return {};
    return fail(Code::name_mismatch, "'" + name->text() + "' was asked for, and the certificate is for " +
                                         pki::display_names(leaf) +
                                         "; connect by one of its names, or correct the certificate");
  }

  Roots roots_;
  std::string identity_;
};

class Credulous final : public ChainVerifier {
 public:
  std::string identity() const override { return "nobody is verified"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return Result<ChainAccepted>(ChainAccepted{}); }
};

using VerifierResult = Result<std::shared_ptr<const ChainVerifier>>;

VerifierResult finish(Roots roots, const std::string& where) {
  if (roots.size() == 0) return fail(Code::bad_key_file, where + " holds no root certificate");
  return std::make_shared<const RootVerifier>(std::move(roots));
}

}  // namespace

VerifierResult trust_pem(std::string_view roots_pem) {
  auto blocks = pki::parse_pem(roots_pem);
  if (!blocks) return std::unexpected(std::move(blocks).error());
  Roots roots;
  for (pki::PemBlock& block : *blocks) {
    if (block.label != "CERTIFICATE") continue;
    if (auto added = roots.add(std::move(block.der)); !added)
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
  Roots roots;
  for (pki::PemBlock& block : *blocks) {
    // The system's list is not ours to correct: what cannot be a root of ours is left out, which trusts less.
    if (block.label == "CERTIFICATE") (void)roots.add(std::move(block.der)).has_value();
  }
  return finish(std::move(roots), "'" + path + "'");
}

std::shared_ptr<const ChainVerifier> trust_anyone_insecurely() { return std::make_shared<const Credulous>(); }

}  // namespace tls
