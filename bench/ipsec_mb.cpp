// Intel's ipsec-mb, one message at a time: AES-GCM by its direct calls, ChaCha20-Poly1305 as single jobs (faster there
// than init, update and finalize).
#include <intel-ipsec-mb.h>

#include <cstring>
#include <stdexcept>

#include "base/constant_time.h"
#include "bench/library.h"

namespace sallyport::race {
namespace {

std::string wanted_arch;

struct FreeManager {
  void operator()(IMB_MGR* m) const { free_mb_mgr(m); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

Manager make_manager() {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) throw std::runtime_error("ipsec-mb does not start");
  IMB_ARCH chosen = IMB_ARCH_NONE;
  if (wanted_arch == "sse") {
    init_mb_mgr_sse(manager.get());
  } else if (wanted_arch == "avx") {
    init_mb_mgr_avx(manager.get());
  } else if (wanted_arch == "avx2") {
    init_mb_mgr_avx2(manager.get());
  } else if (wanted_arch == "avx512") {
    init_mb_mgr_avx512(manager.get());
  } else {
    init_mb_mgr_auto(manager.get(), &chosen);
  }
  if (imb_get_errno(manager.get()) != 0) throw std::runtime_error("ipsec-mb does not run here");
  return manager;
}

/// It computes tags; comparing them is the caller's.
void check(const std::uint8_t* computed, const std::uint8_t* claimed) {
  if (!tls::constant_time_equal({computed, 16}, {claimed, 16})) throw std::runtime_error("wrong tag");
}

class IpsecGcm final : public Aead {
 public:
  explicit IpsecGcm(const AeadKeying& keying) : aad_(keying.aad), manager_(make_manager()) {
    const bool small = keying.id == AeadId::aes_128_gcm;
    seal_ = small ? manager_->gcm128_enc : manager_->gcm256_enc;
    open_ = small ? manager_->gcm128_dec : manager_->gcm256_dec;
    (small ? manager_->gcm128_pre : manager_->gcm256_pre)(keying.key.data(), &key_);
  }
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count, advance(nonce))
      seal_(&key_, &context_, out.data(), in.data(), in.size(), nonce.data(), aad_.data(), aad_.size(),
            out.data() + in.size(), 16);
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    std::uint8_t tag[16];
    for (; count != 0; --count) {
      open_(&key_, &context_, out.data(), in.data(), in.size() - 16, nonce.data(), aad_.data(), aad_.size(), tag, 16);
      check(tag, in.data() + in.size() - 16);
    }
  }

 private:
  Bytes aad_;
  Manager manager_;
  aes_gcm_enc_dec_t seal_, open_;
  alignas(64) gcm_key_data key_;
  gcm_context_data context_;
};

class IpsecChaCha final : public Aead {
 public:
  explicit IpsecChaCha(const AeadKeying& keying) : keying_(keying), manager_(make_manager()) {}
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count, advance(nonce))
      job(nonce, IMB_DIR_ENCRYPT, in.data(), out.data(), in.size(), out.data() + in.size());
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    std::uint8_t tag[16];
    for (; count != 0; --count) {
      job(nonce, IMB_DIR_DECRYPT, in.data(), out.data(), in.size() - 16, tag);
      check(tag, in.data() + in.size() - 16);
    }
  }

 private:
  void job(const Nonce& nonce, IMB_CIPHER_DIRECTION direction, const std::uint8_t* in, std::uint8_t* out,
           std::size_t size, std::uint8_t* tag) {
    IMB_JOB* j = IMB_GET_NEXT_JOB(manager_.get());
    j->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    j->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    j->cipher_direction = direction;
    j->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    j->enc_keys = j->dec_keys = keying_.key.data();
    j->key_len_in_bytes = 32;
    j->src = in, j->dst = out;
    j->iv = nonce.data(), j->iv_len_in_bytes = nonce.size();
    j->u.CHACHA20_POLY1305.aad = keying_.aad.data();
    j->u.CHACHA20_POLY1305.aad_len_in_bytes = keying_.aad.size();
    j->cipher_start_src_offset_in_bytes = j->hash_start_src_offset_in_bytes = 0;
    j->msg_len_to_cipher_in_bytes = j->msg_len_to_hash_in_bytes = size;
    j->auth_tag_output = tag, j->auth_tag_output_len_in_bytes = 16;
    const IMB_JOB* done = IMB_SUBMIT_JOB_NOCHECK(manager_.get());
    if (done == nullptr || done->status != IMB_STATUS_COMPLETED) throw std::runtime_error("ipsec-mb: a job waits");
  }
  AeadKeying keying_;
  Manager manager_;
};

class IpsecHash final : public Hasher {
 public:
  explicit IpsecHash(HashId id) : manager_(make_manager()), id_(id) {}
  void digest(Bytes in, MutableBytes out, std::size_t count) override {
    const auto run = id_ == HashId::sha256 ? manager_->sha256 : manager_->sha384;
    for (; count != 0; --count) run(in.data(), in.size(), out.data());
  }

 private:
  Manager manager_;
  HashId id_;
};

std::unique_ptr<Aead> ipsec_aead(const AeadKeying& keying) {
  if (keying.id == AeadId::chacha20_poly1305) return std::make_unique<IpsecChaCha>(keying);
  return std::make_unique<IpsecGcm>(keying);
}

}  // namespace

void choose_ipsec_mb(const std::string& arch) { wanted_arch = arch; }

const Library kIpsecMb = {"ipsec-mb", [] { return "ipsec-mb " + std::string(imb_get_version_str()); }, ipsec_aead,
                          [](HashId id) -> std::unique_ptr<Hasher> { return std::make_unique<IpsecHash>(id); }};

}  // namespace sallyport::race
