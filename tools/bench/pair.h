// A client and a server that talk through memory, each measured apart.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/allocations.h"
#include "bench/measure.h"
#include "factory/certificates.h"
#include "tls/connection.h"

namespace sallyport::bench {

/// What a benchmark adds to the configurations.
using Adjust = std::function<void(tls::ClientConfig::Builder& client, tls::ServerConfig::Builder& server)>;

/// The configurations of both sides: a root, an intermediate and a server leaf with a key of this type. The client
/// remembers no verification unless it is given a memory: what is measured is a chain that it has not seen.
struct Setup {
  Setup(KeyType leaf, tls::CipherSuite suite, const std::string& kernel, const Adjust& adjust = {},
        const tls::VerificationMemory& memory = tls::VerificationMemory::off());
  std::unique_ptr<tls::ClientConfig> client;
  std::unique_ptr<tls::ServerConfig> server;
};

/// What one side has done.
struct Effort {
  double seconds = 0;
  Allocations allocations;
};

/// Two connections and what is under way between them. Throws std::runtime_error when a handshake fails.
class Pair {
 public:
  /// Shakes hands; the efforts are added to.
  Pair(const Setup& setup, Effort& client, Effort& server);

  std::unique_ptr<tls::ClientConnection> client;
  std::unique_ptr<tls::ServerConnection> server;
};

/// Handshakes per second of both sides in one thread, and each side's share. `check` sees every pair, outside of what
/// is measured.
[[nodiscard]] Figure handshakes(const Options& options, const std::string& name, const Setup& setup,
                                const std::function<void(const Pair&)>& check = {});

/// Reads all records of `in` (decrypted in place) and returns the bytes of data that were in them.
[[nodiscard]] std::size_t read_all(tls::Connection& connection, tls::MutableBytes in);

}  // namespace sallyport::bench
