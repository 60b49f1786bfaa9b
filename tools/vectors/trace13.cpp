#include "vectors/trace13.h"

#include <algorithm>
#include <memory>
#include <string>

#include "crypto/software_key.h"
#include "handshake/settings.h"
#include "tls/connection.h"
#include "vectors/trace13_session.h"
#include "wire/client_hello.h"
#include "wire/encrypted_extensions.h"
#include "wire/hello_retry_request.h"
#include "wire/message.h"
#include "wire/server_hello.h"

namespace tls::vectors::trace13 {
namespace {

constexpr std::size_t kTraceRsaBits = 1024;

[[noreturn]] void differ(const std::string& words) { throw Difference(words); }
template <class T>
T must(Result<T> result, std::string_view what) {
  if (!result) differ(std::string(what) + ": " + result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Gives the trace's bytes, and knows whether all of them were drawn.
class Draws final : public Random {
 public:
  explicit Draws(ByteVector bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableBytes out) noexcept override {
    for (std::uint8_t& b : out) b = used_ < bytes_.size() ? bytes_[used_] : 0, ++used_;
  }
  void expect_used_up() const {
    if (used_ != bytes_.size())
      differ("drew " + std::to_string(used_) + " random bytes, the trace " + std::to_string(bytes_.size()));
  }

 private:
  ByteVector bytes_;
  std::size_t used_ = 0;
};

struct AnyChain final : ChainVerifier {
  std::string identity() const override { return "any chain"; }
  Answer<ChainAccepted> verify(const ChainToVerify&) const override { return ChainAccepted{}; }
};

/// A key that is not published: gives the signature that it once made. That the peer's side of the same trace takes the
/// signature shows that it was made over the same content.
class RecordedKey final : public SigningKey {
 public:
  RecordedKey(KeyKind kind, ByteVector signature) : kind_(kind), signature_(std::move(signature)) {}
  KeyKind kind() const noexcept override { return kind_; }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme, Bytes, Random&) const override { return signature_; }

 private:
  KeyKind kind_;
  ByteVector signature_;
};

class One final : public CredentialSource {
 public:
  explicit One(CredentialPtr credential) : credential_(std::move(credential)) {}
  std::string identity() const override { return "one"; }
  Answer<CredentialPtr> choose(const CredentialRequest&) const override { return credential_; }

 private:
  CredentialPtr credential_;
};

/// The one certificate of a Certificate message.
ByteVector leaf_of(const ByteVector& message) {
  const std::size_t size = std::size_t{message[8]} << 16 | std::size_t{message[9]} << 8 | message[10];
  return {message.begin() + 11, message.begin() + static_cast<std::ptrdiff_t>(11 + size)};
}

std::shared_ptr<const CredentialSource> credential_of(const Case& c, const std::string& prefix) {
  if (!c.has(prefix + "certificate")) return std::make_shared<One>(nullptr);  // a resumption does without
  const ByteVector verify = c.bytes(prefix + "certificate_verify");
  Credential credential;
  credential.chain = {leaf_of(c.bytes(prefix + "certificate"))};
  if (prefix.empty() && c.has("server_private_key")) {
    credential.key = must(crypto::software_key(c.bytes("server_private_key"), kTraceRsaBits), "the server's key");
  } else {
    const bool ecdsa = verify[4] == 0x04;
    credential.key = std::make_shared<RecordedKey>(ecdsa ? KeyKind::ecdsa_p256 : KeyKind::rsa,
                                                   ByteVector(verify.begin() + 8, verify.end()));
  }
  return std::make_shared<One>(std::make_shared<const Credential>(std::move(credential)));
}

// ---- messages that the trace's peer put together in its own way ---------------------------------------------------

template <class Message>
Message parsed(const ByteVector& message, std::string_view what) {
  const Bytes body = wire::message_body(message);
  if constexpr (requires { Message::parse(body); }) {
    return must(Message::parse(body), what);
  } else {
    wire::ExtensionSet all;
    for (const wire::ExtensionFacts& row : wire::kExtensions) all.insert(row.type);
    return must(Message::parse(body, all), what);
  }
}

void replace_client_hello(ByteVector& ours, const ByteVector& trace) {
  const auto a = parsed<wire::ClientHello>(ours, "our ClientHello"),
             b = parsed<wire::ClientHello>(trace, "ClientHello");
  if (a.random != b.random) differ("ClientHello.random");
  if (a.legacy_session_id != b.legacy_session_id) differ("ClientHello.legacy_session_id");
  if (a.cipher_suites != b.cipher_suites) differ("ClientHello.cipher_suites");
  if (a.key_share != b.key_share) differ("ClientHello.key_share");
  if (a.cookie != b.cookie) differ("ClientHello.cookie");
  if (a.server_name != b.server_name) differ("ClientHello.server_name");
  if (a.supported_versions != b.supported_versions) differ("ClientHello.supported_versions");
  if (a.record_size_limit != b.record_size_limit) differ("ClientHello.record_size_limit");
  if (a.early_data != b.early_data) differ("ClientHello.early_data");
  if (a.pre_shared_key.has_value() != b.pre_shared_key.has_value()) differ("ClientHello.pre_shared_key");
  if (b.pre_shared_key) {
    if (a.psk_key_exchange_modes != b.psk_key_exchange_modes) differ("ClientHello.psk_key_exchange_modes");
    if (a.pre_shared_key->identities != b.pre_shared_key->identities) differ("ClientHello.pre_shared_key.identities");
  }
  ours = trace;
  // The binders are for us to make: they are taken out, behind the length of their list.
  constexpr std::size_t kListLength = 2;
  if (b.pre_shared_key) std::fill_n(ours.rbegin(), b.binders_size() - kListLength, std::uint8_t{0});
}
template <class Message>
void reorder(ByteVector& ours, const ByteVector& trace, std::string_view what) {
  if (!(parsed<Message>(ours, what) == parsed<Message>(trace, what)))
    differ(std::string(what) + " says something else");
  ours = trace;
}
void replace_encrypted_extensions(ByteVector& ours, const ByteVector& trace, bool resumed) {
  auto a = parsed<wire::EncryptedExtensions>(ours, "our EncryptedExtensions"),
       b = parsed<wire::EncryptedExtensions>(trace, "EncryptedExtensions");
  b.supported_groups.reset();          // which we do not send
  if (resumed) b.server_name = false;  // RFC 6066 §3: MUST NOT be sent then, but is in the trace
  if (!(a == b)) differ("EncryptedExtensions says something else");
  ours = trace;
}

void rewrite_client(const Case& c, int& hellos, ByteVector& message) {
  if (wire::message_type(message) != wire::HandshakeType::client_hello) return;
  const bool first = hellos++ == 0 && c.has("client_hello_1");
  replace_client_hello(message, c.bytes(first ? "client_hello_1" : "client_hello"));
}
void rewrite_server(const Case& c, ByteVector& message) {
  switch (wire::message_type(message)) {
    case wire::HandshakeType::server_hello:
      if (wire::server_hello_kind(wire::message_body(message)) == wire::ServerHelloKind::hello_retry_request)
        return reorder<wire::HelloRetryRequest>(message, c.bytes("hello_retry_request"), "HelloRetryRequest");
      return reorder<wire::ServerHello>(message, c.bytes("server_hello"), "ServerHello");
    case wire::HandshakeType::encrypted_extensions:
      return replace_encrypted_extensions(message, c.bytes("encrypted_extensions"), is_resumed(c));
    case wire::HandshakeType::certificate_request:
      message = c.bytes("certificate_request");  // its list of schemes has many that we do not have
      return;
    default:
      return;
  }
}

// ---- the two sides ------------------------------------------------------------------------------------------------

constexpr std::uint16_t kNssRecordSizeLimit = 0x4001;

/// What came out of a connection.
struct Received {
  ByteVector data, early;
};

/// Gives records to a connection.
Received feed(Connection& connection, ByteVector records, Output& out, std::string_view what) {
  Received received;
  auto append = [](ByteVector& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); };
  MutableBytes rest = records;
  for (;;) {
    Step step = connection.step(rest, out);
    rest = rest.subspan(step.consumed);
    if (const auto* failure = std::get_if<Failed>(&step.event))
      differ(std::string(what) + ": " + failure->error.message());
    if (const auto* app = std::get_if<AppData>(&step.event)) append(received.data, app->bytes);
    if (const auto* early = std::get_if<EarlyData>(&step.event)) append(received.early, early->bytes);
    if (std::holds_alternative<PeerClosed>(step.event) || std::holds_alternative<NeedInput>(step.event)) break;
  }
  if (!rest.empty()) differ(std::string(what) + " was not used up");
  return received;
}
void expect_output(const Case& c, const std::string& name, Output& out) {
  expect_same(name, c.bytes(name), out.bytes());
  out.consume(out.size());
}
/// Our data and close_notify, and the peer's.
void exchange_data(const Case& c, Connection& connection, const std::string& us, const std::string& them, Output& out) {
  if (c.has(us + "_data")) {
    must(connection.send(c.bytes(us + "_data"), out), "sending data");
    expect_output(c, us + "_data_record", out);
  }
  if (c.has(them + "_data"))
    expect_same(them + "_data", c.bytes(them + "_data"),
                feed(connection, c.bytes(them + "_data_record"), out, "the peer's data").data);
  must(connection.close(out), "closing");
  expect_output(c, us + "_alert_record", out);
  (void)feed(connection, c.bytes(them + "_alert_record"), out, "the peer's alert");
}

/// That the handshake is over, and with the trace's outcome.
void expect_connected(const Case& c, const Connection& connection, const std::string& us) {
  if (!connection.established()) differ(us + " is not connected");
  if ((connection.info().resumed == Resumption::psk) != is_resumed(c))
    differ(us + " has not resumed as the trace does");
  if ((connection.info().early_data == EarlyDataStatus::accepted) != c.has("early_data"))
    differ(us + " has not treated early data as the trace does");
}

}  // namespace

void expect_same(std::string_view name, Bytes trace, Bytes computed) {
  if (std::ranges::equal(trace, computed)) return;
  const std::size_t at = static_cast<std::size_t>(std::ranges::mismatch(trace, computed).in1 - trace.begin());
  differ(std::string(name) + " differs at byte " + std::to_string(at) + ": " + std::to_string(computed.size()) +
         " bytes instead of " + std::to_string(trace.size()));
}

void replay_client(const Case& c, CipherSuite suite) {
  Draws draws(c.bytes("client_draws"));
  auto builder = ClientConfig::builder();
  builder.trust(std::make_shared<AnyChain>())
      .random(draws)
      .versions(ProtocolVersion::tls13, ProtocolVersion::tls13)
      .cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
                      CipherSuite::TLS_AES_256_GCM_SHA384})
      .groups({NamedGroup::x25519, NamedGroup::secp256r1, NamedGroup::secp384r1})
      .record_size_limit(kNssRecordSizeLimit);
  const std::string first = c.has("client_hello_1") ? "client_hello_1" : "client_hello";
  builder.compatibility_mode(c.bytes(first)[38] != 0).request_ocsp(false);
  if (c.has("client_certificate")) builder.credentials(credential_of(c, "client_"));
  auto settings = std::make_shared<ClientSettings>(must(builder.build(), "the client's configuration").settings());
  if (is_resumed(c)) resume(c, suite, *settings);
  int hellos = 0;
  settings->replay.rewrite = [&](ByteVector& message) { rewrite_client(c, hellos, message); };
  settings->replay.min_rsa_bits = kTraceRsaBits;

  Output out;
  const std::string name(as_text(c.bytes("server_name")));
  auto client = must(ClientConnection::start(ConfigAccess::make(std::move(settings)), name, out), "the client");
  if (c.has("early_data")) {
    const ByteVector early = c.bytes("early_data");
    if (must(client.send_early(early, out), "early data") != early.size()) differ("not all early data was taken");
  }
  expect_output(c, "client_flight_1", out);
  for (int flight = 1; c.has("server_flight_" + std::to_string(flight)); ++flight) {
    (void)feed(client, c.bytes("server_flight_" + std::to_string(flight)), out, "the server's flight");
    expect_output(c, "client_flight_" + std::to_string(flight + 1), out);
  }
  expect_connected(c, client, "the client");
  draws.expect_used_up();
  if (c.has("ticket_record")) (void)feed(client, c.bytes("ticket_record"), out, "the ticket");
  exchange_data(c, client, "client", "server", out);
}

