#include "handshake/key_schedule12.h"

#include <algorithm>

#include "base/writer.h"
#include "crypto/prf12.h"

namespace tls::handshake {
namespace {

constexpr std::size_t kMaxContext = 0xFFFF;  // RFC 5705 §4: its length is a uint16

// RFC 5705 §4: labels of the protocol's own PRF MUST NOT be used; "master secret" would give the secret away.
constexpr std::string_view kReserved[] = {"client finished", "server finished", "master secret",
                                          "extended master secret", "key expansion"};

// RFC 9846 Appendix D renames the secrets; the labels stay.
SessionSecret derive(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary, std::string_view label,
                     Bytes seed, Bytes more) {
  const crypto::SharedSecret used = std::move(preliminary);  // ends with this call
  SessionSecret secret;
  crypto::prf12(crypto::HmacKey(hash, used.expose()), label, seed, more, secret.fill(kMainSecretSize));
  return secret;
}

crypto::Digest verify_data(const crypto::HmacKey& key, std::string_view label, Bytes transcript_hash) {
  crypto::Digest data;
  crypto::prf12(key, label, transcript_hash, {}, data.fill(kVerifyDataSize));
  return data;
}

}  // namespace

std::size_t fixed_iv_size(crypto::AeadId id) noexcept {
  constexpr std::size_t kGcmSalt = 4;
  return id == crypto::AeadId::chacha20_poly1305 ? crypto::kAeadNonce : kGcmSalt;
}

MainSecret12 MainSecret12::extended(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary,
                                    Bytes session_hash) {
  return {hash, derive(hash, std::move(preliminary), "extended master secret", session_hash, {})};
}
MainSecret12 MainSecret12::from_randoms(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary,
                                        Bytes client_random, Bytes server_random) {
  return {hash, derive(hash, std::move(preliminary), "master secret", client_random, server_random)};
}
MainSecret12 MainSecret12::of_session(const crypto::HashImpl& hash, SessionSecret&& secret) {
  return {hash, std::move(secret)};
}

KeyBlock MainSecret12::key_block(crypto::AeadId aead, Bytes client_random, Bytes server_random) const {
  KeyBlock block;
  block.key_ = crypto::key_size(aead);
  block.iv_ = fixed_iv_size(aead);
  // RFC 5246 §6.3: the server's random comes first.
  crypto::prf12(key_, "key expansion", server_random, client_random, block.block_.fill(2 * (block.key_ + block.iv_)));
  return block;
}

crypto::Digest MainSecret12::client_finished(Bytes h) const { return verify_data(key_, "client finished", h); }
crypto::Digest MainSecret12::server_finished(Bytes h) const { return verify_data(key_, "server finished", h); }

Result<void> export_from(const crypto::HashImpl& hash, const SessionSecret& secret, bool extended_main_secret,
                         std::string_view label, Bytes client_random, Bytes server_random, std::optional<Bytes> context,
                         MutableBytes out) {
  if (secret.empty()) return fail(Code::misuse, "there are no keys to export from: this connection is in a callback");
  // RFC 7627 §5.4: without extended_main_secret RFC 5705 MUST be disabled.
  if (!extended_main_secret)
    return fail(Code::misuse, "without extended_main_secret an exporter says nothing of this connection");
  if (std::ranges::find(kReserved, label) != std::ranges::end(kReserved))
    return fail(Code::misuse, "the label \"" + std::string(label) + "\" is the protocol's own");
  if (context && context->size() > kMaxContext)
    return fail(Code::misuse, "the context of an exporter has at most 65535 bytes in TLS 1.2");
  ByteVector seed(client_random.begin(), client_random.end());
  Writer w(seed);
  w.bytes(server_random);
  if (context) w.vector16(*context);
  crypto::prf12(crypto::HmacKey(hash, secret.expose()), label, seed, {}, out);
  wipe(seed);  // a context may be confidential (RFC 5705 §4)
  return {};
}

}  // namespace tls::handshake
