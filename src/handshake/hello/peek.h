// The ClientHello that a server reads first, before its version is known: for the handshake, and for who only looks.
#pragma once

#include <memory>
#include <optional>

#include "handshake/handshake.h"
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

/// A server's handshake without a configuration: it puts what the ClientHello offers into `facts`, which must outlive
/// it, and can do nothing else. Null: nobody wants them.
[[nodiscard]] std::unique_ptr<Handshake> peeking_handshake(std::optional<ClientHelloFacts>* facts);

}  // namespace tls::handshake::hello
