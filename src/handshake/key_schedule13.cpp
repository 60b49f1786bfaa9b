#include "handshake/key_schedule13.h"

#include <array>

#include "crypto/hkdf.h"

namespace tls::handshake {
namespace {

constexpr std::array<std::uint8_t, crypto::kMaxDigest> kZeros{};

Bytes zeros(const crypto::HashImpl& hash) { return Bytes(kZeros).first(hash.digest_size); }

template <class SecretType>
SecretType derive(const crypto::HmacKey& key, std::string_view label, Bytes transcript_hash) {
  SecretType out;
  derive_secret(key, label, transcript_hash, out.fill(key.impl().digest_size));
  return out;
}

// "derived" over the hash of nothing, then Extract with the next input: the step between two stages.
crypto::HmacKey next_stage(const crypto::HmacKey& key, Bytes input) {
  const crypto::HashImpl& hash = key.impl();
  const crypto::Digest nothing = crypto::hash(hash, {});
  crypto::Digest salt;
  derive_secret(key, "derived", nothing.bytes(), salt.fill(hash.digest_size));
  const crypto::Digest extracted = crypto::hkdf_extract(hash, salt.bytes(), input);
  return crypto::HmacKey(hash, extracted.bytes());
}

crypto::HmacKey extract_early(const crypto::HashImpl& hash, Bytes psk) {
  const crypto::Digest extracted = crypto::hkdf_extract(hash, zeros(hash), psk);
  return crypto::HmacKey(hash, extracted.bytes());
}

}  // namespace

void derive_secret(const crypto::HmacKey& secret, std::string_view label, Bytes transcript_hash, MutableBytes out) {
  crypto::hkdf_expand_label(secret, label, transcript_hash, out);
}

TrafficSecret MainSecret::client_application(Bytes h) const { return derive<TrafficSecret>(key_, "c ap traffic", h); }
TrafficSecret MainSecret::server_application(Bytes h) const { return derive<TrafficSecret>(key_, "s ap traffic", h); }
ExporterSecret MainSecret::exporter(Bytes h) const { return derive<ExporterSecret>(key_, "exp master", h); }
ResumptionSecret MainSecret::resumption(Bytes h) const { return derive<ResumptionSecret>(key_, "res master", h); }

TrafficSecret HandshakeSecret::client_handshake(Bytes h) const {
  return derive<TrafficSecret>(key_, "c hs traffic", h);
}
TrafficSecret HandshakeSecret::server_handshake(Bytes h) const {
  return derive<TrafficSecret>(key_, "s hs traffic", h);
}
MainSecret HandshakeSecret::to_main() && { return MainSecret(next_stage(key_, zeros(key_.impl()))); }

EarlySecret EarlySecret::without_psk(const crypto::HashImpl& hash) {
  return EarlySecret(extract_early(hash, zeros(hash)));
}
EarlySecret EarlySecret::from_psk(const crypto::HashImpl& hash, const Psk& psk) {
  return EarlySecret(extract_early(hash, psk.expose()));
}

crypto::Digest EarlySecret::binder(Binder kind, Bytes truncated_transcript_hash) const {
  const crypto::HashImpl& hash = key_.impl();
  const std::string_view label = kind == Binder::external     ? "ext binder"
                                 : kind == Binder::resumption ? "res binder"
                                                              : "imp binder";
  const crypto::Digest nothing = crypto::hash(hash, {});
  TrafficSecret binder_key = derive<TrafficSecret>(key_, label, nothing.bytes());
  return finished_mac(hash, binder_key, truncated_transcript_hash);
}

TrafficSecret EarlySecret::client_early(Bytes h) const { return derive<TrafficSecret>(key_, "c e traffic", h); }
ExporterSecret EarlySecret::early_exporter(Bytes h) const { return derive<ExporterSecret>(key_, "e exp master", h); }
HandshakeSecret EarlySecret::to_handshake(crypto::SharedSecret&& ecdhe) && {
  const crypto::SharedSecret used = std::move(ecdhe);  // ends with this call
  return HandshakeSecret(next_stage(key_, used.expose()));
}
HandshakeSecret EarlySecret::to_handshake_without_exchange() && {
  return HandshakeSecret(next_stage(key_, zeros(key_.impl())));
}

crypto::Digest finished_mac(const crypto::HashImpl& hash, const TrafficSecret& base, Bytes transcript_hash) {
  crypto::Digest finished_key;
  crypto::hkdf_expand_label(crypto::HmacKey(hash, base.expose()), "finished", {}, finished_key.fill(hash.digest_size));
  return crypto::HmacKey(hash, finished_key.bytes()).mac(transcript_hash);
}

TrafficSecret next_generation(const crypto::HashImpl& hash, const TrafficSecret& secret) {
  return derive<TrafficSecret>(crypto::HmacKey(hash, secret.expose()), "traffic upd", {});
}

Result<void> export_from(const crypto::HashImpl& hash, const ExporterSecret& secret, std::string_view label,
                         Bytes context, MutableBytes out) {
  if (secret.empty()) return fail(Code::misuse, "there are no keys to export from: this connection is in a callback");
  constexpr std::size_t kMaxLabel = 249;  // HkdfLabel.label<7..255> holds "tls13 " too
  if (label.size() > kMaxLabel)
    return fail(Code::misuse, "an exporter label has at most " + std::to_string(kMaxLabel) + " bytes");
  if (out.size() > 255 * hash.digest_size) return fail(Code::misuse, "an exporter gives at most 255 hash lengths");
  const crypto::Digest nothing = crypto::hash(hash, {});
  crypto::Digest derived;
  derive_secret(crypto::HmacKey(hash, secret.expose()), label, nothing.bytes(), derived.fill(hash.digest_size));
  const crypto::Digest context_hash = crypto::hash(hash, context);
  crypto::hkdf_expand_label(crypto::HmacKey(hash, derived.bytes()), "exporter", context_hash.bytes(), out);
  return {};
}

Psk ticket_psk(const crypto::HashImpl& hash, const ResumptionSecret& secret, Bytes ticket_nonce) {
  Psk psk;
  crypto::hkdf_expand_label(crypto::HmacKey(hash, secret.expose()), "resumption", ticket_nonce,
                            psk.fill(hash.digest_size));
  return psk;
}

}  // namespace tls::handshake
