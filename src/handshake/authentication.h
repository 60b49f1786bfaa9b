// What both versions share where they authenticate.
#pragma once

#include <optional>
#include <vector>

#include "base/writer.h"
#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/info.h"
#include "tls/verifier.h"
#include "wire/entries.h"

namespace tls::handshake {

enum class Role : std::uint8_t { client, server };

/// What of a credential the peer wants to see beside the chain.
struct StapleWishes {
  bool ocsp = false;
  bool scts = false;
};

/// The names of a certificate_authorities, which outlive their message: at most limits::kMaxAuthorities. They are a
/// wish, and a name of one byte would cost us twenty times what it cost the peer.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> keep_authorities(
    const std::optional<wire::DistinguishedNameList>& names);

/// What a client asks its verifier of the chain in `info`, which the server has shown now or when the session was made.
[[nodiscard]] ChainToVerify chain_of_server(const ConnectionInfo& info, const std::string& name, const Clock& clock);

/// Whole messages, header included.
[[nodiscard]] ByteVector encode_certificate_verify(SignatureScheme scheme, Bytes signature);
[[nodiscard]] ByteVector encode_finished(Bytes verify_data);

}  // namespace tls::handshake
