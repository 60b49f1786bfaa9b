// The choices that a server makes alike in both versions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/group.h"
#include "crypto/suite.h"
#include "handshake/settings.h"
#include "session/state.h"
#include "wire/client_hello.h"

namespace tls::handshake::hello {

/// The suites of that version which both sides have, best first: in our order or the client's, as configured; a client
/// that puts ChaCha20-Poly1305 first has its way. Fails with no_shared_cipher.
[[nodiscard]] Result<std::vector<const crypto::SuiteFacts*>> common_suites(const wire::ClientHello& hello,
                                                                           const ServerSettings& settings,
                                                                           ProtocolVersion version);
/// The groups of supported_groups, which must be there, that are configured too; best first.
[[nodiscard]] std::vector<const crypto::GroupImpl*> common_groups(const wire::ClientHello& hello,
                                                                  const ServerSettings& settings);
/// The protocol, or none (RFC 7301 §3.2). Fails with no_application_protocol.
[[nodiscard]] Result<std::string> choose_alpn(const wire::ClientHello& hello, const ServerSettings& settings);
/// The name in the form in which credentials are looked up: lower case, no trailing dot.
[[nodiscard]] std::optional<std::string> server_name_of(const wire::ClientHello& hello);
/// What sessions of this handshake are bound to: the server name, the service's context, what is asked of clients, who
/// verifies them, and by which signature schemes, and in TLS 1.2 groups, they may authenticate.
[[nodiscard]] session::Fingerprint session_binding(const std::optional<std::string>& server_name,
                                                   ProtocolVersion version, const ServerSettings& settings);
/// What it offers, for whoever wants to know why it was refused: at most limits::kMaxNotedOffers values of each list.
[[nodiscard]] ClientOffer offer_of(const wire::ClientHello& hello);
/// What a credential must fit; signature_algorithms must be there.
[[nodiscard]] CredentialRequest credential_request(const wire::ClientHello& hello, ProtocolVersion version);

}  // namespace tls::handshake::hello
