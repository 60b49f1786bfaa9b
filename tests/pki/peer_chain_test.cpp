// A peer's certificates: parsed once, duplicates dropped.
#include "pki/peer_chain.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using Der = sallyport::der::Der;

namespace {

struct Fixture : test::Authority {
  Der leaf_der = leaf(server_leaf("leaf", {"a.example"})).certificate;

  /// The subjects of what was parsed, in order.
  static std::vector<std::string> subjects(const pki::PeerChain& chain) {
    std::vector<std::string> out;
    for (const pki::Certificate& one : chain.certificates()) out.push_back(pki::display_name(one.subject));
    return out;
  }
};
using Subjects = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the certificates are views into the chain that was given, which is not copied") {
  const CertificateChain sent(std::vector<Der>{leaf_der, intermediate.certificate});
  const auto chain = pki::PeerChain::parse(sent);
  REQUIRE(chain);
  CHECK((*chain)->der().shares_memory_with(sent));
  CHECK((*chain)->leaf().der.data() == sent.front().data());
  CHECK(subjects(**chain) == Subjects{"CN=leaf", "CN=Test Intermediate"});
  CHECK_FALSE((*chain)->unreadable());
}

TEST_CASE_FIXTURE(Fixture, "a certificate that comes again is dropped, the leaf too") {
  const auto chain = pki::PeerChain::parse(
      std::vector<Der>{leaf_der, intermediate.certificate, leaf_der, intermediate.certificate, root.certificate});
  REQUIRE(chain);
  CHECK(subjects(**chain) == Subjects{"CN=leaf", "CN=Test Intermediate", "CN=Test Root"});
  CHECK((*chain)->der().size() == 5);  // what was sent is still told
}

TEST_CASE_FIXTURE(Fixture, "a leaf that cannot be parsed is an error, another certificate is left out") {
  const Der garbage(100, 0x30);
  CHECK(pki::PeerChain::parse(std::vector<Der>{garbage, leaf_der}).error().code() == Code::bad_certificate);
  const auto chain = pki::PeerChain::parse(std::vector<Der>{leaf_der, garbage, intermediate.certificate});
  REQUIRE(chain);
  CHECK(subjects(**chain) == Subjects{"CN=leaf", "CN=Test Intermediate"});
  REQUIRE((*chain)->unreadable());
  CHECK((*chain)->unreadable()->code() == Code::bad_certificate);
}

TEST_CASE_FIXTURE(Fixture, "the number of certificates: none, at the limit, and above") {
  CHECK(pki::PeerChain::parse(CertificateChain()).error().code() == Code::bad_certificate);
  std::vector<Der> most(limits::kMaxCertificates, leaf_der);
  CHECK(pki::PeerChain::parse(most).has_value());
  most.push_back(leaf_der);
  CHECK(pki::PeerChain::parse(most).error().code() == Code::certificate_too_complex);
}
