// bench handshake, bulk and memory: through the public API, through memory.
#include <algorithm>
#include <memory>
#include <stdexcept>

#include "bench/pair.h"
#include "crypto/suite.h"

namespace sallyport::bench {
namespace {

constexpr int kRuns = 5;

/// Without a memory of verifications, and with one that has seen the chain.
void handshake(Figures& out, const Options& options, const std::string& name, KeyType leaf) {
  constexpr auto kSuite = tls::CipherSuite::TLS_AES_128_GCM_SHA256;
  out.push_back(handshakes(options, name, Setup(leaf, kSuite, options.kernel)));
  auto memory = tls::VerificationMemory::create();
  if (!memory) throw std::runtime_error(memory.error().message());
  const Setup setup(leaf, kSuite, options.kernel, {}, *memory);
  Effort first;
  {
    const Pair seen(setup, first, first);
  }
  out.push_back(handshakes(options, name + ", known chain", setup));
  if (memory->counts().known_chains == 0) throw std::runtime_error("the chain was not remembered");
}

/// Writing, then reading, `size` bytes a call.
void bulk(Figures& out, const Options& options, const tls::crypto::SuiteFacts& suite, std::size_t size) {
  constexpr std::size_t kBatch = 4 << 20;  // bytes of plaintext that are read at a time
  const auto provider = provider_for(options);
  const Setup setup(KeyType::ecdsa_p256, suite.id, options.kernel);
  Effort client, server;
  const Pair pair(setup, client, server);
  const std::vector<std::uint8_t> plaintext(size, 'x');
  const std::string name = "TLS1.3 " + std::string(tls::crypto::name(suite.aead));
  const std::string kernel(provider.aead(suite.aead).name);
  const auto add = [&](const std::string& what, const std::vector<double>& rates, double cycles_per_byte) {
    Figure figure{.name = name + what,
                  .kernel = kernel,
                  .unit = "GB/s",
                  .size = size,
                  .best = best_of(rates) / 1e9,
                  .median = median_of(rates) / 1e9};
    if (cycles_per_byte > 0) figure.cycles_per_byte = cycles_per_byte;
    out.push_back(figure);
  };
  std::vector<double> written, read;
  double write_cycles = 0, read_cycles = 0;
  tls::Output sealed;
  for (int run = 0; run < kRuns; ++run) {
    double write_seconds = 0, read_seconds = 0, bytes = 0;
    std::uint64_t write_ticks = 0, read_ticks = 0;
    while (write_seconds + read_seconds < options.seconds / kRuns) {
      auto begin = std::chrono::steady_clock::now();
      std::uint64_t ticks = cycles();
      for (std::size_t done = 0; done < kBatch; done += size)
        if (auto sent = pair.client->send(plaintext, sealed); !sent) throw std::runtime_error(sent.error().message());
      write_ticks += cycles() - ticks;
      write_seconds += Seconds(std::chrono::steady_clock::now() - begin).count();
      std::vector<std::uint8_t> wire(sealed.bytes().begin(), sealed.bytes().end());
      sealed.consume(sealed.size());
      begin = std::chrono::steady_clock::now();
      ticks = cycles();
      bytes += static_cast<double>(read_all(*pair.server, wire));
      read_ticks += cycles() - ticks;
      read_seconds += Seconds(std::chrono::steady_clock::now() - begin).count();
    }
    written.push_back(bytes / write_seconds), read.push_back(bytes / read_seconds);
    const auto least = [&](double& so_far, std::uint64_t spent) {
      const double each = static_cast<double>(spent) / bytes;
      if (so_far == 0 || each < so_far) so_far = each;
    };
    least(write_cycles, write_ticks), least(read_cycles, read_ticks);
  }
  add(" write", written, write_cycles);
  add(" read", read, read_cycles);
}

}  // namespace

Figures bench_handshake(const Options& options) {
  Figures out;
  handshake(out, options, "TLS1.3 full", KeyType::ecdsa_p256);
  handshake(out, options, "TLS1.3 full Ed25519", KeyType::ed25519);
  handshake(out, options, "TLS1.3 full RSA-2048", KeyType::rsa_2048);
  return out;
}

Figures bench_bulk(const Options& options) {
  Figures out;
  const tls::crypto::AeadImpl* only = tls::crypto::aead_named(options.kernel);
  for (const tls::crypto::SuiteFacts& suite : tls::crypto::all_suites()) {
    if (suite.version != tls::ProtocolVersion::tls13 || (only != nullptr && only->id != suite.aead)) continue;
    for (const std::size_t size :
         options.size != 0 ? std::vector<std::size_t>{options.size} : std::vector<std::size_t>{1350, 16384})
      bulk(out, options, suite, size);
  }
  return out;
}

/// Heap of established, idle connections: what hundreds of them hold, divided by their number.
Figures bench_memory(const Options& options) {
  constexpr int kConnections = 200;
  const Setup setup(KeyType::ecdsa_p256, tls::CipherSuite::TLS_AES_128_GCM_SHA256, options.kernel);
  Effort warm;
  {
    const Pair first(setup, warm, warm);
  }  // whatever is made once
  std::vector<double> client_bytes, server_bytes;
  for (int run = 0; run < kRuns; ++run) {
    Effort client, server;
    client.allocations.weigh = server.allocations.weigh = true;
    std::vector<std::unique_ptr<Pair>> pairs;
    for (int i = 0; i < kConnections; ++i) pairs.push_back(std::make_unique<Pair>(setup, client, server));
    client_bytes.push_back(static_cast<double>(client.allocations.live) / kConnections);
    server_bytes.push_back(static_cast<double>(server.allocations.live) / kConnections);
  }
  const auto figure = [](const char* name, const std::vector<double>& bytes) {
    return Figure{.name = name,
                  .kernel = {},
                  .unit = "bytes",
                  .best = *std::ranges::min_element(bytes),
                  .median = median_of(bytes)};
  };
  return {figure("TLS1.3 idle client", client_bytes), figure("TLS1.3 idle server", server_bytes)};
}

}  // namespace sallyport::bench
