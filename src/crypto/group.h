// Key exchange groups as rows of a table, in the shape of a KEM, so that ML-KEM hybrids are one more row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tls/environment.h"
#include "tls/error.h"
#include "tls/info.h"
#include "tls/secret.h"

namespace tls::crypto {

struct SharedSecretRole;
struct KeySharePrivateRole;
using SharedSecret = Secret<SharedSecretRole, 66>;        ///< secp521r1's is the longest
using KeySharePrivate = Secret<KeySharePrivateRole, 96>;  ///< scalar, or the seeds of a hybrid

struct GroupImpl {
  NamedGroup id;
  std::string_view name;          ///< IANA
  std::size_t client_share_size;  ///< bytes of KeyShareEntry.key_exchange in a ClientHello
  std::size_t server_share_size;  ///< bytes in a ServerHello
  std::size_t secret_size;        ///< bytes of the shared secret
  /// Client: a fresh private key and its share (`share.size() == client_share_size`). Draws from `random` alone, so
  /// that a trace can be replayed: a scalar is the first draw that is in range.
  Result<KeySharePrivate> (*generate)(Random& random, MutableBytes share);
  /// Server: answers a client's share with its own (`server_share.size() == server_share_size`) and the secret.
  /// An invalid share is Code::bad_key_share.
  Result<SharedSecret> (*respond)(Random& random, Bytes client_share, MutableBytes server_share);
  /// Client: the secret. The private key is used up: a key share is never used twice (RFC 9846 §4.3.8).
  Result<SharedSecret> (*finish)(KeySharePrivate&& key, Bytes server_share);
};

[[nodiscard]] std::span<const GroupImpl> all_groups() noexcept;
[[nodiscard]] const GroupImpl* find_group(NamedGroup id) noexcept;

}  // namespace tls::crypto
