// Advice follows from what this side offered, was asked for and sent.
#include "cli/advice.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cli/explain.h"
#include "cli/offers.h"

using namespace sallyport::cli;
using tls::Alert;
using tls::ClientCertificate;
using tls::Code;

namespace {

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

/// A failure of one side, to be made up.
struct Made {
  TlsOptions options;
  tls::ConnectionInfo info;
  Side side = Side::client;

  [[nodiscard]] std::string on(Alert alert) const { return of(tls::Error::from_peer(alert)); }
  [[nodiscard]] std::string of(const tls::Error& error) const { return advice(Case{error, options, side, info}); }
  [[nodiscard]] std::string report(Alert alert) const {
    return explain(tls::Error::from_peer(alert), options, side, info);
  }

  /// The server has asked for a certificate, and was answered.
  Made& asked(ClientCertificate answer, std::vector<tls::SignatureScheme> schemes = {tls::SignatureScheme::ed25519}) {
    info.version = tls::ProtocolVersion::tls13;
    info.client_certificate = answer;
    info.certificates_sent = answer == ClientCertificate::sent ? 2 : 0;
    info.certificate_wish = std::make_shared<const tls::CertificateWish>(tls::CertificateWish{std::move(schemes), {}});
    return *this;
  }
  /// A server that a ClientHello has met.
  template <class Field, class Values>
  Made& offered(Field field, Values values) {
    side = Side::server;
    auto offer = std::make_shared<tls::ClientOffer>();
    (*offer).*field = std::move(values);
    info.refused_offer = offer;
    return *this;
  }
};

constexpr Alert kAboutCertificates[] = {
    Alert::bad_certificate,      Alert::unsupported_certificate, Alert::certificate_revoked,
    Alert::certificate_expired,  Alert::certificate_unknown,     Alert::unknown_ca,
    Alert::certificate_required, Alert::access_denied,           Alert::handshake_failure};

template <class Id>
std::vector<Id> ids(std::initializer_list<unsigned> values) {
  std::vector<Id> out;
  for (const unsigned value : values) out.push_back(static_cast<Id>(value));
  return out;
}

}  // namespace

TEST_CASE("an empty Certificate was sent: whatever alert answers, the advice is about that and not about ciphers") {
  Made made;
  made.asked(ClientCertificate::empty);
  for (const Alert alert : kAboutCertificates) {
    CAPTURE(tls::name(alert));
    const std::string words = made.on(alert);
    CHECK(has(words, "an empty list was sent"));
    CHECK(has(words, "--cert FILE --key FILE for a key of a kind that it accepts (ed25519)"));
    CHECK_FALSE(has(words, "--ciphers"));
    CHECK_FALSE(has(words, "refused our certificate"));
    const std::string report = made.report(alert);
    CHECK(has(report, "\n  asked       for a client certificate, to sign by ed25519"));
    CHECK(has(report, "\n  sent        an empty list of certificates"));
    CHECK_FALSE(has(report, "\n  suites"));
  }
}

TEST_CASE("--cert and --key are not advised to somebody who gave both") {
  Made made;
  made.options.certs = {"client.pem"};
  made.options.keys = {"client.key"};
  made.asked(ClientCertificate::empty, ids<tls::SignatureScheme>({0x0905}));
  const std::string words = made.on(Alert::certificate_required);
  CHECK_FALSE(has(words, "--key FILE"));
  CHECK(has(words, "the --cert that was given cannot sign as the server wants"));
  CHECK(has(words, "mldsa65"));

  made.options.settings.values["--authorities-bind"] = "on";
  auto wish = std::make_shared<tls::CertificateWish>(*made.info.certificate_wish);
  wish->authorities = {{0x30, 0x00}};
  made.info.certificate_wish = wish;
  CHECK(has(made.on(Alert::certificate_required), "--authorities-bind on keeps the --cert back"));
}

TEST_CASE("a certificate was sent: the peer refused it") {
  Made made;
  made.asked(ClientCertificate::sent);
  for (const Alert alert : kAboutCertificates) {
    CAPTURE(tls::name(alert));
    CHECK(has(made.on(alert), "our certificate"));
    CHECK_FALSE(has(made.on(alert), "--key FILE"));
  }
  CHECK(has(made.report(Alert::bad_certificate), "\n  sent        2 certificates"));
}

TEST_CASE("no certificate was sent, and none asked for: nobody claims that ours was refused") {
  const Made made;
  for (const Alert alert : {Alert::bad_certificate, Alert::certificate_unknown, Alert::unknown_ca})
    CHECK(has(made.on(alert), "but was sent none"));
}

TEST_CASE("nothing in common while all is offered: what is missing is said, and no option is advised that is in use") {
  Made made;
  made.options.groups = "x25519,secp256r1,secp384r1,secp521r1";
  std::string schemes;
  for (const auto scheme : Offers(made.options).schemes) schemes += std::string(tls::name(scheme)) + ",";
  made.options.sigalgs = schemes + "ecdsa_secp521r1_sha512";
  for (const Alert alert : {Alert::handshake_failure, Alert::insufficient_security}) {
    const std::string words = made.on(alert);
    CHECK(has(words, "everything that Sallyport has was offered"));
    for (const char* missing : {"CBC", "TLS 1.1", "X25519MLKEM768", "ML-DSA"}) CHECK(has(words, missing));
    CHECK_FALSE(has(words, "--"));
  }
}

