// What a library must offer to be raced: each is one file and one row of kLibraries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace sallyport::race {

using tls::Bytes;
using tls::MutableBytes;
using tls::crypto::AeadId;
using tls::crypto::HashId;

using Nonce = std::array<std::uint8_t, tls::crypto::kAeadNonce>;

/// Another nonce, as a protocol makes them: the same small cost for everybody.
inline void advance(Nonce& nonce) noexcept {
  std::uint64_t number;
  __builtin_memcpy(&number, nonce.data() + 4, sizeof number);
  ++number;
  __builtin_memcpy(nonce.data() + 4, &number, sizeof number);
}

/// An AEAD with its key and its additional data. The loops stand inside, so that nobody pays for the call.
class Aead {
 public:
  virtual ~Aead() = default;
  /// Seals `in` to `out` (in.size() + 16 bytes) `count` times, with the nonce and those after it.
  virtual void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) = 0;
  /// Opens `in`, tag included, to `out` (in.size() - 16 bytes) `count` times. Throws when the tag is wrong.
  virtual void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) = 0;
};

class Hasher {
 public:
  virtual ~Hasher() = default;
  /// The digest of `in`, `count` times.
  virtual void digest(Bytes in, MutableBytes out, std::size_t count) = 0;
};

/// What an AEAD is made from; the bytes outlive it.
struct AeadKeying {
  AeadId id{};
  Bytes key, aad;
};

struct Library {
  const char* name;  ///< `impl` in the JSON
  std::string (*version)();
  std::unique_ptr<Aead> (*aead)(const AeadKeying&);  ///< null where it has none
  std::unique_ptr<Hasher> (*hash)(HashId);           ///< null where it has none
};

/// The peers that were found when this was built.
[[nodiscard]] std::span<const Library* const> peers() noexcept;
extern const Library kOpenssl, kSodium, kBotan, kGnutls, kIpsecMb;

/// Ours, by the name of the kernel.
[[nodiscard]] std::unique_ptr<Aead> our_aead(const tls::crypto::AeadImpl& impl, const AeadKeying& keying);
[[nodiscard]] std::unique_ptr<Hasher> our_hash(const tls::crypto::HashImpl& impl);

/// ipsec-mb has code paths by instruction set and no environment variable to choose: "sse", "avx", "avx2", "avx512";
/// empty: its own choice. Call it before the first Aead is made.
void choose_ipsec_mb(const std::string& arch);

}  // namespace sallyport::race
