// TLS 1.3 from outside: bulk data and full handshakes.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "bench/output.h"
#include "bench/tls_library.h"
#include "crypto/provider.h"
#include "crypto/suite.h"

namespace sallyport::race {
namespace {

struct Entry {
  std::string impl;
  std::unique_ptr<TlsPair> pair;
  std::vector<double> first, second;  // slices: written and read, or client and server
};

std::vector<Entry> entries_of(const Options& options, KeyType leaf, tls::CipherSuite suite) {
  const Chain chain = make_chain(leaf);
  std::vector<Entry> entries;
  for (const TlsLibrary* library : tls_libraries())
    if (library == &kOurTls || options.wants(library->name))
      entries.push_back({library->name, library->make(chain, suite), {}, {}});
  return entries;
}

std::size_t rounds(double seconds, double of_one) {
  return std::max<std::size_t>(9, static_cast<std::size_t>(seconds / of_one));
}

void bulk(const Options& options, const tls::crypto::SuiteFacts& suite, std::size_t size) {
  constexpr std::size_t kBatch = 256 << 10;  // bytes in a slice: a few socket buffers, and within the L2 cache
  constexpr double kTypical = 200e-6;        // seconds of a slice
  const std::size_t count = std::max<std::size_t>(1, kBatch / size);
  const std::vector<std::uint8_t> chunk(size, 'x');
  std::vector<Entry> entries = entries_of(options, KeyType::ecdsa_p256, suite.id);
  const std::string name = "TLS1.3 " + std::string(tls::crypto::name(suite.aead));
  progress(name + ", writes of " + std::to_string(size) + " bytes");
  Effort ignored;
  for (Entry& e : entries) e.pair->connect(ignored);
  const std::size_t slices = rounds(options.seconds, kTypical);
  for (std::size_t round = 0; round < slices + 3; ++round) {
    for (Entry& e : entries) {
      const std::uint64_t begin = ticks();
      e.pair->write(chunk, count);
      const std::uint64_t written = ticks();
      e.pair->deliver();
      const std::uint64_t delivered = ticks();
      if (e.pair->read() != size * count) throw std::runtime_error(e.impl + " lost bytes");
      const std::uint64_t end = ticks();
      if (round < 3) continue;  // caches and buffers are still getting warm
      e.first.push_back(static_cast<double>(written - begin) / static_cast<double>(count));
      e.second.push_back(static_cast<double>(end - delivered) / static_cast<double>(count));
    }
  }
  const std::string kernel(tls::crypto::Provider::best().aead(suite.aead).name);
  for (Entry& e : entries) {
    const std::string own = e.impl == kOurTls.name ? kernel : std::string();
    print_rate(options, name + " write", e.impl, own, size, timing_of(std::move(e.first)));
    print_rate(options, name + " read", e.impl, own, size, timing_of(std::move(e.second)));
  }
}

void handshakes(const Options& options, KeyType leaf, const std::string& name) {
  constexpr double kTypical = 1e-3;  // seconds of one
  std::vector<Entry> entries = entries_of(options, leaf, tls::CipherSuite::TLS_AES_128_GCM_SHA256);
  progress(name);
  const std::size_t slices = rounds(options.seconds, kTypical);
  for (std::size_t round = 0; round < slices + 3; ++round) {
    for (Entry& e : entries) {
      Effort effort;
      e.pair->connect(effort);
      if (round < 3) continue;
      e.first.push_back(static_cast<double>(effort.client));
      e.second.push_back(static_cast<double>(effort.server));
    }
  }
  for (Entry& e : entries) {
    const auto us = [&](double spent) { return spent / options.clock.ticks_per_second * 1e6; };
    std::vector<double> both;
    for (std::size_t i = 0; i < e.first.size(); ++i) both.push_back(e.first[i] + e.second[i]);
    const Timing all = timing_of(std::move(both)), client = timing_of(std::move(e.first)),
                 server = timing_of(std::move(e.second));
    print(options, {.name = name,
                    .impl = e.impl,
                    .unit = "ops/s",
                    .best = 1e6 / us(all.best),
                    .median = 1e6 / us(all.median),
                    .client_us = us(client.best),
                    .server_us = us(server.best)});
  }
}

}  // namespace

void race_bulk(const Options& options) {
  for (const tls::crypto::SuiteFacts& suite : tls::crypto::all_suites()) {
    if (suite.version != tls::ProtocolVersion::tls13) continue;
    for (const std::size_t size : options.sizes.empty() ? std::vector<std::size_t>{1350, 16384} : options.sizes)
      bulk(options, suite, size);
  }
}

void race_handshakes(const Options& options) {
  handshakes(options, KeyType::ecdsa_p256, "TLS1.3 full");
  handshakes(options, KeyType::ed25519, "TLS1.3 full Ed25519");
  handshakes(options, KeyType::rsa_2048, "TLS1.3 full RSA-2048");
}

}  // namespace sallyport::race