TEST_CASE("nothing in common while something is left: that, and only that") {
  Made made;
  CHECK(has(made.on(Alert::handshake_failure), "--groups with secp521r1 too"));
  CHECK_FALSE(has(made.on(Alert::handshake_failure), "--ciphers"));
  CHECK_FALSE(has(made.on(Alert::handshake_failure), "--min-version"));
  made.options.ciphers = "TLS_AES_128_GCM_SHA256";
  made.options.min_version = "1.3";
  const std::string words = made.on(Alert::handshake_failure);
  CHECK(has(words, "--min-version 1.2"));
  CHECK(has(words, "--ciphers with TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256 too"));
  CHECK_FALSE(has(words, "TLS_ECDHE"));  // of a version that is not offered
}

TEST_CASE("a server of TLS 1.0 gets no advice that cannot be followed") {
  Made made;
  for (const bool alert : {true, false}) {
    const auto words = [&] {
      return alert ? made.on(Alert::protocol_version) : made.of(tls::Error(Code::unsupported_version));
    };
    CHECK(has(words(), "no option helps"));
    CHECK(has(words(), "must be updated"));
    made.options.min_version = "1.3";
    CHECK(words().starts_with("--min-version 1.2"));
    made.options = {};
    made.options.max_version = "1.2";
    CHECK(words().starts_with("--max-version 1.3"));
    made.options = {};
  }
}

TEST_CASE("a server says of the ClientHello what would help: suites") {
  Made cbc;
  cbc.offered(&tls::ClientOffer::suites, ids<tls::CipherSuite>({0x002F, 0x0035, 0x00FF}));
  CHECK(has(cbc.of(tls::Error(Code::no_shared_cipher)), "nothing in --ciphers helps"));
  Made other;
  other.options.ciphers = "TLS_AES_128_GCM_SHA256";
  other.offered(&tls::ClientOffer::suites, ids<tls::CipherSuite>({0x0A0A, 0x1302, 0x002F}));
  CHECK(other.of(tls::Error(Code::no_shared_cipher)) ==
        "--ciphers with one of those that the client offers: TLS_AES_256_GCM_SHA384");
}

TEST_CASE("a server says of the ClientHello what would help: groups, and who insists on post-quantum ones") {
  Made quantum;
  quantum.offered(&tls::ClientOffer::groups, ids<tls::NamedGroup>({0x2A2A, 0x11EC, 0x0202}));
  CHECK(has(quantum.of(tls::Error(Code::no_shared_group)), "insists on post-quantum key exchange"));
  Made strange;
  strange.offered(&tls::ClientOffer::groups, ids<tls::NamedGroup>({0x11EC, 0x001E}));
  CHECK_FALSE(has(strange.of(tls::Error(Code::no_shared_group)), "insists"));
  CHECK(has(strange.of(tls::Error(Code::no_shared_group)), "nothing in --groups helps"));
  Made p521;
  p521.offered(&tls::ClientOffer::groups, ids<tls::NamedGroup>({0x0019}));
  CHECK(p521.of(tls::Error(Code::no_shared_group)) == "--groups with one of those that the client offers: secp521r1");
}

TEST_CASE("a server says of the ClientHello what would help: certificates, protocols, versions") {
  Made quantum;
  quantum.offered(&tls::ClientOffer::signature_schemes, ids<tls::SignatureScheme>({0x0904, 0x0905}));
  const std::string words = quantum.of(tls::Error(Code::no_shared_signature_scheme));
  CHECK(has(words, "insists on post-quantum signatures"));
  CHECK_FALSE(has(words, "--sigalgs"));
  Made rsa;
  rsa.offered(&tls::ClientOffer::signature_schemes, ids<tls::SignatureScheme>({0x0804, 0x0808}));
  CHECK(rsa.of(tls::Error(Code::no_shared_signature_scheme)) ==
        "--cert and --key of a kind that the client accepts: rsa_pss_rsae_sha256");
  Made alpn;
  alpn.offered(&tls::ClientOffer::alpn, std::vector<std::string>{"h2", "http/1.1"});
  CHECK(has(alpn.of(tls::Error(Code::no_application_protocol)), "(h2,http/1.1)"));
  // Whoever offers them chooses their bytes, and they go into somebody's terminal and log.
  Made hostile;
  hostile.offered(&tls::ClientOffer::alpn, std::vector<std::string>(20, "x\r\nforged line\x1b]0;owned\x07"));
  const std::string said = hostile.of(tls::Error(Code::no_application_protocol));
  CHECK(said.find_first_of("\r\n\x1b\x07") == std::string::npos);
  CHECK(said.size() < 1000);
  Made old;
  old.offered(&tls::ClientOffer::versions, ids<tls::ProtocolVersion>({0x0301, 0x0302}));
  CHECK(has(old.of(tls::Error(Code::unsupported_version)), "it offers TLS 1.0, TLS 1.1"));
  Made newer;
  newer.options.max_version = "1.2";
  newer.offered(&tls::ClientOffer::versions, ids<tls::ProtocolVersion>({0x0304}));
  CHECK(newer.of(tls::Error(Code::unsupported_version)) == "--max-version 1.3");
}

TEST_CASE("settings are advised by the options of the tool") {
  const Made made;
  CHECK(has(made.of(tls::Error(Code::no_extended_main_secret)), "--extended-main-secret if-offered"));
  CHECK(has(made.of(tls::Error(Code::no_secure_renegotiation)), "--renegotiation-info if-offered"));
  CHECK(has(made.on(Alert::inappropriate_fallback), "--fallback-scsv"));
  CHECK(has(made.on(Alert::decode_error), "--max-version 1.2 --fallback-scsv on"));
  CHECK(has(made.on(Alert::no_application_protocol), "--alpn h2,http/1.1"));
  CHECK(has(with_options("always_retry needs retry_cookie", Side::server),
            "(retry_cookie is --retry-cookie, always_retry is --always-retry)"));
  CHECK(with_options("nothing of ours", Side::server) == "nothing of ours");
}
