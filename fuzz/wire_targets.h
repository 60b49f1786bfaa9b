// Fuzz targets of the codecs: what parses is encoded, and what was encoded parses to the same.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

// The input is the body of one message.
void alert(Bytes body);
void certificate(Bytes body);
void certificate12(Bytes body);
void certificate_request(Bytes body);
void certificate_request12(Bytes body);
void certificate_status(Bytes body);
void certificate_verify(Bytes body);
void client_hello(Bytes body);
void client_key_exchange(Bytes body);
void encrypted_extensions(Bytes body);
void hello_retry_request(Bytes body);
void key_update(Bytes body);
void new_session_ticket(Bytes body);
void new_session_ticket12(Bytes body);
void server_hello(Bytes body);
void server_key_exchange(Bytes body);

/// The input is a Place (its bit's number, one byte) and an extensions block.
void extensions(Bytes input);
/// The input is a whole handshake message; every codec of its type, of either version, gets the body.
void handshake_message(Bytes message);

inline constexpr auto kWireTargets = std::to_array<Target>({
    {"alert", alert},
    {"certificate", certificate},
    {"certificate12", certificate12},
    {"certificate_request", certificate_request},
    {"certificate_request12", certificate_request12},
    {"certificate_status", certificate_status},
    {"certificate_verify", certificate_verify},
    {"client_hello", client_hello},
    {"client_key_exchange", client_key_exchange},
    {"encrypted_extensions", encrypted_extensions},
    {"extensions", extensions},
    {"handshake_message", handshake_message},
    {"hello_retry_request", hello_retry_request},
    {"key_update", key_update},
    {"new_session_ticket", new_session_ticket},
    {"new_session_ticket12", new_session_ticket12},
    {"server_hello", server_hello},
    {"server_key_exchange", server_key_exchange},
});

}  // namespace tls::fuzz
