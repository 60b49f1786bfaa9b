// Which certificate is the leaf, and in which order the others follow.
#include <algorithm>

#include "base/limits.h"
#include "cli/check/chain.h"
#include "pki/issuer_choice.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;

/// A certificate with its names in the form in which they are compared.
struct Named {
  const pki::Certificate* certificate;
  std::string subject, issuer;
  bool taken = false;
};

Named named(const pki::Certificate& certificate) {
  return {&certificate, pki::canonical_name(certificate.subject), pki::canonical_name(certificate.issuer)};
}

std::vector<Named> named_all(const Certificates& certificates) {
  std::vector<Named> out;
  for (const pki::Certificate* one : certificates) out.push_back(named(*one));
  return out;
}

/// The issuer of `subject` among those that are not taken.
Named* issuer_among(const Named& subject, std::vector<Named>& all, pki::IssuerChoice& choice) {
  std::vector<Named*> named;
  Certificates candidates;
  for (Named& one : all) {
    if (one.taken || one.subject != subject.issuer) continue;
    named.push_back(&one);
    candidates.push_back(one.certificate);
  }
  const std::size_t i = choice.choose(*subject.certificate, candidates);
  return i == named.size() ? nullptr : named[i];
}

}  // namespace

std::size_t leaf_of(std::span<const HeldCertificate> certificates) {
  Certificates parsed;
  for (const HeldCertificate& one : certificates.first(std::min(certificates.size(), tls::limits::kMaxCertificates)))
    parsed.push_back(&one.parsed);
  const std::vector<Named> all = named_all(parsed);
  const auto issued_none = [&](std::size_t i) {
    for (std::size_t k = 0; k < all.size(); ++k)
      if (k != i && all[k].issuer == all[i].subject) return false;
    return true;
  };
  for (const bool authority : {false, true})
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].certificate->is_ca == authority && issued_none(i)) return i;
  return 0;
}

Line arrange(const Certificates& certificates, std::size_t leaf, const Certificates& others) {
  Line line;
  std::vector<Named> all = named_all(certificates), more = named_all(others);
  std::vector<std::size_t> order;  // where those of the path stand
  pki::IssuerChoice choice;
  Named at = all[leaf];
  all[leaf].taken = true;
  order.push_back(leaf);
  line.path.push_back(at.certificate);
  while (at.subject != at.issuer && line.path.size() < tls::limits::kMaxCertificates) {
    Named* next = issuer_among(at, all, choice);
    if (next != nullptr) {
      order.push_back(static_cast<std::size_t>(next - all.data()));
    } else if ((next = issuer_among(at, more, choice)) != nullptr) {
      line.borrowed = true;
    } else {
      break;
    }
    next->taken = true;
    at = *next;
    line.path.push_back(at.certificate);
  }
  line.ends_in_root = at.subject == at.issuer;
  for (std::size_t i = 0; i < order.size(); ++i) line.in_order = line.in_order && order[i] == i;
  for (const Named& one : all) {
    if (one.taken) continue;
    const auto by_it = [&](const Named& other) {
      return other.certificate != one.certificate && other.issuer == one.subject;
    };
    (std::ranges::any_of(all, by_it) ? line.beside : line.extra).push_back(one.certificate);
  }
  return line;
}

}  // namespace sallyport::cli::check
