#include "pki/path_validation.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "pki/name_constraints.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

std::string named(const Certificate& certificate) {
  return "the certificate of '" + display_name(certificate.subject) + "'";
}

/// RFC 5280 §6.1.3 (a)(2).
Result<void> check_validity(const Certificate& certificate, std::int64_t now) {
  if (now > certificate.not_after)
    return fail(Code::certificate_expired, named(certificate) + " expired on " + display_time(certificate.not_after) +
                                               "; it is now " + display_time(now));
  if (now < certificate.not_before)
    return fail(Code::certificate_not_yet_valid, named(certificate) + " is valid from " +
                                                     display_time(certificate.not_before) + " only; it is now " +
                                                     display_time(now) + ": is the clock right?");
  return {};
}

/// RFC 5280 §6.1.4 (k) and (n): an issuer is a CA and may sign certificates.
Result<void> check_issuer(const Certificate& issuer, Role role) {
  if (!issuer.is_ca)
    return fail(Code::bad_certificate, named(issuer) + " is not that of an authority, but issued another");
  if (issuer.key_usage && (*issuer.key_usage & key_usage::kKeyCertSign) == 0)
    return fail(Code::bad_certificate, named(issuer) + " issued another, but its keyUsage lacks keyCertSign");
  // An authority whose extKeyUsage lacks the purpose cannot issue for it: not RFC 5280, but what every web client does.
  if (!issuer.allows_purpose(role == Role::server ? oid::kServerAuth : oid::kClientAuth))
    return fail(Code::unsupported_certificate, named(issuer) + " may not issue certificates for TLS " +
                                                   (role == Role::server ? "servers" : "clients") + " (extKeyUsage)");
  return {};
}

/// RFC 5280 §6.1.4 (l), (m): how many authorities that are not self-issued may follow below each one.
Result<void> check_path_lengths(Path path) {
  std::size_t below = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i]->path_length && below > *path[i]->path_length)
      return fail(Code::bad_certificate, named(*path[i]) + " allows " + std::to_string(*path[i]->path_length) +
                                             " authorities below it, and the path has " + std::to_string(below));
    if (!path[i]->self_issued()) ++below;
  }
  return {};
}

Result<void> check_certificate(Path path, std::size_t i, Role role, std::int64_t now) {
  const Certificate& certificate = *path[i];
  const bool root = i + 1 == path.size();
  if (certificate.unknown_critical)  // RFC 5280 §4.2: a critical extension that is not recognised
    return fail(Code::unsupported_certificate, named(certificate) + " has the critical extension " +
                                                   display_oid(*certificate.unknown_critical) +
                                                   ", which is not supported");
  if (auto strong = check_key(certificate); !strong) return strong;
  if (!root)  // a root is trusted for its key: its own signature proves nothing
    if (auto strong = check_signature_algorithm(certificate); !strong) return strong;
  if (auto valid = check_validity(certificate, now); !valid) return valid;
  if (i != 0)
    if (auto authority = check_issuer(certificate, role); !authority) return authority;
  return {};
}

/// RFC 5280 §6.1.3 (b), (c). Comparing costs the product of two lists that whoever made the certificates chose, here
/// and in Botan: so it is done only for authorities that really signed.
Result<void> check_constraints(Path path) {
  if (std::ranges::none_of(path, [](const Certificate* c) { return c->name_constraints.has_value(); })) return {};
  if (auto authentic = verify_signatures(path); !authentic) return authentic;
  ConstraintBudget budget;
  for (std::size_t i = 1; i < path.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto position = j == 0 ? SubjectPosition::leaf : SubjectPosition::intermediate;
      if (auto within = check_name_constraints(*path[i], *path[j], position, budget); !within) return within;
    }
  return {};
}

}  // namespace

Result<void> validate_path(Path path, Role role, Clock::Milliseconds now) {
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).count();
  for (std::size_t i = 0; i < path.size(); ++i)
    if (auto good = check_certificate(path, i, role, seconds); !good) return good;
  if (auto usable = check_leaf_usage(*path.front(), role); !usable) return usable;
  if (auto short_enough = check_path_lengths(path); !short_enough) return short_enough;
  if (auto within = check_constraints(path); !within) return within;
  return validate_with_botan(path, now);
}

}  // namespace tls::pki
