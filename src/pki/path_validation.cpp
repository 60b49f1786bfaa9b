#include "pki/path_validation.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "pki/oids.h"

namespace tls::pki {
namespace {

std::string named(const Certificate& certificate) {
  return "the certificate of '" + display_name(certificate.subject) + "'";
}

/// RFC 5280 §6.1.3 (a)(2).
Result<void> check_validity(const Certificate& certificate, const Moment& now) {
  if (now.is_past(certificate.not_after))
    return fail(Code::certificate_expired, named(certificate) + " expired on " + display_time(certificate.not_after) +
                                               "; it is now " + display_time(now.seconds()));
  if (!now.reached(certificate.not_before))
    return fail(Code::certificate_not_yet_valid, named(certificate) + " is valid from " +
                                                     display_time(certificate.not_before) + " only; it is now " +
                                                     display_time(now.seconds()) + ": is the clock right?");
  return {};
}

/// RFC 5280 §6.1.4 (k) and (n): an issuer is a CA and may sign certificates.
Result<void> check_issuer(const Certificate& issuer, Position position, Role role) {
  // §6.1.1 (d): an anchor is a name and a key; before version 3 no certificate could say more.
  const bool old_anchor = position == Position::anchor && issuer.version < 3;
  if (!issuer.is_ca && !old_anchor)
    return fail(Code::issuer_not_an_authority,
                named(issuer) + " issued another, but its basicConstraints do not make it an authority");
  if (issuer.key_usage && (*issuer.key_usage & key_usage::kKeyCertSign) == 0)
    return fail(Code::certificate_purpose, named(issuer) + " issued another, but its keyUsage lacks keyCertSign");
  // An authority whose extKeyUsage lacks the purpose cannot issue for it: not RFC 5280, but what every web client does.
  if (!issuer.allows_purpose(role == Role::server ? oid::kServerAuth : oid::kClientAuth))
    return fail(Code::certificate_purpose, named(issuer) + " may not issue certificates for TLS " +
                                               (role == Role::server ? "servers" : "clients") + " (extKeyUsage)");
  return {};
}

}  // namespace

Result<void> check_in_place(const Certificate& certificate, Position position, Role role, const Moment& now) {
  if (auto known = check_critical_extensions(certificate); !known) return known;
  if (auto strong = check_key(certificate); !strong) return strong;
  // RFC 5280 §6.1.1 (d): an anchor's own signature proves nothing.
  if (position == Position::leaf || position == Position::intermediate)
    if (auto strong = check_signature_algorithm(certificate); !strong) return strong;
  if (auto valid = check_validity(certificate, now); !valid) return valid;
  const bool issues = position == Position::intermediate || position == Position::anchor;
  return issues ? check_issuer(certificate, position, role) : check_leaf_usage(certificate, role);
}

Result<void> check_path_lengths(Path path) {
  std::size_t below = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i]->path_length && below > *path[i]->path_length)
      return fail(Code::path_too_long, named(*path[i]) + " allows " + std::to_string(*path[i]->path_length) +
                                           " authorities below it, and the path has " + std::to_string(below));
    if (!path[i]->self_issued()) ++below;
  }
  return {};
}

Result<void> check_constraints(Path path, ConstraintBudget& budget) {
  for (std::size_t i = path.size(); i-- > 1;)
    for (std::size_t j = i; j-- > 0;) {
      const SubjectPosition position = j == 0 ? SubjectPosition::leaf : SubjectPosition::intermediate;
      if (auto within = check_name_constraints(*path[i], *path[j], position, budget); !within) return within;
    }
  return {};
}

Clock::Milliseconds valid_until(Path path) noexcept {
  std::int64_t first = path.front()->not_after;
  for (const Certificate* certificate : path) first = std::min(first, certificate->not_after);
  return std::chrono::seconds(first) + Clock::Milliseconds(999);  // RFC 5280 §4.1.2.5: that whole second
}

}  // namespace tls::pki
