// bench aead and pk: the crypto below, implementation by implementation.
#include <array>
#include <stdexcept>

#include "bench/measure.h"
#include "cli/command.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/software_key.h"
#include "factory/certificates.h"
#include "factory/der_builder.h"

namespace sallyport::bench {
namespace {

using namespace tls::crypto;

void aead(Figures& out, const Options& options, const AeadImpl& impl, std::size_t size) {
  const std::vector<std::uint8_t> key_bytes(key_size(impl.id), 7), aad(5, 1), plaintext(size, 'x');
  const std::array<std::uint8_t, kAeadNonce> nonce{};
  AeadKey key(impl, key_bytes);
  std::vector<std::uint8_t> sealed(size + kAeadTag), opened(size);
  const auto add = [&](const char* what, const Rates& rates) {
    out.push_back({.name = std::string(name(impl.id)) + what,
                   .kernel = std::string(impl.name),
                   .unit = "GB/s",
                   .size = size,
                   .best = rates.best / 1e9,
                   .median = rates.median / 1e9,
                   .cycles_per_byte = rates.cycles});
  };
  const auto bytes = static_cast<double>(size);
  add(" seal", measure(options.seconds, bytes, [&] {
        if (!key.seal(nonce, aad, plaintext, {}, sealed)) throw std::runtime_error("seal failed");
      }));
  add(" open", measure(options.seconds, bytes, [&] {
        if (!key.open(nonce, aad, sealed, opened)) throw std::runtime_error("open failed");
      }));
}

Figure rate(std::string name, const Rates& rates) {
  return {
      .name = std::move(name), .kernel = {}, .unit = "ops/s", .size = 0, .best = rates.best, .median = rates.median};
}

void group(Figures& out, const Options& options, const GroupImpl& impl) {
  auto& random = tls::system_random();
  std::vector<std::uint8_t> client(impl.client_share_size), server(impl.server_share_size);
  const auto must = [](bool ok) {
    if (!ok) throw std::runtime_error("a key exchange failed");
  };
  must(impl.generate(random, client).has_value());
  out.push_back(rate(std::string(impl.name) + " keygen+derive",
                     measure(options.seconds, 1, [&] { must(impl.respond(random, client, server).has_value()); })));
  out.push_back(rate(std::string(impl.name) + " keygen",
                     measure(options.seconds, 1, [&] { must(impl.generate(random, client).has_value()); })));
}

void signature(Figures& out, const Options& options, KeyType type, const char* name) {
  const KeyPtr made = Key::generate(type);
  const auto key = software_key(made->pkcs8());
  const auto spki = made->spki();
  const auto public_key = PublicKey::from_spki(spki);
  if (!key || !public_key) throw std::runtime_error("a key cannot be loaded");
  const tls::SignatureScheme scheme = tls::schemes_for((*key)->kind()).front();
  const std::vector<std::uint8_t> message(130, 'x');
  std::vector<std::uint8_t> last;
  out.push_back(rate(std::string(name) + " sign", measure(options.seconds, 1, [&] {
                       auto signed_now = (*key)->sign(scheme, message, tls::system_random());
                       if (!signed_now || !*signed_now) throw std::runtime_error("a signature failed");
                       last = std::move(**signed_now);
                     })));
  out.push_back(rate(std::string(name) + " verify", measure(options.seconds, 1, [&] {
                       if (!public_key->verify(scheme, message, last)) throw std::runtime_error("verifying failed");
                     })));
  out.push_back(rate(std::string(name) + " read key", measure(options.seconds, 1, [&] {
                       if (!PublicKey::from_spki(spki)) throw std::runtime_error("a key cannot be read");
                     })));
  // What a certificate chain costs for each key that it brings: nothing is ready from an earlier signature.
  out.push_back(rate(std::string(name) + " read key, verify once", measure(options.seconds, 1, [&] {
                       const auto fresh = PublicKey::from_spki(spki);
                       if (!fresh || !fresh->verify(scheme, message, last))
                         throw std::runtime_error("verifying failed");
                     })));
}

/// A verification alone, whose signature is wrong: the work is the same, and no key of that size need be made.
void rsa_8192(Figures& out, const Options& options) {
  std::vector<std::uint8_t> modulus(1024, 0xC3), signature(1024, 0x5A);
  const auto spki =
      der::sequence({der::sequence({der::oid("1.2.840.113549.1.1.1"), der::null()}),
                     der::bit_string(der::sequence({der::integer(tls::Bytes(modulus)), der::integer(65537)}))});
  const std::vector<std::uint8_t> message(130, 'x');
  out.push_back(rate("RSA-8192 PSS read key, verify once", measure(options.seconds, 1, [&] {
                       const auto fresh = PublicKey::from_spki(spki);
                       if (!fresh) throw std::runtime_error("a key cannot be read");
                       if (fresh->verify(tls::SignatureScheme::rsa_pss_rsae_sha256, message, signature))
                         throw std::runtime_error("a wrong signature verifies");
                     })));
}

}  // namespace

Figures bench_aead(const Options& options) {
  Figures out;
  const Cpu cpu = detect_cpu();
  for (const AeadImpl* impl : all_aeads()) {
    if (!cpu.features.contains(impl->required) || (!options.kernel.empty() && options.kernel != impl->name)) continue;
    for (const std::size_t size : options.size != 0 ? std::vector<std::size_t>{options.size}
                                                    : std::vector<std::size_t>{64, 256, 1350, 8192, 16384})
      aead(out, options, *impl, size);
  }
  if (out.empty())
    throw cli::Failure(cli::kUsage, "--kernel: '" + options.kernel + "' does not run here; see `sallyport cpu`");
  return out;
}

Figures bench_pk(const Options& options) {
  Figures out;
  for (const GroupImpl& impl : all_groups()) group(out, options, impl);
  signature(out, options, KeyType::ecdsa_p256, "ECDSA P-256");
  signature(out, options, KeyType::ecdsa_p384, "ECDSA P-384");
  signature(out, options, KeyType::ecdsa_p521, "ECDSA P-521");
  signature(out, options, KeyType::ed25519, "Ed25519");
  signature(out, options, KeyType::rsa_2048, "RSA-2048 PSS");
  rsa_8192(out, options);
  return out;
}

}  // namespace sallyport::bench
