// Sallyport, through the seam that its record layer uses; and the list of the others.
#include <algorithm>
#include <stdexcept>

#include "bench/library.h"

namespace sallyport::race {
namespace {

class OurAead final : public Aead {
 public:
  OurAead(const tls::crypto::AeadImpl& impl, const AeadKeying& keying) : key_(impl, keying.key), aad_(keying.aad) {}
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count, advance(nonce))
      if (!key_.seal(nonce, aad_, in, {}, out)) throw std::runtime_error("seal failed");
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count)
      if (!key_.open(nonce, aad_, in, out)) throw std::runtime_error("open failed");
  }

 private:
  tls::crypto::AeadKey key_;
  Bytes aad_;
};

class OurHash final : public Hasher {
 public:
  explicit OurHash(const tls::crypto::HashImpl& impl) : impl_(&impl) {}
  void digest(Bytes in, MutableBytes out, std::size_t count) override {
    // The others write where they are told; we return a value, and that is where a caller has it: a copy is no part of
    // the hash.
    for (; count > 1; --count) static_cast<void>(tls::crypto::hash(*impl_, in));
    const tls::crypto::Digest digest = tls::crypto::hash(*impl_, in);
    std::ranges::copy(digest.bytes(), out.begin());
  }

 private:
  const tls::crypto::HashImpl* impl_;
};

constexpr const Library* kLibraries[] = {
#ifdef SALLYPORT_RACE_IPSEC_MB
    &kIpsecMb,
#endif
#ifdef SALLYPORT_RACE_OPENSSL
    &kOpenssl,
#endif
#ifdef SALLYPORT_RACE_GNUTLS
    &kGnutls,
#endif
    &kBotan, &kSodium};

}  // namespace

std::span<const Library* const> peers() noexcept { return kLibraries; }

std::unique_ptr<Aead> our_aead(const tls::crypto::AeadImpl& impl, const AeadKeying& keying) {
  return std::make_unique<OurAead>(impl, keying);
}
std::unique_ptr<Hasher> our_hash(const tls::crypto::HashImpl& impl) { return std::make_unique<OurHash>(impl); }

#ifndef SALLYPORT_RACE_IPSEC_MB
void choose_ipsec_mb(const std::string&) {}
#endif

}  // namespace sallyport::race
