// What handshakes have signed, made to order: parts of requests.
#pragma once

#include <vector>

#include "tls/credentials.h"

namespace tls::test {

using ByteVector = std::vector<std::uint8_t>;

/// Owns what a HandshakeToSign looks at.
struct Parts {
  bool by_server = true;
  ProtocolVersion version = ProtocolVersion::tls13;
  SignatureScheme scheme = SignatureScheme::ecdsa_secp256r1_sha256;
  ByteVector message, transcript_hash, client_random, server_random, parameters;

  [[nodiscard]] HandshakeToSign view() const {
    return {.by_server = by_server,
            .version = version,
            .scheme = scheme,
            .message = message,
            .transcript_hash = transcript_hash,
            .client_random = client_random,
            .server_random = server_random,
            .parameters = parameters};
  }
};

inline Parts parts13(std::size_t hash = 32, bool by_server = true) {
  Parts p;
  p.by_server = by_server;
  p.transcript_hash = ByteVector(hash, 0xAB);
  return p;
}

/// ServerECDHParams of that group with a point of so many bytes.
inline ByteVector ecdh_parameters(std::uint16_t group, std::size_t point, std::uint8_t first = 4) {
  ByteVector out{3, static_cast<std::uint8_t>(group >> 8), static_cast<std::uint8_t>(group),
                 static_cast<std::uint8_t>(point)};
  out.resize(4 + point, 0x55);
  if (point != 0) out[4] = first;
  return out;
}

inline Parts parts12() {
  Parts p;
  p.version = ProtocolVersion::tls12;
  p.client_random = ByteVector(32, 0xC1);
  p.server_random = ByteVector(32, 0x5E);
  p.parameters = ecdh_parameters(0x0017, 65);
  return p;
}

/// A handshake message of a TLS 1.2 client's view; hellos have their version and random.
inline void append_message(ByteVector& out, std::uint8_t type, std::size_t size) {
  out.insert(out.end(), {type, static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                         static_cast<std::uint8_t>(size)});
  const std::size_t at = out.size();
  out.resize(at + size, type);
  if (type <= 2 && size >= 2) out[at] = out[at + 1] = 3;
}
inline Parts parts12_client(std::vector<std::uint8_t> types = {1, 2, 11, 12, 13, 14, 11, 16}) {
  Parts p;
  p.by_server = false;
  p.version = ProtocolVersion::tls12;
  for (const std::uint8_t type : types) append_message(p.message, type, 41);
  return p;
}

}  // namespace tls::test
