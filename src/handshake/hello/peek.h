// The ClientHello before the server knows the version, and perhaps before it has a configuration.
#pragma once

#include "tls/client_hello.h"
#include "wire/client_hello.h"

namespace tls::handshake::hello {

/// Returns the maximum length of a client's first message (Handshake::max_message()). Fails with unexpected_message for
/// any type other than ClientHello.
[[nodiscard]] Result<std::size_t> max_first_message(std::uint8_t type);
/// Parses a client's first message with its header. Precondition: it is a ClientHello. Views point into `message`.
[[nodiscard]] Result<wire::ClientHello> read_first_message(Bytes message);

/// Returns the facts about a ClientHello's offer.
[[nodiscard]] ClientHelloFacts facts_of(const wire::ClientHello& hello);

}  // namespace tls::handshake::hello
