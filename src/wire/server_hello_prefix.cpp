#include "wire/server_hello_prefix.h"

namespace tls::wire {

Result<ServerHelloPrefix> ServerHelloPrefix::parse(Bytes body) {
  Reader r(body);
  ServerHelloPrefix prefix;
  prefix.legacy_version = static_cast<ProtocolVersion>(r.u16());
  std::ranges::copy(r.take(kRandomSize), prefix.random.begin());
  prefix.legacy_session_id_echo = r.vector8(0, kMaxSessionId);
  prefix.cipher_suite = static_cast<CipherSuite>(r.u16());
  const std::uint8_t legacy_compression_method = r.u8();
  if (!r.ok()) return fail(Code::decode_error, "the ServerHello is malformed before its extensions");
  // RFC 5246 §7.4.1.4: a ServerHello without extensions has no block of them.
  if (!r.empty()) {
    prefix.extensions = r.vector16();
    if (!r.done()) return fail(Code::decode_error, "the extensions block of the ServerHello does not end with it");
  }
  // RFC 9846 §4.2.3: MUST have the value 0; in TLS 1.2 we offer nothing else.
  if (legacy_compression_method != 0)
    return fail(Code::bad_compression, "the server chose method " + std::to_string(legacy_compression_method));
  return prefix;
}

void ServerHelloPrefix::encode(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(legacy_version));
  w.bytes(random);
  w.vector8(legacy_session_id_echo);
  w.u16(static_cast<std::uint16_t>(cipher_suite));
  w.u8(0);  // legacy_compression_method
}

}  // namespace tls::wire
