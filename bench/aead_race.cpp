// Sealing and opening, ours and theirs, checked against each other before they are timed.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "bench/library.h"
#include "bench/output.h"
#include "crypto/provider.h"

namespace sallyport::race {
namespace {

using Buffer = std::vector<std::uint8_t>;

struct Entry {
  std::string impl, kernel;
  std::unique_ptr<Aead> aead;
  Buffer sealed, opened;  // of its own, as an application has them
};

/// Our kernels: those that were named, else what this CPU would choose.
std::vector<const tls::crypto::AeadImpl*> kernels_of(const Options& options, AeadId id) {
  const tls::crypto::Provider best = tls::crypto::Provider::best();
  if (options.kernels.empty()) return {&best.aead(id)};
  std::vector<const tls::crypto::AeadImpl*> out;
  for (const std::string& name : options.kernels) {
    const auto* impl = tls::crypto::aead_named(name);
    if (impl == nullptr || !best.cpu.features.contains(impl->required))
      throw std::runtime_error("'" + name + "' does not run here; see `sallyport cpu`");
    if (impl->id == id) out.push_back(impl);
  }
  return out;
}

/// A figure of another algorithm, or of a broken library, would be worth nothing.
void agree(std::vector<Entry>& entries, const Nonce& nonce, const Buffer& plaintext) {
  for (Entry& e : entries) {
    e.aead->seal(nonce, plaintext, e.sealed, 1);
    if (e.sealed != entries.front().sealed) throw std::runtime_error(e.impl + " seals something else");
    e.aead->open(nonce, e.sealed, e.opened, 1);
    if (e.opened != plaintext) throw std::runtime_error(e.impl + " opens something else");
  }
}

void race_size(const Options& options, const AeadKeying& keying, std::size_t size) {
  const Nonce nonce{1, 2, 3, 4, 5};
  const Buffer plaintext(size, 'x');
  std::vector<Entry> entries;
  const auto add = [&](std::string impl, std::string kernel, std::unique_ptr<Aead> aead) {
    if (aead)
      entries.push_back(
          {std::move(impl), std::move(kernel), std::move(aead), Buffer(size + tls::crypto::kAeadTag), Buffer(size)});
  };
  for (const auto* impl : kernels_of(options, keying.id))
    add("sallyport", std::string(impl->name), our_aead(*impl, keying));
  if (entries.empty()) return;
  for (const Library* library : peers())
    if (library->aead != nullptr && options.wants(library->name)) add(library->name, {}, library->aead(keying));
  agree(entries, nonce, plaintext);

  const auto run = [&](const char* what, const auto& work) {
    std::vector<Contestant> contestants;
    for (Entry& e : entries) contestants.push_back({e.impl, e.kernel, [&](std::size_t count) { work(e, count); }});
    const auto timings = race(contestants, options.seconds, options.clock);
    for (std::size_t i = 0; i < timings.size(); ++i)
      print_rate(options, std::string(tls::crypto::name(keying.id)) + what, entries[i].impl, entries[i].kernel, size,
                 timings[i]);
  };
  progress(std::string(tls::crypto::name(keying.id)) + ", " + std::to_string(size) + " bytes");
  run(" open", [&](Entry& e, std::size_t count) { e.aead->open(nonce, e.sealed, e.opened, count); });
  run(" seal", [&](Entry& e, std::size_t count) { e.aead->seal(nonce, plaintext, e.sealed, count); });
}

}  // namespace

void race_aeads(const Options& options) {
  const Buffer key(tls::crypto::kMaxAeadKey, 7), aad(5, 1);  // TLS 1.3's additional data: a record's header
  const std::vector<std::size_t> usual = {16, 64, 256, 512, 1350, 4096, 16384};
  for (const AeadId id : {AeadId::aes_128_gcm, AeadId::aes_256_gcm, AeadId::chacha20_poly1305})
    for (const std::size_t size : options.sizes.empty() ? usual : options.sizes)
      race_size(options, {id, Bytes(key).first(tls::crypto::key_size(id)), aad}, size);
}

}  // namespace sallyport::race
