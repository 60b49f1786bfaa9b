// Pre-shared keys of TLS 1.3: the form of a session or an external key on the wire, and the proof of possession.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/writer.h"
#include "handshake/key_schedule13.h"
#include "handshake/settings.h"

namespace tls::handshake {

/// One identity and its key, for one hash.
struct PskOffer {
  ByteVector identity;
  Psk key;
  crypto::HashId hash{};
  EarlySecret::Binder kind = EarlySecret::Binder::external;
};

/// Returns the ImportedIdentity (RFC 9258 §5.1) for TLS 1.3 and the KDF of `target`.
[[nodiscard]] ByteVector imported_identity(const ExternalPsk& psk, crypto::HashId target);
/// Returns the key that is imported under that identity (RFC 9258 §5.1).
[[nodiscard]] Psk imported_key(const ExternalPsk& psk, crypto::HashId target, const crypto::Provider& provider);
/// Returns the offers of the configured external PSKs, in their order. An imported PSK has one identity for each hash
/// among the configured suites of TLS 1.3. A plain PSK has one offer if its hash is among them.
[[nodiscard]] std::vector<PskOffer> external_offers(const CommonSettings& settings);

/// Identifies a configured external PSK by its position, counted from the first, and the hash.
struct KnownExternal {
  std::size_t rank = 0;
  crypto::HashId hash{};
};
[[nodiscard]] std::optional<KnownExternal> known_external(const CommonSettings& settings, Bytes identity);
/// Returns the external PSK with that identity, without deriving the keys of the others.
[[nodiscard]] std::optional<PskOffer> external_offer(const CommonSettings& settings, Bytes identity);

/// Returns the bytes of a binders list with its length prefix: one binder for each of `psks`.
[[nodiscard]] std::size_t binders_size(std::span<const PskOffer> psks, const crypto::Provider& provider) noexcept;

}  // namespace tls::handshake
