// The ClientHello that a server reads first, before its version and perhaps its configuration are known.
#pragma once

#include "tls/client_hello.h"
#include "wire/client_hello.h"

namespace tls::handshake::hello {

/// How long the first message of a client may be (Handshake::max_message). Fails with unexpected_message for any other
/// than a ClientHello.
[[nodiscard]] Result<std::size_t> max_first_message(std::uint8_t type);
/// The first message of a client, header included; it must be a ClientHello. Views look into `message`.
[[nodiscard]] Result<wire::ClientHello> read_first_message(Bytes message);

/// What a ClientHello offers.
[[nodiscard]] ClientHelloFacts facts_of(const wire::ClientHello& hello);

}  // namespace tls::handshake::hello
