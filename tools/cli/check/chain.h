// A chain of certificates, from a file or as a server sends it: order, gaps, dates, names, keys, signatures, trust.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cli/check/holdings.h"
#include "pki/anchors.h"
#include "pki/policy.h"
#include "pki/revocation.h"

namespace sallyport::cli::check {

using Certificates = std::vector<const tls::pki::Certificate*>;

/// The certificates of one file or server as they stand, put in line.
struct Line {
  Certificates path;          ///< the leaf, then each the issuer of the one before it, by name
  Certificates extra;         ///< certificates that issued none of the others
  Certificates beside;        ///< that issued one of the others and are not in the line: alternatives
  bool in_order = true;       ///< as they stand
  bool borrowed = false;      ///< one of the path is from `others`
  bool ends_in_root = false;  ///< the last of the path is self-issued
};

/// Which of them is the leaf: the first that issued none of the others and is no authority; else the first that issued
/// none; else the first. Of the first limits::kMaxCertificates: more are not looked at.
[[nodiscard]] std::size_t leaf_of(std::span<const HeldCertificate> certificates);
/// `certificates`: no two the same, at least one. `others`: certificates of other files, which may complete the path,
/// of limits::kMaxCertificates at most.
[[nodiscard]] Line arrange(const Certificates& certificates, std::size_t leaf, const Certificates& others = {});

/// Whom to trust, and what is asked about revocation.
struct Trust {
  const tls::pki::Anchors* anchors = nullptr;  ///< null: none could be read
  bool named = false;                          ///< by --ca: they are all that count
  tls::pki::CrlQuestion crls = {};
};

/// When to warn: `days` before the end, or a quarter of the validity, but kWarnDays at most.
inline constexpr std::int64_t kWarnDays = 21;
[[nodiscard]] std::int64_t seconds_to_warn(const tls::pki::Certificate& certificate, std::int64_t days);

/// A chain that is to be judged, and by what.
struct ChainCase {
  std::string subject;  ///< file or host
  std::span<const HeldCertificate> certificates;
  std::size_t leaf = 0;
  Certificates others = {};  ///< certificates of other files
  bool sent = false;         ///< a server sent it, which has to lead to a root
  /// There is no leaf: the certificates are authorities', of which dates, keys and signature algorithms alone are
  /// looked at.
  bool authorities = false;
  tls::pki::Role role = tls::pki::Role::server;
  std::vector<std::string> names = {};  ///< that the leaf has to be for
  std::int64_t now = 0, days = -1;      ///< -1: see seconds_to_warn()
  Trust trust = {};
};

/// What the judgement of staples and of clients goes by.
struct JudgedChain {
  Line line;
  bool gap = false;      ///< the certificate of an issuer is missing
  bool public_ = false;  ///< it leads to a root of the system's list
};
JudgedChain check_chain(const ChainCase& chain, Findings& findings);

}  // namespace sallyport::cli::check
