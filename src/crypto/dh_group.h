// A Diffie-Hellman group in the shape of a KEM: both sides generate, and both finish.
#pragma once

#include <utility>

#include "crypto/group.h"

namespace tls::crypto {

/// A row of the group table made of two functions (see GroupImpl for what they do).
template <Result<KeySharePrivate> (*Generate)(Random&, MutableBytes),
          Result<SharedSecret> (*Finish)(KeySharePrivate&&, Bytes)>
constexpr GroupImpl dh_group(NamedGroup id, std::string_view name, std::size_t share_size, std::size_t secret_size) {
  return {.id = id,
          .name = name,
          .client_share_size = share_size,
          .server_share_size = share_size,
          .secret_size = secret_size,
          .generate = Generate,
          .respond = [](Random& random, Bytes client_share, MutableBytes server_share) -> Result<SharedSecret> {
            auto key = Generate(random, server_share);
            if (!key) return std::unexpected(std::move(key.error()));
            return Finish(std::move(*key), client_share);
          },
          .finish = Finish};
}

/// The words for a share of the wrong length.
[[nodiscard]] std::unexpected<Error> wrong_share_size(std::string_view group, std::size_t expected, std::size_t actual);

}  // namespace tls::crypto
