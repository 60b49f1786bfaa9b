// Vectors of other projects, where they are at hand (environment variable SALLYPORT_REFERENCE): what they say must
// parse parses, what they say must not does not.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "support/places.h"
#include "wire/alert.h"
#include "wire/build.h"
#include "wire/certificate_status.h"
#include "wire/certificate_verify.h"
#include "wire/client_hello.h"
#include "wire/empty_message.h"
#include "wire/hello_retry_request.h"
#include "wire/new_session_ticket12.h"
#include "wire/server_hello.h"

namespace fs = std::filesystem;
using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;
using enum tls::wire::ExtensionType;

namespace {

/// One stanza of a .vec file: a buffer, and why it must be refused; empty: it must parse.
struct Vector {
  ByteVector buffer;
  std::string exception;
};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? "" : std::string(text.substr(first, last - first + 1));
}

std::vector<Vector> read_vectors(const std::string& name) {
  std::vector<Vector> vectors;
  std::ifstream in(tls::test::reference_dir() / "vectors" / "tls-messages" / "botan" / name);
  for (std::string line; std::getline(in, line);) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos) continue;
    const std::string key = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
    if (key == "Buffer") vectors.push_back({unhex(value), {}});
    if (key == "Exception" && !vectors.empty()) vectors.back().exception = value;
  }
  if (vectors.empty()) MESSAGE(name << " is not at hand; skipped");
  return vectors;
}

/// Refusals that are negotiation and not syntax.
bool is_negotiation(std::string_view exception) {
  return exception.find("legacy_version") != std::string_view::npos ||
         exception.find("NULL compression") != std::string_view::npos;
}

using Parse = std::function<std::string(const ByteVector&)>;  // "parsed", or why not

void check_vectors(const std::string& name, const Parse& parse) {
  for (const Vector& vector : read_vectors(name)) {
    CAPTURE(name);
    CAPTURE(hex(vector.buffer));
    CAPTURE(vector.exception);
    const std::string verdict = parse(vector.buffer);
    CAPTURE(verdict);
    CHECK((verdict == "parsed") == (vector.exception.empty() || is_negotiation(vector.exception)));
  }
}

template <class Message, class... Offered>
Parse parser(Offered... offered) {
  return [=](const ByteVector& body) { return why(Message::parse(body, offered...)); };
}

/// The buffer is the body of one extension of a ClientHello.
Parse in_client_hello(ExtensionType type) {
  return [=](const ByteVector& data) {
    const ByteVector start = unhex("0303" + times(32, "aa") + "00" + "00021301" + "0100");
    return why(ClientHello::parse(joined({start, block16(extension(type, data))})));
  };
}

Parse server_hello_of_either_kind() {
  return [](const ByteVector& body) {
    return server_hello_kind(body) == ServerHelloKind::server_hello
               ? why(ServerHello::parse(body, kAllExtensions))
               : why(HelloRetryRequest::parse(body, kAllExtensions));
  };
}

}  // namespace

TEST_CASE("reference messages") {
  check_vectors("tls_13/client_hello.vec", parser<ClientHello>());
  check_vectors("tls/client_hello.vec", parser<ClientHello>());
  check_vectors("tls_13/server_hello.vec", server_hello_of_either_kind());
  check_vectors("tls/server_hello.vec", server_hello_of_either_kind());
  check_vectors("tls/alert.vec", parser<AlertMessage>());
  check_vectors("tls/cert_status.vec", parser<CertificateStatus>());
  check_vectors("tls/cert_verify.vec", parser<CertificateVerify>());
  check_vectors("tls/hello_request.vec", parser<HelloRequest>());
  check_vectors("tls/new_session_ticket.vec", parser<NewSessionTicket12>());
}

TEST_CASE("reference extensions of a ClientHello") {
  check_vectors("tls_extensions/parsing/alpn.vec", in_client_hello(application_layer_protocol_negotiation));
  check_vectors("tls_extensions/parsing/cookie.vec", in_client_hello(cookie));
  check_vectors("tls_extensions/parsing/key_share_CH.vec", in_client_hello(key_share));
  check_vectors("tls_extensions/parsing/signature_algorithms_cert.vec", in_client_hello(signature_algorithms_cert));
  check_vectors("tls_extensions/parsing/supported_groups.vec", in_client_hello(supported_groups));
  check_vectors("tls_extensions/parsing/supported_versions.vec", in_client_hello(supported_versions));
}

TEST_CASE("reference extensions of the server's hellos") {
  const auto body = [](const std::string& random, const ByteVector& data) {
    const ByteVector extensions = joined({extension(supported_versions, unhex("0304")), extension(key_share, data)});
    return joined({unhex("0303" + random + "00" + "1301" + "00"), block16(extensions)});
  };
  check_vectors("tls_extensions/parsing/key_share_SH.vec", [&](const ByteVector& data) {
    return why(ServerHello::parse(body(times(32, "aa"), data), kAllExtensions));
  });
  check_vectors("tls_extensions/parsing/key_share_HRR.vec", [&](const ByteVector& data) {
    return why(HelloRetryRequest::parse(body(hex(kHelloRetryRequestRandom), data), kAllExtensions));
  });
}
