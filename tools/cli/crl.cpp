#include "cli/crl.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "cli/files.h"
#include "cli/times.h"
#include "tls/environment.h"

namespace sallyport::cli {
namespace {

void warn(const std::string& words) { std::cerr << "WARNING: --crl " + words + "\n"; }

std::int64_t seconds(std::chrono::milliseconds time) { return std::chrono::floor<std::chrono::seconds>(time).count(); }

}  // namespace

void define_crl_options(CLI::App& app, CrlOptions& o, const std::string& whose) {
  app.add_option("--crl", o.files,
                 "PEM or DER: lists of revoked certificates (CRLs) for " + whose + " (repeatable); default: none")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--crl-policy", o.policy,
                 "Which certificates need a current CRL: if-present none, require-leaf the leaf, require-chain all but "
                 "the root; what is revoked is refused whatever the policy; default if-present")
      ->type_name("WORD")
      ->check(CLI::IsMember({"if-present", "require-leaf", "require-chain"}));
}

tls::CrlPolicy policy_of(const CrlOptions& o) {
  if (o.policy == "require-leaf") return tls::CrlPolicy::require_leaf;
  return o.policy == "require-chain" ? tls::CrlPolicy::require_chain : tls::CrlPolicy::if_present;
}

tls::CrlSet load_crls(const CrlOptions& o, std::int64_t now, const tls::CrlSet& previous) {
  tls::CrlSet::Builder builder;
  for (const std::string& file : o.files) {
    const auto added = builder.add(read_file(file), file);
    if (!added) throw Failure(kIo, "'" + file + "': " + added.error().detail());
    for (const std::string& words : added->words) warn("'" + file + "': " + words);
  }
  const auto kept = builder.keep(previous, std::chrono::seconds(now));
  if (!kept) throw Failure(kIo, kept.error().detail());
  for (const std::string& words : kept->words) warn(words);
  tls::CrlSet crls = builder.build();
  for (const tls::CrlFacts& crl : crls.facts()) {
    const std::string name = "the CRL of '" + crl.issuer + "' ";
    if (seconds(crl.next_update) < now)
      warn(name + "was good until " + rfc3339(seconds(crl.next_update)) + ": fetch a newer one");
    if (seconds(crl.this_update) > now)
      warn(name + "counts from " + rfc3339(seconds(crl.this_update)) + ", which is in the future: is the clock right?");
  }
  return crls;
}

std::shared_ptr<const tls::ChainVerifier> with_crl_options(std::shared_ptr<const tls::ChainVerifier> verifier,
                                                           const CrlOptions& o) {
  tls::CrlSet none;
  return with_crl_options(std::move(verifier), o, none);
}

std::shared_ptr<const tls::ChainVerifier> with_crl_options(std::shared_ptr<const tls::ChainVerifier> verifier,
                                                           const CrlOptions& o, tls::CrlSet& kept) {
  if (!o.given()) return verifier;
  tls::CrlSet crls = load_crls(o, seconds(tls::system_clock().wall()), kept);
  auto with = tls::with_crls(verifier, crls, policy_of(o));
  if (!with) throw Failure(kUsage, with.error().message());
  kept = std::move(crls);
  return *with;
}

}  // namespace sallyport::cli
