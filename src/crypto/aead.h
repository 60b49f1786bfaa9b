// The AEAD seam: several implementations of each algorithm, chosen at run time by CPU features.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "crypto/cpu.h"
#include "tls/bytes.h"

namespace tls::crypto {

enum class AeadId : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };
inline constexpr std::size_t kAeads = 3;
inline constexpr std::size_t kAeadNonce = 12;   // bytes; all three (RFC 5116 §5.1, RFC 8439 §2.8)
inline constexpr std::size_t kAeadTag = 16;     // bytes; all three
inline constexpr std::size_t kMaxAeadKey = 32;  // bytes
/// Most plaintext of one call, bytes: 2^36 - 32 for GCM (NIST SP 800-38D §5.2.1.1), 2^38 - 64 for ChaCha20; the
/// smaller one holds for all.
inline constexpr std::uint64_t kMaxAeadPlaintext = (std::uint64_t{1} << 36) - 32;

[[nodiscard]] constexpr std::size_t key_size(AeadId id) noexcept { return id == AeadId::aes_128_gcm ? 16 : 32; }
[[nodiscard]] std::string_view name(AeadId id) noexcept;  // "AES-128-GCM", ...

/// One implementation of one AEAD. Rows of constexpr arrays, in order of preference (aead_table.cpp).
///
/// `state` points to `state_size` bytes aligned to `state_align`, made by init() and ended by wipe(). seal and open
/// may write to it (powers of H are built when first needed), so one state is used by one thread at a time.
struct AeadImpl {
  std::string_view name;  ///< e.g. "aes-128-gcm-vaes512"; unique; what --kernel and SALLYPORT_CPU name
  AeadId id;
  Features required;        ///< never called on a CPU without all of these
  std::size_t state_size;   ///< bytes; at most kMaxAeadState
  std::size_t state_align;  ///< a power of two
  /// `key` holds key_size(id) bytes.
  void (*init)(void* state, const std::uint8_t* key) noexcept;
  /// Encrypts the concatenation of `in` and `extra` (TLS 1.3's content type and padding) to `out` and puts the tag
  /// behind it: writes in.size() + extra.size() + 16 bytes. `out` is in.data() or overlaps neither input.
  /// `nonce` holds 12 bytes.
  void (*seal)(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept;
  /// Authenticates and decrypts `in` (ciphertext, then 16 bytes of tag) to in.size() - 16 bytes at `out`, which is
  /// in.data() or does not overlap. in.size() >= 16. False: not authentic, and those bytes at `out` are zeroed.
  bool (*open)(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept;
  /// Ends the state: overwrites and releases all that it owns.
  void (*wipe)(void* state) noexcept;
  /// Selected on this vendor's CPUs alone; `other`: on all. By name it runs on any that has the features.
  Vendor vendor = Vendor::other;
};
inline constexpr std::size_t kMaxAeadState = 1024;  // bytes: what an idle direction may hold

/// All implementations compiled in, best first within an algorithm, whatever this CPU can run.
[[nodiscard]] std::span<const AeadImpl* const> all_aeads() noexcept;
/// The first of `id` whose requirements are within the CPU's features and whose vendor is not another; there is always
/// one.
[[nodiscard]] const AeadImpl& select_aead(AeadId id, const Cpu& cpu) noexcept;
/// The implementation of that name, or null.
[[nodiscard]] const AeadImpl* aead_named(std::string_view name) noexcept;

/// A key of one AEAD in the state of one implementation: allocates once, wipes on destruction. Move-only.
class AeadKey {
 public:
  AeadKey() = default;
  /// `key` has key_size(impl.id) bytes; it is not kept.
  AeadKey(const AeadImpl& impl, Bytes key);
  AeadKey(AeadKey&& o) noexcept;
  AeadKey& operator=(AeadKey&& o) noexcept;
  ~AeadKey();

  [[nodiscard]] explicit operator bool() const noexcept { return impl_ != nullptr; }
  [[nodiscard]] const AeadImpl& impl() const noexcept { return *impl_; }
  /// See AeadImpl::seal. False, and nothing written, when the buffers overlap but are not equal or are too long.
  [[nodiscard]] bool seal(std::span<const std::uint8_t, kAeadNonce> nonce, Bytes aad, Bytes in, Bytes extra,
                          MutableBytes out) noexcept;
  /// See AeadImpl::open. False too when the buffers overlap but are not equal, or `in` is shorter than a tag.
  [[nodiscard]] bool open(std::span<const std::uint8_t, kAeadNonce> nonce, Bytes aad, Bytes in,
                          MutableBytes out) noexcept;

 private:
  void reset() noexcept;
  const AeadImpl* impl_ = nullptr;
  void* state_ = nullptr;
};

}  // namespace tls::crypto
