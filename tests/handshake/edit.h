// Messages changed byte by byte, without our own codecs: what they cannot write is what a test needs.
#pragma once

#include <optional>
#include <stdexcept>
#include <vector>

#include "base/reader.h"
#include "base/writer.h"
#include "handshake/table.h"
#include "support/hex.h"

namespace tls::test {

/// A message that ends in a block of extensions: ClientHello, ServerHello, HelloRetryRequest, EncryptedExtensions,
/// CertificateRequest. What stands before the block is kept as bytes.
struct Edit {
  struct Extension {
    std::uint16_t type;
    ByteVector data;
  };
  std::uint8_t type;
  ByteVector prefix;
  std::vector<Extension> extensions;

  explicit Edit(Bytes message) : type(message[0]) {
    Bytes body = message.subspan(4);
    std::size_t at = 0;
    auto skip = [&](std::size_t width) {  // a vector
      std::size_t n = 0;
      for (std::size_t i = 0; i < width; ++i) n = n << 8 | body[at + i];
      at += width + n;
    };
    switch (static_cast<handshake::On>(type)) {
      case handshake::On::client_hello:
        at = 34, skip(1), skip(2), skip(1);
        break;
      case handshake::On::server_hello:
        at = 34, skip(1), at += 3;
        break;
      case handshake::On::certificate_request:
        skip(1);
        break;
      case handshake::On::encrypted_extensions:
        break;
      default:
        throw std::invalid_argument("a message without extensions");
    }
    prefix.assign(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(at));
    Reader r(body.subspan(at + 2));
    while (!r.empty()) {
      const auto kind = static_cast<std::uint16_t>(r.u16());
      const Bytes data = r.vector16();
      extensions.push_back({kind, {data.begin(), data.end()}});
    }
  }

  [[nodiscard]] ByteVector* find(unsigned kind) {
    for (Extension& e : extensions)
      if (e.type == kind) return &e.data;
    return nullptr;
  }
  Edit& set(unsigned kind, std::string_view hex_data) {
    if (ByteVector* data = find(kind))
      *data = unhex(hex_data);
    else
      extensions.insert(extensions.begin(), {static_cast<std::uint16_t>(kind), unhex(hex_data)});
    return *this;
  }
  Edit& append(unsigned kind, std::string_view hex_data) {
    extensions.push_back({static_cast<std::uint16_t>(kind), unhex(hex_data)});
    return *this;
  }
  Edit& remove(unsigned kind) {
    std::erase_if(extensions, [&](const Extension& e) { return e.type == kind; });
    return *this;
  }
  [[nodiscard]] ByteVector message() const {
    ByteVector out;
    Writer w(out);
    w.u8(type);
    w.prefixed(3, [&] {
      w.bytes(prefix);
      w.prefixed(2, [&] {
        for (const Extension& e : extensions) w.u16(e.type), w.vector16(e.data);
      });
    });
    return out;
  }
};

/// The length in a message's header made right again after its body was changed.
inline void fix_length(ByteVector& message) {
  const std::size_t n = message.size() - 4;
  message[1] = static_cast<std::uint8_t>(n >> 16);
  message[2] = static_cast<std::uint8_t>(n >> 8);
  message[3] = static_cast<std::uint8_t>(n);
}

}  // namespace tls::test
