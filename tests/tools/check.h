// What the tests of `sallyport check` share: certificates to order, and what a list of findings holds.
#pragma once

#include <doctest/doctest.h>

#include "cli/check/chain.h"
#include "support/pki.h"

namespace tls::test {

namespace check = sallyport::cli::check;
using check::Findings;
using check::Id;

inline constexpr std::int64_t kDay = 86400;

inline std::string told(const Findings& findings) {
  std::string out;
  for (const check::Finding& one : findings.list())
    out += std::string(check::kind_of(one.id).id) + " " + one.subject + ": " + one.words + "\n";
  return out;
}

/// The words of the first finding of this id; empty: there is none.
inline std::string words(const Findings& findings, Id id) {
  for (const check::Finding& one : findings.list())
    if (one.id == id) return one.words;
  return {};
}

// Every finding of kinds.inc stands in both somewhere: an input that makes it, and one that just does not
// (check_report_test.cpp).
#define MAKES(findings, id) CHECK_MESSAGE((findings).has(Id::id), told(findings))
#define SPARES(findings, id) CHECK_MESSAGE(!(findings).has(Id::id), told(findings))

using Change = std::function<void(sallyport::CertificateSpec&)>;

/// A leaf against which nothing can be said at kNow.
inline sallyport::CertificateSpec good_leaf() {
  sallyport::CertificateSpec spec = sallyport::server_leaf("leaf", {"a.example"});
  spec.not_before = kNow - 10 * kDay;
  spec.not_after = kNow + 80 * kDay;
  return spec;
}
inline sallyport::CertificateSpec changed(const Change& change) {
  sallyport::CertificateSpec spec = good_leaf();
  change(spec);
  return spec;
}

inline std::vector<check::HeldCertificate> held(const std::vector<sallyport::Issued>& issued) {
  std::vector<check::HeldCertificate> out;
  Findings none;
  for (const sallyport::Issued& one : issued) {
    auto parsed = check::hold(one.certificate, "certificate " + std::to_string(out.size() + 1), "file", none);
    REQUIRE_MESSAGE(parsed, told(none));
    out.push_back(std::move(*parsed));
  }
  return out;
}

/// TLS feature (RFC 7633): status_request.
inline sallyport::Extension must_staple_extension() {
  return {"1.3.6.1.5.5.7.1.24", false, sallyport::der::sequence({sallyport::der::integer(5)})};
}

/// An authority whose root is known, and chains that are judged by it.
struct Judging : Authority {
  pki::Anchors anchors = [this] {
    pki::Anchors out;
    REQUIRE(out.add(root.certificate, pki::AnchorKind::roots));
    return out;
  }();
  pki::Anchors nobody;  ///< no root at all

  using Ask = std::function<void(check::ChainCase&)>;
  [[nodiscard]] Findings judge(const std::vector<sallyport::Issued>& chain, const Ask& ask = [](auto&) {}) const {
    const auto certificates = held(chain);
    check::ChainCase question{.subject = "file", .certificates = certificates, .now = kNow};
    question.trust = {.anchors = &anchors, .named = true};
    ask(question);
    Findings out;
    (void)check::check_chain(question, out);
    return out;
  }
  /// The leaf with one thing changed, and its issuer.
  [[nodiscard]] Findings judge_leaf(const Change& change, const Ask& ask = [](auto&) {}) const {
    return judge({leaf(changed(change)), intermediate}, ask);
  }
};

}  // namespace tls::test
