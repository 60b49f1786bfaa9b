// Handshakes of other stacks, captured on loopback (captured/*.txt): everything in them parses, and means what it
// should.
#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "support/places.h"
#include "wire/build.h"
#include "wire/certificate.h"
#include "wire/certificate12.h"
#include "wire/certificate_request.h"
#include "wire/certificate_request12.h"
#include "wire/certificate_status.h"
#include "wire/certificate_verify.h"
#include "wire/client_hello.h"
#include "wire/client_key_exchange.h"
#include "wire/empty_message.h"
#include "wire/encrypted_extensions.h"
#include "wire/finished.h"
#include "wire/hello_retry_request.h"
#include "wire/key_update.h"
#include "wire/new_session_ticket.h"
#include "wire/new_session_ticket12.h"
#include "wire/server_hello.h"
#include "wire/server_key_exchange.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;

namespace {

/// Whole handshake messages of one connection, in the order in which they were sent.
struct Captured {
  bool from_client;
  ByteVector message;
};
using Connection = std::vector<Captured>;

std::vector<Connection> read_capture(const std::string& name) {
  std::ifstream in(tls::test::source_dir() / "tests/wire/captured" / (name + ".txt"));
  REQUIRE_MESSAGE(in, name);
  std::vector<Connection> connections(1);
  for (std::string line; std::getline(in, line);) {
    if (line == "--") connections.emplace_back();
    if (line.starts_with("> ") || line.starts_with("< "))
      connections.back().push_back({line[0] == '>', unhex(line.substr(2))});
  }
  return connections;
}

/// Follows a connection message by message, as far as needed to know which codec is whose.
class Follower {
 public:
  explicit Follower(const Connection& connection) {
    for (const Captured& c : connection) {
      CAPTURE(name(message_type(c.message)));
      seen.insert(message_type(c.message));
      follow(c.from_client, message_type(c.message), message_body(c.message));
    }
  }

  std::set<HandshakeType> seen;
  std::vector<ClientHello> hellos;
  std::vector<HelloRetryRequest> retries;
  std::optional<ServerHello> server_hello;
  std::optional<EncryptedExtensions> encrypted_extensions;
  std::vector<Certificate> certificates;
  std::vector<Certificate12> certificates12;
  std::vector<NewSessionTicket> tickets;

 private:
  /// What parsed, and what it says is what was sent: our encoding of it parses to the same.
  template <class Message, class... Offered>
  Message parsed(Bytes body, Offered... offered) {
    const auto message = Message::parse(body, offered...);
    REQUIRE_MESSAGE(message, why(message));
    const ByteVector again = body_of(*message);
    const auto second = Message::parse(again, offered...);
    REQUIRE_MESSAGE(second, why(second));
    CHECK(*second == *message);
    return *message;
  }

  [[nodiscard]] bool tls13() const { return server_hello && server_hello->supported_versions.has_value(); }

  void follow(bool from_client, HandshakeType type, Bytes body) {
    switch (type) {
      case HandshakeType::client_hello:
        hellos.push_back(parsed<ClientHello>(body));
        offered_ = hellos.back().offered();
        break;
      case HandshakeType::server_hello:
        if (server_hello_kind(body) == ServerHelloKind::hello_retry_request)
          retries.push_back(parsed<HelloRetryRequest>(body, offered_));
        else
          server_hello = parsed<ServerHello>(body, offered_);
        break;
      case HandshakeType::encrypted_extensions:
        encrypted_extensions = parsed<EncryptedExtensions>(body, offered_);
        break;
      case HandshakeType::certificate:
        if (tls13())
          certificates.push_back(parsed<Certificate>(body, from_client ? requested_ : offered_));
        else
          certificates12.push_back(parsed<Certificate12>(body));
        break;
      case HandshakeType::certificate_request:
        if (tls13())
          requested_ = parsed<CertificateRequest>(body).offered();
        else
          parsed<CertificateRequest12>(body);
        break;
      case HandshakeType::new_session_ticket:
        if (tls13())
          tickets.push_back(parsed<NewSessionTicket>(body));
        else
          parsed<NewSessionTicket12>(body);
        break;
      case HandshakeType::finished:
        CHECK(Finished::parse(body, tls13() ? body.size() : 12));
        break;
      case HandshakeType::certificate_verify:
        parsed<CertificateVerify>(body);
        break;
      case HandshakeType::certificate_status:
        parsed<CertificateStatus>(body);
        break;
      case HandshakeType::server_key_exchange:
        parsed<ServerKeyExchange>(body);
        break;
      case HandshakeType::client_key_exchange:
        parsed<ClientKeyExchange>(body);
        break;
      case HandshakeType::server_hello_done:
        parsed<ServerHelloDone>(body);
        break;
      case HandshakeType::end_of_early_data:
        parsed<EndOfEarlyData>(body);
        break;
      case HandshakeType::key_update:
        parsed<KeyUpdate>(body);
        break;
      default:
        FAIL("a message that nobody sends here");
    }
  }

  ExtensionSet offered_, requested_;
};

}  // namespace

