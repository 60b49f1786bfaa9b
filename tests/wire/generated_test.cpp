// Messages made up at random, from a seed: parse(encode(x)) is x.
#include <doctest/doctest.h>

#include <deque>

#include "base/host_name.h"
#include "base/limits.h"
#include "support/environment.h"
#include "wire/build.h"
#include "wire/certificate.h"
#include "wire/certificate_request.h"
#include "wire/client_hello.h"
#include "wire/encrypted_extensions.h"
#include "wire/hello_retry_request.h"
#include "wire/new_session_ticket.h"
#include "wire/server_hello.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;

namespace {

/// Draws fields, and keeps the memory that their views look into.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  bool flip() { return random_.below(2) != 0; }
  std::size_t between(std::size_t low, std::size_t high) { return low + random_.below(high - low + 1); }
  template <class T>
  T number() {
    return static_cast<T>(random_.number());
  }
  Opaque bytes(std::size_t low, std::size_t high) {
    ByteVector& b = memory_.emplace_back(between(low, high));
    random_.fill(b);
    return b;
  }
  template <class T>
  U16List<T> numbers(std::size_t low, std::size_t high) {
    std::vector<T> items(between(low, high));
    for (T& item : items) item = static_cast<T>(number<std::uint16_t>());
    return U16List<T>::write(memory_.emplace_back(), items);
  }
  /// A list of what `make()` gives.
  template <class Entry, class Make>
  EntryList<Entry> list(std::size_t low, std::size_t high, Make make) {
    std::vector<Entry> items;
    for (std::size_t n = between(low, high); n > 0; --n) items.push_back(make());
    return EntryList<Entry>::write(memory_.emplace_back(), items);
  }
  /// What `make()` gives, or nothing.
  template <class Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (flip()) return std::nullopt;
    return make();
  }
  HelloRandom hello_random() {
    HelloRandom bytes;
    random_.fill(bytes);
    return bytes;
  }
  std::string_view host_name() {
    ByteVector& b = memory_.emplace_back(between(1, limits::kMaxHostName));
    for (std::uint8_t& c : b) c = static_cast<std::uint8_t>(between(0x21, 0x7E));
    return as_text(b);
  }
  KeyShareEntry key_share(std::uint16_t group) { return {static_cast<NamedGroup>(group), bytes(1, 200)}; }

 private:
  tls::test::SeededRandom random_;
  std::deque<ByteVector> memory_;
};

ClientHello make_client_hello(Maker& m) {
  ClientHello h;
  h.legacy_version = m.number<ProtocolVersion>();
  h.random = m.hello_random();
  h.legacy_session_id = m.bytes(0, 32);
  h.cipher_suites = m.numbers<CipherSuite>(1, 30);
  h.legacy_compression_methods = m.bytes(1, 3);
  h.server_name = m.maybe([&] { return m.host_name(); });
  h.status_request = m.flip();
  h.supported_groups = m.maybe([&] { return m.numbers<NamedGroup>(1, 12); });
  h.ec_point_formats = m.maybe([&] { return m.bytes(1, 3); });
  h.signature_algorithms = m.maybe([&] { return m.numbers<SignatureScheme>(1, 20); });
  h.signature_algorithms_cert = m.maybe([&] { return m.numbers<SignatureScheme>(1, 20); });
  h.alpn = m.maybe([&] { return m.list<ProtocolName>(1, 4, [&] { return ProtocolName{m.bytes(1, 255)}; }); });
  h.signed_certificate_timestamp = m.flip();
  h.padding = m.maybe([&] { return m.number<std::uint8_t>(); });
  h.extended_main_secret = m.flip();
  h.record_size_limit = m.maybe([&] { return static_cast<std::uint16_t>(m.between(64, 0xFFFF)); });
  h.session_ticket = m.maybe([&] { return m.bytes(0, 300); });
  h.early_data = m.flip();
  h.supported_versions = m.maybe([&] { return m.numbers<ProtocolVersion>(1, 127); });
  h.cookie = m.maybe([&] { return m.bytes(1, limits::kMaxCookie); });
  h.psk_key_exchange_modes = m.maybe([&] { return m.bytes(1, 255); });
  h.certificate_authorities =
      m.maybe([&] { return m.list<DistinguishedName>(1, 5, [&] { return DistinguishedName{m.bytes(1, 300)}; }); });
  h.post_handshake_auth = m.flip();
  std::uint16_t group = m.number<std::uint16_t>();
  h.key_share = m.maybe([&] { return m.list<KeyShareEntry>(0, 16, [&] { return m.key_share(++group); }); });
  h.ticket_request = m.maybe([&] { return TicketRequest{m.number<std::uint8_t>(), m.number<std::uint8_t>()}; });
  h.renegotiation_info = m.maybe([&] { return m.bytes(0, 255); });
  h.grease =
      m.maybe([&] { return Extension{static_cast<ExtensionType>(0x0A0A + 0x1010 * m.between(0, 15)), m.bytes(0, 9)}; });
  h.pre_shared_key = m.maybe([&] {
    const std::size_t n = m.between(1, 20);
    return OfferedPsks{
        m.list<PskIdentity>(n, n, [&] { return PskIdentity{m.bytes(1, 300), m.number<std::uint32_t>()}; }),
        m.list<PskBinderEntry>(n, n, [&] { return PskBinderEntry{m.bytes(32, 255)}; })};
  });
  return h;
}

