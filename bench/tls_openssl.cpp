// OpenSSL's libssl over memory BIOs.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <vector>

#include "bench/tls_library.h"

namespace sallyport::race {
namespace {

void must(bool good) {
  if (good) return;
  char words[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, words, sizeof words);
  throw std::runtime_error(std::string("OpenSSL: ") + words);
}

struct Free {
  void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
  void operator()(SSL* s) const { SSL_free(s); }
  void operator()(BIO* b) const { BIO_free(b); }
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> memory(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

class OpensslPair final : public TlsPair {
 public:
  OpensslPair(const Chain& chain, tls::CipherSuite suite)
      : client_context_(SSL_CTX_new(TLS_client_method())), server_context_(SSL_CTX_new(TLS_server_method())) {
    const char* name = suite == tls::CipherSuite::TLS_AES_128_GCM_SHA256   ? "TLS_AES_128_GCM_SHA256"
                       : suite == tls::CipherSuite::TLS_AES_256_GCM_SHA384 ? "TLS_AES_256_GCM_SHA384"
                                                                           : "TLS_CHACHA20_POLY1305_SHA256";
    for (SSL_CTX* context : {client_context_.get(), server_context_.get()}) {
      must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
      must(SSL_CTX_set_ciphersuites(context, name) == 1);
      must(SSL_CTX_set1_groups_list(context, "X25519") == 1);
      SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    }
    must(SSL_CTX_set_num_tickets(server_context_.get(), 0) == 1);
    trust(chain.root_pem);
    present(chain);
  }

  void connect(Effort& effort) override {
    BIO *to_server = BIO_new(BIO_s_mem()), *to_client = BIO_new(BIO_s_mem());
    must(BIO_up_ref(to_server) == 1 && BIO_up_ref(to_client) == 1);
    wire_ = to_server;
    {
      const OnClock clock(effort.client);
      client_.reset(SSL_new(client_context_.get()));
      SSL_set_bio(client_.get(), to_client, to_server);
      must(SSL_set1_host(client_.get(), "localhost") == 1);
      must(SSL_set_tlsext_host_name(client_.get(), "localhost") == 1);
      SSL_set_connect_state(client_.get());
    }
    {
      const OnClock clock(effort.server);
      server_.reset(SSL_new(server_context_.get()));
      SSL_set_bio(server_.get(), to_server, to_client);
      SSL_set_accept_state(server_.get());
    }
    for (int flight = 0; !(SSL_is_init_finished(client_.get()) && SSL_is_init_finished(server_.get())); ++flight) {
      must(flight < 8);
      {
        const OnClock clock(effort.client);
        step(client_.get());
      }
      const OnClock clock(effort.server);
      step(server_.get());
    }
  }
  void write(tls::Bytes chunk, std::size_t count) override {
    for (std::size_t n = 0; count != 0; --count)
      must(SSL_write_ex(client_.get(), chunk.data(), chunk.size(), &n) == 1 && n == chunk.size());
  }
  void deliver() override {}  // both sides hold the same BIO
  std::size_t read() override {
    std::size_t total = 0;
    for (std::size_t n = 0; BIO_ctrl_pending(wire_) != 0; total += n)
      must(SSL_read_ex(server_.get(), plaintext_, sizeof plaintext_, &n) == 1);
    return total;
  }

 private:
  void trust(const std::string& pem) {
    const Owned<BIO> text = memory(pem);
    const Owned<X509> root(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    must(root != nullptr && X509_STORE_add_cert(SSL_CTX_get_cert_store(client_context_.get()), root.get()) == 1);
    SSL_CTX_set_verify(client_context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  void present(const Chain& chain) {
    const Owned<BIO> text = memory(chain.chain_pem);
    const Owned<X509> leaf(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    const Owned<X509> intermediate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    must(leaf != nullptr && SSL_CTX_use_certificate(server_context_.get(), leaf.get()) == 1);
    must(intermediate != nullptr && SSL_CTX_add1_chain_cert(server_context_.get(), intermediate.get()) == 1);
    const Owned<BIO> key_text = memory(chain.key_pem);
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    must(key != nullptr && SSL_CTX_use_PrivateKey(server_context_.get(), key.get()) == 1);
  }
  static void step(SSL* ssl) {
    if (const int result = SSL_do_handshake(ssl); result != 1) must(SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ);
  }

  Owned<SSL_CTX> client_context_, server_context_;
  Owned<SSL> client_, server_;
  BIO* wire_ = nullptr;  // from the client to the server; theirs
  std::uint8_t plaintext_[16384];
};

}  // namespace

const TlsLibrary kOpensslTls = {"openssl", [](const Chain& chain, tls::CipherSuite suite) -> std::unique_ptr<TlsPair> {
                                  return std::make_unique<OpensslPair>(chain, suite);
                                }};

}  // namespace sallyport::race