TEST_CASE("OpenSSL, TLS 1.3 with client authentication, stapled OCSP and SCTs") {
  const auto capture = read_capture("openssl-tls13-client-auth");
  const Follower f(capture.at(0));
  const ClientHello& hello = f.hellos.at(0);
  CHECK(hello.server_name == "server.example");
  CHECK(hello.status_request);
  CHECK(hello.signed_certificate_timestamp);
  CHECK(hello.supported_versions->size() == 1);
  CHECK(hello.supported_versions->contains(ProtocolVersion::tls13));
  CHECK(f.server_hello->key_share->group == NamedGroup::x25519);
  CHECK(f.encrypted_extensions->alpn == Opaque(as_bytes("h2")));
  REQUIRE(f.certificates.size() == 2);
  CHECK(f.certificates[0].certificate_list[0].status_request);
  CHECK(f.certificates[0].certificate_list[0].signed_certificate_timestamp);
  CHECK_FALSE(f.certificates[1].certificate_list[0].status_request);
  CHECK(f.tickets.size() == 2);
  CHECK(f.seen.contains(HandshakeType::key_update));
}

TEST_CASE("OpenSSL, TLS 1.3, a resumption with early data") {
  const auto capture = read_capture("openssl-tls13-early-data");
  REQUIRE(capture.size() == 2);
  const Follower first(capture[0]), second(capture[1]);
  REQUIRE(first.tickets.size() == 2);
  CHECK(first.tickets[0].early_data == 16384);
  CHECK(first.tickets[0].ticket_lifetime == 7200);
  const ClientHello& hello = second.hellos.at(0);
  CHECK(hello.early_data);
  CHECK(hello.offers(PskKeyExchangeMode::psk_dhe_ke));
  CHECK(hello.pre_shared_key->identities[0].identity == first.tickets[1].ticket);
  CHECK(hello.binders_size() == 2 + 1 + 48);
  CHECK(second.server_hello->pre_shared_key == 0);
  CHECK(second.encrypted_extensions->early_data);
  CHECK(second.seen.contains(HandshakeType::end_of_early_data));
}

TEST_CASE("OpenSSL, TLS 1.3, a HelloRetryRequest with a cookie") {
  const auto capture = read_capture("openssl-tls13-retry");
  const Follower f(capture.at(0));
  REQUIRE(f.hellos.size() == 2);
  REQUIRE(f.retries.size() == 1);
  CHECK(f.retries[0].key_share == NamedGroup::secp384r1);
  CHECK(f.retries[0].cookie == f.hellos[1].cookie);
  CHECK_FALSE(f.hellos[0].cookie);
  CHECK((*f.hellos[0].key_share)[0].group == NamedGroup::x25519);
  REQUIRE(f.hellos[1].key_share->size() == 1);
  CHECK((*f.hellos[1].key_share)[0].group == NamedGroup::secp384r1);
}

TEST_CASE("OpenSSL, TLS 1.2 with client authentication, and a resumption") {
  const auto capture = read_capture("openssl-tls12-client-auth");
  const Follower f(capture.at(0));
  CHECK_FALSE(f.server_hello->supported_versions);
  CHECK(f.server_hello->extended_main_secret);
  CHECK(f.server_hello->session_ticket);
  CHECK(f.server_hello->status_request);
  CHECK(f.server_hello->signed_certificate_timestamp);
  CHECK(f.server_hello->alpn == Opaque(as_bytes("h2")));
  CHECK(f.certificates12.size() == 2);
  for (HandshakeType type :
       {HandshakeType::certificate_status, HandshakeType::server_key_exchange, HandshakeType::certificate_request,
        HandshakeType::server_hello_done, HandshakeType::client_key_exchange, HandshakeType::certificate_verify,
        HandshakeType::new_session_ticket, HandshakeType::finished})
    CHECK(f.seen.contains(type));

  const auto resumption = read_capture("openssl-tls12-resumption");
  REQUIRE(resumption.size() == 2);
  const Follower first(resumption[0]), second(resumption[1]);
  CHECK(first.hellos.at(0).session_ticket->empty());
  CHECK_FALSE(second.hellos.at(0).session_ticket->empty());
  CHECK(second.certificates12.empty());
  // RFC 9846 §4.2.3: a server that has TLS 1.3 marks its random; the client asked for no more than 1.2.
  CHECK(is_downgrade_marked(first.server_hello->random));
}

TEST_CASE("GnuTLS as client and as server") {
  const auto client = read_capture("gnutls-client");
  const Follower f(client.at(0));
  CHECK(f.hellos.at(0).server_name == "localhost");
  CHECK(f.hellos.at(0).record_size_limit);
  CHECK(f.hellos.at(0).key_share->size() == 2);

  const auto tls13 = read_capture("gnutls-server-tls13"), tls12 = read_capture("gnutls-server-tls12");
  const Follower server13(tls13.at(0)), server12(tls12.at(0));
  CHECK(server13.certificates.size() == 2);
  CHECK(server13.tickets.size() == 2);
  CHECK(server12.certificates12.size() == 2);
}

TEST_CASE("curl, Go and Java as clients") {
  const auto curl = read_capture("curl"), go = read_capture("go-client"), java = read_capture("java-client");
  const Follower of_curl(curl.at(0)), of_go(go.at(0)), of_java(java.at(0));
  CHECK(of_curl.hellos.at(0).server_name == "localhost");
  CHECK(of_curl.hellos.at(0).padding);
  CHECK(of_curl.hellos.at(0).alpn->size() == 2);
  CHECK(of_go.hellos.at(0).server_name == "server.example");
  CHECK(of_go.hellos.at(0).supported_versions->contains(ProtocolVersion::tls13));
  CHECK(of_java.hellos.at(0).supported_versions->contains(ProtocolVersion::tls12));
  CHECK(of_java.hellos.at(0).key_share->size() >= 1);
}