ServerHello make_server_hello(Maker& m) {
  ServerHello h;
  h.legacy_version = m.number<ProtocolVersion>();
  h.random = m.hello_random();
  h.legacy_session_id_echo = m.bytes(0, 32);
  h.cipher_suite = m.number<CipherSuite>();
  if (m.flip()) {
    h.supported_versions = m.number<ProtocolVersion>();
    h.key_share = m.maybe([&] { return m.key_share(m.number<std::uint16_t>()); });
    h.pre_shared_key = m.maybe([&] { return m.number<std::uint16_t>(); });
    return h;
  }
  h.server_name = m.flip();
  h.status_request = m.flip();
  h.ec_point_formats = m.maybe([&] { return m.bytes(1, 255); });
  h.alpn = m.maybe([&] { return m.bytes(1, 255); });
  h.extended_main_secret = m.flip();
  h.record_size_limit = m.maybe([&] { return static_cast<std::uint16_t>(m.between(64, 0xFFFF)); });
  h.session_ticket = m.flip();
  h.renegotiation_info = m.maybe([&] { return m.bytes(0, 255); });
  return h;
}

HelloRetryRequest make_retry(Maker& m) {
  HelloRetryRequest r;
  r.legacy_version = m.number<ProtocolVersion>();
  r.legacy_session_id_echo = m.bytes(0, 32);
  r.cipher_suite = m.number<CipherSuite>();
  r.supported_versions = m.number<ProtocolVersion>();
  r.cookie = m.maybe([&] { return m.bytes(1, limits::kMaxCookie); });
  r.key_share = m.maybe([&] { return m.number<NamedGroup>(); });
  return r;
}

EncryptedExtensions make_encrypted_extensions(Maker& m) {
  EncryptedExtensions e;
  e.server_name = m.flip();
  e.supported_groups = m.maybe([&] { return m.numbers<NamedGroup>(1, 12); });
  e.alpn = m.maybe([&] { return m.bytes(1, 255); });
  e.record_size_limit = m.maybe([&] { return static_cast<std::uint16_t>(m.between(64, 0xFFFF)); });
  e.early_data = m.flip();
  e.ticket_request = m.maybe([&] { return m.number<std::uint8_t>(); });
  return e;
}

CertificateRequest make_certificate_request(Maker& m) {
  CertificateRequest r;
  r.certificate_request_context = m.bytes(0, 255);
  r.signature_algorithms = m.numbers<SignatureScheme>(1, 20);
  r.signature_algorithms_cert = m.maybe([&] { return m.numbers<SignatureScheme>(1, 20); });
  r.certificate_authorities =
      m.maybe([&] { return m.list<DistinguishedName>(1, 5, [&] { return DistinguishedName{m.bytes(1, 300)}; }); });
  r.status_request = m.flip();
  r.signed_certificate_timestamp = m.flip();
  return r;
}

Certificate make_certificate(Maker& m) {
  Certificate c;
  c.certificate_request_context = m.bytes(0, 255);
  for (std::size_t n = m.between(0, limits::kMaxCertificates); n > 0; --n)
    REQUIRE(c.certificate_list.push_back({m.bytes(1, 2000), m.maybe([&] { return m.bytes(1, 500); }), {}}));
  return c;
}

NewSessionTicket make_ticket(Maker& m) {
  return {m.number<std::uint32_t>(), m.number<std::uint32_t>(), m.bytes(0, 255), m.bytes(1, 1000),
          m.maybe([&] { return m.number<std::uint32_t>(); })};
}

constexpr std::uint64_t kRounds = 300;

template <class Message, class... Offered>
void check_generated(Message (*make)(Maker&), Offered... offered) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    CAPTURE(seed);
    Maker maker(seed);
    const Message message = make(maker);
    const ByteVector body = body_of(message);
    const auto parsed = Message::parse(body, offered...);
    REQUIRE_MESSAGE(parsed, why(parsed));
    CHECK(*parsed == message);
    CHECK(body_of(*parsed) == body);
  }
}

}  // namespace

TEST_CASE("generated ClientHellos") { check_generated(make_client_hello); }
TEST_CASE("generated ServerHellos of both versions") { check_generated(make_server_hello, kAllExtensions); }
TEST_CASE("generated HelloRetryRequests") { check_generated(make_retry, kAllExtensions); }
TEST_CASE("generated EncryptedExtensions") { check_generated(make_encrypted_extensions, kAllExtensions); }
TEST_CASE("generated CertificateRequests") { check_generated(make_certificate_request); }
TEST_CASE("generated Certificates") { check_generated(make_certificate, kAllExtensions); }
TEST_CASE("generated NewSessionTickets") { check_generated(make_ticket); }

TEST_CASE("a generated ClientHello answers exactly to what it offers") {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    Maker maker(seed);
    ClientHello hello = make_client_hello(maker);
    hello.cipher_suites = {};  // no renegotiation_info by a suite
    const ByteVector body = body_of(hello);
    const std::size_t before =
        2 + 32 + 1 + hello.legacy_session_id.size() + 2 + 1 + hello.legacy_compression_methods.size();
    ExtensionSet sent;
    const auto list = ExtensionList::parse(body.size() > before ? Bytes(body).subspan(before + 2) : Bytes());
    REQUIRE(list);
    for (const Extension& e : *list) sent.insert(e.extension_type);
    CHECK(hello.offered() == sent);
  }
}
