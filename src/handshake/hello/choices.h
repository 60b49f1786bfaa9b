// The choices of a server that do not depend on the version.
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

/// Returns the suites of `version` that both sides support, best first. The configuration decides whether our
/// order or the client's counts. The client's order counts in any case if its first suite in common is one with
/// ChaCha20-Poly1305. Fails with no_shared_cipher.
[[nodiscard]] Result<std::vector<const crypto::SuiteFacts*>> common_suites(const wire::ClientHello& hello,
                                                                           const ServerSettings& settings,
                                                                           ProtocolVersion version);
/// Returns the groups of supported_groups that are also configured, best first. Precondition: the hello has
/// supported_groups.
[[nodiscard]] std::vector<const crypto::GroupImpl*> common_groups(const wire::ClientHello& hello,
                                                                  const ServerSettings& settings);
/// Returns the protocol, or an empty string for none (RFC 7301 §3.2). Fails with no_application_protocol.
[[nodiscard]] Result<std::string> choose_alpn(const wire::ClientHello& hello, const ServerSettings& settings);
/// Returns the name in the form in which credentials are looked up: lower case, no trailing dot.
[[nodiscard]] std::optional<std::string> server_name_of(const wire::ClientHello& hello);
/// Returns the fingerprint to which sessions of this handshake are bound: the server name, the service's context, what
/// clients are asked for, who verifies them, and the signature schemes (in TLS 1.2, also the groups) with which they
/// may authenticate.
[[nodiscard]] session::Fingerprint session_binding(const std::optional<std::string>& server_name,
                                                   ProtocolVersion version, const ServerSettings& settings);
/// Returns what the client offers, for reports about a rejected client: at most limits::kMaxNotedOffers values of each
/// list.
[[nodiscard]] ClientOffer offer_of(const wire::ClientHello& hello);
/// Returns the conditions that a credential must meet. Precondition: the hello has signature_algorithms.
[[nodiscard]] CredentialRequest credential_request(const wire::ClientHello& hello, ProtocolVersion version);

}  // namespace tls::handshake::hello
