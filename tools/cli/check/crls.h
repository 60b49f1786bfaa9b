// CRLs of files: whether they are in force, whose they are, and whether that authority has signed them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/check/holdings.h"
#include "pki/anchors.h"
#include "pki/crl_store.h"

namespace sallyport::cli::check {

struct CrlsCase {
  const tls::CrlSet& crls;     ///< of one file
  const std::string& subject;  ///< its name
  const std::vector<Holdings>& files;
  const tls::pki::Anchors* anchors = nullptr;  ///< whose roots may have signed them; may be null
  bool any_host = false;                       ///< a server's certificates may be those that they are about
  std::int64_t now = 0;
};

/// CRLs that are over or not in force yet, those that are of none of the issuers of the files' certificates, and those
/// that a key at hand refutes. Where a newer one is refuted, the dates of the next of its scope are judged.
void check_crls(const CrlsCase& how, Findings& findings);

/// Of the CRLs in the name of one of `issuers`, which a server has sent: those that its key refutes.
void check_crl_signatures(const tls::pki::CrlStore& crls, const std::vector<const tls::pki::Certificate*>& issuers,
                          const std::string& subject, Findings& findings);

}  // namespace sallyport::cli::check
