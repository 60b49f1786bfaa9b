#include "crypto/aead.h"

#include <cassert>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace tls::crypto {
namespace {

/// What the caller must not do, for the kernels would read what they have written.
bool overlap(Bytes a, Bytes b) noexcept {
  if (a.empty() || b.empty()) return false;
  const auto a0 = reinterpret_cast<std::uintptr_t>(a.data()), b0 = reinterpret_cast<std::uintptr_t>(b.data());
  return a0 < b0 + b.size() && b0 < a0 + a.size();
}

/// `in` may be worked on in place: the same start, or nothing in common.
bool in_place_or_apart(Bytes in, Bytes out) noexcept { return in.data() == out.data() || !overlap(in, out); }

/// Memory for a state, aligned by hand: allocators take three times as long for what is aligned as for what is not. In
/// front of the state stands where the memory begins.
void* allocate(const AeadImpl& impl) {
  void* const memory = ::operator new(sizeof(void*) + impl.state_align + impl.state_size);
  void* state = static_cast<std::uint8_t*>(memory) + sizeof memory;
  std::size_t room = impl.state_align + impl.state_size;
  state = std::align(impl.state_align, impl.state_size, state, room);
  std::memcpy(static_cast<std::uint8_t*>(state) - sizeof memory, &memory, sizeof memory);
  return state;
}
void release(void* state) noexcept {
  void* memory = nullptr;
  std::memcpy(&memory, static_cast<std::uint8_t*>(state) - sizeof memory, sizeof memory);
  ::operator delete(memory);
}

}  // namespace

std::string_view name(AeadId id) noexcept {
  switch (id) {
    case AeadId::aes_128_gcm:
      return "AES-128-GCM";
    case AeadId::aes_256_gcm:
      return "AES-256-GCM";
    case AeadId::chacha20_poly1305:
      return "ChaCha20-Poly1305";
  }
  return "unknown";
}

AeadKey::AeadKey(const AeadImpl& impl, Bytes key) : impl_(&impl), state_(allocate(impl)) {
  assert(key.size() == key_size(impl.id));
  impl.init(state_, key.data());
}

AeadKey::AeadKey(AeadKey&& o) noexcept
    : impl_(std::exchange(o.impl_, nullptr)), state_(std::exchange(o.state_, nullptr)) {}

AeadKey& AeadKey::operator=(AeadKey&& o) noexcept {
  if (this != &o) {
    reset();
    impl_ = std::exchange(o.impl_, nullptr);
    state_ = std::exchange(o.state_, nullptr);
  }
  return *this;
}

AeadKey::~AeadKey() { reset(); }

void AeadKey::reset() noexcept {
  if (impl_ == nullptr) return;
  impl_->wipe(state_);
  release(state_);
  impl_ = nullptr;
  state_ = nullptr;
}

bool AeadKey::seal(std::span<const std::uint8_t, kAeadNonce> nonce, Bytes aad, Bytes in, Bytes extra,
                   MutableBytes out) noexcept {
  if (in.size() > kMaxAeadPlaintext || extra.size() > kMaxAeadPlaintext - in.size()) return false;
  const std::size_t written = in.size() + extra.size() + kAeadTag;
  if (out.size() < written) return false;
  const Bytes target = out.first(written);
  if (!in_place_or_apart(in, target) || overlap(extra, target) || overlap(aad, target)) return false;
  impl_->seal(state_, nonce.data(), aad, in, extra, out.data());
  return true;
}

bool AeadKey::open(std::span<const std::uint8_t, kAeadNonce> nonce, Bytes aad, Bytes in, MutableBytes out) noexcept {
  if (in.size() < kAeadTag || in.size() - kAeadTag > kMaxAeadPlaintext) return false;
  const std::size_t written = in.size() - kAeadTag;
  if (out.size() < written) return false;
  const Bytes target = out.first(written);
  if (!in_place_or_apart(in, target) || overlap(aad, target)) return false;
  return impl_->open(state_, nonce.data(), aad, in, out.data());
}

}  // namespace tls::crypto
