// Pre-shared keys of TLS 1.3: what a session or an external key is on the wire, and how possession is proven.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/writer.h"
#include "handshake/key_schedule13.h"
#include "handshake/settings.h"

namespace tls::handshake {

/// One identity with its key, for one hash.
struct PskOffer {
  ByteVector identity;
  Psk key;
  crypto::HashId hash{};
  EarlySecret::Binder kind = EarlySecret::Binder::external;
};

/// ImportedIdentity (RFC 9258 §5.1), for TLS 1.3 and the KDF of `target`.
[[nodiscard]] ByteVector imported_identity(const ExternalPsk& psk, crypto::HashId target);
/// The key that is imported under that identity (RFC 9258 §5.1).
[[nodiscard]] Psk imported_key(const ExternalPsk& psk, crypto::HashId target, const crypto::Provider& provider);
/// What the configured external PSKs come to, in their order: an imported one is an identity for each hash among the
/// configured suites of TLS 1.3, a plain one is itself, if its hash is among them.
[[nodiscard]] std::vector<PskOffer> external_offers(const CommonSettings& settings);

/// Which of the configured external PSKs an identity is, counted from the first, and for which hash.
struct KnownExternal {
  std::size_t rank = 0;
  crypto::HashId hash{};
};
[[nodiscard]] std::optional<KnownExternal> known_external(const CommonSettings& settings, Bytes identity);
/// The one of them with that identity, found without deriving the keys of the others.
[[nodiscard]] std::optional<PskOffer> external_offer(const CommonSettings& settings, Bytes identity);

/// Bytes of a binders list with its length prefix: one binder for each of `psks`.
[[nodiscard]] std::size_t binders_size(std::span<const PskOffer> psks, const crypto::Provider& provider) noexcept;

}  // namespace tls::handshake
