#include "handshake/psk.h"

#include <algorithm>

#include "crypto/hkdf.h"
#include "crypto/suite.h"

namespace tls::handshake {
namespace {

// IANA "TLS KDF Identifiers" (RFC 9258 §10).
std::uint16_t kdf_of(crypto::HashId hash) { return hash == crypto::HashId::sha256 ? 0x0001 : 0x0002; }

bool has_suite_with(const CommonSettings& settings, crypto::HashId hash) {
  return std::ranges::any_of(settings.cipher_suites, [&](CipherSuite id) {
    const crypto::SuiteFacts* suite = crypto::find_suite(id);
    return suite->version == ProtocolVersion::tls13 && suite->hash == hash;
  });
}

PskOffer plain(const ExternalPsk& psk, crypto::HashId hash) {
  return {psk.identity, Psk(psk.key.expose()), hash, EarlySecret::Binder::external};
}

PskOffer imported(const ExternalPsk& psk, crypto::HashId target, const crypto::Provider& provider) {
  return {imported_identity(psk, target), imported_key(psk, target, provider), target, EarlySecret::Binder::imported};
}

}  // namespace

ByteVector imported_identity(const ExternalPsk& psk, crypto::HashId target) {
  // RFC 9258 §5.1: one that is longer than an identity may be could not be offered; config.cpp lets none through.
  static_assert(limits::kMaxExternalPskNames + 2 + 2 + 2 + 2 <= 0xFFFF);
  ByteVector identity;
  Writer w(identity);
  w.vector16(psk.identity);
  w.vector16(psk.context);
  w.u16(static_cast<std::uint16_t>(ProtocolVersion::tls13));
  w.u16(kdf_of(target));
  return identity;
}

Psk imported_key(const ExternalPsk& psk, crypto::HashId target, const crypto::Provider& provider) {
  // RFC 9258 §5.1: with the hash of the external PSK, whatever the target's is; that gives the length alone.
  const crypto::HashImpl& own = provider.hash(psk.sha384 ? crypto::HashId::sha384 : crypto::HashId::sha256);
  const crypto::Digest extracted = crypto::hkdf_extract(own, {}, psk.key.expose());
  const crypto::Digest context = crypto::hash(own, imported_identity(psk, target));
  Psk key;
  crypto::hkdf_expand_label(crypto::HmacKey(own, extracted.bytes()), "derived psk", context.bytes(),
                            key.fill(provider.hash(target).digest_size));
  return key;
}

std::vector<PskOffer> external_offers(const CommonSettings& settings) {
  std::vector<PskOffer> offers;
  for (const auto& psk : settings.external_psks) {
    if (!psk->imported) {
      const crypto::HashId hash = psk->sha384 ? crypto::HashId::sha384 : crypto::HashId::sha256;
      if (has_suite_with(settings, hash)) offers.push_back(plain(*psk, hash));
      continue;
    }
    for (const crypto::HashId target : {crypto::HashId::sha256, crypto::HashId::sha384})
      if (has_suite_with(settings, target)) offers.push_back(imported(*psk, target, settings.provider));
  }
  return offers;
}

std::optional<KnownExternal> known_external(const CommonSettings& settings, Bytes identity) {
  // Identities are public: nothing is told by the time that this takes.
  for (std::size_t rank = 0; rank < settings.external_psks.size(); ++rank) {
    const ExternalPsk& psk = *settings.external_psks[rank];
    if (!psk.imported) {
      const crypto::HashId hash = psk.sha384 ? crypto::HashId::sha384 : crypto::HashId::sha256;
      if (has_suite_with(settings, hash) && std::ranges::equal(psk.identity, identity))
        return KnownExternal{rank, hash};
      continue;
    }
    for (const crypto::HashId target : {crypto::HashId::sha256, crypto::HashId::sha384})
      if (has_suite_with(settings, target) && std::ranges::equal(imported_identity(psk, target), identity))
        return KnownExternal{rank, target};
  }
  return std::nullopt;
}

std::optional<PskOffer> external_offer(const CommonSettings& settings, Bytes identity) {
  const auto known = known_external(settings, identity);
  if (!known) return std::nullopt;
  const ExternalPsk& psk = *settings.external_psks[known->rank];
  return psk.imported ? imported(psk, known->hash, settings.provider) : plain(psk, known->hash);
}

std::size_t binders_size(std::span<const PskOffer> psks, const crypto::Provider& provider) noexcept {
  std::size_t size = 2;
  for (const PskOffer& psk : psks) size += 1 + provider.hash(psk.hash).digest_size;
  return size;
}

}  // namespace tls::handshake
