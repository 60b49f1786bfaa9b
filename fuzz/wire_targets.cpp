#include "fuzz/wire_targets.h"

#include "wire/alert.h"
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
#include "wire/message.h"
#include "wire/new_session_ticket.h"
#include "wire/new_session_ticket12.h"
#include "wire/server_hello.h"
#include "wire/server_key_exchange.h"

namespace tls::fuzz {
namespace {

using namespace tls::wire;

/// Everything is offered, so that nothing is refused before it is parsed.
constexpr ExtensionSet kAll = [] {
  ExtensionSet all;
  for (const ExtensionFacts& row : kExtensions) all.insert(row.type);
  return all;
}();

template <class Message>
ByteVector encoded(const Message& message) {
  ByteVector bytes;
  Writer w(bytes);
  message.encode(w);
  return bytes;
}

/// Parses; if that went well, encodes and parses again, and both must be the same. An error must say what is wrong.
template <class Message, class... Offered>
std::optional<Message> round_trip(Bytes body, Offered... offered) {
  Result<Message> first = Message::parse(body, offered...);
  if (!first) {
    require(!first.error().detail().empty(), "an error without a detail");
    require(first.error().alert().has_value(), "an error without an alert");
    return std::nullopt;
  }
  if constexpr (requires { first->bad_psks; }) first->bad_psks.reset();  // what is none is not written again
  const ByteVector bytes = encoded(*first);
  const Result<Message> second = Message::parse(bytes, offered...);
  require(second.has_value(), "what was encoded does not parse");
  require(*first == *second, "what was encoded parses to something else");
  require(encoded(*second) == bytes, "the second encoding differs from the first");
  return *first;
}

template <class List>
void walk(const List& list) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& item : list) ++count;
  require(count == list.size(), "a list has another size than it has items");
}

}  // namespace

void alert(Bytes body) { round_trip<AlertMessage>(body); }
void certificate(Bytes body) { round_trip<Certificate>(body, kAll); }
void certificate12(Bytes body) { round_trip<Certificate12>(body); }
void certificate_request(Bytes body) { round_trip<CertificateRequest>(body); }
void certificate_request12(Bytes body) { round_trip<CertificateRequest12>(body); }
void certificate_status(Bytes body) { round_trip<CertificateStatus>(body); }
void certificate_verify(Bytes body) { round_trip<CertificateVerify>(body); }
void client_key_exchange(Bytes body) { round_trip<ClientKeyExchange>(body); }
void encrypted_extensions(Bytes body) { round_trip<EncryptedExtensions>(body, kAll); }
void hello_retry_request(Bytes body) { round_trip<HelloRetryRequest>(body, kAll); }
void key_update(Bytes body) { round_trip<KeyUpdate>(body); }
void new_session_ticket(Bytes body) { round_trip<NewSessionTicket>(body); }
void new_session_ticket12(Bytes body) { round_trip<NewSessionTicket12>(body); }
void server_hello(Bytes body) { round_trip<ServerHello>(body, kAll); }
void server_key_exchange(Bytes body) { round_trip<ServerKeyExchange>(body); }

void client_hello(Bytes body) {
  const auto hello = round_trip<ClientHello>(body);
  if (!hello) return;
  walk(hello->cipher_suites);
  if (hello->supported_groups) walk(*hello->supported_groups);
  if (hello->key_share) walk(*hello->key_share);
  if (hello->alpn) walk(*hello->alpn);
  if (hello->certificate_authorities) walk(*hello->certificate_authorities);
  require(hello->pre_shared_key.has_value() == (hello->binders_size() != 0), "binders without pre_shared_key");
  if (!hello->pre_shared_key) return;
  walk(hello->pre_shared_key->identities);
  walk(hello->pre_shared_key->binders);
  // RFC 9846 §4.3.11.2: what is truncated is the end of the message, and nothing but the binders list.
  Reader tail(body.last(hello->binders_size()));
  require(hello->pre_shared_key->binders.bytes() == Opaque(tail.vector16()) && tail.done(),
          "the binders are not the end of the ClientHello");
}

void extensions(Bytes input) {
  if (input.empty()) return;
  const auto place = static_cast<Place>(1 << (input[0] % 8));
  const auto list = check_extensions(input.subspan(1), place, kAll);
  if (!list) return require(!list.error().detail().empty(), "an error without a detail");
  walk(*list);
  for (const Extension& e : *list) {
    const ExtensionFacts* facts = find_extension(e.extension_type);
    require(!facts || facts->allowed_in(place), "an extension passed that is not allowed");
  }
}

void handshake_message(Bytes message) {
  const auto header = HandshakeHeader::peek(message);
  if (!header || header->length != message.size() - kHandshakeHeaderSize) return;
  const Bytes body = message_body(message);
  switch (message_type(message)) {
    case HandshakeType::hello_request:
      round_trip<HelloRequest>(body);
      break;
    case HandshakeType::client_hello:
      client_hello(body);
      break;
    case HandshakeType::server_hello:
      server_hello_kind(body) == ServerHelloKind::server_hello ? server_hello(body) : hello_retry_request(body);
      break;
    case HandshakeType::new_session_ticket:
      new_session_ticket(body), new_session_ticket12(body);
      break;
    case HandshakeType::end_of_early_data:
      round_trip<EndOfEarlyData>(body);
      break;
    case HandshakeType::encrypted_extensions:
      encrypted_extensions(body);
      break;
    case HandshakeType::certificate:
      certificate(body), certificate12(body);
      break;
    case HandshakeType::server_key_exchange:
      server_key_exchange(body);
      break;
    case HandshakeType::certificate_request:
      certificate_request(body), certificate_request12(body);
      break;
    case HandshakeType::server_hello_done:
      round_trip<ServerHelloDone>(body);
      break;
    case HandshakeType::certificate_verify:
      certificate_verify(body);
      break;
    case HandshakeType::client_key_exchange:
      client_key_exchange(body);
      break;
    case HandshakeType::finished:
      require(Finished::parse(body, body.size()).has_value(), "Finished");
      break;
    case HandshakeType::certificate_status:
      certificate_status(body);
      break;
    case HandshakeType::key_update:
      key_update(body);
      break;
    case HandshakeType::message_hash:
      break;
  }
}

}  // namespace tls::fuzz
