// What a user is told to do about a failure.
#include "cli/explain.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/certificate_refusals.h"

using namespace sallyport::cli;
using tls::Code;

namespace {

/// Advice for a failure of which no more is known.
std::string advised(const tls::Error& error, Side side) { return advice(Case{error, {}, side, {}}); }

}  // namespace

TEST_CASE("every refusal of a certificate is status 4 and says what to do, to clients and to servers") {
  std::vector<Code> codes(std::begin(tls::kVerifierRefusals), std::end(tls::kVerifierRefusals));
  codes.insert(codes.end(), std::begin(tls::kOtherRefusals), std::end(tls::kOtherRefusals));
  for (const Code code : codes) {
    const tls::Error error(code, "because");
    CAPTURE(tls::facts(code).name);
    CHECK(status_of(error) == kRefused);
    for (const Side side : {Side::client, Side::server}) {
      CHECK_FALSE(advised(error, side).empty());
      const std::string text = explain(error, {}, side);
      CHECK(text.find("\n  try         " + advised(error, side)) != std::string::npos);
      CHECK(text.find("\n  rule        RFC ") != std::string::npos);
      CHECK(text.find("because") != std::string::npos);
    }
  }
}

TEST_CASE("the options that are named are those of the side") {
  const tls::Error stranger(Code::unknown_ca);
  CHECK(advised(stranger, Side::client).starts_with("--ca FILE"));
  CHECK(advised(stranger, Side::server).starts_with("--client-ca FILE"));
}

TEST_CASE("advice on names and chains holds for every certificate, and names our own tool") {
  const tls::Error name(Code::name_mismatch), chain(Code::bad_certificate);
  for (const Side side : {Side::client, Side::server}) {
    CHECK(advised(name, side).find("that the certificate has") == std::string::npos);  // it may have none
    CHECK(advised(name, side).find("have it issued") != std::string::npos);
    CHECK(advised(chain, side).find("`sallyport verify --explain`") != std::string::npos);
  }
}

TEST_CASE("every alert about a certificate says so") {
  using tls::Alert;
  for (const Alert alert :
       {Alert::bad_certificate, Alert::unsupported_certificate, Alert::certificate_revoked, Alert::certificate_expired,
        Alert::certificate_unknown, Alert::unknown_ca, Alert::certificate_required}) {
    const tls::Error error = tls::Error::from_peer(alert);
    CHECK(status_of(error) == kTls);
    CHECK(advised(error, Side::client).find("certificate") != std::string::npos);
    CHECK(explain(error, {}, Side::client).find("sent by the peer") != std::string::npos);
  }
}

TEST_CASE("what is configured is quoted where negotiation failed, and only there") {
  TlsOptions options;
  options.groups = "secp384r1";
  CHECK(explain(tls::Error(Code::no_shared_group), options, Side::server).find("groups      secp384r1") !=
        std::string::npos);
  CHECK(explain(tls::Error(Code::certificate_expired), options, Side::client).find("secp384r1") == std::string::npos);
  const tls::Error failure = tls::Error::from_peer(tls::Alert::handshake_failure);
  CHECK(explain(failure, options, Side::client).find("secp384r1") != std::string::npos);
  tls::ConnectionInfo agreed;
  agreed.version = tls::ProtocolVersion::tls12;
  CHECK(explain(failure, options, Side::client, agreed).find("secp384r1") == std::string::npos);
}
