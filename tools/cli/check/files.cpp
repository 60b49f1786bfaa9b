#include "cli/check/files.h"

#include <algorithm>
#include <chrono>

#include "cli/check/clients.h"
#include "cli/check/key.h"
#include "cli/check/staple.h"
#include "cli/times.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;

/// A file that holds a leaf, and which one.
struct Chain {
  const Holdings* file;
  std::size_t leaf;
  bool authorities = false;  ///< there is no leaf in it
  JudgedChain judged = {};
  [[nodiscard]] const pki::Certificate& certificate() const { return file->certificates[leaf].parsed; }
};

bool authorities_alone(const Holdings& file) {
  return std::ranges::all_of(file.certificates, [](const HeldCertificate& one) { return one.parsed.is_ca; });
}

/// The leaf is the certificate of a key that was given, in that file or another; else the one that looks like it.
std::size_t leaf_in(const Holdings& file, const std::vector<Holdings>& files) {
  for (const Holdings& other : files)
    if (other.key)
      if (const auto i = leaf_for(*other.key, file.certificates)) return *i;
  return leaf_of(file.certificates);
}

/// A certificate that says to be an authority's and is used as a leaf all the same, as `openssl req -x509` makes them:
/// its key was given, or it has the name of a host.
bool used_as_leaf(const HeldCertificate& one, const std::vector<Holdings>& files) {
  return one.parsed.dns_names.size() != 0 || one.parsed.addresses.size() != 0 ||
         std::ranges::any_of(files, [&](const Holdings& f) { return f.key && belongs_to(*f.key, one.parsed); });
}

/// Files of authorities belong to the leaves of the others. Where there is no other leaf, one of them may be it.
std::vector<Chain> chains_of(const std::vector<Holdings>& files) {
  std::vector<Chain> out;
  for (const Holdings& file : files)
    if (!file.certificates.empty() && !authorities_alone(file)) out.push_back({&file, leaf_in(file, files)});
  if (!out.empty()) return out;
  for (const Holdings& file : files) {
    if (file.certificates.empty()) continue;
    Chain one{&file, leaf_in(file, files)};
    one.authorities = !used_as_leaf(file.certificates[one.leaf], files);
    out.push_back(std::move(one));
  }
  return out;
}

/// A staple is that of the leaf for which it counts; where it counts for none, the first leaf tells why.
void judge_staple(const std::string& file, tls::Bytes response, const std::vector<Chain>& chains, std::int64_t now,
                  Findings& findings) {
  StapleCase first{.subject = file, .response = response, .now = now};
  for (const Chain& chain : chains) {
    if (chain.authorities) continue;
    const Certificates& path = chain.judged.line.path;
    const StapleCase one{.subject = file,
                         .response = response,
                         .leaf = path[0],
                         .issuer = path.size() > 1 ? path[1] : nullptr,
                         .now = now};
    if (is_about(one)) return check_staple(one, findings);
    if (first.issuer == nullptr) first = one;
  }
  check_staple(first, findings);
}

std::int64_t seconds(std::chrono::milliseconds time) { return std::chrono::floor<std::chrono::seconds>(time).count(); }

}  // namespace

std::vector<const HeldCertificate*> leaves_of(const std::vector<Holdings>& files) {
  std::vector<const HeldCertificate*> out;
  for (const Chain& chain : chains_of(files))
    if (!chain.authorities) out.push_back(&chain.file->certificates[chain.leaf]);
  return out;
}

void check_files(const std::vector<Holdings>& files, const FilesCase& how, Findings& findings) {
  std::vector<Chain> chains = chains_of(files);
  std::vector<NamedLeaf> leaves;
  bool stapled = false;
  for (const Holdings& file : files) stapled = stapled || !file.responses.empty();
  for (Chain& chain : chains) {
    ChainCase question{.subject = chain.file->file,
                       .certificates = chain.file->certificates,
                       .leaf = chain.leaf,
                       .others = {},
                       .sent = false,
                       .authorities = chain.authorities,
                       .role = how.role,
                       .names = how.names,
                       .now = how.now,
                       .days = how.days,
                       .trust = how.trust};
    for (const Holdings& other : files)
      if (&other != chain.file && authorities_alone(other))
        for (const HeldCertificate& one : other.certificates) question.others.push_back(&one.parsed);
    chain.judged = check_chain(question, findings);
    if (chain.authorities) continue;
    leaves.push_back({chain.file->file, &chain.certificate()});
    if (how.role != pki::Role::server) continue;
    if (chain.certificate().must_staple && !stapled)
      findings.add(Id::must_staple, chain.file->file, "the leaf demands a staple (RFC 7633), and none was given",
                   "let the server have --staple FILE or --staple-fetch, and name the file here with --staple");
    check_clients({.subject = chain.file->file, .chain = &chain.judged, .stapled = stapled}, findings);
  }
  for (const Holdings& file : files) check_key_match(file, leaves, findings);
  for (const Holdings& file : files)
    for (const auto& response : file.responses) judge_staple(file.file, response, chains, how.now, findings);
}

void check_crls(const tls::CrlSet& crls, const std::string& subject, const std::vector<Holdings>& files, bool any_host,
                std::int64_t now, Findings& findings) {
  std::vector<std::string> issuers;
  for (const Holdings& file : files)
    for (const HeldCertificate& one : file.certificates) issuers.push_back(pki::display_name(one.parsed.issuer));
  for (const tls::CrlFacts& crl : crls.facts()) {
    const std::string name = "the CRL of '" + crl.issuer + "' ";
    if (seconds(crl.next_update) < now)
      findings.add(Id::crl_outdated, subject, name + "was good until " + rfc3339(seconds(crl.next_update)),
                   "fetch a newer one");
    else if (seconds(crl.this_update) > now)
      findings.add(Id::crl_outdated, subject, name + "counts from " + rfc3339(seconds(crl.this_update)),
                   "is this machine's clock right?");
    if (!any_host && std::ranges::find(issuers, crl.issuer) == issuers.end())
      findings.add(Id::crl_other, subject, name + "is of an authority that issued none of these certificates");
  }
}

}  // namespace sallyport::cli::check
