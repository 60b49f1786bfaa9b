#include "pki/credential_chain.h"

#include <algorithm>

#include "base/limits.h"
#include "pki/issuer_choice.h"
#include "pki/password_asker.h"
#include "pki/policy.h"
#include "pki/server_name.h"

namespace tls::pki {

Result<CredentialChain> CredentialChain::read(std::vector<FoundCertificate> found, std::string file) {
  CredentialChain chain;
  chain.file_ = std::move(file);
  for (FoundCertificate& one : found) {
    const auto same = [&](const FoundCertificate& other) { return other.der == one.der; };
    if (std::ranges::any_of(chain.found_, same)) continue;
    chain.found_.push_back(std::move(one));
    if (chain.found_.size() > limits::kMaxCertificates)
      return fail(Code::bad_key_file, chain.place(chain.found_.size() - 1) + ": at most " +
                                          std::to_string(limits::kMaxCertificates) + " are sent");
  }
  for (std::size_t i = 0; i < chain.found_.size(); ++i) {
    auto parsed = parse_certificate(chain.found_[i].der);
    if (!parsed) return chain.error_at(i, parsed.error());
    chain.parsed_.push_back(std::move(*parsed));
  }
  return chain;
}

std::string CredentialChain::place(std::size_t i) const {
  return "certificate " + std::to_string(i + 1) + " of the chain (" + found_[i].where + ")";
}

std::string CredentialChain::in_file(std::string_view words) const {
  return (file_.empty() ? "" : file_ + ": ") + std::string(words);
}

std::unexpected<Error> CredentialChain::error_at(std::size_t i, const Error& error) const {
  if (error.code() == Code::out_of_memory) return std::unexpected(error);  // no fault of the file
  return fail(Code::bad_key_file, place(i) + ": " + words_of(error));
}

std::size_t CredentialChain::leaf_by_kind(KeyKind kind) const {
  std::vector<std::string> subjects, issuers;
  for (const Certificate& one : parsed_) {
    subjects.push_back(canonical_name(one.subject));
    issuers.push_back(canonical_name(one.issuer));
  }
  for (std::size_t i = 0; i < size(); ++i) {
    bool issued = false;
    for (std::size_t k = 0; k < size(); ++k) issued |= k != i && issuers[k] == subjects[i];
    if (!issued && key_kind(parsed_[i]) == kind) return i;
  }
  return 0;
}

void CredentialChain::describe_leaf(Credential& credential, const Certificate& leaf) const {
  credential.chain_scheme = signature_scheme(leaf);
  for (std::string_view name : leaf.dns_names) {
    std::string& lowered = credential.names.emplace_back(name);
    std::ranges::transform(lowered, lowered.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  }
  for (Bytes address : leaf.addresses) credential.names.push_back(display_address(address));
}

std::unexpected<Error> CredentialChain::stranger(std::size_t i, const Certificate& end) const {
  std::string words = place(i) + ": it is for '" + display_name(parsed_[i].subject) + "' and issued none of the others";
  words += end.self_issued() ? ": take it out"
                             : ": take it out, or put in the certificate of '" + display_name(end.issuer) +
                                   "', which issued the last one of the line from the leaf, and is missing";
  return fail(Code::bad_key_file, std::move(words));
}

void CredentialChain::take(Credential& credential, std::size_t i, bool in_line) {
  const Bytes issuer = parsed_[i].issuer;
  credential.issuers.emplace_back(issuer.begin(), issuer.end());
  (in_line ? credential.chain : credential.alternatives).push_back(std::move(found_[i].der));
}

std::vector<std::size_t> CredentialChain::line_from(std::size_t leaf) const {
  std::vector<std::string> subjects;
  for (const Certificate& one : parsed_) subjects.push_back(canonical_name(one.subject));
  std::vector<std::size_t> line{leaf};
  IssuerChoice choice;
  while (true) {
    const Certificate& last = parsed_[line.back()];
    const std::string wanted = canonical_name(last.issuer);
    std::vector<const Certificate*> candidates;
    for (std::size_t i = 0; i < size(); ++i)
      if (subjects[i] == wanted && std::ranges::find(line, i) == line.end()) candidates.push_back(&parsed_[i]);
    const std::size_t next = choice.choose(last, candidates);
    if (next == candidates.size()) return line;
    line.push_back(static_cast<std::size_t>(candidates[next] - parsed_.data()));
  }
}

Result<void> CredentialChain::fill(Credential& credential, std::size_t leaf, CredentialReport& report) && {
  describe_leaf(credential, parsed_[leaf]);
  const std::vector<std::size_t> line = line_from(leaf);
  std::size_t in_line = 1;                                                // of `line`, that are taken
  std::vector<std::string> wanted{canonical_name(parsed_[leaf].issuer)};  // the issuer names so far
  std::vector<bool> taken(size());
  take(credential, leaf, true), taken[leaf] = true;
  std::size_t left = size() - 1;
  bool in_order = leaf == 0;
  for (bool first = true, progress = true; left != 0 && progress; first = false) {
    progress = false;
    for (std::size_t i = 0; i < size(); ++i) {
      if (taken[i]) continue;
      const std::string subject = canonical_name(parsed_[i].subject);
      if (std::ranges::find(wanted, subject) == wanted.end()) continue;  // perhaps later: another may lead to it
      const bool next = in_line < line.size() && line[in_line] == i;
      if (!next && std::ranges::find(line, i) != line.end()) continue;  // its turn comes
      wanted.push_back(canonical_name(parsed_[i].issuer));
      take(credential, i, next), taken[i] = true;
      in_line += next ? 1 : 0;
      --left, progress = true;
      in_order = in_order && first;
    }
  }
  for (std::size_t i = 0; i < size(); ++i)
    if (!taken[i]) return stranger(i, parsed_[line.back()]);
  report.reordered = !in_order;
  if (report.reordered)
    report.warnings.push_back(
        in_file("the certificates do not stand in order, the leaf first and then its issuers: they are sent in order"));
  if (size() == 1 && !parsed_[leaf].self_issued()) {
    report.missing_issuer = display_name(parsed_[leaf].issuer);
    report.warnings.push_back(in_file("the leaf stands alone, and the certificate of '" + report.missing_issuer +
                                      "', which issued it, is missing: peers that do not know that authority as a root "
                                      "will refuse the leaf; put its certificate behind the leaf"));
  }
  return {};
}

}  // namespace tls::pki