void replay_server(const Case& c, CipherSuite suite) {
  Draws draws(c.bytes("server_draws"));
  auto builder = ServerConfig::builder();
  builder.credentials(credential_of(c, ""))
      .versions(ProtocolVersion::tls13, ProtocolVersion::tls13)
      .cipher_suites({suite})
      .record_size_limit(kNssRecordSizeLimit);
  if (c.has("hello_retry_request")) builder.groups({NamedGroup::secp256r1});
  if (c.has("certificate_request")) builder.client_auth(ClientAuth::request, std::make_shared<AnyChain>());
  auto settings = std::make_shared<ServerSettings>(must(builder.build(), "the server's configuration").settings());
  if (is_resumed(c)) resume(c, suite, *settings);
  settings->random = &draws;
  settings->replay.rewrite = [&](ByteVector& message) { rewrite_server(c, message); };
  settings->replay.min_rsa_bits = kTraceRsaBits;
  settings->replay.cookie = c.bytes_or_empty("cookie");

  Output out;
  auto server = ServerConnection::start(ConfigAccess::make(std::move(settings)));
  for (int flight = 1; c.has("client_flight_" + std::to_string(flight)); ++flight) {
    const Received received =
        feed(server, c.bytes("client_flight_" + std::to_string(flight)), out, "the client's flight");
    expect_same("early_data", flight == 1 ? c.bytes_or_empty("early_data") : ByteVector(), received.early);
    const std::string answer = "server_flight_" + std::to_string(flight);
    if (c.has(answer)) expect_output(c, answer, out);
  }
  expect_connected(c, server, "the server");
  draws.expect_used_up();
  if (c.has("ticket_record")) {  // a ticket of another stack stands before what the server writes
    if (c.has("client_data"))
      expect_same("client_data", c.bytes("client_data"),
                  feed(server, c.bytes("client_data_record"), out, "the data").data);
    return;
  }
  exchange_data(c, server, "server", "client", out);
}

}  // namespace tls::vectors::trace13
