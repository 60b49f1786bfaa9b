#include "cli/check/files.h"

#include <algorithm>

#include "cli/check/clients.h"
#include "cli/check/key.h"
#include "cli/check/staple.h"

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

/// A private key that was given, and what is known of it.
struct GivenKey {
  const Holdings* file;
  KeyProof proof;
};

std::vector<GivenKey> keys_of(const std::vector<Holdings>& files) {
  std::vector<GivenKey> out;
  for (const Holdings& file : files)
    if (file.key) out.push_back({&file, KeyProof(*file.key)});
  return out;
}

/// The leaf is the certificate of a key that was given, in that file or another; else the one that looks like it.
std::size_t leaf_in(const Holdings& file, std::vector<GivenKey>& keys) {
  for (GivenKey& key : keys)
    if (const auto i = key.proof.leaf_among(file.certificates)) return *i;
  return leaf_of(file.certificates);
}

/// Whether a certificate of another file names `one` as its issuer.
bool issued_another(const HeldCertificate& one, const Holdings& file, const std::vector<Holdings>& files) {
  return std::ranges::any_of(files, [&](const Holdings& other) {
    return &other != &file && std::ranges::any_of(other.certificates, [&](const HeldCertificate& below) {
      return std::ranges::equal(below.parsed.issuer, one.parsed.subject) && below.der != one.der;
    });
  });
}

/// A certificate that says to be an authority's and is used as a leaf all the same, as `openssl req -x509` makes them:
/// its key was given, or it has the name of a host and issued nothing that is here.
bool used_as_leaf(const Chain& chain, const std::vector<Holdings>& files, std::vector<GivenKey>& keys) {
  const HeldCertificate& one = chain.file->certificates[chain.leaf];
  if (std::ranges::any_of(keys, [&](GivenKey& key) { return key.proof.belongs_to(one.parsed); })) return true;
  return (one.parsed.dns_names.size() != 0 || one.parsed.addresses.size() != 0) &&
         !issued_another(one, *chain.file, files);
}

/// Files of authorities belong to the leaves of the others, unless one of them is used as a leaf.
std::vector<Chain> chains_of(const std::vector<Holdings>& files, std::vector<GivenKey>& keys) {
  std::vector<Chain> out;
  for (const Holdings& file : files) {
    if (file.certificates.empty()) continue;
    Chain one{&file, leaf_in(file, keys)};
    one.authorities = authorities_alone(file) && !used_as_leaf(one, files, keys);
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

}  // namespace

std::vector<const HeldCertificate*> check_files(const std::vector<Holdings>& files, const FilesCase& how,
                                                Findings& findings) {
  std::vector<GivenKey> keys = keys_of(files);
  std::vector<Chain> chains = chains_of(files, keys);
  std::vector<const HeldCertificate*> out;
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
    out.push_back(&chain.file->certificates[chain.leaf]);
    if (how.role != pki::Role::server) continue;
    if (chain.certificate().must_staple && !stapled)
      findings.add(Id::must_staple, chain.file->file, "the leaf demands a staple (RFC 7633), and none was given",
                   "let the server have --staple FILE or --staple-fetch, and name the file here with --staple");
    check_clients({.subject = chain.file->file, .chain = &chain.judged, .stapled = stapled}, findings);
  }
  for (GivenKey& key : keys) check_key_match(key.proof, *key.file, leaves, findings);
  for (const Holdings& file : files)
    for (const auto& response : file.responses) judge_staple(file.file, response, chains, how.now, findings);
  return out;
}

}  // namespace sallyport::cli::check
